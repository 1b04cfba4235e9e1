// Which points of a sweep are evaluated, if not all.
#include "spec/sweep_search.h"

#include <inttypes.h>

#include "spec/value.h"

enum { MOST_EVALUATIONS = 10000000, MOST_POPULATION = 10000, USUAL_POPULATION = 64 };

static void read_objectives(const struct sdse_node *list, struct sdse_diags *diags,
                            struct sdse_sweep_search *search) {
    bool named[SDSE_FRONT_OBJECTIVES] = {false};
    unsigned count = 0;
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags))
        return;
    sdse_for_each_child (item, list) {
        unsigned word;
        if (!sdse_read_word(item, sdse_front_objective_words(), SDSE_FRONT_OBJECTIVES,
                            diags, &word))
            return;
        if (named[word])
            sdse_diag_add(diags, SDSE_ERROR, item->loc, "search-objectives",
                          "'%s' is listed twice", sdse_front_objective_words()[word]);
        count += !named[word];
        named[word] = true;
    }
    if (count < 2)
        sdse_diag_add(diags, SDSE_ERROR, list->key_loc, "search-objectives",
                      "a front has two or three objectives, and %u %s listed", count,
                      count == 1 ? "is" : "are");
    search->objective_count = 0;
    for (unsigned i = 0; i < SDSE_FRONT_OBJECTIVES; i++)
        if (named[i])
            search->objectives[search->objective_count++] =
                (enum sdse_front_objective)i;
}

static void read_reference(const struct sdse_node *map, struct sdse_diags *diags,
                           struct sdse_sweep_search *search) {
    const char *const *keys = sdse_front_objective_keys();
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags) ||
        sdse_refuse_unknown_keys(map, keys, SDSE_FRONT_OBJECTIVES, diags))
        return;
    search->has_reference = true;
    size_t found = 0;
    for (unsigned i = 0; i < search->objective_count; i++) {
        const char *key = keys[search->objectives[i]];
        const struct sdse_node *node = sdse_node_get(map, key);
        found += node != NULL;
        if (!node)
            sdse_diag_add(diags, SDSE_ERROR, map->key_loc, "search-reference",
                          "'%s' is missing: a reference has a value for each objective",
                          key);
        else
            sdse_read_double(node, 1e-300, 1e300, diags, &search->reference[i]);
    }
    if (found < map->count)
        sdse_diag_add(diags, SDSE_ERROR, map->key_loc, "search-reference",
                      "a value is given for what is no objective of the search");
}

static void read_population(const struct sdse_node *node, struct sdse_diags *diags,
                            struct sdse_sweep_search *search) {
    if (search->method != SDSE_BY_NSGA2)
        sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "search-population",
                      "only method nsga2 has a population");
    else if (sdse_read_u64(node, 2, MOST_POPULATION, diags, &search->population) &&
             search->evaluations && search->population > search->evaluations)
        sdse_diag_add(diags, SDSE_ERROR, node->loc, "search-population",
                      "a population of %" PRIu64 " is more than the %" PRIu64
                      " evaluations",
                      search->population, search->evaluations);
}

void sdse_read_search(const struct sdse_node *map, struct sdse_diags *diags,
                      struct sdse_sweep *sweep) {
    static const char *const keys[] = {"method",     "evaluations", "seed",
                                       "population", "objectives",  "reference"};
    struct sdse_sweep_search *search = &sweep->search;
    const struct sdse_node *node;
    unsigned word;
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, diags);
    *search = (struct sdse_sweep_search){
        .seed = 1,
        .population = USUAL_POPULATION,
        .objective_count = SDSE_FRONT_OBJECTIVES,
        .objectives = {SDSE_FRONT_ENERGY, SDSE_FRONT_LATENCY, SDSE_FRONT_AREA},
        .loc = map->key_loc};
    if (!(node = sdse_node_get(map, "method")))
        sdse_report_missing(map, "method", diags);
    else if (sdse_read_word(node, sdse_sweep_method_words(), SDSE_SWEEP_METHODS - 1,
                            diags, &word))
        search->method = (enum sdse_sweep_method)(word + 1);
    if (!(node = sdse_node_get(map, "evaluations")))
        sdse_report_missing(map, "evaluations", diags);
    else
        sdse_read_u64(node, 1, MOST_EVALUATIONS, diags, &search->evaluations);
    if ((node = sdse_node_get(map, "seed")))
        sdse_read_u64(node, 0, INT64_MAX, diags, &search->seed);
    if ((node = sdse_node_get(map, "population")))
        read_population(node, diags, search);
    if ((node = sdse_node_get(map, "objectives")))
        read_objectives(node, diags, search);
    if ((node = sdse_node_get(map, "reference")))
        read_reference(node, diags, search);
    if (search->method == SDSE_BY_NSGA2 && sweep->mapper.seconds > 0)
        sdse_diag_add(diags, SDSE_ERROR, search->loc, "search-time-limit",
                      "nsga2 goes where its results lead, and results at 'mapper: "
                      "{seconds: %g}' depend on the machine: leave the limit out, or "
                      "search by sobol or random",
                      sweep->mapper.seconds);
}
