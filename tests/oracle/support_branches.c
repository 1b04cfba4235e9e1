#include "oracle/support_branches.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "oracle/support_cases.h"

struct made {
    unsigned layer, channels, rows;
};

// The layer that makes what another, which puts out as much, may add to it; UINT_MAX:
// none.
static unsigned find_addend(uint64_t *state, const struct made *made, unsigned count,
                            unsigned channels, unsigned rows) {
    for (unsigned i = 0; i < count; i++)
        if (made[i].channels == channels && made[i].rows == rows &&
            oracle_below(state, 3))
            return made[i].layer;
    return UINT_MAX;
}

// A function of the words of a map, in one of the shapes that they may be written.
static void add_function(uint64_t *state, char *text, unsigned name, unsigned channels,
                         unsigned rows, unsigned columns) {
    char shape[64];
    switch (oracle_below(state, 4)) {
    case 0:
        sprintf(shape, "[%u, %u]", rows, channels * columns);
        break;
    case 1:
        sprintf(shape, "%u", channels * rows * columns);
        break;
    default:
        sprintf(shape, "[%u, %u, %u]", channels, rows, columns);
    }
    sprintf(text, "{name: l%u, kind: %s, in: %s, fused: true}, ", name,
            oracle_below(state, 4) ? "act" : "norm", shape);
}

// A layer that moves words and stands by itself; returns the rows that it makes.
static unsigned add_moving(uint64_t *state, char *text, unsigned name,
                           unsigned channels, unsigned rows, unsigned columns) {
    if (rows > 2 && oracle_below(state, 2)) {
        const unsigned kernel = 2 + (unsigned)oracle_below(state, 2),
                       stride = 1 + (unsigned)oracle_below(state, 2);
        sprintf(text,
                "{name: l%u, kind: pool, in: [%u, %u, %u], kernel: [%u, 1], stride: "
                "[%u, 1]}, ",
                name, channels, rows, columns, kernel, stride);
        return (rows - kernel) / stride + 1;
    }
    sprintf(text, "{name: l%u, kind: %s, in: [%u, %u, %u], fused: false}, ", name,
            oracle_below(state, 2) ? "norm" : "act", channels, rows, columns);
    return rows;
}

const char *chain_network(uint64_t *state, struct sdse_arena *arena) {
    char layers[2048] = "", edges[1024] = "";
    unsigned channels = 1 + (unsigned)oracle_below(state, 2),
             rows = 3 + (unsigned)oracle_below(state, 5);
    const unsigned columns = 1 + (unsigned)oracle_below(state, 2),
                   convolutions = 2 + (oracle_below(state, 3) == 0);
    unsigned count = 0, before = 0;
    struct made made[3]; // by convolutions
    for (unsigned i = 0; i < convolutions; i++) {
        const unsigned kernel = 1 + (unsigned)oracle_below(state, 3),
                       pad = kernel > 1 ? (unsigned)oracle_below(state, 2) : 0,
                       stride = oracle_below(state, 4) == 0 ? 2 : 1,
                       dilation = kernel == 2 && oracle_below(state, 3) == 0 ? 2 : 1,
                       extent = (kernel - 1) * dilation + 1;
        if (rows + 2 * pad < extent)
            break;
        const unsigned out = 1 + (unsigned)oracle_below(state, 2);
        const unsigned made_rows = (rows + 2 * pad - extent) / stride + 1,
                       addend = find_addend(state, made, i ? i - 1 : 0, out, made_rows);
        sprintf(layers + strlen(layers),
                "{name: l%u, kind: conv, in: [%u, %u, %u], out_channels: %u, kernel: "
                "[%u, 1], pad: [%u, 0], stride: [%u, 1], dilation: [%u, 1]%s}, ",
                count, channels, rows, columns, out, kernel, pad, stride, dilation,
                addend < UINT_MAX ? ", addends: 1" : "");
        if (i > 0)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", before, count);
        if (addend < UINT_MAX)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u, as: addend}, ", addend,
                    count);
        before = count++;
        rows = made_rows;
        channels = out;
        made[i] = (struct made){before, channels, rows};
        if (oracle_below(state, 4) == 0)
            add_function(state, layers + strlen(layers), count++, channels, rows,
                         columns);
        if (oracle_below(state, 6) == 0) {
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: act, in: [%u, %u, %u], fused: false}, ", count,
                    channels, rows, columns);
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", before, count);
            // What was made before it is needed again.
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: add, in: [%u, %u, %u], fused: false}, ",
                    count + 1, channels, rows, columns);
            sprintf(edges + strlen(edges),
                    "{from: l%u, to: l%u}, {from: l%u, to: l%u}, ", before, count + 1,
                    count, count + 1);
            before = count + 1;
            count += 2;
        } else if (i + 1 < convolutions && oracle_below(state, 5) == 0) {
            rows = add_moving(state, layers + strlen(layers), count, channels, rows,
                              columns);
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", before, count);
            before = count++;
        }
    }
    return sdse_arena_printf(arena, "{name: n, source: s, layers: [%s], edges: [%s]}",
                             layers, edges);
}

// --- With branches ---

