// sdse compare: two design points, two sweeps or two files beside each other.
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/compare_inputs.h"
#include "cli/compare_report.h"
#include "cli/compare_sides.h"
#include "cli/inputs.h"
#include "cli/plain_stdout.h"
#include "cli/selection.h"
#include "results/look/plot/plot_compare.h"

enum {
    OBJECTIVES,
    ROWS,
    SELECTION,
    OUTPUT = SELECTION + CLI_SELECT_OPTIONS,
    THEME,
    FORCE,
    FORMAT
};

static const struct cli_option options[] = {
    [OBJECTIVES] = CLI_OPTION_OBJECTIVES,
    [ROWS] = {"rows", 'n', CLI_COUNT, "N", "table: at most so many rows of a kind",
              "12", false},
    CLI_SELECTION_ROWS(SELECTION),
    [OUTPUT] = {"output", 'o', CLI_TEXT, "PICTURE",
                "draw it, too: a .png, .svg or .pdf; one for each network", NULL,
                false},
    [THEME] = {"theme", 0, CLI_CHOICE, "light|dark", "the picture's ground", "light",
               false},
    [FORCE] = CLI_OPTION_FORCE,
    [FORMAT] = CLI_OPTION_FORMAT,
};

// ---- for machines ----

static enum cli_exit print_rows(struct cli *cli, const char *const files[SDSE_SIDES],
                                const char *const what[SDSE_SIDES],
                                const struct sdse_table *table,
                                enum sdse_table_format format) {
    struct sdse_json json;
    if (format != SDSE_TABLE_JSON)
        return cli_print_table(cli, table, format);
    sdse_json_begin(&json, "sdse.compare/1", stdout);
    for (int side = 0; side < SDSE_SIDES; side++) {
        sdse_json_object(&json, side == SDSE_A ? "a" : "b");
        sdse_json_text(&json, "file", files[side]);
        sdse_json_text(&json, "what", what[side]);
        sdse_json_close(&json);
    }
    sdse_json_rows(&json, "differences", table);
    return cli_end_json(cli, &json);
}

// ---- two points ----

static const char *point_title(struct cli *cli, const struct sdse_stored_point *point) {
    const char *text = sdse_arena_printf(cli->arena, "%s/%s/%s", point->workload_name,
                                         point->arch_name, point->form_name);
    for (size_t i = 0; text && i < point->parameter_count; i++)
        text = sdse_arena_printf(cli->arena, "%s/%s=%s", text,
                                 point->parameters[i].path, point->parameters[i].value);
    return text ? text : "";
}

static void print_side(char side, const char *file, const char *what) {
    printf("%c  %s: %s\n", side, file, what);
}

static enum cli_exit print_points(struct cli *cli, const struct cli_args *args,
                                  const struct cli_sides *sides,
                                  const struct sdse_stored_point *point,
                                  const struct sdse_comparison *comparison,
                                  const struct sdse_differences *parameters) {
    const enum sdse_table_format format = cli_table_format(args, FORMAT);
    const char *what[SDSE_SIDES];
    for (int side = 0; side < SDSE_SIDES; side++) {
        const struct sdse_stored_point *its = &point[side];
        what[side] = sdse_arena_printf(
            cli->arena, "point %" PRId64 ", %s%s%s", its->id, point_title(cli, its),
            its->reason ? "; no figures: " : "", its->reason ? its->reason : "");
        if (!what[side])
            return cli_finish(cli, SDSE_NO_MEMORY);
    }
    if (format == SDSE_TABLE_CSV || format == SDSE_TABLE_JSON) {
        struct sdse_table *table = cli_compare_new_table(cli->arena);
        for (int part = 0; part < SDSE_COMPARE_PARTS; part++)
            cli_compare_add(table, NULL, &comparison->part[part]);
        cli_compare_add(table, NULL, parameters);
        return print_rows(cli, sides->file, what, table, format);
    }
    for (int side = 0; side < SDSE_SIDES; side++)
        print_side((char)('A' + side), sides->file[side], what[side]);
    return cli_compare_print_points(cli, comparison, parameters,
                                    cli_count(args, ROWS, 0), format);
}

