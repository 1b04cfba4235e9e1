// A network as a step of its training: which layers it has, what they move, what waits,
// what is stored once, and that it reads back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/stream.h"
#include "spec/load.h"
#include "spec/show.h"
#include "spec/write.h"
#include "support/close.h"
#include "support/network_text.h"
#include "support_sweep.h"

#define LAYERS                                                                      \
    "layers:\n"                                                                     \
    "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 6, kernel: 3, pad: 1, " \
    "repeat: 2, density: {weights: 0.5, inputs: 0.25}}\n"                           \
    "  - {name: p, kind: maxpool, in: [6, 8, 8], kernel: 2, stride: 2}\n"           \
    "  - {name: r, kind: act, in: [6, 4, 4]}\n"                                     \
    "  - {name: b, kind: conv, in: [6, 4, 4], out_channels: 10, kernel: 1}\n"       \
    "  - {name: s, kind: softmax, in: [10, 4, 4]}\n"                                \
    "  - {name: f, kind: fc, in: 160, out_channels: 5}\n"

struct made {
    struct sdse_arena *arena;
    struct sdse_workload *net;
};

// The network with `training: {keys}`; what is written of it is the same network.
static struct made step(const char *keys, const char *layers) {
    struct made m = {sdse_arena_new(), NULL};
    m.net = network_of_text(
        m.arena, sdse_arena_printf(m.arena, "name: n\nsource: s\ntraining: {%s}\n%s",
                                   keys, layers));
    const char *text = sdse_workload_text(m.arena, m.net);
    const struct sdse_workload *again = network_of_text(m.arena, text);
    assert_string_equal(sdse_workload_text(m.arena, again), text);
    assert_int_equal(again->layer_count, m.net->layer_count);
    assert_memory_equal(again->training, m.net->training, sizeof *again->training);
    for (size_t i = 0; i < again->layer_count; i++) {
        const struct sdse_layer *one = &m.net->layers[i], *two = &again->layers[i];
        assert_memory_equal(&one->nest, &two->nest, sizeof one->nest);
        assert_int_equal(one->kind, two->kind);
        assert_int_equal(one->repeat, two->repeat);
        assert_memory_equal(&one->move.update, &two->move.update,
                            sizeof one->move.update);
        assert_int_equal(one->shares_weights != NULL, two->shares_weights != NULL);
        if (one->shares_weights)
            assert_string_equal(one->shares_weights, two->shares_weights);
        assert_int_equal(one->uncoded, two->uncoded);
        for (int t = 0; t < SDSE_TENSORS; t++)
            assert_true(sdse_layer_density(one, (enum sdse_tensor)t) ==
                        sdse_layer_density(two, (enum sdse_tensor)t));
    }
    return m;
}

static const struct sdse_layer *named(const struct made *m, const char *name) {
    for (size_t i = 0; i < m->net->layer_count; i++)
        if (strcmp(m->net->layers[i].name, name) == 0)
            return &m->net->layers[i];
    fail_msg("no layer %s", name);
    return NULL;
}

static void expect_names(const struct made *m, const char *wanted) {
    char names[512] = "";
    for (size_t i = 0; i < m->net->layer_count; i++) {
        const struct sdse_layer *layer = &m->net->layers[i];
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s:%u",
                 i ? " " : "", layer->name, (unsigned)layer->repeat);
    }
    assert_string_equal(names, wanted);
}

static void expect_stream(const struct sdse_layer *layer, uint64_t in, uint64_t out) {
    const struct sdse_stream stream = sdse_stream_of(layer);
    assert_int_equal(stream.in, in);
    assert_int_equal(stream.out, out);
}

