// The rows of fused groups against schedules that are executed: explicit rows, one at a
// time, whose lives are found by looking through the schedule. Every nest of the
// schedule must be one of the kinds that are listed, as often as it says: its layer,
// the picture of its windows on the real map, what is held of each tensor while it
// runs.
//
//     test_fused_rows [CONFIGURATIONS [FIRST_SEED]]    (default 100,000)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/fusion/rows.h"
#include "oracle/support_cases.h"
#include "support/sanitized.h"

enum { MOST_LAYERS = 4, MOST_ROWS = 40, MOST_STEPS = MOST_ROWS * MOST_LAYERS };

static uint64_t configurations = SANITIZED ? 4000 : 100000, first_seed = 1;

struct group {
    struct sdse_nest nest[MOST_LAYERS];
    struct sdse_fused_rows_request request;
};

// --- Generated ---

// A layer that reads a map of so many rows; false: no window fits it.
static bool make_layer(uint64_t *state, uint64_t rows, bool given,
                       struct sdse_nest *nest) {
    const uint32_t taps = 1 + (uint32_t)oracle_below(state, 4),
                   stride = 1 + (uint32_t)oracle_below(state, 3),
                   dilation = oracle_below(state, 3)
                                  ? 1
                                  : 2 + (uint32_t)oracle_below(state, 2);
    const int64_t pad = (int64_t)oracle_below(state, 4) - (oracle_below(state, 6) == 0);
    const int64_t below = (int64_t)oracle_below(state, 4);
    const int64_t extent = (taps - 1) * (int64_t)dilation + 1,
                  reach = (int64_t)rows + pad + below;
    *nest = (struct sdse_nest){.bound = {1, 1, 1, 1, 1, taps, 1, 1},
                               .stride = {stride, 1},
                               .dilation = {dilation, 1}};
    if (reach < extent)
        return false;
    nest->bound[SDSE_P] = (uint64_t)((reach - extent) / stride + 1);
    if (nest->bound[SDSE_P] > MOST_ROWS)
        return false;
    nest->pad[0] = pad;
    nest->map[0] = rows;
    // The first layer's map may be as far as windows reach.
    const int64_t touched = (int64_t)(nest->bound[SDSE_P] - 1) * stride + extent - pad;
    if (!given && touched > 0 && oracle_below(state, 4) == 0)
        nest->map[0] = 0;
    return touched > 0;
}

static void make_group(uint64_t seed, struct group *group) {
    uint64_t state = seed * 2 + 1;
    size_t count;
    do {
        uint64_t rows = 1 + oracle_below(&state, 24);
        count = 1 + (size_t)oracle_below(&state, MOST_LAYERS);
        for (size_t i = 0; i < count; i++) {
            if (!make_layer(&state, rows, i > 0, &group->nest[i])) {
                count = 0;
                break;
            }
            rows = group->nest[i].bound[SDSE_P];
        }
    } while (count == 0);
    const uint64_t last = group->nest[count - 1].bound[SDSE_P];
    group->request = (struct sdse_fused_rows_request){
        .layer_count = count,
        .nest = group->nest,
        .tile_rows = 1 + oracle_below(&state, last + 1),
        .retained = (unsigned)oracle_below(&state, 1u << count) & ~1u,
        .buffered = oracle_below(&state, 2)};
}

// --- The schedule ---

// A layer at work on a tile: the rows it makes, and those it reads.
struct step {
    size_t layer;
    bool makes[MOST_ROWS], reads[2 * MOST_ROWS];
    bool loads[2 * MOST_ROWS]; // of a buffered input
};

struct schedule {
    size_t count;
    struct step step[MOST_STEPS];
};

static int64_t map_rows(const struct sdse_nest *nest) {
    int64_t most = 0;
    for (uint64_t p = 0; !nest->map[0] && p < nest->bound[SDSE_P]; p++)
        for (uint64_t r = 0; r < nest->bound[SDSE_R]; r++) {
            const int64_t row =
                (int64_t)(p * nest->stride[0] + r * nest->dilation[0]) - nest->pad[0];
            most = row + 1 > most ? row + 1 : most;
        }
    return nest->map[0] ? (int64_t)nest->map[0] : most;
}

// The row that a tap of an output row reads; -1: padding.
static int64_t read_row(const struct sdse_nest *nest, uint64_t output, uint64_t tap) {
    const int64_t row =
        (int64_t)(output * nest->stride[0] + tap * nest->dilation[0]) - nest->pad[0];
    return row >= 0 && row < map_rows(nest) ? row : -1;
}

static bool any(const bool *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (rows[i])
            return true;
    return false;
}

