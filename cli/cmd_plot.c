// sdse plot: pictures of a results.db, drawn by gnuplot.
#include "results/look/plot/plot.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/plain_stdout.h"
#include "cli/plot_options.h"
#include "cli/plot_point.h"

struct drawing {
    struct cli *cli;
    const struct cli_args *args;
    struct sdse_reader *reader;
    struct cli_objectives objectives;
    struct sdse_filter filter;
    enum sdse_plot_theme theme;
};

static const char *picture_path(const struct drawing *drawing, const char *kind,
                                const char *name) {
    return cli_picture_path(drawing->cli, drawing->args->value[CLI_PLOT_OUTPUT], kind,
                            name, drawing->args->value[CLI_PLOT_TYPE]);
}

// "resnet50_energy-latency": a front of other objectives is another file.
static const char *front_name(const struct drawing *drawing, const char *network) {
    const char *name = network;
    for (unsigned k = 0; name && k < drawing->objectives.count; k++)
        name = sdse_arena_printf(drawing->cli->arena, "%s%c%s", name, k ? '-' : '_',
                                 sdse_metric_info(drawing->objectives.metric[k])->name);
    return name;
}

// apart: pictures of several sweeps are drawn, each is named after its own
static enum sdse_status draw_network(const struct drawing *drawing, const char *kind,
                                     struct sdse_filter filter, bool apart) {
    struct cli *cli = drawing->cli;
    const char *name =
        apart ? sdse_arena_printf(cli->arena, "%s_%s", filter.sweep, filter.workload)
              : filter.workload;
    if (name && strcmp(kind, "energy") != 0)
        name = front_name(drawing, name);
    const char *picture = name ? picture_path(drawing, kind, name) : NULL;
    if (!picture)
        return SDSE_NO_MEMORY;
    enum sdse_status status;
    if (strcmp(kind, "front") == 0) {
        struct sdse_front_plot plot = {
            .filter = filter,
            .objectives = drawing->objectives.count,
            .colour = drawing->args->value[CLI_PLOT_COLOUR],
            .shape = drawing->args->value[CLI_PLOT_SHAPE],
            .facet = drawing->args->value[CLI_PLOT_FACET],
            .label = drawing->args->value[CLI_PLOT_LABEL],
            .log = (enum sdse_plot_log)cli_choice(drawing->args, cli_plot_options,
                                                  CLI_PLOT_LOG),
            .theme = drawing->theme,
            .picture = picture,
            .rules = &cli->outputs};
        memcpy(plot.metric, drawing->objectives.metric, sizeof plot.metric);
        status = sdse_plot_front(drawing->reader, &plot, cli->arena, &cli->diags);
    } else if (strcmp(kind, "hypervolume") == 0) {
        struct sdse_hypervolume_plot plot = {
            .filter = filter,
            .objectives = drawing->objectives.count,
            .colour = drawing->args->value[CLI_PLOT_COLOUR],
            .facet = drawing->args->value[CLI_PLOT_FACET],
            .log = (enum sdse_plot_log)cli_choice(drawing->args, cli_plot_options,
                                                  CLI_PLOT_LOG),
            .theme = drawing->theme,
            .picture = picture,
            .rules = &cli->outputs};
        memcpy(plot.metric, drawing->objectives.metric, sizeof plot.metric);
        status = sdse_plot_hypervolume(drawing->reader, &plot, cli->arena, &cli->diags);
    } else {
        const struct sdse_energy_plot plot = {
            .filter = filter,
            .most_bars = cli_count(drawing->args, CLI_PLOT_BARS, 0),
            .label = drawing->args->value[CLI_PLOT_LABEL],
            .facet = drawing->args->value[CLI_PLOT_FACET],
            .theme = drawing->theme,
            .picture = picture,
            .rules = &cli->outputs};
        status = sdse_plot_energy(drawing->reader, &plot, cli->arena, &cli->diags);
    }
    if (status == SDSE_OK)
        puts(picture);
    return status;
}

// One picture per network; *drawn counts them.
static enum sdse_status draw_networks(const struct drawing *drawing, const char *kind,
                                      struct sdse_filter filter, bool apart,
                                      size_t *drawn) {
    struct cli *cli = drawing->cli;
    const char **networks;
    size_t count;
    enum sdse_status status = sdse_points_workloads(
        drawing->reader, &filter, cli->arena, &cli->diags, &networks, &count);
    for (size_t i = 0; status == SDSE_OK && i < count; i++) {
        filter.workload = networks[i];
        status = draw_network(drawing, kind, filter, apart);
        *drawn += status == SDSE_OK;
    }
    return status;
}

