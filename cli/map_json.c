// What sdse map prints for other programs.
#include <math.h>

#include "base/units.h"
#include "cli/map_run.h"
#include "spec/write.h"

static void add_problem(struct sdse_json *json, const struct cli_map_run *run) {
    const struct cli_mapped *first = &run->solutions.mapped[0];
    sdse_json_text(json, "arch", run->problem.arch->name);
    sdse_json_text(json, "network", run->problem.workload->name);
    sdse_json_text(json, "layer", run->layer_only ? first->layer->name : NULL);
    sdse_json_text(json, "form", run->problem.form_text);
}

static void add_totals(struct sdse_json *json, const struct cli_map_run *run) {
    const struct cli_map_totals sum = cli_map_totals_of(run);
    sdse_json_object(json, "total");
    sdse_json_f64(json, "energy_pj", sum.energy_pj);
    sdse_json_u64(json, "latency_cycles", (uint64_t)sum.cycles);
    sdse_json_f64(json, "latency_s", sum.seconds);
    sdse_json_f64(json, "edp_pj_s", sum.energy_pj * sum.seconds);
    sdse_json_flag(json, "proved", sum.proved);
    sdse_json_f64(json, "gap", sum.gap);
    sdse_json_f64(
        json, "longest_life_s",
        run->objective == LIFETIME
            ? sdse_seconds_from_cycles(sum.longest_cycles, run->problem.arch->clock_ghz)
            : (double)NAN);
    if (run->combined)
        sdse_json_u64(json, "front_elements", run->front.count);
    else
        sdse_json_null(json, "front_elements");
    sdse_json_close(json);
}

// The mappings as files of mappings, and what finding them took.
static void add_mappings(struct sdse_json *json, const struct cli_map_run *run) {
    sdse_json_array(json, "mappings");
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct cli_mapped *mapped = &run->solutions.mapped[i];
        const struct sdse_map_answer *answer = &cli_solution_of(run, i)->answer;
        const char *text = NULL;
        if (answer->point_count) {
            text = sdse_mapping_text(run->cli->arena, run->problem.arch,
                                     &mapped->layer->nest,
                                     &answer->point[mapped->choice].mapping);
            if (!text)
                cli_note(run->cli, SDSE_NO_MEMORY);
        }
        sdse_json_object(json, NULL);
        sdse_json_text(json, "layer", mapped->layer->name);
        sdse_json_text(json, "yaml", text);
        sdse_json_u64(json, "nodes", answer->nodes);
        sdse_json_u64(json, "mappings_scored", answer->evaluations);
        sdse_json_close(json);
    }
    sdse_json_close(json);
}

static bool all_mapped(const struct cli_map_run *run) {
    for (size_t i = 0; i < run->solutions.layer_count; i++)
        if (!cli_solution_of(run, i)->answer.point_count)
            return false;
    return true;
}

enum cli_exit cli_map_print_json(struct cli_map_run *run) {
    struct sdse_json json;
    if (run->objective == PARETO) {
        sdse_json_begin(&json, "sdse.map-front/1", stdout);
        add_problem(&json, run);
        sdse_json_u64(&json, "front_elements", run->front.count);
        sdse_json_flag(&json, "thinned", run->front.thinned);
        sdse_json_rows(&json, "points", cli_map_front_table(run));
        return cli_end_json(run->cli, &json);
    }
    static const char *const objectives[] = {[EDP] = "edp",
                                             [ED2P] = "ed2p",
                                             [ENERGY] = "energy",
                                             [LATENCY] = "latency",
                                             [LIFETIME] = "lifetime"};
    sdse_json_begin(&json, "sdse.map/1", stdout);
    add_problem(&json, run);
    sdse_json_text(&json, "objective", objectives[run->objective]);
    sdse_json_rows(&json, "layers", cli_map_layer_table(run));
    if (all_mapped(run))
        add_totals(&json, run);
    else
        sdse_json_null(&json, "total");
    add_mappings(&json, run);
    return cli_end_json(run->cli, &json);
}
