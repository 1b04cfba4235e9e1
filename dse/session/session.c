#include "dse/session/session.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/units.h"
#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "costmodel/stream.h"
#include "dse/map.h"
#include "spec/load.h"
#include "spec/split.h"
#include "spec/tree.h"
#include "spec/write.h"

struct sdse_session {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    atomic_bool stop;
};

struct sdse_session *sdse_session_new(void) {
    struct sdse_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    session->arena = sdse_arena_new();
    if (!session->arena) {
        free(session);
        return NULL;
    }
    sdse_diags_init(&session->diags, session->arena);
    return session;
}

void sdse_session_free(struct sdse_session *session) {
    if (session)
        sdse_arena_free(session->arena);
    free(session);
}

// Every call begins without diagnostics and without a stop.
static void begin(struct sdse_session *session) {
    sdse_diags_init(&session->diags, session->arena);
    atomic_store(&session->stop, false);
}

// Every call ends with a reason where it failed.
static enum sdse_status end(struct sdse_session *session, enum sdse_status status,
                            const char *what) {
    if (status == SDSE_OK && sdse_arena_failed(session->arena))
        status = SDSE_NO_MEMORY;
    if (status != SDSE_OK && session->diags.errors == 0)
        sdse_diag_add(&session->diags, SDSE_ERROR, (struct sdse_loc){.file = what},
                      "session", "%s", sdse_status_text(status));
    return status;
}

void sdse_session_stop(struct sdse_session *session) {
    atomic_store(&session->stop, true);
}

// --- Diagnostics ---

size_t sdse_session_diag_count(const struct sdse_session *session) {
    size_t count = 0;
    for (const struct sdse_diag *diag = session->diags.first; diag; diag = diag->next)
        count++;
    return count;
}

void sdse_session_diag_at(const struct sdse_session *session, size_t index,
                          struct sdse_session_diag *out) {
    static const char *const severities[] = {
        [SDSE_ERROR] = "error", [SDSE_WARNING] = "warning", [SDSE_NOTE] = "note"};
    const struct sdse_diag *diag = session->diags.first;
    while (index-- > 0 && diag->next)
        diag = diag->next;
    *out = (struct sdse_session_diag){.file = diag->loc.file,
                                      .line = diag->loc.line,
                                      .column = diag->loc.column,
                                      .severity = severities[diag->severity],
                                      .check = diag->check,
                                      .message = diag->message};
}

// --- Descriptions ---

// Parses a file and refuses another kind of it.
static enum sdse_status parse(struct sdse_session *session, const char *path,
                              enum sdse_file_kind wanted, const char *what,
                              struct sdse_node **root) {
    enum sdse_status status =
        sdse_tree_parse_file(session->arena, path, &session->diags, root);
    const enum sdse_file_kind kind =
        status == SDSE_OK ? sdse_tree_kind(*root) : SDSE_FILE_UNKNOWN;
    if (kind != wanted && kind != SDSE_FILE_UNKNOWN) {
        sdse_diag_add(&session->diags, SDSE_ERROR, (*root)->loc, "file-kind",
                      "%s is needed here", what);
        status = SDSE_INVALID;
    }
    return status;
}

enum sdse_status sdse_session_load_arch(struct sdse_session *session, const char *path,
                                        const char *const *paths,
                                        const char *const *values, size_t count,
                                        const struct sdse_arch **out) {
    begin(session);
    struct sdse_node *root;
    struct sdse_arch *arch = NULL;
    struct sdse_set *sets =
        SDSE_ARENA_ARRAY(session->arena, struct sdse_set, count ? count : 1);
    for (size_t i = 0; sets && i < count; i++)
        sets[i] = (struct sdse_set){
            .path = sdse_arena_strdup(session->arena, paths[i]),
            .value = sdse_arena_strdup(session->arena, values[i]),
            .loc = {.file = sdse_arena_strdup(session->arena, paths[i])}};
    enum sdse_status status =
        sdse_arena_failed(session->arena) ? SDSE_NO_MEMORY : SDSE_OK;
    if (status == SDSE_OK)
        status = parse(session, path, SDSE_FILE_ARCH, "an accelerator", &root);
    if (status == SDSE_OK)
        status = sdse_arch_from_tree(session->arena, root, sets, count, &session->diags,
                                     &arch);
    if (status == SDSE_OK)
        status = sdse_arch_resolve_costs(arch, session->arena, &session->diags);
    // Positions of memories whose file says so, as every search takes them.
    if (status == SDSE_OK && sdse_arch_uneven(arch))
        status = sdse_arch_split(arch, sdse_arch_uneven(arch), session->arena, &arch);
    if (status == SDSE_OK)
        *out = arch;
    return end(session, status, path);
}

