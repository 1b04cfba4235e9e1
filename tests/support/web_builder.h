// Models of TensorFlow.js for tests: a topology of Keras written layer by layer, and
// its weights, in a folder of the test's own.
#ifndef SDSE_TESTS_WEB_BUILDER_H
#define SDSE_TESTS_WEB_BUILDER_H

#include <stdarg.h>
#include <string.h>

#include "import/tfjs/tfjs.h"
#include "support/scratch_folder.h"
#include "support/tensor_files.h"

enum { WEB_MOST = 1 << 15 };

struct web {
    char layers[WEB_MOST], weights[WEB_MOST];
    float data[1 << 13];
    size_t count; // of weights' numbers
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_imported *imported;
    enum sdse_status status;
};

__attribute__((format(printf, 2, 3))) static inline void
web_print(char text[WEB_MOST], const char *format, ...) {
    va_list args;
    va_start(args, format);
    const size_t used = strlen(text);
    const int more = vsnprintf(text + used, WEB_MOST - used, format, args);
    va_end(args);
    assert_true(more >= 0 && used + (size_t)more < WEB_MOST);
}

static inline void web_begin(struct web *w) {
    memset(w, 0, sizeof *w);
    w->arena = sdse_arena_new();
    sdse_diags_init(&w->diags, w->arena);
}

static inline void web_end(struct web *w) {
    sdse_imported_free(w->imported);
    sdse_arena_free(w->arena);
}

// A layer that reads others ("a b", "" of an input), with settings: ", \"filters\": 3".
static inline void web_layer(struct web *w, const char *class_name, const char *name,
                             const char *reads, const char *settings) {
    char words[256], *rest = NULL;
    snprintf(words, sizeof words, "%s", reads);
    web_print(w->layers,
              "%s{\"class_name\": \"%s\", \"name\": \"%s\", \"config\": {\"name\": "
              "\"%s\"%s}, \"inbound_nodes\": [",
              w->layers[0] ? ",\n" : "", class_name, name, name, settings);
    const char *word = strtok_r(words, " ", &rest);
    for (bool first = true; word; word = strtok_r(NULL, " ", &rest), first = false)
        web_print(w->layers, "%s[\"%s\", 0, 0, {}]", first ? "[" : ", ", word);
    web_print(w->layers, "%s]}", reads[0] ? "]" : "");
}

// Room for a weight's numbers, which are 0 until they are filled in.
static inline float *web_weights(struct web *w, const char *name, unsigned rank,
                                 const size_t *shape) {
    float *data = w->data + w->count;
    size_t count = 1;
    web_print(w->weights, "%s{\"name\": \"%s\", \"dtype\": \"float32\", \"shape\": [",
              w->weights[0] ? ", " : "", name);
    for (unsigned i = 0; i < rank; i++) {
        web_print(w->weights, "%s%zu", i ? ", " : "", shape[i]);
        count *= shape[i];
    }
    web_print(w->weights, "]}");
    w->count += count;
    assert_true(w->count <= sizeof w->data / sizeof *w->data);
    return data;
}

// The numbers in two files, the second of which begins in the middle of one.
static inline void web_save_weights(const struct web *w) {
    static struct file_bytes bytes[2];
    bytes[0].length = bytes[1].length = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct file_bytes one = {.length = 0};
        put_f32(&one, w->data[i]);
        for (size_t b = 0; b < 4; b++)
            put(&bytes[4 * i + b >= 2 * w->count + 1], &one.at[b], 1);
    }
    save(at("g1.bin"), &bytes[0]);
    save(at("g2.bin"), &bytes[1]);
}

// Writes the file and imports it. `model`: what is in modelTopology.
static inline void web_open_as(struct web *w, const char *model,
                               const struct sdse_import_options *options) {
    FILE *file = fopen(at("model.json"), "w");
    assert_non_null(file);
    fprintf(file,
            "{\"modelTopology\": %s, \"weightsManifest\": [{\"paths\": [\"g1.bin\", "
            "\"g2.bin\"], \"weights\": [%s]}]}",
            model, w->weights);
    assert_int_equal(fclose(file), 0);
    web_save_weights(w);
    static char path[300];
    snprintf(path, sizeof path, "%s", at("model.json"));
    w->status = sdse_tfjs_open(path, options, NULL, &w->imported, &w->diags);
    assert_int_equal(w->status == SDSE_OK, w->diags.errors == 0);
}

// As a functional model; inputs and outputs are names, `["x", 0, 0]`.
static inline void web_open(struct web *w, const char *inputs, const char *outputs,
                            const struct sdse_import_options *options) {
    static char text[WEB_MOST];
    text[0] = '\0';
    web_print(text,
              "{\"keras_version\": \"2.15.0\", \"model_config\": {\"class_name\": "
              "\"Functional\", \"config\": {\"name\": \"net\", \"layers\": [%s], "
              "\"input_layers\": [%s], \"output_layers\": [%s]}}}",
              w->layers, inputs, outputs);
    web_open_as(w, text, options);
}

#endif