// Runs the group: for each tile from the last layer inwards what is missing, then the
// layers in turn.
static void run_group(const struct group *group, struct schedule *schedule) {
    const struct sdse_fused_rows_request *request = &group->request;
    const size_t layers = request->layer_count;
    static bool there[MOST_LAYERS][2 * MOST_ROWS]; // ever made, or loaded
    memset(there, 0, sizeof there);
    schedule->count = 0;
    const uint64_t last = group->nest[layers - 1].bound[SDSE_P];
    for (uint64_t start = 0; start < last; start += request->tile_rows) {
        static struct step turn[MOST_LAYERS];
        memset(turn, 0, sizeof turn);
        for (uint64_t p = start; p < last && p < start + request->tile_rows; p++)
            turn[layers - 1].makes[p] = true;
        for (size_t i = layers; i-- > 0;) {
            const struct sdse_nest *nest = &group->nest[i];
            turn[i].layer = i;
            for (uint64_t p = 0; p < nest->bound[SDSE_P]; p++) {
                for (uint64_t r = 0; turn[i].makes[p] && r < nest->bound[SDSE_R]; r++) {
                    const int64_t row = read_row(nest, p, r);
                    if (row < 0)
                        continue;
                    turn[i].reads[row] = true;
                    const bool once =
                        i ? request->retained >> i & 1u : request->buffered;
                    if (once && there[i][row])
                        continue;
                    if (i)
                        turn[i - 1].makes[row] = true;
                    else
                        turn[i].loads[row] = request->buffered;
                }
            }
            // What this tile makes is there for later ones.
            for (size_t row = 0; row < 2 * MOST_ROWS; row++)
                there[i][row] |= turn[i].reads[row];
        }
        for (size_t i = 0; i < layers; i++)
            if (any(turn[i].makes, MOST_ROWS)) {
                assert_true(schedule->count < MOST_STEPS);
                schedule->step[schedule->count++] = turn[i];
            }
    }
}

// Whether a row of a tensor comes into being in a step.
static bool is_born(const struct step *step, size_t tensor, size_t row) {
    return tensor ? step->layer + 1 == tensor && step->makes[row]
                  : step->layer == 0 && step->loads[row];
}

// Rows of a tensor that live while step `at` runs, by looking through the schedule:
// from the step that makes them to the last that reads them before they are made again.
static uint64_t count_alive(const struct schedule *schedule, size_t tensor, size_t at) {
    uint64_t alive = 0;
    for (size_t row = 0; row < (tensor ? MOST_ROWS : 2 * MOST_ROWS); row++) {
        size_t born = SIZE_MAX, read = SIZE_MAX;
        for (size_t i = 0; i <= at; i++)
            if (is_born(&schedule->step[i], tensor, row))
                born = i;
        if (born == SIZE_MAX)
            continue;
        for (size_t i = born; i < schedule->count; i++) {
            if (i > born && is_born(&schedule->step[i], tensor, row))
                break;
            if (schedule->step[i].layer == tensor && schedule->step[i].reads[row])
                read = i;
        }
        assert_true(read != SIZE_MAX); // nothing is made for nothing
        alive += read >= at;
    }
    return alive;
}

// What is read was made before, or now.
static void check_reads(const struct group *group, const struct schedule *schedule) {
    const size_t first = group->request.buffered ? 0 : 1;
    for (size_t at = 0; at < schedule->count; at++) {
        const struct step *step = &schedule->step[at];
        for (size_t row = 0; step->layer >= first && row < 2 * MOST_ROWS; row++) {
            bool made = !step->reads[row];
            for (size_t i = 0; i <= at && !made; i++)
                made = is_born(&schedule->step[i], step->layer, row);
            assert_true(made);
        }
    }
}

// --- Kinds against steps ---

// What the windows of rows first, first + step, ... see: where each tap is, counted
// from the first, and which rows of that span are on the real map.
struct picture {
    size_t count;
    uint64_t tap[MOST_ROWS * 4];
    size_t span;
    bool real[8 * MOST_ROWS];
};

static void draw(const struct sdse_nest *nest, uint64_t first, uint64_t step,
                 uint64_t count, struct picture *picture) {
    const int64_t rows = map_rows(nest),
                  start = (int64_t)(first * nest->stride[0]) - nest->pad[0];
    memset(picture, 0, sizeof *picture);
    for (uint64_t i = 0; i < count; i++)
        for (uint64_t r = 0; r < nest->bound[SDSE_R]; r++) {
            const uint64_t tap = i * step * nest->stride[0] + r * nest->dilation[0];
            picture->tap[picture->count++] = tap;
            picture->span = tap + 1 > picture->span ? tap + 1 : picture->span;
        }
    assert_true(picture->span <= 8 * MOST_ROWS);
    for (size_t i = 0; i < picture->span; i++)
        picture->real[i] = start + (int64_t)i >= 0 && start + (int64_t)i < rows;
}

