// What was read, as files of ours.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/shortest.h"
#include "base/text.h"
#include "import/timeloop/reading.h"
#include "spec/flow.h"

static void print_number(FILE *out, double value) {
    char text[SDSE_SHORTEST_BYTES];
    sdse_shortest(value, text);
    fputs(text, out);
}

static void print_given(FILE *out, const char *key, double value) {
    if (value < 0)
        return;
    fprintf(out, ", %s: ", key);
    print_number(out, value);
}

static void print_tensors(FILE *out, unsigned tensors) {
    bool first = true;
    fputc('[', out);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(tensors >> t & 1u))
            continue;
        fprintf(out, "%s%s", first ? "" : ", ", sdse_tensor_name((enum sdse_tensor)t));
        first = false;
    }
    fputc(']', out);
}

static void print_dims(FILE *out, unsigned dims) {
    bool first = true;
    fputc('[', out);
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        if (!(dims >> d & 1u))
            continue;
        fprintf(out, "%s%c", first ? "" : ", ", sdse_dim_letters[d]);
        first = false;
    }
    fputc(']', out);
}

// A text that names files: with what YAML cannot hold left out.
static void print_source(struct sdse_tl *r, FILE *out, const char *what) {
    fputs("\nsource: ", out);
    sdse_print_word(out, sdse_tl_text(r, "%.800s, %s of Timeloop", r->path, what));
    fputc('\n', out);
}

// The dimensions of the problem that have iterations; all, if no problem is given.
static unsigned live_dims(const struct sdse_tl *r) {
    unsigned dims = 0;
    for (unsigned i = 0; i < r->problem.dim_count; i++) {
        const enum sdse_dim dim = r->problem.dim[i];
        if (!r->problem.given || r->problem.bound[dim] > 1)
            dims |= SDSE_BIT(dim);
    }
    return dims;
}

// --- Levels ---

// may_bypass: tensors of which the files leave open whether they are kept.
static void print_memory(FILE *out, const struct sdse_tl *r, unsigned l,
                         unsigned may_bypass) {
    const struct sdse_tl_memory *m = &r->memory[l];
    const bool free =
        m->priced && m->read_pj == 0 && m->write_pj == 0 && m->update_pj == 0;
    fprintf(out, "    memory: {class: %s, fetch_gaps: true", m->memory_class);
    if (m->capacity_bits)
        fprintf(out, ", capacity_bits: %" PRIu64, m->capacity_bits);
    if (!m->component || m->priced)
        fprintf(out, ", port_bits: %" PRIu64, m->width_bits);
    if (!m->priced && !m->component && m->banks > 1)
        fprintf(out, ", banks: %" PRIu64, m->banks);
    if (m->buffering > 1)
        fprintf(out, ", buffering: %" PRIu64, m->buffering);
    bool widths = false;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!r->word_bits[l][t])
            continue;
        fprintf(out, "%s%s: %" PRIu64, widths ? ", " : ", bits: {",
                sdse_tensor_name((enum sdse_tensor)t), r->word_bits[l][t]);
        widths = true;
    }
    if (widths)
        fputc('}', out);
    if (r->partial_bits[l])
        fprintf(out, ", partial_bits: %" PRIu64, r->partial_bits[l]);
    const struct {
        const char *key;
        double words;
    } ports[] = {{"read_bits_per_cycle", m->read_words},
                 {"write_bits_per_cycle", m->write_words},
                 {"shared_bits_per_cycle", m->shared_words}};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (ports[i].words > 0)
            print_given(out, ports[i].key, ports[i].words * (double)m->word_bits);
    if (free) {
        fputs(", free: true", out);
    } else if (m->priced) {
        print_given(out, "read_pj", m->read_pj);
        print_given(out, "fill_pj", m->write_pj);
        print_given(out, "update_pj", m->update_pj);
    } else if (m->component) {
        fprintf(out, ", component: %s", m->component);
    }
    print_given(out, "leakage_mw", m->leak_mw);
    print_given(out, "area_um2", m->area_um2);
    bool coded = false;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const char *format = r->part[r->level_part[l]].format[t];
        if (!format)
            continue;
        fprintf(out, "%s%s: %s", coded ? ", " : ", format: {",
                sdse_tensor_name((enum sdse_tensor)t), format);
        coded = true;
    }
    if (coded)
        fputc('}', out);
    if (may_bypass) {
        fputs(", may_bypass: ", out);
        print_tensors(out, may_bypass);
    }
    fputs("}\n", out);
}

