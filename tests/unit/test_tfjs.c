// Models of TensorFlow.js as networks: layers, edges and weights, compared with the
// same network as an ONNX model; both forms of Keras's topology; what is refused, and
// where.
#include "support/import_context.h"
#include "support/web_builder.h"

#include "spec/write.h"

static struct web web;

static void open_net(const char *shape, const char *outputs) {
    char text[64];
    snprintf(text, sizeof text, ", \"batch_input_shape\": %s", shape);
    web_layer(&web, "InputLayer", "x", "", text);
    web_open(&web, "[\"x\", 0, 0]", outputs, NULL);
}

static const struct sdse_workload *imported(void) {
    if (web.status != SDSE_OK)
        sdse_diags_print(&web.diags, stderr, false);
    assert_int_equal(web.status, SDSE_OK);
    return sdse_imported_workload(web.imported);
}

// Refused, with this check and these words in one message.
static void refused(const char *check, const char *says) {
    bool found = false;
    assert_int_equal(web.status, SDSE_INVALID);
    for (const struct sdse_diag *d = web.diags.first; d; d = d->next)
        found |= d->check && strcmp(d->check, check) == 0 && strstr(d->message, says);
    if (!found)
        fail_msg("not '%s' but '%s' [%s]", says, web.diags.first->message,
                 web.diags.first->check);
    web_end(&web);
}

static float *counted(const char *name, unsigned rank, const size_t *shape,
                      float from) {
    float *data = web_weights(&web, name, rank, shape);
    for (float *at = data; at < web.data + web.count; at++)
        *at = from += 0.25f;
    return data;
}

// --- The same network as an ONNX model ---

// Kernel [rows][columns][in][out] as [out][in][rows][columns].
static void onnx_kernel(struct onnx_builder *b, const char *name, const float *keras,
                        size_t rows, size_t columns, size_t in, size_t out,
                        bool depthwise) {
    Onnx__TensorProto *t = onnx_floats(b, name,
                                       ONNX_DIMS((int64_t)(depthwise ? in * out : out),
                                                 (int64_t)(depthwise ? 1 : in),
                                                 (int64_t)rows, (int64_t)columns));
    for (size_t k = 0, at = 0; k < out * (depthwise ? in : 1); k++)
        for (size_t c = 0; c < (depthwise ? 1 : in); c++)
            for (size_t r = 0; r < rows * columns; r++)
                t->float_data[at++] =
                    keras[depthwise ? r * in * out + k : (r * in + c) * out + k];
}

static void onnx_copy(struct onnx_builder *b, const char *name, const float *data,
                      size_t count) {
    Onnx__TensorProto *t = onnx_floats(b, name, ONNX_DIMS((int64_t)count));
    memcpy(t->float_data, data, count * sizeof *data);
}

static void same_weights(const struct context *context, size_t layer) {
    struct sdse_array a, b;
    struct sdse_diags diags = web.diags;
    if (sdse_imported_weights(web.imported, layer, &a, &diags) != SDSE_OK)
        return;
    assert_int_equal(sdse_imported_weights(context->imported, layer, &b, &diags),
                     SDSE_OK);
    assert_int_equal(a.rank, b.rank);
    assert_memory_equal(a.shape, b.shape, a.rank * sizeof *a.shape);
    assert_memory_equal(a.data, b.data, (size_t)a.count * sizeof *a.data);
    sdse_array_free(&a);
    sdse_array_free(&b);
}

