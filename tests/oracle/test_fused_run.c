// Fused schedules run with real numbers: generated chains of convolutions are executed
// in groups whose layers take turns, with the kernel that runs whole layers, and give
// the outputs of the layers one by one. Every nest that is executed is one of the kinds
// that dse/fusion/rows.h lists, as often as it says, reads what its part of the layer
// reads, and finds no more held than was reserved.
//
//     test_fused_run [SCHEDULES [FIRST_SEED]]    (default 1,200 schedules)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dse/fusion/rows.h"
#include "oracle/support_cases.h"
#include "oracle/support_fusionrun.h"
#include "support/sanitized.h"

enum { LAYERS = 6, GROUPS = LAYERS };

static uint64_t schedule_count = SANITIZED ? 100 : 1200, first_seed = 1, current_seed;

static struct {
    uint64_t fused, retained, recomputed, buffered, kept, shared, both, residual, nests,
        runs, less_than_reserved;
} seen;

struct schedule {
    struct fusion_network net;
    struct sdse_layer layer[LAYERS];
    struct fusion_group group[GROUPS];
    struct fusion_step *step[GROUPS]; // of them, to be freed
    uint64_t tile_rows[GROUPS];
    size_t group_count;
    bool retains[LAYERS + 1], keeps[LAYERS];
};

static unsigned below(uint64_t *state, unsigned n) {
    return (unsigned)oracle_below(state, n);
}

// --- Generated ---

static uint64_t outputs_of(uint64_t in, const struct sdse_nest *n, unsigned axis) {
    const uint64_t extent = (n->bound[SDSE_R + axis] - 1) * n->dilation[axis] + 1,
                   padded = in + 2 * (uint64_t)n->pad[axis];
    return padded < extent ? 0 : (padded - extent) / n->stride[axis] + 1;
}

// A layer on maps of so many channels, rows and columns; those of its outputs.
static struct sdse_layer make_layer(uint64_t *state, uint64_t *channels, uint64_t *rows,
                                    uint64_t *columns, bool same_size) {
    struct sdse_layer layer = {.kind = SDSE_CONV, .repeat = 1, .density = {1, 1, 1}};
    struct sdse_nest *n = &layer.nest;
    const bool depthwise = below(state, 5) == 0;
    uint64_t p, q;
    do {
        const uint64_t filters = same_size ? *channels : 1 + below(state, 4);
        *n = (struct sdse_nest){.bound = {1, filters, *channels, 1, 1,
                                          1 + below(state, 3), 1 + below(state, 2), 1},
                                .stride = {same_size ? 1 : 1 + below(state, 3), 1},
                                .dilation = {1 + (below(state, 4) == 0), 1},
                                .pad = {below(state, 3), below(state, 2)},
                                .map = {*rows, *columns}};
        if (depthwise) {
            n->bound[SDSE_G] = *channels;
            n->bound[SDSE_K] = n->bound[SDSE_C] = 1;
        }
        p = outputs_of(*rows, n, 0);
        q = outputs_of(*columns, n, 1);
    } while (p == 0 || q == 0 || p > 24 ||
             (same_size && (p != *rows || q != *columns)));
    n->bound[SDSE_P] = p;
    n->bound[SDSE_Q] = q;
    *channels = n->bound[SDSE_G] * n->bound[SDSE_K];
    *rows = p;
    *columns = q;
    return layer;
}

static void make_network(uint64_t *state, struct schedule *s) {
    uint64_t channels = 1 + below(state, 3), rows = 3 + below(state, 12),
             columns = 1 + below(state, 3);
    s->net = (struct fusion_network){.layer_count = 2 + below(state, LAYERS - 1),
                                     .layer = s->layer};
    // Layers between which maps keep their size may add what came before them.
    const bool adds = below(state, 3) == 0;
    const size_t count = s->net.layer_count, from = below(state, (unsigned)count),
                 to = from + 1 + below(state, (unsigned)(count - from));
    for (size_t l = 0; l < count; l++)
        s->layer[l] =
            make_layer(state, &channels, &rows, &columns, adds && l >= from && l < to);
    if (adds) {
        s->net.residual_from = from;
        s->net.residual_to = to;
    }
}

// A tensor that is added later has two readers: it stays outside of groups.
static bool may_end(const struct schedule *s, size_t last) {
    return s->net.residual_to && s->net.residual_from == last + 1;
}

