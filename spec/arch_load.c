// The accelerator's file as a struct: top level, levels, multipliers.
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "spec/checks.h"
#include "spec/load.h"
#include "spec/path.h"
#include "spec/reading.h"
#include "spec/value.h"

static void read_required_text(struct sdse_arch_reading *r, const char *key,
                               const char **out) {
    const struct sdse_node *node = sdse_node_get(r->root, key);
    if (!node)
        sdse_report_missing(r->root, key, r->diags);
    else
        sdse_read_text(node, r->diags, out);
}

static void read_required_double(struct sdse_arch_reading *r, const char *key,
                                 double *out) {
    const struct sdse_node *node = sdse_node_get(r->root, key);
    *out = (double)NAN;
    if (!node)
        sdse_report_missing(r->root, key, r->diags);
    else
        sdse_read_double(node, -1e9, 1e9, r->diags, out);
}

static void read_widths(struct sdse_arch_reading *r) {
    struct sdse_arch *arch = r->arch;
    const struct sdse_node *word = sdse_node_get(r->root, "word_bits");
    const struct sdse_node *map = sdse_node_get(r->root, "tensors");
    uint32_t bits = 0;
    if (word)
        sdse_read_u32(word, 1, 64, r->diags, &bits);
    if (map && !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    if (map)
        sdse_schema_refuse_unknown(SDSE_SCHEMA_TENSORS, map, r->diags);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        arch->bits[t] = bits;
        const struct sdse_node *tensor = sdse_node_get(map, sdse_tensor_words[t]);
        const struct sdse_node *own = sdse_node_get(tensor, "bits");
        if (tensor && sdse_expect_kind(tensor, SDSE_NODE_MAPPING, r->diags))
            sdse_schema_refuse_unknown(t == SDSE_OUTPUTS ? SDSE_SCHEMA_OUTPUT_TENSOR
                                                         : SDSE_SCHEMA_TENSOR,
                                       tensor, r->diags);
        if (own)
            sdse_read_u32(own, 1, 64, r->diags, &arch->bits[t]);
        else if (!word) {
            sdse_diag_add(r->diags, SDSE_ERROR, r->root->loc, "missing-key",
                          "the width of %s is missing: give word_bits, or "
                          "tensors.%s.bits",
                          sdse_tensor_words[t], sdse_tensor_words[t]);
        }
    }
    arch->partial_bits = arch->bits[SDSE_OUTPUTS];
    const struct sdse_node *partial =
        sdse_node_get(sdse_node_get(map, "outputs"), "partial_bits");
    if (partial)
        sdse_read_u32(partial, 1, 64, r->diags, &arch->partial_bits);
}

// Appends one memory of a level; its name falls back to the level's.
static void append_memory(struct sdse_arch_reading *r, const struct sdse_node *map,
                          const struct sdse_node *memory, const char *group) {
    struct sdse_arch *arch = r->arch;
    if (arch->level_count == SDSE_MAX_LEVELS) {
        sdse_diag_add(r->diags, SDSE_ERROR, memory->loc, "too-many-levels",
                      "more than %d memories", SDSE_MAX_LEVELS);
        r->levels_broken = true;
        return;
    }
    if (!sdse_expect_kind(memory, SDSE_NODE_MAPPING, r->diags)) {
        r->levels_broken = true;
        return;
    }
    unsigned index = arch->level_count++;
    struct sdse_level *level = &arch->level[index];
    level->name = level->group = group;
    level->loc = memory->loc;
    sdse_schema_refuse_unknown(SDSE_SCHEMA_MEMORY, memory, r->diags);
    const struct sdse_node *name = sdse_node_get(memory, "name");
    const struct sdse_node *outer_keeps = sdse_node_get(map, "keeps");
    const struct sdse_node *keeps = sdse_node_get(memory, "keeps");
    if (name)
        sdse_read_text(name, r->diags, &level->name);
    else if (sdse_node_get(map, "memories")) {
        sdse_report_missing(memory, "name", r->diags);
        level->name = "?";
        r->levels_broken = true;
    }
    if (outer_keeps && keeps)
        sdse_diag_add(r->diags, SDSE_ERROR, keeps->key_loc, "keeps-twice",
                      "memory '%s': keeps stands here and in the level", level->name);
    struct sdse_level_reading *reading = &r->level[index];
    reading->level = map;
    reading->memory = memory;
    reading->keeps = keeps ? keeps : outer_keeps;
    sdse_read_memory(r, index);
}

// Fan-out and network belong to the last sibling; the others have one child each.
static void finish_group(struct sdse_arch_reading *r, unsigned first) {
    for (unsigned i = first; i + 1 < r->arch->level_count; i++) {
        struct sdse_level *level = &r->arch->level[i];
        level->fanout_x = level->fanout_y = 1;
        level->fanout_loc = level->loc;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            level->network[t].free = true;
    }
    if (r->arch->level_count == first)
        return;
    unsigned last = r->arch->level_count - 1;
    r->arch->level[last].carries_loops = true;
    sdse_read_fanout(r, last);
    sdse_read_network(r, last);
}

