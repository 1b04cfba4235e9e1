#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/support_casefile.h"

static const char *const tensor_key[SDSE_TENSORS] = {"Weights", "Inputs", "Outputs"};

struct comparison {
    const struct count_case *subject;
    const struct sdse_cost *cost;
    const struct simulation *spreads;
    uint64_t partition[SDSE_MAX_LEVELS][SDSE_TENSORS];
    uint64_t instances[SDSE_MAX_LEVELS]; // used, from the mapping's spatial factors
    unsigned compared, mismatches;
    FILE *out;
};

static bool expectation(const struct sdse_node *node, double *value) {
    if (!node || node->kind != SDSE_NODE_SCALAR || node->quoted)
        return false;
    char *end;
    *value = strtod(node->text, &end);
    return end != node->text && *end == '\0';
}

static void report(struct comparison *c, const char *where, const char *tensor,
                   const char *count, double expected, double got, bool equal) {
    c->compared++;
    if (equal)
        return;
    c->mismatches++;
    fprintf(c->out, "%s: %s, %s, %s: expected %.12g, got %.12g\n", c->subject->name,
            where, tensor, count, expected, got);
}

static void compare_count(struct comparison *c, const char *where, const char *tensor,
                          const struct sdse_node *group, const char *key, double scale,
                          double got) {
    double expected;
    if (expectation(sdse_node_get(group, key), &expected))
        report(c, where, tensor, key, expected * scale, got, expected * scale == got);
}

static void compare_within(struct comparison *c, const char *where, const char *tensor,
                           const struct sdse_node *group, const char *key, double got,
                           double absolute) {
    double expected;
    if (!expectation(sdse_node_get(group, key), &expected))
        return;
    double room = absolute + 1e-9 * fmax(fabs(expected), fabs(got));
    report(c, where, tensor, key, expected, got, fabs(expected - got) <= room);
}

// Half a unit of the last decimal, where the file rounds to two or more of them.
static double rounding_of(const struct sdse_node *node) {
    const char *point = node && node->text ? strchr(node->text, '.') : NULL;
    if (!point)
        return 0;
    size_t decimals = strspn(point + 1, "0123456789");
    return decimals >= 2 && decimals < 9 ? 0.5 * pow(10, -(double)decimals) : 0;
}

// ---- what follows from the mapping alone --------------------------------------------

static void multiply(const struct sdse_loops *loops, uint64_t size[SDSE_DIMS]) {
    for (unsigned i = 0; i < loops->count; i++)
        size[loops->loop[i].dim] *= loops->loop[i].factor;
}

static uint64_t tile_words(const struct count_case *subject, enum sdse_tensor tensor,
                           const uint64_t size[SDSE_DIMS]) {
    uint64_t cut[SDSE_DIMS];
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        uint64_t bound = subject->layer.nest.bound[d];
        cut[d] = size[d] < bound ? size[d] : bound;
    }
    return sdse_tile_words(&subject->layer.nest, tensor, cut);
}

// The words an instance holds over the whole run, as the reference reckons: the share
// of the level outside, divided by what its children hold together in one step.
//
//     partition(inner) = floor(partition(outer) * tile(inner) / union of the children)
static void reckon_partitions(struct comparison *c) {
    const struct count_case *subject = c->subject;
    const struct sdse_mapping *mapping = &subject->mapping;
    uint64_t tile[SDSE_MAX_LEVELS + 1][SDSE_DIMS], together[SDSE_MAX_LEVELS][SDSE_DIMS];
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        tile[mapping->level_count][d] = 1;
    for (unsigned l = mapping->level_count; l-- > 0;) {
        memcpy(together[l], tile[l + 1], sizeof together[l]);
        multiply(&mapping->level[l].spatial[0], together[l]);
        multiply(&mapping->level[l].spatial[1], together[l]);
        memcpy(tile[l], together[l], sizeof tile[l]);
        multiply(&mapping->level[l].temporal, tile[l]);
    }
    c->instances[0] = 1;
    for (unsigned l = 1; l < mapping->level_count; l++) {
        c->instances[l] = c->instances[l - 1];
        for (unsigned a = 0; a < 2; a++)
            for (unsigned i = 0; i < mapping->level[l - 1].spatial[a].count; i++)
                c->instances[l] *= mapping->level[l - 1].spatial[a].loop[i].factor;
    }
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        c->partition[0][t] = tile_words(subject, t, tile[0]);
        for (unsigned l = 1; l < mapping->level_count; l++)
            c->partition[l][t] = c->partition[l - 1][t] *
                                 tile_words(subject, t, tile[l]) /
                                 tile_words(subject, t, together[l - 1]);
    }
}

// ---- levels -------------------------------------------------------------------------

