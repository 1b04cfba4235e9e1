// TensorFlow Lite models of tests, imported: the network that comes of one.
#ifndef SDSE_TESTS_LITE_PARSE_H
#define SDSE_TESTS_LITE_PARSE_H

#include "import/tflite/tflite.h"
#include "spec/load.h"
#include "support/flat_builder.h"

enum { F32 = 0, F16 = 1, U8 = 3, I16 = 7, I8 = 9, I4 = 17, NEWER = 19 };
enum {
    CONV = 3,
    DEPTHWISE = 4,
    DEQUANTIZE = 6,
    CONNECTED = 9,
    TRANSPOSED = 67,
    MATMUL = 126
};
enum { SAME = 0, VALID = 1 };

struct opened {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_tflite lite;
    struct sdse_workload *net;
    enum sdse_status status;
};

static inline struct opened parse(const struct lite *m) {
    struct opened o = {.arena = sdse_arena_new()};
    sdse_diags_init(&o.diags, o.arena);
    o.status = sdse_tflite_parse(m->b.at, m->b.length, "d/net.v1.tflite", o.arena,
                                 &o.lite, &o.diags);
    assert_int_equal(o.status == SDSE_OK, o.diags.errors == 0);
    if (o.status != SDSE_OK)
        return o;
    struct sdse_node *root = NULL;
    assert_int_equal(sdse_tree_parse_memory(o.arena, "y", o.lite.yaml,
                                            strlen(o.lite.yaml), &o.diags, &root),
                     SDSE_OK);
    if (sdse_workload_from_tree(o.arena, root, &o.diags, &o.net) != SDSE_OK) {
        sdse_diags_print(&o.diags, stderr, false);
        fail_msg("%s", o.lite.yaml);
    }
    return o;
}

static inline void end(struct opened *o) { sdse_arena_free(o->arena); }

static inline void has_nest(const struct sdse_layer *layer, enum sdse_layer_kind kind,
                            const uint64_t gkcpqrs[7]) {
    static const enum sdse_dim dims[] = {SDSE_G, SDSE_K, SDSE_C, SDSE_P,
                                         SDSE_Q, SDSE_R, SDSE_S};
    assert_int_equal(layer->kind, kind);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(layer->nest.bound[dims[i]], gkcpqrs[i]);
}

static inline void set_window(struct lite *m, size_t options, int padding,
                              unsigned columns, unsigned rows) {
    flat_number(&m->b, options, 0, (uint64_t)padding, 1);
    flat_number(&m->b, options, 1, columns, 4);
    flat_number(&m->b, options, 2, rows, 4);
}

#endif