static void layers_of_a_step(void **state) {
    (void)state;
    struct made m = step("batch: 3, epoch_images: 60, optimiser: sgd", LAYERS);
    expect_names(&m, "a:2 p:1 r:1 b:1 s:1 f:1 f.dX:1 f.dW:1 f.update:1 s.dX:1 b.dX:1 "
                     "b.dW:1 b.update:1 r.dX:1 p.dX:1 a.dX:1 a.dW:2 a.update:2");
    assert_int_equal(m.net->training->images, 3);
    assert_int_equal(m.net->training->epoch_images, 60);
    // A pool's gradient: what it put out is read, what it read is written.
    assert_int_equal(named(&m, "p.dX")->kind, SDSE_POOL);
    expect_stream(named(&m, "p.dX"), 3 * 6 * 4 * 4, 3 * 6 * 8 * 8);
    expect_stream(named(&m, "s.dX"), 2 * 3 * 160, 3 * 160);
    expect_stream(named(&m, "r.dX"), 0, 0); // fused there, fused here
    // Both passes of a fully connected layer and a 1 x 1 convolution are products.
    const struct sdse_layer *dw = named(&m, "b.dW");
    const uint64_t wanted[] = {1, 10, 3 * 16, 6, 1, 1, 1, 1};
    assert_int_equal(dw->kind, SDSE_MATMUL);
    assert_memory_equal(dw->nest.bound, wanted, sizeof wanted);
    // What is known of weights and inputs is known of the passes that read them.
    assert_true(named(&m, "a.dX")->density[SDSE_WEIGHTS] == 0.5);
    assert_true(named(&m, "a.dX")->density[SDSE_INPUTS] == 1);
    assert_true(named(&m, "a.dW")->density[SDSE_INPUTS] == 0.25);
    assert_true(named(&m, "a.dW")->density[SDSE_WEIGHTS] == 1);
    // Inputs of both a's, of b, of the softmax and of f.
    assert_int_equal(m.net->training->kept_words,
                     3 * (2 * 4 * 64 + 6 * 16 + 160 + 160));
    sdse_arena_free(m.arena);
}

static void activations_computed_again(void **state) {
    (void)state;
    struct made m = step("batch: 1, optimiser: sgd, activations: reversible", LAYERS);
    expect_names(&m, "a:2 p:1 r:1 b:1 s:1 f:1 f.again:1 f.dX:1 f.dW:1 f.update:1 "
                     "s.again:1 s.dX:1 b.again:1 b.dX:1 b.dW:1 b.update:1 r.again:1 "
                     "r.dX:1 p.again:1 p.dX:1 a.again:2 a.dX:1 a.dW:2 a.update:2");
    assert_string_equal(named(&m, "f.again")->shares_weights, "f");
    assert_int_equal(m.net->training->kept_words, 4 * 64); // the largest layer's
    sdse_arena_free(m.arena);
    // Segments {a, p, r} and {b, s, f}: all but the last of each.
    m = step("batch: 1, optimiser: sgd, activations: recomputed, segments: 2", LAYERS);
    expect_names(&m, "a:2 p:1 r:1 b:1 s:1 f:1 f.dX:1 f.dW:1 f.update:1 s.again:1 "
                     "s.dX:1 b.again:1 b.dX:1 b.dW:1 b.update:1 r.dX:1 p.again:1 "
                     "p.dX:1 a.again:2 a.dX:1 a.dW:2 a.update:2");
    // The first of each, and s and f inside.
    assert_int_equal(m.net->training->kept_words, 4 * 64 + 6 * 16 + 160 + 160);
    sdse_arena_free(m.arena);
    // Of six layers three segments, the root rounded up: {a, p} {r, b} {s, f}.
    m = step("batch: 1, optimiser: sgd, activations: recomputed", LAYERS);
    expect_names(&m, "a:2 p:1 r:1 b:1 s:1 f:1 f.dX:1 f.dW:1 f.update:1 s.again:1 "
                     "s.dX:1 b.dX:1 b.dW:1 b.update:1 r.again:1 r.dX:1 p.dX:1 "
                     "a.again:2 a.dX:1 a.dW:2 a.update:2");
    sdse_arena_free(m.arena);
}

