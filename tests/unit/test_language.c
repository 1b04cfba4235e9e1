// Language models by their configuration, beside what is published of them, and the
// layers that are written beside the configuration.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "import/language/language.h"
#include "spec/load.h"
#include "spec/write.h"

// --- What is published ---

// Parameters and MACs of one token, each summed apart from this program's formulas; how
// they are known: V their total or table was read, M recalled and of the published
// size. `published`: as the release has it, in thousands of millions.
static const struct {
    const char *name;
    double published, active_published;                  // 0: no experts
    uint64_t total, active, weight_macs, attention_macs; // attention to 4,096 keys
} rows[] = {
    {"gpt2_small", 0.124, 0, 124439808, 0, 123532032, 75497472},
    {"gpt3_175b", 175, 0, 174604259328, 0, 174563733504, 9663676416},
    {"bert_base", 0.110, 0, 109482240, 0, 85524480, 75497472},
    {"llama2_7b", 7, 0, 6738415616, 0, 6607077376, 1073741824},
    {"llama2_13b", 13, 0, 13015864320, 0, 12851609600, 1677721600},
    {"llama2_70b", 70, 0, 68976648192, 0, 68713185280, 5368709120},
    {"llama3_8b", 8.0, 0, 8030261248, 0, 7504658432, 1073741824},
    {"llama3_70b", 70, 0, 70553706496, 0, 69501714432, 5368709120},
    {"mistral_7b", 7.3, 0, 7241732096, 0, 7110393856, 1073741824},
    {"mixtral_8x7b", 46.7, 12.9, 46702792704, 12879925248, 12748587008, 1073741824},
    {"qwen2_7b", 7.6, 0, 7615616512, 0, 7070285824, 822083584},
    {"qwen2_72b", 72, 0, 72706203648, 0, 71458357248, 5368709120},
    {"qwen3_8b", 8.2, 0, 8190735360, 0, 7568097280, 1207959552},
    {"qwen3_30b_a3b", 30.5, 3.3, 30532122624, 3353032704, 3041656832, 1610612736},
    {"gemma_2b", 2.5, 0, 2506172416, 0, 2506096640, 301989888},
    {"gemma_7b", 8.5, 0, 8537680896, 0, 8537505792, 939524096}};
enum { ROWS = sizeof rows / sizeof *rows };

static void test_configurations_are_as_published(void **state) {
    (void)state;
    assert_int_equal(sdse_language_model_count, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const struct sdse_language_model *model = sdse_language_find(rows[i].name);
        assert_non_null(model);
        const uint64_t total = sdse_language_parameters(model);
        assert_true(total == rows[i].total);
        assert_true(sdse_language_active(model) ==
                    (rows[i].active ? rows[i].active : total));
        assert_true(sdse_language_weight_macs(model) == rows[i].weight_macs);
        assert_true(sdse_language_attention_macs(model, 4096) ==
                    rows[i].attention_macs);
        // The release's figure is rounded, of the two largest to full thousand
        // millions.
        const double error = (double)total / 1e9 / rows[i].published - 1;
        assert_true(error > -0.04 && error < 0.02);
        if (rows[i].active)
            assert_true((double)rows[i].active / 1e9 / rows[i].active_published < 1.02);
    }
    assert_null(sdse_language_find("llama3"));
}

// --- What is written ---

static struct sdse_workload *written(struct sdse_arena *arena,
                                     const struct sdse_language_request *request) {
    struct sdse_text text;
    struct sdse_diags diags;
    struct sdse_node *root = NULL;
    struct sdse_workload *net = NULL;
    assert_true(sdse_text_begin(&text));
    sdse_language_write(request, text.out);
    const char *yaml = sdse_text_end(&text, arena);
    assert_non_null(yaml);
    sdse_diags_init(&diags, arena);
    if (sdse_tree_parse_memory(arena, "written", yaml, strlen(yaml), &diags, &root) ||
        sdse_workload_from_tree(arena, root, &diags, &net)) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("%s: %s", request->model->name, "what is written is refused");
    }
    return net;
}