const char *sdse_session_arch_name(const struct sdse_arch *arch) { return arch->name; }

double sdse_session_arch_area_um2(const struct sdse_arch *arch) {
    struct sdse_area area;
    sdse_arch_area(arch, &area);
    return sdse_design_area_um2(&area, false);
}

enum sdse_status sdse_session_load_workload(struct sdse_session *session,
                                            const char *path,
                                            const struct sdse_workload **out) {
    begin(session);
    struct sdse_node *root;
    struct sdse_workload *workload;
    enum sdse_status status =
        parse(session, path, SDSE_FILE_WORKLOAD, "a network", &root);
    if (status == SDSE_OK)
        status =
            sdse_workload_from_tree(session->arena, root, &session->diags, &workload);
    if (status == SDSE_OK)
        *out = workload;
    return end(session, status, path);
}

const char *sdse_session_workload_name(const struct sdse_workload *workload) {
    return workload->name;
}

size_t sdse_session_layer_count(const struct sdse_workload *workload) {
    return workload->layer_count;
}

void sdse_session_layer_at(const struct sdse_workload *workload, size_t index,
                           struct sdse_session_layer *out) {
    const struct sdse_layer *layer = &workload->layers[index];
    *out = (struct sdse_session_layer){.name = layer->name,
                                       .kind = sdse_layer_kind_name(layer->kind),
                                       .repeat = layer->repeat,
                                       .macs = sdse_layer_macs(layer)};
}

// --- Scores ---

static void list_counts(const struct sdse_arch *arch, const struct sdse_cost *cost,
                        struct sdse_session_count *counts,
                        struct sdse_session_score *score) {
    for (unsigned l = 0; l < cost->level_count; l++)
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &cost->level[l].flow[part];
            if (!flow->kept)
                continue;
            counts[score->count_count++] = (struct sdse_session_count){
                .level = arch->level[l].name,
                .part = sdse_part_name(part),
                .instances = flow->instances,
                .tile_words = flow->tile_words,
                .reads_words = flow->reads,
                .fills_words = flow->fills,
                .updates_words = flow->updates,
                .drain_reads_words = flow->drain_reads,
                .energy_pj = flow->read_pj + flow->fill_pj + flow->update_pj};
        }
    score->count = counts;
}

static double overhead_pj(const struct sdse_overhead_cost *overhead) {
    return overhead->clock_pj + overhead->static_pj + overhead->control_pj;
}

static void list_parts(struct sdse_arena *arena, const struct sdse_arch *arch,
                       const struct sdse_cost *cost, struct sdse_session_part *parts,
                       struct sdse_session_score *score) {
    size_t n = 0;
    double leakage_pj = cost->compute_leakage_pj, refresh_pj = 0;
    double others_pj =
        overhead_pj(&cost->compute_overhead) + overhead_pj(&cost->chip_overhead);
    for (unsigned l = 0; l < cost->level_count; l++) {
        const struct sdse_level_cost *level = &cost->level[l];
        double memory_pj = 0, network_pj = 0;
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &level->flow[part];
            memory_pj += flow->read_pj + flow->fill_pj + flow->update_pj;
            network_pj += level->network[part].energy_pj;
        }
        const char *name = arch->level[l].name;
        parts[n++] = (struct sdse_session_part){name, memory_pj};
        parts[n++] = (struct sdse_session_part){
            sdse_arena_printf(arena, "%s network", name), network_pj};
        leakage_pj += level->leakage_pj;
        refresh_pj += level->refresh_pj;
        others_pj += overhead_pj(&level->overhead);
    }
    double engines_pj = cost->sum_pj;
    for (unsigned i = 0; i < arch->engine_count; i++)
        engines_pj += cost->engine_pj[i];
    const struct sdse_session_part rest[] = {{"rebuild engine", cost->rebuild_pj},
                                             {"engines", engines_pj},
                                             {"MAC", cost->mac_pj},
                                             {"vector unit", cost->vector_pj},
                                             {"leakage", leakage_pj},
                                             {"refresh", refresh_pj},
                                             {"clock, static, control", others_pj}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        parts[n++] = rest[i];
    // What costs nothing here is not listed.
    for (size_t i = 0; i < n; i++)
        if (parts[i].energy_pj > 0)
            parts[score->part_count++] = parts[i];
    score->part = parts;
}

