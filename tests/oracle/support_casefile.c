#include "oracle/support_casefile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct sdse_diags *diags;
    struct count_case *out;
    bool depthwise; // the files call the channels of a depth-wise layer C: our G
    double word_bits;
};

static void complain(struct reader *reader, const struct sdse_node *node,
                     const char *what) {
    struct sdse_loc loc = node ? node->loc : (struct sdse_loc){0};
    sdse_diag_add(reader->diags, SDSE_ERROR, loc, "case", "%s", what);
}

// The number of a scalar; false for a missing or null one.
static bool number_of(const struct sdse_node *node, double *value) {
    if (!node || node->kind != SDSE_NODE_SCALAR || node->quoted || !node->text)
        return false;
    char *end;
    double parsed = strtod(node->text, &end);
    if (end == node->text || *end != '\0')
        return false;
    *value = parsed;
    return true;
}

static double number_or(const struct sdse_node *mapping, const char *key,
                        double otherwise) {
    double value = otherwise;
    number_of(sdse_node_get(mapping, key), &value);
    return value;
}

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static bool read_dim(const struct reader *reader, const char *text,
                     enum sdse_dim *dim) {
    const char *letter =
        text && text[0] && !text[1] ? strchr(sdse_dim_letters, *text) : NULL;
    if (!letter || !*letter)
        return false;
    *dim = (enum sdse_dim)(letter - sdse_dim_letters);
    if (reader->depthwise && *dim == SDSE_C)
        *dim = SDSE_G;
    return true;
}

static void read_problem(struct reader *reader, const struct sdse_node *problem) {
    struct sdse_layer *layer = &reader->out->layer;
    const struct sdse_node *kind = sdse_node_get(problem, "kind");
    reader->depthwise = kind && kind->text && strcmp(kind->text, "dwconv") == 0;
    *layer = (struct sdse_layer){
        .name = reader->out->name,
        .kind = reader->depthwise ? SDSE_DWCONV : SDSE_CONV,
        .repeat = 1,
        .density = {1, 1, 1},
    };
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        layer->nest.bound[d] = 1;
    for
        SDSE_EACH_CHILD(child, problem) {
            enum sdse_dim dim;
            double value;
            if (!read_dim(reader, child->key, &dim))
                continue;
            if (number_of(child, &value) && value >= 1)
                layer->nest.bound[dim] = (uint64_t)value;
            else
                complain(reader, child, "a bound must be a positive number");
        }
    for (unsigned a = 0; a < 2; a++) {
        double stride = 1, dilation = 1;
        number_of(sdse_node_at(sdse_node_get(problem, "stride"), a), &stride);
        number_of(sdse_node_at(sdse_node_get(problem, "dilation"), a), &dilation);
        layer->nest.stride[a] = (uint32_t)stride;
        layer->nest.dilation[a] = (uint32_t)dilation;
        double pad = 0, map = 0;
        number_of(sdse_node_at(sdse_node_get(problem, "pad"), a), &pad);
        number_of(sdse_node_at(sdse_node_get(problem, "input"), a), &map);
        layer->nest.pad[a] = (int64_t)pad;
        layer->nest.map[a] = (uint64_t)map;
    }
    layer->in_height =
        sdse_window_extent(layer->nest.bound[SDSE_P], layer->nest.bound[SDSE_R],
                           layer->nest.stride[0], layer->nest.dilation[0]);
    layer->in_width =
        sdse_window_extent(layer->nest.bound[SDSE_Q], layer->nest.bound[SDSE_S],
                           layer->nest.stride[1], layer->nest.dilation[1]);
}

static void read_loops(struct reader *reader, const struct sdse_node *list,
                       struct sdse_loops *loops) {
    for
        SDSE_EACH_CHILD(child, list) {
            enum sdse_dim dim;
            double factor = 0, last = 0;
            const struct sdse_node *letter = sdse_node_get(child, "dim");
            if (!letter || !read_dim(reader, letter->text, &dim) ||
                !number_of(sdse_node_get(child, "factor"), &factor) || factor < 1) {
                complain(reader, child, "a loop needs a dim and a positive factor");
                continue;
            }
            if (loops->count == SDSE_DIMS) {
                complain(reader, child, "too many loops");
                return;
            }
            last = number_or(child, "last", factor);
            reader->out->imperfect = reader->out->imperfect || last != factor;
            loops->loop[loops->count++] = (struct sdse_loop){dim, (uint64_t)factor};
        }
}

