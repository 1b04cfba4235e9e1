// Equations of layers: O[b][k][oy][ox] += W[k][c][fy][fx] * I[b][c][iy][ix].
#include "import/zigzag/equation.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "spec/value.h"

// --- Text ---

static void skip_blanks(const char **at) { *at += strspn(*at, " \t"); }

static bool take(const char **at, char c) {
    skip_blanks(at);
    if (**at != c)
        return false;
    ++*at;
    return true;
}

// A name in lower case; empty if there is none.
static bool take_name(const char **at, char name[SDSE_ZZ_NAME]) {
    size_t length = 0;
    skip_blanks(at);
    while (isalnum((unsigned char)**at) || **at == '_') {
        if (length + 1 == SDSE_ZZ_NAME)
            return false;
        name[length++] = (char)tolower((unsigned char)*(*at)++);
    }
    name[length] = '\0';
    return true;
}

static bool take_term(const char **at, struct sdse_zz_term *term) {
    *term = (struct sdse_zz_term){0};
    skip_blanks(at);
    if (!isupper((unsigned char)**at))
        return false;
    term->tensor = *(*at)++;
    while (take(at, '[')) {
        char name[SDSE_ZZ_NAME];
        if (!take_name(at, name) || !take(at, ']') || term->count == SDSE_ZZ_LOOPS)
            return false;
        if (*name)
            strcpy(term->index[term->count++], name);
    }
    return true;
}

static bool has_index(const struct sdse_zz_term *term, const char *name) {
    for (unsigned i = 0; i < term->count; i++)
        if (strcmp(term->index[i], name) == 0)
            return true;
    return false;
}

static bool parse_equation(const char *text, struct sdse_zz_equation *equation) {
    struct sdse_zz_term left, first, second;
    const char *at = text;
    if (!take_term(&at, &left))
        return false;
    (void)take(&at, '+');
    if (!take(&at, '=') || !take_term(&at, &first))
        return false;
    equation->multiplies = take(&at, '*');
    if ((!equation->multiplies && !take(&at, '+')) || !take_term(&at, &second))
        return false;
    skip_blanks(&at);
    const bool weights_first = first.tensor == 'W';
    equation->outputs = left;
    equation->weights = weights_first ? first : second;
    equation->inputs = weights_first ? second : first;
    return !*at && left.tensor == 'O' && equation->weights.tensor == 'W' &&
           equation->inputs.tensor == 'I';
}

// "2*ox" or "ox".
static bool take_product(const char **at, uint32_t *times, char name[SDSE_ZZ_NAME]) {
    *times = 1;
    skip_blanks(at);
    if (isdigit((unsigned char)**at)) {
        unsigned value = 0;
        for (; isdigit((unsigned char)**at); ++*at) {
            value = value * 10 + (unsigned)(**at - '0');
            if (value > 65536)
                return false;
        }
        *times = value;
        if (!take(at, '*'))
            return false;
    }
    return take_name(at, name) && *name && *times >= 1;
}

static bool parse_relation(const char *text, struct sdse_zz_relation *relation) {
    const char *at = text;
    const bool good =
        take_name(&at, relation->index) && *relation->index && take(&at, '=') &&
        take_product(&at, &relation->times[0], relation->of[0]) && take(&at, '+') &&
        take_product(&at, &relation->times[1], relation->of[1]);
    skip_blanks(&at);
    return good && !*at;
}

