#include "dse/sweep/batch.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "costmodel/coded.h"
#include "costmodel/evaluate.h"
#include "dse/network/network_front.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/write_copies.h"
#include "dse/sweep/write_groups.h"
#include "spec/load.h"
#include "spec/place.h"
#include "spec/sweep_stays.h"

struct writing {
    const struct sdse_plan *plan;
    const struct sdse_batch_point *point;
    struct sdse_store *store;
    struct sdse_arena *scratch;
    struct sdse_point_record record;
    struct sdse_layer_record *layers;
    struct sdse_network_front front; // of a point that is OK
};

static const struct sdse_variant *variant_of(const struct writing *w) {
    return w->point->point.variant;
}

static const struct sdse_workload *workload_of(const struct writing *w) {
    return w->plan->networks[w->point->point.network].workload;
}

static const struct sdse_form_input *form_of(const struct writing *w) {
    return &w->plan->forms[w->point->point.form];
}

// --- Inputs ---

static enum sdse_status write_input(struct sdse_store *store, struct sdse_hash hash,
                                    enum sdse_input_kind kind, const char *name,
                                    const char *text) {
    return sdse_store_add_input(store,
                                &(struct sdse_input_record){hash, kind, name, text});
}

enum sdse_status sdse_batch_write_variant(const struct sdse_variant *variant,
                                          struct sdse_store *store) {
    return write_input(store, variant->hash, SDSE_INPUT_ARCH, variant->arch->name,
                       variant->text);
}

// --- Solutions ---

// Parses a mapping that was written before, by this run or an earlier one.
static enum sdse_status read_mapping(struct sdse_arena *arena, const char *text,
                                     const struct sdse_layer_problem *problem,
                                     struct sdse_placement *placement,
                                     struct sdse_mapping **mapping) {
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_node *root;
    enum sdse_status status =
        sdse_tree_parse_memory(arena, "mapping", text, strlen(text), &diags, &root);
    if (!status)
        status = sdse_placed_mapping_from_tree(
            arena, root, problem->arch, problem->layer, &diags, placement, mapping);
    return status;
}

// What a layer of the point is written with: an answer to its problem, or to that under
// places.
struct solved {
    const struct sdse_layer_problem *problem;
    const struct sdse_residence *residence; // NULL: all tensors in the outermost memory
    struct sdse_hash front;
    size_t count, choice;
    const struct sdse_tradeoff *elements;
    const char **mappings;
};

static struct solved unshared(const struct sdse_layer_problem *problem, size_t choice) {
    return (struct solved){.problem = problem,
                           .front = problem->front,
                           .count = problem->count,
                           .choice = choice,
                           .elements = problem->elements,
                           .mappings = problem->mappings};
}

static struct solved solved_of(const struct writing *w, size_t layer, size_t choice) {
    const struct sdse_layer_problem *problem = w->point->problems[layer];
    const struct sdse_point_places *places = w->point->places;
    const struct sdse_placed_layer *placed = places ? &places->layer[layer] : NULL;
    if (placed && placed->placed)
        return (struct solved){problem,         placed->residence, placed->front,
                               placed->count,   placed->choice,    placed->elements,
                               placed->mappings};
    return unshared(problem, placed ? placed->choice : choice);
}

static struct sdse_hash solution_hash(const struct solved *from) {
    return sdse_hash_join(from->front, sdse_hash_of_text(from->mappings[from->choice]));
}

// With the copies before it. Its front has none of them: it is on none then.
static enum sdse_status write_solution(struct writing *w, const struct solved *from,
                                       const struct sdse_copied *copied,
                                       struct sdse_hash hash) {
    const struct sdse_layer_problem *problem = from->problem;
    const char *text = from->mappings[from->choice];
    struct sdse_mapping *mapping;
    struct sdse_placement placement;
    struct sdse_model *model;
    struct sdse_layer layer = *problem->layer;
    struct sdse_cost *cost = SDSE_ARENA_NEW(w->scratch, struct sdse_cost),
                     *sum = SDSE_ARENA_NEW(w->scratch, struct sdse_cost);
    if (!cost || !sum)
        return SDSE_NO_MEMORY;
    layer.residence = from->residence;
    enum sdse_status status =
        read_mapping(w->scratch, text, problem, &placement, &mapping);
    if (!status)
        status =
            sdse_model_new(problem->arch, &layer, &problem->form, w->scratch, &model);
    if (status)
        return status;
    if (!sdse_evaluate_full(model, mapping, cost))
        return SDSE_NO_MEMORY;
    if (copied->count)
        status = sdse_copied_add(copied, cost, w->scratch, sum);
    if (status)
        return status;
    return sdse_store_add_solution(
        w->store, &(struct sdse_solution_record){.hash = hash,
                                                 .front = from->front,
                                                 .has_front = !copied->count,
                                                 .proof = problem->proof,
                                                 .gap = problem->gap,
                                                 .mapping = text,
                                                 .arch = problem->arch,
                                                 .cost = copied->count ? sum : cost});
}

