// Writing and loading solutions of layers, with their parts and where each number is
// from.
#include <assert.h>
#include <math.h>
#include <string.h>

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

// A solution that parts are added to.
struct owner {
    int64_t id;
    struct sdse_hash hash;
};

static void digest_origin(struct sdse_binding *binding, const struct origin *origin) {
    sdse_digest_only(binding, origin->mark);
    sdse_digest_only(binding, origin->text);
}

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

// ---- solutions ----

static enum sdse_status add_flow(struct sdse_store *store, struct owner solution,
                                 const struct sdse_arch *arch, unsigned level,
                                 enum sdse_part part,
                                 const struct sdse_flow_cost *flow) {
    const struct sdse_level *memory = &arch->level[level];
    struct origin read, fill, update;
    enum sdse_status status =
        origin_of(store, arch, &memory->read_pj, memory->free, &read);
    if (status == SDSE_OK)
        status = origin_of(store, arch, &memory->fill_pj, memory->free, &fill);
    if (status == SDSE_OK)
        status = origin_of(store, arch, &memory->update_pj, memory->free, &update);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_LEVEL, SDSE_CONTENT_SOLUTION_LEVEL);
    sdse_bind_reference(&add, solution.id, solution.hash);
    sdse_bind_u64(&add, level);
    sdse_bind_text(&add, part_names[part]);
    sdse_bind_u64(&add, flow->tile_words);
    sdse_bind_u64(&add, flow->instances);
    sdse_bind_u64(&add, flow->reads);
    sdse_bind_u64(&add, flow->fills);
    sdse_bind_u64(&add, flow->updates);
    sdse_bind_u64(&add, flow->drain_reads);
    sdse_bind_f64(&add, flow->read_bits);
    sdse_bind_f64(&add, flow->fill_bits);
    sdse_bind_f64(&add, flow->update_bits);
    sdse_bind_f64(&add, flow->read_pj);
    sdse_bind_f64(&add, flow->fill_pj);
    sdse_bind_f64(&add, flow->update_pj);
    if (flow->life_steps)
        sdse_bind_f64(&add, flow->lifetime_us);
    else
        sdse_bind_null(&add);
    if (flow->life_steps && memory->memory_class == SDSE_EDRAM)
        sdse_bind_u64(&add, flow->refreshes);
    else
        sdse_bind_null(&add);
    sdse_bind_id(&add, read.id);
    sdse_bind_id(&add, fill.id);
    sdse_bind_id(&add, update.id);
    digest_origin(&add, &read);
    digest_origin(&add, &fill);
    digest_origin(&add, &update);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

// The tensor a part belongs to: networks are declared per tensor.
static enum sdse_tensor tensor_of_part(enum sdse_part part) {
    return part < (enum sdse_part)SDSE_TENSORS ? (enum sdse_tensor)part : SDSE_WEIGHTS;
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

// What the rows of a solution's networks say, each without its solution.
struct network_row {
    unsigned level;
    enum sdse_part part;
    const struct sdse_network_cost *cost;
    struct origin origin;
    int64_t digest;
};

struct network_rows {
    size_t count;
    struct network_row row[SDSE_MAX_LEVELS * SDSE_PARTS];
    int64_t set; // sum of the digests modulo 2^64
};

// As `select` of the content has the row, from its second column on.
static int64_t digest_network(const struct network_row *row) {
    struct sdse_digest digest;
    sdse_digest_begin(&digest, SDSE_CONTENT_SOLUTION_NETWORK);
    sdse_digest_i64(&digest, row->level);
    sdse_digest_text(&digest, part_names[row->part]);
    sdse_digest_i64(&digest, (int64_t)row->cost->words);
    sdse_digest_i64(&digest, (int64_t)row->cost->adds);
    sdse_digest_f64(&digest, row->cost->hops);
    sdse_digest_f64(&digest, row->cost->bits);
    sdse_digest_f64(&digest, row->cost->energy_pj);
    sdse_digest_text(&digest, row->origin.mark);
    sdse_digest_text(&digest, row->origin.text);
    return sdse_digest_value(&digest);
}

static enum sdse_status list_networks(struct sdse_store *store,
                                      const struct sdse_solution_record *record,
                                      struct network_rows *rows) {
    const struct sdse_arch *arch = record->arch;
    uint64_t sum = 0;
    rows->count = 0;
    for (unsigned l = 0; l < record->cost->level_count; l++)
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_network_cost *cost =
                &record->cost->level[l].network[part];
            if (!(cost->words > 0 || cost->energy_pj != 0))
                continue;
            const struct sdse_network *network =
                &arch->level[l].network[tensor_of_part(part)];
            struct network_row *row = &rows->row[rows->count++];
            *row = (struct network_row){.level = l, .part = part, .cost = cost};
            const enum sdse_status status = origin_of(
                store, arch, network_number(network), network->free, &row->origin);
            if (status != SDSE_OK)
                return status;
            row->digest = digest_network(row);
            sum += (uint64_t)row->digest;
        }
    rows->set = (int64_t)sum;
    return SDSE_OK;
}