struct branching {
    uint64_t *state;
    char layers[2048], edges[1024];
    unsigned count, columns;
    unsigned maps, read; // of made[]; those that a layer reads already [set]
    struct made made[8];
};

// A map that was made, rather one that nobody reads yet; of `like`'s size unless NULL,
// or of its rows; `maps`: there is none.
static unsigned pick_map(struct branching *b, const struct made *like, bool channels,
                         unsigned but) {
    const unsigned from = (unsigned)oracle_below(b->state, b->maps ? b->maps : 1);
    unsigned found = b->maps;
    for (unsigned i = 0; i < b->maps; i++) {
        const unsigned at = (from + i) % b->maps;
        const struct made *made = &b->made[at];
        if ((but >> at & 1u) || (like && made->rows != like->rows) ||
            (like && channels && made->channels != like->channels))
            continue;
        if (found == b->maps || !(b->read >> at & 1u))
            found = at;
        if (!(b->read >> at & 1u) && oracle_below(b->state, 4))
            break;
    }
    return found;
}

static void add_map(struct branching *b, unsigned channels, unsigned rows) {
    b->made[b->maps++] = (struct made){b->count++, channels, rows};
}

static void add_edge(struct branching *b, unsigned map, const char *use) {
    sprintf(b->edges + strlen(b->edges), "{from: l%u, to: l%u%s}, ", b->made[map].layer,
            b->count, use);
    b->read |= 1u << map;
}

// A convolution of one map, of two that are put together, or of what comes from
// outside.
static bool add_convolution(struct branching *b, bool together) {
    const unsigned one = !b->maps || oracle_below(b->state, 8) == 0
                             ? b->maps
                             : pick_map(b, NULL, false, 0);
    const bool outside = one == b->maps;
    const struct made from =
        outside ? (struct made){0, 1 + (unsigned)oracle_below(b->state, 2),
                                3 + (unsigned)oracle_below(b->state, 4)}
                : b->made[one];
    const unsigned two =
        together && !outside ? pick_map(b, &from, false, 1u << one) : b->maps;
    const unsigned kernel = 1 + (unsigned)oracle_below(b->state, 3),
                   pad = (kernel - 1) / 2,
                   stride = 1 + (oracle_below(b->state, 6) == 0);
    if (from.rows + 2 * pad < kernel)
        return false;
    const unsigned rows = (from.rows + 2 * pad - kernel) / stride + 1,
                   out = 1 + (unsigned)oracle_below(b->state, 2);
    const struct made made = {0, out, rows};
    const unsigned addend =
        oracle_below(b->state, 2) ? pick_map(b, &made, true, 0) : b->maps;
    sprintf(
        b->layers + strlen(b->layers),
        "{name: l%u, kind: conv, in: [%u, %u, %u], out_channels: %u, kernel: [%u, 1], "
        "pad: [%u, 0], stride: [%u, 1]%s}, ",
        b->count, from.channels + (two < b->maps ? b->made[two].channels : 0),
        from.rows, b->columns, out, kernel, pad, stride,
        addend < b->maps ? ", addends: 1" : "");
    if (two < b->maps) {
        sprintf(b->edges + strlen(b->edges),
                "{from: [l%u, l%u], to: l%u, as: concat}, ", from.layer,
                b->made[two].layer, b->count);
        b->read |= 1u << one | 1u << two;
    } else if (!outside) {
        add_edge(b, one, "");
    }
    if (addend < b->maps)
        add_edge(b, addend, ", as: addend");
    add_map(b, out, rows);
    return true;
}

// An addition of two maps, of one and another from outside, or a function of one.
static void add_words(struct branching *b, bool addition) {
    const unsigned one = pick_map(b, NULL, false, 0);
    const struct made from = b->made[one];
    const unsigned two = addition ? pick_map(b, &from, true, 1u << one) : b->maps;
    sprintf(b->layers + strlen(b->layers),
            "{name: l%u, kind: %s, in: [%u, %u, %u], fused: false}, ", b->count,
            addition ? "add" : "act", from.channels, from.rows, b->columns);
    add_edge(b, one, "");
    if (two < b->maps)
        add_edge(b, two, "");
    add_map(b, from.channels, from.rows);
}

const char *branches_network(uint64_t *state, struct sdse_arena *arena) {
    struct branching b = {.state = state, .columns = 1 + (oracle_below(state, 4) == 0)};
    const unsigned most = 3 + (oracle_below(state, 3) == 0);
    while (b.maps < most) {
        const unsigned kind = b.maps ? (unsigned)oracle_below(state, 8) : 0;
        if (kind < 5 && !add_convolution(&b, kind > 2))
            break;
        if (kind >= 5)
            add_words(&b, kind < 7);
        if (b.maps < most && kind < 5 && oracle_below(state, 8) == 0) {
            const struct made *made = &b.made[b.maps - 1];
            add_function(state, b.layers + strlen(b.layers), b.count++, made->channels,
                         made->rows, b.columns);
        }
    }
    return sdse_arena_printf(arena, "{name: n, source: s, layers: [%s], edges: [%s]}",
                             b.layers, b.edges);
}