struct totals {
    uint64_t stored, weight_macs, products, cached;
};

static struct totals sum(const struct sdse_workload *net) {
    struct totals t = {0};
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        const uint64_t macs = layer->repeat * sdse_layer_macs(layer),
                       words = sdse_tile_words(&layer->nest, SDSE_WEIGHTS,
                                               layer->nest.bound);
        if (layer->kind == SDSE_MATMUL) {
            t.products += macs;
            if (layer->role == SDSE_ROLE_CACHE)
                t.cached += words;
        } else if (layer->kind == SDSE_FC) {
            t.weight_macs += macs;
            t.stored += layer->repeat * words;
        }
    }
    return t;
}

// Weights of what stands once for each sequence.
static uint64_t head(const struct sdse_language_model *m) {
    return (uint64_t)m->width * (m->encoder ? m->width : m->vocabulary);
}

// What is written of a network that was read is that network.
static void read_again(struct sdse_arena *arena, const struct sdse_workload *net) {
    struct sdse_diags diags;
    struct sdse_node *root = NULL;
    struct sdse_workload *again = NULL;
    sdse_diags_init(&diags, arena);
    const char *text = sdse_workload_text(arena, net);
    assert_int_equal(
        sdse_tree_parse_memory(arena, "again", text, strlen(text), &diags, &root),
        SDSE_OK);
    assert_int_equal(sdse_workload_from_tree(arena, root, &diags, &again), SDSE_OK);
    assert_string_equal(sdse_workload_text(arena, again), text);
    assert_int_equal(again->edge_count, net->edge_count);
    for (size_t i = 0; i < net->layer_count; i++)
        assert_true(again->layers[i].role == net->layers[i].role &&
                    again->layers[i].weight_bits == net->layers[i].weight_bits &&
                    again->layers[i].addends == net->layers[i].addends);
}

static void check(const struct sdse_language_request *request) {
    const struct sdse_language_model *m = request->model;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_workload *net = written(arena, request);
    const struct totals t = sum(net);
    const bool prompt = request->phase == SDSE_PREFILL;
    const uint64_t tokens = request->sequences * (prompt ? request->tokens : 1);
    assert_true(t.stored + net->parameters_not_in_layers ==
                sdse_language_parameters(m));
    assert_true(t.weight_macs == tokens * (sdse_language_weight_macs(m) - head(m)) +
                                     request->sequences * head(m));
    // Row i of blocks of r rows attends to the keys up to the end of its block.
    uint64_t keys = tokens * request->tokens;
    if (request->block) {
        keys = 0;
        for (uint64_t i = 0; i < request->tokens; i++)
            keys += request->sequences * (i / request->block + 1) * request->block;
    }
    assert_true(t.products == sdse_language_attention_macs(m, keys));
    // Keys and values of all tokens, for each sequence.
    assert_true(t.cached == (prompt ? 0
                                    : 2 * request->sequences * request->tokens *
                                          m->layers * m->key_heads * m->head_width));
    for (size_t i = 0; i < net->layer_count; i++)
        assert_true(net->layers[i].weight_bits ==
                    (net->layers[i].role ? request->cache_bits : 0));
    assert_true(net->edge_count > 0);
    read_again(arena, net);
    sdse_arena_free(arena);
}

static void test_layers_are_the_configuration(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct sdse_language_request request = {
            .model = sdse_language_find(rows[i].name), .tokens = 48, .sequences = 1};
        check(&request);
        request.sequences = 3;
        check(&request);
        if (request.model->encoder)
            continue;
        request.block = 16;
        check(&request);
        request.block = 0;
        request.phase = SDSE_DECODE;
        check(&request);
        request.cache_bits = 8;
        request.tokens = 1000;
        check(&request);
    }
}

