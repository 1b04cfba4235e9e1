// The rows of fused groups against schedules that are executed: explicit rows, one at a
// time, whose lives are found by looking through the schedule. Every nest of the
// schedule must be one of the kinds that are listed, as often as it says: its layer,
// the picture of its windows on the real map, what is held of each tensor while it
// runs. And it is run with numbers, as the part of the layer that its kind says it is,
// on rows that live and no others: the last layer makes what it makes by itself.
//
// Small groups have maps of up to 24 rows; long ones of up to 160 in small tiles, most
// of which are alike and left out where the kinds are listed.
//
//     test_fused_rows [CONFIGURATIONS [FIRST_SEED [LONG]]]    (default 100,000 and
//     2,000)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/fusion/alike_tiles.h"
#include "oracle/support_cases.h"
#include "support/sanitized.h"

enum {
    MOST_LAYERS = 4,
    MOST_ROWS = 176, // of what a layer makes
    MOST_READ =
        2 * MOST_ROWS, // of the first one's map, which may be as far as it reads
    MOST_SPAN = 8 * MOST_ROWS,
    MOST_STEPS = MOST_ROWS * MOST_LAYERS
};

static uint64_t configurations = SANITIZED ? 4000 : 100000, first_seed = 1,
                long_ones = SANITIZED ? 100 : 2000;

struct group {
    struct sdse_nest nest[MOST_LAYERS];
    struct sdse_fused_reads reads[MOST_LAYERS];
    struct sdse_fused_rows_request request;
};

// --- Generated ---

// A layer that reads a map of so many rows; false: no window fits it.
static bool make_layer(uint64_t *state, uint64_t rows, bool given, uint64_t most,
                       struct sdse_nest *nest) {
    const uint32_t taps = 1 + (uint32_t)oracle_below(state, 4),
                   stride = 1 + (uint32_t)oracle_below(state, 3),
                   dilation = oracle_below(state, 3)
                                  ? 1
                                  : 2 + (uint32_t)oracle_below(
                                            state, most == MOST_ROWS ? 6 : 2);
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
    if (nest->bound[SDSE_P] > most)
        return false;
    nest->pad[0] = pad;
    nest->map[0] = rows;
    // The first layer's map may be as far as windows reach.
    const int64_t touched = (int64_t)(nest->bound[SDSE_P] - 1) * stride + extent - pad;
    if (!given && touched > 0 && oracle_below(state, 4) == 0)
        nest->map[0] = 0;
    return touched > 0;
}

// What a layer reads: the one before, or one further back, or several of one size, or a
// map from elsewhere; and what it adds to its outputs. False: no window fits.
static bool make_reads(uint64_t *state, struct group *group, size_t layer, bool far,
                       uint64_t *rows, bool branches) {
    const size_t from = branches && oracle_below(state, 3) == 0
                            ? oracle_below(state, layer + 1)
                            : layer;
    struct sdse_fused_reads *reads = &group->reads[layer];
    const bool elsewhere = branches && layer > 0 && oracle_below(state, 6) == 0;
    *reads = (struct sdse_fused_reads){.windows = elsewhere ? 0 : SDSE_BIT(from)};
    if (!make_layer(state, rows[from], layer > 0 || branches, far ? MOST_ROWS : 40,
                    &group->nest[layer]))
        return false;
    rows[layer + 1] = group->nest[layer].bound[SDSE_P];
    for (size_t tensor = 0; branches && tensor <= layer; tensor++) {
        if (!elsewhere && rows[tensor] == rows[from] && oracle_below(state, 2))
            reads->windows |= SDSE_BIT(tensor);
        if (rows[tensor] == rows[layer + 1] && oracle_below(state, 3) == 0)
            reads->rows |= SDSE_BIT(tensor);
    }
    return true;
}

// Whether what is made is read, and layer 0 reads the group's input.
static bool is_group(const struct group *group, size_t count) {
    unsigned read = 0;
    for (size_t i = 0; i < count; i++)
        read |= group->reads[i].windows | group->reads[i].rows;
    return (read | 1u) == (1u << count) - 1u && group->reads[0].windows & 1u;
}