// A block of MobileNetV2 with its shortcut, before it the strided convolution with
// zeros around its map, behind it the classifier.
static void block(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    web_begin(&web);
    const float *k1 = counted("conv1/kernel", 4, (size_t[]){3, 3, 3, 4}, 0);
    const float *norm[4];
    static const char *const roles[] = {"gamma", "beta", "moving_mean",
                                        "moving_variance"};
    for (size_t i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "bn1/%s", roles[i]);
        norm[i] = counted(name, 1, (size_t[]){4}, (float)i);
    }
    const float *k2 = counted("expand/kernel", 4, (size_t[]){1, 1, 4, 8}, 1);
    const float *k3 = counted("dw/depthwise_kernel", 4, (size_t[]){3, 3, 8, 1}, 2);
    const float *k4 = counted("project/kernel", 4, (size_t[]){1, 1, 8, 4}, 3);
    const float *k5 = counted("fc/kernel", 2, (size_t[]){4, 5}, 4);
    const float *bias = counted("fc/bias", 1, (size_t[]){5}, 5);
    const char *plain = ", \"kernel_size\": [1, 1], \"padding\": \"same\", "
                        "\"use_bias\": false";
    web_layer(&web, "ZeroPadding2D", "pad", "x", ", \"padding\": [[0, 1], [0, 1]]");
    web_layer(&web, "Conv2D", "conv1", "pad",
              ", \"kernel_size\": [3, 3], \"strides\": [2, 2], \"filters\": 4, "
              "\"padding\": \"valid\", \"use_bias\": false");
    web_layer(&web, "BatchNormalization", "bn1", "conv1", ", \"epsilon\": 0.001");
    web_layer(&web, "ReLU", "relu1", "bn1", ", \"max_value\": 6.0");
    web_layer(&web, "Conv2D", "expand", "relu1", plain);
    web_layer(&web, "DepthwiseConv2D", "dw", "expand",
              ", \"kernel_size\": 3, \"padding\": \"same\", \"use_bias\": false");
    web_layer(&web, "Conv2D", "project", "dw", plain);
    web_layer(&web, "Add", "add", "project relu1", "");
    web_layer(&web, "GlobalAveragePooling2D", "pool", "add", "");
    web_layer(&web, "Dense", "fc", "pool", ", \"units\": 5");
    open_net("[null, 16, 16, 3]", "[\"fc\", 0, 0]");

    onnx_input(b, "x", ONNX_DIMS(1, 3, 16, 16));
    onnx_kernel(b, "w1", k1, 3, 3, 3, 4, false);
    for (size_t i = 0; i < 4; i++)
        onnx_copy(b, roles[i], norm[i], 4);
    onnx_kernel(b, "w2", k2, 1, 1, 4, 8, false);
    onnx_kernel(b, "w3", k3, 3, 3, 8, 1, true);
    onnx_kernel(b, "w4", k4, 1, 1, 8, 4, false);
    Onnx__TensorProto *w5 = onnx_floats(b, "w5", ONNX_DIMS(4, 5));
    memcpy(w5->float_data, k5, 20 * sizeof *k5);
    onnx_copy(b, "bias", bias, 5);
    Onnx__NodeProto *node = onnx_node(b, "Conv", "conv1", "x,w1", "a");
    onnx_set_ints(b, node, "strides", 2, (const int64_t[]){2, 2});
    onnx_set_ints(b, node, "pads", 4, (const int64_t[]){0, 0, 1, 1});
    node = onnx_node(b, "BatchNormalization", "bn1",
                     "a,gamma,beta,moving_mean,moving_variance", "b");
    Onnx__AttributeProto *epsilon = onnx_attribute(b, node, "epsilon");
    epsilon->has_f = 1;
    epsilon->f = 0.001f;
    onnx_node(b, "Relu", "relu1.act", "b", "c");
    onnx_node(b, "Conv", "expand", "c,w2", "d");
    node = onnx_node(b, "Conv", "dw", "d,w3", "e");
    onnx_set_int(b, node, "group", 8);
    onnx_set_ints(b, node, "pads", 4, (const int64_t[]){1, 1, 1, 1});
    onnx_node(b, "Conv", "project", "e,w4", "f");
    onnx_node(b, "Add", "add", "f,c", "g");
    onnx_node(b, "GlobalAveragePool", "pool", "g", "h");
    onnx_node(b, "Flatten", "flat", "h", "i");
    onnx_node(b, "Gemm", "fc", "i,w5,bias", "y");
    assert_int_equal(import(context), SDSE_OK);

    const struct sdse_workload *ours = imported(),
                               *theirs = sdse_imported_workload(context->imported);
    assert_string_equal(ours->name, "net");
    assert_string_equal(ours->source, "imported from model.json, made by Keras 2.15.0");
    assert_int_equal(ours->layer_count, theirs->layer_count);
    assert_string_equal(sdse_edges_text(web.arena, ours),
                        sdse_edges_text(web.arena, theirs));
    assert_int_equal(ours->parameters_not_in_layers, theirs->parameters_not_in_layers);
    assert_int_equal(ours->parameters_not_in_layers, 4 * 4 + 5);
    uint64_t macs = 0;
    for (size_t i = 0; i < ours->layer_count; i++) {
        const struct sdse_layer *l = &ours->layers[i], *m = &theirs->layers[i];
        assert_string_equal(l->name, m->name);
        assert_int_equal(l->kind, m->kind);
        assert_memory_equal(&l->nest, &m->nest, sizeof l->nest);
        macs += sdse_layer_moves(l) ? 0 : sdse_layer_macs(l);
        same_weights(context, i);
    }
    // rows · columns · filters · taps · channels of each product
    assert_int_equal(macs, 64 * 4 * 9 * 3 + 64 * 8 * 4 + 64 * 8 * 9 + 64 * 4 * 8 + 20);
    web_end(&web);
}

