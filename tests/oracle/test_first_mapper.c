// The mapper against the first one (tests/first_mapper): other bounds, another walk,
// one answer. Generated problems, and layers of real networks too large to enumerate.
//
//     test_first_mapper [PROBLEMS [FIRST_SEED]]    (default 400 generated problems)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/resolve.h"
#include "dse/forms.h"
#include "dse/mapper.h"
#include "first_mapper/first_mapper.h"
#include "oracle/support_problems.h"
#include "spec/load.h"

static const double TOLERANCE = 1e-9;

struct asked {
    const char *name;
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    const struct sdse_weight_form *form;
};

static unsigned long long front_points, answers;

static bool near(double a, double b) { return fabs(a - b) <= TOLERANCE * fabs(b); }

// The same keys: energy and cycles are both decided by every objective's tie rule, but
// for products that tie.
static bool same_totals(enum first_objective objective, const struct sdse_totals *a,
                        const struct sdse_totals *b) {
    if (objective == FIRST_EDP)
        return near(a->energy_pj * a->latency_cycles, b->energy_pj * b->latency_cycles);
    return near(a->energy_pj, b->energy_pj) && a->latency_cycles == b->latency_cycles;
}

static void compare(const struct asked *asked, enum first_objective objective) {
    static const enum sdse_map_objective objectives[] = {
        SDSE_MAP_ENERGY, SDSE_MAP_LATENCY, SDSE_MAP_EDP, SDSE_MAP_FRONT};
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_map_request request = {.arch = asked->arch,
                                             .layer = asked->layer,
                                             .form = asked->form,
                                             .objective = objectives[objective]};
    struct sdse_map_answer now;
    struct first_answer first;
    assert_int_equal(sdse_map(&request, arena, &now), SDSE_OK);
    assert_int_equal(first_mapper_solve(asked->arch, asked->layer, asked->form,
                                        objective, arena, &first),
                     SDSE_OK);
    if (first.proved != (now.status == SDSE_MAP_OPTIMAL) ||
        first.count != now.point_count)
        fail_msg("%s, objective %d: %zu points (%s), the first mapper finds %zu",
                 asked->name, (int)objective, now.point_count,
                 sdse_map_status_name(now.status), first.count);
    for (size_t i = 0; i < now.point_count; i++)
        if (!same_totals(objective, &now.point[i].totals, &first.totals[i]))
            fail_msg("%s, objective %d, point %zu: %.17g pJ in %.17g cycles, the first "
                     "mapper finds %.17g pJ in %.17g",
                     asked->name, (int)objective, i, now.point[i].totals.energy_pj,
                     now.point[i].totals.latency_cycles, first.totals[i].energy_pj,
                     first.totals[i].latency_cycles);
    answers++;
    front_points += objective == FIRST_FRONT ? now.point_count : 0;
    sdse_arena_free(arena);
}

static uint64_t problem_count = 400, first_seed = 1000001;

static void generated_problems_agree(void **state) {
    (void)state;
    for (uint64_t i = 0; i < problem_count; i++) {
        struct sdse_generated_problem problem;
        sdse_make_problem(first_seed + i, false, &problem);
        char name[32];
        snprintf(name, sizeof name, "seed %llu", (unsigned long long)(first_seed + i));
        const struct asked asked = {name, &problem.arch, &problem.layer, &problem.form};
        for (int o = FIRST_ENERGY; o <= FIRST_FRONT; o++)
            compare(&asked, (enum first_objective)o);
    }
}

static const struct sdse_layer real_layers[] = {
    {.name = "conv 14 x 14",
     .kind = SDSE_CONV,
     .nest = {.bound = {1, 64, 32, 14, 14, 3, 3, 1},
              .stride = {1, 1},
              .dilation = {1, 1}}},
    {.name = "strided 1 x 1",
     .kind = SDSE_CONV1X1,
     .nest = {.bound = {1, 64, 48, 14, 14, 1, 1, 1},
              .stride = {2, 2},
              .dilation = {1, 1}}},
    {.name = "depth-wise",
     .kind = SDSE_DWCONV,
     .nest = {.bound = {1, 1, 1, 28, 28, 3, 3, 96},
              .stride = {2, 2},
              .dilation = {1, 1}}},
    {.name = "fully connected",
     .kind = SDSE_FC,
     .nest = {.bound = {1, 100, 192, 1, 1, 1, 1, 1},
              .stride = {1, 1},
              .dilation = {1, 1}}},
};

static void real_layers_agree(void **state) {
    (void)state;
    static const char *const archs[] = {"eyeriss", "diannao", "smartexchange"};
    const struct sdse_form_setting settings[2] = {{.smartdeal = false},
                                                  {.smartdeal = true,
                                                   .basis_size = 3,
                                                   .density = 0.55,
                                                   .row_density = 0.55,
                                                   .coefficient_bits = 4,
                                                   .basis_bits = 8,
                                                   .scale_bits = 8,
                                                   .index = SDSE_INDEX_ROW}};
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t a = 0; a < sizeof archs / sizeof *archs; a++) {
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_arch *arch;
        const char *path =
            sdse_arena_printf(arena, SDSE_SOURCE_DIR "/archs/%s.yaml", archs[a]);
        assert_int_equal(sdse_arch_load(arena, path, &diags, &arch), SDSE_OK);
        assert_int_equal(sdse_arch_resolve_costs(arch, arena, &diags), SDSE_OK);
        for (size_t i = 0; i < 2 * sizeof real_layers / sizeof *real_layers; i++) {
            struct sdse_layer layer = real_layers[i / 2];
            layer.repeat = 1;
            for (int t = 0; t < SDSE_TENSORS; t++)
                layer.density[t] = 1;
            struct sdse_weight_form form;
            sdse_layer_form_declare(&layer, &settings[i % 2], &form);
            const struct asked asked = {
                sdse_arena_printf(arena, "%s on %s (%s)", layer.name, archs[a],
                                  form.smartdeal ? "SmartDeal" : "raw"),
                arch, &layer, &form};
            for (int o = FIRST_ENERGY; o <= FIRST_FRONT; o++)
                compare(&asked, (enum first_objective)o);
        }
    }
    sdse_arena_free(arena);
}

static void report(void **state) {
    (void)state;
    print_message("## mapper: %llu answers equal the first mapper's, fronts of %llu "
                  "points among them\n",
                  answers, front_points);
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_problems_agree),
        cmocka_unit_test(real_layers_agree),
        cmocka_unit_test(report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
