// Writing inputs, sweeps, design points, training runs and the run log.
#include <math.h>
#include <string.h>

#include "results/store/statements.h"
#include "results/store/store.h"

// ---- names ----

#define SDSE_NAME_TEXT(name, text) text,
static const char *const input_names[] = {SDSE_INPUT_MAP(SDSE_NAME_TEXT)};
static const char *const status_names[] = {SDSE_POINT_STATUS_MAP(SDSE_NAME_TEXT)};
static const char *const from_names[] = {SDSE_WEIGHTS_FROM_MAP(SDSE_NAME_TEXT)};
static const char *const proof_names[] = {SDSE_PROOF_MAP(SDSE_NAME_TEXT)};
#undef SDSE_NAME_TEXT

#define COUNT(array) (sizeof(array) / sizeof *(array))

static size_t index_of(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (name && strcmp(name, names[i]) == 0)
            return i;
    return 0;
}

const char *sdse_proof_name(enum sdse_proof proof) { return proof_names[proof]; }
enum sdse_proof sdse_proof_from_text(const char *name) {
    return (enum sdse_proof)index_of(name, proof_names, COUNT(proof_names));
}
const char *sdse_weights_from_name(enum sdse_weights_from from) {
    return from_names[from];
}
enum sdse_weights_from sdse_weights_from_text(const char *name) {
    return (enum sdse_weights_from)index_of(name, from_names, COUNT(from_names));
}

// ---- inputs, sweeps, run log ----

enum sdse_status sdse_store_add_input(struct sdse_store *store,
                                      const struct sdse_input_record *input) {
    enum sdse_status status = sdse_store_may_add(store);
    if (status != SDSE_OK)
        return status;
    char hash[SDSE_HASH_TEXT_BYTES];
    struct sdse_digest digest;
    sdse_hash_text(input->hash, hash);
    struct sdse_input_row row = {hash, input_names[input->kind], input->name,
                                 input->text, 0};
    sdse_digest_begin(&digest, SDSE_CONTENT_INPUT);
    sdse_digest_text(&digest, row.hash);
    sdse_digest_text(&digest, row.kind);
    sdse_digest_text(&digest, row.name);
    sdse_digest_text(&digest, row.text);
    row.digest = sdse_digest_value(&digest);
    bool added;
    store->inputs.db = store->db;
    const int code = sdse_input_put(&store->inputs, &row, &added);
    if (code != SQLITE_OK)
        return sdse_store_fail_code(store, code);
    store->seal[SDSE_CONTENT_INPUT].rows += added;
    store->seal[SDSE_CONTENT_INPUT].sum += added ? (uint64_t)row.digest : 0;
    return SDSE_OK;
}

enum sdse_status sdse_store_add_sweep(struct sdse_store *store,
                                      const struct sdse_sweep_record *sweep) {
    enum sdse_status status = sdse_store_may_add(store);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding turns = sdse_bind(store, SDSE_SQL_SWEEP_TURN);
    sdse_bind_hash(&turns, sweep->hash);
    if (!sdse_bind_row(&turns))
        return store->batch_status;
    const bool known = sqlite3_column_type(turns.statement, 0) != SQLITE_NULL;
    const int64_t turn = sqlite3_column_int64(turns.statement, 0),
                  digest = sqlite3_column_int64(turns.statement, 1),
                  last = sqlite3_column_int64(turns.statement, 2);
    sqlite3_reset(turns.statement);
    if (known && turn == last)
        return SDSE_OK;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_SWEEP, SDSE_CONTENT_SWEEP);
    sdse_bind_hash(&add, sweep->hash);
    sdse_bind_text(&add, sweep->name);
    sdse_bind_u64(&add, sweep->point_count);
    sdse_bind_text(&add, sdse_objective_words()[sweep->objective]);
    for (unsigned i = 0; i < SDSE_LIMITS; i++)
        sdse_bind_f64(&add, sweep->limits.set >> i & 1u ? sweep->limits.most[i]
                                                        : (double)NAN);
    sdse_bind_u64(&add, (uint64_t)last + 1);
    sdse_bind_digest(&add);
    if (known)
        sdse_store_unseal(store, SDSE_CONTENT_SWEEP, digest);
    return sdse_bind_run(&add);
}

