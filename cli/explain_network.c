// sdse explain of a network's mapping: what stays on chip between the layers of a
// group, what each nest finds held, then the equations of the nest.
#include "cli/explain_network.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/cost_tables.h"
#include "cli/mapping_line.h"
#include "cli/network_copies.h"
#include "costmodel/explain.h"
#include "costmodel/unshared.h"
#include "dse/fusion/overlap.h"
#include "dse/residency/copies.h"
#include "dse/schedule/held_text.h"

struct telling {
    struct cli *cli;
    const struct cli_problem *problem;
    const struct cli_network *network;
    const char *outermost;
};

// The name of a memory that shares.
static const char *memory_name(const struct telling *t, unsigned memory) {
    const char *text =
        cli_place_text(t->cli->arena, t->network->arch, sdse_place_in(memory, false));
    return text ? text : "?";
}

static unsigned memories_of(const struct telling *t) {
    unsigned level[SDSE_MOST_SHARED];
    return sdse_shared_levels(t->network->arch, level);
}

static const char *name_of(const struct telling *t, size_t layer) {
    return t->network->workload->layers[layer].name;
}

static struct sdse_model *model_of(const struct telling *t,
                                   const struct sdse_layer *layer, size_t index) {
    return cli_form_model(t->cli, t->problem, layer, t->network->layer[index].form);
}

// --- What does not cross ---

// Words of inputs read from, and outputs written to, the outermost memory, by all nests
// of a layer of a group: as they are, and with every tensor outside.
struct crossing {
    uint64_t read, written, read_outside, written_outside;
};

static bool add_crossing(const struct telling *t, const struct sdse_fused_kind *kind,
                         struct crossing *sum) {
    struct sdse_layer part = kind->part;
    struct sdse_cost is, outside;
    part.residence = part.residence ? kind->residence : NULL;
    const struct sdse_model *model = model_of(t, &part, kind->layer);
    if (!model)
        return false;
    if (!sdse_evaluate_full(model, &kind->point->mapping, &is) ||
        !sdse_evaluate_unshared(model, &kind->point->mapping, &outside)) {
        cli_note(t->cli, SDSE_NO_MEMORY);
        return false;
    }
    sum->read += kind->times * is.level[0].flow[SDSE_PART_INPUTS].reads;
    sum->written += kind->times * is.level[0].flow[SDSE_PART_OUTPUTS].updates;
    sum->read_outside += kind->times * outside.level[0].flow[SDSE_PART_INPUTS].reads;
    sum->written_outside +=
        kind->times * outside.level[0].flow[SDSE_PART_OUTPUTS].updates;
    return true;
}

static bool find_crossing(const struct telling *t, const struct sdse_fused_group *group,
                          size_t layer, struct crossing *sum) {
    *sum = (struct crossing){0};
    for (size_t k = 0; k < group->kind_count; k++)
        if (group->kind[k].layer == layer && !add_crossing(t, &group->kind[k], sum))
            return false;
    return true;
}

// Of the tensor that member i of a group reads.
static const char *stay_text(const struct sdse_fusion_config *config, size_t i) {
    const bool cells = config->tile_columns > 0;
    if (config->retained >> i & 1u)
        return cells ? "cells stay" : "rows stay";
    if (config->banded >> i & 1u)
        return "cells stay for the tiles of these rows, are made again for others and "
               "stay";
    return cells ? "cells are made again and stay" : "rows are made again and stay";
}

// Whether what a layer reads as inputs is what one other puts out, and nothing else.
static bool reads_one_map(const struct telling *t, size_t layer) {
    const struct sdse_workload *net = t->network->workload;
    size_t makers = 0;
    for (size_t e = 0; e < net->edge_count; e++)
        makers += net->edges[e].to == layer && net->edges[e].use <= SDSE_EDGE_CONCAT;
    return makers == 1 && net->layers[layer].move.addends <= 1;
}

// A layer that reads several maps, or one that others read too: all of them at once.
static bool print_reads(const struct telling *t, const struct sdse_fused_group *group,
                        size_t layer) {
    struct crossing reader;
    if (!find_crossing(t, group, layer, &reader))
        return false;
    printf("  inputs of %s: %" PRIu64 " %s words instead of %" PRIu64 " read\n",
           name_of(t, layer), reader.read, t->outermost, reader.read_outside);
    return true;
}

