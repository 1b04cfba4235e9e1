// The tests of test_cli_json, in the order in which it runs them: one program, as all
// of them together see every key of docs/json.md.
#ifndef SDSE_TESTS_CLI_JSON_GROUPS_H
#define SDSE_TESTS_CLI_JSON_GROUPS_H

// mappings.c
void of_a_network(void **state);
void of_a_repeated_layer(void **state);
void of_fronts(void **state);
void of_what_is_resident(void **state);
void of_refusals(void **state);
void of_costs(void **state);

// inputs.c
void of_accelerators(void **state);
void of_components(void **state);
void of_stored_widths(void **state);
void of_networks(void **state);
void of_stored_weights(void **state);
void of_what_is_not_modelled(void **state);
void of_drawings(void **state);
void of_checks(void **state);
void of_lint(void **state);
void of_published_figures(void **state);
void of_training(void **state);
void of_tensors(void **state);
void of_weights_and_models(void **state);

// results.c
void of_sweeps(void **state);
void of_results(void **state);
void of_groups(void **state);
void of_copies(void **state);
void of_comparisons(void **state);
void of_changes(void **state);
void of_verification(void **state);

#endif