enum sdse_status sdse_store_add_run(struct sdse_store *store,
                                    const struct sdse_run_record *run) {
    enum sdse_status status = sdse_store_may_add(store);
    int64_t sweep = 0;
    if (status == SDSE_OK)
        status = sdse_store_need(store, SDSE_SQL_SWEEP_ID, "sweep", run->sweep, &sweep);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_RUN, SDSE_CONTENT_RUN_LOG);
    sdse_bind_reference(&add, sweep, run->sweep);
    sdse_bind_text(&add, SDSE_VERSION);
    sdse_bind_text(&add, run->host);
    sdse_bind_text(&add, run->started);
    sdse_bind_u64(&add, run->threads);
    sdse_bind_f64(&add, run->seconds);
    sdse_bind_u64(&add, run->points_done);
    sdse_bind_u64(&add, run->points_reused);
    sdse_bind_u64(&add, run->nodes_visited);
    sdse_bind_u64(&add, run->variants);
    sdse_bind_f64(&add, run->log10_mappings);
    sdse_bind_text(&add, run->outcome);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

// ---- points ----

enum sdse_status sdse_store_judge_point(struct sdse_store *store,
                                        struct sdse_hash sweep, uint64_t position,
                                        enum sdse_point_status *status) {
    struct sdse_binding query = sdse_bind(store, SDSE_SQL_JUDGE_POINT);
    sdse_bind_hash(&query, sweep);
    sdse_bind_u64(&query, position);
    if (!sdse_bind_row(&query))
        return store->batch_status ? store->batch_status : SDSE_INVALID;
    const char *name = sdse_bind_text_of(&query, 0);
    *status = (enum sdse_point_status)index_of(name, status_names, COUNT(status_names));
    sqlite3_reset(query.statement);
    return name ? SDSE_OK : SDSE_INVALID;
}

bool sdse_store_has_point(struct sdse_store *store, struct sdse_hash point) {
    int64_t id = 0;
    return sdse_store_find(store, SDSE_SQL_POINT_ID, point, &id);
}

bool sdse_store_point_status(struct sdse_store *store, struct sdse_hash point,
                             enum sdse_point_status *status) {
    struct sdse_binding query = sdse_bind(store, SDSE_SQL_POINT_STATUS);
    sdse_bind_hash(&query, point);
    if (!sdse_bind_row(&query))
        return false;
    const char *name = sdse_bind_text_of(&query, 0);
    *status = (enum sdse_point_status)index_of(name, status_names, COUNT(status_names));
    sqlite3_reset(query.statement);
    return name != NULL;
}

static double column_or_nan(sqlite3_stmt *statement, int column) {
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? (double)NAN
               : sqlite3_column_double(statement, column);
}

// What a row of POINT_FIGURES or PLACES says from `column` on. False: memory is out.
static bool read_figures(struct sdse_binding *query, int column,
                         struct sdse_point_figures *figures) {
    figures->energy_pj = column_or_nan(query->statement, column);
    figures->latency_cycles = column_or_nan(query->statement, column + 1);
    figures->area_mm2 = column_or_nan(query->statement, column + 2);
    const char *status = sdse_bind_text_of(query, column + 3);
    figures->status =
        (enum sdse_point_status)index_of(status, status_names, COUNT(status_names));
    return status != NULL;
}

bool sdse_store_load_figures(struct sdse_store *store, struct sdse_hash point,
                             double seconds, struct sdse_point_figures *figures) {
    struct sdse_binding query = sdse_bind(store, SDSE_SQL_POINT_FIGURES);
    sdse_bind_hash(&query, point);
    sdse_bind_f64(&query, seconds > 0 ? seconds : HUGE_VAL);
    if (!sdse_bind_row(&query))
        return false;
    const bool whole = read_figures(&query, 0, figures);
    sqlite3_reset(query.statement);
    return whole;
}