// Weights that two layers share have two gradients and one update; both read those that
// are stored. Of four layers two segments.
static void shared_weights(void **state) {
    (void)state;
    struct made m = step(
        "batch: 3, optimiser: sgd, activations: recomputed",
        "layers:\n  - {name: a, kind: fc, in: 6, out_channels: 6}\n"
        "  - {name: b, kind: fc, in: 6, out_channels: 6, shares_weights: a}\n"
        "  - {name: c, kind: conv, in: [1, 4, 4], out_channels: 2, kernel: 1, pad: "
        "[[1, -1], [0, 0]]}\n"
        "  - {name: d, kind: fc, in: 6, out_channels: 6, shares_weights: a}\n");
    expect_names(&m, "a:1 b:1 c:1 d:1 d.dX:1 d.dW:1 c.again:1 c.dX:1 c.dW:1 c.update:1 "
                     "b.dX:1 b.dW:1 a.again:1 a.dW:1 a.update:1");
    assert_string_equal(named(&m, "d.dX")->shares_weights, "a");
    assert_string_equal(named(&m, "b.dX")->shares_weights, "a");
    assert_int_equal(named(&m, "c.dW")->kind, SDSE_WGRAD); // padding is in its way
    sdse_arena_free(m.arena);
}

// An update by hand is once for all samples.
static void update_of_a_batch(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_workload *net = network_of_text(
        arena, "name: n\nsource: s\nbatch: 4\nlayers:\n  - {name: u, kind: update, "
               "in: 10, read_words: 1, read_bits: 8, write_bits: 16, ops_per_word: "
               "3}\n");
    const struct sdse_arch arch = {.bits = {8, 8, 8}};
    const struct sdse_stream stream = sdse_stream_on(&arch, &net->layers[0]);
    assert_int_equal(stream.in, 20);
    assert_int_equal(stream.out, 20);
    assert_int_equal(stream.operations, 30);
    sdse_arena_free(arena);
}

// Weights that do not move cannot be those of a layer that learns, not the first's
// either.
static void frozen_weights_are_shared_by_none_that_learns(void **state) {
    (void)state;
    static const char *const shared[] = {"a", "b"};
    for (int i = 0; i < 2; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        const char *text = sdse_arena_printf(
            arena,
            "name: n\nsource: s\ntraining: {batch: 2, optimiser: sgd, frozen: b}\n"
            "layers:\n  - {name: a, kind: fc, in: 6, out_channels: 6}\n"
            "  - {name: b, kind: fc, in: 6, out_channels: 6}\n"
            "  - {name: c, kind: fc, in: 6, out_channels: 6, shares_weights: %s}\n",
            shared[i]);
        struct sdse_node *root = NULL;
        struct sdse_workload *net = NULL;
        assert_int_equal(sdse_tree_parse_memory(arena, "net.yaml", text, strlen(text),
                                                &diags, &root),
                         SDSE_OK);
        assert_int_equal(sdse_workload_from_tree(arena, root, &diags, &net),
                         SDSE_INVALID);
        assert_string_equal(diags.first->check, "training-frozen");
        sdse_arena_free(arena);
    }
}

static void frozen_prefix(void **state) {
    (void)state;
    struct made m = step("batch: 2, optimiser: sgd, frozen: r", LAYERS);
    expect_names(&m, "a:2 p:1 r:1 b:1 s:1 f:1 f.dX:1 f.dW:1 f.update:1 s.dX:1 b.dW:1 "
                     "b.update:1");
    assert_int_equal(m.net->training->kept_words, 2 * (6 * 16 + 160 + 160));
    sdse_arena_free(m.arena);
    m = step("batch: 2, optimiser: sgd, frozen: r, stored: true", LAYERS);
    expect_names(&m, "b:1 s:1 f:1 f.dX:1 f.dW:1 f.update:1 s.dX:1 b.dW:1 b.update:1");
    sdse_arena_free(m.arena);
    // Nothing before the first weights that are trained needs a gradient.
    m = step("batch: 2, optimiser: sgd, frozen: a", LAYERS);
    expect_names(&m, "a:2 p:1 r:1 b:1 s:1 f:1 f.dX:1 f.dW:1 f.update:1 s.dX:1 b.dW:1 "
                     "b.update:1");
    sdse_arena_free(m.arena);
}