// far: maps of many rows, in tiles of few.
static void make_group(uint64_t seed, bool far, struct group *group) {
    uint64_t state = seed * 2 + 1;
    const bool branches = oracle_below(&state, 2);
    size_t count;
    do {
        uint64_t rows[MOST_LAYERS + 1] = {far ? 40 + oracle_below(&state, 120)
                                              : 1 + oracle_below(&state, 24)};
        count = 1 + (size_t)oracle_below(&state, MOST_LAYERS);
        for (size_t i = 0; i < count; i++)
            if (!make_reads(&state, group, i, far, rows, branches))
                count = 0;
    } while (count == 0 || !is_group(group, count));
    const uint64_t last = group->nest[count - 1].bound[SDSE_P];
    group->request = (struct sdse_fused_rows_request){
        .layer_count = count,
        .nest = group->nest,
        .reads = branches ? group->reads : NULL,
        .tile_rows = 1 + oracle_below(&state, far ? 5 : last + 1),
        .retained = (unsigned)oracle_below(&state, 1u << count) & ~1u,
        .buffered = oracle_below(&state, 2),
        .steady = true,
        .ordered = true};
}

// --- The schedule ---

// A layer at work on a tile: the rows it makes, and those it reads.
struct step {
    size_t layer;
    bool makes[MOST_ROWS], reads[MOST_LAYERS][MOST_READ]; // of each tensor
    bool loads[MOST_READ];                                // of a buffered input
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

// Marks what a layer reads to make a row.
static void read_for(const struct group *group, struct step *step, uint64_t output) {
    const struct sdse_nest *nest = &group->nest[step->layer];
    for (size_t tensor = 0; tensor <= step->layer; tensor++) {
        const unsigned bit = SDSE_BIT(tensor);
        const struct sdse_fused_reads *reads = &group->reads[step->layer];
        for (uint64_t r = 0; r < nest->bound[SDSE_R]; r++) {
            const int64_t row = read_row(nest, output, r);
            if (row >= 0 && reads->windows & bit)
                step->reads[tensor][row] = true;
        }
        if (reads->rows & bit)
            step->reads[tensor][output] = true;
    }
}

// Runs the group: for each tile from the last layer inwards what is missing, then the
// layers in turn. False: a tile needs rows of a buffered input, and the first layer
// has no turn in which to bring them in.
static bool run_group(const struct group *group, struct schedule *schedule) {
    const struct sdse_fused_rows_request *request = &group->request;
    const size_t layers = request->layer_count;
    static bool there[MOST_LAYERS][MOST_READ]; // ever made, or loaded
    memset(there, 0, sizeof there);
    schedule->count = 0;
    const uint64_t last = group->nest[layers - 1].bound[SDSE_P];
    for (uint64_t start = 0; start < last; start += request->tile_rows) {
        static struct step turn[MOST_LAYERS];
        memset(turn, 0, sizeof turn);
        for (uint64_t p = start; p < last && p < start + request->tile_rows; p++)
            turn[layers - 1].makes[p] = true;
        for (size_t i = layers; i-- > 0;) {
            turn[i].layer = i;
            for (uint64_t p = 0; p < group->nest[i].bound[SDSE_P]; p++)
                if (turn[i].makes[p])
                    read_for(group, &turn[i], p);
            // All that read tensor i have said what they want of it.
            for (size_t row = 0; row < MOST_READ; row++) {
                const bool once = i ? request->retained >> i & 1u : request->buffered;
                bool wanted = false;
                for (size_t m = i; m < layers; m++)
                    wanted |= turn[m].reads[i][row];
                const bool made = wanted && !(once && there[i][row]);
                if (!i)
                    turn[0].loads[row] = made && request->buffered;
                else if (made)
                    turn[i - 1].makes[row] = true;
                there[i][row] |= wanted; // for later tiles
            }
        }
        if (any(turn[0].loads, MOST_READ) && !any(turn[0].makes, MOST_ROWS))
            return false;
        for (size_t i = 0; i < layers; i++)
            if (any(turn[i].makes, MOST_ROWS)) {
                assert_true(schedule->count < MOST_STEPS);
                schedule->step[schedule->count++] = turn[i];
            }
    }
    return true;
}

// Whether a row of a tensor comes into being in a step.
static bool is_born(const struct step *step, size_t tensor, size_t row) {
    return tensor ? step->layer + 1 == tensor && step->makes[row]
                  : step->layer == 0 && step->loads[row];
}

// Rows of each tensor that live while each step runs, by looking through the schedule:
// from the step that makes them to the last that reads them before they are made again.
static uint64_t alive[MOST_LAYERS][MOST_STEPS];

static void find_lives(const struct schedule *schedule, size_t tensor) {
    memset(alive[tensor], 0, sizeof alive[tensor]);
    for (size_t row = 0; row < (tensor ? MOST_ROWS : MOST_READ); row++) {
        size_t born = 0;
        while (born < schedule->count) {
            if (!is_born(&schedule->step[born], tensor, row)) {
                born++;
                continue;
            }
            size_t read = SIZE_MAX, i = born;
            for (; i < schedule->count; i++) {
                if (i > born && is_born(&schedule->step[i], tensor, row))
                    break;
                if (schedule->step[i].reads[tensor][row])
                    read = i;
            }
            assert_true(read != SIZE_MAX); // nothing is made for nothing
            for (size_t at = born; at <= read; at++)
                alive[tensor][at]++;
            born = i;
        }
    }
}

// What is read was made before, or now.
static void check_reads(const struct group *group, const struct schedule *schedule) {
    static bool made[MOST_LAYERS][MOST_READ];
    memset(made, 0, sizeof made);
    for (size_t at = 0; at < schedule->count; at++) {
        const struct step *step = &schedule->step[at];
        for (size_t tensor = 0; tensor < group->request.layer_count; tensor++)
            for (size_t row = 0; row < (tensor ? MOST_ROWS : MOST_READ); row++)
                made[tensor][row] |= is_born(step, tensor, row);
        for (size_t tensor = group->request.buffered ? 0 : 1; tensor < MOST_LAYERS;
             tensor++)
            for (size_t row = 0; row < MOST_READ; row++)
                if (step->reads[tensor][row])
                    assert_true(made[tensor][row]);
    }
}

// --- Numbers ---

// A word a row. Windows on several tensors are on their channels, or add them up.
static struct {
    int32_t weight[MOST_LAYERS][MOST_LAYERS + 1][4]; // of each tensor; last: elsewhere
    int32_t elsewhere[MOST_LAYERS][MOST_READ];
    int32_t made[MOST_LAYERS + 1][MOST_READ]; // by whole layers, from tensor 0 on
    int32_t value[MOST_LAYERS + 1][MOST_READ];
    size_t until[MOST_LAYERS + 1][MOST_READ]; // the step after which it goes
} numbers;

enum { FOR_EVER = MOST_STEPS };

// What a tap finds in a row of a tensor; at: the step it is read in.
static int32_t word_of(size_t tensor, int64_t row, size_t at) {
    assert_true(at == FOR_EVER || numbers.until[tensor][row] >= at);
    return (at == FOR_EVER ? numbers.made : numbers.value)[tensor][row];
}

// An output of a nest whose map begins at row `top`; it is the layer's output `row`.
static int32_t make_word(const struct group *group, size_t layer,
                         const struct sdse_nest *nest, int64_t top, uint64_t output,
                         uint64_t row, size_t at) {
    const struct sdse_fused_reads *reads = &group->reads[layer];
    int64_t sum = 0;
    for (uint64_t r = 0; r < nest->bound[SDSE_R]; r++) {
        const int64_t y = read_row(nest, output, r);
        for (size_t tensor = 0; y >= 0 && tensor <= layer; tensor++)
            if (reads->windows >> tensor & 1u)
                sum += (int64_t)numbers.weight[layer][tensor][r] *
                       word_of(tensor, top + y, at);
        if (y >= 0 && !reads->windows)
            sum += (int64_t)numbers.weight[layer][MOST_LAYERS][r] *
                   numbers.elsewhere[layer][top + y];
    }
    for (size_t tensor = 0; tensor <= layer; tensor++)
        if (reads->rows >> tensor & 1u)
            sum += word_of(tensor, (int64_t)row, at);
    return (int32_t)(sum % 61);
}

static void draw_numbers(uint64_t seed) {
    uint64_t state = seed * 2 + 1;
    int32_t *const drawn[] = {&numbers.weight[0][0][0], numbers.elsewhere[0],
                              numbers.made[0]};
    const size_t words[] = {sizeof numbers.weight / sizeof(int32_t),
                            sizeof numbers.elsewhere / sizeof(int32_t), MOST_READ};
    for (size_t i = 0; i < 3; i++)
        for (size_t w = 0; w < words[i]; w++)
            drawn[i][w] = (int32_t)oracle_below(&state, 11) - 5;
}

static void run_layers(const struct group *group) {
    memcpy(numbers.value[0], numbers.made[0], sizeof numbers.made[0]);
    memset(numbers.until, 0, sizeof numbers.until);
    for (size_t row = 0; row < MOST_READ && !group->request.buffered; row++)
        numbers.until[0][row] = FOR_EVER;
    for (size_t m = 0; m < group->request.layer_count; m++)
        for (uint64_t p = 0; p < group->nest[m].bound[SDSE_P]; p++)
            numbers.made[m + 1][p] =
                make_word(group, m, &group->nest[m], 0, p, p, FOR_EVER);
}

// A row of a tensor comes into being: the step that reads it last before that happens
// again.
static void bear(const struct schedule *schedule, size_t tensor, size_t row,
                 size_t at) {
    size_t last = at;
    for (size_t i = at; i < schedule->count; i++) {
        if (i > at && is_born(&schedule->step[i], tensor, row))
            break;
        last = schedule->step[i].reads[tensor][row] ? i : last;
    }
    numbers.until[tensor][row] = last;
}

// A nest, as the part that its kind has, at the place where it is.
static void run_part(const struct group *group, const struct schedule *schedule,
                     const struct sdse_fused_nest *kind,
                     const struct sdse_row_run *rows, size_t at) {
    const size_t m = kind->layer, layers = group->request.layer_count;
    const int64_t top = (int64_t)(rows->first * group->nest[m].stride[0]) -
                        group->nest[m].pad[0] + kind->part.pad[0];
    for (uint64_t p = 0; p < rows->count; p++) {
        const uint64_t row = rows->first + p * rows->step;
        numbers.value[m + 1][row] = make_word(group, m, &kind->part, top, p, row, at);
        if (m + 1 < layers)
            bear(schedule, m + 1, row, at);
        else
            assert_int_equal(numbers.value[layers][row], numbers.made[layers][row]);
    }
}

// --- Kinds against steps ---

// What the windows of rows first, first + step, ... see: where each tap is, counted
// from the first, and which rows of that span are on the real map.
struct picture {
    size_t count;
    uint64_t tap[MOST_ROWS * 4];
    size_t span;
    bool real[MOST_SPAN];
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
    assert_true(picture->span <= MOST_SPAN);
    for (size_t i = 0; i < picture->span; i++)
        picture->real[i] = start + (int64_t)i >= 0 && start + (int64_t)i < rows;
}

struct expected {
    size_t layer;
    uint64_t held[SDSE_FUSED_MOST], loaded;
    bool first;
    struct sdse_row_run rows;
    struct picture picture;
};

static bool matches(const struct expected *expected,
                    const struct sdse_fused_nest *nest) {
    struct picture part;
    if (nest->layer != expected->layer ||
        nest->part.bound[SDSE_P] != expected->rows.count ||
        nest->loaded != expected->loaded || nest->first != expected->first ||
        memcmp(nest->held, expected->held, sizeof nest->held) != 0)
        return false;
    draw(&nest->part, 0, 1, expected->rows.count, &part);
    return memcmp(&part, &expected->picture, sizeof part) == 0;
}

// Takes one nest of the schedule off the kinds; each must be exactly one of them. The
// first of a kind, which is marked then, has its rows.
static const struct sdse_fused_nest *take(const struct expected *expected,
                                          struct sdse_fused_rows *rows) {
    const struct sdse_fused_nest *kind = NULL;
    size_t found = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (!matches(expected, &rows->nest[i]))
            continue;
        struct sdse_fused_nest *nest = &rows->nest[i];
        assert_true(nest->times > 0);
        nest->times--;
        if (nest->heads++ == 0) {
            assert_int_equal(nest->rows.first, expected->rows.first);
            assert_int_equal(nest->rows.count, expected->rows.count);
            assert_int_equal(nest->rows.step, expected->rows.step);
        }
        kind = nest;
        found++;
    }
    assert_int_equal(found, 1);
    return kind;
}

