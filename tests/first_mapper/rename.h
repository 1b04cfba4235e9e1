// Gives every public function of the mapper kept here a name of its own, so that it can
// be linked beside the library's. Included before every file of dse/
// (tests/CMakeLists.txt).
#ifndef SDSE_TESTS_FIRST_MAPPER_RENAME_H
#define SDSE_TESTS_FIRST_MAPPER_RENAME_H

#define sdse_distinct_sums first_distinct_sums
#define sdse_lattice_find first_lattice_find
#define sdse_lattice_init first_lattice_init
#define sdse_map first_map
#define sdse_map_status_name first_map_status_name
#define sdse_mapper_space first_mapper_space
#define sdse_node_correct_windows first_node_correct_windows
#define sdse_node_enter first_node_enter
#define sdse_node_init first_node_init
#define sdse_node_outlook first_node_outlook
#define sdse_node_spread first_node_spread
#define sdse_node_transfer_cycles first_node_transfer_cycles
#define sdse_node_visits first_node_visits
#define sdse_open_line first_open_line
#define sdse_orders_list first_orders_list
#define sdse_problem_init first_problem_init
#define sdse_problem_orders first_problem_orders
#define sdse_refusal first_refusal
#define sdse_rules_init first_rules_init
#define sdse_searcher_evaluations first_searcher_evaluations
#define sdse_searcher_halt first_searcher_halt
#define sdse_searcher_least_cycles first_searcher_least_cycles
#define sdse_searcher_new first_searcher_new
#define sdse_searcher_nodes first_searcher_nodes
#define sdse_searcher_run first_searcher_run
#define sdse_searcher_seconds first_searcher_seconds
#define sdse_spread_merge first_spread_merge
#define sdse_spread_wire_pj first_spread_wire_pj
#define sdse_spreads_init first_spreads_init
#define sdse_trail_append first_trail_append
#define sdse_trail_init first_trail_init
#define sdse_trail_line first_trail_line
#define sdse_spread_resting first_spread_resting

#endif