// --- Forms of the topology ---

static void keras_3(void **state) {
    (void)state;
    static const char tensor[] =
        "{\"class_name\": \"__keras_tensor__\", \"config\": "
        "{\"shape\": [null, 4], \"keras_history\": [\"%s\", 0, "
        "0]}}";
    static char model[4000];
    char x[200], d[200];
    snprintf(x, sizeof x, tensor, "x");
    snprintf(d, sizeof d, tensor, "d");
    web_begin(&web);
    counted("d/kernel", 2, (size_t[]){4, 4}, 0);
    counted("d/bias", 1, (size_t[]){4}, 0);
    // The sum stands before what it reads.
    snprintf(
        model, sizeof model,
        "{\"class_name\": \"Functional\", \"config\": {\"name\": \"three\", "
        "\"layers\": [{\"class_name\": \"Add\", \"name\": \"sum\", \"config\": "
        "{\"name\": \"sum\"}, \"inbound_nodes\": [{\"args\": [[%s, %s]], "
        "\"kwargs\": {}}]}, {\"class_name\": \"InputLayer\", \"name\": \"x\", "
        "\"config\": {\"name\": \"x\", \"batch_shape\": [null, 4]}, "
        "\"inbound_nodes\": []}, {\"class_name\": \"Dense\", \"name\": \"d\", "
        "\"config\": {\"name\": \"d\", \"units\": 4, \"activation\": "
        "{\"class_name\": \"function\", \"config\": \"relu\"}}, \"inbound_nodes\": "
        "[{\"args\": [%s], \"kwargs\": {}}]}], \"input_layers\": [[\"x\", 0, 0]], "
        "\"output_layers\": [[\"sum\", 0, 0]]}}",
        d, x, x);
    web_open_as(&web, model, NULL);
    const struct sdse_workload *net = imported();
    assert_string_equal(net->name, "three");
    assert_int_equal(net->layer_count, 3);
    assert_string_equal(net->layers[1].name, "d.act");
    assert_string_equal(net->layers[2].name, "sum");
    assert_string_equal(sdse_edges_text(web.arena, net),
                        "edges:\n  - {from: d, to: sum}\n");
    web_end(&web);
}

#define NAMED(class, name, more) \
    "{\"class_name\": \"" class "\", \"config\": {\"name\": \"" name "\"" more "}}"

// In a row, models within it, one of them called with weights of the same names as the
// outer one's.
static void rows(void **state) {
    (void)state;
    web_begin(&web);
    counted("d/kernel", 2, (size_t[]){6, 2}, 0);
    counted("inner/d/kernel", 2, (size_t[]){4, 6}, 0);
    web_open_as(&web,
                "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"row\", "
                "\"layers\": [" //
                NAMED("Sequential", "inner",
                      ", \"layers\": [" NAMED("InputLayer", "i", "") ", " NAMED(
                          "Dense", "d", ", \"use_bias\": false") "]") //
                ", " NAMED("Dropout", "o", "") ", " NAMED(
                    "Dense", "d", ", \"use_bias\": false") "], "
                                                           "\"build_input_shape\": "
                                                           "[null, 3, 4]}}",
                NULL);
    const struct sdse_workload *net = imported();
    assert_int_equal(net->layer_count, 2);
    assert_int_equal(net->layers[0].nest.bound[SDSE_K], 6);
    assert_int_equal(net->layers[0].nest.bound[SDSE_P], 3);
    assert_int_equal(net->layers[1].nest.bound[SDSE_K], 2);
    web_end(&web);
    // A plain list, as early versions have it; samples and steps from the user.
    struct sdse_import_input shape = {.name = "d_input", .rank = 3, .shape = {2, 7, 4}};
    const struct sdse_import_options options = {.input_count = 1, .inputs = &shape};
    for (int given = 0; given < 2; given++) {
        web_begin(&web);
        counted("d/kernel", 2, (size_t[]){4, 6}, 0);
        web_open_as(&web,
                    "{\"class_name\": \"Sequential\", \"config\": [" NAMED(
                        "Dense", "d",
                        ", \"use_bias\": false, \"batch_input_shape\": [null, null, "
                        "4]") "]}",
                    given ? &options : NULL);
        if (!given) {
            refused("onnx-input-shape", "d_input");
            continue;
        }
        assert_int_equal(imported()->batch, 2);
        assert_int_equal(imported()->layers[0].nest.bound[SDSE_P], 7);
        web_end(&web);
    }
}

