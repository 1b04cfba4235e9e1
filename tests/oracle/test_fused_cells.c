// The cells of fused groups whose tiles are some columns of some rows, against
// schedules that are executed: explicit cells, one at a time, whose lives are found by
// walking through the schedule. Every nest of the schedule must be one of the kinds
// that are listed, as often as it says: its layer, the picture of its windows on the
// real map along both axes, what is held of each tensor while it runs. And it is run
// with numbers, as the layer that its kind says it is, on cells that live and no
// others: in the end the last layer has made what it makes by itself.
//
//     test_fused_cells [CONFIGURATIONS [FIRST_SEED]]    (default 20,000)
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

enum { LAYERS = 4, LINE = 24, CELLS = LINE * LINE, STEPS = 1 << 12 };

static uint64_t configurations = SANITIZED ? 1000 : 20000, first_seed = 1;

struct group {
    struct sdse_nest nest[LAYERS];
    struct sdse_fused_rows_request request;
};

static uint64_t below(uint64_t *state, unsigned n) { return oracle_below(state, n); }

// --- Generated ---

// One axis of a layer that reads a line of so many positions; false: no window fits.
static bool make_axis(uint64_t *state, unsigned axis, uint64_t length, bool given,
                      struct sdse_nest *nest) {
    const uint32_t taps = 1 + (uint32_t)below(state, 4),
                   stride = 1 + (uint32_t)(below(state, 3) == 0) +
                            (uint32_t)(below(state, 8) == 0),
                   dilation = below(state, 3) ? 1 : 2 + (uint32_t)below(state, 2);
    const int64_t pad = (int64_t)below(state, 4) - (below(state, 6) == 0),
                  behind = (int64_t)below(state, 4);
    const int64_t extent = (taps - 1) * (int64_t)dilation + 1,
                  reach = (int64_t)length + pad + behind;
    if (reach < extent)
        return false;
    const uint64_t outputs = (uint64_t)((reach - extent) / stride + 1);
    const int64_t touched = (int64_t)(outputs - 1) * stride + extent - pad;
    if (outputs > LINE || touched <= 0)
        return false;
    nest->bound[SDSE_P + axis] = outputs;
    nest->bound[SDSE_R + axis] = taps;
    nest->stride[axis] = stride;
    nest->dilation[axis] = dilation;
    nest->pad[axis] = pad;
    // The first layer's map may be as far as windows reach.
    nest->map[axis] = !given && touched <= LINE && below(state, 4) == 0 ? 0 : length;
    return true;
}

static bool make_layers(uint64_t *state, size_t count, struct group *group) {
    uint64_t length[2] = {1 + below(state, 11), 1 + below(state, 11)};
    for (size_t i = 0; i < count; i++) {
        struct sdse_nest *nest = &group->nest[i];
        *nest = (struct sdse_nest){.bound = {1, 1, 1, 1, 1, 1, 1, 1}};
        for (unsigned axis = 0; axis < 2; axis++) {
            if (!make_axis(state, axis, length[axis], i > 0, nest))
                return false;
            length[axis] = nest->bound[SDSE_P + axis];
        }
    }
    return true;
}

static void make_group(uint64_t seed, struct group *group) {
    uint64_t state = seed * 2 + 1;
    size_t count;
    do
        count = 1 + (size_t)below(&state, LAYERS);
    while (!make_layers(&state, count, group));
    const uint64_t *last = group->nest[count - 1].bound;
    const unsigned all = 1u << count;
    group->request = (struct sdse_fused_rows_request){
        .layer_count = count,
        .nest = group->nest,
        .tile_rows = 1 + below(&state, (unsigned)last[SDSE_P] + 1),
        .tile_columns = 1 + below(&state, (unsigned)last[SDSE_Q] + 1),
        .retained = (unsigned)below(&state, all) & ~1u,
        .buffered = below(&state, 2),
        .ordered = true};
    group->request.banded = (unsigned)below(&state, all) & ~group->request.retained;
    if (!group->request.buffered)
        group->request.banded &= ~1u;
}