// Places below a level: how many, and what may be spread over them.
struct places {
    uint64_t count[2];
    unsigned dims[2];
};

static struct places places_below(const struct sdse_tl *r, unsigned l) {
    const int at = r->level_part[l];
    struct places places = {{1, 1}, {0, 0}};
    for (unsigned i = 0; i < r->part_count; i++) {
        const struct sdse_tl_part *part = &r->part[i];
        if (part->above != at)
            continue;
        places.count[0] *= part->mesh_x;
        places.count[1] *= part->mesh_y;
        places.dims[0] |= sdse_tl_axis_dims(part, 0);
        places.dims[1] |= sdse_tl_axis_dims(part, 1);
    }
    const struct sdse_tl_part self = sdse_tl_below(r, &r->part[at]);
    if (self.above == at && self.spatial.given)
        for (unsigned axis = 0; axis < 2; axis++)
            places.dims[axis] &= sdse_tl_axis_dims(&self, axis);
    for (unsigned axis = 0; axis < 2; axis++)
        places.dims[axis] &= sdse_tl_dims(r);
    return places;
}

static void print_fanout(FILE *out, struct sdse_tl *r, unsigned l) {
    enum { MOST = 65536 };
    const struct places places = places_below(r, l);
    if (places.count[0] == 1 && places.count[1] == 1)
        return;
    for (unsigned axis = 0; axis < 2; axis++)
        if (places.count[axis] > MOST)
            sdse_tl_refuse(r, r->part[r->level_part[l]].loc, false, "timeloop-value",
                           "more than %d instances in a row below '%.60s'", MOST,
                           r->part[r->level_part[l]].name);
    fprintf(out, "    fanout: {x: %" PRIu64 ", y: %" PRIu64, places.count[0],
            places.count[1]);
    for (unsigned axis = 0; axis < 2; axis++) {
        const unsigned dims = places.dims[axis];
        if (places.count[axis] > 1 && dims && dims != sdse_tl_dims(r)) {
            fprintf(out, ", dims_%c: ", "xy"[axis]);
            print_dims(out, dims);
        }
    }
    fputs("}\n    network: {topology: mesh, multicast: true, reduce: true, free: "
          "true}\n",
          out);
}

static void print_level(FILE *out, struct sdse_tl *r, unsigned l) {
    const struct sdse_tl_part *part = &r->part[r->level_part[l]];
    const unsigned all = SDSE_BIT(SDSE_TENSORS) - 1;
    const unsigned keeps = l ? all & ~part->keeps.bypass : all;
    const unsigned open = l ? keeps & ~part->keeps.keep : 0;
    if (!keeps || (!l && part->keeps.bypass))
        sdse_tl_refuse(r, part->loc, false, "timeloop-factor",
                       l ? "'%.60s' keeps nothing"
                         : "'%.60s' is outermost: it keeps "
                           "all data spaces",
                       part->name);
    fputs("  - level: ", out);
    sdse_print_word(out, part->name);
    fputs("\n    keeps: ", out);
    print_tensors(out, keeps);
    fputc('\n', out);
    print_memory(out, r, l, open);
    print_fanout(out, r, l);
}

// --- Constraints ---

static bool is_fixed(const struct sdse_tl_factor *factor) {
    return factor->given && factor->relation != SDSE_TL_AT_LEAST && factor->value == 1;
}