static uint64_t macs_of(const struct made *m) {
    uint64_t sum = 0;
    for (size_t i = 0; i < m->net->layer_count; i++)
        sum += sdse_layer_macs(&m->net->layers[i]) * m->net->layers[i].repeat;
    return sum;
}

// Samples are frames, or what a stored prefix puts out; beside them the step as if
// nothing were frozen.
static void a_replay_is_frames_or_embeddings(void **state) {
    (void)state;
    struct made whole =
        step("batch: 2, optimiser: sgd, replay: {samples: 7, frame_bits: 12}", LAYERS);
    const struct sdse_training_step *said = whole.net->training;
    assert_int_equal(said->replay_samples, 7);
    assert_int_equal(said->replay_bits, 7 * 4 * 64 * 12);
    assert_int_equal(said->replay_frame_bits, said->replay_bits);
    assert_int_equal(said->whole_macs, macs_of(&whole));
    struct made run = step("batch: 2, optimiser: sgd, frozen: r, replay: {samples: 7}",
                           LAYERS),
                stored = step("batch: 2, optimiser: sgd, frozen: r, stored: true, "
                              "replay: {samples: 7, frame_words: 100, embedding_bits: "
                              "16, copies: 3}",
                              LAYERS),
                plain = step("batch: 2, optimiser: sgd, frozen: r, stored: true, "
                             "replay: {samples: 7}",
                             LAYERS);
    assert_int_equal(run.net->training->replay_bits, 7 * 4 * 64 * 8);
    assert_int_equal(stored.net->training->replay_bits, 7 * 6 * 16 * 16 * 3);
    assert_int_equal(stored.net->training->replay_frame_bits, 7 * 100 * 8);
    assert_int_equal(plain.net->training->replay_bits, 7 * 6 * 16 * 32);
    assert_int_equal(run.net->training->whole_macs, macs_of(&whole));
    assert_int_equal(stored.net->training->whole_macs, macs_of(&whole));
    char *shown = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&shown, &length);
    sdse_show_workload(out, stored.net);
    fclose(out);
    char line[200];
    snprintf(line, sizeof line,
             "a replay of 7 samples: 4032 bytes as stored, 700 as frames: %.6g times",
             700 / 4032.0);
    assert_non_null(strstr(shown, line));
    snprintf(line, sizeof line, " MACs, %.6g times as many\n",
             (double)macs_of(&whole) / (double)macs_of(&stored));
    assert_non_null(strstr(shown, line));
    free(shown);
    assert_true(macs_of(&stored) < macs_of(&run) && macs_of(&run) < macs_of(&whole));
    sdse_arena_free(whole.arena);
    sdse_arena_free(run.arena);
    sdse_arena_free(stored.arena);
    sdse_arena_free(plain.arena);
}

// The database says both; of other networks nothing.
static void points_say_what_a_replay_takes(void **state) {
    (void)state;
    sweep_write("t.yaml", "name: n\nsource: 'a replay_bits: 7'\n" LAYERS);
    sweep_write("replay.yaml",
                "name: r\nworkloads:\n  - {path: t.yaml, network: {name: x}}\n"
                "  - {path: t.yaml, network: {name: y, training: {batch: 2, optimiser: "
                "sgd}}}\n"
                "  - {path: t.yaml, network: {name: z, training: {batch: 2, optimiser: "
                "sgd, frozen: r, stored: true, replay: {samples: 1000000, frame_bits: "
                "9}}}}\narchs: [vector.yaml]\n");
    sweep_write("vector.yaml",
                SWEEP_ARCH("small", "8",
                           "400") "vector: {below: GLB, pj_per_op: 1, ops_per_cycle: "
                                  "4}\n");
    sweep_run("replay.yaml", "replay.db");
    char *rows = sweep_ask("replay.db", "SELECT workload, replay_bits,"
                                        " replay_frame_bits FROM v_point ORDER BY 1");
    assert_string_equal(rows, "x,,\ny,,\nz,3072000000,2304000000\n");
    free(rows);
}