static void compare_flow(struct comparison *c, unsigned level, unsigned t,
                         const struct sdse_node *expected) {
    const struct sdse_flow_cost *flow = &c->cost->level[level].flow[t];
    const char *where = c->subject->level_name[level], *tensor = tensor_key[t];
    double used = (double)flow->instances;
    expectation(sdse_node_get(expected, "utilized_instances"), &used);
    compare_count(c, where, tensor, expected, "utilized_instances", 1,
                  (double)flow->instances);
    compare_count(c, where, tensor, expected, "tile_words", 1,
                  (double)flow->tile_words);
    compare_count(c, where, tensor, expected, "partition_words", 1,
                  (double)c->partition[level][t]);
    compare_count(c, where, tensor, expected, "reads_per_inst", used,
                  (double)flow->reads);
    compare_count(c, where, tensor, expected, "fills_per_inst", used,
                  (double)flow->fills);
    compare_count(c, where, tensor, expected, "updates_per_inst", used,
                  (double)flow->updates);
    // Read, added to what arrives, and written again: the reads of outputs.
    compare_count(c, where, tensor, expected, "temporal_reductions_per_inst", used,
                  t == SDSE_OUTPUTS ? (double)flow->reads : 0);
    compare_within(c, where, tensor, expected, "energy_pj",
                   flow->read_pj + flow->fill_pj + flow->update_pj, 0);
}

static void compare_level(struct comparison *c, unsigned level,
                          const struct sdse_node *expected) {
    const char *where = c->subject->level_name[level];
    uint64_t cycles = c->cost->level[level].cycles;
    if (cycles < c->cost->compute_cycles)
        cycles = c->cost->compute_cycles;
    compare_count(c, where, "-", expected, "cycles", 1, (double)cycles);
    compare_within(c, where, "-", expected, "throttling",
                   (double)c->cost->compute_cycles / (double)cycles, 0.005);
    for
        SDSE_EACH_CHILD(tensor, sdse_node_get(expected, "tensors"))
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (strcmp(tensor->key, tensor_key[t]) == 0)
            compare_flow(c, level, t, tensor);
}

// ---- networks -----------------------------------------------------------------------

// The level outside, from `level` on, that keeps the tensor.
static unsigned keeper(const struct comparison *c, unsigned level, unsigned t) {
    while (level > 0 && !(c->subject->mapping.keeps[level] >> t & 1u))
        level--;
    return level;
}

// Files leave out counts on which the reference is known to be wrong; the network below
// carries the same number, so it is left out too.
static bool left_out(const struct comparison *c, unsigned level, unsigned t) {
    const char *parent = c->subject->level_name[keeper(c, level, t)];
    const struct sdse_node *levels = sdse_node_get(c->subject->expected, "levels");
    const struct sdse_node *tensors =
        sdse_node_get(sdse_node_get(levels, parent), "tensors");
    double value;
    return !expectation(
        sdse_node_get(sdse_node_get(tensors, tensor_key[t]),
                      t == SDSE_OUTPUTS ? "updates_per_inst" : "reads_per_inst"),
        &value);
}

// Reads "@multicast 4 @scatter 16".
static bool read_spread(const char *key, uint64_t *multicast, uint64_t *scatter) {
    static const char first[] = "@multicast ", second[] = " @scatter ";
    char *end;
    if (strncmp(key, first, sizeof first - 1) != 0)
        return false;
    *multicast = strtoull(key + sizeof first - 1, &end, 10);
    if (strncmp(end, second, sizeof second - 1) != 0)
        return false;
    *scatter = strtoull(end + sizeof second - 1, &end, 10);
    return *end == '\0';
}

static void compare_spread(struct comparison *c, const char *where, unsigned level,
                           unsigned t, const struct sdse_node *expected, double words) {
    const struct simulated_network *run = &c->spreads->network[level][t];
    uint64_t widest = 0;
    for (unsigned i = 0; i < run->spread_count; i++)
        if (run->spread[i].multicast > widest)
            widest = run->spread[i].multicast;
    compare_count(c, where, tensor_key[t], expected, "multicast", 1, (double)widest);
    if (left_out(c, level, t))
        return;
    for
        SDSE_EACH_CHILD(child, sdse_node_get(expected, "by_factor")) {
            uint64_t multicast, scatter;
            double value;
            if (!expectation(child, &value))
                continue;
            if (!read_spread(child->key, &multicast, &scatter)) {
                fprintf(c->out, "%s: not understood: %s\n", c->subject->name,
                        child->key);
                c->mismatches++;
                continue;
            }
            double got = 0;
            for (unsigned i = 0; i < run->spread_count; i++)
                if (run->spread[i].multicast == multicast &&
                    run->spread[i].scatter == scatter)
                    got += words * (double)run->spread[i].words / (double)run->words;
            report(c, where, tensor_key[t], child->key, value, got,
                   fabs(value - got) <= 1e-9 * fabs(value));
        }
}