static enum sdse_status write_front(struct writing *w, const struct solved *from) {
    const struct sdse_layer_problem *problem = from->problem;
    if (sdse_store_has_front(w->store, from->front))
        return SDSE_OK;
    struct sdse_front_element *elements =
        SDSE_ARENA_ARRAY(w->scratch, struct sdse_front_element, from->count);
    if (!elements)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < from->count; i++)
        elements[i] = (struct sdse_front_element){
            from->elements[i].energy_pj, (uint64_t)from->elements[i].latency_cycles,
            from->mappings[i]};
    return sdse_store_add_front(
        w->store,
        &(struct sdse_front_record){.hash = from->front,
                                    .proof = problem->proof,
                                    .gap = problem->gap,
                                    .seconds_limit = problem->seconds_limit,
                                    .hint = from->residence ? NULL : problem->hint,
                                    .count = from->count,
                                    .elements = elements});
}

// --- Weight forms ---

// Names the row of a form that is not measured: every column of it that such a form
// fills in (a measured form is named by its weights and setting, before it is known).
static bool hash_declared(struct sdse_arena *arena, struct sdse_form_record *record) {
    const struct sdse_weight_form *form = &record->form;
    const char *text = sdse_arena_printf(
        arena,
        "declared %d n %" PRIu32 " rows %" PRIu64 " block %" PRIu64 " blocks %" PRIu64
        " density %.17g %.17g of %" PRIu32 " bits %" PRIu32 " %" PRIu32 " %" PRIu32
        " index %d totals %.17g %.17g %.17g %.17g words %" PRIu64 " error %.17g",
        form->smartdeal, form->basis_size, form->rows, form->rows_per_block,
        form->blocks, form->density, form->row_density, form->prune_group,
        form->coefficient_bits, form->basis_bits, form->scale_bits, (int)form->index,
        form->coefficient_bits_total, form->basis_bits_total, form->index_bits_total,
        record->weight_bits, record->weight_words, form->rel_error);
    if (text && form->first)
        text =
            sdse_arena_printf(arena, "%s first %d products %.17g sums %.17g", text,
                              (int)form->first, form->products, form->sums_per_weight);
    if (text)
        record->hash = sdse_hash_bytes(text, strlen(text));
    return text != NULL;
}

static enum sdse_status write_form(struct writing *w, size_t layer_index,
                                   struct sdse_layer_record *row, double *bits,
                                   uint64_t *words) {
    const struct sdse_layer *layer = &workload_of(w)->layers[layer_index];
    if (!sdse_layer_has_weights(layer)) {
        *bits = 0;
        *words = 0;
        return SDSE_OK;
    }
    const struct sdse_measured *measured = w->point->measured[layer_index];
    if (measured) {
        *words = measured->record.weight_words;
        *bits = measured->record.weight_bits;
        row->form = measured->record.hash;
        row->has_form = true;
        return sdse_store_has_form(w->store, row->form)
                   ? SDSE_OK
                   : sdse_store_add_form(w->store, &measured->record);
    }
    const struct sdse_weight_form *form = &w->point->forms[layer_index];
    const uint32_t word_bits = sdse_word_bits(variant_of(w)->arch, layer, SDSE_WEIGHTS);
    const bool stores = sdse_layer_stores_weights(layer);
    *words =
        stores ? sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound) : 0;
    *bits = stores ? sdse_layer_weight_bits(layer, form, word_bits) : 0;
    struct sdse_form_record record = {.form = *form,
                                      .from = SDSE_WEIGHTS_DECLARED,
                                      .weight_bits = *bits,
                                      .weight_words = *words,
                                      .weight_norm = (double)NAN,
                                      .sqnr_db = (double)NAN,
                                      .joint_row_density_32 = (double)NAN,
                                      .joint_row_density_64 = (double)NAN};
    if (!hash_declared(w->scratch, &record))
        return SDSE_NO_MEMORY;
    row->form = record.hash;
    row->has_form = true;
    return sdse_store_has_form(w->store, row->form)
               ? SDSE_OK
               : sdse_store_add_form(w->store, &record);
}

