#include "cli/import_tensors.h"

#include <inttypes.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/progress.h"
#include "cli/shell_word.h"
#include "dse/sweep/weights.h"
#include "import/tensors/roles.h"
#include "import/write_tensors.h"

struct importing {
    struct cli *cli;
    const struct cli_tensor_import *import;
    struct sdse_tensors tensors;
    struct sdse_workload *network; // of --like; NULL
    size_t count;
    struct sdse_tensor_layer *layer;
    bool *by_name; // of --like [layers]
    struct sdse_tensor_leftovers rest;
    size_t unmatched; // layers of --like without a tensor
    uint64_t weights;
};

// --- Which layers ---

static void warn(struct importing *m, const char *check, const char *text) {
    if (text)
        sdse_diag_add(&m->cli->diags, SDSE_WARNING,
                      (struct sdse_loc){.file = m->import->path}, check, "%s", text);
}

// The layers of a known network, each with the tensor that is its own.
static enum sdse_status find_like(struct importing *m) {
    struct sdse_workload *net;
    enum sdse_status status = cli_load_workload(m->cli, m->import->like, &net);
    if (status != SDSE_OK)
        return status;
    struct sdse_arena *arena = m->cli->arena;
    const size_t most = net->layer_count + 1;
    struct sdse_tensor_wanted *wanted =
        SDSE_ARENA_ARRAY(arena, struct sdse_tensor_wanted, most);
    const struct sdse_layer **of =
        SDSE_ARENA_ARRAY(arena, const struct sdse_layer *, most);
    struct sdse_layer *layers = SDSE_ARENA_ARRAY(arena, struct sdse_layer, most);
    m->network = SDSE_ARENA_NEW(arena, struct sdse_workload);
    m->layer = SDSE_ARENA_ARRAY(arena, struct sdse_tensor_layer, most);
    m->by_name = SDSE_ARENA_ARRAY(arena, bool, most);
    if (!wanted || !of || !layers || !m->network || !m->layer || !m->by_name)
        return SDSE_NO_MEMORY;
    size_t count = 0, contradiction;
    for (size_t i = 0; i < net->layer_count; i++) {
        layers[i] = net->layers[i];
        layers[i].weights_file = NULL; // of other weights
        if (!sdse_layer_stores_weights(&layers[i]))
            continue;
        of[count] = &layers[i];
        wanted[count].layer = layers[i].name;
        wanted[count].rank = sdse_layer_weight_array(&layers[i], wanted[count].shape);
        count++;
    }
    *m->network = *net;
    m->network->layers = layers;
    if (!sdse_tensors_match(&m->tensors, wanted, count, &contradiction))
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (wanted[i].tensor == SDSE_NO_TENSOR) {
            m->unmatched++;
            continue;
        }
        struct sdse_tensor_layer *layer = &m->layer[m->count];
        m->by_name[m->count++] = wanted[i].by_name;
        *layer = (struct sdse_tensor_layer){
            .layer = of[i]->name,
            .kind = of[i]->kind == SDSE_DWCONV ? "dwconv"
                    : of[i]->kind == SDSE_FC   ? "fc"
                                               : "conv",
            .weights = sdse_tensor_in_our_order(&m->tensors.tensor[wanted[i].tensor]),
            .tensor = wanted[i].tensor};
        // Extents of 1 are no difference: a product as a convolution, or the reverse.
        for (unsigned k = layer->weights.rank; k < wanted[i].rank; k++)
            layer->weights.shape[k] = layer->weights.stride[k] = 1;
        layer->weights.rank = wanted[i].rank;
    }
    if (contradiction != SDSE_NO_TENSOR)
        warn(m, "tensors-like",
             sdse_arena_printf(arena,
                               "tensor '%s' has the name of a layer of %s and another "
                               "shape",
                               m->tensors.tensor[contradiction].name, net->name));
    if (m->unmatched)
        warn(m, "tensors-like",
             sdse_arena_printf(arena,
                               "%zu of %zu layers of %s find no tensor of their name "
                               "and shape, nor as many as they are of their shape: "
                               "they have no weights",
                               m->unmatched, count, net->name));
    return SDSE_OK;
}