static void print_factors(FILE *out, const struct sdse_tl_factors *factors,
                          enum sdse_tl_relation relation, unsigned dims,
                          const char *key) {
    bool first = true;
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        const struct sdse_tl_factor *f = &factors->of[d];
        if (!(dims >> d & 1u) || !f->given || f->relation != relation || is_fixed(f) ||
            (relation == SDSE_TL_AT_LEAST && f->value <= 1) ||
            (relation == SDSE_TL_AT_MOST && f->value == 0))
            continue;
        if (first)
            fprintf(out, ", %s: {", key);
        else
            fputs(", ", out);
        if (f->value)
            fprintf(out, "%c: %" PRIu64, sdse_dim_letters[d], f->value);
        else
            fprintf(out, "%c: all", sdse_dim_letters[d]);
        first = false;
    }
    if (!first)
        fputc('}', out);
}

// Loops that are left, in their order.
static void print_order(FILE *out, struct sdse_tl *r, const struct sdse_tl_part *part,
                        unsigned free_dims) {
    const struct sdse_tl_order *order = &part->temporal.order;
    unsigned told = 0, count = 0;
    for (unsigned i = 0; i < order->count; i++)
        if (free_dims >> order->dim[i] & 1u) {
            told |= SDSE_BIT(order->dim[i]);
            count++;
        }
    if (count && told != free_dims)
        sdse_tl_refuse(r, part->temporal.loc, true, "timeloop-factor",
                       "permutation of '%.60s': that these loops are innermost is "
                       "lost, their order is kept",
                       part->name);
    if (count < 2)
        return;
    fputs(", order: [", out);
    bool first = true;
    for (unsigned i = order->count; i-- > 0;) {
        if (!(told >> order->dim[i] & 1u))
            continue;
        fprintf(out, "%s%c", first ? "" : ", ", sdse_dim_letters[order->dim[i]]);
        first = false;
    }
    fputc(']', out);
}

static void begin_constraint(FILE *out, const char *name, bool *any) {
    if (!*any)
        fputs("dataflow:\n  - name: constraints of the files\n    constraints:\n", out);
    *any = true;
    fputs("      - {level: ", out);
    sdse_print_word(out, name);
}

static void print_temporal(FILE *out, struct sdse_tl *r,
                           const struct sdse_tl_part *part, bool *any) {
    const struct sdse_tl_limits *limits = &part->temporal;
    const unsigned problem = sdse_tl_dims(r);
    unsigned free_dims = 0;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if ((problem >> d & 1u) && !is_fixed(&limits->factors.of[d]))
            free_dims |= SDSE_BIT(d);
    char *text = NULL;
    struct sdse_text made;
    if (!sdse_text_begin(&made)) {
        r->foreign.out_of_memory = true;
        return;
    }
    if (free_dims != problem) {
        fputs(", temporal_dims: ", made.out);
        print_dims(made.out, free_dims);
    }
    print_factors(made.out, &limits->factors, SDSE_TL_EQUAL, free_dims, "factors");
    print_factors(made.out, &limits->factors, SDSE_TL_AT_MOST, free_dims,
                  "factors_at_most");
    print_factors(made.out, &limits->factors, SDSE_TL_AT_LEAST, free_dims,
                  "factors_at_least");
    print_order(made.out, r, part, free_dims & live_dims(r));
    text = sdse_text_end(&made, r->foreign.arena);
    r->foreign.out_of_memory |= !text;
    if (!text || !*text)
        return;
    begin_constraint(out, part->name, any);
    fprintf(out, "%s}\n", text);
}

