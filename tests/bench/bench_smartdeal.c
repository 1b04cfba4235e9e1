// Decomposition, rebuild and forward kernels against their plain scalar versions, ratio
// first; then a whole network at the default setting.
//
//     bench_smartdeal [WORKLOAD.yaml]     default: the shipped ResNet-50
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/pool.h"
#include "smartdeal/blocks.h"
#include "smartdeal/forward.h"
#include "smartdeal/measure.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/synthetic.h"
#include "spec/load.h"

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *need(void *memory) {
    if (memory)
        return memory;
    fprintf(stderr, "out of memory\n");
    exit(3);
}

struct kind {
    const char *name;
    struct sdse_weight_shape shape;
    struct sdse_conv_geometry geometry;
    uint32_t basis_size;
};

static const struct kind KINDS[] = {
    {"conv 3x3, 64 ch", {1, 256, 64, 3, 3, false}, {28, 28, {1, 1}, {1, 1}, {1, 1}}, 0},
    {"conv 3x3, 512 ch", {1, 64, 512, 3, 3, false}, {7, 7, {1, 1}, {1, 1}, {1, 1}}, 0},
    {"conv 1x1, 256 ch", {1, 512, 256, 1, 1, false}, {14, 14, {0}, {1, 1}, {1, 1}}, 0},
    {"fc, 2048 words", {1, 128, 2048, 1, 1, true}, {1, 1, {0}, {1, 1}, {1, 1}}, 0},
    {"depth-wise 3x3", {960, 1, 1, 3, 3, false}, {14, 14, {1, 1}, {1, 1}, {1, 1}}, 0},
    {"conv 3x3, n = 9", {1, 64, 64, 3, 3, false}, {14, 14, {1, 1}, {1, 1}, {1, 1}}, 9},
};

typedef struct sdse_block_progress (*block_solver)(const struct sdse_block_rule *,
                                                   const double *, uint64_t, double *,
                                                   double *, double *);

// Seconds one core takes to decompose the layer with a given block solver.
typedef struct sdse_block_progress (*block_solver)(const struct sdse_block_rule *,
                                                   const double *, uint64_t, double *,
                                                   double *, double *);

// A layer's blocks, and where their answers go.
struct blocks_of {
    const struct sdse_layer_weights *weights;
    struct sdse_slicing slicing;
};

static uint64_t fetch_block(void *context, uint64_t index, double *a) {
    const struct blocks_of *of = context;
    const struct sdse_slicing *s = &of->slicing;
    const uint64_t block = index % s->blocks, rows = sdse_block_rows(s, block);
    sdse_gather_rows(&of->weights->shape, s, of->weights->values, NULL,
                     index / s->blocks, block * s->rows_per_block, rows, a);
    return rows;
}

static void forget_block(void *context, uint64_t index, const double *ce,
                         const double *basis, struct sdse_block_progress progress) {
    (void)context, (void)index, (void)ce, (void)basis, (void)progress;
}

// All blocks by a solver, or, without one, in vectors of a width.
static void solve_blocks(const struct sdse_layer_weights *w,
                         const struct sdse_smartdeal_setting *setting,
                         block_solver solver, enum sdse_width width) {
    struct blocks_of of = {w, sdse_slice(&w->shape, setting)};
    const uint32_t n = of.slicing.basis_size;
    const struct sdse_blocks blocks = {
        .rule = sdse_block_rule_of(setting, n, setting->threshold,
                                   w->shape.kernel_columns > 1),
        .count = w->shape.groups * w->shape.filters * of.slicing.blocks,
        .longest_rows = of.slicing.rows_per_block,
        .context = &of,
        .fetch = fetch_block,
        .keep = forget_block};
    double *scratch =
        need(malloc(sdse_blocks_scratch(SDSE_WIDTH_AVX512, blocks.longest_rows, n) *
                    sizeof(double)));
    const uint64_t words = blocks.longest_rows * n;
    double *a = scratch, *ce = a + words, *rest = ce + words;
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    for (uint64_t i = 0; solver && i < blocks.count; i++)
        solver(&blocks.rule, a, fetch_block(&of, i, a), rest, ce, basis);
    if (!solver)
        sdse_blocks_decompose(&blocks, width, scratch);
    free(scratch);
}

