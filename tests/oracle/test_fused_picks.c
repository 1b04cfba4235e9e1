// Every point of the fused fronts of the reference problems is a schedule that runs:
// its nests, one after the other and with real numbers, find their rows where they are,
// give the outputs of the layers one by one, hold and move beside their loops what the
// library reserved and charged for them, and fit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/model.h"
#include "oracle/support_fusionask.h"
#include "oracle/support_fusionrun.h"

enum { LAYERS = 8 };

static struct { size_t cases, schedules, groups, nests; } seen;

// What is asked of a nest that is executed, and how often it still is.
struct expected {
    size_t layer;
    const struct sdse_layer *part; // with its residence
    const struct sdse_mapping *mapping;
    uint64_t left;
};

struct schedule {
    const struct fusion_case *subject;
    struct sdse_arena *arena;
    struct fusion_network net;
    size_t group_count, expected_count;
    struct fusion_group group[LAYERS];
    struct fusion_step *step[LAYERS];
    bool retains[LAYERS + 1], keeps[LAYERS];
    struct expected expected[256];
};

static void expect(struct schedule *s, size_t layer, uint64_t times,
                   const struct sdse_layer *part, const struct sdse_mapping *mapping) {
    assert_true(s->expected_count < sizeof s->expected / sizeof *s->expected);
    s->expected[s->expected_count++] = (struct expected){layer, part, mapping, times};
}

static void add_group(struct schedule *s, size_t first, size_t last, uint64_t tile_rows,
                      bool buffers, enum sdse_place output) {
    const struct fusion_choice choice = {first, last, tile_rows, s->retains};
    const size_t at = s->group_count++;
    s->group[at] = (struct fusion_group){.first = first,
                                         .last = last,
                                         .buffers_input = buffers,
                                         .output = output,
                                         .keeps_weights = s->keeps};
    s->group[at].step_count = fusion_plan(&s->net, &choice, &s->step[at]);
    s->group[at].step = s->step[at];
}

static void add_fused(struct schedule *s, const struct sdse_fused_group *g) {
    for (size_t i = 0; i <= g->last - g->first; i++) {
        s->retains[g->first + i] = g->config.retained >> i & 1u;
        s->keeps[g->first + i] = g->config.kept >> i & 1u;
    }
    for (size_t k = 0; k < g->kind_count; k++)
        expect(s, g->kind[k].layer, g->kind[k].times, &g->kind[k].part,
               &g->kind[k].point->mapping);
    add_group(s, g->first, g->last, g->config.tile_rows, g->config.buffered,
              g->question.outputs);
    seen.groups++;
}

static uint64_t made_words(const struct sdse_layer *part) {
    return sdse_tile_words(&part->nest, SDSE_OUTPUTS, part->nest.bound);
}

// Whether an executed nest is one that the library asked for: of as many rows, which
// holds and moves as much.
static bool is(const struct expected *expected, const struct fusion_step *step,
               uint64_t held, uint64_t outer, uint64_t shared) {
    const struct sdse_layer *part = expected->part;
    const struct sdse_residence *at = part->residence;
    const uint64_t made = made_words(part);
    uint64_t reserved = 0, both = 0, added_here = 0;
    if (at) {
        reserved = (uint64_t)(at->reserved_bits / FUSION_WORD_BITS) +
                   (at->tensors & SDSE_BIT(SDSE_OUTPUTS) ? made : 0);
        both = at->loaded_inputs + (at->writes_through ? made : 0) +
               (at->loads_weights ? fusion_weight_words(part) : 0);
        added_here = at->addends * made;
    }
    return expected->left && expected->layer == step->layer &&
           part->nest.bound[SDSE_P] == step->count && reserved == held &&
           outer == both + part->addends * made - added_here &&
           shared == both + added_here;
}

