#include "import/tfjs/tfjs.h"

#include <stdlib.h>

#include "base/arena_grow.h"
#include "import/onnx/made.h"
#include "import/tensors/blob.h"
#include "import/tensors/json.h"
#include "import/tensors/list.h"
#include "import/tfjs/reading.h"

// --- Inputs ---

// A list that grows.
static bool append(struct tfjs_reader *r, Onnx__ValueInfoProto ***list, size_t *count,
                   size_t *room, Onnx__ValueInfoProto *info) {
    Onnx__ValueInfoProto **more =
        sdse_arena_grow(r->arena, *list, *count, room, sizeof *more);
    if (!more)
        return false;
    *list = more;
    (*list)[(*count)++] = info;
    return true;
}

// A value of the graph, of `rank` extents whose dimensions are to be filled in; NULL:
// memory is out.
static Onnx__ValueInfoProto *make_info(struct tfjs_reader *r, const char *name,
                                       size_t rank) {
    Onnx__ValueInfoProto *info = SDSE_ARENA_NEW(r->arena, Onnx__ValueInfoProto);
    Onnx__TypeProto *type = SDSE_ARENA_NEW(r->arena, Onnx__TypeProto);
    Onnx__TypeProto__Tensor *tensor = SDSE_ARENA_NEW(r->arena, Onnx__TypeProto__Tensor);
    Onnx__TensorShapeProto *shape = SDSE_ARENA_NEW(r->arena, Onnx__TensorShapeProto);
    Onnx__TensorShapeProto__Dimension **dims =
        SDSE_ARENA_ARRAY(r->arena, Onnx__TensorShapeProto__Dimension *, rank + 1);
    Onnx__TensorShapeProto__Dimension *dim =
        SDSE_ARENA_ARRAY(r->arena, Onnx__TensorShapeProto__Dimension, rank + 1);
    char *own = sdse_arena_strdup(r->arena, name);
    if (!info || !type || !tensor || !shape || !dims || !dim || !own)
        return NULL;
    onnx__value_info_proto__init(info);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    for (size_t i = 0; i < rank; i++) {
        onnx__tensor_shape_proto__dimension__init(&dim[i]);
        dims[i] = &dim[i];
    }
    info->name = own;
    info->type = type;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    shape->n_dim = rank;
    shape->dim = dims;
    return info;
}

bool sdse_tfjs_add_input(struct tfjs_reader *r, const char *name, const json_t *shape,
                         const char *path, struct tfjs_value *out) {
    static char batch[] = "batch";
    const size_t rank = json_array_size(shape);
    bool good = rank >= 1 && rank <= TFJS_MOST_RANK;
    for (size_t i = 0; i < rank && good; i++) {
        const json_t *extent = json_array_get(shape, i);
        good = json_is_null(extent) ||
               (json_is_integer(extent) && json_integer_value(extent) > 0);
    }
    if (!good || !name) {
        r->broken = true;
        sdse_diag_add(r->diags, SDSE_ERROR, (struct sdse_loc){.file = r->file},
                      "tfjs-config",
                      "%s: the shape of this input is not said: a list of 1 to 8 "
                      "extents, each above 0 or null, is needed",
                      path);
        return false;
    }
    Onnx__ValueInfoProto *info = make_info(r, name, rank);
    r->w.failed |=
        !info || !append(r, &r->input, &r->input_count, &r->input_room, info);
    if (r->w.failed)
        return false;
    for (size_t i = 0; i < rank; i++) {
        Onnx__TensorShapeProto__Dimension *dim = info->type->tensor_type->shape->dim[i];
        const json_t *extent = json_array_get(shape, i);
        const bool given = r->options && r->options->input_count > 0;
        if (json_is_integer(extent) || (i == 0 && !given)) {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dim->dim_value = json_is_integer(extent) ? json_integer_value(extent) : 1;
        } else if (i == 0) {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim->dim_param = batch;
        }
    }
    *out = sdse_tfjs_value(info->name, (unsigned)rank, false);
    return true;
}

// --- The topology ---

// "Keras 2.15.0".
static char *maker(struct tfjs_reader *r, const json_t *topology) {
    const char *version = json_string_value(json_object_get(topology, "keras_version"));
    return version ? sdse_arena_printf(r->arena, "Keras %.40s", version) : NULL;
}

