#include "import/onnx/wire_scan.h"

#include <stdbool.h>

enum wire_type { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

struct scan {
    uint64_t messages_left;
    unsigned depth_left;
};

// A base-128 number of at most ten bytes; moves *at past it.
static bool take_varint(const unsigned char **at, const unsigned char *end,
                        uint64_t *out) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && *at < end; shift += 7) {
        unsigned char byte = *(*at)++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static enum sdse_wire_verdict scan_message(struct scan *scan,
                                           const ProtobufCMessageDescriptor *descriptor,
                                           const unsigned char *at,
                                           const unsigned char *end);

// A length-delimited field: a message is walked in turn, anything else skipped.
static enum sdse_wire_verdict scan_field(struct scan *scan,
                                         const ProtobufCMessageDescriptor *descriptor,
                                         uint64_t number, const unsigned char *at,
                                         const unsigned char *end) {
    if (number > UINT32_MAX)
        return SDSE_WIRE_MALFORMED;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(descriptor, (unsigned)number);
    if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return SDSE_WIRE_OK;
    if (scan->depth_left == 0)
        return SDSE_WIRE_TOO_DEEP;
    if (scan->messages_left == 0)
        return SDSE_WIRE_TOO_MANY;
    scan->depth_left--;
    scan->messages_left--;
    enum sdse_wire_verdict verdict = scan_message(scan, field->descriptor, at, end);
    scan->depth_left++;
    return verdict;
}

static enum sdse_wire_verdict scan_message(struct scan *scan,
                                           const ProtobufCMessageDescriptor *descriptor,
                                           const unsigned char *at,
                                           const unsigned char *end) {
    while (at < end) {
        uint64_t key, skip = 0;
        if (!take_varint(&at, end, &key))
            return SDSE_WIRE_MALFORMED;
        switch (key & 7) {
        case VARINT:
            if (!take_varint(&at, end, &skip))
                return SDSE_WIRE_MALFORMED;
            skip = 0;
            break;
        case FIXED64:
            skip = 8;
            break;
        case FIXED32:
            skip = 4;
            break;
        case LENGTH:
            if (!take_varint(&at, end, &skip))
                return SDSE_WIRE_MALFORMED;
            break;
        default: // groups: never written for ONNX, and libprotobuf-c refuses them
            return SDSE_WIRE_MALFORMED;
        }
        if (skip > (size_t)(end - at))
            return SDSE_WIRE_MALFORMED;
        if ((key & 7) == LENGTH) {
            enum sdse_wire_verdict verdict =
                scan_field(scan, descriptor, key >> 3, at, at + skip);
            if (verdict != SDSE_WIRE_OK)
                return verdict;
        }
        at += skip;
    }
    return SDSE_WIRE_OK;
}

enum sdse_wire_verdict sdse_wire_scan(const ProtobufCMessageDescriptor *descriptor,
                                      const unsigned char *bytes, size_t length,
                                      unsigned max_depth, uint64_t max_messages) {
    struct scan scan = {.messages_left = max_messages, .depth_left = max_depth};
    return scan_message(&scan, descriptor, bytes, bytes + length);
}