enum sdse_status sdse_store_load_places(struct sdse_store *store,
                                        struct sdse_hash sweep, uint64_t first,
                                        size_t count, double seconds, bool *there,
                                        struct sdse_point_figures *figures) {
    struct sdse_binding query = sdse_bind(store, SDSE_SQL_PLACES);
    sdse_bind_hash(&query, sweep);
    sdse_bind_u64(&query, first);
    sdse_bind_u64(&query, first + count);
    sdse_bind_f64(&query, seconds > 0 ? seconds : HUGE_VAL);
    memset(there, 0, count * sizeof *there);
    store->last_failure = SDSE_OK;
    bool whole = true;
    while (whole && sdse_bind_row(&query)) {
        const size_t at =
            (size_t)((uint64_t)sqlite3_column_int64(query.statement, 0) - first);
        whole = read_figures(&query, 1, &figures[at]);
        there[at] = true;
    }
    sqlite3_reset(query.statement);
    return store->last_failure;
}

// A row that two tables are joined by: both ids, and what they stand for.
struct reference {
    int64_t id;
    struct sdse_hash hash;
};

static enum sdse_status link_position(struct sdse_store *store, struct reference sweep,
                                      uint64_t position, struct reference point) {
    struct sdse_binding link =
        sdse_bind_content(store, SDSE_SQL_LINK_POINT, SDSE_CONTENT_SWEEP_POINT);
    sdse_bind_reference(&link, sweep.id, sweep.hash);
    sdse_bind_u64(&link, position);
    sdse_bind_reference(&link, point.id, point.hash);
    sdse_bind_digest(&link);
    struct sdse_binding linked = sdse_bind(store, SDSE_SQL_LINKED);
    sdse_bind_id(&linked, sweep.id);
    sdse_bind_u64(&linked, position);
    if (sdse_bind_row(&linked)) {
        sdse_store_unseal(store, SDSE_CONTENT_SWEEP_POINT,
                          sqlite3_column_int64(linked.statement, 0));
        sqlite3_reset(linked.statement);
    }
    return sdse_bind_run(&link);
}

enum sdse_status sdse_store_link_point(struct sdse_store *store, struct sdse_hash sweep,
                                       uint64_t position, struct sdse_hash point) {
    enum sdse_status status = sdse_store_may_add(store);
    int64_t sweep_id = 0, point_id = 0;
    if (status == SDSE_OK)
        status = sdse_store_need(store, SDSE_SQL_SWEEP_ID, "sweep", sweep, &sweep_id);
    if (status == SDSE_OK)
        status = sdse_store_need(store, SDSE_SQL_POINT_ID, "point", point, &point_id);
    return status == SDSE_OK
               ? link_position(store, (struct reference){sweep_id, sweep}, position,
                               (struct reference){point_id, point})
               : status;
}

struct sdse_hash sdse_store_design(const struct sdse_point_record *point) {
    struct sdse_hash hash = sdse_hash_of_text(sdse_objective_words()[point->objective]),
                     sum = {0};
    hash = sdse_hash_join(hash, sdse_hash_of_text(point->workload_name));
    hash = sdse_hash_join(hash, sdse_hash_of_text(point->arch_name));
    hash = sdse_hash_join(hash, sdse_hash_of_text(point->form_name));
    for (size_t i = 0; i < point->parameter_count; i++) {
        const struct sdse_hash one =
            sdse_hash_join(sdse_hash_of_text(point->parameters[i].path),
                           sdse_hash_of_text(point->parameters[i].value));
        sum.low += one.low;
        sum.high += one.high;
    }
    return sdse_hash_join(hash, sum);
}

