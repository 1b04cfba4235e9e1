#include "cli/validation_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spec/quantity.h"

const struct sdse_output_kind cli_validation_kind = {
    "a table of sdse validate",
    {"anchor", "{\"schema\": \"sdse.validate/", "| anchor "}};

// A text that grows; NULL once memory is out.
struct growing {
    struct sdse_arena *arena;
    const char *text;
};

static void append(struct growing *g, const char *between, const char *more) {
    if (g->text && more)
        g->text = sdse_arena_printf(g->arena, "%s%s%s", g->text,
                                    *g->text ? between : "", more);
}

static void append_set(struct growing *g, const char *between, unsigned set,
                       const char *const *words, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (set & (1u << i))
            append(g, between, words[i]);
}

// "words (DRAM, weights, reads)".
static const char *take_text(struct sdse_arena *arena, const struct sdse_take *take) {
    static const char *const tensors[SDSE_TENSORS] = {[SDSE_WEIGHTS] = "weights",
                                                      [SDSE_INPUTS] = "inputs",
                                                      [SDSE_OUTPUTS] = "outputs"};
    struct growing of = {arena, ""};
    for (size_t i = 0; i < take->level_count; i++)
        append(&of, ", ", take->levels[i].text);
    for (size_t i = 0; i < take->without_count; i++)
        append(&of, ", ", sdse_arena_printf(arena, "not %s", take->without[i].text));
    append_set(&of, ", ", take->components, sdse_component_words, SDSE_COMPONENTS);
    append_set(&of, ", ", take->tensors, tensors, SDSE_TENSORS);
    append_set(&of, ", ", take->actions, sdse_action_words, SDSE_ACTIONS_TAKEN);
    const bool any = of.text && *of.text;
    return sdse_arena_printf(arena, "%s%s%s%s", sdse_quantity_words[take->quantity],
                             any ? " (" : "", any ? of.text : "", any ? ")" : "");
}

static const char *quantity_text(struct sdse_arena *arena,
                                 const struct sdse_anchor *anchor) {
    const char *text = take_text(arena, &anchor->take);
    const struct sdse_take *take = &anchor->take, *over = &anchor->over;
    if (!anchor->ratio || !text)
        return text;
    if (take->quantity == over->quantity && take->cases != over->cases)
        return sdse_arena_printf(arena, "%s, ratio of cases", text);
    return sdse_arena_printf(arena, "%s / %s", text, take_text(arena, over));
}

static const char *names_text(struct sdse_arena *arena, const struct sdse_named *names,
                              size_t count) {
    struct growing list = {arena, ""};
    for (size_t i = 0; i < count; i++)
        append(&list, " ", names[i].text);
    return list.text;
}

static const char *cases_text(struct sdse_arena *arena,
                              const struct sdse_anchor_result *result) {
    struct growing list = {arena, ""};
    for (size_t i = 0; i < result->anchor->take.case_count; i++)
        append(&list, " ", result->file->cases[result->anchor->take.cases[i]].name);
    return list.text;
}

static const char *figure_text(struct sdse_arena *arena,
                               const struct sdse_anchor *anchor) {
    if (!anchor->known)
        return NULL;
    return anchor->low < anchor->high
               ? sdse_arena_printf(arena, "%.4g to %.4g", anchor->low, anchor->high)
               : sdse_arena_printf(arena, "%.6g", anchor->low);
}

static const char *explanation(struct sdse_arena *arena,
                               const struct sdse_anchor_result *result) {
    const struct sdse_anchor *anchor = result->anchor;
    struct growing text = {arena, ""};
    if (anchor->calibrated)
        append(&text, "",
               sdse_arena_printf(arena, "calibrated: %s", anchor->calibrated));
    if (anchor->why)
        append(&text, "; ", anchor->why);
    if (result->failure)
        append(&text, "; ", result->failure);
    if (anchor->assumption && !isnan(result->alternative) && anchor->known)
        append(&text, "; ",
               sdse_arena_printf(arena, "%s: %.4g (%+.1f %%)", anchor->assumption,
                                 result->alternative,
                                 result->alternative_error_percent));
    if (anchor->note)
        append(&text, "; ", anchor->note);
    return text.text && *text.text ? text.text : NULL;
}

static const char *mark_text(enum sdse_anchor_mark mark) {
    static const char *const words[SDSE_ANCHOR_MARKS] = {
#define WORD(name, word) word,
        SDSE_ANCHOR_MARK_MAP(WORD)
#undef WORD
    };
    return words[mark];
}