// Digits of weights are known for the gradient too, by channel they are the forward
// layer's alone; several outputs of a depth-wise channel are added.
static void gradients_of_inputs_have_channels_of_their_own(void **state) {
    (void)state;
    struct made m =
        step("batch: 2, optimiser: sgd",
             "layers:\n"
             "  - {name: a, kind: conv, in: [2, 8, 8], out_channels: 6, kernel: 1}\n"
             "  - {name: c, kind: conv, in: [6, 8, 8], out_channels: 9, kernel: 1, "
             "weight_digits: {mark: assumed, source: x, digits: {plain: [0.5, 0.5]}, "
             "channels: [0.25, 0.75, 0.5, 0.5, 0.5, 0.5]}}\n"
             "  - {name: d, kind: dwconv, in: [9, 8, 8], out_channels: 18, kernel: 3, "
             "pad: 1}\n");
    assert_int_equal(named(&m, "c")->weight_digits->channels, 6);
    assert_int_equal(named(&m, "c.dX")->weight_digits->channels, 0);
    assert_int_equal(named(&m, "d.dX")->kind, SDSE_CONV);
    assert_int_equal(named(&m, "d.dX")->nest.bound[SDSE_C], 2);
    assert_int_equal(named(&m, "d.dX")->nest.bound[SDSE_K], 1);
    assert_int_equal(named(&m, "d.dX")->nest.bound[SDSE_G], 9);
    sdse_arena_free(m.arena);
}

// Bits for each weight of the two optimisers, by docs/training.md.
static void optimisers(void **state) {
    (void)state;
    struct made m = step("batch: 1, optimiser: sgd", LAYERS);
    const struct sdse_arch eight = {.bits = {8, 8, 16}}, wide = {.bits = {32, 32, 32}};
    // Gradient, weight and momentum; weight, momentum and the narrow copy.
    struct sdse_stream stream = sdse_stream_on(&eight, named(&m, "f.update"));
    assert_int_equal(stream.in, 800 * (8 + 64) / 8);
    assert_int_equal(stream.out, 800 * (64 + 8) / 16);
    assert_int_equal(stream.operations, 800 * 4);
    stream = sdse_stream_on(&wide, named(&m, "f.update"));
    assert_int_equal(stream.out, 800 * 2); // the master is the weight
    sdse_arena_free(m.arena);
#define SWITCHING \
    "batch: 1, optimiser: smartdeal, smartdeal: {density: 0.5, changed: 0.25, "
    const char *wide_layer =
        "layers:\n  - {name: c, kind: conv, in: [128, 4, 4], out_channels: 2, kernel: "
        "3}\n  - {name: d, kind: conv, in: [8, 4, 4], out_channels: 2, kernel: 3}\n"
        "  - {name: f, kind: fc, in: 600, out_channels: 4}\n";
    m = step(SWITCHING "mark: assumed}", wide_layer);
    // Bases of two blocks of 64 channels, of one of 8, and of two of 100 rows of 3.
    const double bases[] = {2 * 9 / 1152.0, 9 / 72.0, 2 * 9 / 600.0};
    const char *names[] = {"c.update", "d.update", "f.update"};
    for (int i = 0; i < 3; i++) {
        const struct sdse_update *update = &named(&m, names[i])->move.update;
        assert_double_within(update->read_bits, 1 + 0.5 * (4 + 4) + 64 * bases[i],
                             1e-12);
        assert_double_within(update->write_bits, 0.5 * (0.25 * 4 + 4) + 64 * bases[i],
                             1e-12);
        assert_int_equal(update->copy_below_bits, 0);
        assert_int_equal(named(&m, names[i])->move.operations, 2 * 3 + 4);
    }
    sdse_arena_free(m.arena);
    m = step(SWITCHING "counter_bits: 2, momentum_bits: 32, basis_words: 0, mark: "
                       "measured}",
             wide_layer);
    const struct sdse_update *update = &named(&m, "c.update")->move.update;
    assert_double_within(update->read_bits, 1 + 0.5 * (4 + 2 + 32), 1e-12);
    assert_double_within(update->write_bits, 0.5 * (1 + 2 + 32), 1e-12);
    sdse_arena_free(m.arena);
}

