// Einsums of two operands as layers: products of matrices and windows, in groups.
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "import/accelforge/einsum.h"
#include "spec/flow.h"
#include "spec/value.h"

enum { MOST_EINSUMS = 1024, MOST_SIZES = 256 };

struct size {
    char variable[SDSE_AF_NAME];
    uint64_t size;
};

struct reading {
    struct sdse_foreign *foreign;
    const struct sdse_af_names *names;
    size_t size_count, einsum_count;
    struct size size[MOST_SIZES];
    struct sdse_af_einsum *einsum;
    bool *skipped; // [einsum_count]
};

// --- Sizes of ranks and variables ---

static bool find_size(const struct reading *r, const char *variable, uint64_t *size) {
    for (size_t i = 0; i < r->size_count; i++) {
        if (strcmp(r->size[i].variable, variable) == 0) {
            *size = r->size[i].size;
            return true;
        }
    }
    return false;
}

static void add_size(struct reading *r, struct sdse_loc loc, const char *name,
                     size_t length, double size) {
    uint64_t before;
    if (!(size >= 1 && size <= 1e12 && size == floor(size)) ||
        r->size_count == MOST_SIZES || !length || length >= SDSE_AF_NAME) {
        sdse_foreign_refuse(r->foreign, loc, false, "accelforge-einsum",
                            "'%.40s': expected a size of 1 or more, at most %d of them",
                            name, MOST_SIZES);
        return;
    }
    memcpy(r->size[r->size_count].variable, name, length);
    r->size[r->size_count].variable[length] = '\0';
    if (find_size(r, r->size[r->size_count].variable, &before) &&
        before != (uint64_t)size)
        sdse_foreign_refuse(r->foreign, loc, false, "accelforge-einsum",
                            "'%s' has two sizes, %" PRIu64 " and %.0f",
                            r->size[r->size_count].variable, before, size);
    r->size[r->size_count++].size = (uint64_t)size;
}

// "0 <= m < 128": a variable's range.
static void read_range(struct reading *r, const struct sdse_node *node) {
    const char *text = sdse_node_as_text(node);
    const char *at = text ? text + strspn(text, " ") : "";
    struct sdse_node from = *node, to = *node;
    const char *lower = strstr(at, "<=");
    char *left =
        lower ? sdse_arena_copy(r->foreign->arena, at, (size_t)(lower - at)) : NULL;
    const char *name = lower ? lower + 2 + strspn(lower + 2, " ") : "";
    const size_t length = sdse_af_name_length(name);
    const char *upper = name + length + strspn(name + length, " ");
    double first = 0, end = 0;
    if (!left || !length || *upper != '<' || upper[1] == '=') {
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-einsum",
                            "'%.60s': expected a range, '0 <= m < 128'",
                            text ? text : "");
        return;
    }
    from.text = left;
    to.text = upper + 1;
    if (sdse_af_number(r->foreign, r->names, &from, &first) &&
        sdse_af_number(r->foreign, r->names, &to, &end))
        add_size(r, node->loc, name, length, end - first);
}

// Sizes of ranks are those of the variables in lower case.
static void read_sizes(struct reading *r, const struct sdse_node *node) {
    sdse_for_each_child (rank, sdse_node_get(node, "rank_sizes")) {
        if (!rank->key) {
            sdse_foreign_refuse(r->foreign, rank->loc, false, "accelforge-einsum",
                                "rank_sizes: expected RANK: SIZE");
            continue;
        }
        double size = 0;
        char lower[SDSE_AF_NAME] = "";
        size_t length = strlen(rank->key);
        if (length >= SDSE_AF_NAME)
            length = SDSE_AF_NAME - 1;
        for (size_t i = 0; i < length; i++)
            lower[i] = (char)tolower((unsigned char)rank->key[i]);
        if (sdse_af_number(r->foreign, r->names, rank, &size))
            add_size(r, rank->loc, lower, length, size);
    }
    sdse_for_each_child (range, sdse_node_get(node, "iteration_space_shape"))
        read_range(r, range);
}

// --- Layers ---

// Whether both are indexed by the same variables, each by itself.
static bool has_ranks_of(const struct sdse_af_access *a,
                         const struct sdse_af_access *b) {
    for (unsigned i = 0; i < a->count; i++)
        if (a->rank[i].terms != 1 || a->rank[i].times[0] != 1 ||
            !sdse_af_has(b, a->rank[i].variable[0]))
            return false;
    for (unsigned i = 0; i < b->count; i++)
        if (b->rank[i].terms != 1 || b->rank[i].times[0] != 1)
            return false;
    return a->count == b->count;
}

