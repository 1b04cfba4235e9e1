#include "dse/sweep/layer_problem.h"

#include <inttypes.h>
#include <math.h>
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
    const struct sdse_hash of_shape = sdse_hash_of_text(shape),
                           of_form = sdse_hash_of_text(stored);
    struct sdse_hash hash = sdse_hash_join(search_hash, of_shape);
    hash = sdse_hash_join(hash, of_form);
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
    problem->question = sdse_hash_join(of_shape, of_form);
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

struct sdse_hash sdse_layer_problem_kind(const struct sdse_layer_problem *problem) {
    return sdse_hash_join(problem->question, problem->alike->rest);
}

// --- Solving ---

// The answer's points as the store keeps them: totals and mappings as text. `texts`:
// of the mappings, if they are written already.
static enum sdse_status keep_answer(struct sdse_layer_problem *problem,
                                    struct sdse_solver *solver, double seconds,
                                    const struct sdse_map_answer *answer,
                                    const char **texts) {
    const size_t count = answer->point_count;
    struct sdse_arena *arena = solver->answers;
    struct sdse_tradeoff *elements =
        SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, count);
    const char **mappings =
        texts ? texts : SDSE_ARENA_ARRAY(arena, const char *, count);
    struct sdse_mapping *found =
        SDSE_ARENA_ARRAY(solver->line, struct sdse_mapping, count);
    if (!elements || !mappings || !found)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct sdse_map_point *point = &answer->point[i];
        found[i] = point->mapping;
        elements[i] = (struct sdse_tradeoff){point->totals.energy_pj,
                                             point->totals.latency_cycles};
        if (!texts)
            mappings[i] = sdse_mapping_text(arena, problem->arch, &problem->layer->nest,
                                            &point->mapping);
        if (!mappings[i])
            return SDSE_NO_MEMORY;
    }
    problem->elements = elements;
    problem->mappings = mappings;
    problem->found = found;
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

// The point of the answer that hints are about.
static size_t hinted_point(const struct sdse_map_answer *answer) {
    size_t best = 0;
    double least = (double)INFINITY;
    for (size_t i = 0; i < answer->point_count; i++) {
        const struct sdse_totals *at = &answer->point[i].totals;
        if (at->energy_pj * at->latency_cycles < least) {
            least = at->energy_pj * at->latency_cycles;
            best = i;
        }
    }
    return best;
}

// What was tried for alike problems is not tried again, in the narrow space.
static enum sdse_status find_hint(struct sdse_layer_problem *problem,
                                  struct sdse_solver *solver,
                                  const struct sdse_map_request *request,
                                  const struct sdse_map_answer *answer) {
    if (!problem->alike || request->free_bypass || request->padding_percent)
        return sdse_hint_find(request, answer, solver->answers, &problem->hint);
    const size_t at = hinted_point(answer);
    const struct sdse_map_answer best = {.status = answer->status,
                                         .point_count = answer->point_count ? 1 : 0,
                                         .point = &answer->point[at]};
    const struct sdse_hint_asker asker = {problem->arch_text, problem->alike,
                                          problem->question, problem->mappings[at]};
    struct sdse_hint hint;
    const enum sdse_status status =
        sdse_hints_known_find(solver->hints, &asker, request, &best, &hint);
    return status
               ? status
               : sdse_hint_text(&hint, request, &best, solver->answers, &problem->hint);
}

// Fills a problem in with what the mapper answered.
static enum sdse_status take_answer(struct sdse_layer_problem *problem,
                                    struct sdse_solver *solver,
                                    const struct sdse_map_request *request,
                                    const struct sdse_map_answer *answer,
                                    const char **texts) {
    problem->nodes = answer->nodes;
    problem->variants = answer->variants;
    problem->log10_mappings = answer->log10_mappings;
    if (answer->status == SDSE_MAP_NONE) {
        problem->reason = sdse_arena_strdup(solver->answers, answer->reason);
        problem->state = SDSE_LAYER_PROBLEM_NO_MAPPING;
        return problem->reason ? SDSE_OK : SDSE_NO_MEMORY;
    }
    if (answer->status != SDSE_MAP_INTERRUPTED && answer->point_count) {
        const enum sdse_status status =
            keep_answer(problem, solver, request->seconds_limit, answer, texts);
        return status ? status : find_hint(problem, solver, request, answer);
    }
    if (answer->status == SDSE_MAP_LIMIT) {
        problem->reason = "no mapping was found within the mapper's time limit";
        problem->state = SDSE_LAYER_PROBLEM_FAILED;
    }
    return SDSE_OK;
}

