// Dimensions and data spaces as ours: what a dimension is follows from the data spaces
// that it moves and from the sums it stands in.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "import/timeloop/reading.h"
#include "spec/value.h"

enum { MOST_BOUND = 1 << 24, MOST_STRIDE = 1 << 12, MOST_SPACES = 3 };

// A dimension as the shape uses it.
struct use {
    const char *name;
    struct sdse_loc loc;
    unsigned spaces;         // set of data spaces
    int partner;             // the dimension it is added to; -1 = none
    const char *coefficient; // it is multiplied with; NULL = 1
};

struct shape {
    unsigned dims, spaces;
    struct use dim[SDSE_TL_DIMS];
    const char *space[MOST_SPACES];
    int output, inputs; // data spaces; -1 = not known
    bool broken;
};

static void refuse(struct sdse_tl *r, struct shape *shape, struct sdse_loc loc,
                   const char *what, const char *name) {
    sdse_tl_refuse(r, loc, false, "timeloop-problem", "%s%.60s", what, name);
    shape->broken = true;
}

// --- The shape ---

static int find_dim(const struct shape *shape, const char *name) {
    for (unsigned d = 0; d < shape->dims; d++)
        if (strcmp(shape->dim[d].name, name) == 0)
            return (int)d;
    return -1;
}

static void add_dim(struct sdse_tl *r, struct shape *shape, const char *name,
                    struct sdse_loc loc) {
    if (shape->dims == SDSE_TL_DIMS || find_dim(shape, name) >= 0)
        refuse(r, shape, loc, "too many dimensions, or twice the same: ", name);
    else
        shape->dim[shape->dims++] = (struct use){name, loc, 0, -1, NULL};
}

// What CNNs are in Timeloop when a problem names the shape only.
static void take_cnn(struct shape *shape, struct sdse_loc loc) {
    static const struct use cnn[] = {
        {"C", {0}, 3, -1, NULL},       {"M", {0}, 5, -1, NULL},
        {"R", {0}, 3, 5, "Wdilation"}, {"S", {0}, 3, 6, "Hdilation"},
        {"N", {0}, 6, -1, NULL},       {"P", {0}, 6, 2, "Wstride"},
        {"Q", {0}, 6, 3, "Hstride"}};
    *shape = (struct shape){.dims = 7,
                            .spaces = 3,
                            .space = {"Weights", "Inputs", "Outputs"},
                            .output = 2,
                            .inputs = 1};
    for (unsigned d = 0; d < 7; d++) {
        shape->dim[d] = cnn[d];
        shape->dim[d].loc = loc;
    }
}

// A term of a projection: [R] or [R, Wdilation]. Its dimension, or -1.
static int read_term(struct sdse_tl *r, struct shape *shape,
                     const struct sdse_node *term, unsigned space) {
    const bool list = term->kind == SDSE_NODE_SEQUENCE;
    const char *name = sdse_tl_word(list ? term->first : term);
    const char *factor =
        list && term->count == 2 ? sdse_tl_word(term->first->next) : NULL;
    const int d = name ? find_dim(shape, name) : -1;
    if (d < 0 || (list && term->count > 2)) {
        refuse(r, shape, term->loc, "expected [DIMENSION] or [DIMENSION, COEFFICIENT]",
               "");
        return -1;
    }
    if (shape->dim[d].spaces & SDSE_BIT(space))
        refuse(r, shape, term->loc, "a dimension moves a data space twice: ", name);
    shape->dim[d].spaces |= SDSE_BIT(space);
    if (factor)
        shape->dim[d].coefficient = factor;
    return d;
}