static void read_level(struct sdse_arch_reading *r, const struct sdse_node *map) {
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags)) {
        r->levels_broken = true;
        return;
    }
    sdse_schema_refuse_unknown(SDSE_SCHEMA_LEVEL, map, r->diags);
    const char *name = "?";
    const struct sdse_node *node = sdse_node_get(map, "level");
    if (!node)
        sdse_report_missing(map, "level", r->diags);
    if (!node || !sdse_read_text(node, r->diags, &name))
        r->levels_broken = true;
    const struct sdse_node *memory = sdse_node_get(map, "memory");
    const struct sdse_node *memories = sdse_node_get(map, "memories");
    if (!memory == !memories ||
        (memories && memories->kind == SDSE_NODE_SEQUENCE && !memories->count)) {
        sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "level-empty",
                      "level '%s' needs a memory, or a list of memories, not %s", name,
                      memory ? "both" : "neither");
        r->levels_broken = true;
        return;
    }
    unsigned first = r->arch->level_count;
    if (memory)
        append_memory(r, map, memory, name);
    else if (sdse_expect_kind(memories, SDSE_NODE_SEQUENCE, r->diags))
        sdse_for_each_child (item, memories)
            append_memory(r, map, item, name);
    else
        r->levels_broken = true;
    finish_group(r, first);
}

static void read_levels(struct sdse_arch_reading *r) {
    const struct sdse_node *list = sdse_node_get(r->root, "levels");
    if (!list) {
        sdse_report_missing(r->root, "levels", r->diags);
        r->levels_broken = true;
        return;
    }
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags)) {
        r->levels_broken = true;
        return;
    }
    sdse_for_each_child (map, list)
        read_level(r, map);
}

static void read_compute(struct sdse_arch_reading *r) {
    static const char *const classes[] = {"parallel", "bit_serial"};
    struct sdse_compute *compute = &r->arch->compute;
    compute->cycles_per_mac = 1;
    const struct sdse_node *map = sdse_node_get(r->root, "compute"), *node;
    if (!map)
        sdse_report_missing(r->root, "compute", r->diags);
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    r->compute = map;
    compute->loc = map->key_loc;
    sdse_schema_refuse_unknown(SDSE_SCHEMA_COMPUTE, map, r->diags);
    unsigned serial = 0;
    if ((node = sdse_node_get(map, "class")))
        sdse_read_word(node, classes, 2, r->diags, &serial);
    node = sdse_node_get(map, "cycles_per_mac");
    if (!node && serial)
        sdse_report_missing(map, "cycles_per_mac", r->diags);
    struct sdse_number *cycles = &compute->cycles_number;
    sdse_number_read(node, 1.0 / 1024, 1024, &r->sources, r->diags, cycles);
    if (cycles->given && cycles->value > 0)
        compute->cycles_per_mac = cycles->value;
    const struct sdse_sources *s = &r->sources;
    sdse_number_read(sdse_node_get(map, "pj_per_mac"), 0, 1e9, s, r->diags,
                     &compute->pj_per_mac);
    sdse_number_read(sdse_node_get(map, "leakage_mw"), 0, 1e9, s, r->diags,
                     &compute->leakage_mw);
    sdse_read_overhead(r, map, &compute->overhead);
    sdse_number_read(sdse_node_get(map, "area_um2"), 0, 1e15, s, r->diags,
                     &compute->area_um2);
    if ((node = sdse_node_get(map, "component")))
        sdse_read_text(node, r->diags, &compute->component);
    if ((node = sdse_node_get(map, "free")))
        sdse_read_bool(node, r->diags, &compute->free);
}

static void read_chip(struct sdse_arch_reading *r) {
    const struct sdse_node *map = sdse_node_get(r->root, "chip");
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    r->chip = map;
    sdse_schema_refuse_unknown(SDSE_SCHEMA_CHIP, map, r->diags);
    sdse_read_overhead(r, map, &r->arch->chip);
}

static void read_area(struct sdse_arch_reading *r) {
    const struct sdse_node *map = sdse_node_get(r->root, "area");
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    struct sdse_number *other = &r->arch->other_area_um2;
    sdse_schema_refuse_unknown(SDSE_SCHEMA_AREA, map, r->diags);
    sdse_number_read(sdse_node_get(map, "other_um2"), 0, 1e15, &r->sources, r->diags,
                     other);
    const struct sdse_node *mm2 = sdse_node_get(map, "other_mm2");
    if (mm2) {
        sdse_number_read(mm2, 0, 1e9, &r->sources, r->diags, other);
        other->value = sdse_um2_from_mm2(other->value);
    }
}

