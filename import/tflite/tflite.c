#include "import/tflite/tflite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/whole_file.h"
#include "import/tensors/list.h"
#include "import/tflite/operators.h"
#include "import/tflite/reading.h"
#include "spec/flow.h"

enum { LONGEST = INT32_MAX }; // offsets of a model are 32 bits wide
enum { MOST_LAYERS = 5 };     // with weights, of an operator

// --- What is wrong ---

bool sdse_tflite_refuse(struct sdse_tflite_reader *r, const char *check,
                        const char *layer, const char *format, ...) {
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->status =
        sdse_tensors_refuse(r->m.diags, r->m.file, check, "'%s': %s", layer, text);
    return false;
}

bool sdse_tflite_bad_shape(struct sdse_tflite_reader *r, const char *layer,
                           const char *what) {
    return sdse_tflite_refuse(r, "tflite-shape", layer, "%s", what);
}

bool sdse_tflite_has_batch(struct sdse_tflite_reader *r, const char *name,
                           uint64_t samples) {
    return samples == r->m.batch ||
           sdse_tflite_refuse(r, "tflite-batch", name,
                              "%" PRIu64
                              " samples, where the model's first input has %" PRIu64,
                              samples, r->m.batch);
}

// --- Names ---

// The name of what an operator puts out, up to the first of several (';'), with a
// number where another layer has it.
static const char *name_layer(struct sdse_tflite_reader *r, size_t index) {
    struct tflite_model *m = &r->m;
    const struct tflite_tensor *out = sdse_tflite_output(m, &m->op[index], 0);
    const char *text = out ? sdse_flat_text(&m->flat, out->table, 3, m->arena) : "";
    if (!text)
        return NULL;
    const size_t length = strcspn(text, ";");
    const char *base = length ? sdse_arena_copy(m->arena, text, length)
                              : sdse_arena_printf(m->arena, "operator%zu", index);
    const char *plain = base ? sdse_tensors_plain(m->arena, base) : NULL, *name = plain;
    for (unsigned copy = 2; name; copy++) {
        bool given = false;
        for (size_t i = 0; i < index && !given; i++)
            given = r->name[i] && strcmp(r->name[i], name) == 0;
        if (!given)
            break;
        name = sdse_arena_printf(m->arena, "%s_%u", plain, copy);
    }
    return r->name[index] = name;
}

void sdse_tflite_begin_layer(struct sdse_tflite_reader *r, const char *name) {
    fputs("  - {name: ", r->layers.out);
    sdse_print_word(r->layers.out, name);
}

// --- Weights ---

void sdse_tflite_leave_unread(struct sdse_tflite_reader *r, int why, const char *name) {
    if (!r->unread[why]++)
        r->first_unread[why] = name;
}

bool sdse_tflite_add_weights(struct sdse_tflite_reader *r, const char *name,
                             const char *kind, const struct tflite_tensor *weights,
                             unsigned rank, const unsigned *from) {
    const struct tflite_tensor *constant = sdse_tflite_constant(&r->m, weights);
    struct sdse_stored_tensor stored;
    if (!constant) {
        if (!weights->moving)
            sdse_tflite_leave_unread(r, SDSE_TFLITE_UNREAD_MADE, name);
        return true;
    }
    r->status = sdse_tflite_stored(&r->m, name, constant, &stored);
    if (r->status != SDSE_OK)
        return false;
    if (stored.dtype == SDSE_DTYPES) {
        sdse_tflite_leave_unread(r, SDSE_TFLITE_UNREAD_TYPE, name);
        return true;
    }
    struct sdse_stored_tensor turned = stored;
    for (unsigned i = 0; i < rank; i++) {
        turned.shape[i] = stored.shape[from[i]];
        turned.stride[i] = stored.stride[from[i]];
    }
    turned.rank = rank;
    turned.folded = rank > 4 ? rank - 3 : 0;
    if (stored.scale && stored.scale->count > 1) {
        struct sdse_tensor_scale *scale =
            SDSE_ARENA_NEW(r->m.arena, struct sdse_tensor_scale);
        if (!scale) {
            r->status = SDSE_NO_MEMORY;
            return false;
        }
        *scale = *stored.scale;
        scale->axis = 0;
        while (scale->axis < rank && from[scale->axis] != stored.scale->axis)
            scale->axis++;
        if (scale->axis == rank)
            return sdse_tflite_refuse(
                r, "tflite-weights", name,
                "its scales go along a dimension that is none of its layer");
        turned.scale = scale;
    }
    r->out->layers[r->out->layer_count++] =
        (struct sdse_tensor_layer){.layer = name, .kind = kind, .weights = turned};
    return true;
}