// A model that a row begins with says what is put in.
static void row_of_models(void **state) {
    (void)state;
    web_begin(&web);
    counted("d/kernel", 2, (size_t[]){4, 6}, 0);
    counted("e/kernel", 2, (size_t[]){6, 2}, 0);
    web_open_as(
        &web,
        "{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": "
        "\"Functional\", \"config\": {\"name\": \"m\", \"layers\": [{\"class_name\": "
        "\"Dense\", \"name\": \"d\", \"config\": {\"use_bias\": false}, "
        "\"inbound_nodes\": [[[\"i\", 0, 0, {}]]]}, " NAMED(
            "InputLayer", "i",
            ", \"batch_input_shape\": [null, 3, 4]") "], "
                                                     "\"input_layers\": [[\"i\", 0, "
                                                     "0]], \"output_layers\": [[\"d\", "
                                                     "0, 0]]}}, " NAMED(
                                                         "Dense", "e",
                                                         ", \"use_bias\": false") "]}}",
        NULL);
    const struct sdse_workload *net = imported();
    assert_int_equal(net->layer_count, 2);
    assert_int_equal(net->layers[0].nest.bound[SDSE_P], 3);
    web_end(&web);
}

// A model within one is called with two inputs, by the order of its input_layers.
static void inner_inputs(void **state) {
    (void)state;
    static const char inner[] =
        ", {\"class_name\": \"Functional\", \"name\": \"m\", \"config\": {\"name\": "
        "\"m\", \"layers\": [" NAMED("InputLayer", "i", "") ", " NAMED(
            "InputLayer", "j",
            "") ", {\"class_name\": \"Dense\", \"name\": \"e\", "
                "\"config\": {\"name\": \"e\", \"use_bias\": false}, "
                "\"inbound_nodes\": [[[\"i\", 0, 0, {}]]]}, "
                "{\"class_name\": \"Dense\", \"name\": \"f\", "
                "\"config\": {\"name\": \"f\", \"use_bias\": false}, "
                "\"inbound_nodes\": [[[\"j\", 0, 0, {}]]]}], "
                "\"input_layers\": [[\"j\", 0, 0], [\"i\", 0, 0]], "
                "\"output_layers\": [[\"e\", 0, 0], [\"f\", 0, 0]]}, "
                "\"inbound_nodes\": [[[\"x\", 0, 0, {}], [\"d\", 0, 0, "
                "{}]]]}";
    web_begin(&web);
    counted("d/kernel", 2, (size_t[]){4, 6}, 0);
    counted("m/e/kernel", 2, (size_t[]){6, 2}, 0);
    counted("m/f/kernel", 2, (size_t[]){4, 3}, 0);
    web_layer(&web, "Dense", "d", "x", ", \"use_bias\": false");
    web_print(web.layers, "%s", inner);
    open_net("[null, 4]", "[\"m\", 0, 0], [\"m\", 0, 1]");
    const struct sdse_workload *net = imported(); // i is what d puts out, j is x
    assert_int_equal(net->layer_count, 3);
    assert_string_equal(sdse_edges_text(web.arena, net),
                        "edges:\n  - {from: d, to: e}\n");
    web_end(&web);
}

// One layer called twice has its weights once.
static void shared(void **state) {
    (void)state;
    web_begin(&web);
    counted("d/kernel", 2, (size_t[]){4, 4}, 0);
    web_layer(&web, "Activation", "a", "x", ", \"activation\": \"tanh\"");
    web_print(web.layers,
              ", {\"class_name\": \"Dense\", \"name\": \"d\", \"config\": {\"name\": "
              "\"d\", \"use_bias\": false}, \"inbound_nodes\": [[[\"x\", 0, 0, {}]], "
              "[[\"a\", 0, 0, {}]]]}, {\"class_name\": \"Add\", \"name\": \"s\", "
              "\"config\": {\"name\": \"s\"}, \"inbound_nodes\": [[[\"d\", 0, 0, {}], "
              "[\"d\", 1, 0, {}]]]}");
    open_net("[null, 4]", "[\"s\", 0, 0]");
    const struct sdse_workload *net = imported();
    assert_int_equal(net->layer_count, 4);
    assert_string_equal(net->layers[1].name, "d");
    assert_string_equal(net->layers[2].name, "d_2");
    assert_string_equal(net->layers[2].weights_file, net->layers[1].weights_file);
    web_end(&web);
}