// The kinds that each tile of a schedule runs, in order.
struct tiles {
    size_t count; // of those that are done
    struct {
        size_t count, kind[64];
    } tile[MOST_ROWS + 1];
};
static struct tiles tiles;

static bool do_the_same(size_t a, size_t b) {
    return tiles.tile[a].count == tiles.tile[b].count &&
           memcmp(tiles.tile[a].kind, tiles.tile[b].kind,
                  tiles.tile[a].count * sizeof tiles.tile[a].kind[0]) == 0;
}

// The longest run of tiles of a schedule that do the same is what the kinds say.
static void check_steady(const struct sdse_fused_rows *rows) {
    size_t first = 0, most = 0;
    bool once = true;
    for (size_t a = 0; a < tiles.count; a++) {
        size_t b = a + 1;
        while (b < tiles.count && do_the_same(a, b))
            b++;
        if (b - a > most) {
            first = a;
            most = b - a;
        }
    }
    for (size_t i = 0; i < tiles.tile[first].count; i++)
        for (size_t j = 0; j < i; j++)
            once &= tiles.tile[first].kind[i] != tiles.tile[first].kind[j];
    assert_int_equal(rows->tiles, tiles.count);
    for (size_t k = 0; k < rows->count; k++) {
        bool there = false;
        for (size_t i = 0; i < tiles.tile[first].count; i++)
            there |= tiles.tile[first].kind[i] == k;
        assert_int_equal(rows->nest[k].turn, there && once);
        assert_int_equal(rows->nest[k].steady, there && once ? most - 1 : 0);
    }
}

