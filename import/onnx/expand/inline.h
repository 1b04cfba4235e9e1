// Private to import/onnx/expand: the nodes of a graph or a function, put into the place
// of one that stands for them.
#ifndef SDSE_IMPORT_ONNX_EXPAND_INLINE_H
#define SDSE_IMPORT_ONNX_EXPAND_INLINE_H

#include "import/onnx/expand/rewrite.h"

// Other names for values. Zero-initialise.
struct sdse_renames {
    size_t count, room;
    const char **from, **to;
};

// `from` is called `to` from now on; where it has another name already, that stays.
void sdse_rename(struct sdse_rewrite *w, struct sdse_renames *names, const char *from,
                 const char *to);
const char *sdse_renamed(const struct sdse_renames *names, const char *name);

// A copy of a node whose values have their new names, also in the graphs inside it.
// `caller`: whose attributes those by reference are; NULL: none are. Steps above 1 are
// how often it is executed, one after the other.
void sdse_inline_node(struct sdse_rewrite *w, const Onnx__NodeProto *node,
                      const struct sdse_renames *names, const Onnx__NodeProto *caller,
                      int64_t steps);

// A node that is written is executed `steps` times; one that is repeated already, so
// many times as often.
void sdse_inline_repeat(struct sdse_rewrite *w, Onnx__NodeProto *node, int64_t steps);

// All of a graph's nodes, constants and shapes. What it names itself gets other names
// where `taken` says so (NULL: never).
void sdse_inline_graph(struct sdse_rewrite *w, const Onnx__GraphProto *graph,
                       struct sdse_renames *names,
                       bool (*taken)(void *context, const char *name), void *context,
                       int64_t steps);

#endif