static enum cli_exit compare_points(struct cli *cli, const struct cli_args *args,
                                    const struct cli_sides *sides) {
    struct sdse_stored_point point[SDSE_SIDES];
    int64_t id[SDSE_SIDES];
    enum sdse_status status = SDSE_OK;
    for (int side = 0; status == SDSE_OK && side < SDSE_SIDES; side++) {
        status = sdse_stored_point_find(sides->reader[side], sides->point[side],
                                        &cli->diags, &id[side]);
        if (status == SDSE_OK)
            status = sdse_stored_point_load(sides->reader[side], id[side], cli->arena,
                                            &cli->diags, &point[side]);
    }
    struct sdse_comparison comparison;
    struct sdse_differences parameters;
    if (status == SDSE_OK)
        status = sdse_compare_points(sides->reader, id, cli->arena, &cli->diags,
                                     &comparison);
    if (status == SDSE_OK)
        status = cli_compare_parameters(cli, sides->reader, point, &parameters);
    if (status == SDSE_OK && args->value[OUTPUT])
        status = sdse_plot_compare_points(
            &(struct sdse_compare_points_plot){
                .comparison = &comparison,
                .title = {point_title(cli, &point[SDSE_A]),
                          point_title(cli, &point[SDSE_B])},
                .theme = (enum sdse_plot_theme)cli_choice(args, options, THEME),
                .picture = args->value[OUTPUT],
                .rules = &cli->outputs},
            cli->arena, &cli->diags);
    return status == SDSE_OK
               ? print_points(cli, args, sides, point, &comparison, &parameters)
               : cli_finish(cli, status);
}

// ---- two sets of points ----

// Of all points of a side.
struct networks {
    const char **name[SDSE_SIDES];
    size_t count[SDSE_SIDES];
};

static bool has(const struct networks *networks, int side, const char *name) {
    return sdse_is_among(name, networks->name[side], networks->count[side]);
}

static size_t networks_of_both(const struct networks *networks) {
    size_t count = 0;
    for (size_t i = 0; i < networks->count[SDSE_A]; i++)
        count += has(networks, SDSE_B, networks->name[SDSE_A][i]);
    return count;
}

static void print_networks_of_one(const struct networks *networks) {
    for (int side = 0; side < SDSE_SIDES; side++) {
        size_t alone = 0;
        for (size_t i = 0; i < networks->count[side]; i++) {
            const char *name = networks->name[side][i];
            if (has(networks, !side, name))
                continue;
            if (alone++)
                printf(", %s", name);
            else
                printf("\nonly %c has: %s", 'A' + side, name);
        }
        if (alone)
            putchar('\n');
    }
}

static enum sdse_status list_networks(struct cli *cli, const struct cli_sides *sides,
                                      struct networks *networks) {
    for (int side = 0; side < SDSE_SIDES; side++) {
        const enum sdse_status status = sdse_points_workloads(
            sides->reader[side], &sides->filter[side], cli->arena, &cli->diags,
            &networks->name[side], &networks->count[side]);
        if (status != SDSE_OK)
            return status;
    }
    if (networks_of_both(networks))
        return SDSE_OK;
    for (int side = 0; side < SDSE_SIDES; side++)
        if (networks->count[side] == 0) {
            cli_error(cli, "no point of %c fits; `sdse status` shows what is there",
                      'A' + side);
            return SDSE_INVALID;
        }
    cli_error(cli, "no network is in both: `sdse status` shows what is there");
    return SDSE_INVALID;
}

static const char *set_title(struct cli *cli, const struct sdse_filter *filter) {
    if (!filter->sweep)
        return "all points that nothing supersedes";
    return filter->sweep_version
               ? sdse_arena_printf(cli->arena, "sweep %s, version %" PRIu64,
                                   filter->sweep, filter->sweep_version)
               : sdse_arena_printf(cli->arena, "sweep %s", filter->sweep);
}