// Of 2 tokens with 8 of 128 experts each 16 experts get a row; of 100 all get 6 or 7.
static void test_experts_share(void **state) {
    (void)state;
    static const struct {
        uint64_t tokens, experts, rows[2], copies[2];
    } cases[] = {{2, 16, {1, 0}, {16, 0}},
                 {16, 128, {1, 0}, {128, 0}},
                 {100, 128, {6, 7}, {96, 32}}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_language_request request = {
            .model = sdse_language_find("qwen3_30b_a3b"),
            .tokens = cases[c].tokens,
            .sequences = 1};
        const struct sdse_workload *net = written(arena, &request);
        uint64_t copies = 0;
        for (size_t i = 0; i < net->layer_count; i++) {
            const struct sdse_layer *layer = &net->layers[i];
            const int more = strcmp(layer->name, "l0.more.up") == 0;
            if (!more && strcmp(layer->name, "l0.up") != 0)
                continue;
            assert_int_equal(layer->nest.bound[SDSE_P], cases[c].rows[more]);
            assert_int_equal(layer->repeat, cases[c].copies[more]);
            assert_int_equal(layer->addends, 1);
            copies += layer->repeat;
        }
        assert_int_equal(copies, cases[c].experts);
        sdse_arena_free(arena);
    }
}

// The shipped networks, layer by layer; GPT-2's head there is of every token.
static void test_shipped_networks(void **state) {
    (void)state;
    static const struct {
        const char *model, *file;
        uint64_t tokens;
    } pairs[] = {{"bert_base", "bert_base_128", 128},
                 {"bert_base", "bert_base_512", 512},
                 {"gpt2_small", "gpt2_small_1024", 1024}};
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        struct sdse_workload *shipped = NULL;
        char path[512];
        sdse_diags_init(&diags, arena);
        snprintf(path, sizeof path, "%s/workloads/%s.yaml", SDSE_SOURCE_DIR,
                 pairs[p].file);
        assert_int_equal(sdse_workload_load(arena, path, &diags, &shipped), SDSE_OK);
        const struct sdse_language_request request = {
            .model = sdse_language_find(pairs[p].model),
            .tokens = pairs[p].tokens,
            .sequences = 1};
        const struct sdse_workload *net = written(arena, &request);
        assert_int_equal(net->layer_count, shipped->layer_count);
        assert_true(net->parameters_not_in_layers == shipped->parameters_not_in_layers);
        for (size_t i = 0; i < net->layer_count; i++) {
            struct sdse_nest a = net->layers[i].nest, b = shipped->layers[i].nest;
            const bool is_head = !request.model->encoder && i + 1 == net->layer_count;
            if (is_head)
                a.bound[SDSE_P] = b.bound[SDSE_P];
            assert_memory_equal(a.bound, b.bound, sizeof a.bound);
            assert_int_equal(net->layers[i].kind, shipped->layers[i].kind);
            assert_int_equal(net->layers[i].move.operations,
                             shipped->layers[i].move.operations);
            assert_int_equal(net->layers[i].move.addends,
                             shipped->layers[i].move.addends);
            assert_int_equal(net->layers[i].move.fused, shipped->layers[i].move.fused);
        }
        sdse_arena_free(arena);
    }
}

// Of what one layer makes queries, keys and values are ranges, in this order.
static void test_joined_ranges(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_language_request request = {
        .model = sdse_language_find("gpt2_small"), .tokens = 64, .sequences = 1};
    const struct sdse_workload *net = written(arena, &request);
    unsigned seen = 0;
    for (size_t e = 0; e < net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &net->edges[e];
        if (strcmp(net->layers[edge->from].name, "l3.qkv") != 0)
            continue;
        const bool value = strcmp(net->layers[edge->to].name, "l3.av") == 0,
                   query = edge->use == SDSE_EDGE_INPUTS;
        assert_int_equal(edge->channels, 768);
        assert_int_equal(edge->first_channel, value ? 1536 : query ? 0 : 768);
        assert_true(query || edge->use == SDSE_EDGE_WEIGHTS);
        seen++;
    }
    assert_int_equal(seen, 3);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configurations_are_as_published),
        cmocka_unit_test(test_layers_are_the_configuration),
        cmocka_unit_test(test_joined_ranges),
        cmocka_unit_test(test_experts_share),
        cmocka_unit_test(test_shipped_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