// Factors of all instances between two levels: those of each node, where no other may
// have the dimension too.
static void print_spatial(FILE *out, struct sdse_tl *r, unsigned l, bool *any) {
    const int at = r->level_part[l];
    struct sdse_tl_factors factors = {0};
    double utilization = 0;
    for (unsigned i = 0; i < r->part_count; i++) {
        const struct sdse_tl_part part = sdse_tl_below(r, &r->part[i]);
        if (part.above != at || !part.spatial.given)
            continue;
        if (part.spatial.utilization > utilization)
            utilization = part.spatial.utilization;
        for (unsigned d = 0; d < SDSE_DIMS; d++) {
            const struct sdse_tl_factor *f = &part.spatial.factors.of[d];
            if (!f->given || is_fixed(f))
                continue;
            bool alone = !factors.of[d].given && f->value != 0;
            for (unsigned j = 0; j < r->part_count; j++) {
                const struct sdse_tl_part *other = &r->part[j];
                alone &= j == i || other->above != at || at == (int)i ||
                         (other->mesh_x == 1 && other->mesh_y == 1) ||
                         is_fixed(&other->spatial.factors.of[d]);
            }
            if (alone)
                factors.of[d] = *f;
            else
                sdse_tl_refuse(r, part.spatial.loc, true, "timeloop-factor",
                               "a factor of %c of '%.60s' is lost: it is all that is "
                               "left, or other instances below the same storage may "
                               "have the dimension too",
                               sdse_dim_letters[d], part.name);
        }
    }
    struct sdse_text made;
    if (!sdse_text_begin(&made)) {
        r->foreign.out_of_memory = true;
        return;
    }
    const unsigned dims = SDSE_BIT(SDSE_DIMS) - 1;
    print_factors(made.out, &factors, SDSE_TL_EQUAL, dims, "spatial");
    print_factors(made.out, &factors, SDSE_TL_AT_MOST, dims, "spatial_at_most");
    print_factors(made.out, &factors, SDSE_TL_AT_LEAST, dims, "spatial_at_least");
    if (utilization > 0)
        print_given(made.out, "utilization_at_least", utilization);
    char *text = sdse_text_end(&made, r->foreign.arena);
    r->foreign.out_of_memory |= !text;
    if (!text || !*text)
        return;
    begin_constraint(out, r->part[at].name, any);
    fprintf(out, "%s}\n", text);
}

// --- Files ---

static void print_arch(FILE *out, struct sdse_tl *r) {
    const bool node_said = r->node_nm > 0;
    bool any = false;
    fputs("name: ", out);
    sdse_print_word(out, r->name && *r->name ? r->name : "design");
    print_source(r, out, "an architecture");
    fputs("# Counted as Timeloop counts. Networks are free: it works their energy out "
          "of areas.\n",
          out);
    if (r->estimated)
        fprintf(out, "# Costs that the files leave to estimators are the library's.\n");
    fputs("node_nm: ", out);
    print_number(out, node_said ? r->node_nm : 45);
    fputs(node_said ? "\n" : " # assumed\n", out);
    fputs("clock_ghz: ", out);
    print_number(out, r->clock_ghz);
    fprintf(out,
            "\ntensors: {weights: {bits: %" PRIu64 "}, inputs: {bits: %" PRIu64
            "}, outputs: {bits: %" PRIu64 "}}\n",
            r->bits[SDSE_WEIGHTS], r->bits[SDSE_INPUTS], r->bits[SDSE_OUTPUTS]);
    fputs("count_drain_reads: false\ncount_return_transfers: false\nlevels:\n", out);
    for (unsigned l = 0; l < r->level_count; l++)
        print_level(out, r, l);
    if (r->pj_per_mac == 0) {
        fputs("compute: {free: true", out);
    } else if (r->pj_per_mac > 0) {
        fputs("compute: {pj_per_mac: ", out);
        print_number(out, r->pj_per_mac);
    } else {
        fprintf(out, "compute: {component: %s", r->mac_component);
    }
    print_given(out, "leakage_mw", r->mac_leak_mw);
    print_given(out, "area_um2", r->mac_area_um2);
    fputs("}\n", out);
    sdse_tl_print_gates(out, r);
    for (unsigned l = 0; l < r->level_count; l++) {
        print_temporal(out, r, &r->part[r->level_part[l]], &any);
        print_spatial(out, r, l, &any);
    }
}