// "cmp.png" -> "cmp_resnet50.png" where several networks are drawn.
static const char *picture_of(struct cli *cli, const char *picture, const char *network,
                              size_t networks) {
    const char *dot = strrchr(picture, '.'), *slash = strrchr(picture, '/');
    if (networks == 1 || !dot || (slash && dot < slash))
        return picture;
    char *name = sdse_arena_strdup(cli->arena, network);
    if (!name)
        return NULL;
    cli_plain_name(name, "/\\ :*?\"<>|");
    return sdse_arena_printf(cli->arena, "%.*s_%s%s", (int)(dot - picture), picture,
                             name, dot);
}

static enum sdse_status draw_fronts(struct cli *cli, const struct cli_args *args,
                                    const struct cli_sides *sides,
                                    const struct sdse_fronts *fronts, size_t networks) {
    struct sdse_compare_fronts_plot plot = {
        .fronts = fronts,
        .theme = (enum sdse_plot_theme)cli_choice(args, options, THEME),
        .picture = picture_of(cli, args->value[OUTPUT], fronts->network, networks),
        .rules = &cli->outputs};
    const bool one_file = sides->file[SDSE_A] == sides->file[SDSE_B];
    for (int side = 0; side < SDSE_SIDES; side++) {
        const char *set = set_title(cli, &sides->filter[side]);
        plot.title[side] =
            one_file ? set
            : sides->filter[side].sweep
                ? sdse_arena_printf(cli->arena, "%s, %s", sides->file[side], set)
                : sides->file[side];
        if (!plot.title[side])
            return SDSE_NO_MEMORY;
    }
    return plot.picture ? sdse_plot_compare_fronts(&plot, cli->arena, &cli->diags)
                        : SDSE_NO_MEMORY;
}

static enum cli_exit compare_networks(struct cli *cli, const struct cli_args *args,
                                      const struct cli_sides *sides,
                                      const struct cli_objectives *objectives,
                                      const struct networks *networks,
                                      const struct sdse_differences *settings) {
    const enum sdse_table_format format = cli_table_format(args, FORMAT);
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    const size_t most = cli_count(args, ROWS, 0);
    const size_t both = networks_of_both(networks);
    struct sdse_table *table = cli_compare_new_table(cli->arena);
    cli_compare_add(table, NULL, settings);
    for (int side = 0; people && side < SDSE_SIDES; side++)
        print_side((char)('A' + side), sides->file[side],
                   set_title(cli, &sides->filter[side]));
    for (size_t i = 0; i < networks->count[SDSE_A]; i++) {
        const char *name = networks->name[SDSE_A][i];
        if (!has(networks, SDSE_B, name))
            continue;
        struct sdse_fronts fronts;
        struct sdse_filter filter[SDSE_SIDES] = {sides->filter[SDSE_A],
                                                 sides->filter[SDSE_B]};
        filter[SDSE_A].workload = filter[SDSE_B].workload = name;
        enum sdse_status status =
            sdse_compare_fronts(sides->reader, filter, objectives->metric,
                                objectives->count, cli->arena, &cli->diags, &fronts);
        if (status == SDSE_OK && args->value[OUTPUT])
            status = draw_fronts(cli, args, sides, &fronts, both);
        if (status != SDSE_OK)
            return cli_finish(cli, status);
        if (!people) {
            cli_compare_add_fronts(table, &fronts, cli->arena);
            continue;
        }
        const enum cli_exit printed =
            cli_compare_print_fronts(cli, &fronts, most, format);
        if (printed != CLI_OK)
            return printed;
    }
    if (!people)
        return print_rows(cli, sides->file,
                          (const char *const[]){set_title(cli, &sides->filter[SDSE_A]),
                                                set_title(cli, &sides->filter[SDSE_B])},
                          table, format);
    print_networks_of_one(networks);
    return cli_compare_print_settings(cli, settings, most, format);
}