static unsigned read_keeps(struct reader *reader, const struct sdse_node *list) {
    static const char *const names[SDSE_TENSORS] = {"Weights", "Inputs", "Outputs"};
    unsigned keeps = 0;
    for
        SDSE_EACH_CHILD(child, list) {
            unsigned t = 0;
            while (t < SDSE_TENSORS &&
                   (!child->text || strcmp(names[t], child->text) != 0))
                t++;
            if (t == SDSE_TENSORS)
                complain(reader, child, "a tensor is Weights, Inputs or Outputs");
            else
                keeps |= SDSE_BIT(t);
        }
    return keeps;
}

static struct sdse_number bandwidth(const struct reader *reader,
                                    const struct sdse_node *level, const char *key) {
    double words;
    if (!number_of(sdse_node_get(level, key), &words))
        return (struct sdse_number){0};
    return given(words * reader->word_bits);
}

static void read_memory(struct reader *reader, const struct sdse_node *node,
                        struct sdse_level *level) {
    const struct sdse_node *name = sdse_node_get(node, "name");
    const struct sdse_node *class = sdse_node_get(node, "cls");
    const struct sdse_node *energy = sdse_node_get(node, "energy_pj");
    bool dram = class && class->text && strcmp(class->text, "DRAM") == 0;
    double words = number_or(node, "words", 0);
    *level = (struct sdse_level){
        .name = name && name->text ? name->text : "?",
        .memory_class = dram ? SDSE_DRAM : SDSE_SRAM,
        .keeps = read_keeps(reader, sdse_node_get(node, "keep")),
        .carries_loops = true,
        .capacity_bits = (uint64_t)(words * reader->word_bits),
        .macro_count = 1,
        .port_bits = (uint32_t)(number_or(node, "block", 1) * reader->word_bits),
        .buffering = (uint32_t)number_or(node, "multiple_buffering", 1),
        .overlap = true,
        .read_bits_per_cycle = bandwidth(reader, node, "read_bw"),
        .write_bits_per_cycle = bandwidth(reader, node, "write_bw"),
        .shared_bits_per_cycle = bandwidth(reader, node, "shared_bw"),
        .read_pj = given(number_or(energy, "read", 0)),
        .fill_pj = given(number_or(energy, "fill", 0)),
        .update_pj = given(number_or(energy, "update", 0)),
        .leakage_mw = given(0),
        .area_um2 = given(0),
        .loc = node->loc,
    };
    level->group = level->name;
    level->capacity = given((double)level->capacity_bits);
    level->dims_x = level->dims_y = SDSE_BIT(SDSE_DIMS) - 1;
    double hop = number_or(node, "energy_per_hop_pj", 0) / reader->word_bits;
    double router = number_or(node, "router_energy_pj", 0) / reader->word_bits;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        level->network[t] = (struct sdse_network){
            .topology = SDSE_MESH,
            .multicast = true,
            .reduce = true,
            .pj_per_bit = given(0),
            .hop_pj_per_bit = given(hop),
            .router_pj_per_bit = given(router),
            .pj_per_add = given(0),
        };
    }
}

static bool is_false(const struct sdse_node *mapping, const char *key) {
    const struct sdse_node *node = sdse_node_get(mapping, key);
    return node && node->text && strcmp(node->text, "false") == 0;
}

// What the networks below a level do not do, and the windows they share.
static void read_networks(const struct sdse_node *node, struct sdse_level *level) {
    static const char *const names[SDSE_TENSORS] = {"Weights", "Inputs", "Outputs"};
    const struct sdse_node *shares = sdse_node_get(node, "window_sharing");
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        level->network[t].multicast =
            !is_false(sdse_node_get(node, "multicast"), names[t]);
        level->network[t].reduce = !is_false(sdse_node_get(node, "reduce"), names[t]);
    }
    level->network[SDSE_INPUTS].window_sharing =
        shares && shares->text && strcmp(shares->text, "true") == 0;
}