static void read_einsum(struct reading *r, const struct sdse_node *node) {
    struct sdse_af_einsum *einsum = &r->einsum[r->einsum_count];
    bool *skipped = &r->skipped[r->einsum_count++];
    *skipped = true;
    if (!sdse_af_read_einsum(r->foreign, node, einsum))
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-einsum",
                            "no product of one or two tensors whose ranks are indexed "
                            "by variables, or by sums of two: it is left out");
    else if (einsum->in_count == 1 && !has_ranks_of(&einsum->out, &einsum->in[0]))
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-einsum",
                            "'%s' multiplies nothing and puts out other words than it "
                            "reads: it is left out",
                            einsum->name);
    else if (einsum->copies && einsum->in_count != 1)
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-einsum",
                            "'%s' copies more than one tensor", einsum->name);
    else // what is copied is where layers find it: in the outermost memory
        *skipped = einsum->copies;
}

static bool is_made(const struct reading *r, const char *tensor) {
    for (size_t e = 0; e < r->einsum_count; e++)
        if (strcmp(r->einsum[e].out.name, tensor) == 0)
            return true;
    return false;
}

enum { GROUPS, ROWS, COLUMNS, DEPTH, PARTS };
enum { MOST_WINDOWS = 2 };

// Outputs and taps of a window; what its rank holds, 0 if that is not said.
struct window {
    uint64_t outputs, taps, there;
    uint32_t stride, dilation;
};

struct product {
    uint64_t parts[PARTS];
    unsigned window_count;
    struct window window[MOST_WINDOWS];
};

static bool lose(struct reading *r, const struct sdse_af_einsum *einsum,
                 const char *what, const char *name) {
    sdse_foreign_refuse(r->foreign, einsum->loc, true, "accelforge-einsum",
                        "'%s' %s: '%s' is left out", name, what, einsum->name);
    return false;
}

static bool size_of(struct reading *r, const struct sdse_af_einsum *einsum,
                    const char *variable, uint64_t *size) {
    if (find_size(r, variable, size))
        return true;
    sdse_foreign_refuse(r->foreign, einsum->loc, false, "accelforge-einsum",
                        "'%s' has no size", variable);
    return false;
}

static bool is_window(const struct sdse_af_rank *rank) {
    return rank->terms == 2 || rank->times[0] > 1;
}

static bool has_windows(const struct sdse_af_access *access) {
    for (unsigned i = 0; i < access->count; i++)
        if (is_window(&access->rank[i]))
            return true;
    return false;
}

// A rank of the left operand: outputs' places p and taps r, "2 * p + r" either way.
static bool read_window(struct reading *r, const struct sdse_af_einsum *einsum,
                        const struct sdse_af_rank *rank,
                        const struct sdse_af_access *right, struct product *product) {
    if (product->window_count == MOST_WINDOWS)
        return lose(r, einsum, "is a third window", rank->variable[0]);
    const unsigned taps = sdse_af_has(&einsum->out, rank->variable[0]) ? 1 : 0,
                   outs = !taps;
    struct window *window = &product->window[product->window_count++];
    const char *out = rank->variable[rank->terms == 1 ? 0 : outs],
               *tap = rank->terms == 1 ? NULL : rank->variable[taps];
    *window = (struct window){.taps = 1, .dilation = 1};
    if (!sdse_af_has(&einsum->out, out) || sdse_af_has(right, out))
        return lose(r, einsum, "steps through no window of outputs", out);
    if (tap && (sdse_af_has(&einsum->out, tap) || !sdse_af_has(right, tap)))
        return lose(r, einsum, "is no tap of the other operand", tap);
    window->stride = rank->times[rank->terms == 1 ? 0 : outs];
    if (!size_of(r, einsum, out, &window->outputs) ||
        (tap && !size_of(r, einsum, tap, &window->taps)))
        return false;
    if (tap)
        window->dilation = rank->times[taps];
    char lower[SDSE_AF_NAME] = "";
    for (size_t i = 0; rank->name[i]; i++)
        lower[i] = (char)tolower((unsigned char)rank->name[i]);
    if (*lower && !find_size(r, lower, &window->there))
        window->there = 0;
    return true;
}

