// Evaluations per second of the evaluator alone, one core: an Eyeriss-class mapping of
// a 3x3 convolution, networks and bandwidth included.
#include <stdio.h>
#include <time.h>

#include "costmodel/evaluate.h"

static double cpu_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct sdse_number number(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static void set_level(struct sdse_level *level, const char *name, unsigned keeps,
                      uint64_t words, double pj, double words_per_cycle) {
    *level = (struct sdse_level){.name = name,
                                 .keeps = keeps,
                                 .carries_loops = true,
                                 .capacity_bits = words * 16,
                                 .port_bits = 16,
                                 .buffering = 1,
                                 .overlap = true,
                                 .read_pj = number(pj),
                                 .fill_pj = number(pj),
                                 .update_pj = number(pj),
                                 .fanout_x = 1,
                                 .fanout_y = 1,
                                 .dims_x = 0xff,
                                 .dims_y = 0xff};
    if (words_per_cycle > 0)
        level->read_bits_per_cycle = level->write_bits_per_cycle =
            number(words_per_cycle * 16);
    for (int t = 0; t < SDSE_TENSORS; t++)
        level->network[t] = (struct sdse_network){.multicast = true, .reduce = true};
}

static void eyeriss_class(struct sdse_arch *arch) {
    *arch =
        (struct sdse_arch){.name = "eyeriss-class",
                           .clock_ghz = 0.2,
                           .bits = {16, 16, 16},
                           .partial_bits = 16,
                           .level_count = 5,
                           .compute = {.cycles_per_mac = 1, .pj_per_mac = number(1)}};
    set_level(&arch->level[0], "DRAM", 7, 0, 200, 4);
    set_level(&arch->level[1], "GLB", 6, 55296, 6, 16);
    set_level(&arch->level[2], "IFM", 2, 12, 0.2, 0);
    set_level(&arch->level[3], "WSP", 1, 224, 1, 0);
    set_level(&arch->level[4], "PSP", 4, 24, 0.3, 0);
    arch->level[1].fanout_x = 14;
    arch->level[1].fanout_y = 12;
    for (int t = 0; t < SDSE_TENSORS; t++) {
        arch->level[1].network[t].hop_pj_per_bit = number(0.01);
        arch->level[1].network[t].router_pj_per_bit = number(0.005);
    }
}

static void add(struct sdse_loops *loops, enum sdse_dim dim, uint64_t factor) {
    loops->loop[loops->count++] = (struct sdse_loop){dim, factor};
}

int main(void) {
    struct sdse_arena *arena = sdse_arena_new();
    static struct sdse_arch arch;
    eyeriss_class(&arch);
    struct sdse_layer layer = {.name = "conv3x3",
                               .kind = SDSE_CONV,
                               .nest = {.bound = {1, 256, 256, 14, 14, 3, 3, 1},
                                        .stride = {1, 1},
                                        .dilation = {1, 1}},
                               .repeat = 1,
                               .density = {1, 1, 1}};
    struct sdse_model *model;
    if (sdse_model_new(&arch, &layer, NULL, arena, &model))
        return 1;
    struct sdse_mapping mapping;
    sdse_mapping_init(&arch, &mapping);
    add(&mapping.level[0].temporal, SDSE_C, 16);
    add(&mapping.level[1].temporal, SDSE_K, 2);
    add(&mapping.level[1].temporal, SDSE_Q, 14);
    add(&mapping.level[1].temporal, SDSE_P, 14);
    add(&mapping.level[1].spatial[0], SDSE_C, 4);
    add(&mapping.level[1].spatial[0], SDSE_S, 3);
    add(&mapping.level[1].spatial[1], SDSE_K, 8);
    add(&mapping.level[3].temporal, SDSE_K, 16);
    add(&mapping.level[3].temporal, SDSE_C, 4);
    add(&mapping.level[4].temporal, SDSE_R, 3);
    if (sdse_mapping_verdict(model, &mapping, NULL) != SDSE_VALID)
        return 1;

    enum { ROUNDS = 1000000 };
    double sum = 0;
    const double start_s = cpu_s();
    for (int i = 0; i < ROUNDS; i++) {
        // Two mappings in turn, so that nothing can be hoisted out of the loop.
        mapping.level[1].temporal.loop[1].dim = i & 1 ? SDSE_P : SDSE_Q;
        mapping.level[1].temporal.loop[2].dim = i & 1 ? SDSE_Q : SDSE_P;
        sum += sdse_evaluate(model, &mapping).energy_pj;
    }
    const double seconds = cpu_s() - start_s;
    const double rate = ROUNDS / seconds;
    printf(
        "ratio to 1 million/s: %.2f   evaluations per second per core: %.3f million   "
        "(mean energy %.6g pJ)\n",
        rate / 1e6, rate / 1e6, sum / ROUNDS);
    sdse_arena_free(arena);
    return 0;
}
