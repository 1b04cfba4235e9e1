#include "dse/sweep/network_outputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/sweep/forms.h"
#include "dse/sweep/measured.h"

// What has been found out.
struct known {
    struct sdse_hash key;
    uint32_t word_bits;
    struct sdse_output_error error;
    struct known *next;
};

struct sdse_network_outputs {
    struct sdse_imported *imported;
    struct sdse_forward_inputs inputs;
    struct sdse_forward_outputs *reference; // once asked for
    struct sdse_hash hash;
    struct known *known; // of the heap
};

void sdse_network_outputs_free(struct sdse_network_outputs *outputs) {
    if (!outputs)
        return;
    for (struct known *at = outputs->known; at;) {
        struct known *next = at->next;
        free(at);
        at = next;
    }
    sdse_forward_outputs_free(outputs->reference);
    sdse_forward_inputs_free(&outputs->inputs);
    sdse_imported_free(outputs->imported);
    free(outputs);
}

struct sdse_hash sdse_network_outputs_hash(const struct sdse_network_outputs *outputs) {
    return outputs->hash;
}

static const struct sdse_layer *layer_of(const struct sdse_workload *workload,
                                         const char *name) {
    for (size_t i = 0; i < workload->layer_count; i++)
        if (strcmp(workload->layers[i].name, name) == 0)
            return &workload->layers[i];
    return NULL;
}

static bool same_weights(const struct sdse_layer *a, const struct sdse_layer *b) {
    const struct sdse_weight_shape x = sdse_layer_weight_shape(a),
                                   y = sdse_layer_weight_shape(b);
    return sdse_layer_has_weights(a) && x.groups == y.groups &&
           x.filters == y.filters && x.channels == y.channels &&
           x.kernel_rows == y.kernel_rows && x.kernel_columns == y.kernel_columns;
}

// Whether the network is the model's.
static enum sdse_status compare(const struct sdse_sweep_outputs *spec,
                                const struct sdse_workload *workload,
                                const struct sdse_workload *model,
                                struct sdse_diags *diags) {
    for (size_t i = 0; i < model->layer_count; i++) {
        const struct sdse_layer *layer = &model->layers[i];
        if (!layer->weights_file)
            continue;
        const struct sdse_layer *other = layer_of(workload, layer->name);
        if (other && same_weights(other, layer))
            continue;
        sdse_diag_add(diags, SDSE_ERROR, spec->loc, "outputs-model",
                      "layer '%.80s' of %s %s in network '%.80s'", layer->name,
                      spec->model, other ? "has other weights" : "is not",
                      workload->name);
        return SDSE_INVALID;
    }
    return SDSE_OK;
}

static enum sdse_status hash_file(const char *path, struct sdse_hash *hash,
                                  struct sdse_diags *diags) {
    enum { PIECE = 1 << 16 };
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = file ? malloc(PIECE) : NULL;
    size_t got;
    enum sdse_status status = bytes ? SDSE_OK : file ? SDSE_NO_MEMORY : SDSE_IO;
    while (status == SDSE_OK && (got = fread(bytes, 1, PIECE, file)) > 0)
        *hash = sdse_hash_join(*hash, sdse_hash_bytes(bytes, got));
    if (status == SDSE_OK && ferror(file))
        status = SDSE_IO;
    if (status == SDSE_IO)
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "onnx-open",
                      "cannot be read");
    if (file)
        fclose(file);
    free(bytes);
    return status;
}

// The weights may be in other files than the model.
static enum sdse_status hash_all(struct sdse_network_outputs *outputs, const char *path,
                                 struct sdse_diags *diags) {
    const struct sdse_workload *model = sdse_imported_workload(outputs->imported);
    outputs->hash = sdse_forward_inputs_hash(outputs->imported, &outputs->inputs);
    enum sdse_status status = hash_file(path, &outputs->hash, diags);
    for (size_t i = 0; i < model->layer_count && status == SDSE_OK; i++) {
        struct sdse_array array;
        if (!model->layers[i].weights_file)
            continue;
        status = sdse_imported_weights(outputs->imported, i, &array, diags);
        if (status != SDSE_OK)
            break;
        outputs->hash = sdse_hash_join(
            outputs->hash,
            sdse_hash_bytes(array.data, (size_t)array.count * sizeof *array.data));
        sdse_array_free(&array);
    }
    return status;
}

