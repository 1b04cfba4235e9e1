// Which points of a results.db, and which of their figures: options that the verbs that
// look at fronts share.
#ifndef SDSE_CLI_SELECTION_H
#define SDSE_CLI_SELECTION_H

#include "cli/cli.h"
#include "results/look/metric.h"
#include "results/look/pareto.h"
#include "results/look/points.h"

#define CLI_OPTION_OBJECTIVES                                                     \
    {                                                                             \
        "objectives", 'O', CLI_TEXT, "LIST",                                      \
            "two or three of energy, latency, cycles, edp, ed2p, area, storage, " \
            "error, "                                                             \
            "accuracy_loss, output_error, class_loss",                            \
            "energy,latency", false                                               \
    }
// Which points: these options stand side by side in a verb's table, from `first` on.
enum cli_selection {
    CLI_SELECT_SWEEP,
    CLI_SELECT_VERSION,
    CLI_SELECT_SUPERSEDED,
    CLI_SELECT_TAG,
    CLI_SELECT_WORKLOAD,
    CLI_SELECT_ARCH,
    CLI_SELECT_FORM,
    CLI_SELECT_WHERE,
    CLI_SELECT_LIMIT,
    CLI_SELECT_OPTIONS
};

#define CLI_SELECTION_ROWS(first)                                                      \
    [(first) + CLI_SELECT_SWEEP] = {"sweep",                                           \
                                    's',                                               \
                                    CLI_TEXT,                                          \
                                    "NAME",                                            \
                                    "only the points of this sweep",                   \
                                    NULL,                                              \
                                    false},                                            \
    [(first) + CLI_SELECT_VERSION] = {"sweep-version",                                 \
                                      0,                                               \
                                      CLI_COUNT,                                       \
                                      "N",                                             \
                                      "with --sweep: that version of it, as `status` " \
                                      "numbers them [the newest]",                     \
                                      NULL,                                            \
                                      false},                                          \
    [(first) + CLI_SELECT_SUPERSEDED] = {"superseded",                                 \
                                         0,                                            \
                                         CLI_FLAG,                                     \
                                         NULL,                                         \
                                         "also points that a changed sweep, "          \
                                         "accelerator or network replaced",            \
                                         NULL,                                         \
                                         false},                                       \
    [(first) + CLI_SELECT_TAG] = {"tag",                                               \
                                  0,                                                   \
                                  CLI_TEXT,                                            \
                                  "NAME",                                              \
                                  "only the points of this tag",                       \
                                  NULL,                                                \
                                  false},                                              \
    [(first) + CLI_SELECT_WORKLOAD] = {"workload",                                     \
                                       'w',                                            \
                                       CLI_TEXT,                                       \
                                       "NAME",                                         \
                                       "only this network",                            \
                                       NULL,                                           \
                                       false},                                         \
    [(first) + CLI_SELECT_ARCH] = {"arch",                                             \
                                   'a',                                                \
                                   CLI_TEXT,                                           \
                                   "NAME",                                             \
                                   "only this accelerator",                            \
                                   NULL,                                               \
                                   false},                                             \
    [(first) + CLI_SELECT_FORM] = {"form",                                             \
                                   0,                                                  \
                                   CLI_TEXT,                                           \
                                   "NAME",                                             \
                                   "only this weight form",                            \
                                   NULL,                                               \
                                   false},                                             \
    [(first) + CLI_SELECT_WHERE] = {"where",                                           \
                                    0,                                                 \
                                    CLI_TEXT,                                          \
                                    "SQL",                                             \
                                    "only points that meet a condition over v_point: " \
                                    "\"area_mm2 < 4\"",                                \
                                    NULL,                                              \
                                    false},                                            \
    [(first) + CLI_SELECT_LIMIT] = {"limit",                                           \
                                    0,                                                 \
                                    CLI_TEXT,                                          \
                                    "LIST",                                            \
                                    "only points within: "                             \
                                    "\"storage<=64KiB,energy<=2mJ\", of any objective", \
                                    NULL,                                              \
                                    false}

struct cli_objectives {
    unsigned count; // 2 or 3
    enum sdse_metric metric[SDSE_MOST_OBJECTIVES];
};

// "energy,latency" -> *objectives. False after a message.
bool cli_parse_objectives(struct cli *cli, const char *list,
                          struct cli_objectives *objectives);

// What the options of the selection say. `--limit` "storage<=64KiB,energy<=2mJ" and the
// SQL of `--where` become one condition: a point whose figure is not known is not within.
// A version needs its sweep. False after a message.
bool cli_parse_selection(struct cli *cli, const struct cli_args *args, int first,
                         struct sdse_filter *filter);

#endif