static bool is_in_window(const struct sdse_af_access *left, const char *variable) {
    for (unsigned i = 0; i < left->count; i++)
        for (unsigned t = 0; t < left->rank[i].terms && is_window(&left->rank[i]); t++)
            if (strcmp(left->rank[i].variable[t], variable) == 0)
                return true;
    return false;
}

// Sizes of a product of `rows` x DEPTH by DEPTH x `columns`, in groups, with windows
// of the left operand. False after a diagnostic.
static bool find_product(struct reading *r, const struct sdse_af_einsum *einsum,
                         const struct sdse_af_access *left,
                         const struct sdse_af_access *right, struct product *product) {
    const struct sdse_af_access *all[3] = {left, right, &einsum->out};
    *product = (struct product){{1, 1, 1, 1}, 0, {{0}}};
    for (unsigned i = 0; i < left->count; i++)
        if (is_window(&left->rank[i]) &&
            !read_window(r, einsum, &left->rank[i], right, product))
            return false;
    if (has_windows(right) || has_windows(&einsum->out))
        return lose(r, einsum, "has windows over what is no input", einsum->name);
    for (unsigned a = 0; a < 3; a++) {
        for (unsigned v = 0; v < all[a]->count; v++) {
            const char *variable = all[a]->rank[v].variable[0];
            if ((a > 0 && sdse_af_has(left, variable)) ||
                (a > 1 && sdse_af_has(right, variable)) || is_in_window(left, variable))
                continue;
            const bool in_left = sdse_af_has(left, variable),
                       in_right = sdse_af_has(right, variable),
                       in_out = sdse_af_has(&einsum->out, variable);
            uint64_t size;
            if (!size_of(r, einsum, variable, &size))
                return false;
            const int part = in_left && in_right && in_out ? GROUPS
                             : in_left && in_out           ? ROWS
                             : in_right && in_out          ? COLUMNS
                             : in_left && in_right         ? DEPTH
                                                           : PARTS;
            if (part == PARTS && size == 1)
                continue;
            if (part == PARTS ||
                !sdse_mul_u64(product->parts[part], size, &product->parts[part]))
                return lose(r, einsum, "moves one tensor alone, or is too large",
                            variable);
        }
    }
    return true;
}

// Rows or columns of the map, and padding where windows reach beyond its rank.
static bool find_map(const struct window *window, uint64_t *map, uint64_t *pad) {
    uint64_t steps, taps, reach;
    if (!sdse_mul_u64(window->outputs - 1, window->stride, &steps) ||
        !sdse_mul_u64(window->taps - 1, window->dilation, &taps) ||
        steps + taps < steps || (reach = steps + taps + 1) > UINT32_MAX)
        return false;
    *map = window->there && window->there < reach ? window->there : reach;
    *pad = reach - *map;
    return true;
}

static void print_convolution(struct reading *r, FILE *out,
                              const struct sdse_af_einsum *einsum,
                              const struct product *product) {
    static const struct window one = {1, 1, 0, 1, 1};
    uint64_t map[2], pad[2], channels, outputs;
    const struct window *window[2] = {
        &product->window[0], product->window_count == 2 ? &product->window[1] : &one};
    const uint64_t *parts = product->parts;
    const bool depthwise = parts[GROUPS] > 1 && parts[DEPTH] == 1;
    if (!find_map(window[0], &map[0], &pad[0]) ||
        !find_map(window[1], &map[1], &pad[1]) ||
        !sdse_mul_u64(parts[GROUPS], parts[DEPTH], &channels) ||
        !sdse_mul_u64(parts[GROUPS], parts[COLUMNS], &outputs)) {
        lose(r, einsum, "is too large", einsum->name);
        return;
    }
    fprintf(out,
            ", kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64
            "], out_channels: %" PRIu64 ", kernel: [%" PRIu64 ", %" PRIu64
            "], stride: [%" PRIu32 ", %" PRIu32 "], dilation: [%" PRIu32 ", %" PRIu32
            "]",
            depthwise ? "dwconv" : "conv", channels, map[0], map[1], outputs,
            window[0]->taps, window[1]->taps, window[0]->stride, window[1]->stride,
            window[0]->dilation, window[1]->dilation);
    if (pad[0] || pad[1])
        fprintf(out, ", pad: [[0, %" PRIu64 "], [0, %" PRIu64 "]]", pad[0], pad[1]);
    if (parts[GROUPS] > 1 && !depthwise)
        fprintf(out, ", groups: %" PRIu64, parts[GROUPS]);
    if (parts[ROWS] > 1)
        fprintf(out, ", batch: %" PRIu64, parts[ROWS]);
    fputs("}\n", out);
}

