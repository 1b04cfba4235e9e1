#include "cli/network_copies.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "dse/residency/copies.h"

static const struct sdse_handed_tensor *tensor_of(const struct cli_network *network,
                                                  const struct sdse_copy *copy) {
    return &network->schedule->placing.tensor[copy->tensor];
}

static const char *name_of(const struct cli_network *network, size_t layer) {
    return network->workload->layers[layer].name;
}

void cli_copy_cost(const struct cli_network *network, const struct sdse_copy *copy,
                   struct sdse_cost *cost) {
    const struct sdse_handed_tensor *tensor = tensor_of(network, copy);
    memset(cost, 0, sizeof *cost);
    if (copy->from != tensor->maker)
        cli_note(network->cli, sdse_copy_cost(network->arch, network->workload, tensor,
                                              sdse_copy_way(network->arch, copy->source,
                                                            copy->memory),
                                              network->cli->arena, cost));
}

uint64_t cli_copy_words(const struct cli_network *network,
                        const struct sdse_copy *copy) {
    const struct sdse_nest *nest =
        &network->workload->layers[tensor_of(network, copy)->maker].nest;
    return sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound);
}

const char *cli_copy_source(const struct cli_network *network,
                            const struct sdse_copy *copy) {
    return cli_place_text(network->cli->arena, network->arch,
                          copy->source ? sdse_place_in(copy->source - 1, false)
                                       : SDSE_PLACE_OUTERMOST);
}

const char *cli_copy_memory(const struct cli_network *network,
                            const struct sdse_copy *copy) {
    return cli_place_text(network->cli->arena, network->arch,
                          sdse_place_in(copy->memory, false));
}

const char *cli_copy_text(const struct cli_network *network,
                          const struct sdse_copy *copy) {
    const char *shared = cli_copy_memory(network, copy);
    return shared ? sdse_arena_printf(network->cli->arena, "%s -> %s",
                                      name_of(network, tensor_of(network, copy)->maker),
                                      shared)
                  : NULL;
}

void cli_print_copies(const struct cli_network *network) {
    const struct sdse_copies *copies = &network->schedule->copies;
    for (size_t i = 0; i < copies->count; i++) {
        const struct sdse_copy *copy = &copies->copy[i];
        const char *shared = cli_copy_memory(network, copy),
                   *source = cli_copy_source(network, copy);
        const size_t maker = tensor_of(network, copy)->maker;
        const char *of = name_of(network, maker),
                   *until = name_of(network, copy->until);
        struct sdse_cost cost;
        cli_copy_cost(network, copy, &cost);
        if (!shared || !source)
            return;
        if (copy->source)
            printf("what %s makes passes from %s to %s before %s: %" PRIu64
                   " words, %.6g uJ, %" PRIu64 " cycles\n",
                   of, source, shared, name_of(network, copy->from),
                   cli_copy_words(network, copy), sdse_uj_from_pj(cost.energy_pj),
                   cost.latency_cycles);
        else if (copy->from != maker)
            printf("what %s makes is brought into %s before %s, until %s: %" PRIu64
                   " words, %.6g uJ, %" PRIu64 " cycles\n",
                   of, shared, name_of(network, copy->from), until,
                   cli_outermost_words(&cost), sdse_uj_from_pj(cost.energy_pj),
                   cost.latency_cycles);
        else if (copy->until != maker)
            printf("what %s makes is written to both memories, and in %s until %s\n",
                   of, shared, until);
        else
            printf("what %s makes is written to both memories, and leaves %s at once\n",
                   of, shared);
    }
}

struct sdse_table *cli_copies_table(const struct cli_network *network) {
    static const char *const columns[] = {
        "of", "before",    "until",          "from",
        "to", "energy_pj", "latency_cycles", "outermost_words"};
    const struct sdse_copies *copies = &network->schedule->copies;
    struct sdse_table *table = sdse_table_new(network->cli->arena);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        sdse_table_add_column(table, columns[i], NULL, 5);
    for (size_t i = 0; i < copies->count; i++) {
        const struct sdse_copy *copy = &copies->copy[i];
        const size_t maker = tensor_of(network, copy)->maker;
        struct sdse_cost cost;
        cli_copy_cost(network, copy, &cost);
        sdse_table_add_text(table, name_of(network, maker));
        if (copy->from != maker)
            sdse_table_add_text(table, name_of(network, copy->from));
        else
            sdse_table_add_null(table);
        if (copy->source)
            sdse_table_add_null(table);
        else
            sdse_table_add_text(table, name_of(network, copy->until));
        if (copy->from != maker)
            sdse_table_add_text(table, cli_copy_source(network, copy));
        else
            sdse_table_add_null(table);
        sdse_table_add_text(table, cli_copy_memory(network, copy));
        sdse_table_add_f64(table, cost.energy_pj);
        sdse_table_add_u64(table, cost.latency_cycles);
        sdse_table_add_u64(table, cli_outermost_words(&cost));
    }
    return table;
}