// What one member makes, with those that read it. alone: one does, and no more.
static bool print_edge(const struct telling *t, const struct sdse_fused_group *group,
                       size_t member, bool *alone) {
    const size_t layer = group->layer[member];
    const struct sdse_handed_tensor *made =
        sdse_handed_by(&t->network->schedule->placing, layer);
    struct crossing maker, reader = {0};
    *alone = made->use_count == 1 && reads_one_map(t, made->use[0]) &&
             (!made->as || made->as[0] == SDSE_HANDED_INPUTS);
    if (!find_crossing(t, group, layer, &maker) ||
        (*alone && !find_crossing(t, group, made->use[0], &reader)))
        return false;
    printf("  %s ->", name_of(t, layer));
    for (size_t i = 0; i < made->use_count; i++)
        printf("%s %s", i ? "," : "", name_of(t, made->use[i]));
    printf(": %s in %s: %" PRIu64 " %s words instead of %" PRIu64 " written",
           stay_text(&group->config, member + 1), memory_name(t, group->config.memory),
           maker.written + reader.read, t->outermost, maker.written_outside);
    if (*alone)
        printf(" and %" PRIu64 " read", reader.read_outside);
    printf("\n");
    return true;
}

static bool print_edges(const struct telling *t, const struct sdse_fused_group *group) {
    bool told[SDSE_FUSED_MOST] = {true}; // what it reads
    for (size_t i = 0; i + 1 < group->layer_count; i++) {
        const struct sdse_handed_tensor *made =
            sdse_handed_by(&t->network->schedule->placing, group->layer[i]);
        bool alone;
        if (!print_edge(t, group, i, &alone))
            return false;
        for (size_t r = i + 1; r < group->layer_count; r++)
            told[r] |= alone && group->layer[r] == made->use[0];
    }
    for (size_t r = 0; r < group->layer_count; r++)
        if (!told[r] && !print_reads(t, group, group->layer[r]))
            return false;
    return true;
}

// --- Between layers ---

// What brings in the tensors that a layer, or a group, reads.
static void print_copies(const struct telling *t, size_t layer) {
    const struct sdse_schedule *schedule = t->network->schedule;
    for (size_t i = 0; i < schedule->copies.count; i++) {
        const struct sdse_copy *copy = &schedule->copies.copy[i];
        const struct sdse_handed_tensor *tensor =
            &schedule->placing.tensor[copy->tensor];
        struct sdse_cost cost;
        if (copy->from != layer || tensor->maker == layer)
            continue;
        cli_copy_cost(t->network, copy, &cost);
        const struct sdse_copy_way way =
            sdse_copy_way(t->network->arch, copy->source, copy->memory);
        const struct sdse_flow_cost *read =
                                        &cost.level[way.source].flow[SDSE_PART_INPUTS],
                                    *into = cost.level[way.level].flow;
        printf("  before it what %s makes %s %s: %" PRIu64
               " words read in %s, %.6g pJ, and filled in, %.6g pJ; in all %.6g uJ and "
               "%" PRIu64 " cycles\n",
               name_of(t, tensor->maker),
               copy->source ? "passes to" : "is brought into",
               memory_name(t, copy->memory), cli_copy_words(t->network, copy),
               cli_copy_source(t->network, copy), read->read_pj,
               into[SDSE_PART_INPUTS].fill_pj + into[SDSE_PART_OUTPUTS].update_pj,
               sdse_uj_from_pj(cost.energy_pj), cost.latency_cycles);
    }
}

// --- A group ---

static const char *place_text(const struct telling *t, enum sdse_place place) {
    const char *text = cli_place_text(t->cli->arena, t->network->arch, place);
    return text ? text : "?";
}

// Which whole tensors of other layers are there while the group runs.
static void print_others(const struct telling *t,
                         const struct sdse_fused_group *group) {
    const struct sdse_schedule *schedule = t->network->schedule;
    for (size_t i = 0; i < schedule->placing.tensor_count; i++) {
        const struct sdse_handed_tensor *tensor = &schedule->placing.tensor[i];
        const enum sdse_place place =
            sdse_placing_now(&schedule->placing, schedule->place, &schedule->copies, i,
                             group->first, true);
        if (place == SDSE_PLACE_OUTERMOST)
            continue;
        const unsigned memory = sdse_place_memory(place);
        printf("  %s holds what %s makes: %.0f bits\n", memory_name(t, memory),
               name_of(t, tensor->maker), tensor->held_bits_in[memory]);
    }
}