// --- The schedule ---

// A layer at work on a tile: cells that it makes, reads, and brings to a buffer.
struct step {
    size_t layer;
    bool makes[CELLS], reads[CELLS], loads[CELLS];
};

struct schedule {
    size_t count;
    struct step *step;
    uint64_t *alive[LAYERS]; // [tensor][step]: cells that live while it runs
};

static int64_t map_length(const struct sdse_nest *nest, unsigned axis) {
    int64_t most = 0;
    for (uint64_t p = 0; p < nest->bound[SDSE_P + axis]; p++)
        for (uint64_t r = 0; r < nest->bound[SDSE_R + axis]; r++) {
            const int64_t at =
                (int64_t)(p * nest->stride[axis] + r * nest->dilation[axis]) -
                nest->pad[axis];
            most = at + 1 > most ? at + 1 : most;
        }
    return nest->map[axis] ? (int64_t)nest->map[axis] : most;
}

// Marks the cells of the real map that the window of one output touches.
static void read_window(const struct sdse_nest *nest, uint64_t p, uint64_t q,
                        bool *marked) {
    const int64_t rows = map_length(nest, 0), columns = map_length(nest, 1);
    for (uint64_t r = 0; r < nest->bound[SDSE_R]; r++)
        for (uint64_t s = 0; s < nest->bound[SDSE_S]; s++) {
            const int64_t y = (int64_t)(p * nest->stride[0] + r * nest->dilation[0]) -
                              nest->pad[0],
                          x = (int64_t)(q * nest->stride[1] + s * nest->dilation[1]) -
                              nest->pad[1];
            if (y >= 0 && y < rows && x >= 0 && x < columns)
                marked[y * LINE + x] = true;
        }
}

// What the layers do for one tile: from the last one inwards what is missing.
//
// there  [tensor][cell]: made or loaded before, and kept
static void run_tile(const struct group *group, uint64_t row, uint64_t column,
                     bool there[LAYERS][CELLS], struct step turn[LAYERS]) {
    const struct sdse_fused_rows_request *request = &group->request;
    const size_t layers = request->layer_count;
    const uint64_t *last = group->nest[layers - 1].bound;
    memset(turn, 0, LAYERS * sizeof *turn);
    for (uint64_t p = row; p < last[SDSE_P] && p < row + request->tile_rows; p++)
        for (uint64_t q = column;
             q < last[SDSE_Q] && q < column + request->tile_columns; q++)
            turn[layers - 1].makes[p * LINE + q] = true;
    for (size_t i = layers; i-- > 0;) {
        turn[i].layer = i;
        for (uint64_t cell = 0; cell < CELLS; cell++)
            if (turn[i].makes[cell])
                read_window(&group->nest[i], cell / LINE, cell % LINE, turn[i].reads);
        for (uint64_t cell = 0; cell < CELLS; cell++) {
            if (!turn[i].reads[cell] || there[i][cell])
                continue;
            if (i)
                turn[i - 1].makes[cell] = true;
            else
                turn[i].loads[cell] = request->buffered;
            const bool kept = (i ? request->retained >> i & 1u : request->buffered) ||
                              request->banded >> i & 1u;
            there[i][cell] = kept;
        }
    }
}

static bool any(const bool *cells) {
    for (size_t i = 0; i < CELLS; i++)
        if (cells[i])
            return true;
    return false;
}

static void run_group(const struct group *group, struct schedule *schedule) {
    const struct sdse_fused_rows_request *request = &group->request;
    const size_t layers = request->layer_count;
    const uint64_t *last = group->nest[layers - 1].bound;
    static bool there[LAYERS][CELLS];
    static struct step turn[LAYERS];
    memset(there, 0, sizeof there);
    schedule->count = 0;
    for (uint64_t row = 0; row < last[SDSE_P]; row += request->tile_rows) {
        for (size_t i = 0; i < layers; i++)
            if (request->banded >> i & 1u)
                memset(there[i], 0, sizeof there[i]); // of another band
        for (uint64_t column = 0; column < last[SDSE_Q];
             column += request->tile_columns) {
            run_tile(group, row, column, there, turn);
            for (size_t i = 0; i < layers; i++)
                if (any(turn[i].makes)) {
                    assert_true(schedule->count < STEPS);
                    schedule->step[schedule->count++] = turn[i];
                }
        }
    }
}