// --- Operators ---

bool sdse_tflite_recurs(const struct tflite_operator *op) {
    static const unsigned codes[] = {TFLITE_LSTM,
                                     TFLITE_RNN,
                                     TFLITE_SVDF,
                                     TFLITE_UNIDIRECTIONAL_SEQUENCE_LSTM,
                                     TFLITE_BIDIRECTIONAL_SEQUENCE_LSTM,
                                     TFLITE_UNIDIRECTIONAL_SEQUENCE_RNN,
                                     TFLITE_BIDIRECTIONAL_SEQUENCE_RNN};
    bool found = false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        found |= op->code == codes[i];
    return found;
}

// What multiplies, or may, and is no layer here, or only where it fits; NULL: it moves
// words, or nothing.
static const char *left_out(const struct tflite_operator *op) {
    static const unsigned codes[] = {TFLITE_CONV_3D_TRANSPOSE,
                                     TFLITE_LSH_PROJECTION,
                                     TFLITE_CALL,
                                     TFLITE_EMBEDDING_LOOKUP_SPARSE,
                                     TFLITE_DELEGATE,
                                     TFLITE_RFFT2D,
                                     TFLITE_IF,
                                     TFLITE_WHILE,
                                     TFLITE_CUSTOM};
    bool found = sdse_tflite_recurs(op);
    if (op->code == TFLITE_CUSTOM && op->custom[0])
        return op->custom;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        found |= op->code == codes[i];
    return found                          ? sdse_tflite_operator_name(op->code)
           : op->code > TFLITE_LAST_PLAIN ? "an operator after BITWISE_XOR"
                                          : NULL;
}

// Numbers in the constants that it reads.
static uint64_t constants_of(struct sdse_tflite_reader *r,
                             const struct tflite_operator *op) {
    uint64_t count = 0;
    for (size_t i = 0; i < op->inputs.count; i++) {
        const struct tflite_tensor *input = sdse_tflite_input(&r->m, op, i);
        const struct tflite_tensor *constant = sdse_tflite_constant(&r->m, input);
        if (constant && constant->known)
            count += sdse_tflite_count(constant, constant->rank);
    }
    return count;
}

static bool add_left_out(struct sdse_tflite_reader *r, const struct tflite_operator *op,
                         const char *operator_name, const char *name, const char *why) {
    const char *plain = sdse_tensors_plain(r->m.arena, operator_name);
    if (!plain) {
        r->status = SDSE_NO_MEMORY;
        return false;
    }
    FILE *out = r->left_out.out;
    fputs("  - {operator: ", out);
    sdse_print_word(out, plain);
    fputs(", name: ", out);
    sdse_print_word(out, name);
    fputs(", reason: ", out);
    sdse_print_word(out, why);
    fprintf(out, ", weights: %" PRIu64 "}\n", constants_of(r, op));
    r->left_out_count++;
    return true;
}

// Its layers; where it does not fit what is said of it, it is left out.
static bool add_recurrent(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *operator_name,
                          const char *name) {
    const char *why;
    const bool good = op->code == TFLITE_SVDF
                          ? sdse_tflite_add_svdf(r, op, name, &why)
                          : sdse_tflite_add_recurrent(r, op, name, &why);
    r->count += good && !why;
    return good && (!why || add_left_out(r, op, operator_name, name, why));
}