static void read_space(struct sdse_tl *r, struct shape *shape,
                       const struct sdse_node *node) {
    static const char *const keys[] = {"name", "projection", "read_write", "read-write",
                                       NULL};
    sdse_tl_known_keys(r, node, keys, "a data space");
    const unsigned space = shape->spaces;
    const char *name = sdse_tl_word(sdse_node_get(node, "name"));
    const char *writes = sdse_tl_word(sdse_node_get(node, "read_write"));
    if (!writes)
        writes = sdse_tl_word(sdse_node_get(node, "read-write"));
    if (space == MOST_SPACES || !name) {
        refuse(r, shape, node->loc, "a data space has no name, or is a fourth", "");
        return;
    }
    shape->space[shape->spaces++] = name;
    if (writes && strcasecmp(writes, "true") == 0) {
        if (shape->output >= 0)
            refuse(r, shape, node->loc, "a second data space is written: ", name);
        shape->output = (int)space;
    }
    for
        SDSE_EACH_CHILD(rank, sdse_node_get(node, "projection")) {
            int first = -1;
            const bool sum = rank->kind == SDSE_NODE_SEQUENCE;
            if (!sum) {
                read_term(r, shape, rank, space);
                continue;
            }
            if (rank->count > 2 || !rank->count)
                refuse(r, shape, rank->loc, "a rank is the sum of more than two", "");
            sdse_for_each_child (term, rank) {
                const int d = read_term(r, shape, term, space);
                if (first >= 0 && d >= 0 && d != first) {
                    shape->dim[first].partner = d;
                    shape->dim[d].partner = first;
                    if (shape->inputs >= 0 && shape->inputs != (int)space)
                        refuse(r, shape, rank->loc,
                               "a second data space has windows: ", name);
                    shape->inputs = (int)space;
                }
                first = d;
            }
        }
}

static void read_shape(struct sdse_tl *r, struct shape *shape,
                       const struct sdse_node *node) {
    static const char *const keys[] = {"name",        "version",     "dimensions",
                                       "data_spaces", "data-spaces", "coefficients",
                                       NULL};
    sdse_tl_known_keys(r, node, keys, "a shape");
    *shape = (struct shape){.output = -1, .inputs = -1};
    const struct sdse_node *dims = sdse_node_get(node, "dimensions");
    const struct sdse_node *spaces = sdse_node_get(node, "data_spaces");
    if (!spaces)
        spaces = sdse_node_get(node, "data-spaces");
    sdse_for_each_child (dim, dims) {
        const char *name = sdse_tl_word(dim);
        if (name && *name)
            add_dim(r, shape, name, dim->loc);
        else
            refuse(r, shape, dim->loc, "a dimension is a name", "");
    }
    if (!dims || !spaces)
        refuse(r, shape, node->loc, "a shape needs dimensions and data_spaces", "");
    sdse_for_each_child (space, spaces)
        read_space(r, shape, space);
    if (spaces && (shape->spaces != MOST_SPACES || shape->output < 0))
        refuse(r, shape, node->loc,
               "a nest here has three data spaces, of which one is written", "");
    else if (shape->inputs == shape->output && spaces)
        refuse(r, shape, node->loc, "windows over what is written have no counterpart",
               "");
}

// --- What it is here ---

// The data space that is read as inputs: the one with windows; of a product that which
// is called so, else the second.
static unsigned inputs_of(const struct shape *shape) {
    if (shape->inputs >= 0)
        return (unsigned)shape->inputs;
    int second = -1;
    for (unsigned s = 0; s < MOST_SPACES; s++) {
        if ((int)s == shape->output)
            continue;
        if (strncasecmp(shape->space[s], "input", 5) == 0)
            return s;
        second = (int)s;
    }
    // Weights may come second.
    if (strncasecmp(shape->space[second], "weight", 6) == 0)
        for (unsigned s = 0; s < MOST_SPACES; s++)
            if ((int)s != shape->output && (int)s != second)
                return s;
    return (unsigned)second;
}

