// Whether a configuration may be of use, by the fronts of some of its kinds: what is
// asked about stays below no sum over the kinds' points, however long their fronts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "dse/fusion/kinds_worth.h"

enum { KINDS = 3, POINTS = 70, ASKED = 4096 };

struct asked {
    size_t count, of_use; // which of them may be; ASKED: none
    struct sdse_tradeoff least[ASKED];
};

static bool note(const void *context, const struct sdse_tradeoff *least) {
    struct asked *asked = *(struct asked *const *)context;
    assert_true(asked->count < ASKED);
    asked->least[asked->count++] = *least;
    return asked->count - 1 == asked->of_use;
}

static struct asked ask(const struct sdse_kinds *kinds, size_t of_use, bool worth) {
    static struct asked asked;
    struct asked *const context = &asked;
    asked = (struct asked){.of_use = of_use};
    assert_int_equal(sdse_kinds_are_worth(kinds, note, &context), worth);
    return asked;
}

static uint64_t below(uint64_t *state, uint64_t n) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % n;
}

// Fronts by rising energy, falling latency; steps of a few sizes, a long one at times.
static void make_front(uint64_t *state, size_t count, struct sdse_tradeoff *point) {
    double energy_pj = 1 + (double)below(state, 50), latency_cycles = 1;
    for (size_t i = 0; i < count; i++) {
        point[i].energy_pj = energy_pj;
        energy_pj += 1 + (double)below(state, below(state, 9) ? 4 : 300);
    }
    for (size_t i = count; i-- > 0;) {
        point[i].latency_cycles = latency_cycles;
        latency_cycles += 1 + (double)below(state, below(state, 9) ? 4 : 300);
    }
}

static bool stays_below_none(const struct asked *asked,
                             const struct sdse_tradeoff *sum) {
    for (size_t i = 0; i < asked->count; i++)
        if (asked->least[i].energy_pj <= sum->energy_pj &&
            asked->least[i].latency_cycles <= sum->latency_cycles)
            return false;
    return true;
}

// One kind in four is not answered: of it the least is known.
static void test_long_fronts(void **state) {
    (void)state;
    static struct sdse_tradeoff point[KINDS][POINTS];
    uint64_t random = 1;
    for (int round = 0; round < 200; round++) {
        const size_t most = round % 2 ? POINTS : 12;
        struct sdse_nests nests = {.memory_count = 1};
        struct sdse_nest_entry entry = {.layer = 0};
        struct sdse_nest_answer answer[KINDS];
        struct sdse_kind kind[KINDS];
        for (size_t k = 0; k < KINDS; k++) {
            const size_t count = k ? 1 + below(&random, most) : 1 + below(&random, 3);
            make_front(&random, count, point[k]);
            answer[k] = (struct sdse_nest_answer){.count = count, .elements = point[k]};
            kind[k] = (struct sdse_kind){.entry = &entry,
                                         .times = 1 + below(&random, 5),
                                         .answer = &answer[k],
                                         .least = point[k][0]};
            if (below(&random, 4) == 0)
                kind[k].answer = NULL;
            if (!kind[k].answer)
                answer[k].count = 1;
        }
        const struct sdse_kinds kinds = {.nests = &nests, .count = KINDS, .kind = kind};
        const struct asked asked = ask(&kinds, ASKED, false);
        struct sdse_tradeoff sum;
        for (size_t a = 0; a < answer[0].count; a++)
            for (size_t b = 0; b < answer[1].count; b++)
                for (size_t c = 0; c < answer[2].count; c++) {
                    const size_t at[] = {a, b, c};
                    sum = (struct sdse_tradeoff){0, 0};
                    for (size_t k = 0; k < KINDS; k++) {
                        const double times = (double)kind[k].times;
                        sum.energy_pj += times * point[k][at[k]].energy_pj;
                        sum.latency_cycles += times * point[k][at[k]].latency_cycles;
                    }
                    assert_false(stays_below_none(&asked, &sum));
                }
        // Any of them may be of use, and no more are asked about then.
        const size_t one = below(&random, asked.count);
        assert_int_equal(ask(&kinds, one, true).count, one + 1);
    }
}

static void is_sum(const struct sdse_tradeoff *least, double energy_pj,
                   double latency_cycles) {
    assert_true(fabs(least->energy_pj - energy_pj) < 1e-6);
    assert_true(fabs(least->latency_cycles - latency_cycles) < 1e-6);
}

// Up to 32 sums are asked about as they are; of 40 each two are one, of the energy of
// the first and the latency of the second.
static void test_by_hand(void **state) {
    (void)state;
    struct sdse_tradeoff three[] = {{10, 90}, {20, 50}, {70, 40}},
                         five[] = {{1, 5}, {2, 4}, {3, 3}, {4, 2}, {5, 1}}, eight[8];
    for (size_t i = 0; i < 8; i++)
        eight[i] = (struct sdse_tradeoff){(double)(1000 * i), (double)(1000 * (8 - i))};
    struct sdse_nest_answer answer[] = {{.count = 3, .elements = three},
                                        {.count = 8, .elements = eight}};
    struct sdse_kind kind[] = {{.times = 2, .answer = &answer[0]},
                               {.times = 1, .answer = &answer[1]}};
    const struct sdse_kinds kinds = {.count = 2, .kind = kind};
    const struct asked exact = ask(&kinds, ASKED, false);
    assert_int_equal(exact.count, 24);
    for (size_t i = 0; i < exact.count; i++)
        is_sum(&exact.least[i], eight[i / 3].energy_pj + 2 * three[i % 3].energy_pj,
               eight[i / 3].latency_cycles + 2 * three[i % 3].latency_cycles);
    answer[0] = (struct sdse_nest_answer){.count = 5, .elements = five};
    kind[0].times = 1;
    const struct asked blurred = ask(&kinds, ASKED, false);
    assert_int_equal(blurred.count, 20);
    for (size_t i = 0; i < blurred.count; i++) {
        const size_t first = 2 * i, last = 2 * i + 1;
        is_sum(&blurred.least[i],
               eight[first / 5].energy_pj + five[first % 5].energy_pj,
               eight[last / 5].latency_cycles + five[last % 5].latency_cycles);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_long_fronts),
                                       cmocka_unit_test(test_by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
