// `copies` of a network's mapping: when a memory that shares has a copy of a tensor
// that the outermost memory has as well, and which tensors pass from one that shares to
// another.
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
    bool may_share = false;
    for (unsigned m = 0; made && m < r->memory_count; m++)
        may_share |= made->may_share_in[m];
    if (may_share) {
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
    const bool alone = place != SDSE_PLACE_OUTERMOST && !sdse_place_is_both(place);
    if (maker + 1 < r->net->layer_count && inside[maker + 1])
        refuse(r, node, "is handed over inside its group", copy);
    else if (alone && !copy->source)
        refuse(r, node, "is in the shared memory alone, until its last use", copy);
    else if (copy->from == maker && !sdse_place_is_both(place))
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
    if (copy->source || (copy->from == tensor->maker && copy->until == tensor->maker))
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

// The memory that `to` names; where one shares it need not be said.
static bool read_memory(struct sdse_schedule_reader *r, const struct sdse_node *item,
                        struct sdse_copy *copy) {
    const struct sdse_node *node = sdse_node_get(item, "to");
    const struct sdse_handed_tensor *tensor =
        &r->schedule->placing.tensor[copy->tensor];
    const char *name = NULL;
    if (!node && r->memory_count == 1)
        return true;
    if (!node) {
        sdse_report_missing(item, "to", r->diags);
        return false;
    }
    if (!sdse_read_text(node, r->diags, &name))
        return false;
    copy->memory = sdse_schedule_memory(r, name);
    if (copy->memory == r->memory_count)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "schedule-copy",
                      "no memory that shares is called '%.40s': %.80s", name,
                      r->memory);
    else if (!tensor->may_share_in[copy->memory])
        refuse(
            r, node,
            "cannot be in that memory: a layer that makes or reads it does not reach "
            "it, or reads it as weights, which it does not share",
            copy);
    else
        return true;
    return false;
}

// What passes is on chip already, in a memory that is known once all copies are read;
// until then `source` says that it does.
static void read_item(struct sdse_schedule_reader *r, const struct sdse_node *item,
                      const bool *inside) {
    static const char *const keys[] = {"of", "before", "to", "until"};
    const struct sdse_node *before = sdse_node_get(item, "before"),
                           *until = sdse_node_get(item, "until");
    struct sdse_copies *copies = &r->schedule->copies;
    struct sdse_copy copy = {0};
    if (!sdse_expect_kind(item, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(item, keys, sizeof keys / sizeof *keys, r->diags);
    const bool passes = !until && before && r->memory_count > 1;
    if (!until && !passes)
        sdse_report_missing(item, "until", r->diags);
    if (!read_tensor(r, item, &copy.tensor) || (!until && !passes))
        return;
    const size_t maker = r->schedule->placing.tensor[copy.tensor].maker;
    copy.from = maker;
    if ((before && !sdse_schedule_layer(r, before, "schedule-copy", &copy.from)) ||
        (until && !sdse_schedule_layer(r, until, "schedule-copy", &copy.until)))
        return;
    if (before && copy.from == maker) {
        refuse(r, before, "is not made before that layer", &copy);
        return;
    }
    if (before && !read_memory(r, item, &copy))
        return;
    if (!before && sdse_node_get(item, "to")) {
        refuse(r, sdse_node_get(item, "to"),
               "comes with its maker, whose outputs say where: `to` goes with `before`",
               &copy);
        return;
    }
    const enum sdse_place place = r->schedule->place[copy.tensor];
    if (!before && place)
        copy.memory = sdse_place_memory(place);
    if (passes) {
        copy.source = SDSE_MOST_SHARED + 1;
        copy.until = copy.from;
    }
    if (check_from(r, before ? before : item, inside, &copy) &&
        check_until(r, until ? until : item, inside, &copy))
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
        for (size_t j = 0; j < i; j++) {
            const struct sdse_copy *other = &copies->copy[j];
            if (other->tensor == copy->tensor && !other->source)
                there |= other->from == copy->from ||
                         (other->until != maker && other->until >= copy->from);
        }
        if (there && !copy->source)
            refuse(r, node, "is in the shared memory already when a copy begins", copy);
    }
}

// Where what passes comes from, in the order of layers.
static void find_sources(struct sdse_schedule_reader *r, const struct sdse_node *node) {
    struct sdse_copies *copies = &r->schedule->copies;
    const struct sdse_placing *placing = &r->schedule->placing;
    for (size_t i = 0; i < copies->count; i++) {
        struct sdse_copy *copy = &copies->copy[i];
        if (!copy->source)
            continue;
        const enum sdse_place was = sdse_placing_now(
            placing, r->schedule->place, copies, copy->tensor, copy->from, false);
        if (i && copy[-1].source && copy[-1].tensor == copy->tensor &&
            copy[-1].from == copy->from)
            refuse(r, node, "passes twice before one layer", copy);
        else if (was == SDSE_PLACE_OUTERMOST)
            refuse(r, node,
                   "is in no memory that shares when it is to pass to another one: say "
                   "`until:` of what is brought in",
                   copy);
        else if (sdse_place_memory(was) == copy->memory)
            refuse(r, node, "is in that memory already when it is to pass to it", copy);
        else
            copy->source = 1 + sdse_place_memory(was);
    }
}

// What passes has a place in both memories until all that passes before a layer has.
static void check_room(struct sdse_schedule_reader *r, const struct sdse_node *node,
                       size_t layer) {
    const struct sdse_schedule *schedule = r->schedule;
    for (unsigned m = 0; m < r->memory_count; m++) {
        const double bits = sdse_passing_bits(&schedule->placing, schedule->place,
                                              &schedule->copies, layer, m);
        if (bits > schedule->placing.room_bits[m])
            sdse_diag_add(
                r->diags, SDSE_ERROR, node->loc, "schedule-room",
                "before layer '%.60s' %.40s holds %.0f bits, with what passes "
                "to it, of %.0f",
                r->net->layers[layer].name, r->name[m], bits,
                schedule->placing.room_bits[m]);
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
    if (r->diags->errors == errors)
        find_sources(r, node);
    for (size_t l = 0; l < r->net->layer_count && r->diags->errors == errors; l++)
        check_room(r, node, l);
    return r->diags->errors == errors;
}