// The relative error of the network's decomposed weights, and where they come from:
// synthetic if one layer's are. Nothing decomposed is no error; a declared form's error
// is not known.
static void describe_weights(struct writing *w) {
    double error_square = 0, weight_square = 0;
    bool synthetic = false, real = false;
    for (size_t i = 0; i < w->point->layer_count; i++) {
        const struct sdse_measured *measured = w->point->measured[i];
        if (workload_of(w)->layers[i].shares_weights)
            continue;
        if (!measured &&
            (w->point->forms[i].smartdeal || w->point->forms[i].rel_error < 0))
            return;
        if (!measured)
            continue;
        const struct sdse_form_record *record = &measured->record;
        const double repeat = (double)sdse_layer_copies(&workload_of(w)->layers[i]);
        const double error = record->form.rel_error * record->weight_norm;
        error_square += repeat * error * error;
        weight_square += repeat * record->weight_norm * record->weight_norm;
        synthetic |= record->from == SDSE_WEIGHTS_SYNTHETIC;
        real |= record->from == SDSE_WEIGHTS_REAL;
    }
    w->record.rel_error = weight_square > 0 ? sqrt(error_square / weight_square) : 0;
    if (synthetic || real)
        w->record.weights = synthetic ? SDSE_WEIGHTS_SYNTHETIC : SDSE_WEIGHTS_REAL;
}

// --- The point ---

// Of the accelerator, then of the network. NULL: memory is out.
static const struct sdse_parameter *parameters_of(struct writing *w, size_t *count) {
    const struct sdse_variant *variant = variant_of(w);
    const struct sdse_network_input *network =
        &w->plan->networks[w->point->point.network];
    *count = variant->parameter_count + network->parameter_count;
    struct sdse_parameter *all =
        SDSE_ARENA_ARRAY(w->scratch, struct sdse_parameter, *count + 1);
    if (all && variant->parameter_count)
        memcpy(all, variant->parameters, variant->parameter_count * sizeof *all);
    if (all && network->parameter_count)
        memcpy(all + variant->parameter_count, network->parameters,
               network->parameter_count * sizeof *all);
    return all;
}

// False: memory is out.
static bool describe(struct writing *w) {
    const struct sdse_point *point = &w->point->point;
    const struct sdse_variant *variant = variant_of(w);
    const double area_um2 =
        sdse_design_area_um2(&variant->area, form_of(w)->form->setting.smartdeal);
    w->record = (struct sdse_point_record){
        .hash = point->hash,
        .sweep = w->plan->hash,
        .position = point->position,
        .arch = variant->hash,
        .workload = sdse_plan_network_hash(w->plan, point),
        .form = form_of(w)->hash,
        .arch_name = variant->arch->name,
        .workload_name = workload_of(w)->name,
        .form_name = form_of(w)->form->name,
        .objective = w->plan->sweep->objective,
        .energy_pj = (double)NAN,
        .latency_s = (double)NAN,
        .edp_pj_s = (double)NAN,
        .area_mm2 = variant->refused ? (double)NAN : sdse_mm2_from_um2(area_um2),
        .weight_bits = (double)NAN,
        .compression = (double)NAN,
        .rel_error = (double)NAN,
        .accuracy = (double)NAN,
        .output_error = (double)NAN,
        .output_sqnr_db = (double)NAN,
        .best_class_agreement = (double)NAN,
        .weights = SDSE_WEIGHTS_DECLARED,
    };
    describe_weights(w);
    w->record.parameters = parameters_of(w, &w->record.parameter_count);
    if (!w->record.parameters)
        return false;
    if (!w->point->outputs_known)
        return true;
    const struct sdse_output_error *error = &w->point->outputs;
    w->record.output_error = error->relative;
    w->record.output_sqnr_db = isfinite(error->sqnr_db) ? error->sqnr_db : (double)NAN;
    w->record.best_class_agreement = error->best_class_agreement;
    return true;
}