// All tiles run their kinds in the order that is said.
static void check_order(const struct sdse_fused_rows *rows) {
    size_t tile = 0;
    for (size_t r = 0; r < rows->run_count; r++) {
        const struct sdse_tile_run *run = &rows->run[r];
        assert_true(run->times > 0);
        for (uint64_t t = 0; t < run->times; t++, tile++) {
            assert_true(tile < tiles.count);
            assert_int_equal(tiles.tile[tile].count, run->count);
            assert_memory_equal(tiles.tile[tile].kind, run->nest,
                                run->count * sizeof *run->nest);
        }
        if (r > 0) // another than the one before
            assert_false(
                run->count == run[-1].count &&
                memcmp(run->nest, run[-1].nest, run->count * sizeof *run->nest) == 0);
    }
    assert_int_equal(tile, tiles.count);
}

static void check_step(const struct group *group, const struct schedule *schedule,
                       size_t at, bool *seen, struct sdse_fused_rows *rows) {
    const struct step *step = &schedule->step[at];
    const struct sdse_nest *nest = &group->nest[step->layer];
    struct expected expected = {.layer = step->layer};
    for (size_t i = group->request.buffered ? 0 : 1; i < group->request.layer_count;
         i++)
        expected.held[i] = alive[i][at];
    for (size_t row = 0; row < MOST_READ; row++) {
        if (step->layer == 0 && step->loads[row]) {
            bear(schedule, 0, row, at);
            expected.loaded++;
        }
    }
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
        expected.rows = (struct sdse_row_run){
            row[from], end - from, end > from + 1 ? row[from + 1] - row[from] : 1};
        draw(nest, expected.rows.first, expected.rows.step, expected.rows.count,
             &expected.picture);
        const struct sdse_fused_nest *kind = take(&expected, rows);
        size_t *taken = &tiles.tile[tiles.count].count;
        assert_true(*taken < 64);
        tiles.tile[tiles.count].kind[(*taken)++] = (size_t)(kind - rows->nest);
        run_part(group, schedule, kind, &expected.rows, at);
        seen[step->layer] = true;
        expected.loaded = 0;
    }
    if (step->layer + 1 == group->request.layer_count)
        tiles.tile[++tiles.count].count = 0;
}