// Writes the set, unless this batch knows that it is there. Every solution that has it
// counts its rows.
static enum sdse_status add_networks(struct sdse_store *store,
                                     const struct network_rows *rows) {
    struct sdse_seal *seal = &store->seal[SDSE_CONTENT_SOLUTION_NETWORK];
    int64_t *known = &store->network_sets[(uint64_t)rows->set % SDSE_KNOWN_SETS];
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; status == SDSE_OK && i < rows->count; i++) {
        const struct network_row *row = &rows->row[i];
        seal->rows++;
        seal->sum += (uint64_t)row->digest;
        if (*known == rows->set)
            continue;
        struct sdse_binding add = sdse_bind(store, SDSE_SQL_ADD_NETWORK);
        sdse_bind_id(&add, rows->set);
        sdse_bind_u64(&add, row->level);
        sdse_bind_text(&add, part_names[row->part]);
        sdse_bind_u64(&add, row->cost->words);
        sdse_bind_u64(&add, row->cost->adds);
        sdse_bind_f64(&add, row->cost->hops);
        sdse_bind_f64(&add, row->cost->bits);
        sdse_bind_f64(&add, row->cost->energy_pj);
        sdse_bind_id(&add, row->origin.id);
        sdse_bind_id(&add, row->digest);
        status = sdse_bind_run(&add);
    }
    if (status == SDSE_OK && rows->count)
        *known = rows->set;
    return status;
}

static enum sdse_status add_component(struct sdse_store *store, struct owner solution,
                                      const struct sdse_arch *arch,
                                      const char *component, const char *action,
                                      double energy_pj,
                                      const struct sdse_number *number, bool free) {
    struct origin origin;
    enum sdse_status status = origin_of(store, arch, number, free, &origin);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding add = sdse_bind_content(store, SDSE_SQL_ADD_COMPONENT,
                                                SDSE_CONTENT_SOLUTION_COMPONENT);
    sdse_bind_reference(&add, solution.id, solution.hash);
    sdse_bind_text(&add, component);
    sdse_bind_text(&add, action);
    sdse_bind_f64(&add, energy_pj);
    sdse_bind_id(&add, origin.id);
    digest_origin(&add, &origin);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

// Clock, static power and control of one component, named by what they belong to.
static enum sdse_status add_overhead(struct sdse_store *store, struct owner solution,
                                     const struct sdse_arch *arch, const char *whose,
                                     const struct sdse_overhead *overhead,
                                     const struct sdse_overhead_cost *cost,
                                     double *stored_pj) {
    const struct {
        const char *component;
        double pj;
        const struct sdse_number *number;
    } parts[] = {{"clock", cost->clock_pj, &overhead->clock_mw},
                 {"static", cost->static_pj, &overhead->static_mw},
                 {"control", cost->control_pj, &overhead->control_percent}};
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; status == SDSE_OK && i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].pj == 0)
            continue;
        status = add_component(store, solution, arch, parts[i].component, whose,
                               parts[i].pj, parts[i].number, false);
        *stored_pj += parts[i].pj;
    }
    return status;
}

