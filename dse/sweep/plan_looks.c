// Before a sweep runs: which accelerators and points of it cannot be, and why. All are
// looked at, or those that show what single values do, and some more.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/resolve.h"
#include "dse/sweep/making.h"
#include "spec/load.h"
#include "spec/sweep_overrides.h"

// --- Causes ---

// What is said of many: each cause once, with how many say it.
struct cause {
    struct cause *next;
    struct sdse_diags said; // one diagnostic and its notes, of the first in order
    uint64_t first, count;  // that one's number; how many say it
    bool refuses;
    bool varies; // others say it of other values
};
struct causes {
    struct cause *all;
    struct sdse_arena *arena;
};

static bool same_place(struct sdse_loc a, struct sdse_loc b) {
    return a.line == b.line && a.column == b.column &&
           (a.file == b.file || (a.file && b.file && strcmp(a.file, b.file) == 0));
}

// False: memory is out.
static bool keep_said(struct cause *cause, struct sdse_arena *arena,
                      const struct sdse_diag *diag) {
    sdse_diags_init(&cause->said, arena);
    sdse_diag_add(&cause->said, diag->severity, diag->loc, diag->check, "%s",
                  diag->message);
    for (const struct sdse_diag *note = diag->next; note && note->severity == SDSE_NOTE;
         note = note->next)
        sdse_diag_add(&cause->said, SDSE_NOTE, note->loc, NULL, "%s", note->message);
    return !cause->said.fault;
}

// A cause is a check and the place that it is about. False: memory is out.
static bool note_cause(struct causes *causes, const struct sdse_diag *diag,
                       bool refuses, uint64_t number) {
    for (struct cause *cause = causes->all; cause; cause = cause->next) {
        const struct sdse_diag *known = cause->said.first;
        if (strcmp(known->check, diag->check) != 0 ||
            !same_place(known->loc, diag->loc) || cause->refuses != refuses)
            continue;
        cause->count++;
        cause->varies = cause->varies || strcmp(known->message, diag->message) != 0;
        return true; // numbers rise with what a cause is about
    }
    struct cause *cause = SDSE_ARENA_NEW(causes->arena, struct cause);
    if (!cause)
        return false;
    cause->first = number;
    cause->count = 1;
    cause->refuses = refuses;
    cause->next = causes->all;
    causes->all = cause;
    return keep_said(cause, causes->arena, diag);
}

// In the order of those that say them first; of one, in the order in which it does.
static void sort_causes(struct causes *causes) {
    struct cause *sorted = NULL;
    while (causes->all) { // each before all that come later and were noted later
        struct cause *cause = causes->all, **at = &sorted;
        causes->all = cause->next;
        while (*at && (*at)->first < cause->first)
            at = &(*at)->next;
        cause->next = *at;
        *at = cause;
    }
    causes->all = sorted;
}

static void say_cause(const struct cause *cause, enum sdse_severity severity,
                      const char *more, struct sdse_diags *diags) {
    const struct sdse_diag *diag = cause->said.first;
    sdse_diag_add(diags, severity, diag->loc, diag->check, "%s%s", diag->message, more);
    for (const struct sdse_diag *note = diag->next;
         severity == SDSE_WARNING && note && note->severity == SDSE_NOTE;
         note = note->next)
        sdse_diag_add(diags, SDSE_NOTE, note->loc, NULL, "%s", note->message);
}

// `what`: of which there are so many, and so many were looked at.
static void say_causes(struct causes *causes, const char *what, uint64_t all,
                       uint64_t looked, struct sdse_diags *diags) {
    sort_causes(causes);
    for (const struct cause *cause = causes->all; cause; cause = cause->next) {
        char more[160] = "";
        const char *like = cause->varies ? "and so on: " : "";
        const char *then = cause->refuses ? ": infeasible" : "";
        if (looked < all)
            snprintf(more, sizeof more,
                     " (%s%" PRIu64 " of the %" PRIu64 " %ss looked at, of %" PRIu64
                     "%s)",
                     like, cause->count, looked, what, all, then);
        else if (cause->refuses || cause->count > 1)
            snprintf(more, sizeof more, " (%s%" PRIu64 " %s%s%s)", like, cause->count,
                     what, cause->count == 1 ? "" : "s", then);
        say_cause(cause, SDSE_WARNING, more, diags);
    }
}

// --- Which to look at ---

struct looks {
    size_t count, capacity;
    uint64_t *combinations;
};

