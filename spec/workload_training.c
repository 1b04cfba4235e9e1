// What a network's file says of training, and of layers that only it has.
#include <string.h>

#include "spec/training.h"
#include "spec/value.h"
#include "spec/workload_reader.h"

void sdse_layer_read_update(struct sdse_layer_reader *r) {
    struct sdse_update *update = &r->layer->move.update;
    const struct {
        const char *key;
        double *out;
    } keys[] = {{"read_words", &update->read_words},
                {"read_bits", &update->read_bits},
                {"write_bits", &update->write_bits}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct sdse_node *node = sdse_node_get(r->map, keys[i].key);
        if (!node)
            sdse_report_missing(r->map, keys[i].key, r->diags);
        else
            sdse_read_double(node, 0, 4096, r->diags, keys[i].out);
    }
    const struct sdse_node *copy = sdse_node_get(r->map, "copy_below_bits");
    if (copy)
        sdse_read_u32(copy, 0, 4096, r->diags, &update->copy_below_bits);
    r->layer->uncoded = SDSE_BIT(SDSE_TENSORS) - 1;
    r->layer->nest.bound[SDSE_N] = 1; // once, however many samples
}

static void read_share(const struct sdse_node *map, const char *key,
                       struct sdse_diags *diags, double *out) {
    const struct sdse_node *node = sdse_node_get(map, key);
    if (node)
        sdse_read_double(node, 0, 1, diags, out);
    else
        sdse_report_missing(map, key, diags);
}

// {density: 0.4, changed: 0.01, counter_bits: 4, mark: assumed}
static void read_smartdeal(const struct sdse_node *map, struct sdse_diags *diags,
                           struct sdse_training *out) {
    static const char *const keys[] = {"density",       "changed",     "counter_bits",
                                       "momentum_bits", "basis_words", "mark",
                                       "source"};
    const struct sdse_node *node;
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, diags);
    read_share(map, "density", diags, &out->density);
    read_share(map, "changed", diags, &out->changed);
    out->mark = sdse_read_statistics_mark(map, "training-mark", "shares", diags);
    if ((node = sdse_node_get(map, "counter_bits")))
        sdse_read_u32(node, 0, 32, diags, &out->counter_bits);
    if ((node = sdse_node_get(map, "momentum_bits")))
        sdse_read_u32(node, 0, 32, diags, &out->momentum_bits);
    if ((node = sdse_node_get(map, "basis_words")))
        sdse_read_double(node, 0, 16, diags, &out->basis_words);
}

// {samples: 1000, frame_words: 30000, copies: 8}
static void read_replay(const struct sdse_node *map, struct sdse_diags *diags,
                        struct sdse_training *out) {
    static const char *const keys[] = {"samples", "frame_words", "frame_bits",
                                       "embedding_bits", "copies"};
    struct sdse_replay *replay = &out->replay;
    const struct sdse_node *node;
    *replay = (struct sdse_replay){
        .samples = 1, .frame_bits = 8, .embedding_bits = 32, .copies = 1};
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, diags);
    if (!(node = sdse_node_get(map, "samples")))
        sdse_report_missing(map, "samples", diags);
    else
        sdse_read_u64(node, 1, SDSE_LARGEST_SIZE, diags, &replay->samples);
    if ((node = sdse_node_get(map, "frame_words")))
        sdse_read_u64(node, 1, SDSE_LARGEST_SIZE, diags, &replay->frame_words);
    if ((node = sdse_node_get(map, "frame_bits")))
        sdse_read_u32(node, 1, 64, diags, &replay->frame_bits);
    const struct sdse_node *bits = sdse_node_get(map, "embedding_bits"),
                           *copies = sdse_node_get(map, "copies");
    if (bits)
        sdse_read_u32(bits, 1, 64, diags, &replay->embedding_bits);
    if (copies)
        sdse_read_u64(copies, 1, 1024, diags, &replay->copies);
    node = bits ? bits : copies;
    if (node && !out->stored)
        sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "training-keys",
                      "'%s' is said of what a frozen prefix puts out ('stored')",
                      node->key);
}

