#include "dse/sweep/layer_problem.h"

#include <inttypes.h>
#include <string.h>

#include "costmodel/effects.h"
#include "costmodel/evaluate.h"
#include "dse/hint.h"
#include "dse/map.h"
#include "dse/sweep/plan.h"
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

// Whether some memory codes words below the rebuild engine, whose zeros are rows.
static bool codes_rebuilt_words(const struct sdse_arch *arch) {
    for (unsigned l = arch->rebuild.below_level + 1; l < arch->level_count; l++)
        if (arch->level[l].format[SDSE_WEIGHTS].compression != SDSE_UNCOMPRESSED)
            return true;
    return false;
}

// The digits of its words, after `text`.
static char *digits_text(struct sdse_arena *arena, const char *text,
                         const struct sdse_weight_form *form) {
    char *out = sdse_arena_printf(arena, "%s digits %u %s", text, form->digit_bits,
                                  sdse_encoding_name(form->digit_encoding));
    for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS && out; d++)
        out = sdse_arena_printf(arena, "%s %.17g", out, form->digit_words[d]);
    return out;
}

// Every field of a form that the cost model reads on an accelerator.
static char *form_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                       const struct sdse_weight_form *form) {
    if (form->first)
        return sdse_arena_printf(
            arena, "first %d products %.17g sums %.17g bits %.17g %.17g %.17g",
            (int)form->first, form->products, form->sums_per_weight,
            form->coefficient_bits_total, form->basis_bits_total,
            form->index_bits_total);
    if (!form->smartdeal)
        return sdse_arena_strdup(arena, "raw");
    char *text = sdse_arena_printf(
        arena,
        "n %u rows %llu block %llu blocks %llu density %.17g bits %.17g %.17g %.17g",
        form->basis_size, (unsigned long long)form->rows,
        (unsigned long long)form->rows_per_block, (unsigned long long)form->blocks,
        form->density, form->coefficient_bits_total, form->basis_bits_total,
        form->index_bits_total);
    if (text && (arch->engine_count || codes_rebuilt_words(arch)))
        text = sdse_arena_printf(arena, "%s rows %.17g of %" PRIu32, text,
                                 form->row_density, form->prune_group);
    if (text && arch->engine_count && form->sharing.group)
        text =
            sdse_arena_printf(arena, "%s joint %u %u %.17g", text, form->sharing.group,
                              form->sharing.slices, form->joint_row_density);
    if (text && arch->engine_count && form->digit_bits)
        text = digits_text(arena, text, form);
    return text;
}

struct sdse_layer_problem *
sdse_layer_problem_get(struct sdse_layer_problem_table *table,
                       const struct sdse_arch *arch, struct sdse_hash search_hash,
                       const struct sdse_layer *layer,
                       const struct sdse_weight_form *form, bool *is_new) {
    const char *shape = sdse_layer_problem_text(table->arena, arch, layer);
    const char *stored = form_text(table->arena, arch, form);
    if (!shape || !stored)
        return NULL;
    struct sdse_hash hash = sdse_hash_join(search_hash, sdse_hash_of_text(shape));
    hash = sdse_hash_join(hash, sdse_hash_of_text(stored));
    hash = sdse_hash_join(hash, sdse_hash_of_text("model " SDSE_MODEL_VERSION));
    struct sdse_layer_problem **link = &table->bucket[hash.low % BUCKETS];
    for (; *link; link = &(*link)->next) {
        if (sdse_hash_same((*link)->hash, hash)) {
            *is_new = false;
            return *link;
        }
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

struct sdse_hash sdse_layer_problem_limited(const struct sdse_layer_problem *problem,
                                            double seconds) {
    return sdse_hash_join(problem->hash, sdse_hash_bytes(&seconds, sizeof seconds));
}

// The answer's points as the store keeps them: totals and mappings as text.
static enum sdse_status keep_answer(struct sdse_layer_problem *problem,
                                    struct sdse_arena *arena, double seconds,
                                    const struct sdse_map_answer *answer) {
    const size_t count = answer->point_count;
    struct sdse_tradeoff *elements =
        SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, count);
    const char **mappings = SDSE_ARENA_ARRAY(arena, const char *, count);
    if (!elements || !mappings)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct sdse_map_point *point = &answer->point[i];
        elements[i] = (struct sdse_tradeoff){point->totals.energy_pj,
                                             point->totals.latency_cycles};
        mappings[i] = sdse_mapping_text(arena, problem->arch, &problem->layer->nest,
                                        &point->mapping);
        if (!mappings[i])
            return SDSE_NO_MEMORY;
    }
    problem->elements = elements;
    problem->mappings = mappings;
    problem->count = count;
    problem->gap = answer->gap;
    problem->proof =
        answer->status == SDSE_MAP_OPTIMAL ? SDSE_PROOF_OPTIMAL : SDSE_PROOF_LIMIT;
    const bool limited = problem->proof != SDSE_PROOF_OPTIMAL && seconds > 0;
    problem->front =
        limited ? sdse_layer_problem_limited(problem, seconds) : problem->hash;
    problem->seconds_limit = limited ? seconds : 0;
    problem->state = SDSE_LAYER_PROBLEM_SOLVED;
    return SDSE_OK;
}

