// What a network's mapping says against what follows from the rest of it.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "dse/schedule/reading.h"
#include "spec/reading.h"
#include "spec/value.h"

// --- Places ---

static const char *place_word(const struct sdse_schedule_reader *r,
                              const struct sdse_residence *at,
                              enum sdse_tensor tensor) {
    if (!(at->tensors >> tensor & 1u))
        return "outer";
    return tensor == SDSE_OUTPUTS && at->writes_through ? "both" : r->memory;
}

static void compare_tensor(struct sdse_schedule_reader *r, const struct sdse_node *item,
                           const char *check, const struct sdse_residence *at,
                           enum sdse_tensor tensor) {
    const char *key = sdse_tensor_words[tensor], *is = place_word(r, at, tensor),
               *said = "outer";
    const struct sdse_node *place = sdse_node_get(item, "place"),
                           *node = sdse_node_get(place, key);
    if (node && !sdse_read_text(node, r->diags, &said))
        return;
    if (strcmp(said, r->arch->level[0].name) == 0)
        said = "outer";
    if (strcmp(said, is) != 0)
        sdse_diag_add(r->diags, SDSE_ERROR,
                      node    ? node->loc
                      : place ? place->loc
                              : item->loc,
                      check,
                      "%s: %.40s is said, %.40s follows from the rest of the file", key,
                      said, is);
}

static void compare_count(struct sdse_schedule_reader *r, const struct sdse_node *place,
                          const char *check, const char *key, uint32_t count,
                          uint32_t unsaid) {
    const struct sdse_node *node = sdse_node_get(place, key);
    uint32_t said = unsaid;
    if (node && !sdse_read_u32(node, 0, 1u << 20, r->diags, &said))
        return;
    if (said != count)
        sdse_diag_add(r->diags, SDSE_ERROR, node ? node->loc : place->loc, check,
                      "%s: %" PRIu32 " are there, not %" PRIu32, key, count, said);
}

// What is in one of several memories, "weights, outputs and outer, 2 maps".
static const char *part_text(const struct sdse_schedule_reader *r,
                             const struct sdse_residence *at) {
    const char *text = "";
    for (unsigned t = 0; t < SDSE_TENSORS && text; t++)
        if (at->tensors >> t & 1u)
            text = sdse_arena_printf(
                r->arena, "%s%s%s%s", text, *text ? ", " : "", sdse_tensor_words[t],
                t == SDSE_OUTPUTS && at->writes_through ? " that also go outside" : "");
    if (text && at->tensors & SDSE_BIT(SDSE_INPUTS) && at->operands > 1)
        text = sdse_arena_printf(r->arena, "%s (%" PRIu32 " operands)", text,
                                 at->operands);
    if (text && at->addends)
        text = sdse_arena_printf(r->arena, "%s%s%" PRIu32 " addends", text,
                                 *text ? ", " : "", at->addends);
    return !text ? "?" : *text ? text : "nothing";
}

// Where several memories share: what is said of each, read as a file of one layer is,
// which may be of weights too: a group keeps them.
static void compare_parts(struct sdse_schedule_reader *r, const struct sdse_node *item,
                          const char *check, const struct sdse_residence *at,
                          const struct sdse_held_term *term, size_t count) {
    const struct sdse_node *place = sdse_node_get(item, "place");
    struct sdse_placement said;
    if (!sdse_read_known_place(place, r->arch, r->diags, &said))
        return;
    const struct sdse_loc loc = place ? place->loc : item->loc;
    for (unsigned m = 0; m < r->memory_count; m++) {
        const struct sdse_residence *is = &at[m];
        // Without a place nothing is anywhere.
        const struct sdse_residence one =
            place ? said.residence[m] : (struct sdse_residence){.level = 0};
        const bool counts =
            is->tensors & SDSE_BIT(SDSE_INPUTS) && sdse_node_get(place, "operands");
        if (one.tensors != is->tensors || one.addends != is->addends ||
            one.writes_through != is->writes_through ||
            (counts && one.operands != is->operands))
            sdse_diag_add(r->diags, SDSE_ERROR, loc, check,
                          "in %.40s: %s is said, %s follows from the rest of the file",
                          r->name[m], part_text(r, &one), part_text(r, is));
        else if (place && (one.reserved_bits < is->reserved_bits ||
                           one.reserved_bits > is->reserved_bits)) {
            const char *held = sdse_held_text(r->arena, r->net, term, count, m);
            sdse_diag_add(r->diags, SDSE_ERROR, loc, check,
                          "%.0f bits are said to be reserved in %.40s, %.0f are: %s",
                          one.reserved_bits, r->name[m], is->reserved_bits,
                          held ? held : "?");
        }
    }
}