struct seen {
    uint64_t groups, several, buffered, recomputed, nests, kinds, runs;
    uint64_t branches, starved, short_branches;
    uint64_t shortened, omitted; // groups, tiles
};

static void check_group(const struct group *group, struct sdse_arena *arena,
                        struct seen *sum) {
    static struct schedule schedule;
    struct sdse_fused_rows rows;
    struct sdse_short_group shorter;
    bool seen[MOST_LAYERS] = {false};
    assert_int_equal(sdse_fused_rows_find(&group->request, arena, &rows), SDSE_OK);
    assert_int_equal(rows.starved, !run_group(group, &schedule));
    sum->starved += rows.starved;
    if (rows.starved)
        return;
    check_reads(group, &schedule);
    for (size_t i = group->request.buffered ? 0 : 1; i < group->request.layer_count;
         i++)
        find_lives(&schedule, i);
    run_layers(group);
    uint64_t all = 0;
    for (size_t k = 0; k < rows.count; k++)
        all += rows.nest[k].times;
    tiles.count = tiles.tile[0].count = 0;
    for (size_t at = 0; at < schedule.count; at++)
        check_step(group, &schedule, at, seen, &rows);
    for (size_t k = 0; k < rows.count; k++)
        assert_int_equal(rows.nest[k].times, 0);
    check_steady(&rows);
    check_order(&rows);
    sdse_short_group_find(&group->request, &shorter);
    sum->groups++;
    sum->several += group->request.layer_count > 1;
    sum->buffered += group->request.buffered;
    sum->recomputed += group->request.layer_count > 1 && !group->request.retained;
    sum->kinds += rows.count;
    sum->nests += all;
    sum->runs += all - schedule.count;
    sum->branches += group->request.reads && group->request.layer_count > 1;
    sum->short_branches +=
        group->request.reads && group->request.layer_count > 1 && shorter.omitted > 0;
    sum->shortened += shorter.omitted > 0;
    sum->omitted += shorter.omitted;
}