static void print_network(FILE *out, struct sdse_tl *r) {
    const struct sdse_tl_problem *p = &r->problem;
    const uint64_t *n = p->bound;
    uint64_t in[2];
    for (unsigned a = 0; a < 2; a++)
        in[a] = (n[SDSE_P + a] - 1) * p->stride[a] +
                (n[SDSE_R + a] - 1) * p->dilation[a] + 1;
    fputs("name: ", out);
    sdse_print_word(out, p->name);
    print_source(r, out, "a problem");
    if (n[SDSE_N] > 1)
        fprintf(out, "batch: %" PRIu64 "\n", n[SDSE_N]);
    fputs("layers:\n  - {name: ", out);
    sdse_print_word(out, p->name);
    const bool product = n[SDSE_Q] == 1 && n[SDSE_R] == 1 && n[SDSE_S] == 1 &&
                         n[SDSE_G] == 1 && p->stride[0] == 1 && n[SDSE_N] == 1;
    const bool depthwise = n[SDSE_G] > 1 && n[SDSE_C] == 1;
    if (product)
        fprintf(out,
                ", kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64
                ", rows: %" PRIu64,
                n[SDSE_C], n[SDSE_K], n[SDSE_P]);
    else
        fprintf(out,
                ", kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64
                "], out_channels: %" PRIu64 ", kernel: [%" PRIu64 ", %" PRIu64
                "], stride: [%" PRIu64 ", %" PRIu64 "], dilation: [%" PRIu64
                ", %" PRIu64 "]",
                depthwise ? "dwconv" : "conv", n[SDSE_C] * n[SDSE_G], in[0], in[1],
                n[SDSE_K] * n[SDSE_G], n[SDSE_R], n[SDSE_S], p->stride[0], p->stride[1],
                p->dilation[0], p->dilation[1]);
    if (!product && !depthwise && n[SDSE_G] > 1)
        fprintf(out, ", groups: %" PRIu64, n[SDSE_G]);
    if (p->density[0] < 1 || p->density[1] < 1 || p->density[2] < 1) {
        fputs(",\n     density: {", out);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            fprintf(out, "%s: ", sdse_tensor_name((enum sdse_tensor)t));
            print_number(out, p->density[t]);
            fputs(", ", out);
        }
        fputs("source: ", out);
        sdse_print_quoted(out, sdse_tl_text(r, "the problem%s%.40s",
                                            p->density_words ? ", " : "",
                                            p->density_words ? p->density_words : ""));
        fputc('}', out);
    }
    fputs("}\n", out);
}

static void print_loops(FILE *out, const char *key, const struct sdse_loops *loops) {
    if (loops->count)
        fprintf(out, ", %s:", key);
    for (unsigned i = 0; i < loops->count; i++)
        fprintf(out, " %c%" PRIu64, sdse_dim_letters[loops->loop[i].dim],
                loops->loop[i].factor);
}

static void print_mapping(FILE *out, struct sdse_tl *r) {
    fputs("mapping:\n", out);
    for (unsigned l = 0; l < r->level_count; l++) {
        const struct sdse_mapping_level *level = &r->mapping.level[l];
        fputs("  - {level: ", out);
        sdse_print_word(out, r->part[r->level_part[l]].name);
        print_loops(out, "temporal", &level->temporal);
        print_loops(out, "spatial_x", &level->spatial[0]);
        print_loops(out, "spatial_y", &level->spatial[1]);
        fputs(", keeps: ", out);
        print_tensors(out, r->mapping.keeps[l]);
        fputs("}\n", out);
    }
}

static const char *print(struct sdse_tl *r, void (*file)(FILE *, struct sdse_tl *)) {
    struct sdse_text text;
    if (!sdse_text_begin(&text)) {
        r->foreign.out_of_memory = true;
        return NULL;
    }
    file(text.out, r);
    const char *made = sdse_text_end(&text, r->foreign.arena);
    r->foreign.out_of_memory |= !made;
    return made;
}

void sdse_tl_write(struct sdse_tl *r, struct sdse_timeloop_files *files) {
    if (r->level_count)
        files->arch = print(r, print_arch);
    if (r->problem.given)
        files->network = print(r, print_network);
    if (r->mapped)
        files->mapping = print(r, print_mapping);
}