bool sdse_zz_read_equation(struct sdse_foreign *foreign, const struct sdse_node *layer,
                           struct sdse_zz_equation *equation) {
    *equation = (struct sdse_zz_equation){.relation_count = 0};
    const struct sdse_node *node = sdse_node_get(layer, "equation");
    const char *text = sdse_foreign_text(foreign, layer, "equation", "");
    if (!parse_equation(text, equation)) {
        sdse_foreign_refuse(foreign, node ? node->loc : layer->loc, false,
                            "zigzag-equation",
                            "'%.80s' is no equation of O, W and I: expected "
                            "'O[b][k]+=W[k][c]*I[b][c]'",
                            text);
        return false;
    }
    struct sdse_zz_relation found[2];
    unsigned count = 0;
    const struct sdse_node *relations = sdse_node_get(layer, "dimension_relations");
    sdse_for_each_child (item, relations) {
        const char *relation = sdse_node_as_text(item);
        const bool good =
            count < 2 && relation && parse_relation(relation, &found[count]);
        if (!good || !has_index(&equation->inputs, found[count].index)) {
            sdse_foreign_refuse(foreign, item->loc, false, "zigzag-equation",
                                "'%.60s': expected an index of I, as 'ix=2*ox+1*fx', "
                                "at most two of them",
                                relation ? relation : "");
            return false;
        }
        count++;
    }
    // In the order of the inputs' indices: rows, columns.
    for (unsigned i = 0; i < equation->inputs.count; i++)
        for (unsigned r = 0; r < count; r++)
            if (strcmp(found[r].index, equation->inputs.index[i]) == 0 &&
                equation->relation_count < 2)
                equation->relation[equation->relation_count++] = found[r];
    return true;
}

// --- What the loops are ---

struct loop {
    const char *name; // as the file has it
    char index[SDSE_ZZ_NAME];
    uint64_t size;
    struct sdse_loc loc;
};

static bool read_loop_list(struct sdse_foreign *foreign, const struct sdse_node *node,
                           struct loop loops[SDSE_ZZ_LOOPS], unsigned *count) {
    const struct sdse_node *names = sdse_node_get(node, "loop_dims"),
                           *sizes = sdse_node_get(node, "loop_sizes");
    *count = 0;
    if (!names || !sizes || names->count != sizes->count ||
        names->count > SDSE_ZZ_LOOPS) {
        sdse_foreign_refuse(foreign, node->loc, false, "zigzag-loops",
                            "a layer needs `loop_dims` and `loop_sizes`, as many, at "
                            "most %d",
                            SDSE_ZZ_LOOPS);
        return false;
    }
    bool good = true;
    sdse_for_each_child (name, names) {
        struct loop *loop = &loops[(*count)++];
        const char *text = sdse_node_as_text(name), *at = text;
        *loop = (struct loop){.name = text, .size = 1, .loc = name->loc};
        if (!text || !take_name(&at, loop->index) || *at || !*loop->index) {
            sdse_foreign_refuse(foreign, name->loc, false, "zigzag-loops",
                                "'%.60s' is no name of a loop", text ? text : "");
            good = false;
        }
        good &= sdse_read_u64(sdse_node_at(sizes, name->index), 1, UINT64_C(1) << 40,
                              foreign->diags, &loop->size);
        for (unsigned other = 0; other + 1 < *count; other++) {
            if (strcmp(loops[other].index, loop->index) != 0)
                continue;
            sdse_foreign_refuse(foreign, name->loc, false, "zigzag-loops",
                                "'%.60s' is there twice", text);
            good = false;
        }
    }
    foreign->failed |= !good;
    return good;
}

// The relation that a loop is part of, and which part; -1: none.
static int find_relation(const struct sdse_zz_equation *equation, const char *index,
                         unsigned *part) {
    for (unsigned r = 0; r < equation->relation_count; r++)
        for (*part = 0; *part < 2; ++*part)
            if (strcmp(equation->relation[r].of[*part], index) == 0)
                return (int)r;
    return -1;
}

