// Writing and loading solutions of layers, with their parts and where each number is
// from.
#include <assert.h>
#include <math.h>
#include <string.h>

#include "costmodel/types/cost_owner.h"
#include "results/store/statements.h"
#include "results/store/store.h"

static const char *const part_names[SDSE_PARTS] = {"weights",      "inputs", "outputs",
                                                   "coefficients", "basis",  "index"};

static const char *const mark_names[] = {
#define SDSE_MARK_TEXT(name, text) text,
    SDSE_MARK_MAP(SDSE_MARK_TEXT)
#undef SDSE_MARK_TEXT
};

static bool sums_agree(double a, double b) {
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

// ---- origins ----

// Where a number comes from: its row, and what that says.
struct origin {
    int64_t id;
    const char *mark, *text;
};

// The row of an origin; false if there is none.
static bool find_origin(struct sdse_store *store, struct origin *origin) {
    struct sdse_binding find = sdse_bind(store, SDSE_SQL_ORIGIN_ID);
    sdse_bind_text(&find, origin->mark);
    sdse_bind_text(&find, origin->text);
    if (!sdse_bind_row(&find))
        return false;
    origin->id = sqlite3_column_int64(find.statement, 0);
    sqlite3_reset(find.statement);
    return true;
}

// Its row, added if there is none.
static enum sdse_status put_origin(struct sdse_store *store, struct origin *origin) {
    if (find_origin(store, origin))
        return SDSE_OK;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_ORIGIN, SDSE_CONTENT_ORIGIN);
    sdse_bind_text(&add, origin->mark);
    sdse_bind_text(&add, origin->text);
    sdse_bind_digest(&add);
    const enum sdse_status status = sdse_bind_run(&add);
    if (status == SDSE_OK)
        origin->id = sqlite3_last_insert_rowid(store->db);
    return status;
}

// Where a number comes from, added on first use. A number that says nothing of its own
// has the accelerator's source; one that is not given has none, and says why.
static enum sdse_status origin_of(struct sdse_store *store,
                                  const struct sdse_arch *arch,
                                  const struct sdse_number *number, bool free,
                                  struct origin *origin) {
    const char *text = number->origin.text ? number->origin.text : arch->source;
    if (!number->given && free)
        text = "declared free";
    else if (!number->given && !number->origin.text)
        text = "not given";
    *origin = (struct origin){0, mark_names[number->origin.mark], text ? text : ""};
    const struct sdse_hash hash = sdse_hash_join(sdse_hash_of_text(origin->mark),
                                                 sdse_hash_of_text(origin->text));
    struct sdse_known_origin *known = &store->origins[hash.low % SDSE_KNOWN_ORIGINS];
    if (known->id && sdse_hash_same(known->hash, hash)) {
        origin->id = known->id;
        return SDSE_OK;
    }
    const enum sdse_status status = put_origin(store, origin);
    if (status == SDSE_OK)
        *known = (struct sdse_known_origin){hash, origin->id};
    return status;
}

// ---- what a solution has ----

// A solution whose rows are listed.
struct listing {
    struct sdse_store *store;
    struct sdse_set_rows *rows;
    const struct sdse_arch *arch;
    const struct sdse_cost *cost;
    double stored_pj; // of the rows so far
};

static enum sdse_status begin_row(struct listing *l, enum sdse_set set) {
    return sdse_set_row_begin(l->rows, set)
               ? SDSE_OK
               : sdse_store_fail(l->store, SDSE_NO_MEMORY, "out of memory");
}

static void digest_origin(struct listing *l, const struct origin *origin) {
    sdse_set_digest_origin(l->rows, origin->mark, origin->text);
}

