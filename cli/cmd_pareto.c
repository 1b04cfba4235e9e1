// sdse pareto: the designs that nothing beats, per network.
#include "results/pareto.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "results/query.h"

enum { OBJECTIVES, SWEEP, WORKLOAD, WHERE, FORMAT };

static const struct cli_option options[] = {
    [OBJECTIVES] = {"objectives", 0, CLI_TEXT, "LIST",
                    "two or three of energy, latency, edp, area, storage, error",
                    "energy,latency", false},
    [SWEEP] = {"sweep", 's', CLI_TEXT, "NAME", "only the points of this sweep", NULL,
               false},
    [WORKLOAD] = {"workload", 'w', CLI_TEXT, "NAME", "only this network", NULL, false},
    [WHERE] = {"where", 0, CLI_TEXT, "SQL",
               "only the points of v_point for which this holds", NULL, false},
    [FORMAT] = CLI_OPTION_FORMAT,
};

// One thing to minimise. People read it in `unit`: figure / per_unit.
struct objective {
    const char *word, *column, *title, *unit;
    double per_unit;
};

static const struct objective known[] = {
    {"energy", "energy_pj", "energy", "uJ", 1e6},
    {"latency", "latency_s", "latency", "ms", 1e-3},
    {"edp", "edp_pj_s", "energy-delay product", "uJ*s", 1e6},
    {"area", "area_mm2", "area", "mm2", 1},
    {"storage", "weight_bits", "weights", "Mbit", 1e6},
    {"error", "rel_error", "relative error", "", 1},
};
enum { KNOWN = sizeof known / sizeof known[0] };

// The question: its objectives, and the columns of the rows that answer it.
struct question {
    unsigned count;
    const struct objective *objective[SDSE_MOST_OBJECTIVES];
    struct sdse_table *rows;
};
enum {
    COLUMN_WORKLOAD,
    COLUMN_POINT,
    COLUMN_ARCH,
    COLUMN_FORM,
    COLUMN_PARAMETERS,
    COLUMN_VALUES
};

static const struct objective *find_objective(const char *word) {
    for (size_t i = 0; i < KNOWN; i++)
        if (strcmp(known[i].word, word) == 0)
            return &known[i];
    return NULL;
}

static bool add_objective(struct cli *cli, struct question *question,
                          const char *word) {
    const struct objective *objective = find_objective(word);
    if (!objective) {
        const char *words[KNOWN];
        for (size_t i = 0; i < KNOWN; i++)
            words[i] = known[i].word;
        const char *nearest = sdse_nearest(word, words, KNOWN);
        cli_error(cli, "--objectives: unknown objective '%s'%s%s%s", word,
                  nearest ? "; did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'?" : "");
        return false;
    }
    for (unsigned i = 0; i < question->count; i++)
        if (question->objective[i] == objective) {
            cli_error(cli, "--objectives: '%s' is named twice", word);
            return false;
        }
    if (question->count == SDSE_MOST_OBJECTIVES) {
        cli_error(cli, "--objectives: at most %d", SDSE_MOST_OBJECTIVES);
        return false;
    }
    question->objective[question->count++] = objective;
    return true;
}

static bool parse_objectives(struct cli *cli, const char *list,
                             struct question *question) {
    char *words = sdse_arena_strdup(cli->arena, list);
    for (char *word = words ? strtok(words, ", ") : NULL; word;
         word = strtok(NULL, ", "))
        if (!add_objective(cli, question, word))
            return false;
    if (question->count >= 2)
        return true;
    cli_error(cli, "--objectives: a front needs two or three, got '%s'", list);
    return false;
}

// A text as an SQL literal.
static const char *quoted(struct cli *cli, const char *text) {
    char *out = sdse_arena_alloc(cli->arena, 2 * strlen(text) + 3, 1), *at = out;
    if (!out)
        return "''";
    *at++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            *at++ = '\'';
        *at++ = *text;
    }
    *at++ = '\'';
    *at = '\0';
    return out;
}

