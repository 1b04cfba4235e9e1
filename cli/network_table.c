#include "cli/network_table.h"

#include <inttypes.h>

#include "base/units.h"
#include "cli/network_copies.h"

const char *cli_place_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                           enum sdse_place place) {
    const char *outermost = arch->level[0].name;
    if (place == SDSE_PLACE_OUTERMOST)
        return outermost;
    unsigned level[SDSE_MOST_SHARED];
    sdse_shared_levels(arch, level);
    const char *shared = sdse_memory_name(arena, arch, level[sdse_place_memory(place)]);
    return !shared || !sdse_place_is_both(place)
               ? shared
               : sdse_arena_printf(arena, "%s + %s", shared, outermost);
}

const char *cli_inputs_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                            const struct sdse_place_question *question) {
    const char *text = NULL;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++) {
        if (!question->in[m].operands)
            continue;
        const char *shared = cli_place_text(arena, arch, sdse_place_in(m, false));
        if (text && shared)
            shared = sdse_arena_printf(arena, "%s, %s", text, shared);
        if (!shared)
            return NULL;
        text = shared;
    }
    return text ? text : arch->level[0].name;
}

const char *cli_shared_text(struct sdse_arena *arena, const struct sdse_arch *arch) {
    unsigned level[SDSE_MOST_SHARED];
    const unsigned count = sdse_shared_levels(arch, level);
    const char *text = sdse_memory_name(arena, arch, level[0]);
    for (unsigned m = 1; text && m < count; m++)
        text = sdse_arena_printf(arena, "%s, %.*s", text,
                                 sdse_memory_name_bytes(arch, level[m]),
                                 arch->level[level[m]].name);
    return text;
}

uint64_t cli_outermost_words(const struct sdse_cost *cost) {
    uint64_t words = 0;
    for (int part = 0; part < SDSE_PARTS; part++) {
        const struct sdse_flow_cost *flow = &cost->level[0].flow[part];
        words += flow->reads + flow->updates;
    }
    return words;
}

// --- What a line says beside its names ---

struct line {
    struct cli_network_figures is, unshared;
    uint64_t nests;
};

static uint64_t words_of(const struct cli_network *network,
                         const struct sdse_layer *layer, size_t l,
                         const struct sdse_mapping *mapping) {
    struct cli *cli = network->cli;
    struct sdse_model *model;
    struct sdse_cost cost;
    const enum sdse_status status = sdse_model_new(
        network->arch, layer, network->layer[l].form, cli->arena, &model);
    if (cli_note(cli, status) != SDSE_OK)
        return 0;
    if (!sdse_evaluate_full(model, mapping, &cost)) {
        cli_note(cli, SDSE_NO_MEMORY);
        return 0;
    }
    return cli_outermost_words(&cost);
}

static void add_kind(const struct cli_network *network,
                     const struct sdse_fused_kind *kind, struct line *line) {
    struct sdse_layer part = kind->part;
    part.residence = part.residence ? kind->residence : NULL;
    line->is.energy_pj += (double)kind->times * kind->point->totals.energy_pj;
    line->is.words +=
        kind->times * words_of(network, &part, kind->layer, &kind->point->mapping);
    line->nests += sdse_layer_moves(&part) ? 0 : kind->times;
}

static void add_layer(const struct cli_network *network, size_t l, struct line *line) {
    const struct sdse_resident_layer *layer = &network->schedule->layer[l];
    const uint64_t repeat = layer->layer.repeat;
    struct sdse_layer there = layer->layer;
    there.residence = there.residence ? layer->residence : NULL;
    line->is.energy_pj = (double)repeat * layer->point->totals.energy_pj;
    line->is.cycles = repeat * (uint64_t)layer->point->totals.latency_cycles;
    line->is.words = repeat * words_of(network, &there, l, &layer->point->mapping);
    line->nests = sdse_layer_moves(&there) ? 0 : repeat;
}

static void add_figures(struct cli_network_figures *sum,
                        const struct cli_network_figures *more) {
    sum->energy_pj += more->energy_pj;
    sum->cycles += more->cycles;
    sum->words += more->words;
}

// --- Lines ---

static const char *name_of(const struct cli_network *network, size_t l) {
    return network->schedule->layer[l].layer.name;
}

// Names of the members of a group, of a set; "-": none.
static const char *names_text(const struct cli_network *network,
                              const struct sdse_fused_group *group, unsigned set) {
    const char *text = "-";
    for (size_t i = 0; i < group->layer_count && text; i++) {
        const char *name = name_of(network, group->layer[i]);
        if (set >> i & 1u)
            text = text[0] == '-' && !text[1]
                       ? name
                       : sdse_arena_printf(network->cli->arena, "%s, %s", text, name);
    }
    return text;
}

