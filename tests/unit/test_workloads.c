// The shipped networks against the layer tables and published totals they come from.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "costmodel/stream.h"
#include "spec/load.h"
#include "spec/types/touched.h"

// Layer table and workload of each network.
static const char *const networks[][2] = {
    {"vgg11_imagenet", "vgg11"},
    {"vgg16_imagenet", "vgg16"},
    {"vgg19_imagenet", "vgg19"},
    {"vgg11_cifar10", "vgg11_cifar10"},
    {"vgg16_cifar10", "vgg16_cifar10"},
    {"vgg19_cifar10", "vgg19_cifar10"},
    {"resnet18_imagenet", "resnet18"},
    {"resnet50_imagenet", "resnet50"},
    {"resnet164_cifar10", "resnet164_cifar10"},
    {"mobilenetv2_imagenet", "mobilenetv2"},
    {"efficientnet_b0_imagenet", "efficientnet_b0"},
    {"deeplabv3plus_r50_camvid_360x480", "deeplabv3plus_camvid"},
    {"deeplabv3plus_r50_voc_513x513", "deeplabv3plus_voc"},
    {"mlp1_mnist_784_2048_1024_10_INFERRED", "mlp1_mnist"},
    {"mlp2_mnist_lenet300100", "mlp2_mnist"},
    {"bert_base_seq128", "bert_base_128"},
    {"bert_base_seq384", "bert_base_384"},
    {"bert_base_seq512", "bert_base_512"},
    {"vit_b16_224", "vit_b16"},
    {"gpt2_small_seq1024", "gpt2_small_1024"},
    {"alexnet_imagenet", "alexnet"},
    {"googlenet_imagenet", "googlenet"},
    {"nin_imagenet", "nin"},
    {"vgg_m_imagenet", "vgg_m"},
    {"vgg_s_imagenet", "vgg_s"},
};
enum { NETWORKS = sizeof networks / sizeof networks[0] };

// One line of a layer table.
struct row {
    char name[64], type[16];
    uint64_t n, c, k, h_in, w_in, r, s, stride, pad, groups, dilation, h_out, w_out,
        weights, macs;
};

static FILE *open_data(const char *name) {
    char path[512];
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/tests/data/%s", name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s cannot be read", path);
    return file;
}

static bool read_row(FILE *file, struct row *row) {
    uint64_t *const fields[] = {
        &row->n,        &row->c,     &row->k,      &row->h_in,    &row->w_in,
        &row->r,        &row->s,     &row->stride, &row->pad,     &row->groups,
        &row->dilation, &row->h_out, &row->w_out,  &row->weights, &row->macs};
    if (fscanf(file, " %63[^,],%15[^,]", row->name, row->type) != 2)
        return false;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        assert_int_equal(fscanf(file, ",%" SCNu64, fields[i]), 1);
    return true;
}

static struct sdse_workload *load(struct sdse_arena *arena, const char *name) {
    char path[512];
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/workloads/%s.yaml", name);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *workload = NULL;
    const enum sdse_status status = sdse_workload_load(arena, path, &diags, &workload);
    sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    assert_null(diags.first);
    assert_string_equal(workload->name, name);
    assert_non_null(workload->source);
    return workload;
}

static uint64_t words(const struct sdse_layer *layer, enum sdse_tensor tensor) {
    return sdse_tile_words(&layer->nest, tensor, layer->nest.bound);
}

static uint64_t macs_of(const struct sdse_layer *layer) {
    return layer->repeat * sdse_layer_macs(layer);
}

// Stored weights: none in a product of activations.
static uint64_t weights_of(const struct sdse_layer *layer) {
    return sdse_layer_has_weights(layer) ? layer->repeat * words(layer, SDSE_WEIGHTS)
                                         : 0;
}

