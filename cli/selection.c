#include "cli/selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void report_unknown(struct cli *cli, const char *option, const char *word) {
    const char *names[SDSE_METRICS];
    for (int i = 0; i < SDSE_METRICS; i++)
        names[i] = sdse_metric_info((enum sdse_metric)i)->name;
    const char *nearest = sdse_nearest(word, names, SDSE_METRICS);
    if (nearest)
        cli_error(cli, "%s: unknown objective '%s'; did you mean '%s'?", option, word,
                  nearest);
    else
        cli_error(cli, "%s: unknown objective '%s'", option, word);
}

static bool add_objective(struct cli *cli, const char *word,
                          struct cli_objectives *objectives) {
    enum sdse_metric metric;
    if (!sdse_metric_parse(word, &metric)) {
        report_unknown(cli, "--objectives", word);
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

// --- Limits ---

// The unit of a metric as it is typed: "J·s²" is Js2.
static void plain_unit(const char *unit, char *plain) {
    for (; *unit; unit++) {
        if (strncmp(unit, "²", strlen("²")) == 0) {
            *plain++ = '2';
            unit += strlen("²") - 1;
        } else if (strncmp(unit, "·", strlen("·")) == 0) {
            unit += strlen("·") - 1;
        } else {
            *plain++ = *unit;
        }
    }
    *plain = 0;
}

// "Ki", "m", "" -> 1024, 0.001, 1; 0 for what is none.
static double prefix_of(const char *text, size_t length) {
    static const struct {
        const char *prefix;
        double power;
    } prefixes[] = {{"", 1},         {"T", 1e12},       {"G", 1e9},   {"M", 1e6},
                    {"k", 1e3},      {"m", 1e-3},       {"u", 1e-6},  {"µ", 1e-6},
                    {"n", 1e-9},     {"p", 1e-12},      {"f", 1e-15}, {"Ki", 1024},
                    {"Mi", 1048576}, {"Gi", 1073741824}};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strlen(prefixes[i].prefix) == length &&
            strncmp(prefixes[i].prefix, text, length) == 0)
            return prefixes[i].power;
    return 0;
}

// "64KiB" of a metric in bytes -> 524288 bits, as stored. NAN for what it is not.
static double limit_value(const struct sdse_metric_info *info, const char *text) {
    char unit[16], *end;
    plain_unit(info->unit, unit);
    const double number = strtod(text, &end);
    const size_t length = strlen(end), own = strlen(unit);
    if (end == text || !isfinite(number) || number < 0)
        return (double)NAN;
    // Cycles and shares go without a unit, and without a prefix.
    const bool plain = !*unit || strcmp(unit, "cycles") == 0;
    if (plain)
        return length == 0 || strcmp(end, unit) == 0 ? number : (double)NAN;
    if (length < own || strcmp(end + length - own, unit) != 0)
        return (double)NAN;
    const double prefix = prefix_of(end, length - own);
    return prefix > 0 ? number * prefix / info->units_per_stored : (double)NAN;
}

// One limit, "NAME<=VALUE", as SQL; NULL after a message.
static const char *limit_condition(struct cli *cli, char *word) {
    char *sign = strstr(word, "<=");
    enum sdse_metric metric;
    if (!sign) {
        cli_error(cli, "--limit: expected OBJECTIVE<=VALUE, got '%s'", word);
        return NULL;
    }
    *sign = 0;
    if (!sdse_metric_parse(word, &metric)) {
        report_unknown(cli, "--limit", word);
        return NULL;
    }
    const struct sdse_metric_info *info = sdse_metric_info(metric);
    const double value = limit_value(info, sign + 2);
    if (!isfinite(value)) {
        char unit[16];
        plain_unit(info->unit, unit);
        cli_error(cli, "--limit: %s <= a number that is not negative%s%s; got '%s'",
                  word, *unit ? " with its unit, " : "", unit, sign + 2);
        return NULL;
    }
    const char *sql = sdse_arena_printf(cli->arena, "%s <= %.17g", info->column, value);
    if (!sql)
        cli_note(cli, SDSE_NO_MEMORY);
    return sql;
}

// Limits stand apart by commas or blanks; blanks within one ("energy <= 1 mJ") go: one
// stands before a name that a sign follows, or within.
static void join_limits(char *list) {
    char *to = list;
    for (const char *from = list; *from;) {
        const size_t blanks = strspn(from, " ");
        if (!blanks) {
            *to++ = *from++;
            continue;
        }
        from += blanks;
        const size_t word = strcspn(from, " ,<");
        const char *sign = from + word + strspn(from + word, " ");
        if (word && strncmp(sign, "<=", 2) == 0 && to > list)
            *to++ = ',';
    }
    *to = '\0';
}

// *condition = NULL if there is none.
static bool parse_limits(struct cli *cli, const char *list, const char *where,
                         const char **condition) {
    *condition = where && list ? sdse_arena_printf(cli->arena, "(%s\n)", where) : where;
    char *words = list ? sdse_arena_strdup(cli->arena, list) : NULL;
    if ((where && !*condition) || (list && !words))
        return cli_note(cli, SDSE_NO_MEMORY) == SDSE_OK;
    char *rest = NULL;
    if (words)
        join_limits(words);
    for (char *word = words ? strtok_r(words, ",", &rest) : NULL; word;
         word = strtok_r(NULL, ",", &rest)) {
        const char *sql = limit_condition(cli, word);
        if (!sql)
            return false;
        *condition = *condition
                         ? sdse_arena_printf(cli->arena, "%s AND %s", *condition, sql)
                         : sql;
        if (!*condition)
            return cli_note(cli, SDSE_NO_MEMORY) == SDSE_OK;
    }
    return true;
}

// --- All of it ---

bool cli_parse_selection(struct cli *cli, const struct cli_args *args, int first,
                         struct sdse_filter *filter) {
    const char *const *value = args->value + first;
    *filter = (struct sdse_filter){.sweep = value[CLI_SELECT_SWEEP],
                                   .workload = value[CLI_SELECT_WORKLOAD],
                                   .arch = value[CLI_SELECT_ARCH],
                                   .form = value[CLI_SELECT_FORM],
                                   .tag = value[CLI_SELECT_TAG],
                                   .sweep_version =
                                       cli_count(args, first + CLI_SELECT_VERSION, 0),
                                   .superseded = value[CLI_SELECT_SUPERSEDED] != NULL};
    if (value[CLI_SELECT_VERSION] && !filter->sweep) {
        cli_error(cli, "--sweep-version %s of which sweep? Add --sweep NAME",
                  value[CLI_SELECT_VERSION]);
        return false;
    }
    return parse_limits(cli, value[CLI_SELECT_LIMIT], value[CLI_SELECT_WHERE],
                        &filter->where);
}