// Bars of several sweeps stay apart: the same design may be in more than one. A front
// is that of all points.
static enum sdse_status draw_sweeps(const struct drawing *drawing, const char *kind) {
    struct cli *cli = drawing->cli;
    struct sdse_filter filter = drawing->filter;
    const char **sweeps;
    size_t count, drawn = 0;
    enum sdse_status status =
        sdse_points_sweeps(drawing->reader, cli->arena, &cli->diags, &sweeps, &count);
    const bool apart =
        strcmp(kind, "energy") == 0 && !filter.sweep && status == SDSE_OK && count > 1;
    if (status == SDSE_OK && !apart)
        status = draw_networks(drawing, kind, filter, false, &drawn);
    for (size_t i = 0; apart && status == SDSE_OK && i < count; i++) {
        filter.sweep = sweeps[i];
        status = draw_networks(drawing, kind, filter, true, &drawn);
    }
    if (status != SDSE_OK || drawn)
        return status;
    cli_error(cli, "no point fits; `sdse status` shows what is there");
    return SDSE_INVALID;
}

static enum sdse_status draw_point(const struct drawing *drawing, const char *kind) {
    const char *const *value = drawing->args->value;
    const struct cli_point_plot plot = {
        .kind = kind,
        .point = value[CLI_PLOT_POINT],
        .layer = value[CLI_PLOT_LAYER],
        .folder = value[CLI_PLOT_OUTPUT],
        .type = value[CLI_PLOT_TYPE],
        .colour = value[CLI_PLOT_COLOUR],
        .shape = value[CLI_PLOT_SHAPE],
        .facet = value[CLI_PLOT_FACET],
        .label = value[CLI_PLOT_LABEL],
        .theme = drawing->theme,
        .log = (enum sdse_plot_log)cli_choice(drawing->args, cli_plot_options,
                                              CLI_PLOT_LOG)};
    return cli_plot_point(drawing->cli, drawing->reader, &plot);
}

static enum sdse_status draw_gains(const struct drawing *drawing, const char *kind) {
    (void)kind;
    const char *const *value = drawing->args->value;
    const struct sdse_gain_plot plot = {
        .filter = drawing->filter,
        .over_arch = value[CLI_PLOT_OVER],
        .over_form = value[CLI_PLOT_OVER_FORM],
        .colour = value[CLI_PLOT_COLOUR],
        .theme = drawing->theme,
        .picture = picture_path(drawing, "gain", value[CLI_PLOT_OVER]),
        .rules = &drawing->cli->outputs};
    if (!plot.picture)
        return SDSE_NO_MEMORY;
    const enum sdse_status status = sdse_plot_gain(
        drawing->reader, &plot, drawing->cli->arena, &drawing->cli->diags);
    if (status == SDSE_OK)
        puts(plot.picture);
    return status;
}

// One picture for each network that was trained.
static enum sdse_status draw_learning(const struct drawing *drawing, const char *kind) {
    (void)kind;
    struct cli *cli = drawing->cli;
    const char **networks;
    size_t count;
    enum sdse_status status =
        sdse_plot_trained(drawing->reader, cli->arena, &cli->diags, &networks, &count);
    const char *only = drawing->args->value[CLI_PLOT_SELECTION + CLI_SELECT_WORKLOAD];
    size_t drawn = 0;
    for (size_t i = 0; status == SDSE_OK && i < count; i++) {
        if (only && strcmp(networks[i], only) != 0)
            continue;
        const struct sdse_learning_plot plot = {
            .network = networks[i],
            .colour = drawing->args->value[CLI_PLOT_COLOUR],
            .shape = drawing->args->value[CLI_PLOT_SHAPE],
            .log = (enum sdse_plot_log)cli_choice(drawing->args, cli_plot_options,
                                                  CLI_PLOT_LOG),
            .theme = drawing->theme,
            .picture = picture_path(drawing, "learning", networks[i]),
            .rules = &cli->outputs};
        if (!plot.picture)
            return SDSE_NO_MEMORY;
        status = sdse_plot_learning(drawing->reader, &plot, cli->arena, &cli->diags);
        if (status == SDSE_OK)
            puts(plot.picture);
        drawn++;
    }
    if (status != SDSE_OK || drawn)
        return status;
    if (only && count) {
        const char *nearest = sdse_nearest(only, networks, count);
        cli_error(cli, "%s: no training of a network '%s'%s%s%s",
                  drawing->args->operands[1], only, nearest ? "; nearest: '" : "",
                  nearest ? nearest : "", nearest ? "'" : "");
    } else {
        cli_error(cli, "%s: no training is there; `sdse train -d` adds some",
                  drawing->args->operands[1]);
    }
    return SDSE_INVALID;
}

// ---- kinds ----

enum of { OF_POINTS, OF_POINT, OF_LAYER, OF_BASE };

static const struct kind {
    const char *name;
    enum of of;
    enum sdse_status (*draw)(const struct drawing *drawing, const char *kind);
} kinds[] = {
    {"front", OF_POINTS, draw_sweeps},       {"energy", OF_POINTS, draw_sweeps},
    {"hypervolume", OF_POINTS, draw_sweeps}, {"gain", OF_BASE, draw_gains},
    {"learning", OF_POINTS, draw_learning},  {"layers", OF_POINT, draw_point},
    {"bottleneck", OF_POINT, draw_point},    {"utilisation", OF_POINT, draw_point},
    {"roofline", OF_POINT, draw_point},      {"mapping", OF_LAYER, draw_point},
    {"gantt", OF_LAYER, draw_point},         {"words", OF_POINT, draw_point},
};