static bool is_born(const struct step *step, size_t tensor, size_t cell) {
    return tensor ? step->layer + 1 == tensor && step->makes[cell]
                  : step->layer == 0 && step->loads[cell];
}

// The lives of cells, each from the step that makes it to the last that reads it before
// it is made again; what is read was made before, or is loaded now.
static void find_lives(const struct group *group, struct schedule *schedule) {
    for (size_t i = group->request.buffered ? 0 : 1; i < group->request.layer_count;
         i++) {
        memset(schedule->alive[i], 0, schedule->count * sizeof *schedule->alive[i]);
        for (size_t cell = 0; cell < CELLS; cell++) {
            size_t born = SIZE_MAX, counted = 0; // alive until before `counted`
            bool used = true;
            for (size_t at = 0; at < schedule->count; at++) {
                const struct step *step = &schedule->step[at];
                if (is_born(step, i, cell)) {
                    assert_true(used); // nothing is made for nothing
                    born = counted = at;
                    used = false;
                }
                if (step->layer != i || !step->reads[cell])
                    continue;
                assert_true(born != SIZE_MAX);
                used = true;
                for (; counted <= at; counted++)
                    schedule->alive[i][counted]++;
            }
            assert_true(used);
        }
    }
}

// --- Numbers ---

struct numbers {
    int32_t weight[LAYERS][4][4];
    int32_t made[LAYERS + 1][CELLS]; // by whole layers, from tensor 0 on
    int32_t value[LAYERS + 1][CELLS];
    bool there[LAYERS + 1][CELLS];
};

static int32_t narrow(int64_t sum) { return (int32_t)(sum % 61); }

// An output of a nest whose map begins at a cell.
static int32_t convolve(const struct sdse_nest *nest, int32_t weight[4][4],
                        const int32_t *value, const bool *there, int64_t top,
                        int64_t left, uint64_t p, uint64_t q) {
    int64_t sum = 0;
    for (uint64_t r = 0; r < nest->bound[SDSE_R]; r++)
        for (uint64_t s = 0; s < nest->bound[SDSE_S]; s++) {
            const int64_t y = (int64_t)(p * nest->stride[0] + r * nest->dilation[0]) -
                              nest->pad[0],
                          x = (int64_t)(q * nest->stride[1] + s * nest->dilation[1]) -
                              nest->pad[1];
            if (y < 0 || y >= map_length(nest, 0) || x < 0 || x >= map_length(nest, 1))
                continue;
            const int64_t cell = (top + y) * LINE + left + x;
            assert_true(!there || there[cell]);
            sum += (int64_t)weight[r][s] * value[cell];
        }
    return narrow(sum);
}

static void run_layers(const struct group *group, uint64_t seed, struct numbers *n) {
    uint64_t state = seed * 2 + 1;
    memset(n, 0, sizeof *n);
    for (size_t cell = 0; cell < CELLS; cell++)
        n->made[0][cell] = (int32_t)below(&state, 11) - 5;
    memcpy(n->value[0], n->made[0], sizeof n->value[0]);
    for (size_t i = 0; i < group->request.layer_count; i++) {
        const struct sdse_nest *nest = &group->nest[i];
        for (size_t tap = 0; tap < 16; tap++)
            n->weight[i][tap / 4][tap % 4] = (int32_t)below(&state, 7) - 3;
        for (uint64_t p = 0; p < nest->bound[SDSE_P]; p++)
            for (uint64_t q = 0; q < nest->bound[SDSE_Q]; q++)
                n->made[i + 1][p * LINE + q] =
                    convolve(nest, n->weight[i], n->made[i], NULL, 0, 0, p, q);
    }
}