// Everything about one mapping, in the session's arena.
static enum sdse_status
fill_score(struct sdse_session *session, const struct sdse_model *model,
           const struct sdse_arch *arch, const struct sdse_layer *layer,
           const struct sdse_mapping *mapping, struct sdse_session_score *score) {
    struct sdse_arena *arena = session->arena;
    struct sdse_cost cost;
    struct sdse_session_count *counts = SDSE_ARENA_ARRAY(
        arena, struct sdse_session_count, SDSE_MAX_LEVELS * SDSE_PARTS);
    struct sdse_session_part *parts =
        SDSE_ARENA_ARRAY(arena, struct sdse_session_part, 2 * SDSE_MAX_LEVELS + 7);
    const char *text =
        mapping->streamed ? "" : sdse_mapping_text(arena, arch, &layer->nest, mapping);
    if (!counts || !parts || !text || !sdse_evaluate_full(model, mapping, &cost))
        return SDSE_NO_MEMORY;
    score->mapping = text;
    score->energy_pj = cost.energy_pj;
    score->latency_cycles = cost.latency_cycles;
    score->latency_s =
        sdse_seconds_from_cycles((double)cost.latency_cycles, arch->clock_ghz);
    score->utilization = cost.utilization;
    score->macs = cost.macs;
    score->multipliers_used = cost.multipliers_used;
    const struct sdse_bottleneck bottleneck = sdse_bottleneck_name(arch, &cost);
    score->bottleneck = sdse_arena_strdup(arena, bottleneck.text);
    list_counts(arch, &cost, counts, score);
    list_parts(arena, arch, &cost, parts, score);
    return sdse_arena_failed(arena) ? SDSE_NO_MEMORY : SDSE_OK;
}

// --- Mapping ---

static bool objective_of(const char *word, enum sdse_map_objective *out) {
    static const struct {
        const char *word;
        enum sdse_map_objective objective;
    } objectives[] = {{"energy", SDSE_MAP_ENERGY},
                      {"latency", SDSE_MAP_LATENCY},
                      {"edp", SDSE_MAP_EDP},
                      {"ed2p", SDSE_MAP_ED2P},
                      {"pareto", SDSE_MAP_FRONT}};
    for (size_t i = 0; word && i < sizeof objectives / sizeof *objectives; i++)
        if (strcmp(word, objectives[i].word) == 0) {
            *out = objectives[i].objective;
            return true;
        }
    return false;
}

static enum sdse_status refuse(struct sdse_session *session, struct sdse_loc loc,
                               const char *check, const char *message) {
    sdse_diag_add(&session->diags, SDSE_ERROR, loc, check, "%s", message);
    return SDSE_INVALID;
}

static enum sdse_status
fill_answer(struct sdse_session *session, const struct sdse_arch *arch,
            const struct sdse_layer *layer, const struct sdse_map_answer *answer,
            const struct sdse_session_score **score, size_t *count) {
    struct sdse_model *model;
    struct sdse_session_score *scores = SDSE_ARENA_ARRAY(
        session->arena, struct sdse_session_score, answer->point_count);
    enum sdse_status status =
        scores ? sdse_model_new(arch, layer, NULL, session->arena, &model)
               : SDSE_NO_MEMORY;
    for (size_t i = 0; status == SDSE_OK && i < answer->point_count; i++) {
        scores[i] = (struct sdse_session_score){
            .status = sdse_map_status_name(answer->status), .gap = answer->gap};
        status = fill_score(session, model, arch, layer, &answer->point[i].mapping,
                            &scores[i]);
    }
    if (status == SDSE_OK) {
        *score = scores;
        *count = answer->point_count;
    }
    return status;
}

enum sdse_status sdse_session_map(struct sdse_session *session,
                                  const struct sdse_arch *arch,
                                  const struct sdse_workload *workload, size_t layer,
                                  const struct sdse_session_wish *wish,
                                  const struct sdse_session_score **score,
                                  size_t *count) {
    begin(session);
    const struct sdse_layer *asked = &workload->layers[layer];
    struct sdse_map_request request = {.arch = arch,
                                       .layer = asked,
                                       .free_bypass = wish->free_bypass != 0,
                                       .padding_percent = wish->imperfect_percent,
                                       .seconds_limit = wish->seconds_limit,
                                       .stop = &session->stop,
                                       .any_mapping = true};
    const struct sdse_loc nowhere = {.file = asked->name};
    enum sdse_status status = SDSE_OK;
    if (!objective_of(wish->objective, &request.objective) ||
        wish->imperfect_percent > 100 || !(wish->seconds_limit >= 0))
        status =
            refuse(session, nowhere, "wish",
                   "expected an objective of energy, latency, edp, ed2p or pareto, "
                   "0 to 100 percent, and seconds of at least 0");
    if (status == SDSE_OK && !sdse_stream_admits(arch, asked, &session->diags))
        status = SDSE_INVALID;
    struct sdse_arch *split = NULL;
    if (status == SDSE_OK && wish->uneven && sdse_arch_may_split(arch)) {
        status =
            sdse_arch_split(arch, sdse_arch_may_split(arch), session->arena, &split);
        request.arch = status == SDSE_OK ? split : arch;
    }
    struct sdse_map_answer answer;
    if (status == SDSE_OK)
        status = sdse_map(&request, session->arena, &answer);
    if (status == SDSE_OK && answer.status == SDSE_MAP_NONE) {
        refuse(session, nowhere, "no-mapping", answer.reason);
        status = SDSE_NO_MAPPING;
    } else if (status == SDSE_OK && answer.point_count == 0) {
        status = answer.status == SDSE_MAP_LIMIT ? SDSE_LIMIT : SDSE_INTERRUPTED;
    }
    if (status == SDSE_OK)
        status = fill_answer(session, request.arch, asked, &answer, score, count);
    return end(session, status, asked->name);
}