// A product of activations: N heads multiply both operands, so they are groups.
static void check_matmul(const struct row *row, const struct sdse_layer *layer) {
    assert_int_equal(layer->kind, SDSE_MATMUL);
    assert_int_equal(layer->nest.bound[SDSE_G], row->n);
    assert_int_equal(layer->nest.bound[SDSE_N], 1);
    assert_int_equal(words(layer, SDSE_INPUTS), row->n * row->h_in * row->c);
    assert_int_equal(words(layer, SDSE_WEIGHTS), row->n * row->c * row->k);
    assert_int_equal(words(layer, SDSE_OUTPUTS), row->n * row->h_in * row->k);
}

static void check_window(const struct row *row, const struct sdse_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    assert_int_equal(bound[SDSE_P], row->h_out);
    assert_int_equal(bound[SDSE_Q], row->w_out);
    assert_int_equal(bound[SDSE_R], row->r);
    assert_int_equal(bound[SDSE_S], row->s);
    assert_int_equal(bound[SDSE_G], row->groups);
    assert_int_equal(bound[SDSE_C] * row->groups, row->c);
    assert_int_equal(bound[SDSE_K] * row->groups, row->k);
    for (int axis = 0; axis < 2; axis++) {
        assert_int_equal(layer->nest.stride[axis], row->stride);
        assert_int_equal(layer->nest.dilation[axis], row->dilation);
        assert_int_equal(layer->nest.pad[axis], row->pad);
    }
    if (strcmp(row->type, "dwconv") == 0)
        assert_int_equal(layer->kind, SDSE_DWCONV);
    else
        assert_int_equal(layer->kind,
                         row->r == 1 && row->s == 1 ? SDSE_CONV1X1 : SDSE_CONV);
}

static void check_layer(const struct row *row, const struct sdse_layer *layer) {
    assert_string_equal(layer->name, row->name);
    assert_int_equal(macs_of(layer), row->macs);
    assert_int_equal(layer->nest.bound[SDSE_N] * layer->nest.bound[SDSE_G],
                     row->n * row->groups);
    if (strcmp(row->type, "matmul") == 0)
        check_matmul(row, layer);
    else if (strstr(row->type, "conv"))
        check_window(row, layer);
    else {
        assert_int_equal(layer->kind, SDSE_FC);
        assert_int_equal(words(layer, SDSE_WEIGHTS), row->c * row->k);
        assert_int_equal(words(layer, SDSE_INPUTS), row->c * row->h_in);
    }
}

struct totals {
    uint64_t layers, weights, parameters, macs;
};

static struct totals find_totals(const char *table) {
    FILE *file = open_data("layer_totals.tsv");
    char line[1024], name[128];
    struct totals totals = {0};
    bool found = false;
    while (!found && fgets(line, sizeof line, file))
        found = sscanf(line, "%127s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, name,
                       &totals.layers, &totals.weights, &totals.parameters,
                       &totals.macs) == 5 &&
                strcmp(name, table) == 0;
    fclose(file);
    if (!found)
        fail_msg("no totals of %s", table);
    return totals;
}

// The first layer from `at` on that is not streamed; layer_count if there is none.
static size_t next_that_multiplies(const struct sdse_workload *workload, size_t at) {
    while (at < workload->layer_count && sdse_layer_moves(&workload->layers[at]))
        at++;
    return at;
}

static void check_network(const char *table, const char *name) {
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_workload *workload = load(arena, name);
    const struct totals totals = find_totals(table);
    char file_name[128];
    snprintf(file_name, sizeof file_name, "layers/%s.csv", table);
    FILE *file = open_data(file_name);
    assert_int_equal(fscanf(file, "%*[^\n]"), 0); // the header

    uint64_t layers = 0, weights = 0, macs = 0, tied = 0;
    struct row row;
    size_t at = next_that_multiplies(workload, 0);
    for (; read_row(file, &row); layers++) {
        assert_true(at < workload->layer_count);
        const struct sdse_layer *layer = &workload->layers[at];
        at = next_that_multiplies(workload, at + 1);
        check_layer(&row, layer);
        weights += weights_of(layer);
        macs += macs_of(layer);
        // The table gives no weights to a head that shares the embedding's.
        if (row.weights == 0)
            tied += weights_of(layer);
        else
            assert_int_equal(weights_of(layer), row.weights);
    }
    fclose(file);
    assert_int_equal(at, workload->layer_count);
    assert_int_equal(layers, totals.layers);
    assert_int_equal(weights - tied, totals.weights);
    assert_int_equal(macs, totals.macs);
    assert_int_equal(weights + workload->parameters_not_in_layers, totals.parameters);
    assert_int_equal(tied, strcmp(name, "gpt2_small_1024") == 0 ? 768 * 50257 : 0);
    sdse_arena_free(arena);
}