// The point's own row. Figures of a point that is not OK are NULL.
static enum sdse_status add_row(struct sdse_store *store,
                                const struct sdse_point_record *point) {
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_POINT, SDSE_CONTENT_POINT);
    sdse_bind_hash(&add, point->hash);
    sdse_bind_text(&add, status_names[point->status]);
    sdse_bind_text(&add, point->reason);
    sdse_bind_hash(&add, point->arch);
    sdse_bind_hash(&add, point->workload);
    sdse_bind_hash(&add, point->form);
    sdse_bind_text(&add, point->arch_name);
    sdse_bind_text(&add, point->workload_name);
    sdse_bind_text(&add, point->form_name);
    sdse_bind_text(&add, sdse_objective_words()[point->objective]);
    sdse_bind_hash(&add, sdse_store_design(point));
    if (point->status == SDSE_POINT_OK) {
        sdse_bind_f64(&add, point->energy_pj);
        sdse_bind_u64(&add, point->latency_cycles);
        sdse_bind_f64(&add, point->latency_s);
        sdse_bind_f64(&add, point->edp_pj_s);
        sdse_bind_f64(&add, point->area_mm2);
        sdse_bind_f64(&add, point->weight_bits);
        sdse_bind_f64(&add, point->compression);
        sdse_bind_f64(&add, point->rel_error);
        sdse_bind_f64(&add, point->accuracy);
        sdse_bind_f64(&add, point->output_error);
        sdse_bind_f64(&add, point->output_sqnr_db);
        sdse_bind_f64(&add, point->best_class_agreement);
        sdse_bind_text(&add, from_names[point->weights]);
        sdse_bind_text(&add, proof_names[point->proof]);
        sdse_bind_f64(&add, point->gap);
        sdse_bind_u64(&add, point->front_elements ? point->front_elements : 1);
    } else {
        enum { BEFORE_AREA = 4, AFTER_AREA = 11 };
        for (int i = 0; i < BEFORE_AREA; i++)
            sdse_bind_null(&add);
        sdse_bind_f64(&add, point->area_mm2);
        for (int i = 0; i < AFTER_AREA; i++)
            sdse_bind_null(&add);
    }
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

static enum sdse_status add_layer(struct sdse_store *store, struct reference point,
                                  size_t index, const struct sdse_layer_record *layer) {
    int64_t solution = 0, form = 0;
    enum sdse_status status = sdse_store_need(store, SDSE_SQL_SOLUTION_ID, "solution",
                                              layer->solution, &solution);
    if (status == SDSE_OK && layer->has_form)
        status =
            sdse_store_need(store, SDSE_SQL_FORM_ID, "weight form", layer->form, &form);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_POINT_LAYER, SDSE_CONTENT_POINT_LAYER);
    sdse_bind_reference(&add, point.id, point.hash);
    sdse_bind_u64(&add, index);
    sdse_bind_text(&add, layer->name);
    sdse_bind_text(&add, sdse_layer_kind_name(layer->kind));
    sdse_bind_u64(&add, layer->repeat);
    sdse_bind_u64(&add, layer->copies ? layer->copies : layer->repeat);
    sdse_bind_reference(&add, solution, layer->solution);
    if (layer->has_form)
        sdse_bind_reference(&add, form, layer->form);
    else
        sdse_bind_null(&add);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

static enum sdse_status add_place(struct sdse_store *store, struct reference point,
                                  const struct sdse_place_record *place) {
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_PLACE, SDSE_CONTENT_PLACE);
    sdse_bind_reference(&add, point.id, point.hash);
    sdse_bind_text(&add, place->tensor);
    sdse_bind_text(&add, place->memory);
    sdse_bind_u64(&add, place->first_layer);
    sdse_bind_u64(&add, place->last_layer);
    sdse_bind_f64(&add, place->bits);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

static enum sdse_status add_copy(struct sdse_store *store, struct reference point,
                                 const struct sdse_copy_record *copy) {
    int64_t solution = 0;
    const enum sdse_status status = sdse_store_need(
        store, SDSE_SQL_SOLUTION_ID, "solution", copy->solution, &solution);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_COPY, SDSE_CONTENT_COPY);
    sdse_bind_reference(&add, point.id, point.hash);
    sdse_bind_u64(&add, copy->before_layer);
    sdse_bind_text(&add, copy->tensor);
    sdse_bind_text(&add, copy->memory);
    sdse_bind_u64(&add, copy->words);
    sdse_bind_reference(&add, solution, copy->solution);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

