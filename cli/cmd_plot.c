// sdse plot: pictures of a results.db, drawn by gnuplot.
#include "results/look/plot/plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/plain_stdout.h"
#include "cli/plot_point.h"
#include "cli/selection.h"

enum {
    OUTPUT,
    TYPE,
    OBJECTIVES,
    COLOUR,
    SHAPE,
    FACET,
    LABEL,
    LOG,
    THEME,
    POINT,
    LAYER,
    BARS,
    SELECTION,
    OVER = SELECTION + CLI_SELECT_OPTIONS,
    OVER_FORM,
    FORCE
};

static const struct cli_option options[] = {
    [OUTPUT] = {"output", 'o', CLI_TEXT, "DIR", "where pictures go; made if missing",
                "plots", false},
    [TYPE] = {"type", 't', CLI_CHOICE, "png|svg|pdf", "kind of picture", "png", false},
    [OBJECTIVES] = CLI_OPTION_OBJECTIVES,
    [COLOUR] =
        {"colour", 'c', CLI_TEXT, "PATH",
         "front: the parameter that colours stand for: network, arch, form, sweep, "
         "objective, the path of an override, or a key of a weight form "
         "(sd.sparsity)",
         "arch", false},
    [SHAPE] = {"shape", 0, CLI_TEXT, "PATH",
               "front: that of shapes; as colours if not given", NULL, false},
    [FACET] = {"facet", 0, CLI_TEXT, "PATH",
               "front of two objectives: a panel for each of its values", NULL, false},
    [LABEL] = {"label", 0, CLI_TEXT, "PATH",
               "front: written beside points of the front, where there is room", NULL,
               false},
    [LOG] = {"log", 0, CLI_CHOICE, "auto|none|x|y|xy",
             "front, hypervolume, roofline: logarithmic axes; auto: over two decades, "
             "a roofline always",
             "auto", false},
    [THEME] = {"theme", 0, CLI_CHOICE, "light|dark", "the picture's ground", "light",
               false},
    [POINT] = {"point", 'p', CLI_TEXT, "POINT",
               "which design point: its number, its hash, or NETWORK/ACCELERATOR/FORM",
               NULL, false},
    [LAYER] = {"layer", 'l', CLI_TEXT, "NAME", "mapping, gantt: of which layer", NULL,
               false},
    [BARS] = {"bars", 'n', CLI_COUNT, "N", "energy: at most so many points", "30",
              false},
    CLI_SELECTION_ROWS(SELECTION),
    [OVER] = {"over", 0, CLI_TEXT, "ARCH", "gain: the accelerator that is the base",
              NULL, false},
    [OVER_FORM] = {"over-form", 0, CLI_TEXT, "NAME", "gain: the base's weight form",
                   NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
};

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
    return cli_picture_path(drawing->cli, drawing->args->value[OUTPUT], kind, name,
                            drawing->args->value[TYPE]);
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
            .colour = drawing->args->value[COLOUR],
            .shape = drawing->args->value[SHAPE],
            .facet = drawing->args->value[FACET],
            .label = drawing->args->value[LABEL],
            .log = (enum sdse_plot_log)cli_choice(drawing->args, options, LOG),
            .theme = drawing->theme,
            .picture = picture,
            .rules = &cli->outputs};
        memcpy(plot.metric, drawing->objectives.metric, sizeof plot.metric);
        status = sdse_plot_front(drawing->reader, &plot, cli->arena, &cli->diags);
    } else if (strcmp(kind, "hypervolume") == 0) {
        struct sdse_hypervolume_plot plot = {
            .filter = filter,
            .objectives = drawing->objectives.count,
            .log = (enum sdse_plot_log)cli_choice(drawing->args, options, LOG),
            .theme = drawing->theme,
            .picture = picture,
            .rules = &cli->outputs};
        memcpy(plot.metric, drawing->objectives.metric, sizeof plot.metric);
        status = sdse_plot_hypervolume(drawing->reader, &plot, cli->arena, &cli->diags);
    } else {
        const struct sdse_energy_plot plot = {.filter = filter,
                                              .most_bars =
                                                  cli_count(drawing->args, BARS, 0),
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
        .point = value[POINT],
        .layer = value[LAYER],
        .folder = value[OUTPUT],
        .type = value[TYPE],
        .theme = drawing->theme,
        .log = (enum sdse_plot_log)cli_choice(drawing->args, options, LOG)};
    return cli_plot_point(drawing->cli, drawing->reader, &plot);
}

