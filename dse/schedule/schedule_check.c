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

void sdse_schedule_compare_place(struct sdse_schedule_reader *r,
                                 const struct sdse_node *item, const char *check,
                                 const struct sdse_residence *at,
                                 const struct sdse_held_term *term, size_t count) {
    static const char *const keys[] = {"weights",  "inputs",  "outputs",
                                       "operands", "addends", "reserved_bits"};
    const struct sdse_node *place = sdse_node_get(item, "place");
    const size_t errors = r->diags->errors;
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
        const char *held = sdse_held_text(r->arena, r->net, term, count);
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
    const char *held = sdse_held_text(r->arena, r->net, term, count);
    sdse_diag_add(
        r->diags, SDSE_ERROR, node->loc, "schedule-room",
        "layer '%.60s': %.40s has %" PRIu64 " bits, %.0f too few: %.0f of "
        "its tiles%s%s%s",
        name, r->memory, capacity, all - (double)capacity, taken,
        at->tensors & SDSE_BIT(SDSE_OUTPUTS) ? " and of the place of its outputs" : "",
        count ? " + " : "",
        !count ? ""
        : held ? held
               : "?");
}

bool sdse_schedule_cost(struct sdse_schedule_reader *r, const struct sdse_node *node,
                        const struct sdse_layer *layer, size_t index,
                        const struct sdse_held_term *term, size_t count,
                        const struct sdse_mapping *mapping,
                        struct sdse_map_point *point) {
    const struct sdse_residence *at = layer->residence;
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
        if (at && at->level == level && (at->reserved_bits > 0 || at->tensors))
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
