#include "import/onnx/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "import/onnx/wire_scan.h"

// A node in a subgraph in a subgraph is 8 messages deep; a million messages is some
// 100,000 nodes.
enum { MAX_DEPTH = 100, MAX_MESSAGES = 1000000 };

static enum sdse_status refuse(const char *file, struct sdse_diags *diags,
                               const char *check, const char *message) {
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file}, check, "%s",
                  message);
    return SDSE_INVALID;
}

static enum sdse_status fail(const char *file, struct sdse_diags *diags, int error) {
    return sdse_diag_errno(diags, (struct sdse_loc){.file = file}, "onnx-open", NULL,
                           error);
}

// The memory of a model; `context` is a bool that says whether there was none.
static void *allocate(void *context, size_t bytes) {
    void *memory = malloc(bytes);
    if (!memory)
        *(bool *)context = true;
    return memory;
}
static void release(void *context, void *memory) {
    (void)context;
    free(memory);
}

enum sdse_status sdse_onnx_file_parse(const void *bytes, size_t length,
                                      const char *name, Onnx__ModelProto **out,
                                      struct sdse_diags *diags) {
    switch (sdse_wire_scan(&onnx__model_proto__descriptor, bytes, length, MAX_DEPTH,
                           MAX_MESSAGES)) {
    case SDSE_WIRE_OK:
        break;
    case SDSE_WIRE_TOO_DEEP:
        return refuse(name, diags, "onnx-nesting",
                      "messages are nested deeper than in any real model");
    case SDSE_WIRE_TOO_MANY:
        return refuse(name, diags, "onnx-messages",
                      "more than a million messages: not a real model");
    default:
        return refuse(name, diags, "onnx-protobuf",
                      "not an ONNX file, or cut off: the protobuf structure is broken");
    }
    bool out_of_memory = false;
    ProtobufCAllocator allocator = {allocate, release, &out_of_memory};
    Onnx__ModelProto *model = onnx__model_proto__unpack(&allocator, length, bytes);
    if (!model && out_of_memory)
        return SDSE_NO_MEMORY;
    if (!model)
        return refuse(name, diags, "onnx-protobuf",
                      "not an ONNX file: a field has the wrong type");
    if (!model->graph) {
        sdse_onnx_file_free(model);
        return refuse(name, diags, "onnx-protobuf", "the model has no graph");
    }
    *out = model;
    return SDSE_OK;
}

enum sdse_status sdse_onnx_file_read(const char *path, Onnx__ModelProto **out,
                                     struct sdse_diags *diags) {
    struct stat info;
    // Asked before opening: opening a FIFO would wait for a writer.
    if (stat(path, &info) != 0)
        return fail(path, diags, errno);
    if (!S_ISREG(info.st_mode))
        return refuse(path, diags, "onnx-open", "not a regular file");
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail(path, diags, errno);
    size_t length = (size_t)info.st_size;
    unsigned char *bytes = malloc(length ? length : 1);
    enum sdse_status status = SDSE_NO_MEMORY;
    if (bytes && fread(bytes, 1, length, file) != length)
        status = ferror(file) ? fail(path, diags, errno)
                              : refuse(path, diags, "onnx-open",
                                       "it was cut while it was being read");
    else if (bytes)
        status = sdse_onnx_file_parse(bytes, length, path, out, diags);
    free(bytes);
    fclose(file);
    return status;
}

void sdse_onnx_file_free(Onnx__ModelProto *model) {
    if (model)
        onnx__model_proto__free_unpacked(model, NULL); // by free() too
}
