#include "cli/plot_options.h"

#include <string.h>

const struct cli_option cli_plot_options[CLI_PLOT_OPTIONS] = {
    [CLI_PLOT_OUTPUT] = {"output", 'o', CLI_TEXT, "DIR",
                         "where pictures go; made if missing", "plots", false},
    [CLI_PLOT_TYPE] = {"type", 't', CLI_CHOICE, "png|svg|pdf", "kind of picture", "png",
                       false},
    [CLI_PLOT_OBJECTIVES] = CLI_OPTION_OBJECTIVES,
    [CLI_PLOT_COLOUR] =
        {"colour", 'c', CLI_TEXT, "PATH",
         "front, hypervolume, gain, roofline, learning: the parameter that colours "
         "stand for; of points network, arch, form, sweep, objective, the path of an "
         "override, or a key of a weight form (sd.sparsity) [front: arch]",
         NULL, false},
    [CLI_PLOT_SHAPE] = {"shape", 0, CLI_TEXT, "PATH",
                        "front, roofline, learning: that of shapes; as colours if not "
                        "given",
                        NULL, false},
    [CLI_PLOT_FACET] = {"facet", 0, CLI_TEXT, "PATH",
                        "front of two objectives, hypervolume, roofline: a panel for "
                        "each of its values; energy, layers, bottleneck, utilisation: "
                        "its bars together",
                        NULL, false},
    [CLI_PLOT_LABEL] = {"label", 0, CLI_TEXT, "PATH",
                        "front, roofline: written beside points, where there is room; "
                        "energy: what bars are called; layers, bottleneck, "
                        "utilisation: written after the layer",
                        NULL, false},
    [CLI_PLOT_LOG] = {"log", 0, CLI_CHOICE, "auto|none|x|y|xy",
                      "front, hypervolume, roofline, learning: logarithmic axes; auto: "
                      "over two decades, a roofline and what trainings move always",
                      "auto", false},
    [CLI_PLOT_THEME] = {"theme", 0, CLI_CHOICE, "light|dark", "the picture's ground",
                        "light", false},
    [CLI_PLOT_POINT] = {"point", 'p', CLI_TEXT, "POINT",
                        "which design point: its number, its hash, or "
                        "NETWORK/ACCELERATOR/FORM",
                        NULL, false},
    [CLI_PLOT_LAYER] = {"layer", 'l', CLI_TEXT, "NAME",
                        "mapping, gantt: of which layer", NULL, false},
    [CLI_PLOT_BARS] = {"bars", 'n', CLI_COUNT, "N", "energy: at most so many points",
                       "30", false},
    CLI_SELECTION_ROWS(CLI_PLOT_SELECTION),
    [CLI_PLOT_OVER] = {"over", 0, CLI_TEXT, "ARCH",
                       "gain: the accelerator that is the base", NULL, false},
    [CLI_PLOT_OVER_FORM] = {"over-form", 0, CLI_TEXT, "NAME",
                            "gain: the base's weight form", NULL, false},
    [CLI_PLOT_FORCE] = CLI_OPTION_FORCE,
};

// ---- what has no use where ----

#define OF_POINT "layers bottleneck utilisation roofline mapping gantt words"
#define OF_LAYER "mapping gantt"

