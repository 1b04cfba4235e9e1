// Checks of what lies below levels: multipliers that nothing can fill, networks that
// share what no two children have in common.
#include <inttypes.h>
#include <string.h>

#include "dse/lint/array.h"
#include "dse/lint/checks.h"
#include "dse/lint/feed.h"
#include "spec/load.h"

static const unsigned window_dims =
    SDSE_BIT(SDSE_P) | SDSE_BIT(SDSE_Q) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S);

// Below one instance of a level.
static uint64_t children(const struct sdse_level *level) {
    return (uint64_t)level->fanout_x * level->fanout_y;
}

// Dimensions that any layer may spread over the fan-out of a level.
static unsigned spread_dims(const struct sdse_arch *arch, unsigned l) {
    return sdse_axis_dims_of_any(arch, l, 0) | sdse_axis_dims_of_any(arch, l, 1);
}

// Dimensions along which children below one level can need the same words, or windows
// in common.
static unsigned shared_dims(enum sdse_tensor tensor) {
    const unsigned still = ~sdse_tensor_dims(tensor) & (SDSE_BIT(SDSE_DIMS) - 1);
    return tensor == SDSE_INPUTS ? still | window_dims : still;
}

// Where a network says `key`: of one tensor, or of all.
static struct sdse_loc key_place(struct sdse_lint *lint, unsigned l,
                                 enum sdse_tensor tensor, const char *key) {
    const struct sdse_level *level = &lint->arch->level[l];
    return sdse_lint_place(lint, level->fanout_loc,
                           sdse_lint_text(lint, "%s.network.%s.%s", level->group,
                                          sdse_tensor_name(tensor), key),
                           sdse_lint_text(lint, "%s.network.%s", level->group, key));
}

// "the fan-out of level 'GLB' is 1 x 1", or what it takes.
static const char *spread_text(struct sdse_lint *lint, unsigned l) {
    const struct sdse_level *level = &lint->arch->level[l];
    if (children(level) == 1)
        return sdse_lint_text(lint, "the fan-out of level '%s' is 1 x 1", level->group);
    return sdse_lint_text(
        lint, "the fan-out of level '%s', %" PRIu32 " x %" PRIu32 ", takes %s",
        level->group, level->fanout_x, level->fanout_y,
        sdse_lint_dims(lint, spread_dims(lint->arch, l)));
}

void sdse_lint_multicast_idle(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        unsigned idle = 0;
        for (unsigned t = SDSE_WEIGHTS; t <= SDSE_INPUTS; t++)
            if (level->network[t].multicast && !level->network[t].window_sharing &&
                !(spread_dims(lint->arch, l) & shared_dims((enum sdse_tensor)t)))
                idle |= SDSE_BIT(t);
        if (!idle)
            continue;
        const enum sdse_tensor first = idle & 1u ? SDSE_WEIGHTS : SDSE_INPUTS;
        sdse_lint_say(
            lint, key_place(lint, l, first, "multicast"),
            "multicast of %s reaches one child at a time: %s%s; leave it out, "
            "or let a dimension that the children share be spatial there",
            sdse_lint_tensors(lint, idle), spread_text(lint, l),
            children(level) == 1 ? "" : ", which no two children share");
    }
}

void sdse_lint_reduce_idle(struct sdse_lint *lint) {
    const unsigned summed = SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S);
    for (unsigned l = 0; l < lint->arch->level_count; l++)
        if (lint->arch->level[l].network[SDSE_OUTPUTS].reduce &&
            !(spread_dims(lint->arch, l) & summed))
            sdse_lint_say(lint, key_place(lint, l, SDSE_OUTPUTS, "reduce"),
                          "reduce of outputs adds nothing: %s, and sums are over C, R "
                          "and S; leave it out, or let one of these be spatial there",
                          spread_text(lint, l));
}

void sdse_lint_window_sharing_idle(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        if (!level->network[SDSE_INPUTS].window_sharing)
            continue;
        const char *why = NULL;
        unsigned dims = 0; // of all fan-outs that windows may reach together
        for (unsigned i = l; i < lint->arch->level_count; i++)
            dims |= spread_dims(lint->arch, i);
        if (!(dims & window_dims))
            why = sdse_lint_text(lint,
                                 "from there on fan-outs take %s, none of P, Q, R "
                                 "and S",
                                 sdse_lint_dims(lint, dims));
        else if (!(level->keeps >> SDSE_PART_INPUTS & 1u))
            why = sdse_lint_text(lint,
                                 "windows are shared at the fan-out of the memory "
                                 "that keeps inputs, and '%s' keeps none",
                                 level->name);
        else if (!sdse_is_kept_inside(lint->arch, l, SDSE_INPUTS))
            why = "no memory inside keeps inputs, and multipliers take single words";
        else
            continue;
        sdse_lint_say(lint, key_place(lint, l, SDSE_INPUTS, "window_sharing"),
                      "window_sharing of level '%s' has no effect: %s; leave it out",
                      level->group, why);
    }
}

void sdse_lint_forwarding_idle(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        const struct sdse_network *link = level->network;
        if (children(level) == 1)
            continue;
        unsigned forwarded = 0, shares = 0;
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            forwarded |= link[t].topology == SDSE_SYSTOLIC ? SDSE_BIT(t) : 0;
            shares |= link[t].multicast || link[t].reduce;
        }
        if (forwarded && !shares)
            sdse_lint_say(lint, key_place(lint, l, SDSE_WEIGHTS, "topology"),
                          "level '%s' is systolic, but no tensor is multicast or "
                          "reduced: neighbours hand nothing on, each of the %" PRIu64
                          " children is served by itself; say multicast and reduce for "
                          "what travels through the array",
                          level->group, children(level));
    }
}