// Before the nests of a step: what it brings in is there, what it makes is not yet.
static void begin_step(const struct group *group, const struct step *step,
                       struct numbers *n) {
    for (size_t cell = 0; cell < CELLS; cell++)
        n->there[0][cell] =
            !group->request.buffered || n->there[0][cell] || step->loads[cell];
}

// A nest, as the part that its kind has, at the place where it is.
static void run_part(const struct group *group, const struct sdse_fused_nest *kind,
                     const struct sdse_row_run *rows,
                     const struct sdse_row_run *columns, struct numbers *n) {
    const size_t i = kind->layer;
    const int64_t top = (int64_t)(rows->first * group->nest[i].stride[0]) -
                        group->nest[i].pad[0] + kind->part.pad[0],
                  left = (int64_t)(columns->first * group->nest[i].stride[1]) -
                         group->nest[i].pad[1] + kind->part.pad[1];
    for (uint64_t p = 0; p < rows->count; p++)
        for (uint64_t q = 0; q < columns->count; q++) {
            const uint64_t cell = (rows->first + p * rows->step) * LINE +
                                  columns->first + q * columns->step;
            n->value[i + 1][cell] = convolve(&kind->part, n->weight[i], n->value[i],
                                             n->there[i], top, left, p, q);
            n->there[i + 1][cell] = true;
        }
}

// After a step cells go that nothing reads before they are made again.
static void end_step(const struct group *group, const struct schedule *schedule,
                     size_t at, struct numbers *n) {
    const size_t layers = group->request.layer_count;
    for (size_t i = group->request.buffered ? 0 : 1; i < layers; i++)
        for (size_t cell = 0; cell < CELLS; cell++) {
            bool again = false, read = false;
            for (size_t s = at + 1;
                 n->there[i][cell] && s < schedule->count && !again && !read; s++) {
                again = is_born(&schedule->step[s], i, cell);
                read = !again && schedule->step[s].layer == i &&
                       schedule->step[s].reads[cell];
            }
            n->there[i][cell] &= read;
        }
}

// --- Kinds against steps ---

// What windows at first, first + step, ... see along an axis: where each tap is,
// counted from the first, and which positions of that span are on the real map.
struct picture {
    size_t count;
    uint64_t tap[LINE * 4];
    size_t span;
    bool real[8 * LINE];
};

static void draw(const struct sdse_nest *nest, unsigned axis, uint64_t first,
                 uint64_t step, uint64_t count, struct picture *picture) {
    const int64_t length = map_length(nest, axis),
                  start = (int64_t)(first * nest->stride[axis]) - nest->pad[axis];
    memset(picture, 0, sizeof *picture);
    for (uint64_t i = 0; i < count; i++)
        for (uint64_t r = 0; r < nest->bound[SDSE_R + axis]; r++) {
            const uint64_t tap =
                i * step * nest->stride[axis] + r * nest->dilation[axis];
            picture->tap[picture->count++] = tap;
            picture->span = tap + 1 > picture->span ? tap + 1 : picture->span;
        }
    assert_true(picture->span <= 8 * LINE);
    for (size_t i = 0; i < picture->span; i++)
        picture->real[i] = start + (int64_t)i >= 0 && start + (int64_t)i < length;
}

struct expected {
    size_t layer;
    uint64_t held[SDSE_FUSED_MOST], loaded;
    bool first;
    uint64_t count[2];
    struct picture picture[2];
};

static bool matches(const struct expected *expected,
                    const struct sdse_fused_nest *nest) {
    bool same = nest->layer == expected->layer && nest->loaded == expected->loaded &&
                nest->first == expected->first &&
                memcmp(nest->held, expected->held, sizeof nest->held) == 0 &&
                nest->rows.count == expected->count[0] &&
                nest->columns.count == expected->count[1];
    for (unsigned axis = 0; same && axis < 2; axis++) {
        struct picture part;
        same = nest->part.bound[SDSE_P + axis] == expected->count[axis];
        if (same)
            draw(&nest->part, axis, 0, 1, expected->count[axis], &part);
        same = same && memcmp(&part, &expected->picture[axis], sizeof part) == 0;
    }
    return same;
}