// Models called twice, one of the other's outputs: Keras numbers their calls from 1.
static void inner_calls(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        char output[32];
        web_begin(&web);
        counted("d/kernel", 2, (size_t[]){4, 4}, 0);
        web_layer(&web, "InputLayer", "x", "", ", \"batch_input_shape\": [null, 4]");
        web_print(
            web.layers,
            ", {\"class_name\": \"Functional\", \"name\": \"m\", \"config\": "
            "{\"name\": \"m\", \"layers\": [" NAMED(
                "InputLayer", "i",
                "") ", {\"class_name\": \"Dense\", \"name\": \"d\", \"config\": "
                    "{\"name\": \"d\", \"use_bias\": false}, \"inbound_nodes\": "
                    "[[[\"i\", 0, 0, {}]]]}], \"input_layers\": [[\"i\", 0, 0]], "
                    "\"output_layers\": [[\"d\", 0, 0]]}, \"inbound_nodes\": [[[\"x\", "
                    "0, 0, {}]], [[\"m\", %d, 0, {}]]]}",
            first);
        snprintf(output, sizeof output, "[\"m\", %d, 0]", first + 1);
        web_open(&web, "[\"x\", 0, 0]", output, NULL);
        assert_string_equal(sdse_edges_text(web.arena, imported()),
                            "edges:\n  - {from: d, to: d_2}\n");
        web_end(&web);
    }
}

// Layers in any order, however many.
static void backwards(void **state) {
    (void)state;
    enum { COUNT = 1200 };
    static char text[COUNT * 128];
    web_begin(&web);
    char *end = text;
    end += sprintf(end, "{\"class_name\": \"Model\", \"config\": {\"layers\": [");
    for (unsigned i = COUNT; i > 0; i--)
        end += sprintf(end,
                       "{\"class_name\": \"%s\", \"name\": \"%s%u\", \"config\": "
                       "{\"use_bias\": false}, \"inbound_nodes\": [[[\"%s%u\", 0, 0, "
                       "{}]]]}, ",
                       i == COUNT ? "Dense" : "Dropout", i == COUNT ? "d" : "a",
                       i == COUNT ? 0 : i, i > 1 ? "a" : "x", i > 1 ? i - 1 : 0);
    sprintf(
        end,
        NAMED("InputLayer", "x0",
              ", \"batch_shape\": [null, 4]") "], "
                                              "\"input_layers\": [[\"x0\", 0, 0]], "
                                              "\"output_layers\": [[\"d0\", 0, 0]]}}");
    counted("d0/kernel", 2, (size_t[]){4, 4}, 0);
    web_open_as(&web, text, NULL);
    assert_int_equal(imported()->layer_count, 1);
    web_end(&web);
}

// --- What is refused ---

// Models within models, each of which calls the next eight times.
static void multiplied(void **state) {
    (void)state;
    static char inner[8192], outer[sizeof inner + 2];
    web_begin(&web);
    counted("d/kernel", 2, (size_t[]){4, 4}, 0);
    snprintf(inner, sizeof inner, "{\"class_name\": \"Dropout\", \"config\": {}");
    for (unsigned level = 0; level < 7; level++) {
        const int first = level > 0;
        int used = snprintf(
            outer, sizeof outer,
            "{\"class_name\": \"Model\", \"config\": {\"layers\": [" NAMED(
                "InputLayer", "x",
                ", \"batch_shape\": [null, 4]") ", %s, \"name\": \"m\", "
                                                "\"inbound_nodes\": [[[\"x\", 0, 0]]",
            inner);
        for (int i = 0; i < 7; i++)
            used += snprintf(outer + used, sizeof outer - (size_t)used,
                             ", [[\"m\", %d, 0]]", first + i);
        snprintf(outer + used, sizeof outer - (size_t)used,
                 "]}], \"input_layers\": [[\"x\", 0, 0]], \"output_layers\": "
                 "[[\"m\", %d, 0]]}",
                 first + 7);
        memcpy(inner, outer, sizeof inner);
    }
    snprintf(outer, sizeof outer, "%s}", inner);
    web_open_as(&web, outer, NULL);
    refused("tfjs-json", "more than 262144 layers");
}

