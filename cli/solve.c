#include "cli/solve.h"

#include <string.h>

#include "base/pool.h"
#include "cli/progress.h"
#include "dse/hint.h"
#include "spec/write.h"

struct work {
    const struct cli_problem *problem;
    const struct cli_search *search;
    struct cli_solutions *solutions;
    struct cli_progress *progress;
};

static void solve_one(void *context, unsigned worker, size_t index) {
    (void)worker;
    struct work *work = context;
    struct cli_solution *solution = &work->solutions->solution[index];
    const struct sdse_map_request request = {
        .arch = work->problem->arch,
        .layer = solution->layer,
        .form = &solution->form,
        .objective = work->search->objective,
        .free_bypass = work->search->free_bypass,
        .padding_percent = work->search->padding_percent,
        .max_lifetime_us = work->search->max_lifetime_us,
        .seconds_limit = work->search->seconds,
        .stop = work->search->stop,
        .any_mapping = true};
    solution->status = sdse_map(&request, solution->arena, &solution->answer);
    if (solution->status == SDSE_OK && !atomic_load(work->search->stop))
        solution->status = sdse_hint_find(&request, &solution->answer, solution->arena,
                                          &solution->hint);
    cli_progress_add(work->progress, 1);
}

// The solution of a layer's shape, made if it is new; NULL after a message.
static struct cli_solution *find_shape(struct cli *cli,
                                       const struct cli_problem *problem,
                                       const struct sdse_layer *layer,
                                       struct cli_solutions *solutions) {
    const char *shape = sdse_layer_problem_text(cli->arena, problem->arch, layer);
    // Layers of one shape have weights of their own, and so measured forms.
    if (shape && problem->setting.measured)
        shape = sdse_arena_printf(cli->arena, "%s%s", shape, layer->name);
    for (size_t i = 0; shape && i < solutions->solution_count; i++)
        if (strcmp(solutions->solution[i].shape, shape) == 0)
            return &solutions->solution[i];
    struct cli_solution *fresh = &solutions->solution[solutions->solution_count];
    fresh->shape = shape;
    fresh->layer = layer;
    if (cli_layer_form(cli, problem, layer, &fresh->form))
        fresh->model = cli_form_model(cli, problem, layer, &fresh->form);
    fresh->arena = sdse_arena_new();
    if (!shape || !fresh->arena)
        cli_note(cli, SDSE_NO_MEMORY);
    solutions->solution_count++;
    return shape && fresh->arena && fresh->model ? fresh : NULL;
}

bool cli_solve(struct cli *cli, const struct cli_problem *problem,
               const struct sdse_layer *layer, const struct cli_search *search,
               struct cli_solutions *solutions) {
    const size_t count = layer ? 1 : problem->workload->layer_count;
    const struct sdse_layer *layers = layer ? layer : problem->workload->layers;
    *solutions = (struct cli_solutions){
        .layer_count = count,
        .solution = SDSE_ARENA_ARRAY(cli->arena, struct cli_solution, count),
        .mapped = SDSE_ARENA_ARRAY(cli->arena, struct cli_mapped, count)};
    if (!solutions->solution || !solutions->mapped) {
        cli_note(cli, SDSE_NO_MEMORY);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct cli_solution *solution = find_shape(cli, problem, &layers[i], solutions);
        if (!solution)
            return false;
        solutions->mapped[i] = (struct cli_mapped){
            &layers[i], (size_t)(solution - solutions->solution), 0};
    }
    struct cli_progress progress;
    cli_progress_begin(&progress, cli->verb->name, "distinct layers",
                       solutions->solution_count);
    struct work work = {problem, search, solutions, &progress};
    enum sdse_status status =
        sdse_parallel_for(solutions->solution_count, search->threads, solve_one, &work);
    cli_progress_end(&progress);
    for (size_t i = 0; status == SDSE_OK && i < solutions->solution_count; i++)
        status = solutions->solution[i].status;
    if (status != SDSE_OK && status != SDSE_NO_MEMORY)
        cli_error(cli, "%s", sdse_status_text(status));
    return cli_note(cli, status) == SDSE_OK;
}

void cli_refuse_mapping(struct cli *cli, const struct cli_solution *solution,
                        const struct sdse_arch *arch) {
    const struct sdse_refusal *refusal = &solution->answer.refusal;
    cli_error(cli, "layer %s has no valid mapping on %s: %s", solution->layer->name,
              arch->name, refusal->cause);
    for (size_t i = 0; i < refusal->line_count; i++)
        fprintf(stderr, "  %s\n", refusal->line[i]);
}

enum cli_exit cli_print_refusals(struct cli *cli, const struct cli_problem *problem,
                                 const struct cli_solutions *solutions) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.refusal/1", stdout);
    sdse_json_text(&json, "verb", cli->verb->name);
    sdse_json_text(&json, "arch", problem->arch->name);
    sdse_json_text(&json, "network", problem->workload->name);
    sdse_json_array(&json, "refusals");
    for (size_t i = 0; i < solutions->solution_count; i++) {
        const struct cli_solution *solution = &solutions->solution[i];
        const struct sdse_refusal *refusal = &solution->answer.refusal;
        if (solution->answer.status != SDSE_MAP_NONE)
            continue;
        sdse_json_object(&json, NULL);
        sdse_json_text(&json, "layer", solution->layer->name);
        sdse_json_text(&json, "cause", refusal->cause);
        sdse_json_array(&json, "changes");
        for (size_t l = 0; l < refusal->line_count; l++)
            sdse_json_text(&json, NULL, refusal->line[l]);
        sdse_json_close(&json);
        sdse_json_close(&json);
    }
    sdse_json_close(&json);
    return cli_end_json(cli, &json);
}

void cli_solutions_free(struct cli_solutions *solutions) {
    for (size_t i = 0; i < solutions->solution_count; i++)
        sdse_arena_free(solutions->solution[i].arena);
}