// Where the cycles of a group come from whose nests overlap.
static void print_overlap(const struct telling *t,
                          const struct sdse_fused_group *group) {
    struct sdse_overlap_time time = {0};
    for (size_t k = 0; k < group->kind_count; k++) {
        const struct sdse_fused_kind *kind = &group->kind[k];
        sdse_overlap_add(kind->times, kind->turn, kind->steady, &kind->point->totals,
                         &time);
    }
    printf("  %s works ahead: %.0f x (%.0f to the end of a tile + %.0f x max(%.0f at "
           "%s, %.0f inside)) + %.0f of tiles one by one = %.0f\n",
           t->network->arch->level[0].name, time.runs, time.end, time.more, time.outer,
           t->network->arch->level[0].name, time.inner, time.alone,
           sdse_overlap_latency(&time));
}

// Where the first layer finds its inputs.
static const char *inputs_text(const struct telling *t,
                               const struct sdse_fused_group *group) {
    const char *text =
        cli_inputs_text(t->cli->arena, t->network->arch, &group->question);
    return text ? text : "?";
}

static bool print_group(const struct telling *t, const struct sdse_fused_group *group,
                        size_t index) {
    const struct sdse_fusion_config *config = &group->config;
    printf("Group %zu: ", index + 1);
    for (size_t l = group->first; l <= group->last; l++)
        printf("%s%s", l > group->first ? ", " : "", name_of(t, l));
    printf(", %" PRIu64 " row%s of %s a tile", config->tile_rows,
           config->tile_rows == 1 ? "" : "s", name_of(t, group->last));
    if (config->tile_columns)
        printf(", %" PRIu64 " column%s of them", config->tile_columns,
               config->tile_columns == 1 ? "" : "s");
    if (config->tile_heads)
        printf(", %" PRIu64 " head%s at a time", config->tile_heads,
               config->tile_heads == 1 ? "" : "s");
    if (config->tile_keys)
        printf(", %" PRIu64 " key%s at a time", config->tile_keys,
               config->tile_keys == 1 ? "" : "s");
    if (config->tile_channels)
        printf(", %" PRIu64 " channel%s of %s at a time", config->tile_channels,
               config->tile_channels == 1 ? "" : "s", name_of(t, group->layer[0]));
    printf("\n  %.6g uJ, %.0f cycles\n", sdse_uj_from_pj(group->at.energy_pj),
           group->at.latency_cycles);
    if (config->overlaps)
        print_overlap(t, group);
    printf("  inputs of %s come from %s%s\n", name_of(t, group->layer[0]),
           inputs_text(t, group),
           !config->buffered       ? ""
           : config->for_all       ? ", each row once for all layers that read it"
           : !config->tile_columns ? ", each row once"
           : config->banded & 1u   ? ", each cell once for the tiles of the same rows"
                                   : ", each cell once");
    if (!print_edges(t, group))
        return false;
    printf("  outputs of %s go to %s\n", name_of(t, group->last),
           place_text(t, group->question.outputs));
    for (size_t i = 0; i < group->layer_count; i++)
        if (config->kept >> i & 1u)
            printf("  weights of %s stay in %s\n", name_of(t, group->layer[i]),
                   memory_name(t, config->memory));
    print_others(t, group);
    print_copies(t, group->first);
    return true;
}

// --- A nest ---

static bool print_held(const struct telling *t, const struct sdse_fused_kind *kind) {
    for (unsigned m = 0; m < memories_of(t); m++) {
        printf("  %s holds %.0f bits beside it\n", memory_name(t, m),
               kind->residence[m].reserved_bits);
        for (size_t i = 0; i < kind->term_count; i++) {
            if (kind->term[i].memory != m)
                continue;
            const char *term = sdse_held_term_text(t->cli->arena, t->network->workload,
                                                   &kind->term[i]);
            if (!term) {
                cli_note(t->cli, SDSE_NO_MEMORY);
                return false;
            }
            printf("    %s\n", term);
        }
    }
    return true;
}

