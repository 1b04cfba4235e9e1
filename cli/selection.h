// Which points of a results.db, and which of their figures: options that the verbs that
// look at fronts share.
#ifndef SDSE_CLI_SELECTION_H
#define SDSE_CLI_SELECTION_H

#include "cli/cli.h"
#include "results/look/metric.h"
#include "results/look/pareto.h"

#define CLI_OPTION_OBJECTIVES                                                     \
    {                                                                             \
        "objectives", 'O', CLI_TEXT, "LIST",                                      \
            "two or three of energy, latency, cycles, edp, ed2p, area, storage, " \
            "error, "                                                             \
            "accuracy_loss, output_error, class_loss",                            \
            "energy,latency", false                                               \
    }
#define CLI_OPTION_SWEEP \
    { "sweep", 's', CLI_TEXT, "NAME", "only the points of this sweep", NULL, false }
#define CLI_OPTION_SWEEP_VERSION                                                       \
    {                                                                                  \
        "sweep-version", 0, CLI_COUNT, "N",                                            \
            "with --sweep: that version of it, as `status` numbers them [the newest]", \
            NULL, false                                                                \
    }
#define CLI_OPTION_SUPERSEDED                                                          \
    {                                                                                  \
        "superseded", 0, CLI_FLAG, NULL,                                               \
            "also points that a changed sweep, accelerator or network replaced", NULL, \
            false                                                                      \
    }
#define CLI_OPTION_ONLY_WORKLOAD \
    { "workload", 'w', CLI_TEXT, "NAME", "only this network", NULL, false }
#define CLI_OPTION_ONLY_ARCH \
    { "arch", 'a', CLI_TEXT, "NAME", "only this accelerator", NULL, false }
#define CLI_OPTION_ONLY_FORM \
    { "form", 0, CLI_TEXT, "NAME", "only this weight form", NULL, false }

#define CLI_OPTION_WHERE                                                              \
    {                                                                                 \
        "where", 0, CLI_TEXT, "SQL",                                                  \
            "only points that meet a condition over v_point: \"area_mm2 < 4\"", NULL, \
            false                                                                     \
    }

#define CLI_OPTION_LIMIT                                                            \
    {                                                                               \
        "limit", 0, CLI_TEXT, "LIST",                                               \
            "only points within: \"storage<=64KiB,energy<=2mJ\", of any objective", \
            NULL, false                                                             \
    }

struct cli_objectives {
    unsigned count; // 2 or 3
    enum sdse_metric metric[SDSE_MOST_OBJECTIVES];
};

// Whether a version is named with its sweep; else after a message.
bool cli_accept_version(struct cli *cli, const char *sweep, const char *version);

// "energy,latency" -> *objectives. False after a message.
bool cli_parse_objectives(struct cli *cli, const char *list,
                          struct cli_objectives *objectives);

// "storage<=64KiB,energy<=2mJ" and the SQL of --where (either may be NULL) -> a
// condition over v_point; *condition = NULL if there is none. A point whose figure is
// not known is not within. False after a message.
bool cli_parse_limits(struct cli *cli, const char *list, const char *where,
                      const char **condition);

#endif
