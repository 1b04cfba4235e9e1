#include "cli/compare_report.h"

#include <math.h>
#include <string.h>

// A section as a table: what differs, the largest first.
struct printing {
    struct cli *cli;
    enum sdse_table_format format;
    size_t most;
};

static struct sdse_table *new_people_table(struct sdse_arena *arena, const char *title,
                                           bool numbers) {
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_column(table, title, NULL, 0);
    sdse_table_add_column(table, "A", NULL, 6);
    sdse_table_add_column(table, "B", NULL, 6);
    if (numbers) {
        sdse_table_add_column(table, "B - A", NULL, 6);
        sdse_table_add_column(table, "B / A", NULL, 4);
    }
    return table;
}

// Counts are shown with all their digits.
static void add_value(struct sdse_table *table, double value) {
    const double most = 1e15;
    if (value == floor(value) && fabs(value) < most)
        sdse_table_add_i64(table, (int64_t)value);
    else
        sdse_table_add_f64(table, value);
}

static void add_people_row(struct sdse_table *table, const char *name, double a,
                           double b, double difference) {
    sdse_table_add_text(table, name);
    add_value(table, a);
    add_value(table, b);
    add_value(table, difference);
    sdse_table_add_f64(table, a != 0 ? b / a : (double)NAN);
}

// Energies get a prefix; everything else is printed as it is.
static struct sdse_scale scale_of(const struct sdse_differences *of) {
    double greatest = 0;
    for (size_t i = 0; i < of->count; i++)
        for (int side = 0; side < SDSE_SIDES; side++)
            greatest = fmax(greatest, of->rows[i].value[side]);
    if (strcmp(of->unit, "pJ") == 0)
        return sdse_energy_scale(of->title, greatest);
    struct sdse_scale scale = {.factor = 1};
    snprintf(scale.unit, sizeof scale.unit, "%s", of->unit);
    snprintf(scale.title, sizeof scale.title, "%s", of->title);
    return scale;
}

// Sums over rows that are not shown one by one.
struct rest {
    size_t count;
    double value[SDSE_SIDES], difference;
};

static void gather(struct rest *rest, const struct sdse_differences *of,
                   const struct sdse_difference *row) {
    rest->count++;
    rest->difference += sdse_difference_of(of, row);
    for (int side = 0; side < SDSE_SIDES; side++)
        if (!isnan(row->value[side]))
            rest->value[side] += row->value[side];
}

static void add_rest(struct sdse_table *table, struct sdse_arena *arena,
                     const struct rest *rest, const char *what, double factor) {
    if (rest->count)
        add_people_row(table, sdse_arena_printf(arena, "%zu %s", rest->count, what),
                       rest->value[SDSE_A] * factor, rest->value[SDSE_B] * factor,
                       rest->difference * factor);
}

static enum cli_exit end_table(const struct printing *to, struct sdse_table *table) {
    putchar('\n');
    return cli_print_table(to->cli, table, to->format);
}

// What adds up: rows, the others, the equal ones, and the totals of the points.
static enum cli_exit print_sums(const struct printing *to,
                                const struct sdse_differences *of) {
    struct sdse_arena *arena = to->cli->arena;
    const struct sdse_scale scale = scale_of(of);
    if (sdse_differences_count(of) == 0) {
        if (of->count)
            printf("\n%s: the same, %.*g %s in %zu %s\n", of->title,
                   strcmp(scale.unit, "cycles") == 0 ? 17 : 6, // counts are whole
                   of->total[SDSE_A] * scale.factor, scale.unit, of->count,
                   of->count == 1 ? "row" : "rows");
        return CLI_OK;
    }
    struct sdse_table *table = new_people_table(arena, scale.title, true);
    struct rest others = {0}, equal = {0};
    size_t shown = 0;
    for (size_t i = 0; i < of->count; i++) {
        const struct sdse_difference *row = &of->rows[i];
        if (sdse_difference_is_none(of, row)) {
            gather(&equal, of, row);
        } else if (shown == to->most) {
            gather(&others, of, row);
        } else {
            add_people_row(table, row->name, row->value[SDSE_A] * scale.factor,
                           row->value[SDSE_B] * scale.factor,
                           sdse_difference_of(of, row) * scale.factor);
            shown++;
        }
    }
    add_rest(table, arena, &others, others.count == 1 ? "other" : "others",
             scale.factor);
    add_rest(table, arena, &equal, "the same", scale.factor);
    const double a = of->total[SDSE_A], b = of->total[SDSE_B];
    add_people_row(table, "all", a * scale.factor, b * scale.factor,
                   ((isnan(b) ? 0 : b) - (isnan(a) ? 0 : a)) * scale.factor);
    return end_table(to, table);
}

