#include "dse/validation/validate.h"

#include <math.h>

#include "base/pool.h"
#include "costmodel/effects.h"
#include "dse/map.h"
#include "dse/validation/take.h"

const char *sdse_verdict_name(enum sdse_anchor_verdict verdict) {
    static const char *const names[SDSE_VERDICTS] = {
        [SDSE_VERDICT_WITHIN] = "within",
        [SDSE_VERDICT_EXPLAINED] = "explained",
        [SDSE_VERDICT_OUTSIDE] = "outside",
        [SDSE_VERDICT_RECALLED] = "recalled",
        [SDSE_VERDICT_RESTATED] = "restated",
        [SDSE_VERDICT_NO_FIGURE] = "no figure",
        [SDSE_VERDICT_NOT_MODELLED] = "not modelled",
        [SDSE_VERDICT_FAILED] = "failed"};
    return names[verdict];
}

// ---- Evaluating ----

struct evaluating {
    struct sdse_ready_validation *ready;
    const atomic_bool *stop;
};

static enum sdse_status search(struct sdse_ready_item *item,
                               const struct sdse_layer *layer, const atomic_bool *stop,
                               struct sdse_mapping *mapping) {
    static const enum sdse_map_objective objectives[] = {
        [SDSE_ENERGY] = SDSE_MAP_ENERGY,
        [SDSE_LATENCY] = SDSE_MAP_LATENCY,
        [SDSE_EDP] = SDSE_MAP_EDP,
        [SDSE_ED2P] = SDSE_MAP_ED2P};
    const struct sdse_map_request request = {
        .arch = item->arch,
        .layer = layer,
        .form = &item->form,
        .objective = objectives[item->of->objective],
        .free_bypass = item->of->free_bypass,
        .padding_percent = item->of->imperfect_percent,
        .stop = stop};
    struct sdse_map_answer answer;
    const enum sdse_status status = sdse_map(&request, item->arena, &answer);
    if (status != SDSE_OK)
        return status;
    if (answer.status != SDSE_MAP_OPTIMAL || answer.point_count == 0)
        item->failure = answer.status == SDSE_MAP_NONE && answer.reason
                            ? answer.reason
                            : "the search was interrupted";
    else
        *mapping = answer.point[0].mapping;
    return SDSE_OK;
}

static enum sdse_status evaluate(struct sdse_ready_item *item,
                                 const atomic_bool *stop) {
    struct sdse_layer layer; // its engines' effects are drawn once
    struct sdse_model *model;
    sdse_effects_know(item->arch, item->layer, &item->form, NULL, item->arena, &layer);
    enum sdse_status status =
        sdse_model_new(item->arch, &layer, &item->form, item->arena, &model);
    if (status == SDSE_OVERFLOW || status == SDSE_INVALID)
        item->failure = sdse_status_text(status);
    struct sdse_mapping found;
    const struct sdse_mapping *mapping = item->mapping;
    if (status == SDSE_OK && !mapping) {
        status = search(item, &layer, stop, &found);
        mapping = &found;
    }
    if (item->failure)
        return SDSE_OK;
    if (status != SDSE_OK)
        return status;
    unsigned level = 0;
    if (sdse_mapping_verdict(model, mapping, &level) == SDSE_VALID)
        return sdse_evaluate_full(model, mapping, &item->cost) ? SDSE_OK
                                                               : SDSE_NO_MEMORY;
    item->failure =
        sdse_arena_printf(item->arena, "the mapping of %s does not fit level %s",
                          layer.name, item->arch->level[level].name);
    return item->failure ? SDSE_OK : SDSE_NO_MEMORY;
}

static void evaluate_item(void *context, unsigned worker, size_t index) {
    (void)worker;
    const struct evaluating *e = context;
    struct sdse_ready_item *item = &e->ready->items[index];
    item->status = evaluate(item, e->stop);
    if (e->ready->item_done)
        e->ready->item_done(e->ready->context);
}

// ---- Figures ----

struct figuring {
    const struct sdse_ready_validation *ready;
    const atomic_bool *stop;
    struct sdse_arena *arena;
    const char *failure;
    bool out_of_memory;
};

static double value_of(const struct sdse_fraction *sum) {
    return sum->below > 0 ? sum->above / sum->below : sum->above;
}

// Adds one layer of a case; a layer that could not be evaluated is the failure.
static void add_layer(struct figuring *f, const struct sdse_take *take, size_t index,
                      size_t layer, struct sdse_fraction *sum) {
    const struct sdse_ready_case *of = &f->ready->cases[index];
    const struct sdse_ready_item *item = &f->ready->items[of->item[layer]];
    if (item->failure && !f->failure)
        f->failure =
            sdse_arena_printf(f->arena, "case %s, layer %s: %s", item->of->name,
                              item->layer->name, item->failure);
    if (!item->failure)
        sdse_take_add_item(take, item, sum);
}