// One level: its memory row, what is kept there, the networks below it, its leakage.
// Adds the energies it stored to *stored_pj.
static enum sdse_status add_level(struct sdse_store *store, struct owner solution,
                                  const struct sdse_solution_record *record,
                                  unsigned level, double *stored_pj) {
    const struct sdse_arch *arch = record->arch;
    const struct sdse_level_cost *cost = &record->cost->level[level];
    struct sdse_binding memory =
        sdse_bind_content(store, SDSE_SQL_ADD_MEMORY, SDSE_CONTENT_SOLUTION_MEMORY);
    sdse_bind_reference(&memory, solution.id, solution.hash);
    sdse_bind_u64(&memory, level);
    sdse_bind_text(&memory, arch->level[level].name);
    sdse_bind_u64(&memory, cost->cycles);
    sdse_bind_f64(&memory, cost->stored_bits);
    sdse_bind_f64(&memory, cost->read_bits_per_cycle);
    sdse_bind_f64(&memory, cost->write_bits_per_cycle);
    sdse_bind_digest(&memory);
    enum sdse_status status = sdse_bind_run(&memory);
    for (enum sdse_part part = 0; status == SDSE_OK && part < SDSE_PARTS; part++) {
        const struct sdse_flow_cost *flow = &cost->flow[part];
        const struct sdse_network_cost *network = &cost->network[part];
        if (flow->kept) {
            status = add_flow(store, solution, arch, level, part, flow);
            *stored_pj += flow->read_pj + flow->fill_pj + flow->update_pj;
        }
        *stored_pj += network->energy_pj; // its row is the solution's set's
    }
    if (status == SDSE_OK && cost->leakage_pj != 0) {
        status =
            add_component(store, solution, arch, "leakage", arch->level[level].name,
                          cost->leakage_pj, &arch->level[level].leakage_mw, false);
        *stored_pj += cost->leakage_pj;
    }
    if (status == SDSE_OK && cost->refresh_pj != 0) {
        status = add_component(store, solution, arch, "refresh",
                               arch->level[level].name, cost->refresh_pj,
                               &arch->level[level].edram.refresh_pj_per_bit, false);
        *stored_pj += cost->refresh_pj;
    }
    if (status == SDSE_OK)
        status = add_overhead(store, solution, arch, arch->level[level].name,
                              &arch->level[level].overhead, &cost->overhead, stored_pj);
    return status;
}

static enum sdse_status add_parts(struct sdse_store *store, struct owner solution,
                                  const struct sdse_solution_record *record) {
    const struct sdse_arch *arch = record->arch;
    const struct sdse_cost *cost = record->cost;
    double stored_pj =
        cost->mac_pj + cost->compute_leakage_pj + cost->rebuild_pj + cost->vector_pj;
    enum sdse_status status =
        add_component(store, solution, arch, "MAC", "multiply-accumulate", cost->mac_pj,
                      &arch->compute.pj_per_mac, arch->compute.free);
    if (status == SDSE_OK && cost->compute_leakage_pj != 0)
        status = add_component(store, solution, arch, "leakage", "MAC",
                               cost->compute_leakage_pj, &arch->compute.leakage_mw,
                               arch->compute.free);
    if (status == SDSE_OK && arch->rebuild.present && cost->rebuild_pj != 0)
        status =
            add_component(store, solution, arch, "rebuild", "shift-add and basis",
                          cost->rebuild_pj, &arch->rebuild.pj_per_shift_add, false);
    for (unsigned i = 0; status == SDSE_OK && i < arch->engine_count; i++) {
        const struct sdse_engine *engine = &arch->engine[i];
        stored_pj += cost->engine_pj[i];
        if (cost->engine_events[i] != 0 || cost->engine_pj[i] != 0)
            status = add_component(store, solution, arch, engine->name,
                                   sdse_engine_event(engine->kind), cost->engine_pj[i],
                                   &engine->pj_per_event, engine->free);
        if (status == SDSE_OK && engine->kind == SDSE_ENGINE_PRODUCTS &&
            cost->sums != 0) {
            stored_pj += cost->sum_pj;
            status = add_component(store, solution, arch, engine->name, "sum",
                                   cost->sum_pj, &engine->pj_per_sum, engine->free);
        }
    }
    if (status == SDSE_OK && cost->vector_operations != 0)
        status =
            add_component(store, solution, arch, "vector", "operation", cost->vector_pj,
                          &arch->vector.pj_per_op, arch->vector.free);
    for (unsigned i = 0; status == SDSE_OK && i < cost->level_count; i++)
        status = add_level(store, solution, record, i, &stored_pj);
    if (status == SDSE_OK)
        status = add_overhead(store, solution, arch, "MAC", &arch->compute.overhead,
                              &cost->compute_overhead, &stored_pj);
    if (status == SDSE_OK)
        status = add_overhead(store, solution, arch, "chip", &arch->chip,
                              &cost->chip_overhead, &stored_pj);
    if (status == SDSE_OK && !sums_agree(stored_pj, cost->energy_pj))
        return sdse_store_fail(store, SDSE_DATABASE,
                               "solution: parts add up to %.17g pJ, total is %.17g pJ",
                               stored_pj, cost->energy_pj);
    return status;
}

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
    struct network_rows networks;
    status = list_networks(store, solution, &networks);
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
    if (networks.count)
        sdse_bind_i64(&add, networks.set);
    else
        sdse_bind_null(&add);
    sdse_bind_digest(&add);
    status = sdse_bind_run(&add);
    const int64_t row = sqlite3_last_insert_rowid(store->db);
    if (status == SDSE_OK)
        status = add_networks(store, &networks);
    if (status != SDSE_OK)
        return status;
    return add_parts(store, (struct owner){row, solution->hash}, solution);
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