static void read_asked(const struct sdse_node *map, struct sdse_diags *diags,
                       struct sdse_training *out) {
    static const char *const keys[] = {"batch",       "epoch_images", "optimiser",
                                       "activations", "segments",     "frozen",
                                       "stored",      "smartdeal",    "replay"};
    static const char *const optimisers[] = {"sgd", "smartdeal"};
    static const char *const kept[] = {"kept", "recomputed", "reversible"};
    const struct sdse_node *node;
    unsigned word;
    out->loc = map->key_loc;
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return;
    out->asked = true;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, diags);
    if (!(node = sdse_node_get(map, "batch")))
        sdse_report_missing(map, "batch", diags);
    else
        sdse_read_u64(node, 1, SDSE_LARGEST_SIZE, diags, &out->batch);
    if ((node = sdse_node_get(map, "epoch_images")))
        sdse_read_u64(node, 1, UINT32_MAX, diags, &out->epoch_images);
    if (!(node = sdse_node_get(map, "optimiser")))
        sdse_report_missing(map, "optimiser", diags);
    else if (sdse_read_word(node, optimisers, 2, diags, &word))
        out->optimiser = (enum sdse_optimiser)word;
    if ((node = sdse_node_get(map, "activations")) &&
        sdse_read_word(node, kept, 3, diags, &word))
        out->kept = (enum sdse_kept)word;
    if ((node = sdse_node_get(map, "segments")))
        sdse_read_u64(node, 1, SDSE_LARGEST_SIZE, diags, &out->segments);
    if (node && out->kept != SDSE_KEPT_RECOMPUTED)
        sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "training-keys",
                      "'segments' is said of recomputed activations");
    if ((node = sdse_node_get(map, "frozen"))) {
        sdse_read_text(node, diags, &out->frozen);
        out->frozen_loc = node->loc;
    }
    if ((node = sdse_node_get(map, "stored"))) {
        sdse_read_bool(node, diags, &out->stored);
        if (!sdse_node_get(map, "frozen"))
            sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "training-keys",
                          "'stored' is said of what a frozen prefix puts out");
    }
    if ((node = sdse_node_get(map, "replay")))
        read_replay(node, diags, out);
    node = sdse_node_get(map, "smartdeal");
    const bool wanted = out->optimiser == SDSE_OPTIMISER_SMARTDEAL;
    if (node && wanted)
        read_smartdeal(node, diags, out);
    else if (wanted)
        sdse_report_missing(map, "smartdeal", diags);
    else if (node)
        sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "training-keys",
                      "'smartdeal' is said of that optimiser");
}

// What a resolved step says of the whole.
static bool read_step(struct sdse_arena *arena, const struct sdse_node *map,
                      struct sdse_diags *diags, struct sdse_workload *net) {
    static const char *const keys[] = {
        "images",      "epoch_images",      "kept_words", "replay_samples",
        "replay_bits", "replay_frame_bits", "whole_macs"};
    enum { REQUIRED = 3 };
    struct sdse_training_step *step = SDSE_ARENA_NEW(arena, struct sdse_training_step);
    if (!step)
        return false;
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return true;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, diags);
    const struct {
        uint64_t least, *out;
    } out[] = {{1, &step->images},      {0, &step->epoch_images},
               {0, &step->kept_words},  {1, &step->replay_samples},
               {1, &step->replay_bits}, {1, &step->replay_frame_bits},
               {1, &step->whole_macs}};
    *step = (struct sdse_training_step){.images = 1};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct sdse_node *node = sdse_node_get(map, keys[i]);
        if (!node && (i < REQUIRED || sdse_node_get(map, keys[REQUIRED])))
            sdse_report_missing(map, keys[i], diags);
        else if (node)
            sdse_read_u64(node, out[i].least, UINT64_MAX, diags, out[i].out);
    }
    net->training = step;
    return true;
}

bool sdse_read_training(struct sdse_arena *arena, const struct sdse_node *root,
                        struct sdse_diags *diags, struct sdse_workload *net,
                        struct sdse_training *out) {
    enum { COUNTER_BITS = 4 }; // a bar of 7
    *out = (struct sdse_training){
        .batch = 1, .counter_bits = COUNTER_BITS, .basis_words = -1};
    const struct sdse_node *asked = sdse_node_get(root, "training"),
                           *batch = sdse_node_get(root, "batch"),
                           *step = sdse_node_get(root, "training_step");
    if (asked) {
        read_asked(asked, diags, out);
        if (batch && net->batch != 1 && net->batch != out->batch)
            sdse_diag_add(diags, SDSE_ERROR, batch->key_loc, "training-keys",
                          "the batch is said under 'training'");
        net->batch = out->batch;
    }
    if (asked && step)
        sdse_diag_add(diags, SDSE_ERROR, step->key_loc, "training-keys",
                      "a network that is a step of training already");
    else if (step)
        return read_step(arena, step, diags, net);
    return true;
}