void sdse_schedule_compare_place(struct sdse_schedule_reader *r,
                                 const struct sdse_node *item, const char *check,
                                 const struct sdse_residence *at,
                                 const struct sdse_held_term *term, size_t count) {
    static const char *const keys[] = {"weights",  "inputs",  "outputs",
                                       "operands", "addends", "reserved_bits"};
    const struct sdse_node *place = sdse_node_get(item, "place");
    const size_t errors = r->diags->errors;
    if (r->memory_count > 1) {
        compare_parts(r, item, check, at, term, count);
        return;
    }
    if (place && !sdse_expect_kind(place, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(place, keys, sizeof keys / sizeof *keys, r->diags);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        compare_tensor(r, item, check, at, (enum sdse_tensor)t);
    if (r->diags->errors != errors)
        return;
    if (place && at->tensors & SDSE_BIT(SDSE_INPUTS))
        compare_count(r, place, check, "operands", at->operands, at->operands);
    if (place)
        compare_count(r, place, check, "addends", at->addends, 0);
    const struct sdse_node *bits = sdse_node_get(place, "reserved_bits");
    double said;
    if (!bits || !sdse_read_double(bits, 0, 1e18, r->diags, &said))
        return;
    if (said < at->reserved_bits || said > at->reserved_bits) {
        const char *held = sdse_held_text(r->arena, r->net, term, count, 0);
        sdse_diag_add(r->diags, SDSE_ERROR, bits->loc, check,
                      "%.0f bits are said to be reserved in %.40s, %.0f are: %s", said,
                      r->memory, at->reserved_bits, held ? held : "?");
    }
}

// --- Cost ---

static void refuse_tiles(struct sdse_schedule_reader *r, const struct sdse_node *node,
                         const struct sdse_model *model,
                         const struct sdse_mapping *mapping, unsigned at,
                         const char *name) {
    const struct sdse_level *level = &r->arch->level[at];
    sdse_diag_add(
        r->diags, SDSE_ERROR, node->loc, "schedule-room",
        "layer '%.60s': its tiles in %.40s take %.0f bits, but %" PRIu64 " fit", name,
        level->name, sdse_mapping_taken_bits(model, mapping, at), level->capacity_bits);
}

// What does not fit into the memory that layers share, term by term.
static void refuse_room(struct sdse_schedule_reader *r, const struct sdse_node *node,
                        const struct sdse_model *model,
                        const struct sdse_mapping *mapping,
                        const struct sdse_residence *at,
                        const struct sdse_held_term *term, size_t count,
                        const char *name) {
    const uint64_t capacity = r->arch->level[at->level].capacity_bits;
    const double taken = sdse_mapping_taken_bits(model, mapping, at->level),
                 all = taken + at->reserved_bits;
    unsigned m = 0;
    while (r->level[m] != at->level)
        m++;
    const char *held = sdse_held_text(r->arena, r->net, term, count, m);
    const bool holds = at->reserved_bits > 0;
    sdse_diag_add(
        r->diags, SDSE_ERROR, node->loc, "schedule-room",
        "layer '%.60s': %.40s has %" PRIu64 " bits, %.0f too few: %.0f of "
        "its tiles%s%s%s",
        name, r->name[m], capacity, all - (double)capacity, taken,
        at->tensors & SDSE_BIT(SDSE_OUTPUTS) ? " and of the place of its outputs" : "",
        holds ? " + " : "",
        !holds ? ""
        : held ? held
               : "?");
}

bool sdse_schedule_cost(struct sdse_schedule_reader *r, const struct sdse_node *node,
                        const struct sdse_layer *layer, size_t index,
                        const struct sdse_held_term *term, size_t count,
                        const struct sdse_mapping *mapping,
                        struct sdse_map_point *point) {
    const struct sdse_residence *at;
    struct sdse_model *model;
    unsigned level = 0;
    const enum sdse_status status = sdse_model_new(
        r->arch, layer, r->request->residency.layer[index].form, r->arena, &model);
    if (status != SDSE_OK) {
        r->status = status;
        return false;
    }
    switch (sdse_mapping_verdict(model, mapping, &level)) {
    case SDSE_VALID:
        break;
    case SDSE_TOO_BIG:
        at = sdse_residence_at(layer->residence, level);
        if (at && (at->reserved_bits > 0 || at->tensors))
            refuse_room(r, node, model, mapping, at, term, count, layer->name);
        else
            refuse_tiles(r, node, model, mapping, level, layer->name);
        return false;
    case SDSE_NOT_COVERED:
    case SDSE_FANOUT: // said where the mapping was read
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "schedule-room",
                      "layer '%.60s': its factors do not fit it", layer->name);
        return false;
    }
    point->mapping = *mapping;
    point->totals = sdse_evaluate(model, mapping);
    if (isnan(point->totals.energy_pj)) {
        r->status = SDSE_NO_MEMORY;
        return false;
    }
    if (point->totals.strain > 1) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "schedule-life",
                      "layer '%.60s': tiles live %.3g times as long as their memory "
                      "allows",
                      layer->name, point->totals.strain);
        return false;
    }
    return true;
}