static const char *write_sql(struct cli *cli, const struct cli_args *args,
                             const struct question *question) {
    const char *columns = "", *filter = "";
    for (unsigned i = 0; i < question->count; i++)
        columns = sdse_arena_printf(cli->arena, "%s, %s", columns,
                                    question->objective[i]->column);
    if (args->value[SWEEP])
        filter = sdse_arena_printf(
            cli->arena,
            "%s AND point_id IN (SELECT point_id FROM v_sweep_point WHERE sweep = %s)",
            filter, quoted(cli, args->value[SWEEP]));
    if (args->value[WORKLOAD])
        filter = sdse_arena_printf(cli->arena, "%s AND workload = %s", filter,
                                   quoted(cli, args->value[WORKLOAD]));
    if (args->value[WHERE])
        filter =
            sdse_arena_printf(cli->arena, "%s AND (%s)", filter, args->value[WHERE]);
    return sdse_arena_printf(
        cli->arena,
        "SELECT workload, point_id, arch, form, parameters%s FROM v_point"
        " WHERE status = 'ok'%s ORDER BY workload, point_id",
        columns, filter);
}

// The front of the rows first ... first + count - 1, which are of one network.
struct front {
    const char *workload;
    size_t first, count, missing; // missing: rows without one of the values
    double *values;
    size_t *order, length, knee;
    double reference[SDSE_MOST_OBJECTIVES], hypervolume;
};

static enum sdse_status find_front(struct cli *cli, const struct question *question,
                                   struct front *front) {
    const unsigned count = question->count;
    front->values = SDSE_ARENA_ARRAY(cli->arena, double, front->count *count);
    front->order = SDSE_ARENA_ARRAY(cli->arena, size_t, front->count);
    if (!front->values || !front->order)
        return SDSE_NO_MEMORY;
    front->missing = 0;
    for (size_t i = 0; i < front->count; i++) {
        bool known_value = true;
        for (unsigned k = 0; k < count; k++) {
            const double value =
                sdse_table_real(question->rows, front->first + i, COLUMN_VALUES + k);
            front->values[i * count + k] = value;
            known_value &= isfinite(value);
        }
        front->missing += !known_value;
    }
    enum sdse_status status = sdse_pareto_front(front->values, front->count, count,
                                                front->order, &front->length);
    if (status != SDSE_OK || front->length == 0)
        return status;
    front->knee = sdse_pareto_knee(front->values, count, front->order, front->length);
    sdse_pareto_reference(front->values, count, front->order, front->length,
                          front->reference);
    return sdse_pareto_hypervolume(front->values, count, front->order, front->length,
                                   front->reference, &front->hypervolume);
}

static struct sdse_table *front_table(struct cli *cli, const struct question *question,
                                      const struct front *fronts, size_t front_count,
                                      bool for_people) {
    struct sdse_table *table = sdse_table_new(cli->arena);
    sdse_table_add_column(table, "knee", NULL, 0);
    if (!for_people)
        sdse_table_add_column(table, "workload", NULL, 0);
    sdse_table_add_column(table, "point_id", "point", 0);
    sdse_table_add_column(table, "arch", NULL, 0);
    sdse_table_add_column(table, "form", NULL, 0);
    sdse_table_add_column(table, "parameters", NULL, 0);
    for (unsigned k = 0; k < question->count; k++) {
        const struct objective *objective = question->objective[k];
        sdse_table_add_column(table, objective->column,
                              *objective->unit
                                  ? sdse_arena_printf(cli->arena, "%s [%s]",
                                                      objective->title, objective->unit)
                                  : objective->title,
                              6);
    }
    for (size_t f = 0; f < front_count; f++)
        for (size_t i = 0; i < fronts[f].length; i++) {
            const size_t at = fronts[f].order[i], row = fronts[f].first + at;
            const bool knee = i == fronts[f].knee;
            if (for_people)
                sdse_table_add_text(table, knee ? "*" : "");
            else
                sdse_table_add_u64(table, knee);
            for (size_t c = for_people ? COLUMN_POINT : 0; c < COLUMN_VALUES; c++) {
                if (c == COLUMN_POINT)
                    sdse_table_add_u64(
                        table, (uint64_t)sdse_table_real(question->rows, row, c));
                else
                    sdse_table_add_text(table, sdse_table_text(question->rows, row, c));
            }
            for (unsigned k = 0; k < question->count; k++)
                sdse_table_add_f64(
                    table, fronts[f].values[at * question->count + k] /
                               (for_people ? question->objective[k]->per_unit : 1));
        }
    return table;
}

