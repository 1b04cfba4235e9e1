#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "dse/estimate/estimating.h"
#include "dse/sweep/forms.h"

// --- Which ---

static enum sdse_status meet(void *context, const struct sdse_walk_step *step) {
    (void)step;
    return sdse_estimating_stopped(context) ? SDSE_INTERRUPTED : SDSE_OK;
}

static int compare_forms(const void *a, const void *b) {
    const struct sdse_walk_form *x = a, *y = b;
    if (x->form != y->form)
        return x->form < y->form ? -1 : 1;
    if (x->network != y->network)
        return x->network < y->network ? -1 : 1;
    if (x->layer != y->layer)
        return x->layer < y->layer ? -1 : 1;
    return sdse_hash_compare(x->entry->record.hash, y->entry->record.hash);
}

// One form for each stratum of equal words, with probability in proportion to its own.
// A large one may be drawn several times.
static size_t draw_forms(struct sdse_estimating *e, size_t strata, size_t *drawn) {
    const double width = (double)e->words / (double)strata;
    double end = 0;
    size_t at = 0, next = 0;
    for (size_t s = 0; s < strata; s++) {
        const double target = ((double)s + sdse_estimating_draw(e)) * width;
        while (next < e->walk.form_count && end <= target) {
            at = next;
            end += (double)e->walk.forms[next++].words;
        }
        drawn[s] = at;
    }
    return strata;
}

// --- How long ---

// A form to be timed, with some of those that are decomposed with it.
enum { TIMED_ALIKE = 3 };
struct timed {
    size_t count, alike; // timed here; of them all, itself among them
    struct sdse_measured *entries[TIMED_ALIKE];
    double seconds[TIMED_ALIKE];
};

struct measuring {
    struct sdse_estimating *e;
    struct sdse_walk_form **forms;
    struct timed *timed;
};

static struct timed find_alike(const struct sdse_walk *walk,
                               const struct sdse_walk_form *form) {
    struct timed timed = {.count = 1, .alike = 1, .entries = {form->entry}};
    for (size_t i = 0; i < walk->form_count; i++) {
        struct sdse_measured *other = walk->forms[i].entry;
        if (other == form->entry || !sdse_measured_alike(form->entry, other))
            continue;
        timed.alike++;
        if (timed.count < TIMED_ALIKE)
            timed.entries[timed.count++] = other;
    }
    return timed;
}

static void measure_one(void *context, unsigned worker, size_t index) {
    struct measuring *m = context;
    if (sdse_estimating_stopped(m->e))
        return;
    // Copies: what is drawn again is timed again, and only itself becomes known.
    struct timed *timed = &m->timed[index];
    struct sdse_measured copies[TIMED_ALIKE], *entries[TIMED_ALIKE];
    for (size_t i = 0; i < timed->count; i++) {
        copies[i] = *timed->entries[i];
        entries[i] = &copies[i];
    }
    sdse_measure_alike(entries, timed->count, 1, m->e->workers[worker],
                       m->e->request->stop, timed->seconds);
    *timed->entries[0] = copies[0];
}

// Seconds of a form, when each that is decomposed with it bears its share.
static double share_of(const struct timed *timed) {
    double narrowing = 0;
    for (size_t i = 1; i < timed->count; i++)
        narrowing += timed->seconds[i] / (double)(timed->count - 1);
    return (timed->seconds[0] + (double)(timed->alike - 1) * narrowing) /
           (double)timed->alike;
}

static enum sdse_status measure(struct sdse_estimating *e, struct measuring *m,
                                size_t count) {
    enum sdse_status status = sdse_parallel_for(count, e->threads, measure_one, m);
    for (size_t i = 0; i < count && !status; i++) {
        const struct sdse_measured *entry = m->forms[i]->entry;
        if (entry->known)
            continue;
        for (const struct sdse_diag *diag = entry->reason; diag; diag = diag->next)
            sdse_diag_add(e->diags, diag->severity, diag->loc, diag->check, "%s",
                          diag->message);
        status = entry->status ? entry->status : SDSE_INTERRUPTED;
    }
    return status;
}

// Mean of what was drawn of strata in their order, and its standard error from the
// differences of neighbours.
static double mean_of(const double *values, size_t count, double *error) {
    double sum = 0, square = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    for (size_t i = 1; i < count; i++)
        square += (values[i] - values[i - 1]) * (values[i] - values[i - 1]);
    *error = count > 1 ? sqrt(square / 2 / (double)(count - 1) / (double)count) : 0;
    return sum / (double)count;
}