static void test_networks(void **state) {
    (void)state;
    for (int i = 0; i < NETWORKS; i++)
        check_network(networks[i][0], networks[i][1]);
}

// ---- layers that multiply nothing ----------------------------------------------

static uint64_t out_words(const struct sdse_layer *layer) {
    return words(layer, SDSE_OUTPUTS);
}

// Sums over the layers of one kind, repeats counted.
struct moved {
    uint64_t layers, in, out, operations;
};

static struct moved moved_by(const struct sdse_workload *workload,
                             enum sdse_layer_kind kind) {
    struct moved moved = {0};
    for (size_t i = 0; i < workload->layer_count; i++) {
        const struct sdse_layer *layer = &workload->layers[i];
        if (layer->kind != kind)
            continue;
        const struct sdse_stream stream = sdse_stream_of(layer);
        moved.layers += layer->repeat;
        moved.in += layer->repeat * stream.in;
        moved.out += layer->repeat * stream.out;
        moved.operations += layer->repeat * stream.operations;
    }
    return moved;
}

// Words of the four branches of an Inception module that are put side by side, if layer
// `last` is the module's last; 0 otherwise.
static uint64_t concatenated(const struct sdse_workload *workload, size_t last) {
    static const char *const branches[] = {"/1x1", "/3x3", "/5x5", "/pool_proj"};
    const char *name = workload->layers[last].name;
    const char *end = strstr(name, "/pool_proj");
    if (!end || strcmp(end, "/pool_proj") != 0)
        return 0;
    uint64_t sum = 0;
    unsigned found = 0;
    for (size_t i = 0; i <= last; i++)
        for (unsigned b = 0; b < 4; b++) {
            char branch[64];
            snprintf(branch, sizeof branch, "%.*s%s", (int)(end - name), name,
                     branches[b]);
            if (strcmp(workload->layers[i].name, branch) != 0)
                continue;
            sum += out_words(&workload->layers[i]);
            found++;
        }
    assert_int_equal(found, 4);
    return sum;
}

// A function or a norm has the size of what the layer before puts out; a pool and an
// addition read maps of the size of one that some layer before puts out.
static void check_sizes(const struct sdse_workload *workload) {
    for (size_t i = 0; i < workload->layer_count; i++) {
        const struct sdse_layer *layer = &workload->layers[i];
        if (!sdse_layer_moves(layer))
            continue;
        const uint64_t size = sdse_nest_input_words(&layer->nest);
        // The class token joins the 196 patches; tables of the embedding are no layers.
        bool found = strcmp(layer->name, "embed.add") == 0;
        size_t first = layer->move.fused && i > 0 ? i - 1 : 0;
        for (size_t j = first; j < i && !found; j++)
            found = out_words(&workload->layers[j]) == size ||
                    concatenated(workload, j) == size;
        if (!found)
            fail_msg("%s: %s has a size that nothing before it puts out",
                     workload->name, layer->name);
        if (strcmp(workload->name, "efficientnet_b0") != 0 || layer->kind != SDSE_ACT)
            assert_true(layer->move.fused ==
                        (layer->kind == SDSE_ACT || layer->kind == SDSE_NORM));
    }
}

static void test_sizes_of_what_moves(void **state) {
    (void)state;
    for (int i = 0; i < NETWORKS; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        check_sizes(load(arena, networks[i][1]));
        sdse_arena_free(arena);
    }
}