// A problem whose hint was cut short, or of which anything is missing, is not solved.
static enum sdse_status settle(struct sdse_layer_problem *problem,
                               enum sdse_status status, const atomic_bool *stop) {
    if (status == SDSE_OVERFLOW) {
        problem->reason = "its counts exceed 62 bits";
        problem->state = SDSE_LAYER_PROBLEM_FAILED;
        return SDSE_OK;
    }
    if (status || (stop && atomic_load(stop)))
        problem->state = SDSE_LAYER_PROBLEM_OPEN;
    return status;
}

static struct sdse_map_request request_of(const struct sdse_layer_problem *problem,
                                          const struct sdse_solver *solver,
                                          const struct sdse_sweep_mapper *mapper,
                                          const atomic_bool *stop) {
    return (struct sdse_map_request){.arch = problem->arch,
                                     .layer = problem->layer,
                                     .form = &problem->form,
                                     .objective = SDSE_MAP_FRONT,
                                     .free_bypass = mapper->free_bypass,
                                     .padding_percent = mapper->imperfect_percent,
                                     .seconds_limit = mapper->seconds,
                                     .any_mapping = true,
                                     .known = solver->spreads,
                                     .stop = stop};
}

// What engines do is worked out once, for the search, its hint and the full cost.
static bool know_effects(struct sdse_layer_problem *problem,
                         struct sdse_solver *solver) {
    struct sdse_layer *known = SDSE_ARENA_NEW(solver->answers, struct sdse_layer);
    if (!known)
        return false;
    sdse_effects_know(problem->arch, problem->layer, &problem->form, solver->serial,
                      solver->answers, known);
    problem->layer = known;
    return true;
}

enum sdse_status sdse_layer_problem_solve(struct sdse_layer_problem *problem,
                                          struct sdse_solver *solver,
                                          const struct sdse_sweep_mapper *mapper,
                                          const struct sdse_layer_problem *start,
                                          const atomic_bool *stop) {
    // The answer holds whole mappings; what is kept of it is their text.
    struct sdse_arena *scratch =
        know_effects(problem, solver) ? sdse_arena_new() : NULL;
    if (!scratch)
        return SDSE_NO_MEMORY;
    sdse_spreads_known_tidy(solver->spreads);
    struct sdse_map_request request = request_of(problem, solver, mapper, stop);
    if (start && start->state == SDSE_LAYER_PROBLEM_SOLVED) {
        request.start = start->found;
        request.start_count = start->found ? start->count : 0;
    } else if (problem->alike &&
               sdse_hash_same(solver->recent_of, sdse_layer_problem_kind(problem))) {
        request.start = solver->recent_mappings;
        request.start_count = solver->recent_count;
    }
    struct sdse_map_answer answer;
    enum sdse_status status = sdse_map(&request, scratch, &answer);
    if (!status)
        status = take_answer(problem, solver, &request, &answer, NULL);
    status = settle(problem, status, stop);
    sdse_arena_free(scratch);
    return status;
}

enum sdse_status sdse_layer_problem_take(struct sdse_layer_problem *problem,
                                         const struct sdse_layer_problem *solved,
                                         struct sdse_solver *solver,
                                         const struct sdse_sweep_mapper *mapper,
                                         const atomic_bool *stop) {
    struct sdse_arena *scratch =
        know_effects(problem, solver) ? sdse_arena_new() : NULL;
    if (!scratch)
        return SDSE_NO_MEMORY;
    struct sdse_map_point *points =
        SDSE_ARENA_ARRAY(scratch, struct sdse_map_point, solved->count);
    struct sdse_model *model;
    enum sdse_status status = points ? sdse_model_new(problem->arch, problem->layer,
                                                      &problem->form, scratch, &model)
                                     : SDSE_NO_MEMORY;
    for (size_t i = 0; !status && i < solved->count; i++) {
        points[i].mapping = solved->found[i];
        points[i].totals = sdse_evaluate(model, &points[i].mapping);
        if (isnan(points[i].totals.energy_pj))
            status = SDSE_NO_MEMORY;
    }
    if (!status) {
        const struct sdse_map_request request =
            request_of(problem, solver, mapper, stop);
        const struct sdse_map_answer answer = {.status = SDSE_MAP_OPTIMAL,
                                               .point_count = solved->count,
                                               .point = points,
                                               .variants = solved->variants,
                                               .log10_mappings =
                                                   solved->log10_mappings};
        status = take_answer(problem, solver, &request, &answer, solved->mappings);
    }
    status = settle(problem, status, stop);
    sdse_arena_free(scratch);
    return status;
}
