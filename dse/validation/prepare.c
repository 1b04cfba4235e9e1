#include "dse/validation/prepare.h"

#include <string.h>

#include "costmodel/resolve.h"
#include "costmodel/stream.h"
#include "dse/sweep/forms.h"
#include "dse/validation/take.h"
#include "spec/network_changes.h"
#include "spec/path.h"
#include "spec/split.h"

struct preparing {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const struct sdse_validation *validation;
    struct sdse_ready_validation *ready;
    enum sdse_status status; // the first failure
};

static bool keep(struct preparing *p, enum sdse_status status) {
    if (status != SDSE_OK && p->status == SDSE_OK)
        p->status = status;
    return status == SDSE_OK;
}

// Several cases load one file, several anchors use one case: a fault is said once.
static void refuse(struct preparing *p, struct sdse_loc loc, const char *check,
                   const char *what, const char *name) {
    const char *message = sdse_arena_printf(p->arena, "%s '%.80s'", what, name);
    sdse_diag_add_once(p->diags, SDSE_ERROR, loc, check, message ? message : what);
    keep(p, SDSE_INVALID);
}

// ---- Accelerators and networks ----

static struct sdse_arch *load_arch(struct preparing *p, const struct sdse_case *from) {
    struct sdse_node *root;
    struct sdse_arch *arch = NULL;
    struct sdse_diags said;
    sdse_diags_init(&said, p->arena);
    const bool loaded =
        keep(p, sdse_tree_parse_file(p->arena, from->arch, &said, &root)) &&
        keep(p, sdse_arch_from_tree(p->arena, root, from->overrides,
                                    from->override_count, &said, &arch)) &&
        keep(p, sdse_arch_resolve_costs(arch, p->arena, &said));
    sdse_diags_pass_on(p->diags, &said);
    return loaded ? arch : NULL;
}

static struct sdse_workload *load_workload(struct preparing *p,
                                           const struct sdse_case *from) {
    struct sdse_workload *workload = NULL;
    struct sdse_diags said;
    sdse_diags_init(&said, p->arena);
    const bool loaded =
        keep(p, sdse_workload_load_changed(p->arena, from->workload, &from->network,
                                           &said, &workload));
    sdse_diags_pass_on(p->diags, &said);
    return loaded ? workload : NULL;
}

static void check_levels(struct preparing *p, const struct sdse_arch *arch,
                         const struct sdse_named *names, size_t count) {
    for (size_t i = 0; i < count && arch; i++) {
        bool found = false;
        for (unsigned l = 0; l < arch->level_count; l++)
            found |= sdse_level_is_called(arch->level[l].name, names[i].text);
        if (!found)
            refuse(p, names[i].loc, "unknown-level",
                   "the case's accelerator has no memory", names[i].text);
    }
}

static void check_layers(struct preparing *p, const struct sdse_workload *workload,
                         const struct sdse_named *names, size_t count) {
    for (size_t i = 0; i < count && workload; i++) {
        bool found = false;
        for (size_t l = 0; l < workload->layer_count; l++)
            found |=
                sdse_word_means_layer(workload, names[i].text, &workload->layers[l]);
        if (!found)
            refuse(p, names[i].loc, "unknown-layer", "the case's network has no layer",
                   names[i].text);
    }
}

static void load_case(struct preparing *p, size_t index) {
    const struct sdse_case *from = &p->validation->cases[index];
    struct sdse_ready_case *to = &p->ready->cases[index];
    if (from->arch)
        to->arch = load_arch(p, from);
    if (from->workload)
        to->workload = load_workload(p, from);
    if (to->arch && from->form.smartdeal && !to->arch->rebuild.present)
        refuse(p, from->loc, "case-form", "a SmartDeal form needs a rebuild engine in",
               to->arch->name);
    if (to->arch && !sdse_form_expects_words(&from->form, to->arch->bits[SDSE_WEIGHTS]))
        refuse(p, from->loc, "case-form",
               "expected lists of unique words have at most 8 bits, not the weights of",
               to->arch->name);
    if (!to->workload)
        return;
    const size_t count = to->workload->layer_count;
    check_layers(p, to->workload, from->layers, from->layer_count);
    to->item = SDSE_ARENA_ARRAY(p->arena, size_t, count);
    if (!to->item) {
        keep(p, SDSE_NO_MEMORY);
        return;
    }
    for (size_t l = 0; l < count; l++)
        to->item[l] = SIZE_MAX;
    for (size_t i = 0; i < from->mapping_count; i++) {
        bool found = false;
        for (size_t l = 0; l < count; l++)
            found |= strcmp(to->workload->layers[l].name, from->mappings[i].layer) == 0;
        if (!found)
            refuse(p, from->mappings[i].loc, "unknown-layer",
                   "the network has no layer", from->mappings[i].layer);
    }
}