static bool add_operator(struct sdse_tflite_reader *r, size_t index) {
    const struct tflite_operator *op = &r->m.op[index];
    const char *other = left_out(op);
    const bool layer =
        op->code == TFLITE_CONV_2D || op->code == TFLITE_DEPTHWISE_CONV_2D ||
        op->code == TFLITE_CONV_3D || op->code == TFLITE_FULLY_CONNECTED ||
        op->code == TFLITE_TRANSPOSE_CONV || op->code == TFLITE_BATCH_MATMUL;
    const bool move = !layer && !other && sdse_tflite_is_move(r, op);
    if (!layer && !other && !move) {
        r->out->moves += op->code != TFLITE_DEQUANTIZE;
        return true;
    }
    const char *name = name_layer(r, index);
    if (!name) {
        r->status = SDSE_NO_MEMORY;
        return false;
    }
    if (move)
        return sdse_tflite_add_move(r, op, name);
    r->count += layer;
    switch (op->code) {
    case TFLITE_CONV_2D:
    case TFLITE_DEPTHWISE_CONV_2D:
        return sdse_tflite_add_conv(r, op, name);
    case TFLITE_CONV_3D:
        return sdse_tflite_add_conv3d(r, op, name);
    case TFLITE_FULLY_CONNECTED:
        return sdse_tflite_add_connected(r, op, name);
    case TFLITE_TRANSPOSE_CONV:
        return sdse_tflite_add_transposed(r, op, name);
    case TFLITE_BATCH_MATMUL:
        return sdse_tflite_add_matmul(r, op, name);
    default:
        return sdse_tflite_recurs(op)
                   ? add_recurrent(r, op, other, name)
                   : add_left_out(r, op, other, name, "no layer is made of it");
    }
}

// --- The network ---

static void warn_all(struct sdse_tflite_reader *r) {
    static const char *const reasons[SDSE_TFLITE_UNREADS] = {
        "transposed convolutions, whose phases have no weights here, only shapes",
        "layers whose weights are of a type that is not read",
        "layers whose weights other operators make of constants",
        "layers whose gates have weights of several types"};
    const struct sdse_loc loc = {.file = r->m.file};
    for (int i = 0; i < SDSE_TFLITE_UNREADS; i++)
        if (r->unread[i])
            sdse_diag_add(r->m.diags, SDSE_WARNING, loc, "tflite-unread",
                          "%s: %zu, '%s' the first", reasons[i], r->unread[i],
                          r->first_unread[i]);
    if (r->skipped)
        sdse_diag_add(
            r->m.diags, SDSE_WARNING, loc, "tflite-moves",
            "operators that move words and are no layers, as their shapes are "
            "not known or contradict each other: %zu, '%s' the first",
            r->skipped, r->first_skipped);
    if (r->left_out_count)
        sdse_diag_add(r->m.diags, SDSE_WARNING, loc, "tflite-left-out",
                      "%zu operators multiply, or may, and are no layers: not_modelled "
                      "of the network names them",
                      r->left_out_count);
}

// What the network is called: the file, without folders and ending.
static const char *network_name(struct sdse_arena *arena, const char *path) {
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
    const size_t length = strcspn(start, ".");
    return length ? sdse_arena_copy(arena, start, length) : "model";
}

// The file, with these edges.
static const char *join(struct sdse_tflite_reader *r, const char *layers,
                        const char *left_out, const char *edges) {
    struct sdse_arena *arena = r->m.arena;
    const char *name = network_name(arena, r->m.file);
    const char *plain = name ? sdse_tensors_plain(arena, name) : NULL,
               *source = sdse_tensors_plain(arena, r->m.file);
    struct sdse_text text;
    if (!plain || !source || !sdse_text_begin(&text))
        return NULL;
    fputs("name: ", text.out);
    sdse_print_word(text.out, plain);
    fputs("\nsource: ", text.out);
    sdse_print_word(text.out, source);
    fprintf(text.out, "\nbatch: %" PRIu64 "\n", r->m.batch);
    if (r->left_out_count)
        fprintf(text.out, "not_modelled:\n%s", left_out);
    fprintf(text.out, "%slayers:\n%s", edges, layers);
    return sdse_text_end(&text, arena);
}

