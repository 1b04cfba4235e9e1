// Gating of what zeros make useless, as an engine: operands that are tested, and the
// reads, sums and computations that are left out.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import/timeloop/reading.h"

// What is lost: an engine says it by hand.
static void lose(struct sdse_tl *r, struct sdse_loc loc, const char *what,
                 const struct sdse_tl_part *part) {
    sdse_tl_refuse(r, loc, true, "timeloop-key",
                   "%s of '%.60s' is lost: an engine says it here (docs/formats.md, "
                   "Engines)",
                   what, part->name);
}

// Whether no storage further inside keeps the tensor.
static bool is_innermost(const struct sdse_tl *r, const struct sdse_tl_part *part,
                         enum sdse_tensor tensor) {
    for (const struct sdse_tl_part *inside = part + 1; inside < r->part + r->part_count;
         inside++)
        if (inside->kind == SDSE_TL_STORAGE &&
            !((inside->keeps.bypass | inside->passed) >> tensor & 1u))
            return false;
    return true;
}

static const struct sdse_node *either(const struct sdse_node *node, const char *key,
                                      const char *older) {
    const struct sdse_node *found = sdse_node_get(node, key);
    return found ? found : sdse_node_get(node, older);
}

static void take_option(struct sdse_tl *r, const struct sdse_tl_part *part,
                        const struct sdse_node *option) {
    static const char *const keys[] = {"target", "condition_on", "condition-on", NULL};
    const char *name = sdse_tl_word(sdse_node_get(option, "target"));
    const struct sdse_node *conditions = either(option, "condition_on", "condition-on");
    enum sdse_tensor target;
    if (option->kind == SDSE_NODE_MAPPING)
        sdse_tl_known_keys(r, option, keys, "an option of gating");
    if (!name || !conditions || !sdse_tl_tensor(r, name, &target)) {
        sdse_tl_refuse(r, option->loc, false, "timeloop-factor",
                       "gating has a target that is a data space, and condition_on");
        return;
    }
    const unsigned tested = sdse_tl_read_tensors(r, conditions);
    if (!tested || (tested & (SDSE_BIT(SDSE_OUTPUTS) | SDSE_BIT(target))))
        lose(r, option->loc, "gating on sums, or on its own target,", part);
    else if (!is_innermost(r, part, target))
        lose(r, option->loc, "gating of whole tiles, further out than multipliers,",
             part);
    else
        r->gate.by[target] |= tested;
}

static void take_types(struct sdse_tl *r, const struct sdse_tl_part *part,
                       const struct sdse_node *entry, bool computes) {
    static const char *const keys[] = {"type", "options", NULL};
    const struct sdse_node *first =
        entry->kind == SDSE_NODE_SEQUENCE ? entry->first : entry;
    for (const struct sdse_node *item = first; item;
         item = item == entry ? NULL : item->next) {
        const char *type = sdse_tl_word(sdse_node_get(item, "type"));
        if (!type || strcasecmp(type, "gating") != 0) {
            char what[80];
            snprintf(what, sizeof what, "'%.60s'", type ? type : "");
            lose(r, item->loc, what, part);
            continue;
        }
        if (item->kind == SDSE_NODE_MAPPING)
            sdse_tl_known_keys(r, item, keys, "gating");
        if (!r->gate.loc.file)
            r->gate.loc = item->loc;
        r->gate.computes |= computes;
        sdse_for_each_child (option, sdse_node_get(item, "options"))
            take_option(r, part, option);
    }
}

bool sdse_tl_read_gating(struct sdse_tl *r, const struct sdse_tl_part *part,
                         const struct sdse_node *entry) {
    const char *key = entry->key ? entry->key : "";
    const bool computes = strcmp(key, "compute_optimization") == 0 ||
                          strcmp(key, "compute-optimization") == 0;
    if (!computes && strcmp(key, "action_optimization") != 0 &&
        strcmp(key, "action-optimization") != 0)
        return false;
    if (computes != (part->kind == SDSE_TL_COMPUTE) || !r->problem.given)
        lose(r, entry->loc, "what zeros save", part);
    else
        take_types(r, part, entry, computes);
    return true;
}

void sdse_tl_settle_gate(struct sdse_tl *r) {
    struct sdse_tl_gate *gate = &r->gate;
    const unsigned *by = gate->by, inputs = SDSE_BIT(SDSE_INPUTS);
    gate->tested = by[SDSE_WEIGHTS] | by[SDSE_INPUTS] | by[SDSE_OUTPUTS];
    for (unsigned t = SDSE_WEIGHTS; t <= SDSE_INPUTS; t++)
        if (gate->computes && r->problem.density[t] < 1)
            gate->tested |= SDSE_BIT(t);
    if (gate->tested && (by[SDSE_INPUTS] || by[SDSE_OUTPUTS] != gate->tested ||
                         by[SDSE_WEIGHTS] != (gate->tested & inputs)))
        sdse_tl_refuse(r, gate->loc, true, "timeloop-value",
                       "gating is an engine here that reads weights where the input is "
                       "not zero, if inputs are tested, and does products and sums "
                       "where no tested operand is: what is gated otherwise is not "
                       "counted so");
}

void sdse_tl_print_gate(FILE *out, const struct sdse_tl *r) {
    static const char *const names[] = {"weights", "inputs", "both"};
    if (r->gate.tested)
        fprintf(out, "engines: [{kind: gate, operands: %s, free: true}]\n",
                names[r->gate.tested - 1]);
}
