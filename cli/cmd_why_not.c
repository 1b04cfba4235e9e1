// sdse why-not: what keeps layers from taking turns, or a mapping from fitting, and the
// smallest memory that admits them.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/network_mapping.h"
#include "cli/network_table.h"
#include "cli/room_text.h"
#include "cli/solve.h"
#include "cli/why_not_file.h"
#include "dse/fusion/least_room.h"
#include "dse/schedule/held_text.h"

enum {
    ARCH,
    WORKLOAD,
    GROUP,
    MAPPING,
    MEMORY,
    TILE,
    TILES,
    COLUMNS,
    FORM,
    BYPASS,
    IMPERFECT,
    FORMAT
};

static const struct cli_option options[] = {
    [ARCH] = CLI_OPTION_ARCH,
    [WORKLOAD] = CLI_OPTION_WORKLOAD,
    [GROUP] = {"group", 'g', CLI_TEXT, "FIRST..LAST",
               "the layers that would take turns", NULL, false},
    [MAPPING] = {"mapping", 'm', CLI_TEXT, "FILE",
                 "instead of a group: the mapping of a network that would run so", NULL,
                 false},
    [MEMORY] = {"memory", 0, CLI_TEXT, "NAME",
                "where several memories share: the one that is asked about", NULL,
                false},
    [TILE] = {"tile", 0, CLI_COUNT, "ROWS",
              "rows of the last layer a tile; the best if not given", NULL, false},
    [TILES] = {"tiles", 0, CLI_CHOICE, "balanced|all",
               "rows of a tile that are tried, of equal tiles alone or any", "balanced",
               false},
    [COLUMNS] = {"columns", 0, CLI_FLAG, NULL, "tiles of some columns are tried, too",
                 NULL, false},
    [FORM] = CLI_OPTION_FORM,
    [BYPASS] = CLI_OPTION_BYPASS,
    [IMPERFECT] = CLI_OPTION_IMPERFECT,
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

struct asking {
    struct cli *cli;
    struct cli_problem problem;
    struct sdse_fusion_request request;
    struct sdse_placing placing;
    struct sdse_place_question question;
    struct sdse_group_room room;
    unsigned shared; // of the memories that share, the one that is asked about
    const struct sdse_level *memory;
    const char *memory_name;
    uint64_t tile_rows;
};

// --- What is asked ---

// "a..c": both are layers of the network, in its order.
static bool read_group(struct asking *a, const char *text) {
    const char *dots = strstr(text, "..");
    if (!dots || dots == text || !dots[2]) {
        cli_error(a->cli, "--group %s: expected two layers, FIRST..LAST", text);
        return false;
    }
    const char *first =
        sdse_arena_printf(a->cli->arena, "%.*s", (int)(dots - text), text);
    if (!first) {
        cli_note(a->cli, SDSE_NO_MEMORY);
        return false;
    }
    const struct sdse_layer *begin = cli_find_layer(a->cli, a->problem.workload, first),
                            *end =
                                cli_find_layer(a->cli, a->problem.workload, dots + 2);
    if (!begin || !end)
        return false;
    if (begin >= end) {
        cli_error(a->cli, "--group %s: layer %s does not come before %s", text,
                  begin->name, end->name);
        return false;
    }
    a->question.layer = (size_t)(begin - a->problem.workload->layers);
    a->question.more = (size_t)(end - begin);
    return true;
}

static bool shares(struct cli *cli, const struct sdse_arch *arch) {
    if (!sdse_shared_level(arch))
        cli_error(cli,
                  "no memory of %s may hold tensors between layers: say `shares: "
                  "[activations]` in one",
                  arch->name);
    return sdse_shared_level(arch) > 0;
}

// The memory of a name (NULL: the only one) of those that share.
static bool read_memory(struct asking *a, const char *name) {
    const struct sdse_arch *arch = a->problem.arch;
    unsigned level[SDSE_MOST_SHARED];
    const unsigned count = sdse_shared_levels(arch, level);
    for (unsigned m = 0; m < count; m++) {
        const char *is = sdse_memory_name(a->cli->arena, arch, level[m]);
        if (!is) {
            cli_note(a->cli, SDSE_NO_MEMORY);
            return false;
        }
        if (name ? strcmp(name, is) != 0 : count > 1)
            continue;
        a->shared = m;
        a->memory = &arch->level[level[m]];
        a->memory_name = is;
    }
    const char *all = cli_shared_text(a->cli->arena, arch);
    if (!a->memory_name && name)
        cli_error(a->cli, "--memory %s: none of the memories of %s that share: %s",
                  name, arch->name, all ? all : "?");
    else if (!a->memory_name)
        cli_error(a->cli,
                  "several memories of %s share: say which one is asked about, "
                  "--memory: %s",
                  arch->name, all ? all : "?");
    return a->memory_name != NULL;
}

// --- The answer ---

static const char *name_of(const struct asking *a, size_t layer) {
    return a->problem.workload->layers[layer].name;
}

static double needs(const struct asking *a, size_t kind) {
    return a->room.group.kind[kind].residence[a->shared].reserved_bits +
           a->room.taken_bits[kind];
}

// Names of members of a set, "-": none.
static const char *names_text(const struct asking *a, unsigned set) {
    const struct sdse_fused_group *group = &a->room.group;
    const char *text = NULL;
    for (size_t i = 0; i < group->layer_count; i++) {
        const char *name = name_of(a, group->layer[i]);
        if (set >> i & 1u)
            text = text ? sdse_arena_printf(a->cli->arena, "%s, %s", text, name) : name;
    }
    return text ? text : "-";
}

static struct sdse_table *nest_table(const struct asking *a, bool people) {
    static const char *const names[] = {"nest",       "rows",      "times",
                                        "tiles_bits", "held_bits", "needed_bits"};
    static const char *const titles[] = {"nest",         "rows",        "times",
                                         "tiles [bits]", "held [bits]", "needs [bits]"};
    struct sdse_table *table = sdse_table_new(a->cli->arena);
    for (size_t c = 0; c < sizeof names / sizeof *names; c++)
        sdse_table_add_column(table, names[c], people ? titles[c] : NULL, 5);
    for (size_t k = 0; k < a->room.group.kind_count; k++) {
        const struct sdse_fused_kind *kind = &a->room.group.kind[k];
        sdse_table_add_text(table, name_of(a, kind->layer));
        sdse_table_add_text(table,
                            sdse_kind_text(a->cli->arena, &a->room.group.config, kind));
        sdse_table_add_u64(table, kind->times);
        sdse_table_add_u64(table, (uint64_t)a->room.taken_bits[k]);
        sdse_table_add_u64(table, (uint64_t)kind->residence[a->shared].reserved_bits);
        sdse_table_add_u64(table, (uint64_t)needs(a, k));
    }
    return table;
}

static void print_config(const struct asking *a) {
    const struct sdse_fusion_config *config = &a->room.group.config;
    printf("least is needed with %" PRIu64 " row%s of %s a tile", config->tile_rows,
           config->tile_rows == 1 ? "" : "s", name_of(a, a->room.group.last));
    if (config->tile_columns)
        printf(", %" PRIu64 " column%s of them", config->tile_columns,
               config->tile_columns == 1 ? "" : "s");
    if (config->tile_heads)
        printf(", %" PRIu64 " head%s at a time", config->tile_heads,
               config->tile_heads == 1 ? "" : "s");
    if (config->tile_keys)
        printf(", %" PRIu64 " key%s at a time", config->tile_keys,
               config->tile_keys == 1 ? "" : "s");
    if (config->tile_channels)
        printf(", %" PRIu64 " channel%s of %s at a time", config->tile_channels,
               config->tile_channels == 1 ? "" : "s",
               name_of(a, a->room.group.layer[0]));
    printf("; retained: %s", names_text(a, config->retained >> 1));
    if (config->tile_columns)
        printf("; in bands: %s", names_text(a, config->banded >> 1));
    printf("; weights kept: %s%s\n\n", names_text(a, config->kept),
           config->for_all       ? "; inputs buffered for all that read them"
           : config->banded & 1u ? "; inputs buffered in bands"
           : config->buffered    ? "; inputs buffered"
                                 : "");
}

// The nest that needs most, term by term.
static void print_largest(const struct asking *a) {
    const struct sdse_fused_kind *kind = &a->room.group.kind[a->room.largest];
    const char *rows = sdse_kind_text(a->cli->arena, &a->room.group.config, kind);
    printf("\n%s, %s, needs most of %s:\n", name_of(a, kind->layer), rows ? rows : "?",
           a->memory_name);
    const struct cli_room_taken taken = {a->shared, a->room.taken_bits[a->room.largest],
                                         &kind->residence[a->shared], kind->term_count,
                                         kind->term};
    cli_print_room_taken(a->cli, a->problem.workload, &taken, 0);
}

static enum cli_exit print_json(const struct asking *a) {
    const struct sdse_fusion_config *config = &a->room.group.config;
    const struct sdse_fused_kind *kind = &a->room.group.kind[a->room.largest];
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.why-not/1", stdout);
    sdse_json_text(&json, "arch", a->problem.arch->name);
    sdse_json_text(&json, "network", a->problem.workload->name);
    sdse_json_text(&json, "first", name_of(a, a->room.group.first));
    sdse_json_text(&json, "last", name_of(a, a->room.group.last));
    sdse_json_text(&json, "memory", a->memory_name);
    sdse_json_u64(&json, "capacity_bits", a->memory->capacity_bits);
    sdse_json_u64(&json, "needed_bits", a->room.needed_bits);
    sdse_json_flag(&json, "fits",
                   !a->memory->capacity_bits ||
                       a->room.needed_bits <= a->memory->capacity_bits);
    sdse_json_u64(&json, "tile_rows", config->tile_rows);
    sdse_json_u64(&json, "tile_columns", config->tile_columns);
    sdse_json_u64(&json, "tile_heads", config->tile_heads);
    sdse_json_u64(&json, "tile_keys", config->tile_keys);
    sdse_json_u64(&json, "tile_channels", config->tile_channels);
    sdse_json_text(&json, "retained", names_text(a, config->retained >> 1));
    sdse_json_text(&json, "banded", names_text(a, config->banded >> 1));
    sdse_json_text(&json, "weights_kept", names_text(a, config->kept));
    sdse_json_flag(&json, "buffered", config->buffered);
    sdse_json_flag(&json, "buffered_for_all", config->for_all);
    sdse_json_flag(&json, "buffered_in_bands", config->banded & 1u);
    sdse_json_rows(&json, "nests", nest_table(a, false));
    sdse_json_u64(&json, "largest", a->room.largest);
    sdse_json_array(&json, "terms");
    for (size_t t = 0; t < kind->term_count; t++)
        sdse_json_text(
            &json, NULL,
            sdse_held_term_text(a->cli->arena, a->problem.workload, &kind->term[t]));
    sdse_json_close(&json);
    return cli_end_json(a->cli, &json);
}

static enum cli_exit answer(struct asking *a, bool json) {
    struct sdse_group_refusal refusal;
    enum sdse_status status =
        sdse_residency_placing(&a->request.residency, a->cli->arena, &a->placing);
    if (status == SDSE_OK)
        status =
            sdse_group_least_room(&a->request, &a->placing, &a->question, a->shared,
                                  a->tile_rows, a->cli->arena, &a->room, &refusal);
    if (status == SDSE_OVERFLOW)
        cli_error(a->cli, "tiles without number: more than 2^26 rows of tiles");
    if (status != SDSE_OK)
        return cli_finish(a->cli, status);
    if (refusal.reason) {
        cli_error(a->cli, "these layers cannot take turns: layer %s %s",
                  name_of(a, refusal.layer), refusal.reason);
        return CLI_NO_MAPPING;
    }
    if (!a->room.found) {
        if (a->tile_rows)
            cli_error(a->cli,
                      "no tile of %" PRIu64 " rows: no capacity of %s admits one, or "
                      "tiles have other numbers of rows (--tiles all)",
                      a->tile_rows, a->memory_name);
        else
            cli_error(
                a->cli,
                "no capacity of %s admits the group: some nest has no mapping for "
                "the other memories or the dataflow",
                a->memory_name);
        return CLI_NO_MAPPING;
    }
    if (json)
        return print_json(a);
    printf("%s ... %s of %s on %s, %s weights: ", name_of(a, a->room.group.first),
           name_of(a, a->room.group.last), a->problem.workload->name,
           a->problem.arch->name, a->problem.form_text);
    print_config(a);
    const enum cli_exit exit =
        cli_print_table(a->cli, nest_table(a, true), SDSE_TABLE_TEXT);
    if (exit != CLI_OK)
        return exit;
    print_largest(a);
    putchar('\n');
    cli_print_room_verdict("the group", a->memory_name, a->memory->capacity_bits,
                           a->room.needed_bits);
    return CLI_OK;
}

static bool is_given(const struct cli_args *args, int option) {
    const char *value = args->value[option], *unsaid = options[option].fallback;
    return value && !(unsaid && strcmp(value, unsaid) == 0);
}

// A file says its tiles and mappings: nothing of them is searched for.
static bool accept_options(struct cli *cli, const struct cli_args *args) {
    static const int of_groups[] = {TILE, TILES, COLUMNS, BYPASS, IMPERFECT};
    if (!args->value[GROUP] == !args->value[MAPPING]) {
        cli_error(cli, "one of --group and --mapping is needed");
        return false;
    }
    for (int i = 0; args->value[MAPPING] && i < CLI_COUNT_OF(of_groups); i++)
        if (is_given(args, of_groups[i])) {
            cli_error(cli, "--%s goes with --group: the mapping says it",
                      options[of_groups[i]].name);
            return false;
        }
    return true;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct asking a = {.cli = cli, .tile_rows = cli_count(args, TILE, 0)};
    if (!accept_options(cli, args))
        return CLI_USAGE;
    if (!cli_load_problem(cli, args->value[ARCH], args->value[WORKLOAD],
                          args->value[FORM], &a.problem) ||
        !shares(cli, a.problem.arch))
        return CLI_BAD_INPUT;
    if (!read_memory(&a, args->value[MEMORY]))
        return CLI_BAD_INPUT;
    if (args->value[MAPPING])
        return cli_why_not_file(cli, &a.problem, args->value[MAPPING], a.shared,
                                cli_wants_json(args, FORMAT));
    if (!read_group(&a, args->value[GROUP]) ||
        !cli_network_request(cli, &a.problem, &a.request))
        return CLI_BAD_INPUT;
    a.request.residency.free_bypass = args->value[BYPASS] != NULL;
    a.request.residency.padding_percent = cli_percent(args, IMPERFECT, 0);
    a.request.columns = args->value[COLUMNS] != NULL;
    a.request.tiles = a.tile_rows || cli_choice(args, options, TILES) == SDSE_TILES_ALL
                          ? SDSE_TILES_ALL
                          : SDSE_TILES_BALANCED;
    return answer(&a, cli_wants_json(args, FORMAT));
}

const struct cli_verb cli_verb_why_not = {
    .name = "why-not",
    .summary = "says what keeps layers from taking turns, and what memory admits them",
    .operands = {"", 0, 0},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Of all configurations of the group (rows of a tile, what is retained, whose\n"
        "weights are kept, a buffered input) the one that the smallest shared memory\n"
        "admits; its inputs and outputs are in the outermost memory. With --mapping "
        "each\n"
        "nest as the file maps it, and every one that does not fit term by term.",
    .example = "sdse why-not -a simba -w mobilenetv2 --group block1.dw..block1.project",
    .run = run,
};
