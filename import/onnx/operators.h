// Operators by name.
#ifndef SDSE_IMPORT_ONNX_OPERATORS_H
#define SDSE_IMPORT_ONNX_OPERATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool sdse_onnx_named(const char *op, const char *const *names,
                                   size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(op, names[i]) == 0)
            return true;
    return false;
}

// Whether it works on quantized maps and has their scales and zero points as inputs:
// com.microsoft's variants of plain operators, and QLinearConv and QLinearMatMul.
static inline bool sdse_onnx_is_qlinear(const char *op) {
    return strncmp(op, "QLinear", 7) == 0;
}

// Whether an operator is one of an array of names.
#define SDSE_ONNX_AMONG(op, list) \
    sdse_onnx_named(op, list, sizeof(list) / sizeof *(list))

#endif