// --- What the others are taken for ---

static double ratio(const struct sdse_walk_form *a, const struct sdse_walk_form *b) {
    return (double)a->words / (double)b->words;
}

// An unmeasured form with the densities of a measured one.
static void take_after(struct sdse_walk_form *form, const struct sdse_walk_form *like) {
    struct sdse_measured *entry = form->entry;
    const struct sdse_hash hash = entry->record.hash;
    const struct sdse_weight_form *of = &like->entry->record.form;
    struct sdse_weight_form made = *of;
    if (of->smartdeal) {
        sdse_layer_form_shared(entry->layer, like->entry->layer, entry->setting, of,
                               &made);
        made.measured = true;
        made.sharing = of->sharing;
        made.joint_row_density = of->joint_row_density;
        made.digit_bits = of->digit_bits;
        made.digit_encoding = of->digit_encoding;
        for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++)
            made.digit_words[d] = of->digit_words[d];
        made.rel_error = of->rel_error;
    } else {
        made.products *= ratio(form, like);
        made.coefficient_bits_total *= ratio(form, like);
        made.basis_bits_total *= ratio(form, like);
        made.index_bits_total *= ratio(form, like);
    }
    entry->record = like->entry->record;
    entry->record.hash = hash;
    entry->record.form = made;
    entry->record.weight_words = form->words;
    entry->record.weight_bits =
        made.coefficient_bits_total + made.basis_bits_total + made.index_bits_total;
}

static void take_the_rest(struct sdse_walk *walk) {
    const struct sdse_walk_form *like = NULL;
    for (size_t i = 0; i < walk->form_count && !like; i++)
        if (walk->forms[i].entry->known)
            like = &walk->forms[i];
    for (size_t i = 0; i < walk->form_count && like; i++) {
        struct sdse_walk_form *form = &walk->forms[i];
        if (form->entry->known)
            like = form;
        else
            take_after(form, like);
        form->assumed = form->entry->record.form;
    }
}

void sdse_estimate_late_forms(struct sdse_estimating *e) { take_the_rest(&e->walk); }

enum sdse_status sdse_estimate_forms(struct sdse_estimating *e) {
    struct sdse_walk *walk = &e->walk;
    enum sdse_status status = sdse_walk_all(walk, meet, e);
    if (status || !walk->form_count)
        return status;
    qsort(walk->forms, walk->form_count, sizeof *walk->forms, compare_forms);
    for (size_t i = 0; i < walk->form_count; i++)
        e->words += walk->forms[i].words;
    e->estimate->forms = walk->form_count;
    const bool all = e->request->measure;
    const size_t count = all ? walk->form_count : SDSE_ESTIMATE_FORMS;
    size_t *drawn = SDSE_ARENA_ARRAY(e->arena, size_t, count);
    double *each = SDSE_ARENA_ARRAY(e->arena, double, count);
    struct measuring m = {
        .e = e,
        .forms = SDSE_ARENA_ARRAY(e->arena, struct sdse_walk_form *, count),
        .timed = SDSE_ARENA_ARRAY(e->arena, struct timed, count)};
    if (!drawn || !each || !m.forms || !m.timed)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; all && i < count; i++)
        drawn[i] = i;
    if (!all)
        draw_forms(e, count, drawn);
    size_t different = 0;
    for (size_t i = 0; i < count; i++)
        if (!i || drawn[i] != drawn[i - 1])
            m.forms[different++] = &walk->forms[drawn[i]];
    for (size_t i = 0; i < different; i++)
        m.timed[i] = find_alike(walk, m.forms[i]);
    status = measure(e, &m, different);
    if (status)
        return status;
    double sum = 0;
    for (size_t i = 0, at = 0; i < count; i++) {
        at += i && drawn[i] != drawn[i - 1];
        each[i] = share_of(&m.timed[at]) / (double)m.forms[at]->words;
        sum += share_of(&m.timed[at]);
    }
    e->word_s = mean_of(each, count, &e->word_error);
    if (all) {
        e->word_s = sum / (double)e->words;
        e->word_error = 0;
    }
    e->estimate->measured = different;
    take_the_rest(walk);
    for (size_t i = 0; all && i < count; i++)
        walk->forms[i].name = walk->forms[i].assumed;
    return SDSE_OK;
}