// The dimension that a loop is; false if there is none.
static bool classify(const struct sdse_zz_equation *equation, const struct loop *loop,
                     bool pools, struct sdse_zz_layer *layer, enum sdse_dim *dim) {
    const bool in_outputs = has_index(&equation->outputs, loop->index),
               in_weights = has_index(&equation->weights, loop->index);
    unsigned part;
    const int relation = find_relation(equation, loop->index, &part);
    const bool in_inputs = has_index(&equation->inputs, loop->index);
    if (relation >= 0) {
        // A window along one axis is columns.
        const unsigned axis = equation->relation_count == 2 ? (unsigned)relation : 1;
        const uint32_t times = equation->relation[relation].times[part];
        if (in_inputs || in_outputs == in_weights)
            return false;
        *dim = (enum sdse_dim)((in_outputs ? SDSE_P : SDSE_R) + axis);
        if (in_outputs)
            layer->nest.stride[axis] = times;
        else
            layer->nest.dilation[axis] = times;
        return true;
    }
    if (in_outputs && in_inputs && in_weights)
        *dim = SDSE_G;
    else if (in_outputs && in_weights)
        *dim = SDSE_K;
    else if (in_inputs && in_weights)
        *dim = SDSE_C;
    else if (!in_outputs || !in_inputs)
        return false;
    else if (strcmp(loop->index, "b") == 0)
        *dim = SDSE_N;
    else if (pools)
        *dim = SDSE_G;
    else if (!equation->relation_count && layer->nest.bound[SDSE_P] == 1)
        *dim = SDSE_P;
    else if (equation->relation_count < 2 && layer->nest.bound[SDSE_Q] == 1 &&
             !equation->relation_count)
        *dim = SDSE_Q;
    else
        *dim = SDSE_N;
    return true;
}

// A sum of two maps: what each index of the outputs counts.
static bool read_map(struct sdse_foreign *foreign, const struct sdse_node *node,
                     const struct sdse_zz_equation *equation, const struct loop *loops,
                     unsigned count, struct sdse_zz_layer *layer) {
    bool good = true;
    for (unsigned i = 0; i < equation->outputs.count; i++) {
        const char *index = equation->outputs.index[i];
        uint64_t size = 1;
        for (unsigned l = 0; l < count; l++)
            if (strcmp(loops[l].index, index) == 0)
                size = loops[l].size;
        uint64_t *to = &layer->batch;
        if (strcmp(index, "b") != 0) {
            if (layer->size_count < 3)
                layer->size[layer->size_count++] = 1;
            to = &layer->size[layer->size_count - 1];
        }
        good &= sdse_mul_u64(*to, size, to);
    }
    for (unsigned l = 0; l < count; l++)
        if (!has_index(&equation->outputs, loops[l].index) ||
            !has_index(&equation->inputs, loops[l].index) ||
            !has_index(&equation->weights, loops[l].index))
            good = false;
    if (!good)
        sdse_foreign_refuse(foreign, node->loc, false, "zigzag-loops",
                            "a sum of maps that are not of one size");
    return good;
}

bool sdse_zz_read_loops(struct sdse_foreign *foreign, const struct sdse_node *node,
                        const struct sdse_zz_equation *equation,
                        struct sdse_zz_layer *layer) {
    struct loop loops[SDSE_ZZ_LOOPS];
    unsigned count;
    layer->batch = 1;
    layer->nest = (struct sdse_nest){.stride = {1, 1}, .dilation = {1, 1}};
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        layer->nest.bound[d] = 1;
    if (!read_loop_list(foreign, node, loops, &count))
        return false;
    if (!equation->multiplies)
        return read_map(foreign, node, equation, loops, count, layer);
    bool good = true;
    for (unsigned l = 0; l < count; l++) {
        enum sdse_dim dim;
        if (!classify(equation, &loops[l], layer->pools, layer, &dim)) {
            // One iteration moves nothing.
            if (loops[l].size == 1)
                continue;
            sdse_foreign_refuse(foreign, loops[l].loc, false, "zigzag-loops",
                                "loop '%.40s' moves tensors as no loop of ours does",
                                loops[l].name);
            good = false;
        } else if (!sdse_mul_u64(layer->nest.bound[dim], loops[l].size,
                                 &layer->nest.bound[dim])) {
            sdse_foreign_refuse(foreign, loops[l].loc, false, "zigzag-loops",
                                "more than 64 bits");
            good = false;
        }
    }
    return good;
}