// Above a rebuild engine `weights` means the words and every part of them.
static void expand_weights(struct sdse_arch_reading *r) {
    const unsigned parts = SDSE_BIT(SDSE_PART_COEFFICIENTS) |
                           SDSE_BIT(SDSE_PART_BASIS) | SDSE_BIT(SDSE_PART_INDEX);
    if (!r->arch->rebuild.present)
        return;
    for (unsigned i = 0; i <= r->arch->rebuild.below_level; i++) {
        bool words_only = r->level[i].part_words & SDSE_BIT(SDSE_PART_WEIGHTS);
        if ((r->arch->level[i].keeps & SDSE_BIT(SDSE_PART_WEIGHTS)) && !words_only)
            r->arch->level[i].keeps |= parts;
    }
}

static void read_arch(struct sdse_arch_reading *r) {
    struct sdse_arch *arch = r->arch;
    arch->file = r->root->loc.file;
    arch->loc = r->root->loc;
    arch->count_drain_reads = arch->count_return_transfers = true;
    if (!sdse_expect_kind(r->root, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_schema_refuse_unknown(SDSE_SCHEMA_ARCH, r->root, r->diags);
    read_required_text(r, "name", &arch->name);
    read_required_text(r, "source", &arch->source);
    read_required_double(r, "node_nm", &arch->node_nm);
    read_required_double(r, "clock_ghz", &arch->clock_ghz);
    const struct sdse_node *node;
    if ((node = sdse_node_get(r->root, "voltage_v")))
        sdse_read_double(node, 0.01, 10, r->diags, &arch->voltage_v);
    if ((node = sdse_node_get(r->root, "count_drain_reads")))
        sdse_read_bool(node, r->diags, &arch->count_drain_reads);
    if ((node = sdse_node_get(r->root, "count_return_transfers")))
        sdse_read_bool(node, r->diags, &arch->count_return_transfers);
    if ((node = sdse_node_get(r->root, "count_fill_drain")))
        sdse_read_bool(node, r->diags, &arch->count_fill_drain);
    if ((node = sdse_node_get(r->root, "component_leakage")))
        sdse_read_bool(node, r->diags, &arch->component_leakage);
    read_widths(r);
    read_levels(r);
    for (unsigned i = 0; i < arch->level_count; i++)
        sdse_finish_memory(r, i);
    read_compute(r);
    sdse_read_engines(r);
    sdse_read_vector(r);
    expand_weights(r);
    read_chip(r);
    read_area(r);
    sdse_read_dataflows(r);
}

static enum sdse_status apply_sets(struct sdse_arena *arena, struct sdse_node *root,
                                   const struct sdse_set *sets, size_t count,
                                   struct sdse_diags *diags) {
    for (size_t i = 0; i < count; i++)
        if (sdse_path_override(arena, root, sets[i].path, sets[i].value, sets[i].loc,
                               diags) == SDSE_NO_MEMORY)
            return SDSE_NO_MEMORY;
    return SDSE_OK;
}

enum sdse_status sdse_arch_from_tree(struct sdse_arena *arena,
                                     const struct sdse_node *root,
                                     const struct sdse_set *sets, size_t set_count,
                                     struct sdse_diags *diags, struct sdse_arch **out) {
    const struct sdse_diag *since = diags->last;
    size_t errors = diags->errors;
    struct sdse_node *copy = sdse_tree_copy(arena, root);
    struct sdse_arch_reading *r = SDSE_ARENA_NEW(arena, struct sdse_arch_reading);
    struct sdse_arch *arch = SDSE_ARENA_NEW(arena, struct sdse_arch);
    if (!copy || !r || !arch)
        return SDSE_NO_MEMORY;
    *r = (struct sdse_arch_reading){
        .arena = arena, .diags = diags, .root = copy, .arch = arch};
    if (apply_sets(arena, copy, sets, set_count, diags) == SDSE_NO_MEMORY ||
        !sdse_sources_read(arena, copy, diags, &r->sources))
        return SDSE_NO_MEMORY;
    read_arch(r);
    const struct sdse_node *node = sdse_node_get(root, "node_nm");
    const struct sdse_node *voltage = sdse_node_get(root, "voltage_v");
    if (node)
        sdse_node_as_double(node, &arch->written_node_nm);
    if (voltage)
        sdse_node_as_double(voltage, &arch->written_voltage_v);
    if (r->out_of_memory)
        return SDSE_NO_MEMORY;
    struct sdse_subject subject = {.diags = diags, .arch = r, .root = copy};
    if (copy->kind == SDSE_NODE_MAPPING)
        sdse_checks_run(&subject, SDSE_CHECK_ARCH, since);
    if (diags->errors != errors)
        return SDSE_INVALID;
    *out = arch;
    return SDSE_OK;
}

enum sdse_status sdse_arch_load(struct sdse_arena *arena, const char *path,
                                struct sdse_diags *diags, struct sdse_arch **out) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    return sdse_arch_from_tree(arena, root, NULL, 0, diags, out);
}
