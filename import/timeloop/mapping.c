// Loops of a mapping.
#include <string.h>

#include "base/checked.h"
#include "import/timeloop/reading.h"
#include "spec/digits.h"

static const unsigned all_tensors = SDSE_BIT(SDSE_TENSORS) - 1;

// What a level keeps without a word of the mapping: what its constraints do, and what
// they leave open.
static unsigned keeps_of(const struct sdse_tl_part *part) {
    return all_tensors & ~part->keeps.bypass;
}

static bool refuse(struct sdse_tl *r, struct sdse_loc loc, const char *what,
                   const char *name) {
    sdse_tl_refuse(r, loc, false, "timeloop-factor", "'%.60s': %s", name, what);
    return false;
}

// Adds a loop inside those that are there; one over the same dimension, if it is the
// last, becomes part of it.
static void add_loop(struct sdse_tl *r, struct sdse_loops *loops, enum sdse_dim dim,
                     uint64_t factor, struct sdse_loc loc) {
    if (factor == 1)
        return;
    for (unsigned i = 0; i < loops->count; i++) {
        if (loops->loop[i].dim != dim)
            continue;
        if (i + 1 != loops->count ||
            !sdse_mul_u64(loops->loop[i].factor, factor, &loops->loop[i].factor))
            refuse(r, loc, "loops over it are on both sides of others at one level",
                   (char[2]){sdse_dim_letters[dim], '\0'});
        return;
    }
    loops->loop[loops->count++] = (struct sdse_loop){dim, factor};
}

// What is left of a dimension for a factor of 0: the bound over all other factors.
struct rest {
    uint64_t product[SDSE_DIMS];
    uint64_t *open[SDSE_DIMS]; // the loop's factor, worked out at the end
    struct sdse_loc loc[SDSE_DIMS];
};

// Last passes that imperfect factors are said to have.
enum { MOST_RESIDUALS = 128 };
struct residuals {
    unsigned count;
    struct {
        enum sdse_dim dim;
        unsigned level, where; // as of a digit (spec/digits.h)
        uint64_t factor, last;
        struct sdse_loc loc;
    } item[MOST_RESIDUALS];
};

struct directive {
    const struct sdse_node *node;
    struct sdse_tl_part *part;
    struct sdse_tl_factors factors;
    struct sdse_tl_order order; // all dimensions, innermost first
    unsigned told;              // of these, how many the file gives
    bool split_given;
    uint64_t split;
    bool spatial;
};

static bool read_directive(struct sdse_tl *r, struct directive *d) {
    const struct sdse_node *factors = sdse_node_get(d->node, "factors");
    const struct sdse_node *order = sdse_node_get(d->node, "permutation");
    const struct sdse_node *split = sdse_node_get(d->node, "split");
    static const char *const known[] = {"target",      "type",  "factors",
                                        "permutation", "split", "version"};
    if (factors)
        sdse_tl_read_factors(r, factors, d->part->scope, &d->factors);
    if (order)
        sdse_tl_read_order(r, order, &d->order);
    if (split)
        d->split_given =
            sdse_tl_count(r, split, d->part->scope, 0, SDSE_TL_DIMS, &d->split);
    sdse_for_each_child (entry, d->node)
        if (!entry->key || !sdse_is_among(entry->key, known, 6))
            sdse_tl_refuse(r, entry->key_loc, true, "timeloop-key",
                           "'%.60s' of a directive has no counterpart",
                           entry->key ? entry->key : "an item");
    d->told = d->order.count;
    // Dimensions that a permutation leaves out are outside those it has.
    for (unsigned dim = 0; dim < SDSE_DIMS; dim++) {
        bool has = false;
        for (unsigned i = 0; i < d->order.count; i++)
            has |= d->order.dim[i] == dim;
        if (!has)
            d->order.dim[d->order.count++] = (uint8_t)dim;
        const struct sdse_tl_factor *factor = &d->factors.of[dim];
        if (factor->given && factor->relation != SDSE_TL_EQUAL)
            return refuse(r, d->node->loc, "a mapping has numbers, no limits",
                          d->part->name);
    }
    return true;
}