static bool add_outputs(struct tfjs_reader *r, const struct tfjs_value *out,
                        size_t count) {
    struct tfjs_layer l = {.r = r};
    for (size_t i = 0; i < count && !r->w.failed; i++) {
        struct tfjs_value value = out[i];
        const char *name = value.plain ? value.plain : sdse_tfjs_planes(&l, &value);
        Onnx__ValueInfoProto *info = name ? make_info(r, name, 0) : NULL;
        r->w.failed |=
            !info || !append(r, &r->output, &r->output_count, &r->output_room, info);
        if (!r->w.failed)
            info->type = NULL;
    }
    return !r->w.failed;
}

static Onnx__ModelProto *assemble(struct tfjs_reader *r, const json_t *topology,
                                  const char *title) {
    enum { OPSET = 21 };
    Onnx__ModelProto *model = SDSE_ARENA_NEW(r->arena, Onnx__ModelProto);
    Onnx__GraphProto *graph = SDSE_ARENA_NEW(r->arena, Onnx__GraphProto);
    Onnx__OperatorSetIdProto *opset =
        SDSE_ARENA_NEW(r->arena, Onnx__OperatorSetIdProto);
    Onnx__OperatorSetIdProto **list =
        SDSE_ARENA_ARRAY(r->arena, Onnx__OperatorSetIdProto *, 1);
    if (!model || !graph || !opset || !list)
        return NULL;
    onnx__model_proto__init(model);
    onnx__graph_proto__init(graph);
    onnx__operator_set_id_proto__init(opset);
    list[0] = opset;
    opset->has_version = 1;
    opset->version = OPSET;
    model->n_opset_import = 1;
    model->opset_import = list;
    model->graph = graph;
    char *producer = maker(r, topology);
    if (producer)
        model->producer_name = producer;
    char *name = title ? sdse_arena_strdup(r->arena, title) : NULL;
    if (name)
        graph->name = name;
    graph->n_node = r->w.node_count;
    graph->node = r->w.nodes;
    graph->n_initializer = r->w.tensor_count;
    graph->initializer = r->w.tensors;
    graph->n_input = r->input_count;
    graph->input = r->input;
    graph->n_output = r->output_count;
    graph->output = r->output;
    return model;
}

static enum sdse_status wrong_topology(struct tfjs_reader *r, const char *what) {
    return sdse_tensors_refuse(r->diags, r->file, "tfjs-json", "%s", what);
}

// The model in which the topology's is, under its names of all versions.
static enum sdse_status translate(struct tfjs_reader *r, json_t *topology,
                                  Onnx__ModelProto **model) {
    json_t *inner = json_object_get(topology, "model_config");
    const char *path = inner ? "modelTopology.model_config" : "modelTopology";
    json_t *root = inner ? inner : topology;
    const char *class_name = json_string_value(json_object_get(root, "class_name"));
    json_t *config = json_object_get(root, "config");
    json_t *nodes = json_object_get(topology, "node");
    struct tfjs_value *out;
    size_t count;
    if (!class_name && json_is_array(nodes)) {
        if (sdse_tfjs_graph(r, nodes, &out, &count) && add_outputs(r, out, count)) {
            *model = assemble(r, topology, NULL);
            r->w.failed |= !*model;
        }
        return r->w.failed ? SDSE_NO_MEMORY : r->broken ? SDSE_INVALID : SDSE_OK;
    }
    if (!class_name || !sdse_tfjs_is_model(class_name))
        return wrong_topology(
            r, "modelTopology is of no class that is read: Sequential, Functional or "
               "Model");
    if (sdse_tfjs_model(r, class_name, config, path, NULL, NULL, 0, &out, &count) &&
        add_outputs(r, out, count)) {
        *model =
            assemble(r, topology, json_string_value(json_object_get(config, "name")));
        r->w.failed |= !*model;
    }
    return r->w.failed ? SDSE_NO_MEMORY : r->broken ? SDSE_INVALID : SDSE_OK;
}

// --- The file ---