static void try_layer(const char *class_name, const char *settings, const char *check,
                      const char *says) {
    web_begin(&web);
    counted("y/kernel", 4, (size_t[]){3, 3, 2, 4}, 0);
    counted("y/bias", 1, (size_t[]){4}, 0);
    web_layer(&web, class_name, "y", "x", settings);
    open_net("[null, 8, 8, 2]", "[\"y\", 0, 0]");
    refused(check, says);
}

static void refusals(void **state) {
    (void)state;
    try_layer("Lambda", "", "tfjs-class", "layers[0]: layer 'y' (Lambda)");
    try_layer(
        "Conv2D", ", \"kernel_size\": [3, 3, 3]", "tfjs-config",
        "modelTopology.model_config.config.layers[0].config.kernel_size: layer 'y' "
        "(Conv2D): 2 numbers are needed, not 3");
    try_layer("Conv2D", ", \"strides\": 0", "tfjs-config", "config.strides");
    try_layer("Conv2D", ", \"dilation_rate\": \"2\"", "tfjs-config", "dilation_rate");
    try_layer("Conv2D", ", \"padding\": \"causal\"", "tfjs-config", "'causal'");
    try_layer("Conv2D", ", \"data_format\": \"NCHW\"", "tfjs-config", "'NCHW'");
    try_layer("MaxPooling2D", ", \"padding\": \"SAME\"", "tfjs-config", "'SAME'");
    try_layer("AveragePooling2D", ", \"data_format\": \"first\"", "tfjs-config",
              "config.data_format");
    try_layer("Conv2D", ", \"kernel_size\": 5", "tfjs-weights", "5 taps");
    try_layer("Conv2D", ", \"filters\": 5", "tfjs-weights", "filters");
    try_layer("Conv2D", ", \"groups\": 3", "onnx-shape", "groups");
    try_layer("Conv2D", ", \"activation\": \"mine\"", "tfjs-config", "'mine'");
    try_layer("Conv2D", ", \"use_bias\": \"false\"", "tfjs-config",
              "config.use_bias: layer 'y' (Conv2D): true or false is needed");
    try_layer("Conv2D", ", \"padding\": 1", "tfjs-config", "a text is needed");
    try_layer("ReLU", ", \"max_value\": \"6\"", "tfjs-config", "a number is needed");
    try_layer("Conv1D", "", "tfjs-config", "reads one of 4");
    try_layer("Dense", "", "tfjs-weights", "2 extents of real numbers");
    try_layer("PReLU", "", "tfjs-weights", "no alpha of it");
    try_layer("BatchNormalization", ", \"axis\": 4", "tfjs-config", "one axis");
    try_layer("Permute", ", \"dims\": [1, 1, 2]", "tfjs-config", "once");
    try_layer("Reshape", ", \"target_shape\": [0]", "tfjs-config", "target_shape");
    try_layer("ZeroPadding2D", ", \"padding\": [[1, 1]]", "tfjs-config", "2 axes");
    try_layer("ZeroPadding2D", ", \"padding\": [[1, 1048577], [1, 1]]", "tfjs-config",
              "from 0 on");
    try_layer("Bidirectional", "", "tfjs-config", "an LSTM");
    try_layer("TimeDistributed", "", "tfjs-config", "a layer of a known class");
    static const struct {
        const char *model, *check, *says;
    } models[] = {
        {"{\"class_name\": \"Mine\"}", "tfjs-json", "of no class"},
        {"{\"class_name\": \"Functional\", \"config\": {\"layers\": []}}", "tfjs-json",
         "no list of layers"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{}]}}",
         "tfjs-json", "modelTopology.config.layers[0]: a layer needs"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [" NAMED(
             "Dense", "a", "") ", " NAMED("Dense", "a", "") "]}}",
         "tfjs-json", "layers[1]: another layer"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [" NAMED(
             "Dense", "a", "") "]}}",
         "tfjs-config", "the shape of this input"},
        {"{\"class_name\": \"Model\", \"config\": {\"layers\": [" NAMED("Dense", "a",
                                                                        "") "]}}",
         "tfjs-json", "it reads nothing"},
    };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        web_begin(&web);
        counted("y/kernel", 2, (size_t[]){2, 2}, 0);
        web_open_as(&web, models[i].model, NULL);
        refused(models[i].check, models[i].says);
    }
    // Layers that wait for each other; one that is not there; an output that is not.
    static const char *const reads[][3] = {{"b", "a", "wait for each other"},
                                           {"x", "nobody", "'nobody', call 0"}};
    for (size_t i = 0; i < 2; i++) {
        web_begin(&web);
        counted("y/kernel", 2, (size_t[]){2, 2}, 0);
        web_layer(&web, "Dropout", "a", reads[i][0], "");
        web_layer(&web, "Dropout", "b", reads[i][1], "");
        open_net("[null, 4]", "[\"b\", 0, 0]");
        refused("tfjs-json", reads[i][2]);
    }
    web_begin(&web);
    counted("y/kernel", 2, (size_t[]){2, 2}, 0);
    web_layer(&web, "Dropout", "a", "x", "");
    open_net("[null, 4]", "[\"a\", 0, 1]");
    refused("tfjs-json", "an output of 'a'");
}