// Figures written down from the published structures, not from the files.
static void test_published_moves(void **state) {
    (void)state;
    // ResNet-50: 3 additions of 256 x 56 x 56, 4 of 512 x 28 x 28, 6 of 1024 x 14 x 14,
    // 3 of 2048 x 7 x 7; ResNet-18: 2 of each of 64 x 56 x 56 ... 512 x 7 x 7.
    const uint64_t added50 =
        3 * 256 * 3136 + 4 * 512 * 784 + 6 * 1024 * 196 + 3 * 2048 * 49;
    const uint64_t added18 = 2 * (64 * 3136 + 128 * 784 + 256 * 196 + 512 * 49);
    const struct {
        const char *name;
        enum sdse_layer_kind kind;
        struct moved moved;
    } cases[] = {
        {"resnet50", SDSE_ADD, {16, 2 * added50, added50, added50}},
        {"resnet18", SDSE_ADD, {8, 2 * added18, added18, added18}},
        {"resnet50",
         SDSE_POOL,
         {2, 64 * 112 * 112 + 2048 * 49, 64 * 3136 + 2048, 64 * 3136 * 9 + 2048 * 49}},
        {"resnet50", SDSE_ACT, {49, 0, 0, 9608704}},
        {"vgg16",
         SDSE_POOL,
         {5, 64 * 224 * 224 + 128 * 112 * 112 + 256 * 3136 + 512 * 784 + 512 * 196,
          64 * 112 * 112 + 128 * 3136 + 256 * 784 + 512 * 196 + 512 * 49,
          64 * 224 * 224 + 128 * 112 * 112 + 256 * 3136 + 512 * 784 + 512 * 196}},
        {"mobilenetv2",
         SDSE_ADD,
         {10,
          2 * (24 * 3136 + 2 * 32 * 784 + 3 * 64 * 196 + 2 * 96 * 196 + 2 * 160 * 49),
          24 * 3136 + 2 * 32 * 784 + 3 * 64 * 196 + 2 * 96 * 196 + 2 * 160 * 49,
          24 * 3136 + 2 * 32 * 784 + 3 * 64 * 196 + 2 * 96 * 196 + 2 * 160 * 49}},
        {"mobilenetv2", SDSE_POOL, {1, 1280 * 49, 1280, 1280 * 49}},
        {"efficientnet_b0",
         SDSE_ADD,
         {9, 2 * (24 * 3136 + 40 * 784 + 2 * 80 * 196 + 2 * 112 * 196 + 3 * 192 * 49),
          24 * 3136 + 40 * 784 + 2 * 80 * 196 + 2 * 112 * 196 + 3 * 192 * 49,
          24 * 3136 + 40 * 784 + 2 * 80 * 196 + 2 * 112 * 196 + 3 * 192 * 49}},
        {"bert_base_128",
         SDSE_SOFTMAX,
         {12, 12 * 12 * 128 * 128, 12 * 12 * 128 * 128, 5 * 12 * 12 * 128 * 128}},
        {"bert_base_128",
         SDSE_ADD,
         {25, (3 + 2 * 24) * 128 * 768, 25 * 128 * 768, (2 + 24) * 128 * 768}},
        // Maps of 96 x 55 x 55, 256 x 27 x 27 and 256 x 13 x 13, windows of nine.
        {"alexnet",
         SDSE_POOL,
         {3, 96 * 3025 + 256 * 729 + 256 * 169, 96 * 729 + 256 * 169 + 256 * 36,
          9 * (96 * 729 + 256 * 169 + 256 * 36)}},
        {"alexnet", SDSE_NORM, {2, 0, 0, 9 * (96 * 3025 + 256 * 729)}},
        // Four between the stages, one in each of nine modules, the mean at the end.
        {"googlenet",
         SDSE_POOL,
         {14,
          64 * 12544 + 192 * 3136 + 480 * 784 + 832 * 196 + (192 + 256) * 784 +
              (480 + 3 * 512 + 528) * 196 + 2 * 832 * 49 + 1024 * 49,
          64 * 3136 + 192 * 784 + 480 * 196 + 832 * 49 + (192 + 256) * 784 +
              (480 + 3 * 512 + 528) * 196 + 2 * 832 * 49 + 1024,
          9 * (64 * 3136 + 192 * 784 + 480 * 196 + 832 * 49 + (192 + 256) * 784 +
               (480 + 3 * 512 + 528) * 196 + 2 * 832 * 49) +
              49 * 1024}},
        // Windows that hang over the edge by what rounding up adds.
        {"vgg_s",
         SDSE_POOL,
         {3, 96 * 11881 + 256 * 1089 + 512 * 289, 96 * 1369 + 256 * 289 + 512 * 36,
          9 * 96 * 1369 + 4 * 256 * 289 + 9 * 512 * 36}},
        {"vit_b16", SDSE_NORM, {25, 0, 0, 7 * 25 * 197 * 768}},
        {"gpt2_small_1024", SDSE_ACT, {12, 0, 0, 12 * 1024 * 3072}},
        {"deeplabv3plus_voc",
         SDSE_ADD,
         {16,
          2 * (3 * 256 * 16641 + 4 * 512 * 4225 + 6 * 1024 * 1089 + 3 * 2048 * 1089),
          3 * 256 * 16641 + 4 * 512 * 4225 + 6 * 1024 * 1089 + 3 * 2048 * 1089,
          3 * 256 * 16641 + 4 * 512 * 4225 + 6 * 1024 * 1089 + 3 * 2048 * 1089}},
    };
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct moved moved = moved_by(load(arena, cases[i].name), cases[i].kind);
        if (memcmp(&moved, &cases[i].moved, sizeof moved) != 0)
            fail_msg("%s %s: %llu layers, %llu in, %llu out, %llu operations",
                     cases[i].name, sdse_layer_kind_name(cases[i].kind),
                     (unsigned long long)moved.layers, (unsigned long long)moved.in,
                     (unsigned long long)moved.out,
                     (unsigned long long)moved.operations);
    }
    sdse_arena_free(arena);
}