static enum sdse_status add_group(struct sdse_store *store, struct reference point,
                                  size_t index, const struct sdse_group_record *group) {
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_GROUP, SDSE_CONTENT_GROUP);
    sdse_bind_reference(&add, point.id, point.hash);
    sdse_bind_u64(&add, index);
    sdse_bind_u64(&add, group->first_layer);
    sdse_bind_u64(&add, group->last_layer);
    sdse_bind_u64(&add, group->tile_rows);
    sdse_bind_u64(&add, group->tile_columns);
    sdse_bind_u64(&add, group->tile_heads);
    sdse_bind_u64(&add, group->tile_keys);
    sdse_bind_u64(&add, group->tile_channels);
    sdse_bind_text(&add, group->retained);
    sdse_bind_text(&add, group->banded);
    sdse_bind_text(&add, group->weights_kept);
    sdse_bind_text(&add, group->inputs);
    sdse_bind_text(&add, group->outputs);
    sdse_bind_text(&add, group->memory);
    sdse_bind_text(&add, group->overlap ? "outer" : "none");
    sdse_bind_text(&add, group->nest_order);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

static enum sdse_status add_nest(struct sdse_store *store, struct reference point,
                                 size_t index, const struct sdse_nest_record *nest) {
    const struct sdse_nest_place *own = &nest->place[0];
    int64_t solution = 0;
    const enum sdse_status status = sdse_store_need(
        store, SDSE_SQL_SOLUTION_ID, "solution", nest->solution, &solution);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_NEST, SDSE_CONTENT_NEST);
    sdse_bind_reference(&add, point.id, point.hash);
    sdse_bind_u64(&add, index);
    sdse_bind_u64(&add, nest->group);
    sdse_bind_u64(&add, nest->layer);
    sdse_bind_u64(&add, nest->first_row);
    sdse_bind_u64(&add, nest->row_count);
    sdse_bind_u64(&add, nest->row_step);
    sdse_bind_u64(&add, nest->first_column);
    sdse_bind_u64(&add, nest->column_count);
    sdse_bind_u64(&add, nest->column_step);
    sdse_bind_u64(&add, nest->times);
    sdse_bind_text(&add, nest->bounds);
    sdse_bind_u64(&add, nest->map_rows);
    sdse_bind_u64(&add, nest->map_columns);
    sdse_bind_u64(&add, nest->row_stride);
    sdse_bind_i64(&add, nest->row_pad);
    sdse_bind_u64(&add, nest->column_stride);
    sdse_bind_i64(&add, nest->column_pad);
    sdse_bind_u64(&add, own->inputs);
    sdse_bind_u64(&add, own->weights);
    sdse_bind_u64(&add, own->outputs);
    sdse_bind_u64(&add, own->addends);
    sdse_bind_u64(&add, nest->writes_through);
    sdse_bind_u64(&add, nest->loads_weights);
    sdse_bind_u64(&add, nest->loaded_input_words);
    sdse_bind_u64(&add, nest->continues);
    sdse_bind_u64(&add, nest->unfinished);
    sdse_bind_u64(&add, nest->rescales);
    sdse_bind_f64(&add, own->reserved_bits);
    sdse_bind_u64(&add, nest->inputs_ahead);
    sdse_bind_u64(&add, nest->weights_ahead);
    sdse_bind_u64(&add, nest->outputs_ahead);
    sdse_bind_u64(&add, nest->overlapped_runs);
    sdse_bind_u64(&add, nest->overlapped_times);
    sdse_bind_u64(&add, nest->outer_cycles);
    sdse_bind_u64(&add, nest->inner_cycles);
    sdse_bind_u64(&add, nest->latency_cycles);
    sdse_bind_reference(&add, solution, nest->solution);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

// Of a nest, what another memory than its group's has.
static enum sdse_status add_nest_place(struct sdse_store *store, struct reference point,
                                       size_t nest,
                                       const struct sdse_nest_place *place) {
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_NEST_PLACE, SDSE_CONTENT_NEST_PLACE);
    sdse_bind_reference(&add, point.id, point.hash);
    sdse_bind_u64(&add, nest);
    sdse_bind_text(&add, place->memory);
    sdse_bind_u64(&add, place->inputs);
    sdse_bind_u64(&add, place->weights);
    sdse_bind_u64(&add, place->outputs);
    sdse_bind_u64(&add, place->addends);
    sdse_bind_f64(&add, place->reserved_bits);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

static enum sdse_status add_groups(struct sdse_store *store, struct reference point,
                                   const struct sdse_point_record *record) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; status == SDSE_OK && i < record->group_count; i++)
        status = add_group(store, point, i, &record->groups[i]);
    for (size_t i = 0; status == SDSE_OK && i < record->nest_count; i++) {
        const struct sdse_nest_record *nest = &record->nests[i];
        status = add_nest(store, point, i, nest);
        for (size_t p = 1; status == SDSE_OK && p < nest->place_count; p++)
            status = add_nest_place(store, point, i, &nest->place[p]);
    }
    return status;
}