// Rows of another length than the channels that they are of; the kernels put out four.
static void lengths(void **state) {
    (void)state;
    static const struct {
        const char *class_name, *kernel;
        size_t kernel_shape[4];
    } layers[] = {{"Conv2D", "kernel", {3, 3, 2, 4}},
                  {"DepthwiseConv2D", "depthwise_kernel", {3, 3, 2, 2}},
                  {"Conv2DTranspose", "kernel", {3, 3, 4, 2}},
                  {"Dense", "kernel", {2, 4}}};
    for (size_t i = 0; i < 2 * sizeof layers / sizeof *layers; i++) {
        const size_t *shape = layers[i / 2].kernel_shape;
        web_begin(&web);
        counted("y/bias", 1, (size_t[]){i % 2 ? 4 : 5}, 0);
        counted(i / 2 == 3 ? "y/kernel" : "y/none", 2, shape, 0);
        if (i / 2 < 3) {
            char name[32];
            snprintf(name, sizeof name, "y/%s", layers[i / 2].kernel);
            counted(name, 4, shape, 0);
        }
        web_layer(&web, layers[i / 2].class_name, "y", "x", "");
        open_net("[null, 8, 8, 2]", "[\"y\", 0, 0]");
        if (i % 2) {
            imported();
            web_end(&web);
        } else {
            refused("tfjs-weights", "its bias has 5 numbers, for 4 channels");
        }
    }
    static const char *const roles[] = {"moving_mean", "moving_variance", "gamma",
                                        "beta"};
    for (size_t wrong = 0; wrong < 4; wrong++) {
        web_begin(&web);
        for (size_t i = 0; i < 4; i++) {
            char name[32];
            snprintf(name, sizeof name, "y/%s", roles[i]);
            counted(name, 1, (size_t[]){wrong && i == wrong ? 3 : 2}, 0);
        }
        // Channels are not the columns.
        web_layer(&web, "BatchNormalization", "y", "x", wrong ? "" : ", \"axis\": 2");
        open_net("[null, 8, 8, 2]", "[\"y\", 0, 0]");
        if (wrong)
            refused("tfjs-weights", "has 3 numbers, for 2 channels");
        else
            refused("tfjs-config", "channels are the last axis, or the first");
    }
    for (int units = 3; units <= 5; units++) {
        char text[64];
        snprintf(text, sizeof text, ", \"units\": %d, \"use_bias\": false", units);
        web_begin(&web);
        counted("y/kernel_of_before", 2, (size_t[]){1, 1}, 0); // not the kernel
        counted("y/kernel:0", 2, (size_t[]){2, 4}, 0);
        web_layer(&web, "Dense", "y", "x", text);
        open_net("[null, 2]", "[\"y\", 0, 0]");
        if (units != 4) {
            refused("tfjs-weights", "the weights are not of so many");
            continue;
        }
        assert_int_equal(imported()->layers[0].nest.bound[SDSE_K], 4);
        web_end(&web);
    }
}

// The warning of weights that nobody takes; "" where there is none.
static const char *left_over(void) {
    imported();
    for (const struct sdse_diag *d = web.diags.first; d; d = d->next)
        if (strcmp(d->check, "tfjs-unused") == 0)
            return d->message;
    return "";
}