static enum sdse_status read_json(const struct sdse_blob *blob, json_t **root,
                                  struct sdse_diags *diags) {
    if (blob->length > SDSE_TENSORS_LONGEST)
        return sdse_tensors_refuse(diags, blob->name, "tensors-header",
                                   "longer than 100 MB");
    char *text = malloc((size_t)blob->length + 1);
    if (!text)
        return SDSE_NO_MEMORY;
    enum sdse_status status =
        sdse_blob_take(blob, 0, text, (size_t)blob->length, diags);
    if (status == SDSE_OK)
        status =
            sdse_json_parse(text, (size_t)blob->length, blob->name, true, root, diags);
    free(text);
    return status;
}

static bool name_inputs(const struct sdse_tensors *tensors,
                        struct sdse_output_rules *rules, struct sdse_arena *arena) {
    for (size_t i = 0; rules && i < tensors->count; i++) {
        const struct sdse_blob *run = tensors->tensor[i].blob;
        if (i > 0 && run == tensors->tensor[i - 1].blob)
            continue;
        for (size_t p = 0; p < run->part_count; p++)
            if (!sdse_output_rules_add(rules, arena, run->parts[p].name))
                return false;
    }
    return true;
}

static enum sdse_status
read_model(const struct sdse_blob *blob, json_t *topology, struct sdse_tensors *tensors,
           const struct sdse_import_options *options, struct sdse_output_rules *rules,
           struct sdse_imported **out, struct sdse_diags *diags) {
    uint64_t names = 0;
    struct sdse_arena *arena = sdse_arena_new();
    struct tfjs_reader *r = arena ? SDSE_ARENA_NEW(arena, struct tfjs_reader) : NULL;
    Onnx__ModelProto *model = NULL;
    if (!r || !name_inputs(tensors, rules, tensors->arena)) {
        sdse_arena_free(arena);
        return SDSE_NO_MEMORY;
    }
    *r = (struct tfjs_reader){.arena = arena,
                              .diags = diags,
                              .file = blob->name,
                              .options = options,
                              .tensors = *tensors,
                              .w = {.arena = arena, .names = &names, .base = "model"}};
    onnx__node_proto__init(&r->proto);
    r->node.proto = &r->proto;
    r->w.node = &r->node;
    enum sdse_status status = SDSE_NO_MEMORY;
    if (sdse_tfjs_index_weights(r))
        status = translate(r, topology, &model);
    json_decref(r->by_part);
    if (status == SDSE_OK)
        sdse_tfjs_warn_unused(r);
    if (status == SDSE_OK)
        return sdse_import_onnx_made(model, arena, blob->name, options, out, diags);
    sdse_arena_free(arena);
    return status;
}

static enum sdse_status read_file(const struct sdse_blob *blob,
                                  const struct sdse_import_options *options,
                                  struct sdse_output_rules *rules,
                                  struct sdse_imported **out,
                                  struct sdse_diags *diags) {
    json_t *root = NULL;
    *out = NULL;
    enum sdse_status status = read_json(blob, &root, diags);
    if (status != SDSE_OK)
        return status;
    json_t *topology = json_object_get(root, "modelTopology");
    // Diagnostics name the files of weights: these live as long.
    struct sdse_tensors tensors = {.format = SDSE_TENSORS_TFJS, .arena = diags->arena};
    if (json_object_size(topology) > 0)
        status =
            sdse_tfjs_list(blob, options && options->follow_links, &tensors, diags);
    if (status == SDSE_OK && json_object_size(topology) > 0)
        status = read_model(blob, topology, &tensors, options, rules, out, diags);
    json_decref(root);
    return status;
}

enum sdse_status sdse_tfjs_open(const char *path,
                                const struct sdse_import_options *options,
                                struct sdse_output_rules *rules,
                                struct sdse_imported **out, struct sdse_diags *diags) {
    struct sdse_blob blob;
    const enum sdse_status status = sdse_blob_of_file(path, &blob, diags);
    return status == SDSE_OK ? read_file(&blob, options, rules, out, diags) : status;
}

enum sdse_status sdse_tfjs_parse(const void *bytes, size_t length, const char *name,
                                 const struct sdse_import_options *options,
                                 struct sdse_imported **out, struct sdse_diags *diags) {
    const struct sdse_blob blob = {.name = name, .length = length, .memory = bytes};
    return read_file(&blob, options, NULL, out, diags);
}