static void check_groups(uint64_t count, bool far, const char *what) {
    struct seen sum = {0};
    struct sdse_arena *arena = sdse_arena_new();
    draw_numbers(first_seed);
    for (uint64_t i = 0; i < count; i++) {
        struct group group;
        make_group(first_seed + i, far, &group);
        check_group(&group, arena, &sum);
        sdse_arena_reset(arena);
    }
    printf(
        "## %s: %llu configurations (%llu of several layers, %llu with branches, %llu "
        "starved, %llu buffered, "
        "%llu that retain nothing; of %llu %llu tiles are like others and left out), "
        "%llu nests of %llu kinds, %llu more runs than steps: 0 differ\n",
        what, (unsigned long long)sum.groups, (unsigned long long)sum.several,
        (unsigned long long)sum.branches, (unsigned long long)sum.starved,
        (unsigned long long)sum.buffered, (unsigned long long)sum.recomputed,
        (unsigned long long)sum.shortened, (unsigned long long)sum.omitted,
        (unsigned long long)sum.nests, (unsigned long long)sum.kinds,
        (unsigned long long)sum.runs);
    assert_true(sum.branches > 0 && sum.short_branches > 0);
    assert_true(sum.runs > 0 && sum.buffered > 0 && sum.recomputed > 0);
    assert_true(sum.shortened > count / 100 && sum.shortened < sum.groups);
    assert_true(!far || sum.shortened > count / 2);
    sdse_arena_free(arena);
}

static void test_rows(void **state) {
    (void)state;
    check_groups(configurations, false, "fused rows");
}

static void test_long_maps(void **state) {
    (void)state;
    check_groups(long_ones, true, "fused rows of long maps");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_long_maps)};
    configurations = argc > 1 ? strtoull(argv[1], NULL, 10) : configurations;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    long_ones = argc > 3 ? strtoull(argv[3], NULL, 10) : long_ones;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