static void print_brought(const struct telling *t, const struct sdse_fused_kind *kind) {
    const struct sdse_nest *nest = &kind->part.nest;
    for (unsigned m = 0; m < memories_of(t); m++) {
        const struct sdse_residence *at = &kind->residence[m];
        if (at->loads_weights)
            printf("  it brings in %" PRIu64 " words of weights from %s\n",
                   sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound), t->outermost);
        if (at->loaded_inputs)
            printf("  it brings in %" PRIu64 " words of inputs from %s\n",
                   at->loaded_inputs, t->outermost);
    }
}

// The equations of one layer, or of rows of it.
static enum cli_exit print_equations(const struct telling *t,
                                     const struct sdse_layer *layer, size_t index,
                                     const struct sdse_mapping *mapping) {
    const struct sdse_model *model = model_of(t, layer, index);
    struct sdse_cost cost;
    if (!model)
        return CLI_BAD_INPUT;
    if (!sdse_evaluate_full(model, mapping, &cost))
        return cli_finish(t->cli, SDSE_NO_MEMORY);
    const struct cli_costed costed = {t->network->arch,
                                      t->network->workload,
                                      layer,
                                      t->problem->form_text,
                                      &cost,
                                      t->problem->setting.smartdeal};
    const char *line = cli_mapping_line(t->cli, t->network->arch, mapping);
    if (!line)
        return CLI_SYSTEM;
    cli_print_totals(&costed, stdout);
    printf("mapping      %s\n\n", line);
    const enum sdse_status status = sdse_explain_write(model, mapping, stdout);
    if (status != SDSE_INVALID)
        return status == SDSE_OK ? CLI_OK : cli_finish(t->cli, status);
    cli_error(t->cli,
              "the explanation disagrees with the evaluator: please report this");
    return CLI_SYSTEM;
}

static enum cli_exit print_nest(const struct telling *t,
                                const struct sdse_fused_group *group, size_t index) {
    const struct sdse_fused_kind *kind = &group->kind[index];
    struct sdse_layer part = kind->part;
    const char *rows = sdse_kind_text(t->cli->arena, &group->config, kind);
    part.residence = part.residence ? kind->residence : NULL;
    if (!rows)
        return cli_finish(t->cli, SDSE_NO_MEMORY);
    printf("\nNest %zu: %s, %s, %" PRIu64 " time%s\n", index + 1,
           name_of(t, kind->layer), rows, kind->times, kind->times == 1 ? "" : "s");
    if (!print_held(t, kind))
        return CLI_SYSTEM;
    print_brought(t, kind);
    putchar('\n');
    return print_equations(t, &part, kind->layer, &kind->point->mapping);
}

enum cli_exit cli_explain_network(struct cli *cli, const struct cli_problem *problem,
                                  const struct cli_network *network,
                                  const struct sdse_layer *layer) {
    const struct sdse_schedule *schedule = network->schedule;
    const size_t index = layer ? (size_t)(layer - network->workload->layers) : 0;
    const struct telling t = {cli, problem, network, network->arch->level[0].name};
    enum cli_exit exit = CLI_OK;
    size_t told = 0;
    for (size_t g = 0; g < schedule->group_count && exit == CLI_OK; g++) {
        const struct sdse_fused_group *group = &schedule->group[g];
        if (layer && (index < group->first || index > group->last))
            continue;
        if (told++)
            putchar('\n');
        if (!print_group(&t, group, g))
            exit = CLI_SYSTEM;
        for (size_t k = 0; k < group->kind_count && exit == CLI_OK; k++)
            exit = print_nest(&t, group, k);
    }
    if (told || exit != CLI_OK)
        return exit;
    if (layer) {
        print_copies(&t, index);
        return print_equations(&t, &schedule->layer[index].layer, index,
                               &schedule->layer[index].point->mapping);
    }
    if (schedule->copies.count) {
        cli_print_copies(network);
        return CLI_OK;
    }
    cli_error(cli,
              "no layers take turns in this mapping: choose a layer with -l LAYER");
    return CLI_BAD_INPUT;
}