// Published parameter counts, written down once more and independently of the tables.
static void test_published(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t parameters;
    } published[] = {
        {"vgg11", 132863336},           {"vgg16", 138357544},
        {"vgg19", 143667240},           {"resnet18", 11689512},
        {"resnet50", 25557032},         {"mobilenetv2", 3504872},
        {"bert_base_128", 109482240},   {"vit_b16", 86567656},
        {"mlp2_mnist", 266610},         {"efficientnet_b0", 5288548},
        {"gpt2_small_1024", 124439808}, {"alexnet", 60965224},
    };
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        const struct sdse_workload *workload = load(arena, published[i].name);
        uint64_t parameters = workload->parameters_not_in_layers;
        for (size_t l = 0; l < workload->layer_count; l++)
            parameters += weights_of(&workload->layers[l]);
        assert_int_equal(parameters, published[i].parameters);
    }
    sdse_arena_free(arena);
}

// Weights and MACs as published, to the digits that were; shapes that nobody checked
// say so.
static void test_older_networks(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double weights_m, macs_g; // 0 = nothing published beside it
    } published[] = {{"alexnet", 60.95, 0.724},
                     {"googlenet", 6.99, 1.58},
                     {"nin", 0, 0},
                     {"vgg_m", 0, 0},
                     {"vgg_s", 0, 0}};
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        const struct sdse_workload *workload = load(arena, published[i].name);
        const bool recalled = strstr(workload->source, "recalled") != NULL;
        assert_int_equal(recalled, !(published[i].weights_m > 0));
        uint64_t weights = 0, macs = 0;
        for (size_t l = 0; l < workload->layer_count; l++) {
            weights += weights_of(&workload->layers[l]);
            macs += macs_of(&workload->layers[l]);
        }
        if (recalled)
            continue;
        assert_true(fabs((double)weights * 1e-6 - published[i].weights_m) < 0.005);
        assert_true(fabs((double)macs * 1e-9 - published[i].macs_g) < 0.005);
    }
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_older_networks),
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_sizes_of_what_moves),
        cmocka_unit_test(test_published_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