enum sdse_status sdse_layer_problem_solve(struct sdse_layer_problem *problem,
                                          struct sdse_arena *arena,
                                          const struct sdse_sweep_mapper *mapper,
                                          struct sdse_serial_known *serial_known,
                                          struct sdse_spreads_known *spreads_known,
                                          const atomic_bool *stop) {
    // What engines do is worked out once, for the search, its hint and the full cost.
    struct sdse_layer *known = SDSE_ARENA_NEW(arena, struct sdse_layer);
    // The answer holds whole mappings; what is kept of it is their text.
    struct sdse_arena *scratch = known ? sdse_arena_new() : NULL;
    if (!scratch)
        return SDSE_NO_MEMORY;
    if (spreads_known)
        sdse_spreads_known_tidy(spreads_known);
    sdse_effects_know(problem->arch, problem->layer, &problem->form, serial_known,
                      arena, known);
    problem->layer = known;
    const struct sdse_map_request request = {.arch = problem->arch,
                                             .layer = problem->layer,
                                             .form = &problem->form,
                                             .objective = SDSE_MAP_FRONT,
                                             .free_bypass = mapper->free_bypass,
                                             .padding_percent =
                                                 mapper->imperfect_percent,
                                             .seconds_limit = mapper->seconds,
                                             .any_mapping = true,
                                             .known = spreads_known,
                                             .stop = stop};
    struct sdse_map_answer answer;
    enum sdse_status status = sdse_map(&request, scratch, &answer);
    if (!status) {
        problem->nodes = answer.nodes;
        problem->variants = answer.variants;
        problem->log10_mappings = answer.log10_mappings;
        if (answer.status == SDSE_MAP_NONE) {
            problem->reason = sdse_arena_strdup(arena, answer.reason);
            problem->state = SDSE_LAYER_PROBLEM_NO_MAPPING;
            status = problem->reason ? SDSE_OK : SDSE_NO_MEMORY;
        } else if (answer.status != SDSE_MAP_INTERRUPTED && answer.point_count) {
            status = keep_answer(problem, arena, mapper->seconds, &answer);
            if (!status)
                status = sdse_hint_find(&request, &answer, arena, &problem->hint);
        } else if (answer.status == SDSE_MAP_LIMIT) {
            problem->reason = "no mapping was found within the mapper's time limit";
            problem->state = SDSE_LAYER_PROBLEM_FAILED;
        }
    } else if (status == SDSE_OVERFLOW) {
        problem->reason = "its counts exceed 62 bits";
        problem->state = SDSE_LAYER_PROBLEM_FAILED;
        status = SDSE_OK;
    }
    if (status) // whatever is missing of it: it is not solved
        problem->state = SDSE_LAYER_PROBLEM_OPEN;
    sdse_arena_free(scratch);
    return status;
}