// What is said of numbers that are not what they stand for.
static void warn_of_scales(struct importing *m) {
    size_t count = 0;
    const char *first = NULL;
    for (size_t i = 0; i < m->count; i++) {
        const struct sdse_stored_tensor *tensor = &m->layer[i].weights;
        if (tensor->scale || sdse_dtype_bytes(tensor->dtype) > 1)
            continue;
        first = count++ ? first : tensor->name;
    }
    if (count)
        warn(m, "tensors-unscaled",
             sdse_arena_printf(m->cli->arena,
                               "%zu tensors are numbers of 8 bits, '%s' the first: "
                               "taken as they are stored, without a scale that the "
                               "file may keep elsewhere",
                               count, first));
}

static enum sdse_status find_layers(struct importing *m) {
    enum sdse_status status = SDSE_OK;
    if (m->import->like)
        status = find_like(m);
    else if (!sdse_tensors_layers(&m->tensors, &m->layer, &m->count, &m->rest))
        status = SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return status;
    for (size_t i = 0; i < m->count; i++)
        m->weights += m->layer[i].weights.count;
    if (!m->count) {
        cli_error(m->cli, "%s: none of its %zu tensors is %s", m->import->path,
                  m->tensors.count,
                  m->network ? "of a layer of that network"
                             : "the weights of a convolution or of a product");
        return SDSE_INVALID;
    }
    warn_of_scales(m);
    return SDSE_OK;
}

// --- What is said ---

static const char *shape_text(struct sdse_arena *arena,
                              const struct sdse_stored_tensor *tensor) {
    const char *text = "";
    for (unsigned i = 0; i < tensor->rank && text; i++)
        text = sdse_arena_printf(arena, "%s%s%" PRIu64, text, i ? "x" : "",
                                 tensor->shape[i]);
    return text;
}

static const struct sdse_table *make_table(const struct importing *m) {
    static const char *const names[] = {"layer", "kind",   "shape",
                                        "type",  "tensor", "matched_by"};
    struct sdse_table *table = sdse_table_new(m->cli->arena);
    if (!table)
        return NULL;
    sdse_table_add_columns(table, names, m->network ? 6 : 4);
    for (size_t i = 0; i < m->count; i++) {
        const struct sdse_tensor_layer *layer = &m->layer[i];
        sdse_table_add_text(table, layer->layer);
        sdse_table_add_text(table, layer->kind);
        sdse_table_add_text(table, shape_text(m->cli->arena, &layer->weights));
        sdse_table_add_text(table, layer->weights.type);
        if (!m->network)
            continue;
        sdse_table_add_text(table, m->tensors.tensor[layer->tensor].name);
        sdse_table_add_text(table, m->by_name[i] ? "name" : "order and shape");
    }
    return table;
}

static const char *count_text(struct sdse_arena *arena, size_t count,
                              const char *what) {
    const char *text =
        sdse_arena_printf(arena, "%zu %s%s", count, what, count == 1 ? "" : "s");
    return text ? text : what;
}

static void print_rest(const struct importing *m) {
    for (int r = 0; r < SDSE_TENSOR_RESTS; r++)
        if (m->rest.tensors[r])
            printf("  no layer: %s %s; %" PRIu64 " numbers; the first: %s\n",
                   count_text(m->cli->arena, m->rest.tensors[r], "tensor"),
                   sdse_tensor_rest_text((enum sdse_tensor_rest)r), m->rest.elements[r],
                   m->rest.first[r]);
}

