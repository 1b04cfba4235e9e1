#include "spec/sweep_networks.h"

#include <string.h>

#include "spec/sweep_overrides.h"

// One of the two mappings: its lists, in step.
struct axis {
    size_t begin, end; // of its changes
    size_t length;     // of its lists; 1 = it has none
};

struct expanding {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const struct sdse_sweep_network *from;
    const struct sdse_node ***values; // [change][value]; NULL: it does not vary
    bool out_of_memory;
};

static bool is_size(const struct sdse_network_change *change) {
    static const char *const sizes[] = {
        "m", "n", "k", "repeat", "heads", "kv_heads", "out_channels", "groups"};
    const char *key = change->value->key;
    if (strcmp(key, "batch") == 0)
        return true;
    for (size_t i = 0; change->layer && i < sizeof sizes / sizeof *sizes; i++)
        if (strcmp(key, sizes[i]) == 0)
            return true;
    return false;
}

static bool varies(const struct sdse_network_change *change) {
    return is_size(change) &&
           (change->value->kind == SDSE_NODE_SEQUENCE || sdse_is_range(change->value));
}

// Whether a later change writes the same key.
static bool is_written_over(const struct sdse_network_changes *changes, size_t i) {
    const struct sdse_network_change *change = &changes->changes[i];
    for (size_t j = i + 1; j < changes->count; j++) {
        const struct sdse_network_change *other = &changes->changes[j];
        const bool same_layer = change->layer && other->layer
                                    ? strcmp(change->layer, other->layer) == 0
                                    : change->layer == other->layer;
        if (same_layer && strcmp(change->value->key, other->value->key) == 0)
            return true;
    }
    return false;
}

// The values of a list as nodes that stand where the list does.
static size_t read_values(struct expanding *x, size_t index) {
    const struct sdse_node *list = x->from->changes.changes[index].value;
    const char **texts = NULL;
    size_t count = 0;
    if (!sdse_read_values(x->arena, list, x->diags, &texts, &count)) {
        x->out_of_memory = true;
        return 1;
    }
    const struct sdse_node **nodes =
        SDSE_ARENA_ARRAY(x->arena, const struct sdse_node *, count + 1);
    for (size_t i = 0; nodes && i < count; i++) {
        struct sdse_node *node = SDSE_ARENA_NEW(x->arena, struct sdse_node);
        if (node)
            *node = (struct sdse_node){.kind = SDSE_NODE_SCALAR,
                                       .text = texts[i],
                                       .key = list->key,
                                       .loc = list->loc,
                                       .key_loc = list->key_loc,
                                       .index = list->index,
                                       .parent = list->parent};
        x->out_of_memory |= !node;
        nodes[i] = node;
    }
    x->out_of_memory |= !nodes;
    x->values[index] = nodes;
    if (!count)
        sdse_diag_add(x->diags, SDSE_ERROR, list->key_loc, "override-empty",
                      "'%.80s' lists no value", list->key);
    return count ? count : 1;
}

static void measure_axis(struct expanding *x, struct axis *axis) {
    const struct sdse_network_changes *changes = &x->from->changes;
    const struct sdse_node *first = NULL;
    axis->length = 1;
    for (size_t i = axis->begin; i < axis->end; i++) {
        if (!varies(&changes->changes[i]) || is_written_over(changes, i))
            continue;
        const size_t length = read_values(x, i);
        if (first && length != axis->length)
            sdse_diag_add(
                x->diags, SDSE_ERROR, changes->changes[i].value->key_loc, "zip-length",
                "'%.80s' has %zu values, and '%.80s', in step with it, %zu",
                changes->changes[i].value->key, length, first->key, axis->length);
        if (!first)
            axis->length = length;
        first = first ? first : changes->changes[i].value;
    }
}

// The network with the values `index[0]` and `index[1]` of its two axes.
static void make_network(struct expanding *x, const struct axis axes[2],
                         const size_t index[2], struct sdse_sweep_network *out) {
    const size_t count = x->from->changes.count;
    *out = *x->from;
    out->changes.changes =
        SDSE_ARENA_ARRAY(x->arena, struct sdse_network_change, count + 1);
    out->parameters =
        SDSE_ARENA_ARRAY(x->arena, struct sdse_network_parameter, count + 1);
    if (!out->changes.changes || !out->parameters) {
        x->out_of_memory = true;
        return;
    }
    for (int a = 0; a < 2; a++) {
        for (size_t i = axes[a].begin; i < axes[a].end; i++) {
            struct sdse_network_change *change = &out->changes.changes[i];
            *change = x->from->changes.changes[i];
            if (!x->values[i])
                continue;
            change->value = x->values[i][index[a]];
            if (change->value)
                out->parameters[out->parameter_count++] =
                    (struct sdse_network_parameter){change->layer, change->value->key,
                                                    change->value->text};
        }
    }
}

bool sdse_expand_networks(struct sdse_arena *arena,
                          const struct sdse_sweep_network *from, size_t shared,
                          struct sdse_diags *diags, struct sdse_sweep_network **out,
                          size_t *count) {
    struct axis axes[2] = {{0, shared, 1}, {shared, from->changes.count, 1}};
    struct expanding x = {
        arena, diags, from,
        SDSE_ARENA_ARRAY(arena, const struct sdse_node **, from->changes.count + 1),
        false};
    if (!x.values)
        return false;
    memset(x.values, 0, (from->changes.count + 1) * sizeof *x.values);
    const size_t errors = diags->errors;
    measure_axis(&x, &axes[0]);
    measure_axis(&x, &axes[1]);
    if (diags->errors != errors || x.out_of_memory) // nothing is made of it
        axes[0].length = axes[1].length = 1;
    if (diags->errors != errors)
        memset(x.values, 0, (from->changes.count + 1) * sizeof *x.values);
    *count = axes[0].length * axes[1].length;
    *out = SDSE_ARENA_ARRAY(arena, struct sdse_sweep_network, *count);
    for (size_t i = 0; *out && !x.out_of_memory && i < *count; i++)
        make_network(&x, axes, (const size_t[]){i / axes[1].length, i % axes[1].length},
                     &(*out)[i]);
    return *out && !x.out_of_memory;
}