// Loops of a directive, outermost first, at the level they belong to.
static void take_loops(struct sdse_tl *r, struct directive *d, struct rest *rest,
                       struct residuals *residuals) {
    const struct sdse_tl_part mesh = sdse_tl_below(r, d->part);
    const int at = d->spatial ? mesh.above : (int)(d->part - r->part);
    if (at < 0 || r->part[at].kind != SDSE_TL_STORAGE) {
        for (unsigned dim = 0; dim < SDSE_DIMS; dim++)
            if (d->factors.of[dim].given && d->factors.of[dim].value != 1)
                refuse(r, d->node->loc, "has no loops of this kind", d->part->name);
        return;
    }
    struct sdse_mapping_level *level = &r->mapping.level[r->part[at].level];
    for (unsigned i = d->order.count; i-- > 0;) {
        const enum sdse_dim dim = (enum sdse_dim)d->order.dim[i];
        const struct sdse_tl_factor *factor = &d->factors.of[dim];
        if (!factor->given || factor->value == 1)
            continue;
        struct sdse_tl_order told = d->order;
        told.count = d->told;
        struct sdse_loops *loops =
            !d->spatial ? &level->temporal
                        : &level->spatial[sdse_tl_axis(&mesh, &told, d->split_given,
                                                       d->split, dim)];
        if (factor->residual && residuals->count < MOST_RESIDUALS) {
            const unsigned where = loops == &level->temporal ? 0
                                   : loops == level->spatial ? 1
                                                             : 2;
            residuals->item[residuals->count].dim = dim;
            residuals->item[residuals->count].level = r->part[at].level;
            residuals->item[residuals->count].where = where;
            residuals->item[residuals->count].factor = factor->value;
            residuals->item[residuals->count].last = factor->residual;
            residuals->item[residuals->count++].loc = d->node->loc;
        }
        if (factor->value == 0) {
            const unsigned before = loops->count;
            add_loop(r, loops, dim, 2, d->node->loc); // worked out at the end
            if (rest->open[dim] || loops->count == before) {
                refuse(r, d->node->loc, "two loops take what is left of a dimension",
                       d->part->name);
                continue;
            }
            rest->open[dim] = &loops->loop[before].factor;
            rest->loc[dim] = d->node->loc;
            continue;
        }
        for (unsigned l = 0; l < loops->count; l++)
            if (rest->open[dim] == &loops->loop[l].factor)
                refuse(r, d->node->loc, "a loop beside one that takes what is left",
                       d->part->name);
        add_loop(r, loops, dim, factor->value, d->node->loc);
        if (!sdse_mul_u64(rest->product[dim], factor->value, &rest->product[dim]))
            refuse(r, d->node->loc, "factors beyond 64 bits", d->part->name);
    }
}

// What the directives of one part have said so far.
struct said {
    bool loops[2];         // temporal, spatial
    unsigned keep, bypass; // sets of tensors
};

static void take_keeps(struct sdse_tl *r, const struct sdse_tl_part *part,
                       const struct sdse_node *node, struct said *said) {
    if (part->kind != SDSE_TL_STORAGE)
        return; // the front end's containers keep nothing
    const struct sdse_node *keep = sdse_node_get(node, "keep");
    const struct sdse_node *bypass = sdse_node_get(node, "bypass");
    unsigned *keeps = &r->mapping.keeps[part->level];
    if (keep)
        said->keep |= sdse_tl_read_tensors(r, keep);
    if (bypass)
        said->bypass |= sdse_tl_read_tensors(r, bypass);
    if (said->keep & said->bypass)
        refuse(r, node->loc, "the same is kept and bypasses", part->name);
    *keeps = (*keeps | said->keep) & ~said->bypass;
    if (*keeps & ~keeps_of(part))
        refuse(r, node->loc, "keeps what its constraints let pass", part->name);
}