// From `option` to `last` (0: that one alone), for these kinds.
static const struct refusal {
    int option, last;
    const char *kinds, *why;
} refusals[] = {
    {CLI_PLOT_OBJECTIVES, 0, "energy gain learning " OF_POINT,
     "only front and hypervolume have objectives"},
    {CLI_PLOT_COLOUR, 0, "energy layers",
     "its colours are the components of the energy"},
    {CLI_PLOT_COLOUR, 0, "bottleneck", "its colours are what sets the latency"},
    {CLI_PLOT_COLOUR, 0, "utilisation", "its colours are what the multipliers do"},
    {CLI_PLOT_COLOUR, 0, "words", "its colours are the points"},
    {CLI_PLOT_FACET, 0, "words", "it has one panel"},
    {CLI_PLOT_LABEL, 0, "words", "its bars are named by their layers"},
    {CLI_PLOT_COLOUR, 0, "mapping", "its colours are the memories and the tensors"},
    {CLI_PLOT_COLOUR, 0, "gantt", "its colours are what fills, computes and moves"},
    {CLI_PLOT_SHAPE, 0, "energy gain layers bottleneck utilisation gantt words",
     "bars have no shape"},
    {CLI_PLOT_SHAPE, 0, "hypervolume",
     "its curves are told apart by --colour, each with a shape of its own"},
    {CLI_PLOT_SHAPE, 0, "mapping", "it has no points"},
    {CLI_PLOT_FACET, 0, "gain", "its panels are energy, time and traffic"},
    {CLI_PLOT_FACET, 0, "learning", "its panels are what accuracy is drawn over"},
    {CLI_PLOT_FACET, 0, OF_LAYER, "it is of one layer, which has one value"},
    {CLI_PLOT_LABEL, 0, "hypervolume learning", "curves are named in the legend"},
    {CLI_PLOT_LABEL, 0, "gain", "its bars have their gain as label"},
    {CLI_PLOT_LABEL, 0, OF_LAYER, "it is of one layer, which has one value"},
    {CLI_PLOT_LOG, 0, "energy gain layers bottleneck utilisation words",
     "bars begin at zero, for which a logarithm has no place"},
    {CLI_PLOT_LOG, 0, "mapping", "it has no axes"},
    {CLI_PLOT_LOG, 0, "gantt",
     "its cycles begin at zero, for which a logarithm has no "
     "place"},
    {CLI_PLOT_POINT, 0, "front energy hypervolume gain",
     "it is of many points; --where \"point_id = 3\" takes one"},
    {CLI_PLOT_POINT, 0, "learning", "it is of trainings"},
    {CLI_PLOT_LAYER, 0, "front energy hypervolume gain learning",
     "only mapping and gantt are of one layer"},
    {CLI_PLOT_LAYER, 0, "layers bottleneck utilisation roofline words",
     "it is of all layers"},
    {CLI_PLOT_BARS, 0, "front hypervolume gain learning " OF_POINT,
     "only energy leaves bars out"},
    {CLI_PLOT_SELECTION, CLI_PLOT_OVER - 1, OF_POINT, "-p says which point it is of"},
    {CLI_PLOT_SELECTION, CLI_PLOT_SELECTION + CLI_SELECT_TAG, "learning",
     "trainings are in no sweep and have no tag"},
    {CLI_PLOT_SELECTION + CLI_SELECT_ARCH, CLI_PLOT_OVER - 1, "learning",
     "trainings have no such figures; -w takes those of one network"},
    {CLI_PLOT_OVER, CLI_PLOT_OVER_FORM, "front energy hypervolume learning " OF_POINT,
     "only gains are over something"},
};

// A value that was given is none of the table's.
static bool given(const struct cli_args *args, int option) {
    return args->value[option] != cli_plot_options[option].fallback;
}

static bool is_among(const char *kinds, const char *kind) {
    const size_t length = strlen(kind);
    for (const char *at = strstr(kinds, kind); at; at = strstr(at + 1, kind))
        if ((at == kinds || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

bool cli_plot_accepts(struct cli *cli, const struct cli_args *args, const char *kind) {
    bool accepted = true;
    for (int i = 0; i < CLI_COUNT_OF(refusals); i++) {
        const struct refusal *no = &refusals[i];
        if (!is_among(no->kinds, kind))
            continue;
        for (int o = no->option; o <= (no->last ? no->last : no->option); o++) {
            if (!given(args, o))
                continue;
            cli_error(cli, "%s takes no --%s: %s", kind, cli_plot_options[o].name,
                      no->why);
            accepted = false;
        }
    }
    if (strcmp(kind, "mapping") == 0 && given(args, CLI_PLOT_TYPE) &&
        strcmp(args->value[CLI_PLOT_TYPE], "svg") != 0) {
        cli_error(cli, "mapping takes no --type %s: it is drawn as SVG",
                  args->value[CLI_PLOT_TYPE]);
        accepted = false;
    }
    return accepted;
}