static void fill_for_people(struct sdse_table *table, struct sdse_arena *arena,
                            const struct cli_validated *validated) {
    static const struct {
        const char *name, *title;
        int digits;
    } columns[] = {{"anchor", NULL, 0},
                   {"source", NULL, 0},
                   {"mark", NULL, 0},
                   {"quantity", NULL, 0},
                   {"published", NULL, 0},
                   {"ours", NULL, 6},
                   {"unit", NULL, 0},
                   {"error", "error [%]", 3},
                   {"band", "band [%]", 3},
                   {"verdict", NULL, 0},
                   {"explanation", "what explains it", 0}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        sdse_table_add_column(table, columns[i].name, columns[i].title,
                              columns[i].digits);
    for (size_t i = 0; i < validated->count; i++) {
        const struct sdse_anchor_result *result = &validated->result[i];
        const struct sdse_anchor *anchor = result->anchor;
        sdse_table_add_text(table, anchor->id);
        sdse_table_add_text(table, anchor->source);
        sdse_table_add_text(table, mark_text(anchor->mark));
        sdse_table_add_text(table, quantity_text(arena, anchor));
        sdse_table_add_text(table, figure_text(arena, anchor));
        sdse_table_add_f64(table, result->ours);
        sdse_table_add_text(table, anchor->unit);
        sdse_table_add_text(
            table, isnan(result->error_percent)
                       ? NULL
                       : sdse_arena_printf(arena, "%+.1f", result->error_percent));
        sdse_table_add_f64(table, anchor->band_percent);
        sdse_table_add_text(table, sdse_verdict_name(result->verdict));
        sdse_table_add_text(table, explanation(arena, result));
    }
}

static void fill_for_machines(struct sdse_table *table, struct sdse_arena *arena,
                              const struct cli_validated *validated) {
    static const char *const columns[] = {
        "anchor",       "file",          "source",
        "mark",         "quantity",      "case",
        "layers",       "published_low", "published_high",
        "ours",         "unit",          "error_percent",
        "band_percent", "calibrated",    "verdict",
        "assumption",   "alternative",   "alternative_error_percent",
        "why",          "note",          "failure"};
    sdse_table_add_columns(table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < validated->count; i++) {
        const struct sdse_anchor_result *result = &validated->result[i];
        const struct sdse_anchor *anchor = result->anchor;
        sdse_table_add_text(table, anchor->id);
        sdse_table_add_text(table, result->file->name);
        sdse_table_add_text(table, anchor->source);
        sdse_table_add_text(table, mark_text(anchor->mark));
        sdse_table_add_text(table, quantity_text(arena, anchor));
        sdse_table_add_text(table, cases_text(arena, result));
        sdse_table_add_text(
            table, names_text(arena, anchor->take.layers, anchor->take.layer_count));
        sdse_table_add_f64(table, anchor->known ? anchor->low : (double)NAN);
        sdse_table_add_f64(table, anchor->known ? anchor->high : (double)NAN);
        sdse_table_add_f64(table, result->ours);
        sdse_table_add_text(table, anchor->unit);
        sdse_table_add_f64(table, result->error_percent);
        sdse_table_add_f64(table, anchor->band_percent);
        sdse_table_add_text(table, anchor->calibrated);
        sdse_table_add_text(table, sdse_verdict_name(result->verdict));
        sdse_table_add_text(table, anchor->assumption);
        sdse_table_add_f64(table, result->alternative);
        sdse_table_add_f64(table, result->alternative_error_percent);
        sdse_table_add_text(table, anchor->why);
        sdse_table_add_text(table, anchor->note);
        sdse_table_add_text(table, result->failure);
    }
}

struct sdse_table *cli_validation_table(struct sdse_arena *arena,
                                        const struct cli_validated *validated,
                                        enum sdse_table_format format) {
    struct sdse_table *table = sdse_table_new(arena);
    if (!table)
        return NULL;
    if (format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN)
        fill_for_people(table, arena, validated);
    else
        fill_for_machines(table, arena, validated);
    return table;
}

const char *cli_validation_summary(struct sdse_arena *arena,
                                   const struct sdse_validation_tally *tally) {
    const size_t *verdict = tally->verdict;
    const size_t judged = tally->calibrated + tally->uncalibrated;
    return sdse_arena_printf(
        arena,
        "%zu anchors: %zu judged: %zu within their bands, %zu explained by an "
        "alternative, %zu outside; of the %zu uncalibrated %zu within 15 %%; no "
        "verdict "
        "for %zu: %zu recalled, %zu restated, %zu without a figure, %zu not modelled, "
        "%zu failed.",
        tally->anchors, judged, verdict[SDSE_VERDICT_WITHIN],
        verdict[SDSE_VERDICT_EXPLAINED], verdict[SDSE_VERDICT_OUTSIDE],
        tally->uncalibrated, tally->within_15, tally->anchors - judged,
        verdict[SDSE_VERDICT_RECALLED], verdict[SDSE_VERDICT_RESTATED],
        verdict[SDSE_VERDICT_NO_FIGURE], verdict[SDSE_VERDICT_NOT_MODELLED],
        verdict[SDSE_VERDICT_FAILED]);
}
