#include "oracle/support_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "spec/write.h"

struct sdse_layer_problem sdse_line_problem(uint64_t seed,
                                            struct sdse_generated_problem *made,
                                            struct sdse_arena *arena) {
    for (unsigned l = 0; l < made->arch.level_count; l++) // as files give it
        made->arch.level[l].capacity =
            (struct sdse_number){.value = (double)made->arch.level[l].capacity_bits,
                                 .given = made->arch.level[l].capacity_bits > 0};
    const char *text = sdse_arch_text(arena, &made->arch);
    assert_non_null(text);
    return (struct sdse_layer_problem){.hash = sdse_hash_of_text(text),
                                       .question = {seed, seed},
                                       .arch = &made->arch,
                                       .layer = &made->layer,
                                       .form = made->form,
                                       .arch_text = text,
                                       .alike = sdse_alike_of(text, arena)};
}

struct sdse_layer_problem sdse_line_alone(const struct sdse_layer_problem *open,
                                          const struct sdse_sweep_mapper *mapper,
                                          struct sdse_arena *arena) {
    struct sdse_layer_problem alone = *open;
    struct sdse_solver solver;
    assert_true(sdse_solver_init(&solver));
    struct sdse_arena *own = solver.answers;
    solver.answers = arena; // what is compared outlives it
    assert_int_equal(sdse_layer_problem_solve(&alone, &solver, mapper, NULL, NULL),
                     SDSE_OK);
    solver.answers = own;
    sdse_solver_free(&solver);
    return alone;
}

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

void sdse_line_compare(const struct sdse_layer_problem *alone,
                       const struct sdse_layer_problem *lined, uint64_t seed) {
    bool same = alone->state == lined->state && alone->count == lined->count &&
                alone->proof == lined->proof && alone->gap == lined->gap &&
                sdse_hash_same(alone->front, lined->front) &&
                same_text(alone->reason, lined->reason) &&
                same_text(alone->hint, lined->hint);
    for (size_t i = 0; same && i < alone->count; i++)
        same = memcmp(&alone->elements[i], &lined->elements[i],
                      sizeof alone->elements[i]) == 0 &&
               strcmp(alone->mappings[i], lined->mappings[i]) == 0;
    if (same)
        return;
    for (size_t i = 0; i < alone->count && i < lined->count; i++)
        print_error("%.17g pJ, %.17g cycles\n%s%.17g pJ, %.17g cycles\n%s\n",
                    alone->elements[i].energy_pj, alone->elements[i].latency_cycles,
                    alone->mappings[i], lined->elements[i].energy_pj,
                    lined->elements[i].latency_cycles, lined->mappings[i]);
    fail_msg("seed %llu: another answer in a line; alone: state %d, %zu elements, hint "
             "%s, reason %s; lined: state %d, %zu elements, hint %s, reason %s",
             (unsigned long long)seed, (int)alone->state, alone->count,
             alone->hint ? alone->hint : "-", alone->reason ? alone->reason : "-",
             (int)lined->state, lined->count, lined->hint ? lined->hint : "-",
             lined->reason ? lined->reason : "-");
}