static void say_left_out(size_t others, size_t equal) {
    if (others)
        printf("%zu more %s", others, others == 1 ? "differs" : "differ");
    if (equal)
        printf("%s%zu %s the same", others ? ", " : "", equal,
               equal == 1 ? "is" : "are");
    if (others || equal)
        putchar('\n');
}

// Rows with units of their own.
static enum cli_exit print_counts(const struct printing *to,
                                  const struct sdse_differences *of) {
    struct sdse_arena *arena = to->cli->arena;
    const size_t differing = sdse_differences_count(of);
    if (differing == 0) {
        if (of->count)
            printf("\n%s: all %zu are the same\n", of->title, of->count);
        return CLI_OK;
    }
    struct sdse_table *table = new_people_table(arena, of->title, true);
    size_t shown = 0;
    for (size_t i = 0; i < of->count && shown < to->most; i++) {
        const struct sdse_difference *row = &of->rows[i];
        if (sdse_difference_is_none(of, row))
            continue;
        const char *name =
            *row->unit ? sdse_arena_printf(arena, "%s [%s]", row->name, row->unit)
                       : row->name;
        add_people_row(table, name, row->value[SDSE_A], row->value[SDSE_B],
                       sdse_difference_of(of, row));
        shown++;
    }
    const enum cli_exit status = end_table(to, table);
    if (status == CLI_OK)
        say_left_out(differing - shown, of->count - differing);
    return status;
}

static enum cli_exit print_texts(const struct printing *to,
                                 const struct sdse_differences *of) {
    const size_t differing = sdse_differences_count(of);
    if (differing == 0) {
        printf("\n%s: the same\n", of->title);
        return CLI_OK;
    }
    struct sdse_table *table = new_people_table(to->cli->arena, of->title, false);
    size_t shown = 0;
    for (size_t i = 0; i < of->count && shown < to->most; i++) {
        const struct sdse_difference *row = &of->rows[i];
        if (sdse_difference_is_none(of, row))
            continue;
        sdse_table_add_text(table, row->name);
        cli_compare_add_side(table, row, SDSE_A);
        cli_compare_add_side(table, row, SDSE_B);
        shown++;
    }
    const enum cli_exit status = end_table(to, table);
    if (status == CLI_OK && differing > shown)
        say_left_out(differing - shown, 0);
    return status;
}

// Each figure in the unit that suits it.
static enum cli_exit print_figures(const struct printing *to,
                                   const struct sdse_differences *of) {
    const size_t differing = sdse_differences_count(of);
    size_t known = 0;
    const char *equal = "";
    struct sdse_table *table = new_people_table(to->cli->arena, of->title, true);
    for (int metric = 0; metric < SDSE_METRICS; metric++) {
        const struct sdse_difference *row = &of->rows[metric];
        const double a = row->value[SDSE_A], b = row->value[SDSE_B];
        const bool is_known = !isnan(a) || !isnan(b);
        known += is_known;
        if (sdse_difference_is_none(of, row)) {
            if (is_known)
                equal = sdse_arena_printf(to->cli->arena, "%s%s%s", equal ? equal : "",
                                          equal && *equal ? ", " : "", row->name);
            continue;
        }
        const struct sdse_scale scale =
            sdse_metric_scale((enum sdse_metric)metric, fmax(a, b));
        add_people_row(table, scale.title, a * scale.factor, b * scale.factor,
                       (b - a) * scale.factor);
    }
    if (differing == 0) {
        printf("\nfigures: all %zu are the same\n", known);
        return CLI_OK;
    }
    const enum cli_exit status = end_table(to, table);
    if (status == CLI_OK && equal && *equal)
        printf("the same: %s\n", equal);
    return status;
}

