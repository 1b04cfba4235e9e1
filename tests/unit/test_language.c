// The layers of language models that are written, beside their configuration.
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
    uint64_t stored, weight_macs, products, cached, parameters;
};

// Matrices of a matmul that are parameters multiply as weights do.
static struct totals sum(const struct sdse_workload *net) {
    struct totals t = {0};
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        const uint64_t macs = layer->repeat * sdse_layer_macs(layer),
                       words = sdse_tile_words(&layer->nest, SDSE_WEIGHTS,
                                               layer->nest.bound);
        if (layer->kind == SDSE_MATMUL && layer->role == SDSE_ROLE_PARAMETER) {
            t.weight_macs += macs;
            t.parameters += words;
        } else if (layer->kind == SDSE_MATMUL) {
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

// Keys that the rows of a sequence attend to in one block, row by row: of the window of
// one's own, or of all that the rows of a block need together; whole pages.
static uint64_t keys_of(const struct sdse_language_request *r, uint32_t l,
                        uint64_t tokens) {
    const struct sdse_language_model *m = r->model;
    const uint64_t window =
        m->window && !(m->full_every && l % m->full_every == m->full_every - 1)
            ? m->window
            : UINT64_MAX;
    uint64_t keys = 0;
    if (r->phase == SDSE_DECODE) {
        keys = window < tokens ? window : tokens;
        while (r->page && keys % r->page)
            keys++;
        return keys;
    }
    for (uint64_t i = 0; i < tokens; i++) {
        const uint64_t first = r->block ? i / r->block * r->block : 0,
                       last = r->block ? first + r->block - 1 : tokens - 1;
        for (uint64_t k = 0; k < tokens; k++)
            keys +=
                k <= last && (!r->block || window == UINT64_MAX || k + window > first);
    }
    return keys;
}

static void check(const struct sdse_language_request *request) {
    const struct sdse_language_model *m = request->model;
    struct sdse_arena *arena = sdse_arena_new();
    assert_null(sdse_language_beyond(request));
    const struct sdse_workload *net = written(arena, request);
    const struct totals t = sum(net);
    const bool prompt = request->phase == SDSE_PREFILL,
               absorbed = m->latent && (!prompt || request->absorbed);
    const uint64_t key = absorbed ? m->latent + m->rotated_width
                                  : m->head_width + m->rotated_width,
                   value = absorbed    ? m->latent
                           : m->latent ? m->value_width
                                       : m->head_width,
                   groups = absorbed ? 1 : m->key_heads;
    uint64_t tokens = 0, sequences = 0, products = 0, cached = 0;
    for (size_t c = 0; c < request->context_count; c++) {
        const struct sdse_language_context *x = &request->contexts[c];
        sequences += x->sequences;
        tokens += x->sequences * (prompt ? x->tokens : 1);
        for (uint32_t l = 0; l < m->layers; l++) {
            const uint64_t keys = x->sequences * keys_of(request, l, x->tokens);
            products += keys * m->heads * (key + value);
            cached += prompt ? 0 : keys * groups * (key + value);
        }
    }
    assert_true(t.stored + t.parameters + net->parameters_not_in_layers ==
                sdse_language_parameters(m));
    assert_true(t.parameters == (absorbed ? sdse_language_absorbed(m) : 0));
    assert_true(t.weight_macs == tokens * (sdse_language_weight_macs(m) - head(m)) +
                                     sequences * head(m));
    assert_true(t.products == products);
    assert_true(t.cached == cached);
    for (size_t i = 0; i < net->layer_count; i++)
        assert_true(net->layers[i].weight_bits ==
                    (net->layers[i].role == SDSE_ROLE_CACHE ? request->cache_bits : 0));
    assert_true(net->edge_count > 0);
    read_again(arena, net);
    sdse_arena_free(arena);
}

static void test_layers_are_the_configuration(void **state) {
    (void)state;
    for (size_t i = 0; i < sdse_language_model_count; i++) {
        struct sdse_language_context one = {48, 1};
        struct sdse_language_request request = {
            .model = &sdse_language_models[i], .contexts = &one, .context_count = 1};
        check(&request);
        one.sequences = 3;
        request.absorbed = true;
        check(&request);
        request.absorbed = false;
        if (request.model->encoder)
            continue;
        request.block = 16;
        check(&request);
        request.block = 0;
        request.phase = SDSE_DECODE;
        check(&request);
        request.cache_bits = 8;
        request.page = 16;
        one.tokens = 1000;
        check(&request);
    }
}

// Windows that cut, pages that round up, lengths side by side: a small model of each.
static void test_lengths_windows_and_pages(void **state) {
    (void)state;
    static const char *const names[] = {"mistral_7b", "gemma3_27b", "deepseek_v3"};
    static const struct sdse_language_context lengths[] = {{32, 2}, {48, 1}, {96, 3}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sdse_language_model model = *sdse_language_find(names[i]);
        struct sdse_language_request request = {
            .model = &model, .contexts = lengths, .context_count = 3};
        model.layers = 7;
        model.window = model.latent ? 0 : 20;
        // Sizes that are equal in the release, and experts of two matrices.
        model.value_width = model.latent ? 96 : 0;
        model.gated = !model.latent;
        for (int absorbed = 0; absorbed < 2; absorbed++) {
            request.absorbed = absorbed;
            request.phase = SDSE_PREFILL;
            request.page = request.block = 0;
            check(&request);
            request.block = 16;
            check(&request);
        }
        request.absorbed = false;
        request.phase = SDSE_DECODE;
        request.block = 0;
        for (request.page = 0; request.page < 64; request.page += 7)
            check(&request);
    }
}

// The first row of a block of rows has the last window - 1 tokens before it.
static void test_windows_of_blocks(void **state) {
    (void)state;
    struct sdse_language_model model = *sdse_language_find("gemma3_27b");
    const struct sdse_language_context one = {64, 1};
    const struct sdse_language_request request = {
        .model = &model, .contexts = &one, .context_count = 1, .block = 16};
    struct sdse_arena *arena = sdse_arena_new();
    model.layers = 6;
    model.window = 20;
    const struct sdse_workload *net = written(arena, &request);
    static const uint64_t cut[] = {16, 32, 35, 35}, full[] = {16, 32, 48, 64};
    unsigned seen = 0;
    for (size_t i = 0; i < net->layer_count; i++) {
        unsigned l, b;
        if (sscanf(net->layers[i].name, "l%u.qk.%u", &l, &b) != 2)
            continue;
        assert_int_equal(net->layers[i].nest.bound[SDSE_K], l == 5 ? full[b] : cut[b]);
        seen++;
    }
    assert_int_equal(seen, 24);
    sdse_arena_free(arena);
}

static const struct sdse_workload_edge *edge_between(const struct sdse_workload *net,
                                                     const char *from, const char *to) {
    for (size_t e = 0; e < net->edge_count; e++)
        if (strcmp(net->layers[net->edges[e].from].name, from) == 0 &&
            strcmp(net->layers[net->edges[e].to].name, to) == 0)
            return &net->edges[e];
    return NULL;
}

// Absorbed, keys and values are the same latent vectors: the keys with the words that
// are rotated, the values without. What is joined of two layers' outputs has no edge.
static void test_latent_vectors_are_read_twice(void **state) {
    (void)state;
    struct sdse_language_model model = *sdse_language_find("deepseek_v3");
    const struct sdse_language_context one = {32, 2};
    struct sdse_language_request request = {
        .model = &model, .contexts = &one, .context_count = 1, .absorbed = true};
    struct sdse_arena *arena = sdse_arena_new();
    model.layers = 4;
    const struct sdse_workload *net = written(arena, &request);
    const struct sdse_workload_edge *keys = edge_between(net, "l3.kv_a", "l3.qk"),
                                    *values = edge_between(net, "l3.kv_a", "l3.av");
    assert_true(keys && keys->use == SDSE_EDGE_WEIGHTS && keys->channels == 0);
    assert_true(values && values->use == SDSE_EDGE_WEIGHTS);
    assert_true(values->channels == 512 && values->first_channel == 0);
    assert_non_null(edge_between(net, "l3.q_b", "l3.q_absorb"));
    assert_null(edge_between(net, "l3.q_absorb", "l3.qk"));
    assert_null(edge_between(net, "l3.add1", "l3.shared.gate")); // experts read it too
    assert_non_null(edge_between(net, "l2.add1", "l2.gate"));
    assert_non_null(edge_between(net, "l3.shared.down", "l3.add2"));

    request.absorbed = false;
    net = written(arena, &request);
    assert_null(edge_between(net, "l3.k_b", "l3.qk"));
    const struct sdse_workload_edge *made = edge_between(net, "l3.v_b", "l3.av");
    assert_true(made && made->use == SDSE_EDGE_WEIGHTS);
    assert_non_null(edge_between(net, "l3.kv_a", "l3.k_b"));

    request.phase = SDSE_DECODE;
    net = written(arena, &request);
    assert_null(edge_between(net, "l3.kv_a", "l3.qk"));
    assert_non_null(edge_between(net, "l3.av", "l3.v_absorb"));
    sdse_arena_free(arena);
}

// Layer by layer: words that come out for two sequences, and operations for each.
static void test_a_block_with_everything(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t words;
        uint32_t operations, addends; // 0: it multiplies, or has but one map
    } v3[] = {{"l3.q_a", 1536, 0, 0},
              {"l3.q_a.norm", 1536, 4, 1},
              {"l3.q_b", 128 * 128, 0, 0},
              {"l3.q_rotated", 128 * 64, 0, 0},
              {"l3.q_rotated.rotate", 128 * 64, 3, 1},
              {"l3.kv_a", 576, 0, 0},
              {"l3.kv_a.norm", 512, 4, 1},
              {"l3.kv_a.rotate", 64, 3, 1},
              {"l3.q_absorb", 128 * 512, 0, 0},
              {"l3.qk", 128 * 40, 0, 0},
              {"l3.softmax", 128 * 40, 5, 1},
              {"l3.av", 128 * 512, 0, 0},
              {"l3.v_absorb", 128 * 128, 0, 0},
              {"l3.out", 7168, 0, 0},
              {"l3.add1", 7168, 1, 2},
              {"l3.norm2", 7168, 4, 1},
              {"l3.router", 256, 0, 0},
              {"l3.router.sigmoid", 256, 1, 1},
              {"l3.gate", 2048 / 2, 0, 0}, // one of two rows: an expert's
              {"l3.gate.silu", 2048 / 2, 1, 1},
              {"l3.up", 2048 / 2, 0, 1},
              {"l3.down", 7168 / 2, 0, 0},
              {"l3.shared.gate", 2048, 0, 0},
              {"l3.shared.gate.silu", 2048, 1, 1},
              {"l3.shared.up", 2048, 0, 1},
              {"l3.shared.down", 7168, 0, 0},
              {"l3.add2", 7168, 17, 10}},
      gemma[] = {{"l0.out", 3584, 0, 0},        {"l0.post_norm1", 3584, 4, 1},
                 {"l0.add1", 3584, 1, 2},       {"l0.norm2", 3584, 4, 1},
                 {"l0.gate", 14336, 0, 0},      {"l0.gate.silu", 14336, 1, 1},
                 {"l0.up", 14336, 0, 1},        {"l0.down", 3584, 0, 0},
                 {"l0.post_norm2", 3584, 4, 1}, {"l0.add2", 3584, 1, 2},
                 {"l1.norm1", 3584, 4, 1}};
    const struct sdse_language_context two = {40, 2};
    for (int model = 0; model < 2; model++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_language_request request = {
            .model = sdse_language_find(model ? "gemma2_9b" : "deepseek_v3"),
            .contexts = &two,
            .context_count = 1,
            .phase = SDSE_DECODE};
        const struct sdse_workload *net = written(arena, &request);
        const size_t count =
            model ? sizeof gemma / sizeof *gemma : sizeof v3 / sizeof *v3;
        size_t at = 0;
        while (strcmp(net->layers[at].name, model ? gemma[0].name : v3[0].name) != 0)
            at++;
        for (size_t i = 0; i < count; i++, at++) {
            const struct sdse_layer *layer = &net->layers[at];
            const char *name = model ? gemma[i].name : v3[i].name;
            assert_string_equal(layer->name, name);
            assert_int_equal(
                sdse_tile_words(&layer->nest, SDSE_OUTPUTS, layer->nest.bound),
                2 * (model ? gemma[i].words : v3[i].words));
            assert_int_equal(layer->move.operations,
                             model ? gemma[i].operations : v3[i].operations);
            assert_int_equal(layer->kind == SDSE_FC ? layer->addends
                                                    : layer->move.addends,
                             model ? gemma[i].addends : v3[i].addends);
            if (strstr(name, "router."))
                assert_int_equal(layer->kind, SDSE_ACT);
        }
        sdse_arena_free(arena);
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
        const struct sdse_language_context one = {cases[c].tokens, 1};
        const struct sdse_language_request request = {
            .model = sdse_language_find("qwen3_30b_a3b"),
            .contexts = &one,
            .context_count = 1};
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
        const struct sdse_language_context one = {pairs[p].tokens, 1};
        const struct sdse_language_request request = {
            .model = sdse_language_find(pairs[p].model),
            .contexts = &one,
            .context_count = 1};
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
    const struct sdse_language_context one = {64, 1};
    const struct sdse_language_request request = {.model =
                                                      sdse_language_find("gpt2_small"),
                                                  .contexts = &one,
                                                  .context_count = 1};
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
        cmocka_unit_test(test_layers_are_the_configuration),
        cmocka_unit_test(test_lengths_windows_and_pages),
        cmocka_unit_test(test_windows_of_blocks),
        cmocka_unit_test(test_a_block_with_everything),
        cmocka_unit_test(test_latent_vectors_are_read_twice),
        cmocka_unit_test(test_joined_ranges),
        cmocka_unit_test(test_experts_share),
        cmocka_unit_test(test_shipped_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
