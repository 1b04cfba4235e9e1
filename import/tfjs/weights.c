// The weights of a layer, found by name: "conv1/kernel", "model/lstm/lstm_cell/bias:0".
// The last part is what they are, one before it is the layer's name; further parts are
// of cells, wrappers and models that it is in.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/onnx/tensor.h"
#include "import/tfjs/reading.h"

static const char *last_part(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

void sdse_tfjs_warn_unused(const struct tfjs_reader *r) {
    enum { FIRST = 3 };
    char names[FIRST * 110 + 8] = "";
    size_t count = 0, length = 0;
    uint64_t numbers = 0;
    for (size_t i = 0; i < r->tensors.count; i++) {
        if (r->used[i])
            continue;
        const struct sdse_stored_tensor *one = &r->tensors.tensor[i];
        if (count < FIRST)
            length += (size_t)snprintf(names + length, sizeof names - length,
                                       "%s'%.100s'", count ? ", " : "", one->name);
        else if (count == FIRST)
            snprintf(names + length, sizeof names - length, " …");
        count++;
        numbers += one->count;
    }
    if (count)
        sdse_diag_add(r->diags, SDSE_WARNING, (struct sdse_loc){.file = r->file},
                      "tfjs-unused",
                      "weights of weightsManifest that no layer takes: %zu, of %" PRIu64
                      " numbers: %s",
                      count, numbers, names);
}

bool sdse_tfjs_index_weights(struct tfjs_reader *r) {
    r->by_part = json_object();
    r->loan = SDSE_ARENA_ARRAY(r->arena, struct tfjs_loan *, r->tensors.count + 1);
    r->used = SDSE_ARENA_ARRAY(r->arena, bool, r->tensors.count + 1);
    if (!r->by_part || !r->loan || !r->used)
        return false;
    for (size_t i = 0; i < r->tensors.count; i++) {
        const char *name = r->tensors.tensor[i].name, *end = last_part(name);
        for (const char *at = name; at < end;) {
            const size_t length = strcspn(at, "/");
            const char *part = sdse_arena_copy(r->arena, at, length);
            json_t *list = part ? json_object_get(r->by_part, part) : NULL;
            if (part && !list) {
                list = json_array();
                if (json_object_set_new_nocheck(r->by_part, part, list) != 0)
                    list = NULL;
            }
            if (!list || json_array_append_new(list, json_integer((json_int_t)i)) != 0)
                return false;
            at += length + 1;
        }
    }
    return true;
}

static bool is_role(const char *name, const char *role) {
    const char *last = last_part(name);
    const size_t length = strlen(role);
    return strncmp(last, role, length) == 0 &&
           (last[length] == '\0' || last[length] == ':');
}

static bool has_part(const char *name, const char *part) {
    const size_t length = strlen(part);
    for (const char *at = name; length > 0 && (at = strstr(at, part)); at++)
        if ((at == name || at[-1] == '/') && at[length] == '/')
            return true;
    return false;
}

// A part that begins with this.
static bool has_beginning(const char *name, const char *beginning) {
    const char *end = last_part(name);
    const size_t length = strlen(beginning);
    for (const char *at = name; at < end; at += strcspn(at, "/") + 1)
        if (strncmp(at, beginning, length) == 0)
            return true;
    return false;
}

// SIZE_MAX: none. One that also has the name of what the layer is in comes first.
static size_t find(const struct tfjs_layer *l, const char *part, const char *role) {
    const json_t *list = json_object_get(l->r->by_part, part);
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const size_t at = (size_t)json_integer_value(json_array_get(list, i));
        const char *name = l->r->tensors.tensor[at].name;
        if (!is_role(name, role) || !has_beginning(name, l->prefix))
            continue;
        if (l->outer && has_part(name, l->outer))
            return at;
        if (found == SIZE_MAX)
            found = at;
    }
    return found;
}

static const char *shape_text(struct tfjs_layer *l,
                              const struct sdse_stored_tensor *stored) {
    struct sdse_onnx_shape shape = {.known = true, .rank = stored->rank};
    memcpy(shape.dim, stored->shape, sizeof shape.dim);
    return sdse_arena_printf(l->r->arena, "%s", sdse_onnx_shape_text(&shape).at);
}

// Of the layer by its own name, or of the wrapper's.
static size_t find_any(const struct tfjs_layer *l, const char *role) {
    const size_t at = find(l, l->name, role);
    return at == SIZE_MAX && l->wrapper ? find(l, l->wrapper, role) : at;
}

bool sdse_tfjs_has_weights(const struct tfjs_layer *l, const char *role) {
    return find_any(l, role) != SIZE_MAX;
}

bool sdse_tfjs_gates(struct tfjs_layer *l, const char *role, unsigned rank,
                     const unsigned *from, bool four, struct tfjs_weights *out) {
    const size_t at = find_any(l, role);
    if (at == SIZE_MAX)
        return sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                               "weightsManifest has no %s of it", role);
    const struct sdse_stored_tensor *stored = &l->r->tensors.tensor[at];
    if (stored->rank != rank || stored->dtype == SDSE_DTYPES || stored->count == 0)
        return sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                               "%u extents of real numbers are needed, '%.100s' is %s",
                               rank, stored->name, shape_text(l, stored));
    *out = (struct tfjs_weights){.rank = rank};
    memcpy(out->shape, stored->shape, sizeof out->shape);
    l->r->used[at] = true;
    out->tensor = sdse_tfjs_stored(l, at, from, four);
    out->name = out->tensor ? out->tensor->name : NULL;
    return out->tensor != NULL;
}

bool sdse_tfjs_weights(struct tfjs_layer *l, const char *role, unsigned rank,
                       const unsigned *from, struct tfjs_weights *out) {
    return sdse_tfjs_gates(l, role, rank, from, false, out);
}

void sdse_tfjs_view(struct tfjs_layer *l, struct tfjs_weights *weights, size_t rank,
                    const int64_t *dims) {
    int64_t *own = SDSE_ARENA_ARRAY(l->r->arena, int64_t, rank);
    if (!own) {
        l->r->w.failed = true;
        return;
    }
    memcpy(own, dims, rank * sizeof *own);
    weights->tensor->n_dims = rank;
    weights->tensor->dims = own;
}

const char *sdse_tfjs_row(struct tfjs_layer *l, const char *role, uint64_t count) {
    struct tfjs_weights row;
    if (!sdse_tfjs_weights(l, role, 1, NULL, &row))
        return NULL;
    if (row.shape[0] == count)
        return row.name;
    sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                    "its %s has %" PRIu64 " numbers, for %" PRIu64 " channels", role,
                    row.shape[0], count);
    return NULL;
}

const char *sdse_tfjs_bias(struct tfjs_layer *l, uint64_t count) {
    return sdse_tfjs_flag(l, "use_bias", true) ? sdse_tfjs_row(l, "bias", count) : NULL;
}

const char *sdse_tfjs_zeros(struct tfjs_layer *l, int64_t count) {
    struct sdse_rewrite *w = &l->r->w;
    return sdse_rewrite_node(w, "ConstantOfShape", NULL,
                             sdse_rewrite_ints(w, 1, &count), NULL, NULL);
}

const char *sdse_tfjs_ones(struct tfjs_layer *l, int64_t count) {
    return sdse_rewrite_node(&l->r->w, "Exp", NULL, sdse_tfjs_zeros(l, count), NULL,
                             NULL);
}