// Rows by their names, else the first axis.
static unsigned axis_of(const struct shape *shape, unsigned d, unsigned *used) {
    const char *names[2] = {shape->dim[d].name, shape->dim[shape->dim[d].partner].name};
    unsigned axis = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (strcmp(names[i], "Q") == 0 || strcmp(names[i], "S") == 0)
            axis = 1;
        if (strcmp(names[i], "P") == 0 || strcmp(names[i], "R") == 0)
            axis = 0;
    }
    if (*used >> axis & 1u)
        axis = !axis;
    *used |= SDSE_BIT(axis);
    return axis;
}

static bool dim_of(const struct shape *shape, unsigned d, unsigned taken,
                   enum sdse_dim *dim) {
    const unsigned spaces = shape->dim[d].spaces;
    const unsigned out = (unsigned)shape->output, in = inputs_of(shape);
    const bool weights = (spaces & ~(SDSE_BIT(out) | SDSE_BIT(in))) != 0;
    const bool inputs = spaces >> in & 1u, outputs = spaces >> out & 1u;
    if (weights && inputs && outputs)
        *dim = SDSE_G;
    else if (weights && outputs)
        *dim = SDSE_K;
    else if (weights && inputs)
        *dim = SDSE_C;
    else if (inputs && outputs)
        *dim = shape->inputs >= 0 || (taken >> SDSE_P & 1u) ? SDSE_N : SDSE_P;
    else
        return false;
    return true;
}

// A coefficient: a number, or a name that the instance or the shape gives.
static bool coefficient(struct sdse_tl *r, const struct sdse_node *shape,
                        const struct sdse_node *instance, const char *name,
                        struct sdse_loc loc, uint64_t *value) {
    double number;
    if (!name)
        return true;
    const struct sdse_node *given = sdse_node_get(instance, name);
    if (given)
        return sdse_tl_count(r, given, r->scope, 1, MOST_STRIDE, value);
    for
        SDSE_EACH_CHILD(entry, sdse_node_get(shape, "coefficients")) {
            const char *own = sdse_tl_word(sdse_node_get(entry, "name"));
            const struct sdse_node *otherwise = sdse_node_get(entry, "default");
            if (own && otherwise && strcmp(own, name) == 0)
                return sdse_tl_count(r, otherwise, r->scope, 1, MOST_STRIDE, value);
        }
    if (sdse_text_as_double(name, &number)) {
        *value = number >= 1 && number <= MOST_STRIDE ? (uint64_t)number : 0;
        if ((double)*value == number)
            return true;
    } else if (!shape || shape->kind != SDSE_NODE_MAPPING) {
        return true; // of a shape that is only named: 1
    }
    sdse_tl_refuse(r, loc, false, "timeloop-problem",
                   "coefficient '%.60s' is no whole number of 1 to %d", name,
                   MOST_STRIDE);
    return false;
}

static bool dim_is_one(const struct sdse_node *instance, const char *name) {
    const char *text = sdse_tl_word(sdse_node_get(instance, name));
    return text && strcmp(text, "1") == 0;
}