// What makes a mapping that was read invalid for the layer.
static enum sdse_status accept(struct sdse_session *session,
                               const struct sdse_model *model,
                               const struct sdse_arch *arch,
                               const struct sdse_mapping *mapping,
                               struct sdse_loc loc) {
    unsigned level = 0;
    const char *name = "";
    const enum sdse_verdict verdict = sdse_mapping_verdict(model, mapping, &level);
    if (verdict != SDSE_VALID)
        name = arch->level[level].name;
    switch (verdict) {
    case SDSE_VALID:
        break;
    case SDSE_TOO_BIG:
        sdse_diag_add(&session->diags, SDSE_ERROR, loc, "mapping-invalid",
                      "the tiles in %s exceed its capacity", name);
        return SDSE_INVALID;
    case SDSE_NOT_COVERED:
        return refuse(session, loc, "mapping-invalid",
                      "the factors do not cover the layer");
    case SDSE_FANOUT:
        sdse_diag_add(&session->diags, SDSE_ERROR, loc, "mapping-invalid",
                      "more spatial iterations below %s than instances", name);
        return SDSE_INVALID;
    }
    if (sdse_evaluate(model, mapping).strain > 1)
        return refuse(session, loc, "mapping-invalid",
                      "tiles live longer than their memory allows");
    return SDSE_OK;
}

enum sdse_status sdse_session_evaluate(struct sdse_session *session,
                                       const struct sdse_arch *arch,
                                       const struct sdse_workload *workload,
                                       size_t layer, const char *mapping,
                                       const struct sdse_session_score **score) {
    begin(session);
    const struct sdse_layer *asked = &workload->layers[layer];
    struct sdse_arena *arena = session->arena;
    struct sdse_session_score *made = SDSE_ARENA_NEW(arena, struct sdse_session_score);
    struct sdse_mapping *read = SDSE_ARENA_NEW(arena, struct sdse_mapping);
    struct sdse_arch *own = SDSE_ARENA_NEW(arena, struct sdse_arch);
    if (!made || !read || !own)
        return end(session, SDSE_NO_MEMORY, asked->name);
    *own = *arch;
    struct sdse_loc loc = {.file = asked->name};
    enum sdse_status status = SDSE_OK;
    if (!sdse_stream_admits(arch, asked, &session->diags)) {
        status = SDSE_INVALID;
    } else if (!mapping && !sdse_layer_moves(asked)) {
        status = refuse(session, loc, "mapping-invalid",
                        "a layer that multiplies needs a mapping");
    } else if (!mapping) {
        sdse_mapping_init(own, read);
        read->streamed = true;
    } else {
        struct sdse_node *root;
        status = sdse_tree_parse_memory(arena, "mapping", mapping, strlen(mapping),
                                        &session->diags, &root);
        if (status == SDSE_OK) {
            loc = root->loc;
            status = sdse_arch_of_mapping(own, root, arena, &own);
        }
        if (status == SDSE_OK)
            status =
                sdse_mapping_from_tree(arena, root, own, asked, &session->diags, &read);
    }
    struct sdse_model *model;
    if (status == SDSE_OK)
        status = sdse_model_new(own, asked, NULL, arena, &model);
    if (status == SDSE_OK)
        status = accept(session, model, own, read, loc);
    *made = (struct sdse_session_score){.status = "scored"};
    if (status == SDSE_OK)
        status = fill_score(session, model, own, asked, read, made);
    if (status == SDSE_OK)
        *score = made;
    return end(session, status, asked->name);
}
