#include "import/accelforge/einsum.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "spec/value.h"

enum { MOST_TIMES = 4096 };

size_t sdse_af_name_length(const char *text) {
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length;
}

static bool copy_name(char out[SDSE_AF_NAME], const char *text, size_t length) {
    if (!length || length >= SDSE_AF_NAME)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

bool sdse_af_has(const struct sdse_af_access *access, const char *variable) {
    for (unsigned r = 0; r < access->count; r++)
        for (unsigned t = 0; t < access->rank[r].terms; t++)
            if (strcmp(access->rank[r].variable[t], variable) == 0)
                return true;
    return false;
}

// --- Ranks ---

static void skip_blanks(const char **at) { *at += strspn(*at, " \n"); }

// "2 * p", "p * 2" or "p".
static bool take_times(const char **at, uint32_t *times) {
    char *end;
    const unsigned long value =
        isdigit((unsigned char)**at) ? strtoul(*at, &end, 10) : 0;
    if (!value || value > MOST_TIMES || isalpha((unsigned char)*end) || *end == '_')
        return false;
    *times = (uint32_t)value;
    *at = end;
    skip_blanks(at);
    return true;
}

static bool take_term(const char **at, struct sdse_af_rank *rank) {
    uint32_t times = 1;
    skip_blanks(at);
    const bool first = isdigit((unsigned char)**at);
    if (first && (!take_times(at, &times) || **at != '*'))
        return false;
    *at += first;
    skip_blanks(at);
    const size_t length = sdse_af_name_length(*at);
    if (rank->terms == SDSE_AF_TERMS || isdigit((unsigned char)**at) ||
        !copy_name(rank->variable[rank->terms], *at, length))
        return false;
    *at += length;
    skip_blanks(at);
    if (**at == '*' && !first) {
        ++*at;
        skip_blanks(at);
        if (!take_times(at, &times))
            return false;
    }
    rank->times[rank->terms++] = times;
    return true;
}

// What indexes a rank, as far as it goes. False also where a variable is there already:
// a diagonal is no product's operand.
static bool take_index(const char **at, struct sdse_af_access *access,
                       const char *name) {
    if (access->count == SDSE_AF_RANKS)
        return false;
    struct sdse_af_rank rank = {.terms = 0};
    strcpy(rank.name, name);
    do
        if (!take_term(at, &rank))
            return false;
    while (**at == '+' && (++*at, true));
    for (unsigned t = 0; t < rank.terms; t++)
        if (sdse_af_has(access, rank.variable[t]) ||
            (t && strcmp(rank.variable[0], rank.variable[1]) == 0))
            return false;
    access->rank[access->count++] = rank;
    return true;
}

// "K[b, M: p, h, H: 2 * p + r]".
static bool take_access(const char **at, struct sdse_af_access *access) {
    skip_blanks(at);
    const size_t length = sdse_af_name_length(*at);
    if (!copy_name(access->name, *at, length) || (*at)[length] != '[')
        return false;
    *at += length;
    do {
        char name[SDSE_AF_NAME] = "";
        ++*at;
        skip_blanks(at);
        const size_t own = sdse_af_name_length(*at);
        const char *after = *at + own + strspn(*at + own, " \n");
        if (*after == ':') { // a rank, and what indexes it
            if (!copy_name(name, *at, own))
                return false;
            *at = after + 1;
        }
        if (!take_index(at, access, name))
            return false;
    } while (**at == ',');
    if (**at != ']')
        return false;
    ++*at;
    skip_blanks(at);
    return true;
}

static bool read_text(const char *text, struct sdse_af_einsum *einsum) {
    const char *at = text;
    if (!take_access(&at, &einsum->out) || *at != '=')
        return false;
    const char *operand = at + 1 + strspn(at + 1, " \n");
    const bool call = strncmp(operand, "copy(", 5) == 0;
    if (call)
        at = operand + strlen("copy");
    einsum->copies |= call;
    do {
        at++;
        if (einsum->in_count == 2 || !take_access(&at, &einsum->in[einsum->in_count]))
            return false;
        einsum->in_count++;
    } while (*at == '*' && !call);
    strcpy(einsum->name, einsum->out.name);
    if (call && *at++ != ')')
        return false;
    skip_blanks(&at);
    return !*at;
}

// --- Lists of accesses ---

// A list of what indexes the ranks, or ranks with it.
static bool read_projection(const struct sdse_node *node,
                            struct sdse_af_access *access) {
    sdse_for_each_child (item, node) {
        const char *at = sdse_node_as_text(item);
        const char *name = item->key ? item->key : "";
        if (!at || strlen(name) >= SDSE_AF_NAME || !take_index(&at, access, name) ||
            *at)
            return false;
    }
    return access->count > 0;
}

static bool read_accesses(struct sdse_foreign *foreign, const struct sdse_node *node,
                          struct sdse_af_einsum *einsum) {
    const char *name = sdse_foreign_text(foreign, node, "name", "");
    bool outputs = false;
    if (!copy_name(einsum->name, name, strlen(name)))
        return false;
    sdse_for_each_child (item, sdse_node_get(node, "tensor_accesses")) {
        static const char *const keys[] = {"name",       "projection",     "output",
                                           "persistent", "bits_per_value", NULL};
        const struct sdse_node *output = sdse_node_get(item, "output");
        if (item->kind == SDSE_NODE_MAPPING)
            sdse_foreign_keys(foreign, item, keys, "accelforge-key");
        const char *is_output = output ? sdse_node_as_text(output) : NULL;
        const bool out = is_output && (*is_output == 'T' || *is_output == 't');
        if ((out && outputs) || (!out && einsum->in_count == 2))
            return false;
        struct sdse_af_access *access =
            out ? &einsum->out : &einsum->in[einsum->in_count++];
        outputs |= out;
        const char *tensor = sdse_foreign_text(foreign, item, "name", "");
        if (!copy_name(access->name, tensor, strlen(tensor)) ||
            !read_projection(sdse_node_get(item, "projection"), access))
            return false;
    }
    return outputs;
}

bool sdse_af_read_einsum(struct sdse_foreign *foreign, const struct sdse_node *node,
                         struct sdse_af_einsum *einsum) {
    static const char *const keys[] = {
        "name",    "tensor_accesses",   "einsum",
        "renames", "is_copy_operation", "iteration_space_shape",
        NULL};
    *einsum = (struct sdse_af_einsum){.loc = node->loc};
    const struct sdse_node *inside = sdse_node_get(node, "einsum");
    const char *text = inside                           ? sdse_node_as_text(inside)
                       : node->kind == SDSE_NODE_SCALAR ? sdse_node_as_text(node)
                                                        : NULL;
    if (node->kind == SDSE_NODE_MAPPING)
        sdse_foreign_keys(foreign, node, keys, "accelforge-key");
    einsum->ranges = sdse_node_get(node, "iteration_space_shape");
    const char *copies = sdse_foreign_text(foreign, node, "is_copy_operation", "False");
    einsum->copies = *copies == 'T' || *copies == 't';
    return text ? read_text(text, einsum) : read_accesses(foreign, node, einsum);
}