static void ask(const char *sql, const char *wanted) {
    char *answer = sweep_ask("s.db", sql);
    assert_string_equal(answer, wanted);
    free(answer);
}

#define VECTOR "vector: {pj_per_op: 0.1, ops_per_cycle: 16}\n"

// Measured weights: the gradients read them as they are stored, once.
static void weights_are_stored_once(void **state) {
    (void)state;
    sweep_write("a.yaml", SWEEP_ARCH("a", "8", "100") VECTOR);
    sweep_write("s.yaml",
                "name: s\n"
                "workloads:\n"
                "  - net.yaml\n"
                "  - {path: net.yaml, network: {name: step, training: {batch: 2,\n"
                "     optimiser: sgd}}}\n"
                "  - {path: net.yaml, layers: [b.dX], network: {name: part, training:\n"
                "     {batch: 2, optimiser: sgd}}}\n"
                "archs: [a.yaml]\n"
                "weight_forms: [raw, {name: sd, basis_size: 3, sparsity: 0.5}]\n");
    sweep_run("s.yaml", "s.db");
    ask("SELECT count(*) FROM v_point p WHERE workload = 'step' AND weight_bits = "
        "(SELECT sum(weight_bits) FROM v_layer l WHERE l.point_id = p.point_id AND "
        "layer "
        "IN ('a', 'b', 'c'))",
        "2\n");
    ask("SELECT weight_bits FROM v_point WHERE workload IN ('tiny', 'step') AND form = "
        "'raw'",
        "13056\n13056\n");
    ask("SELECT l.layer, l.weight_words FROM v_layer l JOIN v_point p USING (point_id) "
        "WHERE p.workload = 'step' AND p.form = 'raw' AND l.weight_words > 0",
        "a,288\nb,384\nc,960\n");
    // The network's layers have other names in their seeds than the step's.
    ask("SELECT count(*) FROM v_layer one JOIN v_layer two USING (point_id) JOIN "
        "v_point USING (point_id) WHERE form = 'sd' AND workload = 'step' AND "
        "one.layer "
        "IN ('b', 'c') AND two.layer = one.layer || '.dX' AND one.density = "
        "two.density AND one.row_density = two.row_density AND two.smartdeal",
        "2\n");
    // What is read again is not another error.
    ask("SELECT p.rel_error > 0 AND abs(p.rel_error / sqrt((SELECT sum(l.weight_words "
        "* "
        "l.rel_error * l.rel_error) / sum(l.weight_words) FROM v_layer l WHERE "
        "l.point_id = p.point_id AND l.layer IN ('a', 'b', 'c'))) - 1) < 0.1 FROM "
        "v_point "
        "p WHERE workload = 'step' AND form = 'sd'",
        "1\n");
    // Alone, they are its own.
    ask("SELECT weight_words FROM v_layer JOIN v_point USING (point_id) WHERE workload "
        "= 'part' AND form = 'raw'",
        "384\n");
    // Three passes, but for what there is nothing before: a's gradient of its inputs.
    const double forward = sweep_number(
        "s.db", "SELECT sum(macs) FROM v_layer JOIN v_point USING (point_id) WHERE "
                "workload = 'tiny' AND form = 'raw'");
    const double all = sweep_number(
        "s.db", "SELECT sum(macs) FROM v_layer JOIN v_point USING (point_id) WHERE "
                "workload = 'step' AND form = 'raw'");
    assert_true(all == 2 * (3 * forward - 8.0 * 4 * 36 * 9));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_of_a_step),
        cmocka_unit_test(activations_computed_again),
        cmocka_unit_test(shared_weights),
        cmocka_unit_test(update_of_a_batch),
        cmocka_unit_test(frozen_prefix),
        cmocka_unit_test(frozen_weights_are_shared_by_none_that_learns),
        cmocka_unit_test(a_replay_is_frames_or_embeddings),
        cmocka_unit_test(points_say_what_a_replay_takes),
        cmocka_unit_test(gradients_of_inputs_have_channels_of_their_own),
        cmocka_unit_test(optimisers),
        cmocka_unit_test(weights_are_stored_once),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