// Whether some layer's problem ended in `state`; the point's reason is then the
// first's, NULL if memory is out.
static bool ended_in(struct writing *w, enum sdse_layer_problem_state state) {
    for (size_t i = 0; i < w->point->layer_count; i++) {
        const struct sdse_layer_problem *problem = w->point->problems[i];
        if (problem->state != state)
            continue;
        w->record.reason =
            sdse_arena_printf(w->scratch, "layer %s: %s",
                              workload_of(w)->layers[i].name, problem->reason);
        return true;
    }
    return false;
}

// What the problems make of the point, with its reason. A layer without a mapping rules
// the point out whatever became of the others. The sweep's constraints are not asked:
// they are judged where a point is read.
static enum sdse_point_status judge(struct writing *w) {
    w->record.reason = w->point->point.refused;
    if (w->record.reason)
        return SDSE_POINT_INFEASIBLE;
    if (ended_in(w, SDSE_LAYER_PROBLEM_NO_MAPPING))
        return SDSE_POINT_INFEASIBLE;
    if (ended_in(w, SDSE_LAYER_PROBLEM_FAILED))
        return SDSE_POINT_ERROR;
    if (w->point->places)
        w->record.reason = w->point->places->failed;
    return w->record.reason ? SDSE_POINT_ERROR : SDSE_POINT_OK;
}

static enum sdse_status build_front(struct writing *w, const atomic_bool *stop) {
    struct sdse_layer_front *layers =
        SDSE_ARENA_ARRAY(w->scratch, struct sdse_layer_front, w->point->layer_count);
    if (!layers)
        return SDSE_NO_MEMORY;
    if (w->point->places) {
        w->front = (struct sdse_network_front){.count = w->point->places->count,
                                               .elements = w->point->places->elements};
        return SDSE_OK;
    }
    for (size_t i = 0; i < w->point->layer_count; i++)
        layers[i] = (struct sdse_layer_front){w->point->problems[i]->count,
                                              w->point->problems[i]->elements,
                                              workload_of(w)->layers[i].repeat, 0};
    return sdse_network_front_build(layers, w->point->layer_count, SDSE_LARGEST_FRONT,
                                    stop, w->scratch, &w->front);
}

// The solution of a layer, with all that it refers to.
static enum sdse_status write_solved(struct writing *w, size_t l, size_t choice,
                                     struct sdse_hash *solution) {
    struct sdse_point_places *places = w->point->places;
    struct sdse_copied copied;
    enum sdse_status status = sdse_write_copies(variant_of(w)->arch, places, l,
                                                w->store, w->scratch, &copied);
    if (status)
        return status;
    if (places && places->layer[l].grouped) {
        const struct sdse_placed_layer *layer = &places->layer[l];
        const struct sdse_group_record *group =
            &places->group[places->nest[layer->first_nest].record.group];
        const char *names =
            sdse_group_names(w->scratch, workload_of(w), (size_t)group->first_layer,
                             (size_t)group->last_layer);
        return names ? sdse_write_grouped_layer(w->point->problems[l], places, layer,
                                                names, &copied, w->store, w->scratch,
                                                solution)
                     : SDSE_NO_MEMORY;
    }
    const struct solved from = solved_of(w, l, choice);
    *solution = solution_hash(&from);
    if (copied.count)
        *solution = sdse_hash_join(*solution, copied.hash);
    else
        status = write_front(w, &from);
    return status || sdse_store_has_solution(w->store, *solution)
               ? status
               : write_solution(w, &from, &copied, *solution);
}

