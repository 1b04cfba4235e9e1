// A look over a protobuf message before it is unpacked.
//
// libprotobuf-c recurses once per nesting level and allocates a struct per message: a
// few crafted megabytes could overflow the stack or ask for gigabytes. This walk over
// the wire format, which knows from the descriptor which fields are messages, refuses
// such input first.
#ifndef SDSE_IMPORT_ONNX_WIRE_SCAN_H
#define SDSE_IMPORT_ONNX_WIRE_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

enum sdse_wire_verdict {
    SDSE_WIRE_OK,
    SDSE_WIRE_MALFORMED, // cut off, or not the protobuf wire format
    SDSE_WIRE_TOO_DEEP,  // more than max_depth messages inside each other
    SDSE_WIRE_TOO_MANY   // more than max_messages messages
};

// Walks `length` bytes as one message of type `descriptor`. Never reads outside the
// bytes; time is linear in the length, memory constant.
// Source: the encoding chapter of the protocol-buffers documentation.
enum sdse_wire_verdict sdse_wire_scan(const ProtobufCMessageDescriptor *descriptor,
                                      const unsigned char *bytes, size_t length,
                                      unsigned max_depth, uint64_t max_messages);

#endif