static const struct kind *find_kind(const char *name) {
    for (int i = 0; i < CLI_COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static bool accept_kind(struct cli *cli, const struct cli_args *args,
                        const struct cli_objectives *objectives) {
    const struct kind *kind = find_kind(args->operands[0]);
    if (!kind) {
        const char *list = "";
        for (int i = 0; list && i < CLI_COUNT_OF(kinds); i++)
            list = sdse_arena_printf(cli->arena, "%s%s%s", list,
                                     i + 1 == CLI_COUNT_OF(kinds) ? " or "
                                     : i                          ? ", "
                                                                  : "",
                                     kinds[i].name);
        cli_error(cli, "cannot plot '%s': expected %s", args->operands[0],
                  list ? list : "");
        return false;
    }
    if (!cli_plot_accepts(cli, args, kind->name))
        return false;
    if (kind->of == OF_BASE && !args->value[CLI_PLOT_OVER]) {
        cli_error(cli, "gain over which accelerator? Add --over ARCH");
        return false;
    }
    if ((kind->of == OF_POINT || kind->of == OF_LAYER) &&
        !args->value[CLI_PLOT_POINT]) {
        cli_error(
            cli,
            "%s of which design point? Add -p ID; `sdse pareto` and v_point number "
            "them",
            kind->name);
        return false;
    }
    if (kind->of == OF_LAYER && !args->value[CLI_PLOT_LAYER]) {
        cli_error(cli,
                  "%s of which layer? Add -l NAME; `sdse show point` lists the layers",
                  kind->name);
        return false;
    }
    if (args->value[CLI_PLOT_FACET] && objectives->count > 2) {
        cli_error(cli,
                  "--facet makes panels of two objectives: three are three panels");
        return false;
    }
    return true;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct drawing drawing = {.cli = cli,
                              .args = args,
                              .theme = (enum sdse_plot_theme)cli_choice(
                                  args, cli_plot_options, CLI_PLOT_THEME)};
    if (!cli_parse_objectives(cli, args->value[CLI_PLOT_OBJECTIVES],
                              &drawing.objectives) ||
        !accept_kind(cli, args, &drawing.objectives) ||
        !cli_parse_selection(cli, args, CLI_PLOT_SELECTION, &drawing.filter))
        return CLI_USAGE;
    enum cli_exit status;
    cli->outputs.force = args->value[CLI_PLOT_FORCE] != NULL;
    drawing.reader = cli_open_results(cli, args->operands[1], &status);
    if (!drawing.reader)
        return status;
    status = CLI_SYSTEM;
    if (cli_make_folder(cli, args->value[CLI_PLOT_OUTPUT]) == SDSE_OK)
        status = cli_finish(
            cli, find_kind(args->operands[0])->draw(&drawing, args->operands[0]));
    sdse_reader_close(drawing.reader);
    return status;
}

const struct cli_verb cli_verb_plot = {
    .name = "plot",
    .summary = "draws fronts, energies, rooflines and mappings",
    .operands = {"front|energy|hypervolume|gain|learning|layers|bottleneck|utilisation|"
                 "roofline|mapping|gantt|words RESULTS.db",
                 2, 2},
    .options = cli_plot_options,
    .option_count = CLI_PLOT_OPTIONS,
    .notes =
        "front        all points in two or three objectives with their front and knee, "
        "one picture per network\n"
        "energy       energy of each point, stacked by component, one picture per "
        "network and sweep\n"
        "hypervolume  how the front grew with the points: those of a search in the "
        "order of its evaluations,\n"
        "             others in the order they were stored\n"
        "gain         energy, time and traffic of the outermost memory of --over ARCH "
        "over those of each design,\n"
        "             for each network, in one picture\n"
        "learning     accuracy of each training (`sdse train -d`) over epochs and bits "
        "moved\n"
        "layers       of one point (-p): energy of each layer; fused ones are left "
        "out\n"
        "bottleneck   of one point: latency of each layer by what sets it\n"
        "utilisation  of one point: what the multipliers do while each layer runs\n"
        "roofline     of one point: what each layer attains, below peak and bandwidth\n"
        "words        of one point: words of the outermost memory for each layer, "
        "beside its like without\n"
        "             sharing, with tensors that may stay, with layers that take "
        "turns\n"
        "mapping      of one layer (-p, -l): its loops and what each memory holds; "
        "SVG\n"
        "gantt        of one layer: fills, computing, transfers and drains over its "
        "cycles; of one that takes turns\n"
        "             the nests of its group, and what each memory holds that shares\n"
        "The gnuplot script, PICTURE.gp, stays beside each picture; it holds its data "
        "and can be run alone.",
    .example = "sdse plot front results.db --objectives energy,latency,area -o plots",
    .run = run,
};