// The fan-out between an outer and an inner array of instances, each `meshX` wide.
static void read_fanout(struct reader *reader, const struct sdse_node *outer,
                        const struct sdse_node *inner, struct sdse_level *level) {
    double children =
        number_or(inner, "instances", 1) / number_or(outer, "instances", 1);
    double x = number_or(inner, "meshX", 1) / number_or(outer, "meshX", 1);
    x = x < 1 ? 1 : x;
    if (children < 1 || floor(children) != children || floor(x) != x ||
        fmod(children, x) != 0) {
        complain(reader, inner, "instances and meshX do not form a mesh");
        return;
    }
    level->fanout_x = (uint32_t)x;
    level->fanout_y = (uint32_t)(children / x);
}

static void read_levels(struct reader *reader, const struct sdse_node *root) {
    const struct sdse_node *list = sdse_node_get(root, "levels_outer_to_inner");
    struct count_case *out = reader->out;
    if (!list || list->count == 0 || list->count > SDSE_MAX_LEVELS) {
        complain(reader, list ? list : root, "a case needs 1 to 12 levels");
        return;
    }
    reader->word_bits = number_or(list->first, "word_bits", 16);
    out->arch.level_count = out->mapping.level_count = (unsigned)list->count;
    unsigned l = 0;
    for
        SDSE_EACH_CHILD(node, list) {
            struct sdse_level *level = &out->arch.level[l];
            struct sdse_mapping_level *loops = &out->mapping.level[l];
            read_memory(reader, node, level);
            read_networks(node, level);
            const struct sdse_node *inner =
                node->next ? node->next : sdse_node_get(root, "mac");
            read_fanout(reader, node, inner, level);
            out->mapping.keeps[l] = level->keeps;
            out->level_name[l] = level->name;
            read_loops(reader, sdse_node_get(node, "temporal_outer_to_inner"),
                       &loops->temporal);
            read_loops(reader, sdse_node_get(node, "spatial_below_X"),
                       &loops->spatial[0]);
            read_loops(reader, sdse_node_get(node, "spatial_below_Y"),
                       &loops->spatial[1]);
            l++;
        }
}

enum sdse_status count_case_read(struct sdse_arena *arena, const char *path,
                                 struct sdse_diags *diags, struct count_case *out) {
    struct sdse_node *root;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    *out =
        (struct count_case){.name = path, .expected = sdse_node_get(root, "expected")};
    size_t errors = diags->errors;
    struct reader reader = {.diags = diags, .out = out, .word_bits = 16};
    const struct sdse_node *name = sdse_node_get(root, "name");
    out->name = name && name->text ? name->text : path;
    read_problem(&reader, sdse_node_get(root, "problem"));
    out->arch = (struct sdse_arch){
        .name = out->name,
        .node_nm = 65,
        .clock_ghz = 1,
        .compute = {.cycles_per_mac = 1,
                    .pj_per_mac =
                        given(number_or(sdse_node_get(root, "mac"), "energy_pj", 0)),
                    .cycles_number = given(1),
                    .leakage_mw = given(0),
                    .area_um2 = given(0)},
        .other_area_um2 = given(0),
    };
    read_levels(&reader, root);
    // Cases that do not say their map are of a model that fetches bounding boxes.
    const bool boxes = !sdse_node_get(sdse_node_get(root, "problem"), "input");
    for (unsigned l = 0; l < out->arch.level_count; l++)
        out->arch.level[l].fetch_gaps = boxes;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        out->arch.bits[t] = (uint32_t)reader.word_bits;
    out->arch.partial_bits = (uint32_t)reader.word_bits;
    if (!out->expected)
        complain(&reader, root, "a case needs `expected`");
    return diags->errors > errors ? SDSE_INVALID : SDSE_OK;
}