// Heads, keys and channels at a time are columns for programs, and for people where
// some group has them.
static bool tells_parts(const struct cli_network *network) {
    bool tells = !network->people;
    for (size_t g = 0; g < network->schedule->group_count; g++)
        tells |= network->schedule->group[g].config.tile_heads > 0 ||
                 network->schedule->group[g].config.tile_keys > 0 ||
                 network->schedule->group[g].config.tile_channels > 0;
    return tells;
}

// Likewise columns at a time, and what is kept in bands.
static bool tells_columns(const struct cli_network *network) {
    bool tells = !network->people;
    for (size_t g = 0; g < network->schedule->group_count; g++)
        tells |= network->schedule->group[g].config.tile_columns > 0;
    return tells;
}

// Likewise whether its nests overlap.
static bool tells_overlap(const struct cli_network *network) {
    bool tells = !network->people;
    for (size_t g = 0; g < network->schedule->group_count; g++)
        tells |= network->schedule->group[g].config.overlaps;
    return tells;
}

static void add_names(const struct cli_network *network, struct sdse_table *table,
                      size_t first, const struct sdse_fused_group *group) {
    const struct sdse_place_question *question =
        &network->schedule->layer[first].question;
    const struct sdse_layer *layer = &network->schedule->layer[first].layer;
    const bool passes = sdse_layer_moves(layer) && layer->move.fused;
    struct sdse_arena *arena = network->cli->arena;
    const char *inputs = cli_inputs_text(arena, network->arch, question);
    if (group && group->config.buffered)
        inputs = sdse_arena_printf(arena, "%s, buffered%s", inputs,
                                   group->config.for_all       ? " for all"
                                   : group->config.banded & 1u ? " in bands"
                                                               : "");
    sdse_table_add_text(table, group ? sdse_arena_printf(arena, "%s ... %s",
                                                         name_of(network, first),
                                                         name_of(network, group->last))
                                     : name_of(network, first));
    sdse_table_add_u64(table,
                       group ? group->config.tile_rows : layer->nest.bound[SDSE_P]);
    sdse_table_add_text(table, passes ? "-" : inputs);
    sdse_table_add_text(
        table, passes ? "-" : cli_place_text(arena, network->arch, question->outputs));
    // What the next layer reads is named by its maker.
    sdse_table_add_text(
        table, group ? names_text(network, group, group->config.retained >> 1) : "-");
    sdse_table_add_text(table,
                        group ? names_text(network, group, group->config.kept) : "-");
}

static void add_numbers(const struct cli_network *network, struct sdse_table *table,
                        const struct line *line, bool beside) {
    const double scale = network->people ? sdse_uj_from_pj(1) : 1;
    sdse_table_add_u64(table, line->nests);
    sdse_table_add_f64(table, scale * line->is.energy_pj);
    if (beside)
        sdse_table_add_f64(table, scale * line->unshared.energy_pj);
    sdse_table_add_u64(table, line->is.cycles);
    if (beside)
        sdse_table_add_u64(table, line->unshared.cycles);
    sdse_table_add_u64(table, line->is.words);
    if (beside)
        sdse_table_add_u64(table, line->unshared.words);
}

// The memory that a group holds what it does in, where several share.
static bool tells_memory(const struct cli_network *network) {
    unsigned level[SDSE_MOST_SHARED];
    return sdse_shared_levels(network->arch, level) > 1;
}

