// Einsums of two operands as layers: products of matrices, in groups.
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "import/accelforge/reading.h"
#include "spec/flow.h"
#include "spec/value.h"

enum { NAME_BYTES = 40, MOST_RANKS = 10, MOST_EINSUMS = 1024, MOST_SIZES = 256 };

// A tensor and the variables that its ranks are indexed by.
struct access {
    char name[NAME_BYTES];
    unsigned count;
    char variable[MOST_RANKS][NAME_BYTES];
};

struct einsum {
    char name[NAME_BYTES];
    struct sdse_loc loc;
    struct access out, in[2];
    unsigned in_count;
    bool skipped;
};

struct size {
    char variable[NAME_BYTES];
    uint64_t size;
};

struct reading {
    struct sdse_foreign *foreign;
    const struct sdse_af_names *names;
    size_t size_count, einsum_count;
    struct size size[MOST_SIZES];
    struct einsum *einsum;
};

static bool copy_name(char out[NAME_BYTES], const char *text, size_t length) {
    if (length >= NAME_BYTES)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static size_t name_length(const char *text) {
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length;
}

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
        r->size_count == MOST_SIZES ||
        !copy_name(r->size[r->size_count].variable, name, length)) {
        sdse_foreign_refuse(r->foreign, loc, false, "accelforge-einsum",
                            "'%.40s': expected a size of 1 or more, at most %d of them",
                            name, MOST_SIZES);
        return;
    }
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
    const size_t length = name_length(name);
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
        char lower[NAME_BYTES] = "";
        size_t length = strlen(rank->key);
        if (length >= NAME_BYTES)
            length = NAME_BYTES - 1;
        for (size_t i = 0; i < length; i++)
            lower[i] = (char)tolower((unsigned char)rank->key[i]);
        if (sdse_af_number(r->foreign, r->names, rank, &size))
            add_size(r, rank->loc, lower, length, size);
    }
    sdse_for_each_child (range, sdse_node_get(node, "iteration_space_shape"))
        read_range(r, range);
}

// --- Einsums ---

static bool has(const struct access *access, const char *variable) {
    for (unsigned v = 0; v < access->count; v++)
        if (strcmp(access->variable[v], variable) == 0)
            return true;
    return false;
}

// False also where it is there already: a diagonal is no product's operand.
static bool add_variable(struct access *access, const char *text, size_t length) {
    char name[NAME_BYTES];
    if (!length || access->count == MOST_RANKS || !copy_name(name, text, length) ||
        has(access, name))
        return false;
    strcpy(access->variable[access->count++], name);
    return true;
}

// "K[b, M: p, h, e]".
static bool parse_access(const char **at, struct access *access) {
    *at += strspn(*at, " \n");
    const size_t length = name_length(*at);
    if (!length || !copy_name(access->name, *at, length))
        return false;
    *at += length;
    if (**at != '[')
        return false;
    do {
        ++*at;
        *at += strspn(*at, " \n");
        size_t own = name_length(*at);
        const char *after = *at + own + strspn(*at + own, " \n");
        if (*after == ':') { // a rank, and what indexes it
            *at = after + 1 + strspn(after + 1, " \n");
            own = name_length(*at);
        }
        if (!add_variable(access, *at, own))
            return false;
        *at += own;
        *at += strspn(*at, " \n");
    } while (**at == ',');
    if (**at != ']')
        return false;
    ++*at;
    *at += strspn(*at, " \n");
    return true;
}

// "V[b, m, h] = I[b, m, d] * WV[h, d]".
static bool parse_text(const char *text, struct einsum *einsum) {
    const char *at = text;
    if (!parse_access(&at, &einsum->out) || *at != '=')
        return false;
    do {
        at++;
        if (einsum->in_count == 2 || !parse_access(&at, &einsum->in[einsum->in_count]))
            return false;
        einsum->in_count++;
    } while (*at == '*');
    strcpy(einsum->name, einsum->out.name);
    return !*at;
}

// A list of variables, or ranks with what indexes them.
static bool read_projection(const struct sdse_node *node, struct access *access) {
    sdse_for_each_child (item, node) {
        const char *text = sdse_node_as_text(item);
        const size_t length = text ? name_length(text) : 0;
        if (!length || text[length] || !add_variable(access, text, length))
            return false;
    }
    return access->count > 0;
}

static bool read_accesses(struct reading *r, const struct sdse_node *node,
                          struct einsum *einsum) {
    const char *name = sdse_foreign_text(r->foreign, node, "name", "");
    bool outputs = false;
    if (!copy_name(einsum->name, name, strlen(name)))
        return false;
    sdse_for_each_child (item, sdse_node_get(node, "tensor_accesses")) {
        static const char *const keys[] = {"name", "projection", "output", "persistent",
                                           NULL};
        const struct sdse_node *output = sdse_node_get(item, "output");
        if (item->kind == SDSE_NODE_MAPPING)
            sdse_foreign_keys(r->foreign, item, keys, "accelforge-key");
        const char *is_output = output ? sdse_node_as_text(output) : NULL;
        const bool out = is_output && (*is_output == 'T' || *is_output == 't');
        if ((out && outputs) || (!out && einsum->in_count == 2))
            return false;
        struct access *access = out ? &einsum->out : &einsum->in[einsum->in_count++];
        outputs |= out;
        const char *tensor = sdse_foreign_text(r->foreign, item, "name", "");
        if (!copy_name(access->name, tensor, strlen(tensor)) ||
            !read_projection(sdse_node_get(item, "projection"), access))
            return false;
    }
    return outputs;
}