// Adds what the chosen layers of a case move, or hold, that take turns.
static void add_turns(struct figuring *f, const struct sdse_take *take, size_t index,
                      struct sdse_fraction *sum) {
    const struct sdse_ready_case *of = &f->ready->cases[index];
    bool *chosen = SDSE_ARENA_ARRAY(f->arena, bool, of->workload->layer_count + 1);
    struct sdse_turns turns;
    const char *failure = NULL;
    if (chosen)
        sdse_take_layers(f->ready, take, index, chosen);
    const enum sdse_status status =
        chosen ? sdse_turns_find(of, &f->ready->validation->cases[index].form, chosen,
                                 !sdse_quantity_waits(take->quantity), f->stop,
                                 f->arena, &turns, &failure)
               : SDSE_NO_MEMORY;
    f->out_of_memory |= status == SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        sdse_take_add_turns(take, &turns, of->arch, sum);
    else if (!f->failure)
        f->failure = sdse_arena_printf(
            f->arena, "case %s: %s", f->ready->validation->cases[index].name,
            status == SDSE_INVALID ? failure : sdse_status_text(status));
}

// The figures that are combined: of each layer of one case, or of each of several
// cases. With `together` all are added up to one.
static size_t figures_of(struct figuring *f, const struct sdse_take *take,
                         const size_t *cases, size_t case_count, bool together,
                         double **figures) {
    size_t count = 0, most = 1;
    for (size_t c = 0; c < case_count; c++)
        most += 1 + sdse_take_layers(f->ready, take, cases[c], NULL);
    *figures = SDSE_ARENA_ARRAY(f->arena, double, most);
    if (!*figures)
        return f->out_of_memory = true, 0;
    struct sdse_fraction sum = {0, 0};
    for (size_t c = 0; c < case_count; c++) {
        const struct sdse_ready_case *of = &f->ready->cases[cases[c]];
        const bool layers = sdse_quantity_needs_layers(take->quantity);
        if (sdse_quantity_takes_turns(take->quantity))
            add_turns(f, take, cases[c], &sum);
        else if (!layers)
            sdse_take_add_case(
                take, of, f->ready->validation->cases[cases[c]].form.smartdeal, &sum);
        const size_t layer_count = layers ? of->workload->layer_count : 0;
        bool *chosen = SDSE_ARENA_ARRAY(f->arena, bool, layer_count + 1);
        if (!chosen)
            return f->out_of_memory = true, 0;
        sdse_take_layers(f->ready, take, cases[c], chosen);
        for (size_t l = 0; l < layer_count; l++) {
            if (!chosen[l])
                continue;
            add_layer(f, take, cases[c], l, &sum);
            if (!together && case_count == 1) {
                (*figures)[count++] = value_of(&sum);
                sum = (struct sdse_fraction){0, 0};
            }
        }
        if (!together && (case_count > 1 || !layers)) {
            (*figures)[count++] = value_of(&sum);
            sum = (struct sdse_fraction){0, 0};
        }
    }
    if (together)
        (*figures)[count++] = value_of(&sum);
    return count;
}

static double combine(enum sdse_combine how, const double *values, size_t count) {
    double sum = 0, logs = 0, least = HUGE_VAL, most = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        logs += log(values[i]);
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    switch (how) {
    case SDSE_COMBINE_MEAN:
        return sum / (double)count;
    case SDSE_COMBINE_GEOMEAN:
        return exp(logs / (double)count);
    case SDSE_COMBINE_LEAST:
        return least;
    case SDSE_COMBINE_MOST:
        return most;
    default:
        return sum;
    }
}

// Our figure of an anchor in its unit, with cases in the place of its own; NAN with
// f->failure.
static double figure(struct figuring *f, const struct sdse_anchor *anchor,
                     const size_t *cases, size_t case_count, const size_t *over,
                     size_t over_count) {
    const bool together = anchor->combine == SDSE_COMBINE_SUM;
    double *above, *below = NULL;
    f->failure = NULL;
    const size_t count =
        figures_of(f, &anchor->take, cases, case_count, together, &above);
    const size_t others =
        anchor->ratio ? figures_of(f, &anchor->over, over, over_count, together, &below)
                      : count;
    if (f->out_of_memory || f->failure)
        return (double)NAN;
    if (count == 0 || count != others) {
        f->failure = "nothing to combine, or not in pairs";
        return (double)NAN;
    }
    for (size_t i = 0; anchor->ratio && i < count; i++)
        above[i] /= below[i];
    const double value = combine(anchor->combine, above, count) / anchor->per_unit;
    if (!isfinite(value))
        f->failure = "the figure is not finite: something to divide by is zero";
    return isfinite(value) ? value : (double)NAN;
}