// "B takes 10.7 % less energy, 7.4 % more time than A; area is the same": what is asked
// first.
static void print_sentence(const struct sdse_differences *figures) {
    static const struct {
        enum sdse_metric metric;
        const char *name;
    } asked[] = {{SDSE_METRIC_ENERGY, "energy"},
                 {SDSE_METRIC_LATENCY, "time"},
                 {SDSE_METRIC_AREA, "area"}};
    const char *before = "\nB takes ", *equal[sizeof asked / sizeof *asked];
    size_t equal_count = 0;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const struct sdse_difference *row = &figures->rows[asked[i].metric];
        const double a = row->value[SDSE_A], b = row->value[SDSE_B];
        if (!(a > 0) || isnan(b)) // nothing to be a part of
            continue;
        if (a == b) {
            equal[equal_count++] = asked[i].name;
            continue;
        }
        const double percent = 100 * (b - a) / a;
        printf("%s%.3g %% %s %s", before, fabs(percent), percent < 0 ? "less" : "more",
               asked[i].name);
        before = ", ";
    }
    const bool differs = *before == ',';
    if (differs)
        fputs(" than A", stdout);
    for (size_t i = 0; i < equal_count; i++)
        printf("%s%s", i ? " and " : differs ? "; " : "\n", equal[i]);
    if (equal_count)
        puts(equal_count == 1 ? " is the same" : " are the same");
    else if (differs)
        putchar('\n');
}

enum cli_exit cli_compare_print_points(struct cli *cli,
                                       const struct sdse_comparison *comparison,
                                       const struct sdse_differences *parameters,
                                       size_t most, enum sdse_table_format format) {
    const struct printing to = {cli, format, most};
    size_t differing = sdse_differences_count(parameters);
    for (int part = 0; part < SDSE_COMPARE_PARTS; part++)
        differing += sdse_differences_count(&comparison->part[part]);
    if (differing == 0) {
        printf("\nA and B are the same in all that was compared: figures, energy, "
               "cycles, counts and parameters.\n");
        return CLI_OK;
    }
    print_sentence(&comparison->part[SDSE_COMPARE_FIGURES]);
    enum cli_exit status = print_figures(&to, &comparison->part[SDSE_COMPARE_FIGURES]);
    for (int part = SDSE_COMPARE_FIGURES + 1;
         status == CLI_OK && part < SDSE_COMPARE_PARTS; part++)
        status = comparison->part[part].adds_up
                     ? print_sums(&to, &comparison->part[part])
                     : print_counts(&to, &comparison->part[part]);
    return status == CLI_OK ? print_texts(&to, parameters) : status;
}

enum cli_exit cli_compare_print_settings(struct cli *cli,
                                         const struct sdse_differences *settings,
                                         size_t most, enum sdse_table_format format) {
    return print_texts(&(struct printing){cli, format, most}, settings);
}

// ---- fronts for people ----

static double greatest_of(const struct sdse_fronts *fronts, unsigned k) {
    double greatest = fronts->reference[k];
    for (int side = 0; side < SDSE_SIDES; side++) {
        const struct sdse_points *points = &fronts->side[side].points;
        for (size_t i = 0; i < points->count; i++)
            greatest = fmax(greatest, points->v[i * points->objectives + k]);
    }
    return greatest;
}

// "A is as good everywhere": what the counts mean.
static const char *verdict(const struct sdse_fronts *fronts) {
    const struct sdse_fronts_side *a = &fronts->side[SDSE_A], *b = a + 1;
    if (!a->front.count || !b->front.count)
        return a->front.count   ? "only A has points"
               : b->front.count ? "only B has points"
                                : "neither has points";
    const bool none_of_a = a->beaten == 0, none_of_b = b->beaten == 0;
    if (none_of_a && none_of_b)
        return a->shared == a->front.count && b->shared == b->front.count
                   ? "the fronts are the same"
                   : "neither front beats a point of the other";
    if (none_of_a || none_of_b) {
        const struct sdse_fronts_side *worse = none_of_a ? b : a;
        const bool all = worse->beaten + worse->shared == worse->front.count;
        if (all)
            return none_of_a ? "A dominates B: it has a point at least as good as each "
                               "of B's front"
                             : "B dominates A: it has a point at least as good as each "
                               "of A's front";
        return none_of_a ? "no point of A's front is beaten by B"
                         : "no point of B's front is beaten by A";
    }
    return "each beats a part of the other";
}

