// Gating and skipping of what zeros make useless, as engines: operands that are tested,
// and the reads, sums and computations that are left out, in time too if skipped.
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

static const char *const saving_names[SDSE_TL_SAVINGS] = {"gating", "skipping"};

// "target: Inputs, condition_on: [Weights]".
static void take_option(struct sdse_tl *r, const struct sdse_tl_part *part,
                        const struct sdse_node *option, enum sdse_tl_saving saving) {
    const char *name = sdse_tl_word(sdse_node_get(option, "target"));
    const struct sdse_node *conditions = either(option, "condition_on", "condition-on");
    enum sdse_tensor target;
    if (!name || !conditions || !sdse_tl_tensor(r, name, &target)) {
        sdse_tl_refuse(r, option->loc, false, "timeloop-factor",
                       "%s has a target that is a data space, and condition_on",
                       saving_names[saving]);
        return;
    }
    const unsigned tested = sdse_tl_read_tensors(r, conditions);
    char what[80];
    if (!tested || (tested & (SDSE_BIT(SDSE_OUTPUTS) | SDSE_BIT(target)))) {
        snprintf(what, sizeof what, "%s on sums, or on its own target,",
                 saving_names[saving]);
        lose(r, option->loc, what, part);
    } else if (!is_innermost(r, part, target)) {
        snprintf(what, sizeof what, "%s of whole tiles, further out than multipliers,",
                 saving_names[saving]);
        lose(r, option->loc, what, part);
    } else {
        r->gate[saving].by[target] |= tested;
    }
}

// A type and its options, or one option beside it.
static void take_type(struct sdse_tl *r, const struct sdse_tl_part *part,
                      const struct sdse_node *item, bool computes) {
    static const char *const keys[] = {"type",         "options",      "target",
                                       "condition_on", "condition-on", NULL},
                             *const option_keys[] = {"target", "condition_on",
                                                     "condition-on", NULL};
    const char *type = sdse_tl_word(sdse_node_get(item, "type"));
    unsigned saving = 0;
    while (saving < SDSE_TL_SAVINGS &&
           (!type || strcasecmp(type, saving_names[saving]) != 0))
        saving++;
    if (saving == SDSE_TL_SAVINGS) {
        char what[80];
        snprintf(what, sizeof what, "'%.60s'", type ? type : "");
        lose(r, item->loc, what, part);
        return;
    }
    struct sdse_tl_gate *gate = &r->gate[saving];
    if (item->kind == SDSE_NODE_MAPPING)
        sdse_tl_known_keys(r, item, keys, saving_names[saving]);
    if (!gate->loc.file)
        gate->loc = item->loc;
    gate->computes |= computes;
    if (sdse_node_get(item, "target"))
        take_option(r, part, item, (enum sdse_tl_saving)saving);
    sdse_for_each_child (option, sdse_node_get(item, "options")) {
        char what[40];
        snprintf(what, sizeof what, "an option of %s", saving_names[saving]);
        if (option->kind == SDSE_NODE_MAPPING)
            sdse_tl_known_keys(r, option, option_keys, what);
        take_option(r, part, option, (enum sdse_tl_saving)saving);
    }
}

static void take_types(struct sdse_tl *r, const struct sdse_tl_part *part,
                       const struct sdse_node *entry, bool computes) {
    if (entry->kind != SDSE_NODE_SEQUENCE)
        take_type(r, part, entry, computes);
    else
        sdse_for_each_child (item, entry)
            take_type(r, part, item, computes);
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

// Operands that are tested: those of its targets, and of computations all that have
// zeros.
static void find_tested(const struct sdse_tl *r, struct sdse_tl_gate *gate) {
    const unsigned *by = gate->by;
    gate->tested = by[SDSE_WEIGHTS] | by[SDSE_INPUTS] | by[SDSE_OUTPUTS];
    for (unsigned t = SDSE_WEIGHTS; t <= SDSE_INPUTS; t++)
        if (gate->computes && r->problem.density[t] < 1)
            gate->tested |= SDSE_BIT(t);
}

void sdse_tl_settle_gates(struct sdse_tl *r) {
    const unsigned inputs = SDSE_BIT(SDSE_INPUTS), weights = SDSE_BIT(SDSE_WEIGHTS);
    struct sdse_tl_gate *gate = &r->gate[SDSE_TL_GATING],
                        *skip = &r->gate[SDSE_TL_SKIPPING];
    find_tested(r, gate);
    find_tested(r, skip);
    // What is skipped where an operand is zero is not there to be gated.
    gate->tested &= ~skip->tested;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        gate->by[t] &= ~skip->tested;
    if (gate->tested && (gate->by[SDSE_INPUTS] || //
                         gate->by[SDSE_OUTPUTS] != gate->tested ||
                         gate->by[SDSE_WEIGHTS] != (gate->tested & inputs)))
        sdse_tl_refuse(r, gate->loc, true, "timeloop-value",
                       "gating is an engine here that reads weights where the input is "
                       "not zero, if inputs are tested, and does products and sums "
                       "where no tested operand is: what is gated otherwise is not "
                       "counted so");
    if (skip->tested && (skip->by[SDSE_INPUTS] != (skip->tested & weights) ||
                         skip->by[SDSE_WEIGHTS] != (skip->tested & inputs) ||
                         skip->by[SDSE_OUTPUTS] != skip->tested))
        sdse_tl_refuse(
            r, skip->loc, true, "timeloop-value",
            "skipping is engines here that read an operand where the other, "
            "if it is tested, is not zero, and do products and sums where no "
            "tested operand is: what is skipped otherwise is not counted "
            "so");
}

// Of one element each: no lane waits for another, time falls as products do.
void sdse_tl_print_gates(FILE *out, const struct sdse_tl *r) {
    static const char *const names[] = {"weights", "inputs", "both"};
    const unsigned gated = r->gate[SDSE_TL_GATING].tested,
                   skipped = r->gate[SDSE_TL_SKIPPING].tested;
    const char *between = "engines: [";
    if (gated) {
        fprintf(out, "%s{kind: gate, operands: %s, free: true}", between,
                names[gated - 1]);
        between = ",\n          ";
    }
    if (skipped >> SDSE_WEIGHTS & 1u) {
        fprintf(out, "%s{kind: gather, elements: 1, width: 1, free: true}", between);
        between = ",\n          ";
    }
    if (skipped >> SDSE_INPUTS & 1u)
        fprintf(out,
                "%s{kind: skip, operands: inputs, grid_rows: 1, grid_columns: 1, free: "
                "true}",
                between);
    if (gated | skipped)
        fputs("]\n", out);
}