static struct sdse_table *begin_table(const struct cli_network *network, bool beside) {
    static const char *const columns[][3] = {
        {"layers", "layers", NULL},
        {"tile_rows", "tile_rows", "tile rows"},
        {"inputs", "inputs", NULL},
        {"outputs", "outputs", NULL},
        {"retained", "retained", NULL},
        {"weights_kept", "weights_kept", "weights kept"},
        {"nests", "nests", NULL},
        {"energy_pj", "energy_uj", "energy [uJ]"},
        {"unshared_energy_pj", "unshared_energy_uj", "unshared [uJ]"},
        {"latency_cycles", "latency_cycles", "cycles"},
        {"unshared_latency_cycles", "unshared_latency_cycles", "unshared"},
        {"outermost_words", "outermost_words", "outermost words"},
        {"unshared_outermost_words", "unshared_outermost_words", "unshared"},
        {"tile_heads", "tile_heads", "heads"},
        {"tile_keys", "tile_keys", "keys"},
        {"tile_channels", "tile_channels", "channels"},
        {"tile_columns", "tile_columns", "tile columns"},
        {"banded", "banded", "in bands"},
        {"overlap", "overlap", NULL},
        {"memory", "memory", "held in"}};
    const bool several = tells_memory(network);
    const bool parts = tells_parts(network), some_columns = tells_columns(network),
               overlaps = tells_overlap(network);
    struct sdse_table *table = sdse_table_new(network->cli->arena);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const bool people = network->people, unshared = i == 8 || i == 10 || i == 12;
        if ((beside || !unshared) && (parts || i < 13 || i > 15) &&
            (some_columns || i < 16 || i > 17) && (overlaps || i != 18) &&
            (several || i < 19))
            sdse_table_add_column(table, columns[i][people ? 1 : 0],
                                  people ? columns[i][2] : NULL, 5);
    }
    return table;
}

// What a line says behind the names.
static void add_line(const struct cli_network *network, struct sdse_table *table,
                     const struct line *line, const struct sdse_fused_group *group,
                     bool beside) {
    add_numbers(network, table, line, beside);
    if (tells_parts(network)) {
        sdse_table_add_u64(table, group ? group->config.tile_heads : 0);
        sdse_table_add_u64(table, group ? group->config.tile_keys : 0);
        sdse_table_add_u64(table, group ? group->config.tile_channels : 0);
    }
    if (tells_columns(network)) {
        sdse_table_add_u64(table, group ? group->config.tile_columns : 0);
        sdse_table_add_text(
            table, group ? names_text(network, group, group->config.banded >> 1) : "-");
    }
    if (tells_overlap(network))
        sdse_table_add_text(table, !group                   ? "-"
                                   : group->config.overlaps ? "outer"
                                                            : "none");
    if (tells_memory(network))
        sdse_table_add_text(
            table, group ? cli_place_text(network->cli->arena, network->arch,
                                          sdse_place_in(group->config.memory, false))
                         : "-");
}

// A line for each tensor that is brought in before a layer.
static void add_copies(const struct cli_network *network, struct sdse_table *table,
                       size_t layer, bool beside, struct cli_network_figures *all) {
    const struct sdse_schedule *schedule = network->schedule;
    for (size_t i = 0; i < schedule->copies.count; i++) {
        const struct sdse_copy *copy = &schedule->copies.copy[i];
        const size_t maker = schedule->placing.tensor[copy->tensor].maker;
        struct sdse_cost cost;
        if (copy->from != layer || copy->from == maker)
            continue;
        cli_copy_cost(network, copy, &cost);
        const struct line line = {
            .is = {cost.energy_pj, cost.latency_cycles, cli_outermost_words(&cost)}};
        add_figures(all, &line.is);
        sdse_table_add_text(table, cli_copy_text(network, copy));
        sdse_table_add_u64(table, schedule->layer[maker].layer.nest.bound[SDSE_P]);
        sdse_table_add_text(table, cli_copy_source(network, copy));
        sdse_table_add_text(table, cli_copy_memory(network, copy));
        sdse_table_add_text(table, "-");
        sdse_table_add_text(table, "-");
        add_line(network, table, &line, NULL, beside);
    }
}

struct sdse_table *cli_network_table(const struct cli_network *network,
                                     const struct cli_network_figures *unshared,
                                     struct cli_network_figures *all) {
    const struct sdse_schedule *schedule = network->schedule;
    struct sdse_table *table = begin_table(network, unshared != NULL);
    size_t next = 0; // group
    *all = (struct cli_network_figures){0};
    for (size_t l = 0, end; l < schedule->placing.layer_count; l = end) {
        const size_t more = schedule->layer[l].question.more;
        const struct sdse_fused_group *group = more ? &schedule->group[next++] : NULL;
        struct line line = {.nests = 0};
        end = l + 1 + more;
        add_copies(network, table, l, unshared != NULL, all);
        for (size_t i = l; unshared && i < end; i++)
            add_figures(&line.unshared, &unshared[i]);
        for (size_t k = 0; group && k < group->kind_count; k++)
            add_kind(network, &group->kind[k], &line);
        if (group) // whose nests may overlap
            line.is.cycles = (uint64_t)group->at.latency_cycles;
        if (!group)
            add_layer(network, l, &line);
        add_figures(all, &line.is);
        add_names(network, table, l, group);
        add_line(network, table, &line, group, unshared != NULL);
    }
    return table;
}
