// Lists of factors, permutations, and lists of data spaces.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "import/timeloop/reading.h"

enum { MOST_FACTOR = 1 << 24 };

static void refuse_factor(struct sdse_tl *r, struct sdse_loc loc, const char *text,
                          const char *what) {
    sdse_tl_refuse(r, loc, false, "timeloop-factor", "'%.60s': %s", text, what);
}

// What follows a dimension: "=4", "<=8", "16", or an expression up to a blank or comma;
// "=14,7" with the last pass of an imperfect factor.
static const char *take_factor(struct sdse_tl *r, const char *at, struct sdse_loc loc,
                               const char *whole, const struct sdse_tl_scope *scope,
                               struct sdse_tl_factor *factor) {
    enum sdse_tl_relation relation = SDSE_TL_EQUAL;
    at += strspn(at, " \t");
    if (*at == '<' || *at == '>') {
        relation = *at == '<' ? SDSE_TL_AT_MOST : SDSE_TL_AT_LEAST;
        if (at[1] != '=') {
            refuse_factor(r, loc, whole, "a factor is =, <= or >= a number");
            return NULL;
        }
        at++;
    }
    at += *at == '=';
    at += strspn(at, " \t");
    const size_t length = strcspn(at, " ,\t\n");
    const char *text = sdse_tl_text(r, "%.*s", (int)length, at);
    double value;
    if (!length) {
        refuse_factor(r, loc, whole, "a dimension without a number");
        return NULL;
    }
    if (!sdse_tl_expression(r, text, loc, scope, &value))
        return NULL;
    if (value == -1)
        value = 0; // as version 0.4 writes it
    if (value < 0 || value > MOST_FACTOR || value != (double)(uint64_t)value) {
        refuse_factor(r, loc, whole, "a factor is a whole number");
        return NULL;
    }
    if (factor->given) {
        refuse_factor(r, loc, whole, "a dimension has two factors");
        return NULL;
    }
    *factor = (struct sdse_tl_factor){true, relation, (uint64_t)value, 0};
    at += length;
    if (*at != ',' || !isdigit((unsigned char)at[1]))
        return at;
    char *end;
    factor->residual = strtoull(at + 1, &end, 10);
    if (!factor->residual || factor->residual > factor->value ||
        relation != SDSE_TL_EQUAL || (*end && !strchr(" ,\t\n", *end))) {
        refuse_factor(r, loc, whole, "a last pass is from 1 to its factor");
        return NULL;
    }
    return end;
}

static void take_list(struct sdse_tl *r, const char *text, struct sdse_loc loc,
                      const struct sdse_tl_scope *scope,
                      struct sdse_tl_factors *factors) {
    const char *at = text;
    while (at && *(at += strspn(at, " ,\t\n"))) {
        enum sdse_dim dim = SDSE_N;
        const size_t length = sdse_tl_dim(r, at, &dim);
        if (!length) {
            refuse_factor(r, loc, at, "starts with no dimension of the problem");
            return;
        }
        at = take_factor(r, at + length, loc, text, scope, &factors->of[dim]);
    }
}

void sdse_tl_read_factors(struct sdse_tl *r, const struct sdse_node *node,
                          const struct sdse_tl_scope *scope,
                          struct sdse_tl_factors *factors) {
    const char *text = sdse_tl_word(node);
    if (text)
        take_list(r, text, node->loc, scope, factors);
    sdse_for_each_child (child, node) {
        text = sdse_tl_word(child);
        if (!text)
            refuse_factor(r, child->loc, "an item", "a factor is a text");
        else if (child->key)
            take_list(r, sdse_tl_text(r, "%s=%s", child->key, text), child->loc, scope,
                      factors);
        else
            take_list(r, text, child->loc, scope, factors);
    }
}

static void take_order(struct sdse_tl *r, const char *text, struct sdse_loc loc,
                       unsigned *seen, struct sdse_tl_order *order) {
    while (*(text += strspn(text, " ,\t\n*"))) {
        enum sdse_dim dim = SDSE_N;
        const size_t length = sdse_tl_dim(r, text, &dim);
        if (!length || (*seen >> dim & 1u)) {
            refuse_factor(r, loc, text,
                          length ? "a dimension comes twice in a permutation"
                                 : "starts with no dimension of the problem");
            return;
        }
        *seen |= SDSE_BIT(dim);
        order->dim[order->count++] = (uint8_t)dim;
        text += length;
    }
}

void sdse_tl_read_order(struct sdse_tl *r, const struct sdse_node *node,
                        struct sdse_tl_order *order) {
    unsigned seen = 0;
    const char *text = sdse_tl_word(node);
    *order = (struct sdse_tl_order){0};
    if (text)
        take_order(r, text, node->loc, &seen, order);
    sdse_for_each_child (child, node) {
        text = sdse_tl_word(child);
        if (text)
            take_order(r, text, child->loc, &seen, order);
        else
            refuse_factor(r, child->loc, "an item", "a permutation is of dimensions");
    }
}

static unsigned take_tensor(struct sdse_tl *r, const struct sdse_node *node) {
    const char *name = sdse_tl_word(node);
    enum sdse_tensor tensor;
    if (name && sdse_tl_tensor(r, name, &tensor))
        return SDSE_BIT(tensor);
    sdse_tl_refuse(r, node->loc, false, "timeloop-factor",
                   "'%.60s' is no data space: %s, %s or %s", name ? name : "an item",
                   r->problem.tensor_name[0], r->problem.tensor_name[1],
                   r->problem.tensor_name[2]);
    return 0;
}

unsigned sdse_tl_read_tensors(struct sdse_tl *r, const struct sdse_node *node) {
    unsigned tensors = 0;
    if (node && node->kind == SDSE_NODE_SCALAR && node->text && *node->text)
        tensors = take_tensor(r, node);
    sdse_for_each_child (child, node)
        tensors |= take_tensor(r, child);
    return tensors;
}