// The sweep that a side is: the one named, or the only one of its file. *text is NULL
// if it is none.
static enum sdse_status find_sweep(struct cli *cli, struct sdse_reader *reader,
                                   struct sdse_filter filter, const char **name,
                                   const char **text) {
    const char **names;
    size_t count;
    *name = *text = NULL;
    enum sdse_status status =
        sdse_points_sweeps(reader, cli->arena, &cli->diags, &names, &count);
    if (status == SDSE_OK && !filter.sweep && count == 1)
        filter.sweep = names[0];
    if (status != SDSE_OK || !filter.sweep)
        return status;
    *name = filter.sweep;
    return sdse_points_sweep_text(reader, &filter, cli->arena, &cli->diags, text);
}

static enum cli_exit compare_sets(struct cli *cli, const struct cli_args *args,
                                  const struct cli_sides *sides,
                                  const struct cli_objectives *objectives) {
    struct networks networks;
    struct cli_compared_text sweeps = {.what = "sweep"};
    struct sdse_differences settings;
    enum sdse_status status = list_networks(cli, sides, &networks);
    for (int side = 0; status == SDSE_OK && side < SDSE_SIDES; side++)
        status = find_sweep(cli, sides->reader[side], sides->filter[side],
                            &sweeps.name[side], &sweeps.text[side]);
    const bool known = sweeps.text[SDSE_A] && sweeps.text[SDSE_B];
    if (status == SDSE_OK)
        status =
            cli_compare_settings(cli, sides->reader, known ? &sweeps : NULL, &settings);
    return status == SDSE_OK
               ? compare_networks(cli, args, sides, objectives, &networks, &settings)
               : cli_finish(cli, status);
}

// ---- the verb ----

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct cli_sides sides;
    struct cli_objectives objectives;
    if (!cli_accept_sides(cli, args, options, SELECTION, &sides) ||
        !cli_parse_objectives(cli, args->value[OBJECTIVES], &objectives))
        return CLI_USAGE;
    // A value that was given is none of the table's.
    if (args->value[THEME] != options[THEME].fallback && !args->value[OUTPUT]) {
        cli_error(cli, "--theme is a picture's: name one with -o");
        return CLI_USAGE;
    }
    enum cli_exit status;
    cli->outputs.force = args->value[FORCE] != NULL;
    sides.reader[SDSE_A] = cli_open_results(cli, sides.file[SDSE_A], &status);
    if (!sides.reader[SDSE_A])
        return status;
    const bool one_file = sides.file[SDSE_A] == sides.file[SDSE_B];
    sides.reader[SDSE_B] = one_file
                               ? sides.reader[SDSE_A]
                               : cli_open_results(cli, sides.file[SDSE_B], &status);
    if (sides.reader[SDSE_B])
        status = sides.point[SDSE_A] ? compare_points(cli, args, &sides)
                                     : compare_sets(cli, args, &sides, &objectives);
    if (!one_file)
        sdse_reader_close(sides.reader[SDSE_B]);
    sdse_reader_close(sides.reader[SDSE_A]);
    return status;
}

const struct cli_verb cli_verb_compare = {
    .name = "compare",
    .summary = "lays two points, two sweeps or two files side by side",
    .operands = {"A.db [B.db] [POINT [POINT]]", 1, 4},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "A.db POINT POINT     two points of a file: their number, their hash, or\n"
        "                     NETWORK/ACCELERATOR/FORM[/PATH=VALUE...]\n"
        "A.db B.db POINT      the point of that name in both files; or of a name each\n"
        "A.db B.db            the fronts and designs of two files, network by network\n"
        "A.db --sweep X,Y     of two sweeps of a file; X@1,X@2 are versions of one\n"
        "Differences are B - A, the largest first. What is equal is counted, not "
        "shown;\ncsv and json have it all. Both hypervolumes are below one reference "
        "point, 1.1 times\nthe worst value of both fronts in each objective.",
    .example = "sdse compare results.db 12 57",
    .run = run,
};