// Of this thread, so that what else the machine does hardly counts.
static double cpu_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Runs `body` until a tenth of a second has passed; seconds of one run into `taken`.
#define REPEAT(taken, body)                \
    do {                                   \
        double start_ = cpu_s(), end_;     \
        unsigned runs_ = 0;                \
        do {                               \
            body;                          \
            runs_++;                       \
            end_ = cpu_s();                \
        } while (end_ - start_ < 0.1);     \
        (taken) = (end_ - start_) / runs_; \
    } while (0)

static void print_row(const char *what, const char *name, double scalar, double fast,
                      double units, const char *unit) {
    printf("%5.2fx  %-16s %-18s %9.1f -> %9.1f %s\n", scalar / fast, what, name,
           units / scalar / 1e6, units / fast / 1e6, unit);
}

static void bench_kernels(const struct kind *kind, const struct sdse_coded_layer *coded,
                          uint64_t each, uint64_t words) {
    int16_t *rebuilt = need(malloc(words * sizeof *rebuilt));
    double scalar, fast;
    REPEAT(scalar, for (uint64_t f = 0; f < coded->filters; f++)
                       sdse_rebuild_filter_scalar(coded, f, rebuilt + f * each));
    REPEAT(fast, for (uint64_t f = 0; f < coded->filters; f++)
                     sdse_rebuild_filter(coded, f, rebuilt + f * each));
    print_row("rebuild", kind->name, scalar, fast, (double)words, "M weights/s");
    const struct sdse_conv_geometry *g = &kind->geometry;
    uint64_t inputs =
        kind->shape.groups * kind->shape.channels * g->in_rows * g->in_columns;
    uint64_t outputs =
        coded->filters *
        sdse_conv_out(g->in_rows, kind->shape.kernel_rows, g->pad[0], 1, 1) *
        sdse_conv_out(g->in_columns, kind->shape.kernel_columns, g->pad[1], 1, 1);
    int8_t *in = need(malloc(inputs));
    int32_t *out = need(malloc(outputs * sizeof *out));
    uint64_t random = 1;
    for (uint64_t i = 0; i < inputs; i++)
        in[i] = (int8_t)(sdse_random_u64(&random) >> 57);
    REPEAT(scalar, sdse_forward_dense(&kind->shape, g, in, rebuilt, 8, out));
    REPEAT(fast, sdse_forward_coded(coded, g, in, 1, out, NULL));
    print_row("forward", kind->name, scalar, fast, (double)(outputs * each), "M MAC/s");
    free(in);
    free(out);
    free(rebuilt);
}

static void bench_kind(const struct kind *kind, struct sdse_diags *diags) {
    uint64_t filters, each, words;
    if (!sdse_weight_count(&kind->shape, &filters, &each, &words))
        return;
    float *values = need(malloc(words * sizeof *values));
    sdse_synthetic_weights(&kind->shape, 1, values);
    struct sdse_layer_weights w = {
        .name = kind->name, .shape = kind->shape, .values = values};
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.basis_size = kind->basis_size;
    setting.depthwise = true;
    double scalar, fast;
    REPEAT(scalar,
           solve_blocks(&w, &setting, sdse_block_decompose_scalar, SDSE_WIDTH_ONE));
    for (int width = 0; width < SDSE_WIDTHS; width++) {
        if (!sdse_width_is_there((enum sdse_width)width))
            continue;
        char what[32];
        snprintf(what, sizeof what, "decompose %s",
                 sdse_width_name((enum sdse_width)width));
        REPEAT(fast, solve_blocks(&w, &setting, NULL, (enum sdse_width)width));
        print_row(what, kind->name, scalar, fast, (double)words, "M weights/s");
    }
    struct sdse_form_measure m;
    struct sdse_coded_layer coded;
    if (sdse_measure_layer(&w, &setting, 1, &m, &coded, diags) == SDSE_OK)
        bench_kernels(kind, &coded, each, words);
    sdse_coded_free(&coded);
    free(values);
}

static long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

struct network_time {
    double decompose_s, encode_s, count_s;
    uint64_t weights, stored_bits, passes;
    double error_square, weight_square;
};