static void take_rest(struct sdse_tl *r, const struct rest *rest) {
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        if (!rest->open[d])
            continue;
        const uint64_t bound = r->problem.bound[d];
        *rest->open[d] = bound / rest->product[d] ? bound / rest->product[d] : 1;
        if (bound % rest->product[d])
            refuse(r, rest->loc[d], "the other factors do not divide its bound",
                   (char[2]){sdse_dim_letters[d], '\0'});
    }
}

// Last passes follow from the factors and the bound: those that are said must be these.
static void check_residuals(struct sdse_tl *r, const struct residuals *residuals) {
    for (unsigned i = 0; i < residuals->count; i++) {
        const enum sdse_dim dim = residuals->item[i].dim;
        struct sdse_digit digits[SDSE_MAX_DIGITS];
        bool fits, found = false;
        const unsigned count =
            sdse_mapping_digits(&r->mapping, dim, r->problem.bound[dim], digits, &fits);
        for (unsigned d = 0; d < count; d++)
            found |= digits[d].level == residuals->item[i].level &&
                     digits[d].where == residuals->item[i].where &&
                     digits[d].factor == residuals->item[i].factor &&
                     digits[d].last == residuals->item[i].last;
        if (!fits || !found)
            refuse(r, residuals->item[i].loc,
                   fits ? "the last pass of an imperfect factor is another, or its "
                          "loop is joined with one beside it"
                        : "factors that do not make its bound",
                   (char[2]){sdse_dim_letters[dim], '\0'});
    }
}

// A directive's part and type; false after a diagnostic.
static bool read_target(struct sdse_tl *r, const struct sdse_node *node,
                        struct sdse_tl_part **part, const char **type) {
    const char *target = sdse_tl_word(sdse_node_get(node, "target"));
    *type = sdse_tl_word(sdse_node_get(node, "type"));
    *part = target ? sdse_tl_part_of(r, target) : NULL;
    if (!*part || !*type)
        return refuse(r, node->loc,
                      "a directive needs a target that is a node, and a "
                      "type",
                      target ? target : "");
    return true;
}

void sdse_tl_read_mapping(struct sdse_tl *r) {
    static const char *const keeps[] = {"dataspace", "datatype", "bypass"};
    const struct sdse_node *list = r->section[SDSE_TL_MAPPING].node[0];
    struct rest rest = {0};
    struct residuals residuals = {0};
    if (!r->problem.given || list->kind != SDSE_NODE_SEQUENCE) {
        refuse(r, list->loc, "a list of directives, of a problem that is given too",
               "mapping");
        return;
    }
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        rest.product[d] = 1;
    r->mapping.level_count = r->level_count;
    for (unsigned l = 0; l < r->level_count; l++)
        r->mapping.keeps[l] = keeps_of(&r->part[r->level_part[l]]);
    // Parts from outside: where two share a level their loops come in this order.
    for (unsigned i = 0; i < r->part_count; i++) {
        struct said said = {0};
        for
            SDSE_EACH_CHILD(node, list) {
                struct directive d = {.node = node};
                const char *type;
                const char *target = sdse_tl_word(sdse_node_get(node, "target"));
                d.part = target ? sdse_tl_part_of(r, target) : NULL;
                if ((d.part ? d.part : r->part) != &r->part[i] ||
                    !read_target(r, node, &d.part, &type))
                    continue;
                d.spatial = strcmp(type, "spatial") == 0;
                if (sdse_is_among(type, keeps, 3))
                    take_keeps(r, d.part, node, &said);
                else if (!d.spatial && strcmp(type, "temporal") != 0)
                    refuse(r, node->loc, "no type of directive", type);
                else if (said.loops[d.spatial])
                    refuse(r, node->loc, "has a directive of this type already",
                           target);
                else if (read_directive(r, &d))
                    take_loops(r, &d, &rest, &residuals);
                said.loops[d.spatial] |= !sdse_is_among(type, keeps, 3);
            }
    }
    take_rest(r, &rest);
    check_residuals(r, &residuals);
    r->mapped = true;
}
