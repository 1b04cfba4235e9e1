#include "import/onnx/onnx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import/onnx/batch.h"
#include "import/onnx/constant.h"
#include "import/onnx/expand.h"
#include "import/onnx/file.h"
#include "import/onnx/imported.h"
#include "import/onnx/infer.h"
#include "import/onnx/made.h"
#include "import/onnx/quantized.h"
#include "import/onnx/widths.h"

bool sdse_import_input_parse(const char *text, struct sdse_arena *arena,
                             struct sdse_import_input *out) {
    const uint64_t longest = (uint64_t)1 << 32;
    const char *equals = strrchr(text, '=');
    struct sdse_import_input input = {0};
    if (!equals || equals == text)
        return false;
    for (const char *at = equals + 1;; at++) {
        char *end;
        if (*at < '0' || *at > '9' || input.rank == SDSE_ARRAY_MAX_RANK)
            return false;
        errno = 0;
        unsigned long long extent = strtoull(at, &end, 10);
        if (errno || extent == 0 || extent > longest)
            return false;
        input.shape[input.rank++] = extent;
        at = end;
        if (*at == '\0')
            break;
        if (*at != 'x')
            return false;
    }
    input.name = sdse_arena_copy(arena, text, (size_t)(equals - text));
    if (!input.name)
        return false;
    *out = input;
    return true;
}

