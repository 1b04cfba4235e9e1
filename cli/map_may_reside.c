// Whether sdse map --resident, and what goes with it, may be asked.
#include "cli/map_resident.h"

#include "dse/fusion/staged.h"
#include "dse/residency/residency.h"

// Why what an edge carries is in none of the memories that share: of the outermost of
// them.
static enum sdse_unshared unshared_anywhere(const struct sdse_arch *arch,
                                            const struct sdse_workload *net,
                                            const struct sdse_workload_edge *edge) {
    unsigned level[SDSE_MOST_SHARED];
    const unsigned memories = sdse_shared_levels(arch, level);
    for (unsigned m = 0; m < memories; m++)
        if (!sdse_edge_unshared(arch, level[m], net, edge))
            return SDSE_SHARED;
    return sdse_edge_unshared(arch, level[0], net, edge);
}

// What stays outside whatever room there is, once for each reason, at the first edge's
// place.
static void warn_of_unshared(const struct cli_map_run *run) {
    const struct sdse_arch *arch = run->problem.arch;
    const struct sdse_workload *net = run->problem.workload;
    const char *shared =
        sdse_memory_name(run->cli->arena, arch, sdse_shared_level(arch));
    if (!shared)
        return;
    for (int reason = SDSE_SHARED + 1; reason < SDSE_UNSHARED_REASONS; reason++) {
        const struct sdse_workload_edge *first = NULL;
        size_t count = 0;
        for (size_t e = 0; e < net->edge_count; e++) {
            if ((int)unshared_anywhere(arch, net, &net->edges[e]) != reason)
                continue;
            first = first ? first : &net->edges[e];
            count++;
        }
        if (!first)
            continue;
        const bool weights = reason == SDSE_UNSHARED_WEIGHTS;
        sdse_diag_add(
            &run->cli->diags, SDSE_WARNING, first->loc, "edge-unshared",
            "what layer '%.60s' puts out stays in %s: '%.60s' %s %s%s (%zu edge%s)",
            net->layers[first->from].name, arch->level[0].name,
            net->layers[first->to].name,
            weights ? "reads it as weights, which may not be in"
                    : "or that layer works in the vector unit, which stands outside",
            shared, weights ? ": say `shares: [activations, weights]` there" : "",
            count, count == 1 ? "" : "s");
    }
}

bool cli_map_may_reside(const struct cli_map_run *run) {
    const struct sdse_arch *arch = run->problem.arch;
    if (!sdse_shared_level(arch)) {
        cli_error(run->cli,
                  "--resident: no memory of %s may hold tensors between layers: say "
                  "`shares: [activations]` in one",
                  arch->name);
        return false;
    }
    const char *unstaged = sdse_staged_why_none(arch);
    if (run->fuse_overlap && unstaged) {
        cli_error(run->cli, "--overlap outer: no nests of %s may overlap: %s",
                  arch->name, unstaged);
        return false;
    }
    if (run->problem.workload->layer_count == 1) {
        cli_error(run->cli, "--resident: %s has one layer, which hands nothing over",
                  run->problem.workload->name);
        return false;
    }
    if (!run->problem.workload->edge_count) {
        cli_error(run->cli,
                  "--resident: %s does not say which layers read what others put out: "
                  "give it `edges:`",
                  run->problem.workload->name);
        return false;
    }
    warn_of_unshared(run);
    return true;
}