// ---- What anchors need ----

size_t sdse_take_layers(const struct sdse_ready_validation *ready,
                        const struct sdse_take *take, size_t case_index, bool *chosen) {
    const struct sdse_workload *workload = ready->cases[case_index].workload;
    const struct sdse_case *of = &ready->validation->cases[case_index];
    const struct sdse_named *words = take->layer_count ? take->layers : of->layers;
    const size_t word_count = take->layer_count ? take->layer_count : of->layer_count;
    size_t count = 0;
    for (size_t l = 0; workload && l < workload->layer_count; l++) {
        const struct sdse_layer *layer = &workload->layers[l];
        bool taken = word_count == 0 && !sdse_layer_moves(layer);
        for (size_t i = 0; i < word_count && !taken; i++)
            taken = sdse_word_means_layer(workload, words[i].text, layer);
        if (chosen)
            chosen[l] = taken;
        count += taken;
    }
    return count;
}

static void check_names(struct preparing *p, const struct sdse_take *take,
                        size_t index) {
    const struct sdse_ready_case *of = &p->ready->cases[index];
    check_levels(p, of->arch, take->levels, take->level_count);
    check_levels(p, of->arch, take->without, take->without_count);
    check_layers(p, of->workload, take->layers, take->layer_count);
}

// Marks the layers that a quantity of some cases needs.
static void need(struct preparing *p, const struct sdse_take *take, const size_t *cases,
                 size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct sdse_ready_case *of = &p->ready->cases[cases[i]];
        check_names(p, take, cases[i]);
        const struct sdse_workload *network = of->workload;
        if (take->quantity == SDSE_QUANTITY_REPLAY &&
            (!network || !network->training || !network->training->replay_samples) &&
            (network || !p->validation->cases[cases[i]].workload))
            refuse(p, take->loc, "case-workload",
                   "no training with a replay to take this from in case",
                   p->validation->cases[cases[i]].name);
        const bool turns = sdse_quantity_takes_turns(take->quantity);
        if (!sdse_quantity_needs_layers(take->quantity) && !turns)
            continue;
        if (!p->validation->cases[cases[i]].workload) {
            refuse(p, take->loc, "case-workload",
                   "no network to take this from in case",
                   p->validation->cases[cases[i]].name);
            continue;
        }
        if (!of->workload || !of->item || turns)
            continue; // said already, or no layer is evaluated
        bool *chosen = SDSE_ARENA_ARRAY(p->arena, bool, of->workload->layer_count);
        if (!chosen) {
            keep(p, SDSE_NO_MEMORY);
            return;
        }
        sdse_take_layers(p->ready, take, cases[i], chosen);
        for (size_t l = 0; l < of->workload->layer_count; l++)
            if (chosen[l] && of->item[l] == SIZE_MAX)
                of->item[l] = p->ready->item_count++;
    }
}

// How many figures `combine` joins: layers of one case, or cases.
static size_t joined(struct preparing *p, const struct sdse_take *take) {
    if (take->case_count != 1 || !sdse_quantity_needs_layers(take->quantity))
        return take->case_count;
    return sdse_take_layers(p->ready, take, take->cases[0], NULL);
}

static void need_anchor(struct preparing *p, const struct sdse_anchor *anchor) {
    if (!anchor->modelled)
        return;
    need(p, &anchor->take, anchor->take.cases, anchor->take.case_count);
    if (anchor->assumption)
        need(p, &anchor->take, anchor->alternative, anchor->alternative_count);
    if (!anchor->ratio)
        return;
    need(p, &anchor->over, anchor->over.cases, anchor->over.case_count);
    if (anchor->assumption)
        need(p, &anchor->over, anchor->over_alternative,
             anchor->over_alternative_count);
    if (anchor->assumption && anchor->over.cases == anchor->take.cases)
        need(p, &anchor->over, anchor->alternative, anchor->alternative_count);
    if (anchor->combine != SDSE_COMBINE_SUM && p->status == SDSE_OK &&
        joined(p, &anchor->take) != joined(p, &anchor->over))
        refuse(p, anchor->loc, "pair-count",
               "its figure and its 'over' are not as many to be combined in pairs:",
               anchor->id);
}

// ---- Items ----

