#include "cli/network_mapping.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/inputs.h"
#include "cli/mapping_head.h"
#include "cli/network_copies.h"
#include "spec/load.h"
#include "spec/split.h"

// --- Reading ---

bool cli_is_network_mapping(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_node *root;
    bool is = false;
    if (arena) {
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        is = sdse_tree_parse_file(arena, path, &diags, &root) == SDSE_OK &&
             sdse_tree_kind(root) == SDSE_FILE_SCHEDULE;
    }
    sdse_arena_free(arena);
    return is;
}

bool cli_network_request(struct cli *cli, const struct cli_problem *problem,
                         struct sdse_fusion_request *request) {
    const struct sdse_workload *net = problem->workload;
    struct sdse_residency_layer *layer =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_residency_layer, net->layer_count);
    struct sdse_weight_form *form =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_weight_form, net->layer_count);
    if (!layer || !form) {
        cli_note(cli, SDSE_NO_MEMORY);
        return false;
    }
    if (!cli_streams(cli, problem->arch, net->layers, net->layer_count))
        return false;
    for (size_t l = 0; l < net->layer_count; l++) {
        if (!cli_layer_form(cli, problem, &net->layers[l], &form[l]))
            return false;
        layer[l] = (struct sdse_residency_layer){
            .layer = &net->layers[l], .form = &form[l], .shape = l};
    }
    *request = (struct sdse_fusion_request){
        .residency = {.arch = problem->arch, .workload = net, .layer = layer},
        .depth = SDSE_FUSED_MOST};
    return true;
}

// Takes the limit from one of the memories that share, and says what it was.
static void make_roomy(struct sdse_arch *arch, unsigned memory,
                       uint64_t *capacity_bits) {
    unsigned level[SDSE_MOST_SHARED];
    *capacity_bits = 0;
    if (memory >= sdse_shared_levels(arch, level))
        return;
    *capacity_bits = arch->level[level[memory]].capacity_bits;
    for (unsigned l = level[memory]; l <= sdse_arch_memory_last(arch, level[memory]);
         l++)
        arch->level[l].capacity_bits = 0;
}

// capacity_bits  of the memory of that number, of those that share; NULL: it is as it
// is
static bool load(struct cli *cli, struct cli_problem *problem, const char *path,
                 struct sdse_schedule *schedule, struct cli_network *network,
                 unsigned memory, uint64_t *capacity_bits) {
    struct sdse_node *root;
    struct sdse_fusion_request request;
    bool readable = true;
    if (!cli_is_input(cli, path))
        return false;
    enum sdse_status status =
        sdse_tree_parse_file(cli->arena, path, &cli->diags, &root);
    if (status == SDSE_OK) {
        readable = cli_compare_mapping_head(cli, root, problem->arch, problem->workload,
                                            problem->form_text);
        status = sdse_arch_of_mapping(problem->arch, root, cli->arena, &problem->arch);
    }
    if (status == SDSE_OK) {
        if (capacity_bits)
            make_roomy(problem->arch, memory, capacity_bits);
        if (!cli_network_request(cli, problem, &request))
            return false;
        status = sdse_schedule_read(&request, root, cli->arena, &cli->diags, schedule);
    }
    sdse_diags_sort(&cli->diags);
    cli_flush_diags(cli);
    *network = (struct cli_network){.cli = cli,
                                    .arch = problem->arch,
                                    .workload = problem->workload,
                                    .layer = request.residency.layer,
                                    .schedule = schedule,
                                    .people = true};
    if (status == SDSE_OVERFLOW)
        cli_error(cli, "%s: a group has tiles without number", path);
    return cli_note(cli, status) == SDSE_OK && readable;
}

bool cli_load_network_mapping(struct cli *cli, struct cli_problem *problem,
                              const char *path, struct sdse_schedule *schedule,
                              struct cli_network *network) {
    return load(cli, problem, path, schedule, network, 0, NULL);
}

bool cli_load_roomy_mapping(struct cli *cli, struct cli_problem *problem,
                            const char *path, unsigned memory,
                            struct sdse_schedule *schedule, struct cli_network *network,
                            uint64_t *capacity_bits) {
    return load(cli, problem, path, schedule, network, memory, capacity_bits);
}

// --- sdse eval ---

static enum cli_exit print_json(const struct cli_network *network, const char *form,
                                const struct sdse_table *table, uint64_t words) {
    const struct sdse_tradeoff *at = &network->schedule->at;
    const double seconds =
        sdse_seconds_from_cycles(at->latency_cycles, network->arch->clock_ghz);
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.eval-network/1", stdout);
    sdse_json_text(&json, "arch", network->arch->name);
    sdse_json_text(&json, "network", network->workload->name);
    sdse_json_text(&json, "form", form);
    sdse_json_text(&json, "outermost_memory", network->arch->level[0].name);
    sdse_json_rows(&json, "groups", table);
    sdse_json_rows(&json, "copies", cli_copies_table(network));
    sdse_json_object(&json, "total");
    sdse_json_f64(&json, "energy_pj", at->energy_pj);
    sdse_json_u64(&json, "latency_cycles", (uint64_t)at->latency_cycles);
    sdse_json_f64(&json, "latency_s", seconds);
    sdse_json_f64(&json, "edp_pj_s", at->energy_pj * seconds);
    sdse_json_u64(&json, "outermost_words", words);
    sdse_json_close(&json);
    return cli_end_json(network->cli, &json);
}

static void print_summary(const struct cli_network *network, const char *form,
                          uint64_t words) {
    const struct sdse_tradeoff *at = &network->schedule->at;
    const double seconds =
        sdse_seconds_from_cycles(at->latency_cycles, network->arch->clock_ghz);
    const size_t groups = network->schedule->group_count;
    printf("\n%s on %s, %s weights\n", network->workload->name, network->arch->name,
           form);
    printf("%.6g uJ, %.0f cycles = %.6g ms, EDP %.6g uJ*s\n",
           sdse_uj_from_pj(at->energy_pj), at->latency_cycles, seconds * 1e3,
           sdse_uj_from_pj(at->energy_pj) * seconds);
    printf("%zu group%s of several layers; %" PRIu64 " words cross at %s\n", groups,
           groups == 1 ? "" : "s", words, network->arch->level[0].name);
    cli_print_copies(network);
}

enum cli_exit cli_eval_network(struct cli *cli, const struct cli_problem *problem,
                               const struct cli_network *network,
                               enum sdse_table_format format) {
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    struct cli_network there = *network;
    struct cli_network_figures all;
    there.people = people;
    const struct sdse_table *table = cli_network_table(&there, NULL, &all);
    if (cli->fault)
        return cli_finish(cli, cli->fault);
    if (format == SDSE_TABLE_JSON)
        return print_json(&there, problem->form_text, table, all.words);
    const enum cli_exit exit = cli_print_table(cli, table, format);
    if (exit == CLI_OK && people)
        print_summary(&there, problem->form_text, all.words);
    return exit;
}