// Takes one nest of the schedule off the kinds; each must be exactly one of them.
static const struct sdse_fused_nest *take(const struct expected *expected,
                                          struct sdse_fused_rows *rows) {
    const struct sdse_fused_nest *kind = NULL;
    size_t found = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (!matches(expected, &rows->nest[i]))
            continue;
        assert_true(rows->nest[i].times > 0);
        rows->nest[i].times--;
        kind = &rows->nest[i];
        found++;
    }
    assert_int_equal(found, 1);
    return kind;
}

// Whether the nest number `at` of the schedule is of the kind that the order has there.
static bool is_next(const struct sdse_fused_rows *rows, size_t at, size_t kind) {
    for (size_t r = 0; r < rows->run_count; r++) {
        const struct sdse_tile_run *run = &rows->run[r];
        if (at < run->times * run->count)
            return run->nest[at % run->count] == kind;
        at -= run->times * run->count;
    }
    return false;
}

// Positions at equal distances, from the first on.
static size_t list_runs(const bool *set, struct sdse_row_run *run) {
    size_t count = 0;
    uint64_t last = 0;
    for (uint64_t at = 0; at < LINE; at++) {
        if (!set[at])
            continue;
        if (!count || (run[count - 1].count > 1 && at - last != run[count - 1].step))
            run[count++] = (struct sdse_row_run){at, 1, 1};
        else {
            run[count - 1].step = at - last;
            run[count - 1].count++;
        }
        last = at;
    }
    return count;
}

// made: nests before the step. Returns those of the step.
static size_t check_step(const struct group *group, const struct schedule *schedule,
                         size_t at, size_t made, bool *seen,
                         struct sdse_fused_rows *rows, struct numbers *numbers) {
    const struct step *step = &schedule->step[at];
    struct expected expected = {.layer = step->layer};
    for (size_t i = group->request.buffered ? 0 : 1; i < group->request.layer_count;
         i++)
        expected.held[i] = schedule->alive[i][at];
    bool line[2][LINE] = {{false}};
    for (size_t cell = 0; cell < CELLS; cell++) {
        expected.loaded += step->loads[cell];
        line[0][cell / LINE] |= step->makes[cell];
        line[1][cell % LINE] |= step->makes[cell];
    }
    for (size_t cell = 0; cell < CELLS; cell++) // some rows times some columns
        assert_int_equal(step->makes[cell],
                         line[0][cell / LINE] && line[1][cell % LINE]);
    begin_step(group, step, numbers);
    struct sdse_row_run run[2][LINE];
    const size_t count[2] = {list_runs(line[0], run[0]), list_runs(line[1], run[1])};
    for (size_t r = 0; r < count[0]; r++)
        for (size_t c = 0; c < count[1]; c++) {
            const struct sdse_row_run *here[2] = {&run[0][r], &run[1][c]};
            for (unsigned axis = 0; axis < 2; axis++) {
                expected.count[axis] = here[axis]->count;
                draw(&group->nest[step->layer], axis, here[axis]->first,
                     here[axis]->step, here[axis]->count, &expected.picture[axis]);
            }
            expected.first = !seen[step->layer];
            const struct sdse_fused_nest *kind = take(&expected, rows);
            assert_true(
                is_next(rows, made + r * count[1] + c, (size_t)(kind - rows->nest)));
            run_part(group, kind, here[0], here[1], numbers);
            seen[step->layer] = true;
            expected.loaded = 0;
        }
    end_step(group, schedule, at, numbers);
    return count[0] * count[1];
}