static void print_summary(const struct question *question, const struct front *front) {
    printf("%s: %zu of %zu points on the front", front->workload, front->length,
           front->count - front->missing);
    if (front->missing)
        printf(" (%zu more lack a value)", front->missing);
    putchar('\n');
    if (front->length == 0)
        return;
    double volume = front->hypervolume;
    for (unsigned k = 0; k < question->count; k++)
        volume /= question->objective[k]->per_unit;
    printf("hypervolume %.6g", volume);
    for (unsigned k = 0; k < question->count; k++)
        printf("%s%s", k && *question->objective[k]->unit ? "*" : " ",
               question->objective[k]->unit);
    fputs(" below the reference point (", stdout);
    for (unsigned k = 0; k < question->count; k++)
        printf("%s%.6g%s%s", k ? ", " : "",
               front->reference[k] / question->objective[k]->per_unit,
               *question->objective[k]->unit ? " " : "", question->objective[k]->unit);
    fputs(")\n\n", stdout);
}

static enum cli_exit print_fronts(struct cli *cli, const struct question *question,
                                  const struct front *fronts, size_t count,
                                  enum sdse_table_format format) {
    if (format != SDSE_TABLE_TEXT && format != SDSE_TABLE_MARKDOWN)
        return cli_print_table(cli, front_table(cli, question, fronts, count, false),
                               format);
    for (size_t i = 0; i < count; i++) {
        if (i)
            putchar('\n');
        print_summary(question, &fronts[i]);
        const enum cli_exit status = cli_print_table(
            cli, front_table(cli, question, &fronts[i], 1, true), format);
        if (status != CLI_OK)
            return status;
    }
    if (format == SDSE_TABLE_TEXT)
        puts("* the knee: farthest below the plane through the ends of the front");
    return CLI_OK;
}

static enum cli_exit answer(struct cli *cli, const struct question *question,
                            enum sdse_table_format format) {
    const size_t rows = sdse_table_rows(question->rows);
    if (rows == 0) {
        cli_error(cli,
                  "no point with status ok fits; `sdse status` shows what is there");
        return CLI_BAD_INPUT;
    }
    struct front *fronts = SDSE_ARENA_ARRAY(cli->arena, struct front, rows);
    size_t count = 0;
    for (size_t i = 0; i < rows && fronts; i++) {
        const char *workload = sdse_table_text(question->rows, i, COLUMN_WORKLOAD);
        if (count == 0 || strcmp(workload, fronts[count - 1].workload) != 0)
            fronts[count++] = (struct front){.workload = workload, .first = i};
        fronts[count - 1].count++;
    }
    for (size_t i = 0; i < count; i++) {
        const enum sdse_status status = find_front(cli, question, &fronts[i]);
        if (status != SDSE_OK)
            return cli_finish(cli, status);
    }
    return fronts ? print_fronts(cli, question, fronts, count, format)
                  : cli_finish(cli, SDSE_NO_MEMORY);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct question question = {0};
    if (!parse_objectives(cli, args->value[OBJECTIVES], &question))
        return CLI_USAGE;
    enum cli_exit status;
    struct sdse_reader *reader = cli_open_results(cli, args->operands[0], &status);
    if (!reader)
        return status;
    const char *sql = write_sql(cli, args, &question);
    const enum sdse_status asked =
        sdse_query_run(reader, sql, cli->arena, &cli->diags, &question.rows);
    status = asked == SDSE_OK ? answer(cli, &question, cli_table_format(args, FORMAT))
                              : cli_finish(cli, asked);
    sdse_reader_close(reader);
    return status;
}

const struct cli_verb cli_verb_pareto = {
    .name = "pareto",
    .summary = "shows the designs that no other beats in two or three objectives",
    .operands = {"RESULTS.db", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes = "One front per network; designs of different networks are never compared.",
    .example = "sdse pareto results.db --objectives energy,latency,area",
    .run = run,
};