static void check_nests(struct schedule *s, const struct fusion_ran *ran) {
    size_t at = 0;
    for (size_t g = 0; g < s->group_count; g++)
        for (size_t n = 0; n < s->group[g].step_count; n++, at++) {
            size_t e = 0;
            while (e < s->expected_count &&
                   !is(&s->expected[e], &s->group[g].step[n], ran->held_words[at],
                       ran->extra_outer_words[at], ran->extra_shared_words[at]))
                e++;
            if (e == s->expected_count)
                fail_msg("%s: nest %zu of layer %zu is none that was asked for",
                         s->subject->name, n, s->group[g].step[n].layer + 1);
            s->expected[e].left--;
            seen.nests++;
        }
    for (size_t e = 0; e < s->expected_count; e++) {
        struct sdse_model *model;
        assert_int_equal(s->expected[e].left, 0);
        assert_int_equal(sdse_model_new(s->subject->arch, s->expected[e].part, NULL,
                                        s->arena, &model),
                         SDSE_OK);
        assert_int_equal(sdse_mapping_verdict(model, s->expected[e].mapping, NULL),
                         SDSE_VALID);
    }
}

static void run(const struct fusion_case *subject,
                const struct sdse_fusion_request *request,
                const struct sdse_fusion *fusion, size_t element,
                struct sdse_arena *arena) {
    const size_t layers = subject->net.layer_count;
    struct schedule s = {.subject = subject,
                         .arena = arena,
                         .net = {.layer_count = layers,
                                 .layer = subject->net.layers,
                                 .residual_from = subject->residual_from,
                                 .residual_to = subject->residual_to,
                                 .hulls = true}};
    struct sdse_resident_layer alone[LAYERS];
    enum sdse_place place[LAYERS];
    struct sdse_fused_group *group;
    struct fusion_ran ran;
    size_t count, next = 0;
    assert_true(layers <= LAYERS);
    assert_int_equal(
        sdse_fusion_pick(request, fusion, element, alone, place, &group, &count),
        SDSE_OK);
    for (size_t l = 0; l < layers; l++) {
        if (next < count && group[next].first == l) {
            add_fused(&s, &group[next]);
            l = group[next++].last;
            continue;
        }
        alone[l].layer.residence = alone[l].residence;
        expect(&s, l, 1, &alone[l].layer, &alone[l].point->mapping);
        add_group(&s, l, l, alone[l].layer.nest.bound[SDSE_P], false,
                  alone[l].question.outputs);
    }
    const char *wrong = fusion_run(&s.net, s.group, s.group_count, 1, &ran);
    if (wrong)
        fail_msg("%s, point %zu: %s", subject->name, element, wrong);
    check_nests(&s, &ran);
    fusion_ran_free(&ran);
    for (size_t g = 0; g < s.group_count; g++)
        free(s.step[g]);
    seen.schedules++;
}

static void check_case(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct fusion_case subject;
    struct fusion_asked asked;
    struct sdse_fusion fusion;
    sdse_diags_init(&diags, arena);
    assert_int_equal(fusion_case_read(arena, path, &diags, &subject), SDSE_OK);
    assert_int_equal(fusion_ask(&subject, arena, &asked), SDSE_OK);
    assert_int_equal(sdse_fusion_find(&asked.request, arena, &fusion), SDSE_OK);
    for (size_t i = 0; i < fusion.residency.places.count; i++)
        run(&subject, &asked.request, &fusion, i, arena);
    sdse_fusion_free(&fusion);
    sdse_arena_free(arena);
    seen.cases++;
}

static void test_picked_schedules_run(void **state) {
    (void)state;
    glob_t files;
    assert_int_equal(glob(SDSE_SOURCE_DIR "/tests/data/fusion/*.json", 0, NULL, &files),
                     0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_case(files.gl_pathv[i]);
    globfree(&files);
    print_message(
        "## fused optima: %zu points of the fronts of %zu references run with "
        "numbers, %zu groups, %zu nests\n",
        seen.schedules, seen.cases, seen.groups, seen.nests);
    assert_true(seen.groups > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_picked_schedules_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