static void make_groups(uint64_t *state, struct schedule *s) {
    for (size_t first = 0; first < s->net.layer_count;) {
        size_t last = first;
        while (last + 1 < s->net.layer_count && last - first < 3 && !may_end(s, last) &&
               below(state, 4))
            last++;
        const bool is_end = last + 1 == s->net.layer_count,
                   from_outside =
                       s->group_count == 0 ||
                       s->group[s->group_count - 1].output == SDSE_PLACE_OUTERMOST;
        const size_t at = s->group_count++;
        s->group[at] = (struct fusion_group){
            .first = first,
            .last = last,
            .buffers_input = last > first && from_outside && below(state, 2),
            .output = is_end ? SDSE_PLACE_OUTERMOST
                             : (enum sdse_place)below(state, SDSE_PLACES),
            .keeps_weights = s->keeps};
        s->tile_rows[at] =
            last > first ? 1 + below(state, (unsigned)s->layer[last].nest.bound[SDSE_P])
                         : s->layer[last].nest.bound[SDSE_P];
        for (size_t l = first; l <= last; l++) {
            s->retains[l] = below(state, 2);
            s->keeps[l] = last > first && below(state, 2);
        }
        const struct fusion_choice choice = {first, last, s->tile_rows[at], s->retains};
        s->group[at].step_count = fusion_plan(&s->net, &choice, &s->step[at]);
        s->group[at].step = s->step[at];
        first = last + 1;
    }
}

static void make_schedule(uint64_t seed, struct schedule *s) {
    uint64_t state = seed * 2 + 1;
    memset(s, 0, sizeof *s);
    make_network(&state, s);
    s->net.hulls = below(&state, 3) == 0;
    make_groups(&state, s);
}

// --- Against the closed sets ---

// Whether a part of a layer sees the rows that the nest reads, from the first on.
static bool sees(const struct schedule *s, const struct fusion_step *step,
                 const struct sdse_nest *part) {
    const size_t l = step->layer;
    const uint64_t rows = fusion_row_count(&s->net, l);
    bool *reads = calloc(rows, sizeof *reads),
         same = part->bound[SDSE_P] == step->count;
    uint64_t first = 0, count = 0, seen_count = 0;
    fusion_mark_reads(&s->net, step, reads);
    for (uint64_t y = 0; y < rows; y++)
        count += reads[y];
    while (first < rows && !reads[first])
        first++;
    bool *met = calloc(part->map[0] + 1, sizeof *met);
    for (uint64_t p = 0; p < part->bound[SDSE_P]; p++)
        for (uint64_t r = 0; r < part->bound[SDSE_R]; r++) {
            const int64_t y =
                (int64_t)(p * part->stride[0] + r * part->dilation[0]) - part->pad[0];
            if (y < 0 || y >= (int64_t)part->map[0] || met[y])
                continue;
            met[y] = true;
            seen_count++;
        }
    same &= seen_count == count;
    free(reads);
    free(met);
    return same;
}

// Finds the kind of an executed nest among those that are left.
static bool take(const struct schedule *s, const struct fusion_group *g,
                 const struct sdse_fused_rows *kinds, uint64_t *left,
                 const struct fusion_step *step, uint64_t loaded_words, uint64_t held,
                 uint64_t elsewhere, bool exact) {
    const uint64_t input_words = fusion_row_words(&s->net, g->first);
    for (size_t i = 0; i < kinds->count; i++) {
        const struct sdse_fused_nest *kind = &kinds->nest[i];
        uint64_t reserved = elsewhere;
        for (size_t t = 0; t <= g->last - g->first; t++)
            reserved += kind->held[t] * fusion_row_words(&s->net, g->first + t);
        if (!left[i] || kind->layer + g->first != step->layer ||
            kind->loaded * input_words != loaded_words || held > reserved ||
            (exact && held != reserved) ||
            (s->net.hulls ? kind->part.bound[SDSE_P] != step->count ||
                                kind->part.pad[0] || kind->part.map[0]
                          : !sees(s, step, &kind->part)))
            continue;
        seen.less_than_reserved += held < reserved;
        left[i]--;
        return true;
    }
    return false;
}

// Words that the shared memory holds beside the rows of the group.
static uint64_t held_elsewhere(const struct schedule *s, size_t at) {
    const struct fusion_group *g = &s->group[at];
    uint64_t words = 0;
    for (size_t l = g->first; l <= g->last; l++)
        words += s->keeps[l] ? fusion_weight_words(&s->layer[l]) : 0;
    if (g->output != SDSE_PLACE_OUTERMOST)
        words += fusion_row_count(&s->net, g->last + 1) *
                 fusion_row_words(&s->net, g->last + 1);
    for (size_t i = 0; i < at; i++) {
        const size_t t = s->group[i].last + 1;
        const bool added = s->net.residual_to && s->net.residual_from == t &&
                           s->net.residual_to > g->first &&
                           s->group[i].output == SDSE_PLACE_SHARED;
        if (s->group[i].output != SDSE_PLACE_OUTERMOST && (i + 1 == at || added))
            words += fusion_row_count(&s->net, t) * fusion_row_words(&s->net, t);
    }
    return words;
}