static enum sdse_status add_children(struct sdse_store *store, int64_t id,
                                     const struct sdse_point_record *point) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; status == SDSE_OK && i < point->parameter_count; i++) {
        struct sdse_binding add = sdse_bind_content(store, SDSE_SQL_ADD_PARAMETER,
                                                    SDSE_CONTENT_POINT_PARAMETER);
        sdse_bind_reference(&add, id, point->hash);
        sdse_bind_text(&add, point->parameters[i].path);
        sdse_bind_text(&add, point->parameters[i].value);
        sdse_bind_digest(&add);
        status = sdse_bind_run(&add);
    }
    if (point->status != SDSE_POINT_OK)
        return status;
    for (size_t i = 0; status == SDSE_OK && i < point->front_count; i++) {
        struct sdse_binding add = sdse_bind_content(store, SDSE_SQL_ADD_POINT_FRONT,
                                                    SDSE_CONTENT_POINT_FRONT);
        sdse_bind_reference(&add, id, point->hash);
        sdse_bind_u64(&add, i);
        sdse_bind_f64(&add, point->front[i].energy_pj);
        sdse_bind_u64(&add, point->front[i].latency_cycles);
        sdse_bind_digest(&add);
        status = sdse_bind_run(&add);
    }
    for (size_t i = 0; status == SDSE_OK && i < point->layer_count; i++)
        status =
            add_layer(store, (struct reference){id, point->hash}, i, &point->layers[i]);
    for (size_t i = 0; status == SDSE_OK && i < point->place_count; i++)
        status =
            add_place(store, (struct reference){id, point->hash}, &point->places[i]);
    for (size_t i = 0; status == SDSE_OK && i < point->copy_count; i++)
        status =
            add_copy(store, (struct reference){id, point->hash}, &point->copies[i]);
    return status == SDSE_OK
               ? add_groups(store, (struct reference){id, point->hash}, point)
               : status;
}

static enum sdse_status drop_children(struct sdse_store *store, int64_t id) {
    static const struct {
        enum sdse_statement drop;
        enum sdse_content table;
    } drops[] = {{SDSE_SQL_DROP_PARAMETERS, SDSE_CONTENT_POINT_PARAMETER},
                 {SDSE_SQL_DROP_POINT_FRONT, SDSE_CONTENT_POINT_FRONT},
                 {SDSE_SQL_DROP_POINT_LAYERS, SDSE_CONTENT_POINT_LAYER},
                 {SDSE_SQL_DROP_PLACES, SDSE_CONTENT_PLACE},
                 {SDSE_SQL_DROP_COPIES, SDSE_CONTENT_COPY},
                 {SDSE_SQL_DROP_NESTS, SDSE_CONTENT_NEST},
                 {SDSE_SQL_DROP_NEST_PLACES, SDSE_CONTENT_NEST_PLACE},
                 {SDSE_SQL_DROP_GROUPS, SDSE_CONTENT_GROUP}};
    for (size_t i = 0; i < COUNT(drops); i++) {
        struct sdse_binding drop = sdse_bind(store, drops[i].drop);
        sdse_bind_id(&drop, id);
        while (sdse_bind_row(&drop))
            sdse_store_unseal(store, drops[i].table,
                              sqlite3_column_int64(drop.statement, 0));
    }
    return store->batch_status;
}

// The invariant of the file: a point's total is the sum of its layers.
static enum sdse_status check_sums(struct sdse_store *store, int64_t id,
                                   const struct sdse_point_record *point) {
    struct sdse_binding query = sdse_bind(store, SDSE_SQL_POINT_SUMS);
    sdse_bind_u64(&query, (uint64_t)id);
    if (!sdse_bind_row(&query))
        return SDSE_DATABASE;
    double energy_pj = sqlite3_column_double(query.statement, 0);
    uint64_t cycles = (uint64_t)sqlite3_column_int64(query.statement, 1);
    sqlite3_reset(query.statement);
    if (fabs(energy_pj - point->energy_pj) > 1e-9 * fmax(energy_pj, point->energy_pj))
        return sdse_store_fail(store, SDSE_DATABASE,
                               "point: layers add up to %.17g pJ, total is %.17g pJ",
                               energy_pj, point->energy_pj);
    if (cycles != point->latency_cycles)
        return sdse_store_fail(
            store, SDSE_DATABASE, "point: layers take %llu cycles, total is %llu",
            (unsigned long long)cycles, (unsigned long long)point->latency_cycles);
    return SDSE_OK;
}