static void place_dims(struct sdse_tl *r, struct shape *shape,
                       const struct sdse_node *node, const struct sdse_node *instance) {
    struct sdse_tl_problem *p = &r->problem;
    const unsigned in = inputs_of(shape), out = (unsigned)shape->output;
    unsigned axes = 0, taken = 0, ones = 0;
    p->tensor_name[SDSE_INPUTS] = shape->space[in];
    p->tensor_name[SDSE_OUTPUTS] = shape->space[out];
    p->tensor_name[SDSE_WEIGHTS] = shape->space[3 - in - out];
    unsigned placed[SDSE_TL_DIMS];
    for (unsigned d = 0; d < shape->dims; d++)
        placed[d] = SDSE_DIMS;
    for (unsigned d = 0; d < shape->dims; d++) {
        const struct use *use = &shape->dim[d];
        enum sdse_dim dim = SDSE_N;
        if (use->partner >= 0) {
            const unsigned other = (unsigned)use->partner;
            if (placed[d] != SDSE_DIMS)
                continue;
            // Of the two one moves the outputs, the other the weights.
            const bool first = use->spaces >> out & 1u;
            const bool second = shape->dim[other].spaces >> out & 1u;
            if (first == second || shape->dim[other].partner != (int)d || axes == 3) {
                refuse(r, shape, use->loc,
                       "is no output and kernel of a window: ", use->name);
                continue;
            }
            const unsigned axis = axis_of(shape, d, &axes);
            const unsigned p_dim = first ? d : other, r_dim = first ? other : d;
            // The place moves inputs and outputs, the tap inputs and weights.
            const unsigned all = SDSE_BIT(MOST_SPACES) - 1;
            if (shape->dim[p_dim].spaces != (SDSE_BIT(in) | SDSE_BIT(out)) ||
                shape->dim[r_dim].spaces != (all & ~SDSE_BIT(out))) {
                refuse(r, shape, use->loc,
                       "is in no convolution's window: ", use->name);
                continue;
            }
            placed[p_dim] = SDSE_P + axis;
            placed[r_dim] = SDSE_R + axis;
            taken |= SDSE_BIT(SDSE_P + axis) | SDSE_BIT(SDSE_R + axis);
            coefficient(r, node, instance, shape->dim[p_dim].coefficient,
                        shape->dim[p_dim].loc, &p->stride[axis]);
            coefficient(r, node, instance, shape->dim[r_dim].coefficient,
                        shape->dim[r_dim].loc, &p->dilation[axis]);
        } else if (dim_is_one(instance, use->name) &&
                   (!dim_of(shape, d, taken, &dim) || (taken >> dim & 1u))) {
            ones |= SDSE_BIT(d);
        } else if (!dim_of(shape, d, taken, &dim) || (taken >> dim & 1u)) {
            refuse(
                r, shape, use->loc,
                "moves none of our tensors by itself, or as another does: ", use->name);
        } else if (use->coefficient) {
            refuse(r, shape, use->loc,
                   "has a coefficient outside a window: ", use->name);
        } else {
            placed[d] = dim;
            taken |= SDSE_BIT(dim);
        }
    }
    // A single iteration is one of whatever loop is left.
    for (unsigned d = 0; d < shape->dims; d++) {
        unsigned dim = SDSE_N;
        while (dim < SDSE_DIMS && taken >> dim & 1u)
            dim++;
        if (!(ones >> d & 1u) || dim == SDSE_DIMS)
            continue;
        placed[d] = dim;
        taken |= SDSE_BIT(dim);
    }
    p->dim_count = 0;
    for (unsigned d = 0; d < shape->dims; d++) {
        if (placed[d] == SDSE_DIMS)
            continue;
        p->dim_name[p->dim_count] = shape->dim[d].name;
        p->dim[p->dim_count++] = (enum sdse_dim)placed[d];
    }
}

// --- The instance ---

static bool is_coefficient(const struct shape *shape, const struct sdse_node *node,
                           const char *key) {
    for (unsigned d = 0; d < shape->dims; d++)
        if (shape->dim[d].coefficient && strcmp(shape->dim[d].coefficient, key) == 0)
            return true;
    for
        SDSE_EACH_CHILD(entry, sdse_node_get(node, "coefficients")) {
            const char *own = sdse_tl_word(sdse_node_get(entry, "name"));
            if (own && strcmp(own, key) == 0)
                return true;
        }
    return false;
}

