#include "costmodel/node_scaling.h"

#include <math.h>
#include <stddef.h>

struct node {
    double nm;
    double a, b, c; // E = a V^2 + b V + c
    double area;    // relative to 45 nm
};

static const struct node nodes[] = {
    {130, 7.171, -6.709, 2.904, 6.4},     {90, 4.762, -4.781, 2.092, 2.8},
    {65, 3.755, -4.398, 1.975, 1.5},      {45, 1.103, -0.362, 0.2767, 1.0},
    {32, 0.9559, -0.7823, 0.471, 0.46},   {20, 0.373, -0.1582, 0.04104, 0.21},
    {16, 0.2958, -0.1241, 0.03024, 0.19}, {14, 0.2363, -0.09675, 0.02239, 0.17},
    {10, 0.2068, -0.09311, 0.02375, 0.1}, {7, 0.1776, -0.09097, 0.02447, 0.059},
};
enum { NODE_COUNT = sizeof nodes / sizeof nodes[0] };

// The tabulated nodes around nm: nodes[i - 1].nm >= nm >= nodes[i].nm.
static bool find_interval(double nm, size_t *i) {
    if (!(nm <= nodes[0].nm && nm >= nodes[NODE_COUNT - 1].nm))
        return false;
    size_t at = 1;
    while (nodes[at].nm > nm)
        at++;
    *i = at;
    return true;
}

static bool polynomial(const struct node *node, double volt, double *energy) {
    if (!(volt > -node->b / (2 * node->a)))
        return false; // below its vertex the fit would make energy rise again
    *energy = (node->a * volt + node->b) * volt + node->c;
    return isfinite(*energy) && *energy > 0;
}

static bool energy_at(double nm, double volt, double *energy) {
    size_t i;
    double large, small;
    if (!find_interval(nm, &i))
        return false;
    const struct node *outer = &nodes[i - 1], *inner = &nodes[i];
    // A tabulated node needs its own polynomial only.
    if (nm == outer->nm)
        return polynomial(outer, volt, energy);
    if (nm == inner->nm)
        return polynomial(inner, volt, energy);
    if (!polynomial(outer, volt, &large) || !polynomial(inner, volt, &small))
        return false;
    *energy = small + (nm - inner->nm) / (outer->nm - inner->nm) * (large - small);
    return true;
}

bool sdse_node_energy_factor(double from_nm, double from_v, double to_nm, double to_v,
                             double *factor) {
    double from, to;
    if (!energy_at(from_nm, from_v, &from) || !energy_at(to_nm, to_v, &to))
        return false;
    *factor = to / from;
    return true;
}

static bool area_at(double nm, double *area) {
    size_t i;
    if (!find_interval(nm, &i))
        return false;
    const struct node *outer = &nodes[i - 1], *inner = &nodes[i];
    const double part = log(nm / inner->nm) / log(outer->nm / inner->nm);
    *area = inner->area * pow(outer->area / inner->area, part);
    return true;
}

bool sdse_node_area_factor(double from_nm, double to_nm, double *factor) {
    double from, to;
    if (!area_at(from_nm, &from) || !area_at(to_nm, &to))
        return false;
    *factor = to / from;
    return true;
}