static enum sdse_status draw_gains(const struct drawing *drawing, const char *kind) {
    (void)kind;
    const char *const *value = drawing->args->value;
    const struct sdse_gain_plot plot = {.filter = drawing->filter,
                                        .over_arch = value[OVER],
                                        .over_form = value[OVER_FORM],
                                        .theme = drawing->theme,
                                        .picture =
                                            picture_path(drawing, "gain", value[OVER]),
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
    for (size_t i = 0; status == SDSE_OK && i < count; i++) {
        const struct sdse_learning_plot plot = {
            .network = networks[i],
            .theme = drawing->theme,
            .picture = picture_path(drawing, "learning", networks[i]),
            .rules = &cli->outputs};
        if (!plot.picture)
            return SDSE_NO_MEMORY;
        status = sdse_plot_learning(drawing->reader, &plot, cli->arena, &cli->diags);
        if (status == SDSE_OK)
            puts(plot.picture);
    }
    if (status != SDSE_OK || count)
        return status;
    cli_error(cli, "%s: no training is there; `sdse train -d` adds some",
              drawing->args->operands[1]);
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
    {"gantt", OF_LAYER, draw_point},
};

static const struct kind *find_kind(const char *name) {
    for (int i = 0; i < CLI_COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static bool make_directory(struct cli *cli, const char *path) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    cli_error_errno(cli, path, errno);
    return false;
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
    if (kind->of == OF_BASE && !args->value[OVER]) {
        cli_error(cli, "gain over which accelerator? Add --over ARCH");
        return false;
    }
    if ((kind->of == OF_POINT || kind->of == OF_LAYER) && !args->value[POINT]) {
        cli_error(
            cli,
            "%s of which design point? Add -p ID; `sdse pareto` and v_point number "
            "them",
            kind->name);
        return false;
    }
    if (kind->of == OF_LAYER && !args->value[LAYER]) {
        cli_error(cli,
                  "%s of which layer? Add -l NAME; `sdse show point` lists the layers",
                  kind->name);
        return false;
    }
    if (args->value[FACET] && objectives->count > 2) {
        cli_error(cli,
                  "--facet makes panels of two objectives: three are three panels");
        return false;
    }
    return true;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct drawing drawing = {
        .cli = cli,
        .args = args,
        .theme = (enum sdse_plot_theme)cli_choice(args, options, THEME)};
    if (!cli_parse_objectives(cli, args->value[OBJECTIVES], &drawing.objectives) ||
        !accept_kind(cli, args, &drawing.objectives) ||
        !cli_parse_selection(cli, args, SELECTION, &drawing.filter))
        return CLI_USAGE;
    enum cli_exit status;
    cli->outputs.force = args->value[FORCE] != NULL;
    drawing.reader = cli_open_results(cli, args->operands[1], &status);
    if (!drawing.reader)
        return status;
    status = CLI_SYSTEM;
    if (make_directory(cli, args->value[OUTPUT]))
        status = cli_finish(
            cli, find_kind(args->operands[0])->draw(&drawing, args->operands[0]));
    sdse_reader_close(drawing.reader);
    return status;
}

const struct cli_verb cli_verb_plot = {
    .name = "plot",
    .summary = "draws fronts, energies, rooflines and mappings",
    .operands = {"front|energy|hypervolume|gain|learning|layers|bottleneck|utilisation|"
                 "roofline|mapping|gantt RESULTS.db",
                 2, 2},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "front        all points in two or three objectives with their front and knee, "
        "one picture per network\n"
        "energy       energy of each point, stacked by component, one picture per "
        "network and sweep\n"
        "hypervolume  how the front grew with the points, in the order they were "
        "stored\n"
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
        "mapping      of one layer (-p, -l): its loops and what each memory holds; "
        "SVG, "
        "whatever -t says\n"
        "gantt        of one layer: fills, computing, transfers and drains over its "
        "cycles\n"
        "The gnuplot script, PICTURE.gp, stays beside each picture; it holds its data "
        "and can be run alone.",
    .example = "sdse plot front results.db --objectives energy,latency,area -o plots",
    .run = run,
};
