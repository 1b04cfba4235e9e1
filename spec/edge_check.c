// One edge of a network's graph against its two ends.
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

#include "spec/edge_shape.h"

struct checking {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const struct sdse_workload *net;
};

void sdse_edge_report(const struct sdse_workload_edge *edge, struct sdse_diags *diags,
                      const char *check, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *message = sdse_arena_vprintf(diags->arena, format, args);
    va_end(args);
    sdse_diag_add_once(diags, SDSE_ERROR, edge->loc, check,
                       message ? message : "out of memory");
}

static bool check_order(const struct checking *r,
                        const struct sdse_workload_edge *edge) {
    const struct sdse_layer *maker = &r->net->layers[edge->from],
                            *reader = &r->net->layers[edge->to];
    const bool own = edge->from == edge->to;
    if (edge->from >= edge->to) {
        sdse_edge_report(edge, r->diags, "edge-cycle",
                         "layer '%.60s' reads what %s%.60s%s puts out%s: layers are "
                         "executed in the file's order",
                         reader->name, own ? "it" : "'", own ? "" : maker->name,
                         own ? "" : "'", own ? "" : ", which stands behind it");
        return false;
    }
    if (maker->repeat > 1 || reader->repeat > 1) {
        sdse_edge_report(edge, r->diags, "edge-repeat",
                         "layer '%.60s' is executed %" PRIu64
                         " times: edges are between layers that are executed once",
                         maker->repeat > 1 ? maker->name : reader->name,
                         maker->repeat > 1 ? maker->repeat : reader->repeat);
        return false;
    }
    return true;
}

// Whether a layer of the reader's kind has what the edge is to be.
static bool check_use(const struct checking *r, const struct sdse_workload_edge *edge) {
    const struct sdse_layer *reader = &r->net->layers[edge->to];
    const char *why = NULL;
    if (edge->use == SDSE_EDGE_WEIGHTS && reader->kind != SDSE_MATMUL)
        why = "reads nothing as weights that a layer puts out: a matmul does";
    else if (edge->use == SDSE_EDGE_ADDEND && sdse_layer_moves(reader))
        why = "multiplies nothing: what an `add` adds are its inputs";
    else if (edge->use == SDSE_EDGE_CONCAT && reader->kind == SDSE_ADD)
        why = "adds maps: put channels together before it";
    if (why)
        sdse_edge_report(edge, r->diags, "edge-kind", "layer '%.60s' (%s) %s",
                         reader->name, sdse_layer_kind_name(reader->kind), why);
    return !why;
}

static bool check_channels(const struct checking *r,
                           const struct sdse_workload_edge *edge) {
    const struct sdse_layer *maker = &r->net->layers[edge->from];
    const uint64_t channels = maker->nest.bound[SDSE_G] * maker->nest.bound[SDSE_K];
    if (edge->first_channel + edge->channels <= channels)
        return true;
    sdse_edge_report(edge, r->diags, "edge-shape",
                     "layer '%.60s' puts out %" PRIu64
                     " channels: there are none from %" PRIu64 " to %" PRIu64,
                     maker->name, channels, edge->first_channel,
                     edge->first_channel + edge->channels - 1);
    return false;
}

static bool check_shape(const struct checking *r,
                        const struct sdse_workload_edge *edge) {
    const struct sdse_layer *maker = &r->net->layers[edge->from],
                            *reader = &r->net->layers[edge->to];
    struct sdse_map_shape shape;
    if (!check_channels(r, edge))
        return false;
    if (!sdse_edge_carries(r->net, edge, &shape)) {
        sdse_edge_report(
            edge, r->diags, "edge-shape",
            "the window of the pool behind '%.60s' is larger than its padded "
            "map",
            maker->name);
        return false;
    }
    if (sdse_edge_fits(r->net, edge, &shape))
        return true;
    static const char *const what[SDSE_EDGE_USES] = {"reads", "reads", "puts out",
                                                     "reads weights of"};
    const char *wants = sdse_edge_wants(r->net, edge, r->arena);
    sdse_edge_report(edge, r->diags, "edge-shape",
                     "layer '%.60s' puts out %" PRIu64 " x %" PRIu64 " x %" PRIu64
                     "%s, but '%.60s' %s %s",
                     maker->name, shape.channels, shape.rows, shape.columns,
                     edge->via == SDSE_VIA_POOL ? " behind the pool" : "", reader->name,
                     what[edge->use], wants ? wants : "?");
    return false;
}

// A right operand of another width is none that a layer puts out: what comes out is as
// wide as the accelerator makes it.
static bool check_bits(const struct checking *r,
                       const struct sdse_workload_edge *edge) {
    const struct sdse_layer *maker = &r->net->layers[edge->from],
                            *reader = &r->net->layers[edge->to];
    if (edge->use != SDSE_EDGE_WEIGHTS || !reader->weight_bits)
        return true;
    sdse_edge_report(edge, r->diags, "edge-bits",
                     "layer '%.60s' reads weights of %" PRIu32
                     " bits, but what '%.60s' puts "
                     "out has the accelerator's width",
                     reader->name, reader->weight_bits, maker->name);
    return false;
}

// Both ends say how many words are not zero, and nothing happens to them on the way.
static bool check_density(const struct checking *r,
                          const struct sdse_workload_edge *edge) {
    const struct sdse_layer *maker = &r->net->layers[edge->from],
                            *reader = &r->net->layers[edge->to];
    const bool whole = edge->use == SDSE_EDGE_INPUTS || edge->use == SDSE_EDGE_WEIGHTS;
    const enum sdse_tensor read =
        edge->use == SDSE_EDGE_WEIGHTS ? SDSE_WEIGHTS : SDSE_INPUTS;
    const double out = maker->density[SDSE_OUTPUTS], in = reader->density[read];
    const bool both = maker->density_source && reader->density_source && out < 1 &&
                      in < 1 && whole && !edge->via && !edge->channels &&
                      !sdse_layer_moves(reader);
    if (!both || fabs(out - in) <= 1e-9)
        return true;
    sdse_edge_report(
        edge, r->diags, "edge-density",
        "%.4g of what layer '%.60s' puts out is not zero, but %.4g of what "
        "'%.60s' reads as %s",
        out, maker->name, in, reader->name, sdse_tensor_name(read));
    return false;
}

bool sdse_edge_agrees(const struct sdse_workload *net,
                      const struct sdse_workload_edge *edge, struct sdse_arena *arena,
                      struct sdse_diags *diags) {
    const struct checking r = {arena, diags, net};
    return check_order(&r, edge) && check_use(&r, edge) && check_shape(&r, edge) &&
           check_density(&r, edge) && check_bits(&r, edge);
}

bool sdse_edge_may_be(const struct sdse_workload *net,
                      const struct sdse_workload_edge *edge, struct sdse_diags *diags) {
    const struct checking r = {NULL, diags, net};
    return check_use(&r, edge);
}