static void check_kinds(const struct schedule *s, size_t at, size_t first_step,
                        const struct fusion_ran *ran, struct sdse_arena *arena) {
    const struct fusion_group *g = &s->group[at];
    struct sdse_nest nest[LAYERS];
    struct sdse_fused_rows_request request = {.layer_count = g->last - g->first + 1,
                                              .nest = nest,
                                              .tile_rows = s->tile_rows[at],
                                              .buffered = g->buffers_input,
                                              .boxes = s->net.hulls};
    struct sdse_fused_rows kinds;
    for (size_t l = g->first; l <= g->last; l++) {
        nest[l - g->first] = s->layer[l].nest;
        if (l > g->first && s->retains[l])
            request.retained |= SDSE_BIT(l - g->first);
    }
    assert_int_equal(sdse_fused_rows_find(&request, arena, &kinds), SDSE_OK);
    uint64_t *left = SDSE_ARENA_ARRAY(arena, uint64_t, kinds.count + 1);
    assert_non_null(left);
    for (size_t i = 0; i < kinds.count; i++)
        left[i] = kinds.nest[i].times;
    for (size_t n = 0; n < g->step_count; n++) {
        const struct fusion_step *step = &g->step[n];
        uint64_t loaded = ran->extra_shared_words[first_step + n];
        bool first_of_layer = true;
        for (size_t m = 0; m < n; m++)
            first_of_layer &= g->step[m].layer != step->layer;
        if (s->keeps[step->layer] && first_of_layer)
            loaded -= fusion_weight_words(&s->layer[step->layer]);
        const uint64_t made = step->count * fusion_row_words(&s->net, step->layer + 1);
        const bool adds = s->net.residual_to == step->layer + 1;
        bool added_here = false; // the tensor that is added is in the shared memory
        for (size_t i = 0; adds && i < at; i++)
            added_here |= s->group[i].last + 1 == s->net.residual_from &&
                          (s->group[i].output == SDSE_PLACE_SHARED ||
                           (s->group[i].output == SDSE_PLACE_BOTH && i + 1 == at));
        if (added_here)
            loaded -= made;
        if (step->layer == g->last && g->output == SDSE_PLACE_BOTH)
            loaded -= made;
        if (!take(s, g, &kinds, left, step, loaded, ran->held_words[first_step + n],
                  held_elsewhere(s, at), s->net.hulls))
            fail_msg("schedule %llu, group %zu, nest %zu (layer %zu, %llu rows from "
                     "%llu): no kind of nest is it",
                     (unsigned long long)current_seed, at, n, step->layer,
                     (unsigned long long)step->count, (unsigned long long)step->first);
        seen.nests++;
    }
    for (size_t i = 0; i < kinds.count; i++)
        assert_int_equal(left[i], 0);
}

// --- The whole ---

static void note(const struct schedule *s) {
    for (size_t i = 0; i < s->group_count; i++) {
        const struct fusion_group *g = &s->group[i];
        seen.fused += g->last > g->first;
        seen.buffered += g->buffers_input;
        seen.shared += g->output == SDSE_PLACE_SHARED;
        seen.both += g->output == SDSE_PLACE_BOTH;
        for (size_t l = g->first; l <= g->last; l++) {
            seen.kept += s->keeps[l];
            if (l > g->first)
                (*(s->retains[l] ? &seen.retained : &seen.recomputed))++;
        }
        for (size_t n = 0; n < g->step_count; n++)
            seen.runs += g->step[n].step > 1;
    }
    seen.residual += s->net.residual_to > 0;
}

static void test_equals_layer_by_layer(void **state) {
    (void)state;
    for (uint64_t i = 0; i < schedule_count; i++) {
        struct schedule s;
        struct fusion_ran ran;
        struct sdse_arena *arena = sdse_arena_new();
        current_seed = first_seed + i;
        make_schedule(current_seed, &s);
        const char *wrong =
            fusion_run(&s.net, s.group, s.group_count, current_seed, &ran);
        if (wrong)
            fail_msg("schedule %llu: %s", (unsigned long long)current_seed, wrong);
        for (size_t g = 0, at = 0; g < s.group_count; at += s.group[g++].step_count)
            check_kinds(&s, g, at, &ran, arena);
        note(&s);
        for (size_t g = 0; g < s.group_count; g++)
            free(s.step[g]);
        fusion_ran_free(&ran);
        sdse_arena_free(arena);
    }
    print_message(
        "## fused schedules: %llu run with numbers, outputs as layer by layer; %llu "
        "groups of several layers, %llu tensors kept, %llu made again, %llu inputs "
        "buffered, %llu nests (%llu of rows apart), %llu of them hold less than is "
        "reserved\n",
        (unsigned long long)schedule_count, (unsigned long long)seen.fused,
        (unsigned long long)seen.retained, (unsigned long long)seen.recomputed,
        (unsigned long long)seen.buffered, (unsigned long long)seen.nests,
        (unsigned long long)seen.runs, (unsigned long long)seen.less_than_reserved);
    if (schedule_count >= 100)
        assert_true(seen.fused && seen.retained && seen.recomputed && seen.buffered &&
                    seen.kept && seen.shared && seen.both && seen.residual &&
                    seen.runs);
}

int main(int argc, char **argv) {
    if (argc > 1)
        schedule_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equals_layer_by_layer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