// Of a layer without a bias, of one that is not there, of a table of whole numbers.
static void taken_by_no_layer(void **state) {
    (void)state;
    for (size_t extra = 0; extra < 5; extra++) {
        static const char *const more[] = {"fc/bias", "gone/kernel", "third/kernel",
                                           "Adam/m"};
        web_begin(&web);
        counted("fc/kernel", 2, (size_t[]){3, 5}, 0);
        for (size_t i = 0; i < extra; i++)
            counted(more[i], 1, (size_t[]){5 + i}, 0);
        web_layer(&web, "Dense", "fc", "x", ", \"units\": 5, \"use_bias\": false");
        open_net("[null, 3]", "[\"fc\", 0, 0]");
        static const char *const says[] = {
            "", ": 1, of 5 numbers: 'fc/bias'",
            ": 2, of 11 numbers: 'fc/bias', 'gone/kernel'",
            ": 3, of 18 numbers: 'fc/bias', 'gone/kernel', 'third/kernel'",
            ": 4, of 26 numbers: 'fc/bias', 'gone/kernel', 'third/kernel' …"};
        const char *said = left_over(), *end = strchr(said, ':');
        assert_string_equal(end ? end : "", says[extra]);
        assert_int_equal(imported()->parameters_not_in_layers, 0);
        web_end(&web);
    }
}

// How wide numbers are stored is the layer's, of few of them and of many; 32 bits are
// not said.
static void widths(void **state) {
    (void)state;
    static const struct {
        const char *type;
        size_t bytes;
        uint32_t bits;
    } rows[] = {
        {"", 4, 0},
        {", \"quantization\": {\"dtype\": \"uint8\", \"scale\": 1, \"min\": 0}", 1, 8},
        {", \"quantization\": {\"dtype\": \"float16\"}", 2, 16}};
    for (size_t side = 4; side <= 40; side += 36)
        for (size_t i = 0; i < 3; i++) {
            char text[64];
            web_begin(&web);
            web_print(web.weights,
                      "{\"name\": \"fc/kernel\", \"dtype\": \"float32\", \"shape\": "
                      "[%zu, %zu]%s}",
                      side, side, rows[i].type);
            web.count = side * side * rows[i].bytes / 4;
            snprintf(text, sizeof text, ", \"units\": %zu, \"use_bias\": false", side);
            web_layer(&web, "Dense", "fc", "x", text);
            snprintf(text, sizeof text, "[null, %zu]", side);
            open_net(text, "[\"fc\", 0, 0]");
            assert_int_equal(imported()->layers[0].weight_bits, rows[i].bits);
            web_end(&web);
        }
}

// Numbers beyond f32 by their scale are found when they are read: few of them at once,
// many with their layer's weights.
static void beyond_f32(void **state) {
    (void)state;
    for (size_t inputs = 4; inputs <= 2048; inputs *= 512) {
        char shape[32];
        web_begin(&web);
        web_print(web.weights,
                  "{\"name\": \"fc/kernel\", \"dtype\": \"float32\", \"shape\": "
                  "[%zu, 1], \"quantization\": {\"dtype\": \"uint16\", \"scale\": "
                  "1e37, \"min\": 0}}, {\"name\": \"rest\", \"dtype\": "
                  "\"float32\", \"shape\": [%zu]}",
                  inputs, inputs / 2);
        memset(web.data, 1, inputs * 4);
        web.count = inputs;
        web_layer(&web, "Dense", "fc", "x", ", \"units\": 1, \"use_bias\": false");
        snprintf(shape, sizeof shape, "[null, %zu]", inputs);
        open_net(shape, "[\"fc\", 0, 0]");
        if (inputs == 4) {
            refused("tensors-range", "beyond the range of f32");
            continue;
        }
        struct sdse_array array;
        imported();
        assert_int_equal(sdse_imported_weights(web.imported, 0, &array, &web.diags),
                         SDSE_INVALID);
        assert_string_equal(web.diags.last->check, "tensors-range");
        web_end(&web);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(block, setup, teardown),
        cmocka_unit_test(keras_3),
        cmocka_unit_test(rows),
        cmocka_unit_test(row_of_models),
        cmocka_unit_test(inner_inputs),
        cmocka_unit_test(shared),
        cmocka_unit_test(inner_calls),
        cmocka_unit_test(backwards),
        cmocka_unit_test(multiplied),
        cmocka_unit_test(refusals),
        cmocka_unit_test(taken_by_no_layer),
        cmocka_unit_test(widths),
        cmocka_unit_test(beyond_f32),
        cmocka_unit_test(lengths)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