static void run_layer(const struct sdse_layer_weights *w,
                      const struct sdse_smartdeal_setting *setting,
                      struct network_time *total, struct sdse_diags *diags) {
    struct sdse_coded_layer coded = {0};
    struct sdse_coding_error error = {0};
    double start = now_s();
    if (sdse_weights_stay_raw(&w->shape, setting)) {
        sdse_encode_raw(w, setting->weight_bits, &coded, &error, diags);
        total->encode_s += now_s() - start;
    } else {
        struct sdse_decomposition d;
        if (sdse_decompose(w, setting, 0, &d, diags) != SDSE_OK)
            exit(3);
        double middle = now_s();
        total->decompose_s += middle - start;
        total->passes += d.passes;
        if (sdse_encode(w, &d, setting, 0, &coded, &error) != SDSE_OK)
            exit(3);
        sdse_decomposition_free(&d);
        total->encode_s += now_s() - middle;
    }
    start = now_s();
    struct sdse_density density;
    sdse_count_density(&coded, &density);
    struct sdse_stored_bits bits = sdse_count_stored_bits(&coded);
    total->stored_bits += sdse_stored_bits_total(&bits);
    total->count_s += now_s() - start;
    total->error_square += error.rounded_square;
    total->weight_square += error.weight_square;
    sdse_coded_free(&coded);
}

// Every layer's weights are in memory at once, as they are for a real network; results
// are dropped layer by layer.
static void bench_network(const char *path, struct sdse_arena *arena,
                          struct sdse_diags *diags) {
    struct sdse_workload *w;
    if (sdse_workload_load(arena, path, diags, &w) != SDSE_OK) {
        sdse_diags_print(diags, stderr, false);
        exit(1);
    }
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    struct network_time total = {0};
    struct sdse_layer_weights *layers =
        need(sdse_arena_alloc(arena, w->layer_count, sizeof *layers));
    size_t count = 0;
    for (size_t i = 0; i < w->layer_count; i++) {
        if (!sdse_layer_has_weights(&w->layers[i]))
            continue;
        const uint64_t *b = w->layers[i].nest.bound;
        struct sdse_weight_shape shape = {b[SDSE_G], b[SDSE_K],
                                          b[SDSE_C], b[SDSE_R],
                                          b[SDSE_S], w->layers[i].kind == SDSE_FC};
        uint64_t filters, each, words;
        if (!sdse_weight_count(&shape, &filters, &each, &words))
            exit(1);
        float *values = need(malloc(words * sizeof *values));
        sdse_synthetic_weights(&shape, i, values);
        layers[count++] = (struct sdse_layer_weights){
            .name = w->layers[i].name, .shape = shape, .values = values};
        total.weights += words;
    }
    long before = peak_kib();
    for (size_t i = 0; i < count; i++)
        run_layer(&layers[i], &setting, &total, diags);
    double weights_kib = (double)total.weights * 4 / 1024;
    printf("\n%s: %.1f M synthetic weights, %u threads, default setting\n", w->name,
           (double)total.weights / 1e6, sdse_processors());
    printf("  decompose %6.2f s  (%.1f M block passes)\n", total.decompose_s,
           (double)total.passes / 1e6);
    printf("  encode    %6.2f s\n", total.encode_s);
    printf("  count     %6.2f s\n", total.count_s);
    printf("  stored    %6.2f MB, %.2fx below FP32, relative error %.4f\n",
           (double)total.stored_bits / 8e6,
           32.0 * (double)total.weights / (double)total.stored_bits,
           sqrt(total.error_square / total.weight_square));
    printf("  memory    %6.2fx the FP32 weights at the peak (%.0f MiB; %.0f before)\n",
           (double)peak_kib() / weights_kib, (double)peak_kib() / 1024,
           (double)before / 1024);
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)layers[i].values);
}

int main(int argc, char **argv) {
    struct sdse_arena *arena = need(sdse_arena_new());
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    printf(
        "ratio   kernel           layer               plain loops -> ours, one core\n");
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        bench_kind(&KINDS[i], &diags);
    bench_network(argc > 1 ? argv[1] : SDSE_SOURCE_DIR "/workloads/resnet50.yaml",
                  arena, &diags);
    sdse_arena_free(arena);
    return 0;
}