// ---- Judging ----

static double error_percent(const struct sdse_anchor *anchor, double ours) {
    if (isnan(ours) || !anchor->known)
        return (double)NAN;
    const double nearest = fmin(fmax(ours, anchor->low), anchor->high);
    if (ours == nearest)
        return 0;
    return 100 * (ours - nearest) / fabs(nearest); // of nothing: infinitely wrong
}

static bool is_within(const struct sdse_anchor *anchor, double error) {
    return fabs(error) <= anchor->band_percent * (1 + 1e-12);
}

static enum sdse_anchor_verdict judge(const struct sdse_anchor_result *result) {
    const struct sdse_anchor *anchor = result->anchor;
    if (anchor->modelled && isnan(result->ours))
        return SDSE_VERDICT_FAILED;
    if (anchor->assumption && isnan(result->alternative))
        return SDSE_VERDICT_FAILED;
    if (!anchor->known)
        return SDSE_VERDICT_NO_FIGURE;
    if (!anchor->modelled)
        return SDSE_VERDICT_NOT_MODELLED;
    if (anchor->mark == SDSE_ANCHOR_RECALLED)
        return SDSE_VERDICT_RECALLED;
    if (anchor->restates)
        return SDSE_VERDICT_RESTATED;
    if (is_within(anchor, result->error_percent))
        return SDSE_VERDICT_WITHIN;
    return anchor->assumption && is_within(anchor, result->alternative_error_percent)
               ? SDSE_VERDICT_EXPLAINED
               : SDSE_VERDICT_OUTSIDE;
}

static struct sdse_anchor_result measure(struct figuring *f,
                                         const struct sdse_anchor *anchor) {
    struct sdse_anchor_result result = {.anchor = anchor,
                                        .file = f->ready->validation,
                                        .ours = (double)NAN,
                                        .alternative = (double)NAN};
    if (anchor->modelled) {
        const struct sdse_take *take = &anchor->take, *over = &anchor->over;
        result.ours = figure(f, anchor, take->cases, take->case_count, over->cases,
                             over->case_count);
        result.failure = f->failure;
        if (anchor->assumption) {
            const size_t *cases = over->cases;
            size_t count = over->case_count;
            if (anchor->over_alternative_count) {
                cases = anchor->over_alternative;
                count = anchor->over_alternative_count;
            } else if (over->cases == take->cases) { // it goes with the anchor's
                cases = anchor->alternative;
                count = anchor->alternative_count;
            }
            result.alternative = figure(f, anchor, anchor->alternative,
                                        anchor->alternative_count, cases, count);
            if (!result.failure)
                result.failure = f->failure;
        }
    }
    result.error_percent = error_percent(anchor, result.ours);
    result.alternative_error_percent = error_percent(anchor, result.alternative);
    result.verdict = judge(&result);
    return result;
}

enum sdse_status sdse_validation_run(struct sdse_ready_validation *ready,
                                     unsigned threads, const atomic_bool *stop,
                                     struct sdse_arena *arena,
                                     struct sdse_anchor_result **results) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < ready->item_count; i++)
        if (!(ready->items[i].arena = sdse_arena_new()))
            status = SDSE_NO_MEMORY;
    struct evaluating e = {ready, stop};
    if (status == SDSE_OK)
        status = sdse_parallel_for(ready->item_count, threads, evaluate_item, &e);
    for (size_t i = 0; status == SDSE_OK && i < ready->item_count; i++)
        status = ready->items[i].status;
    const size_t count = ready->validation->anchor_count;
    struct figuring f = {.ready = ready, .stop = stop, .arena = arena};
    *results = SDSE_ARENA_ARRAY(arena, struct sdse_anchor_result, count + 1);
    for (size_t i = 0; *results && status == SDSE_OK && i < count; i++)
        (*results)[i] = measure(&f, &ready->validation->anchors[i]);
    for (size_t i = 0; i < ready->item_count; i++)
        sdse_arena_free(ready->items[i].arena);
    return status == SDSE_OK && (!*results || f.out_of_memory) ? SDSE_NO_MEMORY
                                                               : status;
}

void sdse_validation_count(const struct sdse_anchor_result *results, size_t count,
                           struct sdse_validation_tally *tally) {
    for (size_t i = 0; i < count; i++) {
        const struct sdse_anchor_result *result = &results[i];
        tally->anchors++;
        tally->verdict[result->verdict]++;
        if (result->verdict > SDSE_VERDICT_OUTSIDE)
            continue;
        if (result->anchor->calibrated) {
            tally->calibrated++;
            continue;
        }
        tally->uncalibrated++;
        tally->within_15 += fabs(result->error_percent) <= 15;
    }
}