bool sdse_import_batch_parse(const char *text, struct sdse_arena *arena,
                             struct sdse_import_batch *out) {
    const char *equals = strrchr(text, '='), *digits = equals ? equals + 1 : text;
    const bool negative = *digits == '-';
    digits += negative;
    if (equals == text || digits[0] < '0' || digits[0] > '9' || digits[1])
        return false;
    const int64_t axis = negative ? '0' - digits[0] : digits[0] - '0';
    const char *input =
        equals ? sdse_arena_copy(arena, text, (size_t)(equals - text)) : NULL;
    if (axis < -SDSE_ARRAY_MAX_RANK || axis >= SDSE_ARRAY_MAX_RANK ||
        (equals && !input))
        return false;
    *out = (struct sdse_import_batch){input, axis};
    return true;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// The file's name without folder and extension.
static char *stem(const char *path, struct sdse_arena *arena) {
    const char *start = base_name(path);
    const char *dot = strrchr(start, '.');
    return sdse_arena_copy(arena, start,
                           dot && dot > start ? (size_t)(dot - start) : strlen(start));
}

// Names from files as printable ASCII, in place.
static const char *printable(char *text) {
    for (char *at = text; at && *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return text;
}

static bool make_printable(struct sdse_not_modelled *out, struct sdse_arena *arena) {
    out->name = printable(sdse_arena_printf(arena, "%.100s", out->name));
    out->op = printable(sdse_arena_printf(arena, "%.100s", out->op[0] ? out->op : "?"));
    return out->name && out->op;
}

static enum sdse_status build(struct sdse_imported *imported,
                              const struct sdse_import_options *options,
                              struct sdse_diags *diags) {
    const Onnx__ModelProto *model;
    size_t errors = diags->errors;
    enum sdse_status status = sdse_onnx_expand(imported->model, imported->file, options,
                                               imported->arena, diags, &model);
    if (status == SDSE_OK)
        status = sdse_onnx_graph_build(model, imported->file, options, imported->arena,
                                       diags, &imported->graph);
    if (status != SDSE_OK)
        return status;
    sdse_onnx_infer_shapes(&imported->graph);
    struct sdse_onnx_guesses guesses;
    if (!sdse_onnx_batch_take(&imported->graph, options, &guesses))
        return SDSE_NO_MEMORY;
    status = sdse_onnx_layers_make(&imported->graph, &guesses, &imported->layers);
    if (status != SDSE_OK)
        return status;
    if (diags->errors > errors)
        return SDSE_INVALID;
    for (size_t i = 0; i < imported->layers.count; i++)
        if (options && options->shapes_only && imported->layers.layer[i].weights_file) {
            imported->layers.layer[i].weights_file = NULL;
            imported->layers.layer[i].weights_unread = true;
        }
    for (size_t i = 0; i < imported->layers.count; i++)
        if (imported->layers.weights[i].constant &&
            sdse_layer_has_weights(&imported->layers.layer[i]) &&
            !(options && options->no_weight_bits))
            imported->layers.layer[i].weight_bits = sdse_onnx_stored_bits(
                &imported->graph, imported->layers.weights[i].value);
    for (size_t i = 0; i < imported->layers.not_modelled_count; i++)
        if (!make_printable(&imported->layers.not_modelled[i], imported->arena))
            return SDSE_NO_MEMORY;
    bool named = model->producer_name && model->producer_name[0];
    const char *name = printable(stem(imported->file, imported->arena));
    const char *source = imported->made ? base_name(imported->file)
                                        : sdse_arena_printf(imported->arena, "%s.onnx",
                                                            name ? name : "");
    const bool titled = imported->made && model->graph->name && model->graph->name[0];
    if (titled)
        name = printable(sdse_arena_strdup(imported->arena, model->graph->name));
    if (!source)
        return SDSE_NO_MEMORY;
    imported->workload = (struct sdse_workload){
        .name = name,
        .source = printable(sdse_arena_printf(
            imported->arena, "imported from %s%s%s%s", source,
            named ? ", made by " : "", named ? model->producer_name : "",
            options && options->shapes_only ? "; shapes only, weights not read" : "")),
        .file = imported->file,
        .layer_count = imported->layers.count,
        .layers = imported->layers.layer,
        .edge_count = imported->layers.edge_count,
        .edges = imported->layers.edge,
        .batch = imported->graph.batch,
        .not_modelled_count = imported->layers.not_modelled_count,
        .not_modelled = imported->layers.not_modelled,
        .parameters_not_in_layers = imported->layers.other_parameters,
        .loc = {.file = imported->file},
    };
    return name && imported->workload.source ? SDSE_OK : SDSE_NO_MEMORY;
}

// Builds the import, which owns its model and arena by now.
static enum sdse_status finish(struct sdse_imported *imported,
                               const struct sdse_import_options *options,
                               struct sdse_imported **out, struct sdse_diags *diags) {
    enum sdse_status status =
        imported->arena ? build(imported, options, diags) : SDSE_NO_MEMORY;
    // A constant that could not be kept would be taken for one that is not known.
    if (imported->arena && sdse_arena_failed(imported->arena))
        status = SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        *out = imported;
    else
        sdse_imported_free(imported);
    return status;
}

// Takes the model.
static enum sdse_status import_model(Onnx__ModelProto *model, const char *name,
                                     const struct sdse_import_options *options,
                                     struct sdse_imported **out,
                                     struct sdse_diags *diags) {
    struct sdse_imported *imported = calloc(1, sizeof *imported);
    if (!imported) {
        sdse_onnx_file_free(model);
        return SDSE_NO_MEMORY;
    }
    imported->model = model;
    imported->file = name;
    imported->arena = sdse_arena_new();
    return finish(imported, options, out, diags);
}

enum sdse_status sdse_import_onnx_made(Onnx__ModelProto *model,
                                       struct sdse_arena *arena, const char *name,
                                       const struct sdse_import_options *options,
                                       struct sdse_imported **out,
                                       struct sdse_diags *diags) {
    struct sdse_imported *imported = calloc(1, sizeof *imported);
    if (!imported) {
        sdse_arena_free(arena);
        return SDSE_NO_MEMORY;
    }
    *imported = (struct sdse_imported){
        .arena = arena, .model = model, .made = true, .file = name};
    return finish(imported, options, out, diags);
}

enum sdse_status sdse_import_onnx(const char *path,
                                  const struct sdse_import_options *options,
                                  struct sdse_imported **out,
                                  struct sdse_diags *diags) {
    Onnx__ModelProto *model;
    enum sdse_status status = sdse_onnx_file_read(path, &model, diags);
    return status == SDSE_OK ? import_model(model, path, options, out, diags) : status;
}

enum sdse_status sdse_import_onnx_bytes(const void *bytes, size_t length,
                                        const char *name,
                                        const struct sdse_import_options *options,
                                        struct sdse_imported **out,
                                        struct sdse_diags *diags) {
    Onnx__ModelProto *model;
    enum sdse_status status = sdse_onnx_file_parse(bytes, length, name, &model, diags);
    return status == SDSE_OK ? import_model(model, name, options, out, diags) : status;
}

bool sdse_imported_name_inputs(const struct sdse_imported *imported,
                               struct sdse_output_rules *rules,
                               struct sdse_arena *arena) {
    const Onnx__GraphProto *graph = imported->graph.proto; // with branches taken
    bool good = true;
    for (size_t i = 0; i < graph->n_initializer; i++)
        good &= sdse_onnx_tensor_name_input(graph->initializer[i], imported->file,
                                            rules, arena);
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t a = 0; a < graph->node[i]->n_attribute; a++)
            if (graph->node[i]->attribute[a]->t)
                good &= sdse_onnx_tensor_name_input(graph->node[i]->attribute[a]->t,
                                                    imported->file, rules, arena);
    return good;
}

void sdse_imported_free(struct sdse_imported *imported) {
    if (!imported)
        return;
    if (!imported->made)
        sdse_onnx_file_free(imported->model);
    sdse_arena_free(imported->arena);
    free(imported);
}

const struct sdse_workload *
sdse_imported_workload(const struct sdse_imported *imported) {
    return &imported->workload;
}

// [batch][rows][columns] becomes [batch][columns][rows].
static bool swap_last_two(const struct sdse_onnx_weights *weights,
                          struct sdse_array *array) {
    float *swapped = malloc(array->count ? (size_t)array->count * sizeof *swapped : 1);
    if (!swapped)
        return false;
    uint64_t rows = weights->rows, columns = weights->columns, at = 0;
    for (uint64_t b = 0; b < weights->batch; b++)
        for (uint64_t column = 0; column < columns; column++)
            for (uint64_t row = 0; row < rows; row++)
                swapped[at++] = array->data[(b * rows + row) * columns + column];
    free(array->data);
    array->data = swapped;
    return true;
}

static uint64_t tap_at(const struct sdse_onnx_taps *taps, uint64_t i) {
    return taps->first + i * taps->step;
}

// The taps of one phase of a transposed convolution, turned round: [groups *
// C][K][depth][rows][columns] becomes [groups * K][C * taps][taps][taps], the layer's
// shape.
static bool take_phase(const struct sdse_onnx_weights *weights,
                       struct sdse_array *array) {
    const struct sdse_onnx_taps *depth = &weights->taps[0];
    const struct sdse_onnx_taps *rows = &weights->taps[1], *columns = &weights->taps[2];
    uint64_t groups = weights->batch, channels = weights->shape[1] / depth->count;
    uint64_t filters = weights->shape[0] / groups, at = 0;
    uint64_t count =
        groups * filters * weights->shape[1] * rows->count * columns->count;
    float *taken = malloc(count ? (size_t)count * sizeof *taken : 1);
    if (!taken)
        return false;
    for (uint64_t g = 0; g < groups; g++)
        for (uint64_t k = 0; k < filters; k++)
            for (uint64_t c = 0; c < channels; c++) {
                const uint64_t kernel = (g * channels + c) * filters + k;
                for (uint64_t z = depth->count; z-- > 0;)
                    for (uint64_t y = rows->count; y-- > 0;)
                        for (uint64_t x = columns->count; x-- > 0;)
                            taken[at++] =
                                array->data[((kernel * depth->of + tap_at(depth, z)) *
                                                 rows->of +
                                             tap_at(rows, y)) *
                                                columns->of +
                                            tap_at(columns, x)];
            }
    free(array->data);
    array->data = taken;
    array->count = count;
    return true;
}

// The weights in the order that the value has them in.
static enum sdse_status read_weights(const struct sdse_imported *imported,
                                     const struct sdse_onnx_weights *weights,
                                     struct sdse_array *array,
                                     struct sdse_diags *diags) {
    const char *name = imported->graph.value[weights->value].name;
    struct sdse_onnx_numbers numbers;
    enum sdse_status status;
    if (weights->tensor) {
        status = sdse_onnx_tensor_read(weights->tensor, imported->file, array, diags);
        name = weights->tensor->name;
    } else {
        status =
            sdse_onnx_constant_read(&imported->graph, weights->value, &numbers, diags);
        if (status != SDSE_OK)
            return status;
        *array = (struct sdse_array){.source = SDSE_DTYPE_F32, .count = numbers.count};
        size_t count = (size_t)numbers.count;
        array->data = malloc(count ? count * sizeof *array->data : 1);
        for (size_t i = 0; array->data && i < count; i++)
            array->data[i] = (float)numbers.data[i];
        free(numbers.data);
        status = array->data ? SDSE_OK : SDSE_NO_MEMORY;
    }
    if (status != SDSE_OK)
        return status;
    status = sdse_onnx_dequantize(&weights->quant, name, imported->file, array, diags);
    if (status != SDSE_OK)
        sdse_array_free(array);
    return status;
}

static void take_part(const struct sdse_onnx_weights *weights,
                      struct sdse_array *array) {
    if (weights->parts <= 1)
        return;
    array->count /= weights->parts;
    memmove(array->data, array->data + weights->part * array->count,
            (size_t)array->count * sizeof *array->data);
}

enum sdse_status sdse_imported_weights(const struct sdse_imported *imported,
                                       size_t layer, struct sdse_array *out,
                                       struct sdse_diags *diags) {
    const struct sdse_onnx_weights *weights = &imported->layers.weights[layer];
    if (!weights->constant || imported->workload.layers[layer].weights_unread)
        return SDSE_INVALID;
    struct sdse_array array;
    enum sdse_status status = read_weights(imported, weights, &array, diags);
    if (status != SDSE_OK)
        return status;
    take_part(weights, &array);
    bool split = weights->taps[0].count > 0;
    if ((weights->swap && !swap_last_two(weights, &array)) ||
        (split && !take_phase(weights, &array))) {
        sdse_array_free(&array);
        return SDSE_NO_MEMORY;
    }
    status = sdse_onnx_scale_apply(&imported->graph, &weights->scale, weights->norm,
                                   weights->shape[0], &array, diags);
    if (status != SDSE_OK) {
        sdse_array_free(&array);
        return status;
    }
    array.rank = weights->rank;
    memcpy(array.shape, weights->shape, sizeof weights->shape);
    *out = array;
    return SDSE_OK;
}
