#include "import/forward/inputs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "import/forward/runs.h"
#include "smartdeal/npy.h"

static bool same_name(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

// Appends `next` along the leading extent; it is freed.
static enum sdse_status append(struct sdse_array *array, struct sdse_array *next,
                               const char *path, struct sdse_diags *diags) {
    bool fits = array->rank == next->rank && array->rank > 0;
    for (unsigned d = 1; d < array->rank && fits; d++)
        fits = array->shape[d] == next->shape[d];
    float *data = fits ? realloc(array->data, (size_t)(array->count + next->count + 1) *
                                                  sizeof *data)
                       : NULL;
    enum sdse_status status = !fits ? SDSE_INVALID : data ? SDSE_OK : SDSE_NO_MEMORY;
    if (status == SDSE_INVALID)
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path},
                      "inputs-shape",
                      "its shape does not follow the files before it: only the leading "
                      "extent may differ");
    if (data) {
        memcpy(data + array->count, next->data, (size_t)next->count * sizeof *data);
        array->data = data;
        array->count += next->count;
        array->shape[0] += next->shape[0];
    }
    sdse_array_free(next);
    return status;
}

enum sdse_status sdse_forward_inputs_read(const struct sdse_forward_file *files,
                                          size_t count, struct sdse_arena *arena,
                                          struct sdse_forward_inputs *out,
                                          struct sdse_diags *diags) {
    enum sdse_status worst = SDSE_OK;
    *out = (struct sdse_forward_inputs){
        .input = SDSE_ARENA_ARRAY(arena, struct sdse_forward_input, count + 1)};
    if (!out->input)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct sdse_array array = {0};
        enum sdse_status status = sdse_npy_read(files[i].path, &array, diags);
        size_t at = 0;
        while (at < out->count && !same_name(out->input[at].name, files[i].name))
            at++;
        if (status == SDSE_OK && at < out->count)
            status = append(&out->input[at].array, &array, files[i].path, diags);
        else if (status == SDSE_OK)
            out->input[out->count++] =
                (struct sdse_forward_input){files[i].name, array};
        worst = status == SDSE_OK ? worst : status;
    }
    return worst;
}

void sdse_forward_inputs_free(struct sdse_forward_inputs *inputs) {
    for (size_t i = 0; i < inputs->count; i++)
        sdse_array_free(&inputs->input[i].array);
    inputs->count = 0;
}

void sdse_forward_inputs_shapes(const struct sdse_forward_inputs *inputs,
                                struct sdse_import_input *out) {
    for (size_t i = 0; i < inputs->count; i++) {
        const struct sdse_array *array = &inputs->input[i].array;
        out[i] = (struct sdse_import_input){
            .name = inputs->input[i].name, .rank = array->rank, .runs = true};
        memcpy(out[i].shape, array->shape, sizeof out[i].shape);
    }
}

// The values that are inputs of the model: no initializers.
static bool is_input(const struct sdse_onnx_graph *graph, size_t i, uint32_t *value) {
    const char *name = graph->proto->input[i]->name;
    for (uint32_t id = 0; name && id < graph->value_count; id++) {
        if (strcmp(graph->value[id].name, name) != 0)
            continue;
        *value = id;
        return !graph->value[id].tensor && !graph->value[id].folded &&
               graph->value[id].producer == SDSE_ONNX_NONE;
    }
    return false;
}

static const struct sdse_array *array_of(const struct sdse_forward_inputs *inputs,
                                         const char *name) {
    for (size_t i = 0; i < inputs->count; i++)
        if (!inputs->input[i].name || strcmp(inputs->input[i].name, name) == 0)
            return &inputs->input[i].array;
    return NULL;
}

__attribute__((format(printf, 4, 5))) static void
complain(const struct sdse_imported *imported, struct sdse_diags *diags,
         const char *check, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = imported->file}, check,
                  "%s", text);
}

// Runs in one array; 0 if it does not fit.
static uint64_t runs_in(const struct sdse_onnx_shape *shape,
                        const struct sdse_array *array) {
    if (array->rank != shape->rank)
        return 0;
    for (unsigned d = 1; d < shape->rank; d++)
        if (array->shape[d] != shape->dim[d])
            return 0;
    if (shape->rank == 0)
        return 1;
    return shape->dim[0] && array->shape[0] % shape->dim[0] == 0
               ? array->shape[0] / shape->dim[0]
               : 0;
}