static const struct sdse_case_mapping *mapping_of(const struct sdse_case *of,
                                                  const char *layer) {
    for (size_t i = of->mapping_count; i-- > 0;) // the last wins
        if (strcmp(of->mappings[i].layer, layer) == 0)
            return &of->mappings[i];
    return NULL;
}

static bool load_mapping(struct preparing *p, const struct sdse_case_mapping *named,
                         struct sdse_arch *arch, struct sdse_ready_item *item) {
    struct sdse_node *root;
    struct sdse_arch *split;
    struct sdse_mapping *mapping;
    if (!keep(p, sdse_tree_parse_file(p->arena, named->path, p->diags, &root)) ||
        !keep(p, sdse_arch_of_mapping(arch, root, p->arena, &split)) ||
        !keep(p, sdse_mapping_from_tree(p->arena, root, split, item->layer, p->diags,
                                        &mapping)))
        return false;
    item->arch = split;
    item->mapping = mapping;
    return true;
}

static bool stream(struct preparing *p, struct sdse_arch *arch,
                   struct sdse_ready_item *item) {
    struct sdse_mapping *mapping = SDSE_ARENA_NEW(p->arena, struct sdse_mapping);
    if (!mapping)
        return keep(p, SDSE_NO_MEMORY);
    if (!sdse_stream_admits(arch, item->layer, p->diags))
        return keep(p, SDSE_INVALID);
    sdse_mapping_init(arch, mapping);
    mapping->streamed = true;
    item->arch = arch;
    item->mapping = mapping;
    return true;
}

static bool widen(struct preparing *p, struct sdse_arch *arch,
                  struct sdse_ready_item *item) {
    const unsigned levels =
        item->of->uneven ? sdse_arch_may_split(arch) : sdse_arch_uneven(arch);
    struct sdse_arch *split = arch;
    if (levels && !keep(p, sdse_arch_split(arch, levels, p->arena, &split))) {
        sdse_diag_add(p->diags, SDSE_ERROR, item->of->loc, "uneven-memory",
                      "the positions in the memories of '%.80s' would make more than "
                      "%d levels, or have the name of one",
                      arch->name, SDSE_MAX_LEVELS);
        return false;
    }
    item->arch = split;
    return true;
}

static void make_item(struct preparing *p, size_t case_index, size_t layer) {
    const struct sdse_case *of = &p->validation->cases[case_index];
    struct sdse_ready_case *ready = &p->ready->cases[case_index];
    struct sdse_ready_item *item = &p->ready->items[ready->item[layer]];
    *item =
        (struct sdse_ready_item){.of = of, .layer = &ready->workload->layers[layer]};
    const struct sdse_case_mapping *named = mapping_of(of, item->layer->name);
    bool good;
    if (sdse_layer_moves(item->layer))
        good = stream(p, ready->arch, item);
    else if (named)
        good = load_mapping(p, named, ready->arch, item);
    else if (of->searched)
        good = widen(p, ready->arch, item);
    else {
        good = false;
        sdse_diag_add(p->diags, SDSE_ERROR, of->loc, "case-mapping",
                      "case '%.80s' maps no layer '%.80s': name a file under "
                      "'mappings', or say 'search: edp'",
                      of->name, item->layer->name);
        keep(p, SDSE_INVALID);
    }
    if (!good)
        return;
    sdse_layer_form_declare_words(item->layer, &of->form,
                                  ready->arch->bits[SDSE_WEIGHTS], &item->form);
}

enum sdse_status sdse_validation_prepare(const struct sdse_validation *validation,
                                         struct sdse_arena *arena,
                                         struct sdse_diags *diags,
                                         struct sdse_ready_validation *out) {
    struct sdse_ready_validation ready = {.validation = validation};
    struct preparing p = {arena, diags, validation, &ready, SDSE_OK};
    ready.cases =
        SDSE_ARENA_ARRAY(arena, struct sdse_ready_case, validation->case_count + 1);
    if (!ready.cases)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < validation->case_count; i++)
        load_case(&p, i);
    for (size_t i = 0; i < validation->anchor_count; i++)
        need_anchor(&p, &validation->anchors[i]);
    ready.items = SDSE_ARENA_ARRAY(arena, struct sdse_ready_item, ready.item_count + 1);
    if (!ready.items)
        return SDSE_NO_MEMORY;
    for (size_t c = 0; c < validation->case_count; c++)
        for (size_t l = 0; ready.cases[c].arch && ready.cases[c].item &&
                           l < ready.cases[c].workload->layer_count;
             l++)
            if (ready.cases[c].item[l] != SIZE_MAX)
                make_item(&p, c, l);
    if (p.status == SDSE_OK)
        *out = ready;
    return p.status;
}
