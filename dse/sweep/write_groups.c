#include "dse/sweep/write_groups.h"

#include <inttypes.h>

#include "base/checked.h"
#include "base/text.h"
#include "costmodel/cost_sum.h"
#include "costmodel/evaluate.h"
#include "spec/flow.h"

struct writing {
    const struct sdse_layer_problem *problem;
    struct sdse_store *store;
    struct sdse_arena *scratch;
};

// --- Nests ---

static enum sdse_status score(const struct writing *w,
                              const struct sdse_kept_nest *nest,
                              struct sdse_cost *cost) {
    struct sdse_model *model;
    const enum sdse_status status = sdse_model_new(
        w->problem->arch, &nest->layer, &w->problem->form, w->scratch, &model);
    if (status)
        return status;
    return sdse_evaluate_full(model, &nest->mapping, cost) ? SDSE_OK : SDSE_NO_MEMORY;
}

static enum sdse_status add_solution(const struct writing *w, struct sdse_hash hash,
                                     const char *text, const struct sdse_cost *cost) {
    return sdse_store_add_solution(
        w->store, &(struct sdse_solution_record){.hash = hash,
                                                 .proof = w->problem->proof,
                                                 .gap = w->problem->gap,
                                                 .mapping = text,
                                                 .arch = w->problem->arch,
                                                 .cost = cost});
}

static enum sdse_status add_nest(const struct writing *w, struct sdse_kept_nest *nest,
                                 struct sdse_cost_times *scored) {
    struct sdse_cost *cost = SDSE_ARENA_NEW(w->scratch, struct sdse_cost);
    enum sdse_status status = cost ? score(w, nest, cost) : SDSE_NO_MEMORY;
    *scored = (struct sdse_cost_times){cost, nest->record.times};
    nest->record.solution =
        sdse_hash_join(nest->problem, sdse_hash_of_text(nest->text));
    if (!status)
        status = add_solution(w, nest->record.solution, nest->text, cost);
    return status;
}

// --- The layer ---

// In place of a mapping; NULL: memory is out.
static const char *nests_text(const struct writing *w,
                              const struct sdse_kept_nest *nest, size_t count,
                              const char *names) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    fprintf(text.out, "group: %s\nnests:\n", names);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_nest_record *at = &nest[i].record;
        fprintf(text.out,
                "  - {first_row: %" PRIu64 ", rows: %" PRIu64 ", step: %" PRIu64,
                at->first_row, at->row_count, at->row_step);
        if (at->column_count)
            fprintf(text.out,
                    ", first_column: %" PRIu64 ", columns: %" PRIu64
                    ", column_step: %" PRIu64,
                    at->first_column, at->column_count, at->column_step);
        fprintf(text.out, ", times: %" PRIu64 "}\n", at->times);
    }
    return sdse_text_end(&text, w->scratch);
}

enum sdse_status
sdse_write_grouped_layer(const struct sdse_layer_problem *problem,
                         struct sdse_point_places *places,
                         const struct sdse_placed_layer *layer, const char *names,
                         const struct sdse_copied *copied, struct sdse_store *store,
                         struct sdse_arena *scratch, struct sdse_hash *solution) {
    const struct writing w = {problem, store, scratch};
    struct sdse_kept_nest *nest = &places->nest[layer->first_nest];
    const size_t count = layer->nest_count;
    struct sdse_cost *sum = SDSE_ARENA_NEW(scratch, struct sdse_cost);
    struct sdse_cost_times *scored =
        SDSE_ARENA_ARRAY(scratch, struct sdse_cost_times, count + copied->count);
    const char *text = nests_text(&w, nest, count, names);
    enum sdse_status status = sum && scored && text ? SDSE_OK : SDSE_NO_MEMORY;
    uint64_t cycles = 0;
    *solution = sdse_hash_of_text("nests");
    for (size_t i = 0; !status && i < count; i++) {
        const struct sdse_nest_record *record = &nest[i].record;
        status = add_nest(&w, &nest[i], &scored[i]);
        *solution = sdse_hash_join(*solution, record->solution);
        *solution = sdse_hash_join(*solution, (struct sdse_hash){scored[i].times, i});
        if (record->overlapped_runs) // what they take depends on others
            *solution = sdse_hash_join(*solution,
                                       (struct sdse_hash){record->latency_cycles, i});
        if (!sdse_add_u64(cycles, record->latency_cycles, &cycles))
            status = SDSE_OVERFLOW;
    }
    for (size_t i = 0; !status && i < copied->count; i++) {
        scored[count + i] = copied->cost[i];
        if (!sdse_add_u64(cycles, copied->cost[i].cost->latency_cycles, &cycles))
            status = SDSE_OVERFLOW;
    }
    if (copied->count)
        *solution = sdse_hash_join(*solution, copied->hash);
    if (!status && !sdse_cost_sum_within(scored, count + copied->count, cycles, sum))
        status = SDSE_OVERFLOW;
    if (!status)
        *solution = sdse_hash_join(*solution, sdse_hash_of_text(text));
    return status ? status : add_solution(&w, *solution, text, sum);
}

const char *sdse_group_names(struct sdse_arena *arena,
                             const struct sdse_workload *workload, size_t first,
                             size_t last) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    for (size_t l = first; l <= last; l++) {
        fputs(l == first ? "[" : ", ", text.out);
        sdse_print_word(text.out, workload->layers[l].name);
    }
    fputc(']', text.out);
    return sdse_text_end(&text, arena);
}

const struct sdse_nest_record *sdse_nest_records(const struct sdse_point_places *places,
                                                 struct sdse_arena *scratch) {
    struct sdse_nest_record *records =
        SDSE_ARENA_ARRAY(scratch, struct sdse_nest_record, places->nest_count + 1);
    for (size_t i = 0; records && i < places->nest_count; i++)
        records[i] = places->nest[i].record;
    return records;
}