static enum sdse_status list_flow(struct listing *l, unsigned level,
                                  enum sdse_part part,
                                  const struct sdse_flow_cost *flow) {
    const struct sdse_level *memory = &l->arch->level[level];
    struct origin read, fill, update;
    enum sdse_status status =
        origin_of(l->store, l->arch, &memory->read_pj, memory->free, &read);
    if (status == SDSE_OK)
        status = origin_of(l->store, l->arch, &memory->fill_pj, memory->free, &fill);
    if (status == SDSE_OK)
        status =
            origin_of(l->store, l->arch, &memory->update_pj, memory->free, &update);
    if (status == SDSE_OK)
        status = begin_row(l, level ? SDSE_SET_INNER : SDSE_SET_OUTER);
    if (status != SDSE_OK)
        return status;
    sdse_set_put_u64(l->rows, level);
    sdse_set_put_text(l->rows, part_names[part]);
    sdse_set_put_u64(l->rows, flow->tile_words);
    sdse_set_put_u64(l->rows, flow->instances);
    sdse_set_put_u64(l->rows, flow->reads);
    sdse_set_put_u64(l->rows, flow->fills);
    sdse_set_put_u64(l->rows, flow->updates);
    sdse_set_put_u64(l->rows, flow->drain_reads);
    sdse_set_put_f64(l->rows, flow->read_bits);
    sdse_set_put_f64(l->rows, flow->fill_bits);
    sdse_set_put_f64(l->rows, flow->update_bits);
    sdse_set_put_f64(l->rows, flow->read_pj);
    sdse_set_put_f64(l->rows, flow->fill_pj);
    sdse_set_put_f64(l->rows, flow->update_pj);
    if (flow->life_steps)
        sdse_set_put_f64(l->rows, flow->lifetime_us);
    else
        sdse_set_put_null(l->rows);
    if (flow->life_steps && memory->memory_class == SDSE_EDRAM)
        sdse_set_put_u64(l->rows, flow->refreshes);
    else
        sdse_set_put_null(l->rows);
    sdse_set_put_origin(l->rows, read.id);
    sdse_set_put_origin(l->rows, fill.id);
    sdse_set_put_origin(l->rows, update.id);
    digest_origin(l, &read);
    digest_origin(l, &fill);
    digest_origin(l, &update);
    sdse_set_row_end(l->rows);
    l->stored_pj += flow->read_pj + flow->fill_pj + flow->update_pj;
    return SDSE_OK;
}

// The number that a topology charges by.
static const struct sdse_number *network_number(const struct sdse_network *network) {
    if (network->hop_pj_per_bit.given)
        return &network->hop_pj_per_bit;
    if (!network->pj_per_bit.given && network->router_pj_per_bit.given)
        return &network->router_pj_per_bit;
    if (!network->pj_per_bit.given && network->pj_per_add.given)
        return &network->pj_per_add;
    return &network->pj_per_bit;
}

static enum sdse_status list_network(struct listing *l, unsigned level,
                                     enum sdse_part part,
                                     const struct sdse_network_cost *cost) {
    const struct sdse_network *network =
        &l->arch->level[level].network[sdse_part_tensor(part)];
    struct origin origin;
    enum sdse_status status =
        origin_of(l->store, l->arch, network_number(network), network->free, &origin);
    if (status == SDSE_OK)
        status = begin_row(l, SDSE_SET_NETWORKS);
    if (status != SDSE_OK)
        return status;
    sdse_set_put_u64(l->rows, level);
    sdse_set_put_text(l->rows, part_names[part]);
    sdse_set_put_u64(l->rows, cost->words);
    sdse_set_put_u64(l->rows, cost->adds);
    sdse_set_put_f64(l->rows, cost->hops);
    sdse_set_put_f64(l->rows, cost->bits);
    sdse_set_put_f64(l->rows, cost->energy_pj);
    sdse_set_put_origin(l->rows, origin.id);
    digest_origin(l, &origin);
    sdse_set_row_end(l->rows);
    l->stored_pj += cost->energy_pj;
    return SDSE_OK;
}

static enum sdse_status list_component(struct listing *l, const char *component,
                                       const char *action, double energy_pj,
                                       const struct sdse_number *number, bool free) {
    if (sdse_set_has(l->rows, SDSE_SET_COMPONENTS, component, action))
        return sdse_store_fail(l->store, SDSE_DATABASE,
                               "solution: two costs are called '%s, %s'; give the "
                               "memory or the engine another name",
                               component, action);
    struct origin origin;
    enum sdse_status status = origin_of(l->store, l->arch, number, free, &origin);
    if (status == SDSE_OK)
        status = begin_row(l, SDSE_SET_COMPONENTS);
    if (status != SDSE_OK)
        return status;
    sdse_set_put_text(l->rows, component);
    sdse_set_put_text(l->rows, action);
    sdse_set_put_f64(l->rows, energy_pj);
    sdse_set_put_origin(l->rows, origin.id);
    digest_origin(l, &origin);
    sdse_set_row_end(l->rows);
    l->stored_pj += energy_pj;
    return SDSE_OK;
}