struct expected {
    size_t layer;
    uint64_t held[SDSE_FUSED_MOST], loaded;
    bool first;
    uint64_t count;
    struct picture picture;
};

static bool matches(const struct expected *expected,
                    const struct sdse_fused_nest *nest) {
    struct picture part;
    if (nest->layer != expected->layer || nest->part.bound[SDSE_P] != expected->count ||
        nest->loaded != expected->loaded || nest->first != expected->first ||
        memcmp(nest->held, expected->held, sizeof nest->held) != 0)
        return false;
    draw(&nest->part, 0, 1, expected->count, &part);
    return memcmp(&part, &expected->picture, sizeof part) == 0;
}

// Takes one nest of the schedule off the kinds; each must be exactly one of them.
static void take(const struct expected *expected, struct sdse_fused_rows *rows) {
    size_t found = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (!matches(expected, &rows->nest[i]))
            continue;
        assert_true(rows->nest[i].times > 0);
        rows->nest[i].times--;
        found++;
    }
    assert_int_equal(found, 1);
}

static void check_step(const struct group *group, const struct schedule *schedule,
                       size_t at, bool *seen, struct sdse_fused_rows *rows) {
    const struct step *step = &schedule->step[at];
    const struct sdse_nest *nest = &group->nest[step->layer];
    struct expected expected = {.layer = step->layer};
    for (size_t i = group->request.buffered ? 0 : 1; i < group->request.layer_count;
         i++)
        expected.held[i] = count_alive(schedule, i, at);
    for (size_t row = 0; row < 2 * MOST_ROWS; row++)
        expected.loaded += step->layer == 0 && step->loads[row];
    // Rows at equal distances, from the first on.
    uint64_t row[MOST_ROWS], count = 0;
    for (uint64_t p = 0; p < nest->bound[SDSE_P]; p++)
        if (step->makes[p])
            row[count++] = p;
    for (uint64_t from = 0, end; from < count; from = end) {
        for (end = from + 1;
             end < count &&
             (end < from + 2 || row[end] - row[end - 1] == row[from + 1] - row[from]);)
            end++;
        expected.first = !seen[step->layer];
        expected.count = end - from;
        draw(nest, row[from], end > from + 1 ? row[from + 1] - row[from] : 1,
             end - from, &expected.picture);
        take(&expected, rows);
        seen[step->layer] = true;
        expected.loaded = 0;
    }
}

static void test_rows(void **state) {
    (void)state;
    uint64_t nests = 0, kinds = 0, runs = 0, fused = 0, buffered = 0, recomputed = 0;
    struct sdse_arena *arena = sdse_arena_new();
    static struct schedule schedule;
    for (uint64_t i = 0; i < configurations; i++) {
        struct group group;
        struct sdse_fused_rows rows;
        bool seen[MOST_LAYERS] = {false};
        make_group(first_seed + i, &group);
        assert_int_equal(sdse_fused_rows_find(&group.request, arena, &rows), SDSE_OK);
        run_group(&group, &schedule);
        check_reads(&group, &schedule);
        kinds += rows.count;
        uint64_t all = 0;
        for (size_t k = 0; k < rows.count; k++)
            all += rows.nest[k].times;
        nests += all;
        runs += all - schedule.count;
        fused += group.request.layer_count > 1;
        buffered += group.request.buffered;
        recomputed += group.request.layer_count > 1 && !group.request.retained;
        for (size_t at = 0; at < schedule.count; at++)
            check_step(&group, &schedule, at, seen, &rows);
        for (size_t k = 0; k < rows.count; k++)
            assert_int_equal(rows.nest[k].times, 0);
        sdse_arena_reset(arena);
    }
    printf("## fused rows: %llu configurations (%llu of several layers, %llu buffered, "
           "%llu that retain nothing), %llu nests of %llu kinds, %llu more runs than "
           "steps: 0 differ\n",
           (unsigned long long)configurations, (unsigned long long)fused,
           (unsigned long long)buffered, (unsigned long long)recomputed,
           (unsigned long long)nests, (unsigned long long)kinds,
           (unsigned long long)runs);
    assert_true(runs > 0 && buffered > 0 && recomputed > 0);
    sdse_arena_free(arena);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    configurations = argc > 1 ? strtoull(argv[1], NULL, 10) : configurations;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
