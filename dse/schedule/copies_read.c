// `copies` of a network's mapping: when the shared memory has a copy of a tensor that
// the outermost memory has as well.
#include "dse/residency/copies.h"
#include "dse/schedule/reading.h"
#include "spec/reading.h"
#include "spec/value.h"

static void refuse(struct sdse_schedule_reader *r, const struct sdse_node *node,
                   const char *what, const struct sdse_copy *copy) {
    const size_t maker = r->schedule->placing.tensor[copy->tensor].maker;
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "schedule-copy",
                  "what layer '%.60s' makes %s", r->net->layers[maker].name, what);
}

// The tensor that `of` names.
static bool read_tensor(struct sdse_schedule_reader *r, const struct sdse_node *item,
                        size_t *tensor) {
    const struct sdse_node *node = sdse_node_get(item, "of");
    const struct sdse_placing *placing = &r->schedule->placing;
    size_t layer;
    if (!node) {
        sdse_report_missing(item, "of", r->diags);
        return false;
    }
    if (!sdse_schedule_layer(r, node, "schedule-copy", &layer))
        return false;
    const struct sdse_handed_tensor *made = sdse_handed_by(placing, layer);
    if (made && made->may_share) {
        *tensor = (size_t)(made - placing->tensor);
        return true;
    }
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "schedule-copy",
                  "the outputs of layer '%.60s' cannot be in %.40s: %s",
                  r->net->layers[layer].name, r->memory,
                  made ? "a layer that makes or reads them does not reach it, or reads "
                         "them as weights, which it does not share"
                       : "no layer reads them");
    return false;
}

// The last layer of the group that begins with, or holds, a layer.
static size_t end_of_group(const struct sdse_schedule_reader *r, const bool *inside,
                           size_t layer) {
    while (layer + 1 < r->net->layer_count && inside[layer + 1])
        layer++;
    return layer;
}

static bool reads(const struct sdse_handed_tensor *tensor, size_t layer) {
    bool is = false;
    for (size_t i = 0; i < tensor->use_count; i++)
        is |= tensor->use[i] == layer;
    return is;
}

// Where a copy begins: before a layer, or a group, behind the tensor's maker.
static bool check_from(struct sdse_schedule_reader *r, const struct sdse_node *node,
                       const bool *inside, const struct sdse_copy *copy) {
    const size_t t = copy->tensor, maker = r->schedule->placing.tensor[t].maker;
    const enum sdse_place place = r->schedule->place[t];
    if (maker + 1 < r->net->layer_count && inside[maker + 1])
        refuse(r, node, "is handed over inside its group", copy);
    else if (place == SDSE_PLACE_SHARED)
        refuse(r, node, "is in the shared memory alone, until its last use", copy);
    else if (copy->from == maker && place != SDSE_PLACE_BOTH)
        refuse(r, node,
               "is in the outermost memory alone: say `before:`, or that the outputs "
               "are in both",
               copy);
    else if (copy->from < maker)
        refuse(r, node, "is not made before that layer", copy);
    else if (inside[copy->from] && copy->from != maker)
        refuse(r, node, "cannot come while a group is at work: name its first layer",
               copy);
    else
        return true;
    return false;
}

// Where it ends: with a layer that reads it, the last of its group.
static bool check_until(struct sdse_schedule_reader *r, const struct sdse_node *node,
                        const bool *inside, const struct sdse_copy *copy) {
    const struct sdse_handed_tensor *tensor =
        &r->schedule->placing.tensor[copy->tensor];
    if (copy->from == tensor->maker && copy->until == tensor->maker)
        return true;
    if (copy->until < copy->from || !reads(tensor, copy->until)) {
        refuse(r, node, "is not read by that layer after it comes", copy);
        return false;
    }
    for (size_t l = copy->until + 1; l <= end_of_group(r, inside, copy->until); l++)
        if (reads(tensor, l)) {
            refuse(r, node, "is read once more in the same group: name the last of it",
                   copy);
            return false;
        }
    return true;
}

static void read_item(struct sdse_schedule_reader *r, const struct sdse_node *item,
                      const bool *inside) {
    static const char *const keys[] = {"of", "before", "until"};
    const struct sdse_node *before = sdse_node_get(item, "before"),
                           *until = sdse_node_get(item, "until");
    struct sdse_copies *copies = &r->schedule->copies;
    struct sdse_copy copy;
    if (!sdse_expect_kind(item, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(item, keys, sizeof keys / sizeof *keys, r->diags);
    if (!until)
        sdse_report_missing(item, "until", r->diags);
    if (!read_tensor(r, item, &copy.tensor) || !until)
        return;
    copy.from = r->schedule->placing.tensor[copy.tensor].maker;
    if ((before && !sdse_schedule_layer(r, before, "schedule-copy", &copy.from)) ||
        !sdse_schedule_layer(r, until, "schedule-copy", &copy.until))
        return;
    if (before && copy.from == r->schedule->placing.tensor[copy.tensor].maker) {
        refuse(r, before, "is not made before that layer", &copy);
        return;
    }
    if (check_from(r, before ? before : item, inside, &copy) &&
        check_until(r, until, inside, &copy))
        copies->copy[copies->count++] = copy;
}

// A tensor that is there already does not come once more: since it was made, or since
// another copy began. No copy begins inside a group.
static void refuse_overlaps(struct sdse_schedule_reader *r,
                            const struct sdse_node *node) {
    const struct sdse_copies *copies = &r->schedule->copies;
    const struct sdse_placing *placing = &r->schedule->placing;
    for (size_t i = 0; i < copies->count; i++) {
        const struct sdse_copy *copy = &copies->copy[i];
        const size_t maker = placing->tensor[copy->tensor].maker,
                     first = sdse_copies_first_until(placing, copies, copy->tensor,
                                                     r->schedule->place[copy->tensor]);
        bool there = copy->from != maker && first != maker && first >= copy->from;
        for (size_t j = 0; j < i; j++)
            there |= copies->copy[j].tensor == copy->tensor &&
                     copies->copy[j].until != maker &&
                     copies->copy[j].until >= copy->from;
        for (size_t j = 0; j < i; j++)
            there |= copies->copy[j].tensor == copy->tensor &&
                     copies->copy[j].from == copy->from;
        if (there)
            refuse(r, node, "is in the shared memory already when a copy begins", copy);
    }
}

bool sdse_schedule_read_copies(struct sdse_schedule_reader *r,
                               const struct sdse_node *node, const bool *inside) {
    struct sdse_copies *copies = &r->schedule->copies;
    const size_t errors = r->diags->errors;
    if (!node)
        return true;
    if (!sdse_expect_kind(node, SDSE_NODE_SEQUENCE, r->diags))
        return false;
    if (r->memory_count > 1) {
        sdse_diag_add(
            r->diags, SDSE_ERROR, node->loc, "schedule-copy",
            "tensors are moved into and out of the one memory of '%.80s' that "
            "shares: several do",
            r->arch->name);
        return false;
    }
    copies->copy = SDSE_ARENA_ARRAY(r->arena, struct sdse_copy, node->count + 1);
    r->status = copies->copy ? sdse_placing_add_copies(r->arch, r->net, r->arena,
                                                       &r->schedule->placing)
                             : SDSE_NO_MEMORY;
    if (r->status != SDSE_OK)
        return false;
    sdse_for_each_child (item, node)
        read_item(r, item, inside);
    sdse_copies_sort(copies);
    if (r->diags->errors == errors)
        refuse_overlaps(r, node);
    return r->diags->errors == errors;
}
