// The layers of a problem, mapped: equal shapes once, several at a time.
#ifndef SDSE_CLI_SOLVE_H
#define SDSE_CLI_SOLVE_H

#include "cli/problem.h"
#include "dse/map.h"

// What widens the search, for every verb that searches.
#define CLI_OPTION_UNEVEN                                                        \
    {                                                                            \
        "uneven", 0, CLI_FLAG, NULL,                                             \
            "tensors of one memory may be tiled at different loops", NULL, false \
    }
#define CLI_OPTION_BYPASS                                                    \
    {                                                                        \
        "free-bypass", 0, CLI_FLAG, NULL,                                    \
            "tensors may pass by memories that could keep them", NULL, false \
    }
#define CLI_OPTION_IMPERFECT                                                         \
    {                                                                                \
        "imperfect", 0, CLI_PERCENT, "PERCENT",                                      \
            "a factor need not divide a bound: pad it by up to PERCENT", NULL, false \
    }

// One shape and what the mapper found.
struct cli_solution {
    const char *shape;              // its text: equal texts are one problem
    const struct sdse_layer *layer; // the first that has it
    struct sdse_weight_form form;
    struct sdse_model *model;
    struct sdse_arena *arena; // owns the answer
    enum sdse_status status;
    struct sdse_map_answer answer;
    const char *hint; // dse/hint.h; NULL = none
};

// A layer and the point of its shape's answer that was chosen.
struct cli_mapped {
    const struct sdse_layer *layer;
    size_t solution, choice;
};

struct cli_solutions {
    size_t solution_count, layer_count;
    struct cli_solution *solution;
    struct cli_mapped *mapped; // in the network's order
};

struct cli_search {
    enum sdse_map_objective objective;
    unsigned threads;
    double seconds;           // per layer; 0 = no limit
    bool free_bypass;         // as in struct sdse_map_request
    unsigned padding_percent; // likewise
    double max_lifetime_us;   // likewise
    const atomic_bool *stop;
};

// Maps `layer`, or all layers when it is NULL. False after messages.
bool cli_solve(struct cli *cli, const struct cli_problem *problem,
               const struct sdse_layer *layer, const struct cli_search *search,
               struct cli_solutions *solutions);
// Says on stderr why a solution has no mapping, what would admit one and which demands
// contradict each other.
void cli_refuse_mapping(struct cli *cli, const struct cli_solution *solution,
                        const struct sdse_arch *arch);
// The refusals among them, once each shape, as JSON on stdout.
enum cli_exit cli_print_refusals(struct cli *cli, const struct cli_problem *problem,
                                 const struct cli_solutions *solutions);

void cli_solutions_free(struct cli_solutions *solutions);

#endif