static enum sdse_status load(struct sdse_network_outputs *outputs,
                             const struct sdse_sweep_outputs *spec,
                             const struct sdse_workload *workload, bool follow_links,
                             struct sdse_arena *arena, struct sdse_diags *diags) {
    struct sdse_forward_file *files =
        SDSE_ARENA_ARRAY(arena, struct sdse_forward_file, spec->file_count + 1);
    struct sdse_import_input *shapes =
        SDSE_ARENA_ARRAY(arena, struct sdse_import_input, spec->file_count + 1);
    uint64_t runs;
    if (!files || !shapes)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < spec->file_count; i++)
        files[i] = (struct sdse_forward_file){spec->files[i].name, spec->files[i].path};
    enum sdse_status status = sdse_forward_inputs_read(files, spec->file_count, arena,
                                                       &outputs->inputs, diags);
    if (status != SDSE_OK)
        return status;
    sdse_forward_inputs_shapes(&outputs->inputs, shapes);
    const struct sdse_import_options options = {.input_count = outputs->inputs.count,
                                                .inputs = shapes,
                                                .follow_links = follow_links};
    status = sdse_import_onnx(spec->model, &options, &outputs->imported, diags);
    if (status == SDSE_OK)
        status =
            compare(spec, workload, sdse_imported_workload(outputs->imported), diags);
    if (status == SDSE_OK)
        status =
            sdse_forward_inputs_runs(outputs->imported, &outputs->inputs, &runs, diags);
    if (status == SDSE_OK)
        status = sdse_forward_outputs_check(outputs->imported, diags);
    return status == SDSE_OK ? hash_all(outputs, spec->model, diags) : status;
}

enum sdse_status sdse_network_outputs_load(const struct sdse_sweep_outputs *spec,
                                           const struct sdse_workload *workload,
                                           bool follow_links, struct sdse_arena *arena,
                                           struct sdse_diags *diags,
                                           struct sdse_network_outputs **out) {
    struct sdse_network_outputs *outputs = calloc(1, sizeof *outputs);
    if (!outputs)
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        load(outputs, spec, workload, follow_links, arena, diags);
    if (status == SDSE_OK)
        *out = outputs;
    else
        sdse_network_outputs_free(outputs);
    return status;
}

static struct sdse_hash hash_faults(const struct sdse_weight_faults *faults) {
    const double values[] = {faults->bits.section[SDSE_SECTION_COEFFICIENTS],
                             faults->bits.section[SDSE_SECTION_INDEX],
                             faults->bits.section[SDSE_SECTION_BASIS],
                             faults->bits.section[SDSE_SECTION_SCALE],
                             faults->bits.section[SDSE_SECTION_RAW],
                             faults->bits.words,
                             faults->cells.sigma,
                             faults->cells.sigma_verified,
                             faults->cells.verified_share};
    return sdse_hash_bytes(values, sizeof values);
}

enum sdse_status sdse_network_outputs_error(struct sdse_network_outputs *outputs,
                                            const struct sdse_form_setting *setting,
                                            const struct sdse_weight_faults *faults,
                                            struct sdse_hash key, uint32_t word_bits,
                                            unsigned threads, struct sdse_diags *diags,
                                            struct sdse_output_error *out) {
    word_bits = sdse_measured_word_bits(word_bits);
    if (faults)
        key = sdse_hash_join(key, hash_faults(faults));
    for (const struct known *at = outputs->known; at; at = at->next)
        if (sdse_hash_same(at->key, key) && at->word_bits == word_bits) {
            *out = at->error;
            return SDSE_OK;
        }
    enum sdse_status status = SDSE_OK;
    struct known *known = malloc(sizeof *known);
    if (!known)
        return SDSE_NO_MEMORY;
    if (!outputs->reference)
        status = sdse_forward_outputs_run(outputs->imported, &outputs->inputs, NULL,
                                          threads, &outputs->reference, diags);
    if (status == SDSE_OK)
        status = sdse_output_error_of(outputs->imported, &outputs->inputs,
                                      outputs->reference, setting, faults, word_bits,
                                      threads, out, diags);
    if (status != SDSE_OK) {
        free(known);
        return status;
    }
    *known = (struct known){key, word_bits, *out, outputs->known};
    outputs->known = known;
    return SDSE_OK;
}