// Clock, static power and control of one component, named by what they belong to.
static enum sdse_status list_overhead(struct listing *l, const char *whose,
                                      const struct sdse_overhead *overhead,
                                      const struct sdse_overhead_cost *cost) {
    const struct {
        const char *component;
        double pj;
        const struct sdse_number *number;
    } parts[] = {{"clock", cost->clock_pj, &overhead->clock_mw},
                 {"static", cost->static_pj, &overhead->static_mw},
                 {"control", cost->control_pj, &overhead->control_percent}};
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; status == SDSE_OK && i < sizeof parts / sizeof *parts; i++)
        if (parts[i].pj != 0)
            status = list_component(l, parts[i].component, whose, parts[i].pj,
                                    parts[i].number, false);
    return status;
}

// One level: its memory, what is kept there, the networks below it, its leakage.
static enum sdse_status list_level(struct listing *l, unsigned level) {
    const struct sdse_level *memory = &l->arch->level[level];
    const char *owner = sdse_cost_owner(memory);
    const struct sdse_level_cost *cost = &l->cost->level[level];
    enum sdse_status status = begin_row(l, SDSE_SET_MEMORIES);
    if (status != SDSE_OK)
        return status;
    sdse_set_put_u64(l->rows, level);
    sdse_set_put_text(l->rows, memory->name);
    sdse_set_put_u64(l->rows, cost->cycles);
    sdse_set_put_f64(l->rows, cost->stored_bits);
    sdse_set_put_f64(l->rows, cost->read_bits_per_cycle);
    sdse_set_put_f64(l->rows, cost->write_bits_per_cycle);
    sdse_set_row_end(l->rows);
    for (enum sdse_part part = 0; status == SDSE_OK && part < SDSE_PARTS; part++) {
        const struct sdse_network_cost *network = &cost->network[part];
        if (cost->flow[part].kept)
            status = list_flow(l, level, part, &cost->flow[part]);
        if (status == SDSE_OK && (network->words > 0 || network->energy_pj != 0))
            status = list_network(l, level, part, network);
    }
    if (status == SDSE_OK && cost->leakage_pj != 0)
        status = list_component(l, "leakage", owner, cost->leakage_pj,
                                &memory->leakage_mw, false);
    if (status == SDSE_OK && cost->refresh_pj != 0)
        status = list_component(l, "refresh", owner, cost->refresh_pj,
                                &memory->edram.refresh_pj_per_bit, false);
    if (status == SDSE_OK)
        status = list_overhead(l, owner, &memory->overhead, &cost->overhead);
    return status;
}

static enum sdse_status list_engines(struct listing *l) {
    enum sdse_status status = SDSE_OK;
    for (unsigned i = 0; status == SDSE_OK && i < l->arch->engine_count; i++) {
        const struct sdse_engine *engine = &l->arch->engine[i];
        if (l->cost->engine_events[i] != 0 || l->cost->engine_pj[i] != 0)
            status = list_component(l, engine->name, sdse_engine_event(engine->kind),
                                    l->cost->engine_pj[i], &engine->pj_per_event,
                                    engine->free);
        if (status == SDSE_OK && engine->kind == SDSE_ENGINE_PRODUCTS &&
            l->cost->sums != 0)
            status = list_component(l, engine->name, "sum", l->cost->sum_pj,
                                    &engine->pj_per_sum, engine->free);
    }
    return status;
}

static enum sdse_status list_parts(struct listing *l) {
    const struct sdse_arch *arch = l->arch;
    const struct sdse_cost *cost = l->cost;
    enum sdse_status status =
        list_component(l, "MAC", "multiply-accumulate", cost->mac_pj,
                       &arch->compute.pj_per_mac, arch->compute.free);
    if (status == SDSE_OK && cost->compute_leakage_pj != 0)
        status = list_component(l, "leakage", "MAC", cost->compute_leakage_pj,
                                &arch->compute.leakage_mw, arch->compute.free);
    if (status == SDSE_OK && arch->rebuild.present && cost->rebuild_pj != 0)
        status = list_component(l, "rebuild", "shift-add and basis", cost->rebuild_pj,
                                &arch->rebuild.pj_per_shift_add, false);
    if (status == SDSE_OK)
        status = list_engines(l);
    if (status == SDSE_OK && cost->vector_operations != 0)
        status = list_component(l, "vector", "operation", cost->vector_pj,
                                &arch->vector.pj_per_op, arch->vector.free);
    for (unsigned i = 0; status == SDSE_OK && i < cost->level_count; i++)
        status = list_level(l, i);
    if (status == SDSE_OK)
        status =
            list_overhead(l, "MAC", &arch->compute.overhead, &cost->compute_overhead);
    if (status == SDSE_OK)
        status = list_overhead(l, "chip", &arch->chip, &cost->chip_overhead);
    if (status == SDSE_OK && !sums_agree(l->stored_pj, cost->energy_pj))
        return sdse_store_fail(l->store, SDSE_DATABASE,
                               "solution: parts add up to %.17g pJ, total is %.17g pJ",
                               l->stored_pj, cost->energy_pj);
    return status;
}