enum sdse_status sdse_forward_inputs_runs(const struct sdse_imported *imported,
                                          const struct sdse_forward_inputs *inputs,
                                          uint64_t *runs, struct sdse_diags *diags) {
    const struct sdse_onnx_graph *graph = &imported->graph;
    size_t errors = diags->errors;
    size_t wanted = 0;
    *runs = 1;
    for (size_t i = 0; i < graph->proto->n_input; i++) {
        uint32_t id;
        wanted += is_input(graph, i, &id);
    }
    for (size_t i = 0; i < inputs->count; i++)
        if (!inputs->input[i].name && (wanted > 1 || inputs->count > 1))
            complain(imported, diags, "onnx-input-name",
                     "an array without a name is given, but there are %zu inputs and "
                     "%zu arrays: name each, as in NAME=X.npy",
                     wanted, inputs->count);
    for (size_t i = 0; i < graph->proto->n_input && diags->errors == errors; i++) {
        uint32_t id;
        if (!is_input(graph, i, &id))
            continue;
        const struct sdse_onnx_value *value = &graph->value[id];
        const struct sdse_array *array = array_of(inputs, value->name);
        uint64_t held = array ? runs_in(&value->shape, array) : 0;
        if (!array)
            complain(imported, diags, "onnx-input-name",
                     "no array is given for input '%s'", value->name);
        else if (!held)
            complain(imported, diags, "onnx-input-shape",
                     "the array for input '%s' is not of its shape", value->name);
        else if (held > 1 && *runs > 1 && held != *runs)
            complain(imported, diags, "onnx-input-shape",
                     "the array for input '%s' holds %" PRIu64
                     " runs, another %" PRIu64,
                     value->name, held, *runs);
        else if (held > 1)
            *runs = held;
    }
    return diags->errors > errors ? SDSE_INVALID : SDSE_OK;
}

struct sdse_hash sdse_forward_inputs_hash(const struct sdse_imported *imported,
                                          const struct sdse_forward_inputs *inputs) {
    const struct sdse_onnx_graph *graph = &imported->graph;
    struct sdse_hash hash = sdse_hash_bytes("inputs", 6);
    for (size_t i = 0; i < graph->proto->n_input; i++) {
        uint32_t id;
        if (!is_input(graph, i, &id))
            continue;
        const char *name = graph->value[id].name;
        const struct sdse_array *array = array_of(inputs, name);
        const struct sdse_hash parts[] = {
            sdse_hash_bytes(name, strlen(name)),
            sdse_hash_bytes(array->shape, array->rank * sizeof *array->shape),
            sdse_hash_bytes(array->data, (size_t)array->count * sizeof *array->data)};
        for (size_t j = 0; j < 3; j++)
            hash = sdse_hash_join(hash, parts[j]);
    }
    return hash;
}

// The numbers of one run.
static enum sdse_status give(const struct sdse_imported *imported,
                             const struct sdse_forward_inputs *inputs, uint64_t run,
                             struct sdse_onnx_numbers *given) {
    const struct sdse_onnx_graph *graph = &imported->graph;
    for (size_t i = 0; i < graph->proto->n_input; i++) {
        uint32_t id;
        if (!is_input(graph, i, &id))
            continue;
        const struct sdse_onnx_value *value = &graph->value[id];
        const struct sdse_array *array = array_of(inputs, value->name);
        struct sdse_onnx_numbers *numbers = &given[id];
        uint64_t count = sdse_onnx_product(&value->shape, 0, value->shape.rank);
        const float *from = array->data + (array->count == count ? 0 : run * count);
        if (!numbers->data)
            numbers->data = malloc((size_t)(count + 1) * sizeof *numbers->data);
        if (!numbers->data)
            return SDSE_NO_MEMORY;
        numbers->shape = value->shape;
        numbers->count = count;
        for (uint64_t j = 0; j < count; j++)
            numbers->data[j] = (double)from[j];
    }
    return SDSE_OK;
}

enum sdse_status sdse_forward_runs(const struct sdse_imported *imported,
                                   const struct sdse_forward_inputs *inputs,
                                   struct sdse_forward_request *request,
                                   sdse_forward_take take, void *context,
                                   struct sdse_diags *diags) {
    const struct sdse_onnx_graph *graph = &imported->graph;
    uint64_t runs = 0;
    enum sdse_status status = sdse_forward_inputs_runs(imported, inputs, &runs, diags);
    const enum sdse_status can = sdse_forward_check(graph, diags);
    if (status != SDSE_OK || can != SDSE_OK)
        return SDSE_INVALID;
    const size_t count = graph->proto->n_output;
    struct sdse_onnx_numbers *given =
        calloc((size_t)graph->value_count + 1, sizeof *given);
    struct sdse_onnx_numbers *outputs = calloc(count + 1, sizeof *outputs);
    status = given && outputs ? SDSE_OK : SDSE_NO_MEMORY;
    request->graph = graph;
    request->given = given;
    for (uint64_t run = 0; run < runs && status == SDSE_OK; run++) {
        status = give(imported, inputs, run, given);
        if (status == SDSE_OK)
            status = sdse_forward_run(request, outputs, diags);
        if (status == SDSE_OK && take)
            status = take(context, run, outputs);
        for (size_t i = 0; i < count; i++) {
            free(outputs[i].data);
            outputs[i].data = NULL;
        }
    }
    for (uint32_t id = 0; given && id < graph->value_count; id++)
        free(given[id].data);
    free(given);
    free(outputs);
    return status;
}
