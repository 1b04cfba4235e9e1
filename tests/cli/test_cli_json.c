// -f json of every verb: it is JSON, its keys are those of docs/json.md and all of
// them, and its figures are those of the tables. The tests of verbs are in json/.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_json_page.h"
#include "support_program.h"
#include "json/groups.h"

static void every_key_is_seen(void **state) {
    (void)state;
    json_page_all_seen();
}

// Verbs that print a result have the option, and those that have it are here.
static void every_verb_has_it(void **state) {
    (void)state;
    static const char *const without[] = {"plot", "report", "export",
                                          "init", "help",   "completion",
                                          "convert"};
    char verbs[MOST_VERBS][VERB_BYTES];
    const size_t count = list_verbs(verbs);
    for (size_t i = 0; i < count; i++) {
        char line[64];
        bool has = true;
        for (size_t w = 0; w < sizeof without / sizeof *without; w++)
            has &= strcmp(without[w], verbs[i]) != 0;
        snprintf(line, sizeof line, "%.31s --help", verbs[i]);
        char *help = run_text(0, line);
        const bool may =
            strstr(help, "|csv|json|md") || strstr(help, "--format text|json");
        if (has != may)
            fail_msg("%s: -f json %s", verbs[i], may ? "is there" : "is not there");
        free(help);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_network),
        cmocka_unit_test(of_a_repeated_layer),
        cmocka_unit_test(of_fronts),
        cmocka_unit_test(of_what_is_resident),
        cmocka_unit_test(of_refusals),
        cmocka_unit_test(of_costs),
        cmocka_unit_test(of_accelerators),
        cmocka_unit_test(of_components),
        cmocka_unit_test(of_stored_widths),
        cmocka_unit_test(of_networks),
        cmocka_unit_test(of_stored_weights),
        cmocka_unit_test(of_what_is_not_modelled),
        cmocka_unit_test(of_drawings),
        cmocka_unit_test(of_checks),
        cmocka_unit_test(of_lint),
        cmocka_unit_test(of_published_figures),
        cmocka_unit_test(of_training),
        cmocka_unit_test(of_tensors),
        cmocka_unit_test(of_weights_and_models),
        cmocka_unit_test(of_sweeps),
        cmocka_unit_test(of_results),
        cmocka_unit_test(of_groups),
        cmocka_unit_test(of_copies),
        cmocka_unit_test(of_comparisons),
        cmocka_unit_test(of_changes),
        cmocka_unit_test(of_verification),
        cmocka_unit_test(every_verb_has_it),
        cmocka_unit_test(every_key_is_seen),
    };
    return cmocka_run_group_tests(tests, json_page_enter, leave_scratch);
}