enum sdse_status sdse_store_add_point(struct sdse_store *store,
                                      const struct sdse_point_record *point) {
    enum sdse_status status = sdse_store_may_add(store);
    int64_t sweep = 0, id = 0;
    if (status == SDSE_OK)
        status =
            sdse_store_need(store, SDSE_SQL_SWEEP_ID, "sweep", point->sweep, &sweep);
    if (status != SDSE_OK)
        return status;
    // Replaced where it stands: other sweeps keep their places.
    struct sdse_binding may = sdse_bind(store, SDSE_SQL_MAY_REPLACE);
    sdse_bind_hash(&may, point->hash);
    const bool replaces = sdse_bind_row(&may);
    if (replaces) {
        id = sqlite3_column_int64(may.statement, 0);
        sdse_store_unseal(store, SDSE_CONTENT_POINT,
                          sqlite3_column_int64(may.statement, 1));
        sqlite3_reset(may.statement);
        status = drop_children(store, id);
    }
    if (status == SDSE_OK &&
        (replaces || !sdse_store_find(store, SDSE_SQL_POINT_ID, point->hash, &id))) {
        status = add_row(store, point);
        if (status == SDSE_OK)
            status =
                sdse_store_need(store, SDSE_SQL_POINT_ID, "point", point->hash, &id);
        if (status == SDSE_OK)
            status = add_children(store, id, point);
        if (status == SDSE_OK && point->status == SDSE_POINT_OK)
            status = check_sums(store, id, point);
    }
    return status == SDSE_OK
               ? link_position(store, (struct reference){sweep, point->sweep},
                               point->position, (struct reference){id, point->hash})
               : status;
}

// ---- training ----

enum sdse_status sdse_store_add_training(struct sdse_store *store,
                                         const struct sdse_training_record *training) {
    enum sdse_status status = sdse_store_may_add(store);
    int64_t id = 0;
    if (status != SDSE_OK ||
        sdse_store_find(store, SDSE_SQL_TRAINING_ID, training->hash, &id))
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_TRAINING, SDSE_CONTENT_TRAINING_RUN);
    sdse_bind_hash(&add, training->hash);
    sdse_bind_text(&add, training->name);
    sdse_bind_text(&add, training->method);
    sdse_bind_text(&add, training->settings);
    sdse_bind_u64(&add, training->seed);
    sdse_bind_f64(&add, training->test_accuracy);
    sdse_bind_f64(&add, training->reference_accuracy);
    sdse_bind_f64(&add, training->energy_pj);
    sdse_bind_f64(&add, training->stored_bits);
    sdse_bind_digest(&add);
    status = sdse_bind_run(&add);
    id = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; status == SDSE_OK && i < training->epoch_count; i++) {
        const struct sdse_epoch_record *epoch = &training->epochs[i];
        struct sdse_binding row =
            sdse_bind_content(store, SDSE_SQL_ADD_EPOCH, SDSE_CONTENT_TRAINING_EPOCH);
        sdse_bind_reference(&row, id, training->hash);
        sdse_bind_u64(&row, i);
        sdse_bind_f64(&row, epoch->train_loss);
        sdse_bind_f64(&row, epoch->train_accuracy);
        sdse_bind_f64(&row, epoch->test_accuracy);
        sdse_bind_f64(&row, epoch->learning_rate);
        sdse_bind_f64(&row, epoch->energy_pj);
        sdse_bind_f64(&row, epoch->weight_bits);
        sdse_bind_f64(&row, epoch->stored_bits);
        sdse_bind_digest(&row);
        status = sdse_bind_run(&row);
    }
    return status;
}