// ---- solutions ----

enum sdse_status sdse_store_add_solution(struct sdse_store *store,
                                         const struct sdse_solution_record *solution) {
    enum sdse_status status = sdse_store_may_add(store);
    int64_t id = 0, front = 0;
    if (status != SDSE_OK ||
        sdse_store_find(store, SDSE_SQL_SOLUTION_ID, solution->hash, &id))
        return status;
    if (solution->has_front)
        status = sdse_store_need(store, SDSE_SQL_FRONT_ID, "layer front",
                                 solution->front, &front);
    if (status != SDSE_OK)
        return status;
    const struct sdse_cost *cost = solution->cost;
    assert(cost->level_count == solution->arch->level_count);
    if (!store->solution_rows)
        store->solution_rows = sdse_set_rows_new();
    if (!store->solution_rows)
        return sdse_store_fail(store, SDSE_NO_MEMORY, "out of memory");
    sdse_set_rows_clear(store->solution_rows);
    struct listing listing = {.store = store,
                              .rows = store->solution_rows,
                              .arch = solution->arch,
                              .cost = cost};
    status = list_parts(&listing);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_SOLUTION, SDSE_CONTENT_SOLUTION);
    sdse_bind_hash(&add, solution->hash);
    if (solution->has_front)
        sdse_bind_reference(&add, front, solution->front);
    else
        sdse_bind_null(&add);
    sdse_bind_text(&add, sdse_proof_name(solution->proof));
    sdse_bind_f64(&add, solution->gap);
    sdse_bind_mapping(&add, solution->mapping);
    sdse_bind_f64(&add, cost->energy_pj);
    sdse_bind_u64(&add, cost->latency_cycles);
    sdse_bind_u64(&add, cost->compute_cycles);
    sdse_bind_u64(&add, cost->fill_cycles);
    sdse_bind_u64(&add, cost->drain_cycles);
    sdse_bind_u64(&add, cost->pass_cycles);
    sdse_bind_u64(&add, cost->rebuild_cycles);
    sdse_bind_u64(&add, cost->macs);
    sdse_bind_u64(&add, cost->multipliers_used);
    sdse_bind_u64(&add, cost->shift_adds);
    sdse_bind_u64(&add, cost->basis_words_loaded);
    sdse_bind_f64(&add, cost->utilization);
    const struct sdse_bottleneck bottleneck =
        sdse_bottleneck_name(solution->arch, cost);
    sdse_bind_text(&add, bottleneck.text);
    for (int i = 0; i < SDSE_SETS; i++) {
        int64_t set;
        if (sdse_set_id(listing.rows, (enum sdse_set)i, &set))
            sdse_bind_i64(&add, set);
        else
            sdse_bind_null(&add);
    }
    sdse_bind_digest(&add);
    status = sdse_bind_run(&add);
    return status == SDSE_OK ? sdse_sets_write(store, listing.rows) : status;
}

bool sdse_store_has_solution(struct sdse_store *store, struct sdse_hash solution) {
    int64_t id = 0;
    return sdse_store_find(store, SDSE_SQL_SOLUTION_ID, solution, &id);
}

bool sdse_store_load_solution(struct sdse_store *store, struct sdse_hash solution,
                              struct sdse_arena *arena,
                              struct sdse_solution_totals *totals) {
    struct sdse_binding query = sdse_bind(store, SDSE_SQL_LOAD_SOLUTION);
    sdse_bind_hash(&query, solution);
    if (!sdse_bind_row(&query))
        return false;
    sqlite3_stmt *row = query.statement;
    const char *proof = sdse_bind_text_of(&query, 4);
    struct sdse_solution_totals loaded = {
        .energy_pj = sqlite3_column_double(row, 0),
        .latency_cycles = (uint64_t)sqlite3_column_int64(row, 1),
        .macs = (uint64_t)sqlite3_column_int64(row, 2),
        .utilization = sqlite3_column_double(row, 3),
        .proof = sdse_proof_from_text(proof),
        .gap = sqlite3_column_double(row, 5),
        .mapping = sdse_row_text(arena, row, 6)};
    sqlite3_reset(row);
    if (!loaded.mapping || !proof) {
        sdse_store_fail(store, SDSE_NO_MEMORY, "out of memory");
        return false;
    }
    *totals = loaded;
    return true;
}
