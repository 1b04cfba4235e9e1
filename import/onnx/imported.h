// Private to import/: what an imported network is made of.
#ifndef SDSE_IMPORT_ONNX_IMPORTED_H
#define SDSE_IMPORT_ONNX_IMPORTED_H

#include "import/onnx/layers.h"
#include "import/onnx/onnx.h"

struct sdse_imported {
    struct sdse_arena *arena;
    Onnx__ModelProto *model;
    bool made; // of another tool's file: the model is in the arena
    const char *file;
    struct sdse_onnx_graph graph;
    struct sdse_onnx_layers layers;
    struct sdse_workload workload;
};

#endif
