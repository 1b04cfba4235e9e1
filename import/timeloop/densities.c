// How many words of a data space are not zero.
#include <string.h>

#include "import/timeloop/reading.h"

static void read_density(struct sdse_tl *r, const struct sdse_node *node) {
    // The front end writes the last two as 0 where nothing is said.
    static const char *const keys[] = {"density", "distribution", "band_width",
                                       "workload_tensor_size", NULL};
    struct sdse_tl_problem *p = &r->problem;
    if (node->kind == SDSE_NODE_MAPPING)
        sdse_tl_known_keys(r, node, keys, "a density");
    for (unsigned k = 2; keys[k]; k++) {
        const struct sdse_node *said = sdse_node_get(node, keys[k]);
        const char *text = sdse_tl_word(said);
        if (said && (!text || strcmp(text, "0") != 0))
            sdse_tl_refuse(r, said->key_loc, true, "timeloop-key",
                           "'%.60s' of a density has no counterpart: what it asks for "
                           "is lost",
                           said->key);
    }
    enum sdse_tensor tensor;
    const struct sdse_node *value =
        node->kind == SDSE_NODE_MAPPING ? sdse_node_get(node, "density") : node;
    if (!sdse_tl_tensor(r, node->key, &tensor) || !value) {
        sdse_tl_refuse(r, node->loc, false, "timeloop-problem",
                       "'%.60s' is no data space, or has no density", node->key);
        return;
    }
    double density;
    if (!sdse_tl_number(r, value, r->scope, &density))
        return;
    if (!(density > 0) || density > 1)
        sdse_tl_refuse(r, value->loc, false, "timeloop-value",
                       "a density is above 0 and at most 1, got %g", density);
    else
        p->density[tensor] = density;
    const char *distribution = sdse_tl_word(sdse_node_get(node, "distribution"));
    if (!distribution)
        return;
    p->density_words = p->density_words ? p->density_words : distribution;
    static const char *const known[] = {"fixed-structured", "fixed_structured",
                                        "hypergeometric", "constant"};
    if (!sdse_is_among(distribution, known, 4))
        sdse_tl_refuse(r, node->loc, true, "timeloop-value",
                       "distribution '%.60s' has no counterpart: the mean is taken",
                       distribution);
}

void sdse_tl_read_densities(struct sdse_tl *r, const struct sdse_node *densities) {
    if (densities->kind != SDSE_NODE_MAPPING) {
        sdse_tl_refuse(r, densities->loc, false, "timeloop-problem",
                       "densities: expected DATA_SPACE: DENSITY");
        return;
    }
    sdse_for_each_child (density, densities)
        read_density(r, density);
}