static void read_instance(struct sdse_tl *r, const struct shape *shape,
                          const struct sdse_node *node,
                          const struct sdse_node *instance) {
    struct sdse_tl_problem *p = &r->problem;
    // Of the map before padding, which Timeloop does not use either.
    static const char *const without_effect[] = {"H",       "W",    "Hpad",  "Wpad",
                                                 "version", "name", "shape", "type"};
    sdse_for_each_child (entry, instance) {
        const char *key = entry->key ? entry->key : "";
        bool known = false;
        for (unsigned i = 0; i < p->dim_count && !known; i++) {
            known = strcmp(p->dim_name[i], key) == 0;
            if (known)
                sdse_tl_count(r, entry, r->scope, 1, MOST_BOUND, &p->bound[p->dim[i]]);
        }
        if (known || is_coefficient(shape, node, key) ||
            sdse_is_among(key, without_effect, 8))
            continue;
        if (strcmp(key, "densities") == 0 || strcmp(key, "commonDensities") == 0) {
            sdse_tl_read_densities(r, entry);
        } else if (strcmp(key, "instance") != 0) {
            sdse_tl_refuse(r, entry->key_loc, true, "timeloop-key",
                           "'%.60s' is no dimension and no coefficient of the shape",
                           key);
        }
    }
    for (unsigned i = 0; i < p->dim_count; i++)
        if (!sdse_node_get(instance, p->dim_name[i]))
            sdse_tl_refuse(r, instance->loc, false, "timeloop-problem",
                           "dimension '%.60s' has no size", p->dim_name[i]);
}

void sdse_tl_read_problem(struct sdse_tl *r) {
    struct sdse_tl_problem *p = &r->problem;
    *p = (struct sdse_tl_problem){
        .name = "layer", .stride = {1, 1}, .dilation = {1, 1}, .density = {1, 1, 1}};
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        p->bound[d] = 1;
    const struct sdse_tl_list *section = &r->section[SDSE_TL_PROBLEM];
    struct shape shape;
    const struct sdse_node *problem = section->count ? section->node[0] : NULL;
    const struct sdse_node *node = sdse_node_get(problem, "shape");
    const char *word = sdse_tl_word(node);
    if (!problem || word || !node)
        take_cnn(&shape, problem ? problem->loc : (struct sdse_loc){r->path, 0, 0});
    else
        read_shape(r, &shape, node);
    static const char *const cnn[] = {"cnn", "cnn-layer", "cnn_layer", "CNN"};
    if (problem && (!node || (word && !sdse_is_among(word, cnn, 4))))
        sdse_tl_refuse(r, problem->loc, false, "timeloop-problem",
                       "a problem needs a shape: its dimensions and data_spaces, or "
                       "the name cnn_layer");
    if (shape.broken)
        return;
    const struct sdse_node *instance = sdse_node_get(problem, "instance");
    static const char *const keys[] = {"name", "version", "shape", "instance", NULL};
    if (instance)
        sdse_tl_known_keys(r, problem, keys, "a problem beside its instance");
    else
        instance = problem; // version 0.3
    if (instance && instance->kind != SDSE_NODE_MAPPING) {
        sdse_tl_refuse(r, instance->loc, false, "timeloop-problem",
                       "an instance gives each dimension its size");
        return;
    }
    place_dims(r, &shape, node, instance);
    if (!problem || shape.broken)
        return;
    const char *name = sdse_tl_word(sdse_node_get(problem, "name"));
    if (!name)
        name = sdse_tl_word(sdse_node_get(node, "name"));
    p->given = true;
    p->name = name && *name ? name : "layer";
    p->loc = problem->loc;
    read_instance(r, &shape, node, instance);
}

size_t sdse_tl_dim(const struct sdse_tl *r, const char *text, enum sdse_dim *dim) {
    const struct sdse_tl_problem *p = &r->problem;
    size_t longest = 0;
    for (unsigned i = 0; i < p->dim_count; i++) {
        const size_t length = strlen(p->dim_name[i]);
        if (length > longest && strncmp(text, p->dim_name[i], length) == 0) {
            longest = length;
            *dim = p->dim[i];
        }
    }
    return longest;
}

bool sdse_tl_tensor(const struct sdse_tl *r, const char *name,
                    enum sdse_tensor *tensor) {
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (r->problem.tensor_name[t] && strcmp(r->problem.tensor_name[t], name) == 0) {
            *tensor = (enum sdse_tensor)t;
            return true;
        }
    }
    return false;
}