static int compare_u64(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// All; or each value of each override beside the first of the others, the last of all,
// and some evenly spaced. Rising; false: memory is out.
static bool choose_looks(const struct sdse_plan *plan, size_t arch, struct looks *out) {
    const uint64_t all = plan->archs[arch].combinations;
    const size_t axes = sdse_sweep_axis_count(plan->sweep, arch);
    const bool everything = plan->variant_count <= SDSE_PLAN_LOOKS;
    const size_t spaced = SDSE_PLAN_LOOKS / 8;
    uint64_t stride;
    size_t most = everything ? (size_t)all : spaced + 2;
    for (size_t i = 0; !everything && i < axes; i++)
        most += (size_t)sdse_sweep_axis(plan->sweep, arch, i, &stride);
    uint64_t *list = calloc(most, sizeof *list);
    if (!list)
        return false;
    size_t count = 0;
    for (uint64_t i = 0; everything && i < all; i++)
        list[count++] = i;
    if (!everything) {
        list[count++] = 0;
        list[count++] = all - 1;
        for (size_t i = 0; i < spaced; i++)
            list[count++] = (uint64_t)((double)all * (double)i / (double)spaced);
        for (size_t i = 0; i < axes; i++) {
            const uint64_t length = sdse_sweep_axis(plan->sweep, arch, i, &stride);
            for (uint64_t v = 0; v < length; v++)
                list[count++] = v * stride;
        }
        qsort(list, count, sizeof *list, compare_u64);
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || list[i] != list[kept - 1])
            list[kept++] = list[i];
    *out = (struct looks){.count = kept, .combinations = list};
    return true;
}

// --- Looking ---

struct sdse_plan_looks {
    struct sdse_plan *plan;
    struct sdse_arena *arena, *scratch; // of the plan; of one accelerator
    struct sdse_diags *diags;
    struct causes variants, points;
    uint64_t looked, made;    // accelerators
    uint64_t refused_points;  // of those that were looked at, and are there
    struct sdse_diags *first; // [accelerators]: what was said of the first refused one
    uint64_t *refused;        // [accelerators]
};

// Points of an accelerator that is there, but does not go with form or network.
static bool look_at_points(struct sdse_plan_looks *l,
                           const struct sdse_variant *variant) {
    const struct sdse_plan *plan = l->plan;
    struct sdse_diags *forms =
        SDSE_ARENA_ARRAY(l->scratch, struct sdse_diags, plan->form_count);
    if (!forms)
        return false;
    for (size_t f = 0; f < plan->form_count; f++) {
        sdse_diags_init(&forms[f], l->scratch);
        sdse_form_admits(plan, f, variant->arch, &forms[f]);
        if (forms[f].fault)
            return false;
    }
    for (size_t n = 0; n < plan->network_count; n++) {
        struct sdse_diags network;
        sdse_diags_init(&network, l->scratch);
        if (plan->networks[n].workload) // else it did not load
            sdse_network_admits(plan, n, variant, &network);
        if (network.fault)
            return false;
        for (size_t f = 0; f < plan->form_count; f++) {
            const struct sdse_diag *diag =
                forms[f].first ? forms[f].first : network.first;
            const uint64_t position = sdse_plan_position(plan, n, variant->number, f);
            if (diag && !note_cause(&l->points, diag, true, position))
                return false;
            l->refused_points += diag != NULL;
        }
    }
    return true;
}

static enum sdse_status look_at(struct sdse_plan_looks *l, size_t arch,
                                uint64_t combination) {
    struct sdse_plan *plan = l->plan;
    struct sdse_plan_arch *from = &plan->archs[arch];
    struct sdse_diags said;
    struct sdse_variant variant;
    sdse_diags_init(&said, l->scratch);
    const enum sdse_status status =
        sdse_variant_make(plan, arch, combination, l->scratch, &said, &variant);
    if (status && (status != SDSE_INVALID || said.fault))
        return SDSE_NO_MEMORY;
    l->looked++;
    const struct sdse_diag *error = status ? sdse_first_error(&said) : NULL;
    if (status && !error)
        return SDSE_NO_MEMORY;
    for (const struct sdse_diag *diag = said.first; diag; diag = diag->next)
        if ((diag == error || (!error && diag->severity == SDSE_WARNING)) &&
            !note_cause(&l->variants, diag, error != NULL, variant.number))
            return SDSE_NO_MEMORY;
    if (error) {
        if (!l->refused[arch]++) {
            sdse_diags_init(&l->first[arch], l->arena);
            sdse_diags_pass_on(&l->first[arch], &said);
        }
        return l->first[arch].fault ? SDSE_NO_MEMORY : SDSE_OK;
    }
    l->made++;
    if (!from->named) { // once more, to stay
        sdse_diags_init(&said, l->arena);
        struct sdse_variant named;
        if (sdse_variant_make(plan, arch, combination, l->arena, &said, &named))
            return SDSE_NO_MEMORY;
        from->named = named.arch;
    }
    if (!from->name || combination == 0)
        from->name = sdse_arena_strdup(l->arena, variant.arch->name);
    return from->name && look_at_points(l, &variant) ? SDSE_OK : SDSE_NO_MEMORY;
}

// The accelerator as its file has it; NULL if that needs the overrides.
static enum sdse_status load_base(struct sdse_plan_looks *l,
                                  struct sdse_plan_arch *from) {
    struct sdse_diags quiet;
    struct sdse_arch *base = NULL;
    sdse_diags_init(&quiet, l->arena);
    enum sdse_status status =
        sdse_arch_from_tree(l->arena, from->root, NULL, 0, &quiet, &base);
    if (!status)
        status = sdse_arch_resolve_costs(base, l->arena, &quiet);
    from->named = status ? NULL : base;
    return status == SDSE_INVALID ? SDSE_OK : status;
}

static enum sdse_status look_at_arch(struct sdse_plan_looks *l, size_t arch) {
    struct sdse_plan_arch *from = &l->plan->archs[arch];
    struct looks looks;
    enum sdse_status status = load_base(l, from);
    if (!status && !choose_looks(l->plan, arch, &looks))
        status = SDSE_NO_MEMORY;
    if (status)
        return status;
    for (size_t i = 0; !status && i < looks.count; i++) {
        status = look_at(l, arch, looks.combinations[i]);
        sdse_arena_reset(l->scratch);
    }
    free(looks.combinations);
    if (status || from->named) {
        if (!status && !from->name)
            from->name = from->named->name;
        return status;
    }
    // No override admits it, and its file alone is none.
    sdse_diags_pass_on(l->diags, &l->first[arch]);
    return SDSE_INVALID;
}

enum sdse_status sdse_plan_look(struct sdse_plan *plan, struct sdse_arena *arena,
                                struct sdse_diags *diags,
                                struct sdse_plan_looks **out) {
    struct sdse_plan_looks *l = SDSE_ARENA_NEW(arena, struct sdse_plan_looks);
    if (!l)
        return SDSE_NO_MEMORY;
    *l = (struct sdse_plan_looks){
        .plan = plan,
        .arena = arena,
        .scratch = sdse_arena_new(),
        .diags = diags,
        .variants = {NULL, arena},
        .points = {NULL, arena},
        .first = SDSE_ARENA_ARRAY(arena, struct sdse_diags, plan->arch_count),
        .refused = SDSE_ARENA_ARRAY(arena, uint64_t, plan->arch_count)};
    enum sdse_status status =
        l->scratch && l->first && l->refused ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t i = 0; i < plan->arch_count && status != SDSE_NO_MEMORY; i++) {
        const enum sdse_status looked =
            plan->archs[i].root ? look_at_arch(l, i) : SDSE_INVALID;
        status = status && looked != SDSE_NO_MEMORY ? status : looked;
    }
    sdse_arena_free(l->scratch);
    if (!status && !l->made) {
        for (size_t i = 0; i < plan->arch_count; i++)
            if (l->refused[i])
                sdse_diags_pass_on(diags, &l->first[i]);
        status = SDSE_INVALID;
    }
    if (!status)
        say_causes(&l->variants, "accelerator", plan->variant_count, l->looked, diags);
    *out = l;
    return status;
}

enum sdse_status sdse_plan_judge_points(struct sdse_plan_looks *l) {
    const struct sdse_plan *plan = l->plan;
    const uint64_t each = plan->network_count * plan->form_count;
    if (l->refused_points < l->made * each) {
        say_causes(&l->points, "point", plan->design_count, l->looked * each, l->diags);
        return SDSE_OK;
    }
    sort_causes(&l->points);
    for (const struct cause *cause = l->points.all; cause; cause = cause->next)
        say_cause(cause, SDSE_ERROR, "", l->diags);
    return SDSE_INVALID;
}