static void read_einsum(struct reading *r, const struct sdse_node *node) {
    static const char *const keys[] = {"name",    "tensor_accesses",   "einsum",
                                       "renames", "is_copy_operation", NULL};
    struct einsum *einsum = &r->einsum[r->einsum_count++];
    *einsum = (struct einsum){.loc = node->loc};
    const struct sdse_node *inside = sdse_node_get(node, "einsum");
    const char *text = inside                           ? sdse_node_as_text(inside)
                       : node->kind == SDSE_NODE_SCALAR ? sdse_node_as_text(node)
                                                        : NULL;
    if (node->kind == SDSE_NODE_MAPPING)
        sdse_foreign_keys(r->foreign, node, keys, "accelforge-key");
    if (text ? !parse_text(text, einsum) : !read_accesses(r, node, einsum)) {
        einsum->skipped = true;
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-einsum",
                            "no product of one or two tensors whose ranks are indexed "
                            "by variables: it is left out");
    } else if (einsum->in_count == 1) {
        einsum->skipped = true;
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-einsum",
                            "'%s' multiplies nothing: it is left out", einsum->name);
    }
}

// --- Layers ---

static bool is_made(const struct reading *r, const char *tensor) {
    for (size_t e = 0; e < r->einsum_count; e++)
        if (strcmp(r->einsum[e].out.name, tensor) == 0)
            return true;
    return false;
}

enum { GROUPS, ROWS, COLUMNS, DEPTH, PARTS };

// Sizes of a product of `rows` x DEPTH by DEPTH x `columns`, in groups.
static bool find_parts(struct reading *r, const struct einsum *einsum,
                       const struct access *left, const struct access *right,
                       uint64_t parts[PARTS]) {
    const struct access *all[3] = {left, right, &einsum->out};
    char seen[3 * MOST_RANKS][NAME_BYTES];
    unsigned seen_count = 0;
    for (unsigned p = 0; p < PARTS; p++)
        parts[p] = 1;
    for (unsigned a = 0; a < 3; a++) {
        for (unsigned v = 0; v < all[a]->count; v++) {
            const char *variable = all[a]->variable[v];
            bool again = false;
            for (unsigned s = 0; s < seen_count; s++)
                again |= strcmp(seen[s], variable) == 0;
            if (again)
                continue;
            strcpy(seen[seen_count++], variable);
            const bool in_left = has(left, variable), in_right = has(right, variable),
                       in_out = has(&einsum->out, variable);
            uint64_t size;
            if (!find_size(r, variable, &size)) {
                sdse_foreign_refuse(r->foreign, einsum->loc, false, "accelforge-einsum",
                                    "'%s' has no size", variable);
                return false;
            }
            const int part = in_left && in_right && in_out ? GROUPS
                             : in_left && in_out           ? ROWS
                             : in_right && in_out          ? COLUMNS
                             : in_left && in_right         ? DEPTH
                                                           : PARTS;
            if (part == PARTS && size == 1)
                continue;
            if (part == PARTS || !sdse_mul_u64(parts[part], size, &parts[part])) {
                sdse_foreign_refuse(r->foreign, einsum->loc, true, "accelforge-einsum",
                                    "'%s' moves one tensor alone, or is too large: "
                                    "'%s' is left out",
                                    variable, einsum->name);
                return false;
            }
        }
    }
    return true;
}

static void print_layer(struct reading *r, FILE *out, const struct einsum *einsum) {
    // What another einsum makes is the left operand; of two that are stored, or two
    // that are made, the first.
    const bool swap = !is_made(r, einsum->in[0].name) && is_made(r, einsum->in[1].name);
    const struct access *left = &einsum->in[swap], *right = &einsum->in[!swap];
    uint64_t parts[PARTS];
    if (!find_parts(r, einsum, left, right, parts))
        return;
    fputs("  - {name: ", out);
    sdse_print_word(out, einsum->name);
    if (parts[GROUPS] == 1 && !is_made(r, right->name))
        fprintf(out,
                ", kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64 ", rows: %" PRIu64
                "}\n",
                parts[DEPTH], parts[COLUMNS], parts[ROWS]);
    else
        fprintf(out,
                ", kind: matmul, heads: %" PRIu64 ", m: %" PRIu64 ", k: %" PRIu64
                ", n: %" PRIu64 "%s}\n",
                parts[GROUPS], parts[ROWS], parts[DEPTH], parts[COLUMNS],
                is_made(r, right->name) ? "" : ", role: parameter");
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
    if (!r || !(r->einsum = SDSE_ARENA_ARRAY(foreign->arena, struct einsum, count))) {
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
        if (!r->einsum[e].skipped)
            print_layer(r, text.out, &r->einsum[e]);
    const char *written = sdse_text_end(&text, foreign->arena);
    foreign->out_of_memory |= !written;
    return written;
}