static void print_product(FILE *out, const uint64_t parts[PARTS], bool made) {
    if (parts[GROUPS] == 1 && !made)
        fprintf(out,
                ", kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64 ", rows: %" PRIu64
                "}\n",
                parts[DEPTH], parts[COLUMNS], parts[ROWS]);
    else
        fprintf(out,
                ", kind: matmul, heads: %" PRIu64 ", m: %" PRIu64 ", k: %" PRIu64
                ", n: %" PRIu64 "%s}\n",
                parts[GROUPS], parts[ROWS], parts[DEPTH], parts[COLUMNS],
                made ? "" : ", role: parameter");
}

// A function of each word, on the vector unit.
static void print_function(struct reading *r, FILE *out,
                           const struct sdse_af_einsum *einsum) {
    uint64_t words = 1, size;
    for (unsigned i = 0; i < einsum->out.count; i++) {
        const char *variable = einsum->out.rank[i].variable[0];
        if (!size_of(r, einsum, variable, &size))
            return;
        if (!sdse_mul_u64(words, size, &words)) {
            lose(r, einsum, "is too large", variable);
            return;
        }
    }
    fputs("  - {name: ", out);
    sdse_print_word(out, einsum->name);
    fprintf(out, ", kind: act, in: %" PRIu64 ", fused: false}\n", words);
}

static void print_layer(struct reading *r, FILE *out,
                        const struct sdse_af_einsum *einsum) {
    // Windows are those of the left operand. Otherwise it is what another einsum makes;
    // of two that are stored, or two that are made, the first.
    const bool windows[2] = {has_windows(&einsum->in[0]), has_windows(&einsum->in[1])};
    const bool swap = windows[0] == windows[1] ? !is_made(r, einsum->in[0].name) &&
                                                     is_made(r, einsum->in[1].name)
                                               : windows[1];
    const struct sdse_af_access *left = &einsum->in[swap], *right = &einsum->in[!swap];
    struct product product;
    const size_t sizes = r->size_count; // its own variables are known to it alone
    sdse_for_each_child (range, einsum->ranges)
        read_range(r, range);
    const bool moves = einsum->in_count == 1;
    if (moves)
        print_function(r, out, einsum);
    const bool good = !moves && find_product(r, einsum, left, right, &product);
    r->size_count = sizes;
    if (!good)
        return;
    fputs("  - {name: ", out);
    sdse_print_word(out, einsum->name);
    if (product.window_count)
        print_convolution(r, out, einsum, &product);
    else
        print_product(out, product.parts, is_made(r, right->name));
}

const char *sdse_af_network(struct sdse_foreign *foreign, const struct sdse_node *node,
                            const struct sdse_af_names *names) {
    static const char *const keys[] = {"rank_sizes",         "iteration_space_shape",
                                       "bits_per_value",     "einsums",
                                       "persistent_tensors", NULL};
    const struct sdse_node *einsums = sdse_node_get(node, "einsums");
    struct reading *r = SDSE_ARENA_NEW(foreign->arena, struct reading);
    const size_t count = einsums ? einsums->count : 0;
    if (count < 1 || count > MOST_EINSUMS) {
        sdse_foreign_refuse(foreign, node->loc, false, "accelforge-einsum",
                            "expected 1 to %d einsums", MOST_EINSUMS);
        return NULL;
    }
    if (!r ||
        !(r->einsum = SDSE_ARENA_ARRAY(foreign->arena, struct sdse_af_einsum, count)) ||
        !(r->skipped = SDSE_ARENA_ARRAY(foreign->arena, bool, count))) {
        foreign->out_of_memory = true;
        return NULL;
    }
    r->foreign = foreign;
    r->names = names;
    sdse_foreign_keys(foreign, node, keys, "accelforge-key");
    read_sizes(r, node);
    sdse_for_each_child (einsum, einsums)
        read_einsum(r, einsum);
    struct sdse_text text;
    if (!sdse_text_begin(&text)) {
        foreign->out_of_memory = true;
        return NULL;
    }
    fputs("name: accelforge\nsource: workload file of AccelForge\nlayers:\n", text.out);
    for (size_t e = 0; e < r->einsum_count; e++)
        if (!r->skipped[e])
            print_layer(r, text.out, &r->einsum[e]);
    const char *written = sdse_text_end(&text, foreign->arena);
    foreign->out_of_memory |= !written;
    return written;
}