static void test_cells(void **state) {
    (void)state;
    uint64_t nests = 0, kinds = 0, runs = 0, steps = 0, fused = 0, buffered = 0,
             banded = 0, both = 0, again = 0;
    struct sdse_arena *arena = sdse_arena_new();
    struct schedule schedule = {.step = calloc(STEPS, sizeof *schedule.step)};
    for (size_t i = 0; i < LAYERS; i++)
        schedule.alive[i] = calloc(STEPS, sizeof *schedule.alive[i]);
    assert_non_null(schedule.step);
    for (uint64_t i = 0; i < configurations; i++) {
        struct group group;
        struct sdse_fused_rows rows;
        bool seen[LAYERS] = {false};
        make_group(first_seed + i, &group);
        assert_true(sdse_fused_rows_fit(&group.request));
        assert_int_equal(sdse_fused_rows_find(&group.request, arena, &rows), SDSE_OK);
        static struct numbers numbers;
        run_layers(&group, first_seed + i, &numbers);
        run_group(&group, &schedule);
        find_lives(&group, &schedule);
        kinds += rows.count;
        steps += schedule.count;
        const unsigned inner = (1u << group.request.layer_count) - 2u;
        fused += inner > 0;
        buffered += group.request.buffered;
        banded += group.request.banded != 0;
        both += (group.request.retained & inner) != 0;
        again += inner && !((group.request.retained | group.request.banded) & inner);
        size_t made = 0;
        for (size_t at = 0; at < schedule.count; at++)
            made += check_step(&group, &schedule, at, made, seen, &rows, &numbers);
        assert_false(is_next(&rows, made, rows.run[0].nest[0]));
        const size_t last = group.request.layer_count;
        assert_memory_equal(numbers.value[last], numbers.made[last],
                            sizeof numbers.made[last]);
        for (size_t k = 0; k < rows.count; k++)
            assert_int_equal(rows.nest[k].times, 0);
        nests += made;
        runs += made - schedule.count;
        sdse_arena_reset(arena);
    }
    printf("## fused cells: %llu configurations run with numbers (%llu of several "
           "layers, %llu buffered, %llu kept in bands, %llu retain, %llu make all "
           "again), %llu "
           "nests of %llu kinds, %llu more runs than steps: 0 differ\n",
           (unsigned long long)configurations, (unsigned long long)fused,
           (unsigned long long)buffered, (unsigned long long)banded,
           (unsigned long long)both, (unsigned long long)again,
           (unsigned long long)nests, (unsigned long long)kinds,
           (unsigned long long)runs);
    assert_true(runs > 0 && buffered > 0 && banded > 0 && both > 0 && again > 0);
    assert_true(kinds < nests && steps > 0);
    for (size_t i = 0; i < LAYERS; i++)
        free(schedule.alive[i]);
    free(schedule.step);
    sdse_arena_free(arena);
}

// Tiles that are too many for their line are refused on either axis.
static void test_lines_of_too_many_tiles(void **state) {
    (void)state;
    enum { LONG = 20000 };
    struct sdse_arena *arena = sdse_arena_new();
    for (unsigned axis = 0; axis < 2; axis++) {
        struct sdse_nest nest = {.bound = {1, 1, 1, 4, 4, 1, 1, 1},
                                 .stride = {1, 1},
                                 .dilation = {1, 1},
                                 .map = {4, 4}};
        nest.bound[SDSE_P + axis] = nest.map[axis] = LONG;
        for (unsigned coarse = 0; coarse < 2; coarse++) {
            const uint64_t tile[2] = {axis == 0 && coarse ? LONG : 1,
                                      axis == 1 && coarse ? LONG : 1};
            const struct sdse_fused_rows_request request = {.layer_count = 1,
                                                            .nest = &nest,
                                                            .tile_rows = tile[0],
                                                            .tile_columns = tile[1]};
            struct sdse_fused_rows rows;
            assert_int_equal(sdse_fused_rows_fit(&request), coarse);
            assert_int_equal(sdse_fused_rows_find(&request, arena, &rows),
                             coarse ? SDSE_OK : SDSE_OVERFLOW);
        }
    }
    sdse_arena_free(arena);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cells),
                                       cmocka_unit_test(test_lines_of_too_many_tiles)};
    configurations = argc > 1 ? strtoull(argv[1], NULL, 10) : configurations;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
