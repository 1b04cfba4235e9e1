#include "dse/layer_problem.h"

#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/plan.h"
#include "spec/write.h"

enum { BUCKETS = 4096 };

struct sdse_layer_problem_table {
    struct sdse_arena *arena;
    struct sdse_layer_problem *bucket[BUCKETS];
};

struct sdse_layer_problem_table *
sdse_layer_problem_table_new(struct sdse_arena *arena) {
    struct sdse_layer_problem_table *table =
        SDSE_ARENA_NEW(arena, struct sdse_layer_problem_table);
    if (table)
        table->arena = arena;
    return table;
}

// Every field of a form that the cost model reads.
static char *form_text(struct sdse_arena *arena, const struct sdse_weight_form *form) {
    if (!form->smartdeal)
        return sdse_arena_strdup(arena, "raw");
    return sdse_arena_printf(
        arena,
        "n %u rows %llu block %llu blocks %llu density %.17g bits %.17g %.17g %.17g",
        form->basis_size, (unsigned long long)form->rows,
        (unsigned long long)form->rows_per_block, (unsigned long long)form->blocks,
        form->density, form->coefficient_bits_total, form->basis_bits_total,
        form->index_bits_total);
}

static struct sdse_hash hash_text(const char *text) {
    return sdse_hash_bytes(text, strlen(text));
}

struct sdse_layer_problem *
sdse_layer_problem_get(struct sdse_layer_problem_table *table,
                       const struct sdse_arch *arch, struct sdse_hash arch_hash,
                       const struct sdse_layer *layer,
                       const struct sdse_weight_form *form, bool *is_new) {
    const char *shape = sdse_layer_shape_text(table->arena, layer);
    const char *stored = form_text(table->arena, form);
    if (!shape || !stored)
        return NULL;
    struct sdse_hash hash = sdse_hash_join(arch_hash, hash_text(shape));
    hash = sdse_hash_join(hash, hash_text(stored));
    hash = sdse_hash_join(hash, hash_text("model " SDSE_MODEL_VERSION));
    struct sdse_layer_problem **link = &table->bucket[hash.low % BUCKETS];
    for (; *link; link = &(*link)->next)
        if ((*link)->hash.low == hash.low && (*link)->hash.high == hash.high) {
            *is_new = false;
            return *link;
        }
    struct sdse_layer_problem *problem =
        SDSE_ARENA_NEW(table->arena, struct sdse_layer_problem);
    if (!problem)
        return NULL;
    problem->hash = hash;
    problem->arch = arch;
    problem->layer = layer;
    problem->form = *form;
    *is_new = true;
    return *link = problem;
}