static enum sdse_status write_layers(struct writing *w, const size_t *choice) {
    double bits = 0, words = 0;
    for (size_t i = 0; i < w->point->layer_count; i++) {
        const struct sdse_layer_problem *problem = w->point->problems[i];
        const struct sdse_layer *layer = &workload_of(w)->layers[i];
        struct sdse_layer_record *row = &w->layers[i];
        *row = (struct sdse_layer_record){.name = layer->name,
                                          .kind = layer->kind,
                                          .repeat = layer->repeat,
                                          .copies = sdse_layer_copies(layer)};
        double layer_bits;
        uint64_t layer_words;
        enum sdse_status status = write_solved(w, i, choice[i], &row->solution);
        if (!status)
            status = write_form(w, i, row, &layer_bits, &layer_words);
        if (status)
            return status;
        bits += layer_bits * (double)sdse_layer_copies(layer);
        words += (double)layer_words * (double)sdse_layer_copies(layer);
        if (problem->proof != SDSE_PROOF_OPTIMAL) {
            w->record.proof = problem->proof;
            w->record.gap = fmax(w->record.gap, problem->gap);
        }
    }
    w->record.weight_bits = bits;
    if (bits > 0)
        w->record.compression = 32 * words / bits;
    return SDSE_OK;
}

// The network's front; of a large one evenly spaced elements.
static enum sdse_status
keep_front(struct writing *w, const struct sdse_network_front *front, size_t picked) {
    const size_t most = front->count < SDSE_KEPT_FRONT ? front->count : SDSE_KEPT_FRONT;
    struct sdse_front_element *kept =
        SDSE_ARENA_ARRAY(w->scratch, struct sdse_front_element, most);
    size_t *index = SDSE_ARENA_ARRAY(w->scratch, size_t, most);
    if (!kept || !index)
        return SDSE_NO_MEMORY;
    const size_t count = sdse_network_front_thin(front->count, most, picked, index);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_tradeoff *at = &front->elements[index[i]];
        kept[i] = (struct sdse_front_element){at->energy_pj,
                                              (uint64_t)at->latency_cycles, NULL};
    }
    w->record.front = kept;
    w->record.front_count = count;
    w->record.front_elements = front->count;
    return SDSE_OK;
}

// What the picked element may be above the optimum: the layers' fronts may not be
// proved, or the network's may be thinned.
static void judge_proof(struct writing *w, const struct sdse_network_front *front,
                        size_t picked) {
    const enum sdse_objective objective = w->plan->sweep->objective;
    // Of places both ends and the corners of the hull stay: every pick is exact.
    const double own = w->point->places
                           ? 0
                           : sdse_network_front_gap(front, objective, picked,
                                                    (double)INFINITY, (double)INFINITY);
    w->record.gap = sdse_network_gap(objective, w->record.gap, own);
    if (own > 0 && w->record.proof == SDSE_PROOF_OPTIMAL)
        w->record.proof = SDSE_PROOF_LIMIT;
}

static enum sdse_status write_feasible(struct writing *w) {
    const struct sdse_network_front *front = &w->front;
    const size_t picked = sdse_network_front_pick(front, w->plan->sweep->objective);
    size_t *choice = SDSE_ARENA_ARRAY(w->scratch, size_t, w->point->layer_count);
    w->layers =
        SDSE_ARENA_ARRAY(w->scratch, struct sdse_layer_record, w->point->layer_count);
    if (!choice || !w->layers)
        return SDSE_NO_MEMORY;
    if (!w->point->places) // else they are in the places
        sdse_network_front_choices(front, w->point->layer_count, picked, choice);
    enum sdse_status status = write_layers(w, choice);
    if (!status)
        status = keep_front(w, front, picked);
    if (status)
        return status;
    judge_proof(w, front, picked);
    const double clock_ghz = variant_of(w)->arch->clock_ghz;
    struct sdse_point_record *record = &w->record;
    record->energy_pj = front->elements[picked].energy_pj;
    record->latency_cycles = (uint64_t)front->elements[picked].latency_cycles;
    record->latency_s =
        sdse_seconds_from_cycles(front->elements[picked].latency_cycles, clock_ghz);
    record->edp_pj_s = record->energy_pj * record->latency_s;
    record->layers = w->layers;
    record->layer_count = w->point->layer_count;
    if (w->point->places) {
        record->places = w->point->places->records;
        record->place_count = w->point->places->record_count;
        record->copies = sdse_copy_records(w->point->places, w->scratch);
        record->copy_count = w->point->places->copy_count;
        record->groups = w->point->places->group;
        record->group_count = w->point->places->group_count;
        record->nests = sdse_nest_records(w->point->places, w->scratch);
        record->nest_count = w->point->places->nest_count;
        if (!record->copies || !record->nests)
            return SDSE_NO_MEMORY;
    }
    return sdse_store_add_point(w->store, record);
}

