// Checks of a sweep.
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "spec/check_list.h"
#include "spec/sweep_overrides.h"
#include "spec/sweep_stays.h"

static void report_empty(struct sdse_subject *s, const char *key) {
    const struct sdse_node *list = sdse_node_get(s->root, key);
    if (list && list->kind == SDSE_NODE_SEQUENCE && !list->count)
        sdse_check_report(s, list->key_loc, "the list of %s is empty", key);
}

void sdse_check_sweep_workloads(struct sdse_subject *s) {
    report_empty(s, "workloads");
}

void sdse_check_sweep_archs(struct sdse_subject *s) { report_empty(s, "archs"); }

void sdse_check_form_names(struct sdse_subject *s) {
    const struct sdse_sweep *sweep = s->sweep;
    // Values of one product differ already; compare with the forms of other entries.
    for (size_t i = 0; i < sweep->form_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(sweep->forms[i].name, sweep->forms[j].name) == 0 &&
                (sweep->forms[i].loc.line != sweep->forms[j].loc.line ||
                 sweep->forms[i].loc.column != sweep->forms[j].loc.column)) {
                sdse_check_report(s, sweep->forms[i].loc,
                                  "two weight forms are called '%.80s'",
                                  sweep->forms[i].name);
                break;
            }
        }
    }
}

static void list_duplicates(struct sdse_subject *s, const struct sdse_node *list) {
    if (!list || list->kind != SDSE_NODE_SEQUENCE || list->count > 10000)
        return;
    sdse_for_each_child (item, list)
        for (const struct sdse_node *other = list->first; other != item;
             other = other->next) {
            if (item->text && other->text && strcmp(item->text, other->text) == 0) {
                sdse_check_report(s, item->loc, "'%.80s' is listed twice", item->text);
                break;
            }
        }
}

// A path that is set twice for one accelerator: which value would hold?
static void twice_set(struct sdse_subject *s) {
    const struct sdse_override *all = s->sweep->overrides;
    for (size_t i = 1; i < s->sweep->override_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(all[i].path, all[j].path) == 0 &&
                (!all[i].arch || !all[j].arch || all[i].arch == all[j].arch)) {
                sdse_check_report(s, all[i].loc,
                                  "'%.80s' is set twice for one accelerator",
                                  all[i].path);
                break;
            }
}

void sdse_check_sweep_duplicates(struct sdse_subject *s) {
    twice_set(s);
    list_duplicates(s, sdse_node_get(s->root, "workloads"));
    list_duplicates(s, sdse_node_get(s->root, "archs"));
    sdse_for_each_child (list, sdse_node_get(s->root, "override"))
        list_duplicates(s, list);
    sdse_for_each_child (arch, sdse_node_get(s->root, "archs"))
        sdse_for_each_child (list, sdse_node_get(arch, "override"))
            list_duplicates(s, list);
    sdse_for_each_child (form, sdse_node_get(s->root, "weight_forms"))
        sdse_for_each_child (list, form)
            list_duplicates(s, list);
}

// What is proved has no time limit.
void sdse_check_resident_limit(struct sdse_subject *s) {
    const struct sdse_override *stays = sdse_sweep_stays(s->sweep);
    if (stays && s->sweep->mapper.seconds > 0)
        sdse_check_report(s, stays->loc,
                          "where tensors stay is proved: `seconds` does not go with "
                          "`resident`");
}

// Which memories share moves a point only where tensors may stay.
void sdse_check_shares_unused(struct sdse_subject *s) {
    static const char end[] = ".shares";
    for (size_t i = 0; i < s->sweep->override_count; i++) {
        const struct sdse_override *override = &s->sweep->overrides[i];
        const size_t bytes = strlen(override->path);
        if (bytes >= sizeof end - 1 &&
            strcmp(override->path + bytes - (sizeof end - 1), end) == 0 &&
            !sdse_sweep_stays(s->sweep))
            sdse_check_report(
                s, override->loc,
                "'%.80s' moves no point without `mapper: {resident: true}`",
                override->path);
    }
}

// A row with any non-zero coefficient is non-zero: rows <= 1 and >= density. Beside a
// density that is each layer's own (0) rows are all there, or as dense.
void sdse_check_form_row_density(struct sdse_subject *s) {
    for (size_t i = 0; i < s->sweep->form_count; i++) {
        const struct sdse_sweep_form *form = &s->sweep->forms[i];
        const double density = form->setting.density, rows = form->setting.row_density;
        if (!form->setting.smartdeal || form->setting.measured)
            continue;
        if (density > 0 && rows > 0 && rows < density) {
            sdse_check_report(
                s, form->loc,
                "form '%.80s': a fraction %g of non-zero coefficients does "
                "not fit into a fraction %g of the rows",
                form->name, density, rows);
            return;
        }
        if ((density > 0 && !(rows > 0)) || (!(density > 0) && rows > 0 && rows < 1)) {
            sdse_check_report(s, form->loc,
                              "form '%.80s': beside 'density: layer' rows are 1 or "
                              "'layer', and only there",
                              form->name);
            return;
        }
    }
}

void sdse_check_sweep_points(struct sdse_subject *s) {
    const struct sdse_sweep *sweep = s->sweep;
    const bool searched = sweep->search.method != SDSE_ALL_POINTS;
    uint64_t designs = 0, points, combinations;
    bool fits = true;
    for (size_t i = 0; fits && i < sweep->arch_count; i++)
        fits = sdse_sweep_combinations(sweep, i, &combinations) &&
               sdse_add_u64(designs, combinations, &designs);
    fits = fits && sdse_mul_u64(designs, sweep->form_count, &designs) &&
           sdse_mul_u64(designs, sweep->workload_count, &points);
    if (searched && (!fits || points > UINT64_C(1) << 62)) {
        sdse_check_report(s, sweep->loc, "the search has more than 2^62 designs");
        return;
    }
    if (searched && designs > sweep->search.evaluations)
        fits = sdse_mul_u64(sweep->search.evaluations, sweep->workload_count, &points);
    if (!fits || points > 10000000)
        sdse_check_report(s, sweep->loc, "the sweep has more than ten million points");
}