// --- Multipliers that a kind of layer cannot use ---

// "conv1x1, fc, matmul" of a set of kinds.
static const char *kinds_text(struct sdse_lint *lint, unsigned kinds) {
    const char *text = "";
    for (unsigned k = 0; k < SDSE_MAPPED_KINDS; k++)
        if (kinds >> k & 1u)
            text = sdse_lint_text(lint, "%s%s%s", text, *text ? ", " : "",
                                  sdse_layer_kind_name((enum sdse_layer_kind)k));
    return text;
}

void sdse_lint_fanout_kind(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++)
        for (unsigned axis = 0; axis < 2; axis++) {
            const struct sdse_level *level = &lint->arch->level[l];
            const uint32_t length = sdse_axis_length(level, axis);
            unsigned idle = 0;
            for (unsigned k = 0; k < SDSE_MAPPED_KINDS && length > 1; k++)
                if (!sdse_axis_dims(lint->arch, (enum sdse_layer_kind)k, l, axis))
                    idle |= SDSE_BIT(k);
            if (!idle)
                continue;
            const unsigned taken = axis ? level->dims_y : level->dims_x;
            sdse_lint_say(
                lint,
                sdse_lint_place_in(lint, level->fanout_loc, level->group,
                                   axis ? "fanout.dims_y" : "fanout.dims_x"),
                "%c of the fan-out of level '%s' (%" PRIu32
                ") takes %s, which the dataflow and layers of kind %s leave empty: "
                "there %" PRIu32 "/%" PRIu32
                " of the multipliers are idle at best; let another dimension be "
                "spatial there",
                axis ? 'Y' : 'X', level->group, length, sdse_lint_dims(lint, taken),
                kinds_text(lint, idle), length - 1, length);
        }
}

// Of the layers of one kind that leave at least half of the array idle.
struct starved {
    size_t layers, of_kind;
    double cycles; // that these take at least, of one multiplication per cycle
    double macs;
    double most;                   // multipliers that one of them can use
    const struct sdse_layer *best; // that one
};

// "K64 C3 P112 Q112 R7 S7": the bounds above 1.
static const char *bounds_text(struct sdse_lint *lint, const struct sdse_nest *nest) {
    const char *text = "";
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if (nest->bound[d] > 1)
            text = sdse_lint_text(lint, "%s%s%c%" PRIu64, text, *text ? " " : "",
                                  sdse_dim_letters[d], nest->bound[d]);
    return text;
}

// What would let more multipliers work on a layer.
static const char *advice(struct sdse_lint *lint, const struct sdse_layer *layer) {
    unsigned taken = 0, left = 0;
    for (unsigned l = 0; l < lint->arch->level_count; l++)
        for (unsigned axis = 0; axis < 2; axis++)
            taken |= sdse_axis_dims(lint->arch, layer->kind, l, axis);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        left |= layer->nest.bound[d] > 1 && !(taken >> d & 1u) ? SDSE_BIT(d) : 0;
    if (!left)
        return "let its dimensions be spatial in more places";
    return sdse_lint_text(lint, "no fan-out takes %s: let one of them be spatial",
                          sdse_lint_dims(lint, left));
}

static struct sdse_loc widest_fanout(const struct sdse_arch *arch) {
    const struct sdse_level *widest = &arch->level[0];
    for (unsigned l = 1; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        if (children(level) > children(widest))
            widest = level;
    }
    return widest->fanout_loc;
}

void sdse_lint_fanout_idle(struct sdse_lint *lint) {
    const double all = (double)sdse_arch_instances(lint->arch, lint->arch->level_count);
    struct starved of[SDSE_MAPPED_KINDS] = {{0}};
    double cycles = 0, macs = 0;
    for (size_t i = 0; i < lint->net->layer_count; i++) {
        const struct sdse_layer *layer = &lint->net->layers[i];
        if (sdse_layer_moves(layer))
            continue;
        const double work = (double)sdse_layer_macs(layer) * (double)layer->repeat;
        const double most = sdse_most_multipliers(lint->arch, layer);
        struct starved *kind = &of[layer->kind];
        kind->of_kind++;
        cycles += work / most;
        macs += work;
        if (most > all / 2)
            continue;
        kind->layers++;
        kind->cycles += work / most;
        kind->macs += work;
        if (!kind->best || most > kind->most) {
            kind->most = most;
            kind->best = layer;
        }
    }
    for (unsigned k = 0; k < SDSE_MAPPED_KINDS; k++) {
        const struct starved *kind = &of[k];
        // What the idle ones cost: a twentieth of the time, or nobody notices.
        if (!kind->layers || kind->cycles - kind->macs / all < cycles / 20)
            continue;
        sdse_lint_say(
            lint, widest_fanout(lint->arch),
            "%zu of %zu %s layers of %s can have at most %.4g of %.0f "
            "multipliers at work (%.4g %% stay idle; the best of them, %s, is "
            "%s): they take at least %.3g %% of the network's compute cycles "
            "for %.3g %% of its MACs; %s",
            kind->layers, kind->of_kind, sdse_layer_kind_name((enum sdse_layer_kind)k),
            lint->net->name, kind->most, all, 100 * (1 - kind->most / all),
            kind->best->name, bounds_text(lint, &kind->best->nest),
            100 * kind->cycles / cycles, 100 * kind->macs / macs,
            advice(lint, kind->best));
    }
}