enum sdse_status sdse_batch_write_point(const struct sdse_plan *plan,
                                        const struct sdse_batch_point *point,
                                        struct sdse_store *store,
                                        const atomic_bool *stop,
                                        struct sdse_arena *scratch,
                                        struct sdse_point_figures *figures) {
    struct writing w = {
        .plan = plan, .point = point, .store = store, .scratch = scratch};
    for (size_t i = 0; i < point->layer_count; i++)
        if (point->problems[i]->state == SDSE_LAYER_PROBLEM_OPEN)
            return SDSE_INTERRUPTED;
    if (!describe(&w))
        return SDSE_NO_MEMORY;
    w.record.status = judge(&w);
    if (w.record.status != SDSE_POINT_OK && !w.record.reason)
        return SDSE_NO_MEMORY;
    if (w.record.status == SDSE_POINT_OK && point->resides && !point->places)
        return SDSE_INTERRUPTED;
    enum sdse_status status =
        w.record.status == SDSE_POINT_OK ? build_front(&w, stop) : SDSE_OK;
    if (!status)
        status = sdse_batch_write_variant(point->point.variant, store);
    if (!status)
        status = w.record.status == SDSE_POINT_OK
                     ? write_feasible(&w)
                     : sdse_store_add_point(store, &w.record);
    *figures =
        (struct sdse_point_figures){w.record.energy_pj, (double)w.record.latency_cycles,
                                    w.record.area_mm2, w.record.status};
    return status;
}

enum sdse_status sdse_batch_write_problem(const struct sdse_plan *plan,
                                          const struct sdse_layer_problem *problem,
                                          struct sdse_store *store,
                                          struct sdse_arena *scratch) {
    struct writing w = {.plan = plan, .store = store, .scratch = scratch};
    const struct sdse_layer_front layer = {problem->count, problem->elements,
                                           problem->layer->repeat, 0};
    struct sdse_network_front front;
    enum sdse_status status =
        sdse_network_front_build(&layer, 1, SDSE_LARGEST_FRONT, NULL, scratch, &front);
    if (status)
        return status;
    size_t choice;
    sdse_network_front_choices(
        &front, 1, sdse_network_front_pick(&front, plan->sweep->objective), &choice);
    const struct solved from = unshared(problem, choice);
    const struct sdse_hash hash = solution_hash(&from);
    status = write_front(&w, &from);
    return status || sdse_store_has_solution(store, hash)
               ? status
               : write_solution(&w, &from, &(struct sdse_copied){0}, hash);
}

// --- What many share ---

// Without its edges unless tensors may stay, with them if they may.
static enum sdse_status write_network(const struct sdse_plan *plan,
                                      const struct sdse_network_input *network,
                                      struct sdse_store *store) {
    const struct sdse_override *stays = sdse_sweep_stays(plan->sweep);
    bool always = stays != NULL;
    for (size_t i = 0; always && i < stays->value_count; i++)
        always = stays->stays[i].resident;
    const char *name = network->workload->name;
    enum sdse_status status = SDSE_OK;
    if (!always)
        status =
            write_input(store, network->hash, SDSE_INPUT_WORKLOAD, name, network->text);
    if (!status && stays)
        status = write_input(store, network->resident_hash, SDSE_INPUT_WORKLOAD, name,
                             network->resident_text);
    return status;
}

enum sdse_status sdse_batch_write_inputs(const struct sdse_plan *plan,
                                         struct sdse_store *store) {
    enum sdse_status status =
        write_input(store, plan->hash, SDSE_INPUT_SWEEP, plan->sweep->name, plan->text);
    for (size_t i = 0; !status && i < plan->network_count; i++)
        status = write_network(plan, &plan->networks[i], store);
    for (size_t i = 0; !status && i < plan->form_count; i++)
        status = write_input(store, plan->forms[i].hash, SDSE_INPUT_FORM,
                             plan->forms[i].form->name, plan->forms[i].text);
    if (status)
        return status;
    return sdse_store_add_sweep(
        store,
        &(struct sdse_sweep_record){plan->hash, plan->sweep->name, plan->point_count,
                                    plan->sweep->objective, plan->sweep->limits});
}
