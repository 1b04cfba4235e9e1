#include "cli/selection.h"

#include <string.h>

static void report_unknown(struct cli *cli, const char *word) {
    const char *names[SDSE_METRICS];
    for (int i = 0; i < SDSE_METRICS; i++)
        names[i] = sdse_metric_info((enum sdse_metric)i)->name;
    const char *nearest = sdse_nearest(word, names, SDSE_METRICS);
    if (nearest)
        cli_error(cli, "--objectives: unknown objective '%s'; did you mean '%s'?", word,
                  nearest);
    else
        cli_error(cli, "--objectives: unknown objective '%s'", word);
}

static bool add_objective(struct cli *cli, const char *word,
                          struct cli_objectives *objectives) {
    enum sdse_metric metric;
    if (!sdse_metric_parse(word, &metric)) {
        report_unknown(cli, word);
        return false;
    }
    for (unsigned i = 0; i < objectives->count; i++) {
        if (objectives->metric[i] == metric) {
            cli_error(cli, "--objectives: '%s' is named twice", word);
            return false;
        }
    }
    if (objectives->count == SDSE_MOST_OBJECTIVES) {
        cli_error(cli, "--objectives: at most %d, '%s' is one more",
                  SDSE_MOST_OBJECTIVES, word);
        return false;
    }
    objectives->metric[objectives->count++] = metric;
    return true;
}

bool cli_parse_objectives(struct cli *cli, const char *list,
                          struct cli_objectives *objectives) {
    objectives->count = 0;
    char *words = sdse_arena_strdup(cli->arena, list);
    char *rest = NULL;
    for (char *word = words ? strtok_r(words, ", ", &rest) : NULL; word;
         word = strtok_r(NULL, ", ", &rest))
        if (!add_objective(cli, word, objectives))
            return false;
    if (!words)
        return cli_note(cli, SDSE_NO_MEMORY) == SDSE_OK;
    if (objectives->count >= 2)
        return true;
    cli_error(cli, "--objectives: a front needs two or three, got '%s'", list);
    return false;
}

bool cli_accept_version(struct cli *cli, const char *sweep, const char *version) {
    if (!version || sweep)
        return true;
    cli_error(cli, "--sweep-version %s of which sweep? Add --sweep NAME", version);
    return false;
}