static enum sdse_status read_layers(struct sdse_tflite_reader *r) {
    struct tflite_model *m = &r->m;
    r->status = sdse_tflite_model(m);
    if (r->status != SDSE_OK)
        return r->status;
    r->name = SDSE_ARENA_ARRAY(m->arena, const char *, m->operator_count + 1);
    r->out->layers = SDSE_ARENA_ARRAY(m->arena, struct sdse_tensor_layer,
                                      MOST_LAYERS * m->operator_count + 1);
    if (!r->name || !r->out->layers || !sdse_text_begin(&r->layers))
        return SDSE_NO_MEMORY;
    enum sdse_status worst = sdse_text_begin(&r->left_out) ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t i = 0; i < m->operator_count && worst != SDSE_NO_MEMORY; i++) {
        r->status = SDSE_OK;
        if (!add_operator(r, i))
            worst = r->status;
    }
    const char *layers = sdse_text_end(&r->layers, m->arena),
               *left_out = sdse_text_end(&r->left_out, m->arena);
    if (worst == SDSE_OK && !(layers && left_out))
        return SDSE_NO_MEMORY;
    if (worst == SDSE_OK && m->flat.bad)
        return sdse_tensors_refuse(m->diags, m->file, "tflite-file",
                                   "an offset leads out of the file");
    if (worst == SDSE_OK && !r->count)
        return sdse_tensors_refuse(m->diags, m->file, "tflite-none",
                                   "nothing in the model multiplies and accumulates");
    if (worst != SDSE_OK)
        return worst;
    warn_all(r);
    const char *plain = join(r, layers, left_out, "");
    const char *edges = plain ? sdse_tflite_edges(r, plain) : NULL;
    r->out->yaml = edges ? join(r, layers, left_out, edges) : NULL;
    return r->out->yaml ? SDSE_OK : SDSE_NO_MEMORY;
}

static enum sdse_status read_model(const unsigned char *bytes, size_t length,
                                   const struct sdse_blob *blob,
                                   struct sdse_arena *arena, struct sdse_tflite *out,
                                   struct sdse_diags *diags) {
    struct sdse_tflite_reader reader = {.out = out,
                                        .m = {.flat = {bytes, length, false},
                                              .file = blob->name,
                                              .arena = arena,
                                              .diags = diags}};
    struct sdse_blob *own = SDSE_ARENA_NEW(arena, struct sdse_blob);
    *out = (struct sdse_tflite){0};
    if (!own)
        return SDSE_NO_MEMORY;
    *own = *blob;
    reader.m.blob = own;
    return read_layers(&reader);
}

enum sdse_status sdse_tflite_parse(const void *bytes, size_t length, const char *name,
                                   struct sdse_arena *arena, struct sdse_tflite *out,
                                   struct sdse_diags *diags) {
    const struct sdse_blob blob = {.name = name, .length = length, .memory = bytes};
    return read_model(bytes, length, &blob, arena, out, diags);
}

enum sdse_status sdse_tflite_open(const char *path, struct sdse_arena *arena,
                                  struct sdse_tflite *out, struct sdse_diags *diags) {
    struct sdse_blob blob;
    size_t length;
    enum sdse_status status = sdse_blob_of_file(path, &blob, diags);
    if (status != SDSE_OK)
        return status;
    if (blob.length > LONGEST)
        return sdse_tensors_refuse(diags, path, "tflite-file", "larger than 2 GiB");
    char *bytes = sdse_read_file(path, (size_t)blob.length + 1, &length);
    if (!bytes)
        return sdse_diag_errno(diags, (struct sdse_loc){.file = path}, "tensors-open",
                               NULL, errno);
    blob.length = length;
    status = read_model((const unsigned char *)bytes, length, &blob, arena, out, diags);
    free(bytes);
    return status;
}
