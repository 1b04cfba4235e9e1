// Files of mappings that sdse map writes.
#include "cli/map_files.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/units.h"
#include "cli/inputs.h"
#include "cli/map_resident.h"
#include "cli/mapping_line.h"
#include "cli/plain_stdout.h"
#include "cli/problem.h"

// The i-th mapping that was found, with the layer it is of and what it costs.
struct found {
    const struct sdse_mapping *mapping;
    struct cli_costed costed;
    struct sdse_cost cost;
    enum sdse_map_status status;
};

static void find(struct cli_map_run *run, size_t i,
                 const struct sdse_resident_layer *resident, struct found *found) {
    const struct sdse_map_answer *answer = &cli_solution_of(run, i)->answer;
    const size_t choice = run->solutions.mapped[i].choice;
    found->costed = cli_map_costed(run, i, choice, &found->cost);
    found->mapping = &answer->point[choice].mapping;
    found->status = answer->status;
    if (!resident)
        return;
    const struct sdse_model *model = cli_form_model(
        run->cli, &run->problem, &resident[i].layer, &cli_solution_of(run, i)->form);
    found->mapping = &resident[i].point->mapping;
    found->costed.layer = &resident[i].layer;
    if (model && !sdse_evaluate_full(model, found->mapping, &found->cost))
        cli_note(run->cli, SDSE_NO_MEMORY);
}

static enum sdse_status write_mapping(struct cli_map_run *run, size_t i,
                                      const struct sdse_resident_layer *resident,
                                      const char *path) {
    struct found found;
    find(run, i, resident, &found);
    if (run->cli->fault) // what it costs is not known
        return run->cli->fault;
    const char *note = sdse_arena_printf(
        run->cli->arena, "sdse map --objective %s%s: %s, %.6g uJ, %" PRIu64 " cycles",
        run->objective_word, resident ? " --resident" : "",
        sdse_map_status_name(found.status), sdse_uj_from_pj(found.cost.energy_pj),
        found.cost.latency_cycles);
    return note ? cli_write_mapping(run->cli, path, note, &found.costed, found.mapping)
                : SDSE_NO_MEMORY;
}

// The name of a layer's file, without ".yaml"; NULL when memory is out.
static char *file_name(struct cli *cli, const struct sdse_layer *layer) {
    char *name = sdse_arena_strdup(cli->arena, layer->name);
    if (name)
        cli_plain_name(name, "/");
    return name;
}

enum cli_exit cli_map_check_output(struct cli *cli, const char *path,
                                   const struct sdse_workload *workload,
                                   bool one_file) {
    if (one_file)
        return cli_finish(cli, sdse_output_check(path, &cli_mapping_kind, &cli->outputs,
                                                 &cli->diags));
    if (!cli_may_make_folder(cli, path))
        return CLI_SYSTEM;
    const size_t count = workload->layer_count;
    char **names = SDSE_ARENA_ARRAY(cli->arena, char *, count + 1);
    if (!names)
        return cli_finish(cli, SDSE_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        names[i] = file_name(cli, &workload->layers[i]);
        if (!names[i])
            return cli_finish(cli, SDSE_NO_MEMORY);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(names[i], names[j]) != 0)
                continue;
            cli_error(cli,
                      "layers %s and %s would both be written to %s.yaml: rename one, "
                      "or map them one by one with -l",
                      workload->layers[j].name, workload->layers[i].name, names[i]);
            return CLI_BAD_INPUT;
        }
        const char *file = sdse_arena_printf(cli->arena, "%s/%s.yaml", path, names[i]);
        enum sdse_status status = file ? SDSE_OK : SDSE_NO_MEMORY;
        struct stat info;
        if (file && lstat(file, &info) == 0)
            status =
                sdse_output_check(file, &cli_mapping_kind, &cli->outputs, &cli->diags);
        if (status != SDSE_OK)
            return cli_finish(cli, status);
    }
    return CLI_OK;
}

enum cli_exit cli_map_write_mappings(struct cli_map_run *run,
                                     const struct sdse_resident_layer *resident) {
    const char *path = run->output;
    if (run->layer_only)
        return cli_finish(run->cli, write_mapping(run, 0, resident, path));
    if (cli_make_folder(run->cli, path) != SDSE_OK)
        return CLI_SYSTEM;
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const char *name = file_name(run->cli, run->solutions.mapped[i].layer);
        const char *file =
            sdse_arena_printf(run->cli->arena, "%s/%s.yaml", path, name ? name : "");
        const enum sdse_status status =
            name && file ? write_mapping(run, i, resident, file) : SDSE_NO_MEMORY;
        if (status != SDSE_OK)
            return cli_finish(run->cli, status);
    }
    return CLI_OK;
}

enum cli_exit cli_map_write_network(struct cli_map_run *run,
                                    const struct sdse_schedule *schedule) {
    struct cli *cli = run->cli;
    const char *text = sdse_schedule_text(cli->arena, run->problem.arch,
                                          run->problem.workload, schedule);
    const char *note = sdse_arena_printf(
        cli->arena,
        "sdse map --objective %s --resident --fuse %u%s%s%s%s: %s, %.6g uJ, %.0f "
        "cycles",
        run->objective_word, run->fuse_depth, run->fuse_all_tiles ? " --tiles all" : "",
        run->fuse_columns ? " --columns" : "",
        run->fuse_overlap ? " --overlap outer" : "", run->copies ? " --copies" : "",
        cli_map_status_text(run, PROVED_FUSED), sdse_uj_from_pj(schedule->at.energy_pj),
        schedule->at.latency_cycles);
    if (!text || !note)
        return cli_finish(cli, SDSE_NO_MEMORY);
    return cli_finish(cli, cli_write_network_mapping(cli, run->output, note,
                                                     run->problem.arch->name,
                                                     run->problem.workload->name,
                                                     run->problem.form_text, text));
}
