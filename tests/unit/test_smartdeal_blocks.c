// Blocks in the lanes of wide vectors give the bytes of plain loops, one block at a
// time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smartdeal/blocks.h"
#include "smartdeal/synthetic.h"

enum { MOST_BLOCKS = 70, MOST_ROWS = 40, MOST_N = 6, WORDS = MOST_ROWS * MOST_N };

struct kept {
    double ce[WORDS], basis[MOST_N * MOST_N];
    struct sdse_block_progress progress;
    unsigned times;
};

struct set {
    uint32_t n;
    uint64_t count, rows[MOST_BLOCKS];
    double a[MOST_BLOCKS][WORDS];
    struct kept kept[MOST_BLOCKS];
};

static uint64_t fetch(void *context, uint64_t index, double *a) {
    const struct set *set = context;
    assert_true(index < set->count);
    memcpy(a, set->a[index], set->rows[index] * set->n * sizeof *a);
    return set->rows[index];
}

static void keep(void *context, uint64_t index, const double *ce, const double *basis,
                 struct sdse_block_progress progress) {
    struct set *set = context;
    struct kept *kept = &set->kept[index];
    memcpy(kept->ce, ce, set->rows[index] * set->n * sizeof *ce);
    memcpy(kept->basis, basis, (size_t)set->n * set->n * sizeof *basis);
    kept->progress = progress;
    kept->times++;
}

static uint64_t random_state = 5;

static unsigned draw(unsigned below) {
    return (unsigned)(sdse_random_u64(&random_state) % below);
}

static double real(void) {
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (double)(sdse_random_u64(&random_state) >> 40) / 0x1p24 - 0.5;
    return (double)(float)sum;
}

// A block of one kind or another: plain, empty, of low rank, of columns far apart, of
// few values, of words nearly nothing.
static void fill(double *a, uint64_t rows, uint32_t n, unsigned kind) {
    for (uint64_t i = 0; i < rows; i++) {
        for (uint32_t j = 0; j < n; j++) {
            double *word = &a[i * n + j];
            *word = real();
            if (kind == 1)
                *word = 0;
            else if (kind == 2 && j)
                *word = a[i * n] * (j + 1);
            else if (kind == 3)
                *word = (double)(float)(*word * (j ? 1 : 1e-6));
            else if (kind == 4)
                *word = draw(3) - 1.0;
            else if (kind == 5)
                *word = (double)(float)(*word * 1e-30);
            else if (kind == 6 && j == 1)
                *word = 0;
        }
    }
}

static struct sdse_block_rule any_rule(uint32_t n) {
    struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
    s.iterations = draw(5) ? 1 + draw(12) : 30;
    s.row_sparsity = draw(3) == 0;
    s.row_factor = 1 + draw(4);
    static const double tolerances[] = {1e-10, 0, 0.3, 2, 40};
    s.tolerance = tolerances[draw(5)];
    s.max_coefficient = draw(2) ? 32 : 0.5;
    s.scale = draw(12) == 0;
    static const double thresholds[] = {0, 0.004, 0.1, 0.4, 2};
    struct sdse_block_rule rule =
        sdse_block_rule_of(&s, n, thresholds[draw(5)], draw(2));
    rule.double_precision = draw(4) == 0;
    return rule;
}

static void every_width_gives_the_same_bytes(void **state) {
    (void)state;
    struct set *set = calloc(1, sizeof *set);
    assert_non_null(set);
    unsigned compared[SDSE_WIDTHS] = {0}, ended[2] = {0};
    for (unsigned round = 0; round < 400; round++) {
        set->n = 2 + draw(MOST_N - 1);
        set->count = 1 + draw(MOST_BLOCKS);
        uint64_t longest = 1 + draw(MOST_ROWS);
        const unsigned kinds = draw(2) ? 1 : 7;
        for (uint64_t i = 0; i < set->count; i++) {
            set->rows[i] = draw(4) ? longest : 1 + draw((unsigned)longest);
            fill(set->a[i], set->rows[i], set->n, draw(kinds));
        }
        const struct sdse_block_rule rule = any_rule(set->n);
        const struct sdse_blocks blocks = {.rule = rule,
                                           .count = set->count,
                                           .longest_rows = longest,
                                           .context = set,
                                           .fetch = fetch,
                                           .keep = keep};
        for (int w = 0; w < SDSE_WIDTHS; w++) {
            const enum sdse_width width = (enum sdse_width)w;
            if (!sdse_width_is_there(width))
                continue;
            memset(set->kept, 0, sizeof set->kept);
            // No more scratch than is asked for: a word more is seen by the sanitizers.
            double *scratch =
                malloc(sdse_blocks_scratch(width, longest, set->n) * sizeof *scratch);
            assert_non_null(scratch);
            sdse_blocks_decompose(&blocks, width, scratch);
            free(scratch);
            for (uint64_t i = 0; i < set->count; i++) {
                double ce[WORDS], basis[MOST_N * MOST_N];
                double *alone =
                    malloc(sdse_block_scratch(set->rows[i], set->n) * sizeof *alone);
                assert_non_null(alone);
                const struct sdse_block_progress progress = sdse_block_decompose_scalar(
                    &rule, set->a[i], set->rows[i], alone, ce, basis);
                free(alone);
                const struct kept *kept = &set->kept[i];
                assert_int_equal(kept->times, 1);
                assert_int_equal(kept->progress.passes, progress.passes);
                assert_int_equal(kept->progress.restarts, progress.restarts);
                assert_int_equal(kept->progress.converged, progress.converged);
                assert_memory_equal(kept->ce, ce, set->rows[i] * set->n * sizeof ce[0]);
                assert_memory_equal(kept->basis, basis,
                                    (size_t)set->n * set->n * sizeof basis[0]);
                compared[w]++;
                ended[progress.converged]++;
            }
        }
    }
    assert_true(ended[0] > 1000 && ended[1] > 1000);
    for (int w = 0; w < SDSE_WIDTHS; w++)
        print_message("## blocks, %s: %u as by plain loops\n",
                      sdse_width_name((enum sdse_width)w), compared[w]);
    free(set);
}

static void one_by_one_is_always_there(void **state) {
    (void)state;
    assert_true(sdse_width_is_there(SDSE_WIDTH_ONE));
    assert_true(sdse_width_is_there(sdse_widest()));
    for (int w = (int)sdse_widest() + 1; w < SDSE_WIDTHS; w++)
        assert_false(sdse_width_is_there((enum sdse_width)w));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_gives_the_same_bytes),
        cmocka_unit_test(one_by_one_is_always_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