static void add_count(struct sdse_table *table, const char *name, uint64_t a,
                      uint64_t b) {
    sdse_table_add_text(table, name);
    sdse_table_add_u64(table, a);
    sdse_table_add_u64(table, b);
}

static struct sdse_table *front_counts(const struct sdse_fronts *fronts,
                                       struct sdse_arena *arena) {
    const struct sdse_fronts_side *a = &fronts->side[SDSE_A], *b = a + 1;
    struct sdse_table *table = new_people_table(arena, "front", false);
    add_count(table, "points", a->points.count, b->points.count);
    const struct {
        const char *name;
        size_t a, b;
    } left_out[] = {{"infeasible", a->points.infeasible, b->points.infeasible},
                    {"failed", a->points.failed, b->points.failed},
                    {"without an objective", a->points.unknown, b->points.unknown}};
    for (size_t i = 0; i < 3; i++)
        if (left_out[i].a || left_out[i].b)
            add_count(table, left_out[i].name, left_out[i].a, left_out[i].b);
    add_count(table, "on the front", a->front.count, b->front.count);
    add_count(table, "of them beaten by the other", a->beaten, b->beaten);
    add_count(table, "of them on both fronts", a->shared, b->shared);
    sdse_table_add_text(table, "hypervolume, of the box below");
    sdse_table_add_f64(table, a->front.hypervolume_fraction);
    sdse_table_add_f64(table, b->front.hypervolume_fraction);
    return table;
}

static void print_reference(const struct sdse_fronts *fronts) {
    const struct sdse_points *points = &fronts->side[SDSE_A].points;
    fputs("the box: from zero to (", stdout);
    for (unsigned k = 0; k < points->objectives; k++) {
        const struct sdse_scale scale =
            sdse_metric_scale(points->metric[k], greatest_of(fronts, k));
        printf("%s%.5g%s%s", k ? ", " : "", fronts->reference[k] * scale.factor,
               *scale.unit ? " " : "", scale.unit);
    }
    printf("), 1.1 times the worst of both fronts; both together: %.6g of it\n",
           fronts->joint_fraction);
}

static enum cli_exit print_designs(const struct printing *to,
                                   const struct sdse_fronts *fronts) {
    const struct sdse_fronts_side *a = &fronts->side[SDSE_A], *b = a + 1;
    const size_t differ = fronts->designs[0].count;
    if (fronts->designs_same + differ == 0) {
        printf("no design is in both: %zu in A, %zu in B\n", a->alone, b->alone);
        return CLI_OK;
    }
    printf("designs: %zu the same in both, %zu differ, %zu only in A, %zu only in B\n",
           fronts->designs_same, differ, a->alone, b->alone);
    enum cli_exit status = CLI_OK;
    for (unsigned k = 0; status == CLI_OK && k < a->points.objectives; k++) {
        const struct sdse_differences *of = &fronts->designs[k];
        const size_t differing = sdse_differences_count(of);
        if (differing == 0)
            continue;
        const struct sdse_scale scale =
            sdse_metric_scale(a->points.metric[k], greatest_of(fronts, k));
        struct sdse_table *table = new_people_table(to->cli->arena, scale.title, true);
        size_t shown = 0;
        for (size_t i = 0; i < of->count && shown < to->most; i++) {
            const struct sdse_difference *row = &of->rows[i];
            if (sdse_difference_is_none(of, row))
                continue;
            add_people_row(table, row->name, row->value[SDSE_A] * scale.factor,
                           row->value[SDSE_B] * scale.factor,
                           sdse_difference_of(of, row) * scale.factor);
            shown++;
        }
        status = end_table(to, table);
        if (status == CLI_OK)
            say_left_out(differing - shown, of->count - differing);
    }
    return status;
}

enum cli_exit cli_compare_print_fronts(struct cli *cli,
                                       const struct sdse_fronts *fronts, size_t most,
                                       enum sdse_table_format format) {
    const struct printing to = {cli, format, most};
    printf("\n%s: %s\n", fronts->network, verdict(fronts));
    const enum cli_exit status = end_table(&to, front_counts(fronts, cli->arena));
    if (status != CLI_OK)
        return status;
    const bool any =
        fronts->side[SDSE_A].front.count || fronts->side[SDSE_B].front.count;
    if (any)
        print_reference(fronts);
    return print_designs(&to, fronts);
}