static void compare_network(struct comparison *c, unsigned level, unsigned t,
                            const char *where, const struct sdse_node *expected) {
    const struct sdse_network_cost *network = &c->cost->level[level].network[t];
    const char *tensor = tensor_key[t];
    double instances = (double)c->instances[level];
    const struct sdse_mapping_level *loops = &c->subject->mapping.level[level];
    uint64_t fanout = 1;
    for (unsigned a = 0; a < 2; a++)
        for (unsigned i = 0; i < loops->spatial[a].count; i++)
            fanout *= loops->spatial[a].loop[i].factor;
    compare_count(c, where, tensor, expected, "fanout", 1, (double)fanout);
    compare_count(c, where, tensor, expected, "link_transfers", 1, 0);
    compare_within(c, where, tensor, expected, "link_energy_pj", 0, 0);
    compare_within(c, where, tensor, expected, "avg_hops", network->hops,
                   rounding_of(sdse_node_get(expected, "avg_hops")));
    double words = (double)network->words;
    if (c->spreads)
        compare_spread(c, where, level, t, expected, words / instances);
    if (left_out(c, level, t))
        return;
    compare_count(c, where, tensor, expected, "ingresses", instances, words);
    compare_count(c, where, tensor, expected, "spatial_reductions", instances,
                  (double)network->adds);
    compare_within(c, where, tensor, expected, "energy_pj", network->energy_pj, 0);
}

static void compare_networks(struct comparison *c, const struct sdse_node *networks) {
    unsigned levels = c->subject->mapping.level_count;
    for
        SDSE_EACH_CHILD(network, networks) {
            unsigned l = 0;
            for (; l < levels; l++) {
                char name[256];
                const char *inner =
                    l + 1 < levels ? c->subject->level_name[l + 1] : "MAC";
                snprintf(name, sizeof name, "%s <==> %s", c->subject->level_name[l],
                         inner);
                if (strcmp(name, network->key) == 0)
                    break;
            }
            if (l == levels) {
                fprintf(c->out, "%s: no such network: %s\n", c->subject->name,
                        network->key);
                c->mismatches++;
                continue;
            }
        for
            SDSE_EACH_CHILD(tensor, network)
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (strcmp(tensor->key, tensor_key[t]) == 0)
                compare_network(c, l, t, network->key, tensor);
        }
}

// ---- totals -------------------------------------------------------------------------

static void compare_totals(struct comparison *c, const struct sdse_node *expected) {
    const struct sdse_cost *cost = c->cost;
    const struct sdse_node *mac = sdse_node_get(expected, "mac");
    compare_count(c, "MAC", "-", mac, "cycles", 1, (double)cost->compute_cycles);
    compare_count(c, "MAC", "-", mac, "computes", 1, (double)cost->macs);
    compare_count(c, "MAC", "-", mac, "utilized_instances", 1,
                  (double)cost->multipliers_used);
    compare_within(c, "MAC", "-", mac, "energy_pj", cost->mac_pj, 0);
    double network_pj = 0;
    for (unsigned l = 0; l < cost->level_count; l++)
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            network_pj += cost->level[l].network[t].energy_pj;
    compare_within(c, "total", "-", expected, "network_energy_pj", network_pj, 0);
    compare_within(c, "total", "-", expected, "total_energy_pj", cost->energy_pj, 0);
    compare_within(c, "total", "-", expected, "stats_energy_uJ", cost->energy_pj / 1e6,
                   0.005);
    compare_count(c, "total", "-", expected, "cycles", 1, (double)cost->latency_cycles);
    compare_within(c, "total", "-", expected, "utilization_pct",
                   100 * cost->utilization, 0.005);
}

unsigned count_case_compare(const struct count_case *subject,
                            const struct sdse_cost *cost,
                            const struct simulation *spreads, unsigned *compared,
                            FILE *out) {
    struct comparison c = {
        .subject = subject, .cost = cost, .spreads = spreads, .out = out};
    reckon_partitions(&c);
    for
        SDSE_EACH_CHILD(level, sdse_node_get(subject->expected, "levels")) {
            unsigned l = 0;
            while (l < cost->level_count &&
                   strcmp(subject->level_name[l], level->key) != 0)
                l++;
            if (l < cost->level_count) {
                compare_level(&c, l, level);
            } else {
                fprintf(out, "%s: no such level: %s\n", subject->name, level->key);
                c.mismatches++;
            }
        }
    compare_networks(&c, sdse_node_get(subject->expected, "networks"));
    compare_totals(&c, subject->expected);
    *compared += c.compared;
    return c.mismatches;
}