static enum cli_exit print_text(const struct importing *m) {
    const char *folder = m->import->output;
    const char *word = cli_shell_word(m->cli->arena, folder);
    printf("%s: %s, %s\n\n", m->import->path,
           sdse_tensor_format_name(m->tensors.format),
           count_text(m->cli->arena, m->tensors.count, "tensor"));
    const struct sdse_table *table = make_table(m);
    const enum sdse_status status =
        table ? sdse_table_write(table, SDSE_TABLE_TEXT, stdout) : SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return cli_finish(m->cli, status);
    printf("\n%s, %" PRIu64 " weights\n", count_text(m->cli->arena, m->count, "layer"),
           m->weights);
    print_rest(m);
    printf("\nwritten: %s/manifest.tsv, weights/%s; go on with\n  sdse decompose %s\n",
           folder, m->network ? " and workload.yaml" : "", word);
    if (m->network)
        printf("  sdse map -a smartexchange -w %s/workload.yaml --form smartdeal\n",
               word);
    else
        printf(
            "  sdse import %s -o %s --like NETWORK   # to map the network it is of\n",
            cli_shell_word(m->cli->arena, m->import->path), word);
    return CLI_OK;
}

static enum cli_exit print_json(const struct importing *m) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.import-tensors/1", stdout);
    sdse_json_text(&json, "source", m->import->path);
    sdse_json_text(&json, "kind", sdse_tensor_format_name(m->tensors.format));
    sdse_json_text(&json, "folder", m->import->output);
    sdse_json_text(&json, "network", m->network ? m->network->name : NULL);
    sdse_json_u64(&json, "tensors", m->tensors.count);
    sdse_json_u64(&json, "weights_words", m->weights);
    sdse_json_u64(&json, "layers_without_tensor", m->unmatched);
    sdse_json_rows(&json, "layers", make_table(m));
    sdse_json_array(&json, "rest");
    for (int r = 0; r < SDSE_TENSOR_RESTS; r++) {
        if (!m->rest.tensors[r])
            continue;
        sdse_json_object(&json, NULL);
        sdse_json_text(&json, "why", sdse_tensor_rest_text((enum sdse_tensor_rest)r));
        sdse_json_u64(&json, "tensors", m->rest.tensors[r]);
        sdse_json_u64(&json, "elements", m->rest.elements[r]);
        sdse_json_text(&json, "first", m->rest.first[r]);
        sdse_json_close(&json);
    }
    sdse_json_close(&json);
    return cli_end_json(m->cli, &json);
}

// --- The work ---

// Shards and arrays of a folder are inputs, each.
static bool name_inputs(struct importing *m) {
    const char *last = NULL;
    for (size_t i = 0; i < m->tensors.count; i++) {
        const char *path = sdse_tensor_file(&m->tensors.tensor[i]);
        if (last != path && !cli_is_input(m->cli, path))
            return false;
        last = path;
    }
    return true;
}

static enum sdse_status write_all(struct importing *m) {
    struct cli_progress progress;
    if (m->network && !m->import->no_weight_bits)
        sdse_import_take_widths(m->layer, m->count, m->network);
    const struct sdse_steps steps = {cli_progress_set, &progress};
    cli_progress_begin(&progress, m->cli->verb->name, "weights", 0);
    const enum sdse_status status = sdse_import_write_tensors(
        &m->cli->outputs, m->layer, m->count, m->network, m->import->output, &steps,
        m->cli->arena, &m->cli->diags);
    cli_progress_end(&progress);
    return status;
}

enum cli_exit cli_import_tensors(struct cli *cli,
                                 const struct cli_tensor_import *import) {
    struct importing m = {.cli = cli, .import = import};
    enum sdse_status status =
        sdse_tensors_open(import->path, import->format, import->follow_links,
                          cli->arena, &m.tensors, &cli->diags);
    if (status == SDSE_OK && !name_inputs(&m))
        status = SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = find_layers(&m);
    if (status == SDSE_OK)
        status = write_all(&m);
    enum cli_exit result = cli_finish(cli, status);
    if (result == CLI_OK)
        result = import->json ? print_json(&m) : print_text(&m);
    sdse_tensors_free(&m.tensors);
    return result;
}
