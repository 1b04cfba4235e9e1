// An accelerator as a file.
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "spec/engine_keys.h"
#include "spec/flow.h"
#include "spec/reading.h"
#include "spec/write.h"

#define MARK_TEXT(name, text) text,
static const char *const mark_words[] = {SDSE_MARK_MAP(MARK_TEXT)};
#undef MARK_TEXT

// "key: value" with the origin.
static void print_entry(FILE *out, const char *key, const struct sdse_number *number) {
    if (number->origin.mark == SDSE_MARK_UNMARKED && !number->origin.text) {
        fprintf(out, "%s: %.17g", key, number->value);
        return;
    }
    fprintf(out, "%s: {value: %.17g, mark: %s", key, number->value,
            mark_words[number->origin.mark]);
    if (number->origin.text) {
        fputs(", source: ", out);
        sdse_print_word(out, number->origin.text);
    }
    fputc('}', out);
}

// ", key: value" if the number is given.
static void print_number(FILE *out, const char *key, const struct sdse_number *number) {
    if (!number->given)
        return;
    fputs(", ", out);
    print_entry(out, key, number);
}

static void print_text(FILE *out, const char *before, const char *text) {
    fputs(before, out);
    sdse_print_word(out, text);
}

// [K, C] for a set of dimensions.
static void print_dims(FILE *out, unsigned dims) {
    const char *comma = "";
    fputc('[', out);
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        if (dims >> d & 1u) {
            fprintf(out, "%s%c", comma, sdse_dim_letters[d]);
            comma = ", ";
        }
    }
    fputc(']', out);
}

static void print_keeps(FILE *out, const struct sdse_arch *arch, unsigned index) {
    static const char *const names[SDSE_PARTS] = {
        "weights",       "inputs",       "outputs", "weights.coefficients",
        "weights.basis", "weights.index"};
    const unsigned parts = SDSE_BIT(SDSE_PART_COEFFICIENTS) |
                           SDSE_BIT(SDSE_PART_BASIS) | SDSE_BIT(SDSE_PART_INDEX);
    unsigned keeps = arch->level[index].keeps;
    bool above = arch->rebuild.present && index <= arch->rebuild.below_level;
    bool whole = !above || (keeps & parts) == parts;
    const char *comma = "";
    fputs(", keeps: [", out);
    for (unsigned part = 0; part < SDSE_PARTS; part++) {
        if (!(keeps >> part & 1u) ||
            (whole && (keeps & SDSE_BIT(SDSE_PART_WEIGHTS)) && part >= SDSE_TENSORS))
            continue;
        bool words = part == SDSE_PART_WEIGHTS && !whole;
        fprintf(out, "%s%s", comma, words ? "weights.words" : names[part]);
        comma = ", ";
    }
    fputc(']', out);
}

static void print_bypass(FILE *out, const struct sdse_level *level) {
    const char *before = ", may_bypass: [";
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(level->may_bypass >> t & 1u))
            continue;
        fprintf(out, "%s%s", before, sdse_tensor_words[t]);
        before = ", ";
    }
    if (level->may_bypass)
        fputc(']', out);
}

static void print_format(FILE *out, const struct sdse_format *format) {
    const struct {
        const char *key;
        uint32_t value;
    } numbers[] = {{"run_bits", format->run_bits},
                   {"rows", format->rows},
                   {"columns", format->columns},
                   {"n", format->kept},
                   {"m", format->group}};
    fprintf(out, "{compression: %s", sdse_compression_names()[format->compression]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].value)
            fprintf(out, ", %s: %" PRIu32, numbers[i].key, numbers[i].value);
    if (format->worst)
        fputs(", occupancy: worst", out);
    if (format->only_if_smaller)
        fputs(", only_if_smaller: true", out);
    if (format->other_layers) {
        const char *comma = "";
        fputs(", for: [", out);
        for (unsigned k = 0; k < SDSE_LAYER_KINDS; k++) {
            if (format->other_layers >> k & 1u)
                continue;
            fprintf(out, "%s%s", comma, sdse_layer_kind_words[k]);
            comma = ", ";
        }
        fputc(']', out);
    }
    fputc('}', out);
}

static void print_formats(FILE *out, const struct sdse_level *level) {
    const char *before = ", format: {";
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_format *format = &level->format[t];
        if (format->compression == SDSE_UNCOMPRESSED)
            continue;
        fprintf(out, "%s%s: ", before, sdse_tensor_words[t]);
        if (format->compression == SDSE_BITMAP && !format->worst &&
            !format->only_if_smaller && !format->other_layers)
            fputs(sdse_compression_names()[SDSE_BITMAP], out);
        else
            print_format(out, format);
        before = ", ";
    }
    if (strcmp(before, ", ") == 0)
        fputc('}', out);
}

static void print_port(FILE *out, const struct sdse_level *level, enum sdse_port port,
                       const struct sdse_number *others) {
    const struct sdse_number *own = level->own_bits_per_cycle[port];
    const char *open = ": {";
    for (unsigned t = 0; t < SDSE_PORT_USERS; t++) {
        if (!own[t].given)
            continue;
        if (*open == ':')
            fprintf(out, ", %s", sdse_port_keys()[port]);
        fputs(open, out);
        print_entry(
            out, t == SDSE_PORT_UP ? sdse_port_up_keys()[port] : sdse_tensor_words[t],
            &own[t]);
        open = ", ";
    }
    if (*open == ':') {
        print_number(out, sdse_port_keys()[port], others);
        return;
    }
    print_number(out, "others", others);
    fputc('}', out);
}

static void print_least_access(FILE *out, const struct sdse_level *level) {
    const uint32_t read = level->least_read_bits, write = level->least_write_bits;
    if (read && read == write)
        fprintf(out, ", access_bits: %" PRIu32, read);
    else if (read && write)
        fprintf(out, ", access_bits: {read: %" PRIu32 ", write: %" PRIu32 "}", read,
                write);
    else if (read || write)
        fprintf(out, ", access_bits: {%s: %" PRIu32 "}", read ? "read" : "write",
                read ? read : write);
}

static void print_overhead(FILE *out, const struct sdse_overhead *overhead) {
    print_number(out, "clock_mw", &overhead->clock_mw);
    print_number(out, "static_mw", &overhead->static_mw);
    print_number(out, "control_percent", &overhead->control_percent);
    if (overhead->gated)
        fputs(", gated: true", out);
}

static void print_widths(FILE *out, const struct sdse_level *level) {
    const char *between = ", bits: {";
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!level->word_bits[t])
            continue;
        fprintf(out, "%s%s: %" PRIu32, between, sdse_tensor_name((enum sdse_tensor)t),
                level->word_bits[t]);
        between = ", ";
    }
    if (*between == ',' && between[2] == '\0')
        fputc('}', out);
}

static void print_memory(FILE *out, const struct sdse_arch *arch, unsigned index) {
    const struct sdse_level *level = &arch->level[index];
    print_text(out, "{name: ", level->name);
    fprintf(out, ", class: %s", sdse_memory_class_names()[level->memory_class]);
    print_keeps(out, arch, index);
    print_bypass(out, level);
    print_number(out, "capacity_bits", &level->capacity);
    fprintf(out, ", banks: %" PRIu32 ", buffering: %" PRIu32, level->macro_count,
            level->buffering);
    print_widths(out, level);
    if (level->partial_bits)
        fprintf(out, ", partial_bits: %" PRIu32, level->partial_bits);
    if (level->port_bits)
        fprintf(out, ", port_bits: %" PRIu32, level->port_bits);
    print_least_access(out, level);
    print_port(out, level, SDSE_PORT_READ, &level->read_bits_per_cycle);
    print_port(out, level, SDSE_PORT_WRITE, &level->write_bits_per_cycle);
    print_port(out, level, SDSE_PORT_SHARED, &level->shared_bits_per_cycle);
    bool per_bit = !level->port_bits;
    print_number(out, per_bit ? "read_pj_per_bit" : "read_pj", &level->read_pj);
    print_number(out, per_bit ? "fill_pj_per_bit" : "fill_pj", &level->fill_pj);
    print_number(out, per_bit ? "update_pj_per_bit" : "update_pj", &level->update_pj);
    print_number(out, "leakage_mw", &level->leakage_mw);
    print_overhead(out, &level->overhead);
    print_number(out, "area_um2", &level->area_um2);
    if (level->table)
        print_text(out, ", table: ", level->table);
    if (level->component)
        print_text(out, ", component: ", level->component);
    if (level->v_over_vmin > 0)
        fprintf(out, ", v_over_vmin: %.17g", level->v_over_vmin);
    if (level->memory_class == SDSE_NVCIM)
        fprintf(out,
                ", verified_share: %.17g, verify_pulses: %.17g, sigma: %.17g, "
                "sigma_verified: %.17g",
                level->cells.verified_share, level->cells.pulses, level->cells.sigma,
                level->cells.sigma_verified);
    if (level->memory_class == SDSE_EDRAM) {
        print_number(out, "retention_us", &level->edram.retention_us);
        print_number(out, "refresh_pj_per_bit", &level->edram.refresh_pj_per_bit);
        fprintf(out, ", refresh_row_bits: %" PRIu32, level->edram.row_bits);
        print_number(out, "refresh_cycles_per_row", &level->edram.cycles_per_row);
    }
    print_number(out, "max_lifetime_us", &level->max_lifetime_us);
    if (level->free)
        fputs(", free: true", out);
    if (level->fetch_gaps)
        fputs(", fetch_gaps: true", out);
    if (level->uneven)
        fputs(", uneven: true", out);
    if (level->shares_activations)
        fprintf(out, ", shares: [activations%s]",
                level->shares_weights ? ", weights" : "");
    print_formats(out, level);
    fputc('}', out);
}

static void print_link(FILE *out, const struct sdse_network *link) {
    static const char *const topologies[] = {"mesh", "bus", "tree", "systolic"};
    fprintf(out, "{topology: %s", topologies[link->topology]);
    if (link->multicast)
        fputs(", multicast: true", out);
    if (link->reduce)
        fputs(", reduce: true", out);
    if (link->window_sharing)
        fputs(", window_sharing: true", out);
    print_number(out, "pj_per_bit", &link->pj_per_bit);
    print_number(out, "hop_pj_per_bit", &link->hop_pj_per_bit);
    print_number(out, "router_pj_per_bit", &link->router_pj_per_bit);
    print_number(out, "pj_per_add", &link->pj_per_add);
    print_number(out, "length_mm", &link->length_mm);
    if (link->component)
        print_text(out, ", component: ", link->component);
    fprintf(out, "%s}\n", link->free ? ", free: true" : "");
}

static void print_pass(FILE *out, const struct sdse_level *level) {
    const char *before = "    pass: {";
    const struct {
        const char *key;
        const struct sdse_number *number;
    } numbers[] = {{"start_cycles", &level->pass_start_cycles},
                   {"skew_cycles", &level->pass_skew_cycles}};
    for (unsigned i = 0; i < 2; i++) {
        if (!numbers[i].number->given)
            continue;
        fputs(before, out);
        print_entry(out, numbers[i].key, numbers[i].number);
        before = ", ";
    }
    if (*before == ',')
        fputs("}\n", out);
}

static void print_below(FILE *out, const struct sdse_level *level) {
    fprintf(out, "    overlap: %s\n    fanout: {x: %" PRIu32 ", y: %" PRIu32,
            level->overlap ? "true" : "false", level->fanout_x, level->fanout_y);
    fputs(", dims_x: ", out);
    print_dims(out, level->dims_x);
    fputs(", dims_y: ", out);
    print_dims(out, level->dims_y);
    fputs("}\n", out);
    print_pass(out, level);
    fputs("    network:\n", out);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        fprintf(out, "      %s: ", sdse_tensor_words[t]);
        print_link(out, &level->network[t]);
    }
}

static void print_levels(FILE *out, const struct sdse_arch *arch) {
    fputs("levels:\n", out);
    for (unsigned first = 0, last; first < arch->level_count; first = last + 1) {
        last = first;
        while (!arch->level[last].carries_loops && last + 1 < arch->level_count)
            last++;
        print_text(out, "  - level: ", arch->level[first].group);
        if (first == last) {
            fputs("\n    memory: ", out);
            print_memory(out, arch, first);
        } else {
            fputs("\n    memories:", out);
            for (unsigned i = first; i <= last; i++) {
                fputs("\n      - ", out);
                print_memory(out, arch, i);
            }
        }
        fputc('\n', out);
        print_below(out, &arch->level[last]);
    }
}

static void print_rebuild(FILE *out, const struct sdse_arch *arch) {
    const struct sdse_rebuild *engine = &arch->rebuild;
    print_text(out,
               "  - {kind: rebuild, below: ", arch->level[engine->below_level].name);
    print_number(out, "pj_per_shift_add", &engine->pj_per_shift_add);
    print_number(out, "pj_per_basis_read", &engine->pj_per_basis_read);
    print_number(out, "pj_per_basis_write", &engine->pj_per_basis_write);
    print_number(out, "rows_per_cycle", &engine->rows_per_cycle);
    print_number(out, "area_um2", &engine->area_um2);
    if (engine->component)
        print_text(out, ", component: ", engine->component);
    fprintf(out, "%s}\n", engine->free ? ", free: true" : "");
}

static void print_engine(FILE *out, const struct sdse_arch *arch,
                         const struct sdse_engine *engine) {
    size_t count;
    const struct sdse_engine_key *keys = sdse_engine_keys(engine->kind, &count);
    struct sdse_engine copy = *engine;
    print_text(out, "  - {name: ", engine->name);
    fprintf(out, ", kind: %s", sdse_engine_kind_name(engine->kind));
    print_text(out, ", below: ", arch->level[engine->below_level].name);
    for (size_t i = 0; i < count; i++) {
        const uint32_t value = *sdse_engine_field(&copy, &keys[i]);
        if (keys[i].unsaid && value == keys[i].absent)
            continue;
        if (keys[i].words)
            fprintf(out, ", %s: %s", keys[i].name, keys[i].words[value]);
        else if (keys[i].inf && value == SDSE_ENGINE_UNLIMITED)
            fprintf(out, ", %s: inf", keys[i].name);
        else
            fprintf(out, ", %s: %" PRIu32, keys[i].name, value);
    }
    if (engine->layer_kinds != SDSE_BIT(SDSE_MAPPED_KINDS) - 1) {
        const char *comma = ", for: [";
        for (unsigned k = 0; k < SDSE_MAPPED_KINDS; k++) {
            if (engine->layer_kinds >> k & 1u) {
                fprintf(out, "%s%s", comma, sdse_layer_kind_words[k]);
                comma = ", ";
            }
        }
        fputs(engine->layer_kinds ? "]" : ", for: []", out);
    }
    if (!engine->free)
        print_number(out, sdse_engine_price_key(engine->kind), &engine->pj_per_event);
    if (!engine->free && engine->kind == SDSE_ENGINE_PRODUCTS)
        print_number(out, "pj_per_sum", &engine->pj_per_sum);
    print_number(out, "area_um2", &engine->area_um2);
    fprintf(out, "%s}\n", engine->free ? ", free: true" : "");
}

static void print_engines(FILE *out, const struct sdse_arch *arch) {
    if (arch->rebuild.present || arch->engine_count)
        fputs("engines:\n", out);
    if (arch->rebuild.present)
        print_rebuild(out, arch);
    for (unsigned i = 0; i < arch->engine_count; i++)
        print_engine(out, arch, &arch->engine[i]);
}

static void print_vector(FILE *out, const struct sdse_arch *arch) {
    const struct sdse_vector *vector = &arch->vector;
    if (!vector->present)
        return;
    print_text(out, "vector: {below: ", arch->level[vector->below_level].name);
    print_number(out, "pj_per_op", &vector->pj_per_op);
    print_number(out, "ops_per_cycle", &vector->ops_per_cycle);
    if (vector->component)
        print_text(out, ", component: ", vector->component);
    fputs(vector->free ? ", free: true}\n" : "}\n", out);
}

static void print_constraint(FILE *out, const struct sdse_arch *arch,
                             const struct sdse_constraint *c) {
    static const char *const keys[] = {
        "factors",       "factors_at_most", "factors_at_least",
        "spatial",       "spatial_at_most", "spatial_at_least",
        "temporal_dims", "spatial_x_dims",  "spatial_y_dims",
        "stationary",    "order",           "utilization_at_least"};
    print_text(out, "      - {level: ", arch->level[c->level].name);
    fprintf(out, ", %s: ", keys[c->kind]);
    switch (c->kind) {
    case SDSE_TEMPORAL_DIMS:
    case SDSE_SPATIAL_X_DIMS:
    case SDSE_SPATIAL_Y_DIMS:
        print_dims(out, c->dims);
        break;
    case SDSE_STATIONARY:
        fputs(sdse_tensor_words[c->tensor], out);
        break;
    case SDSE_LOOP_ORDER:
        for (unsigned i = 0; i < c->order_count; i++)
            fprintf(out, "%s%c", i ? ", " : "[", sdse_dim_letters[c->order[i]]);
        fputs(c->order_count ? "]" : "[]", out);
        break;
    case SDSE_UTILIZATION_AT_LEAST:
        fprintf(out, "%.17g", c->fraction);
        break;
    default:
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            if (c->dims >> d & 1u)
                fprintf(out, "{%c: ", sdse_dim_letters[d]);
        if (c->value == UINT64_MAX)
            fputs("all}", out);
        else
            fprintf(out, "%" PRIu64 "}", c->value);
    }
    fputs("}\n", out);
}

static void print_dataflow(FILE *out, const struct sdse_arch *arch,
                           const struct sdse_dataflow *flow) {
    const char *comma = "";
    fputs("  - when: {layer: [", out);
    for (unsigned k = 0; k < SDSE_MAPPED_KINDS; k++) {
        if (flow->kinds >> k & 1u) {
            fprintf(out, "%s%s", comma, sdse_layer_kind_words[k]);
            comma = ", ";
        }
    }
    fputs("]}\n", out);
    if (flow->name) {
        print_text(out, "    name: ", flow->name);
        fputc('\n', out);
    }
    fprintf(out, "    constraints:%s\n", flow->constraint_count ? "" : " []");
    for (size_t c = 0; c < flow->constraint_count; c++)
        print_constraint(out, arch, &flow->constraints[c]);
}

static void print_compute(FILE *out, const struct sdse_compute *compute) {
    fputs("compute: {class: parallel", out);
    struct sdse_number cycles = compute->cycles_number;
    if (!cycles.given)
        cycles = (struct sdse_number){.value = compute->cycles_per_mac, .given = true};
    print_number(out, "cycles_per_mac", &cycles);
    print_number(out, "pj_per_mac", &compute->pj_per_mac);
    print_number(out, "leakage_mw", &compute->leakage_mw);
    print_overhead(out, &compute->overhead);
    print_number(out, "area_um2", &compute->area_um2);
    if (compute->component)
        print_text(out, ", component: ", compute->component);
    fprintf(out, "%s}\n", compute->free ? ", free: true" : "");
}

static void print_chip(FILE *out, const struct sdse_overhead *chip) {
    if (!chip->clock_mw.given && !chip->static_mw.given && !chip->control_percent.given)
        return;
    fprintf(out, "chip: {gated: %s", chip->gated ? "true" : "false");
    struct sdse_overhead numbers = *chip;
    numbers.gated = false;
    print_overhead(out, &numbers);
    fputs("}\n", out);
}

static const char *word(bool value) { return value ? "true" : "false"; }

static void print_arch(FILE *out, const struct sdse_arch *arch) {
    print_text(out, "name: ", arch->name ? arch->name : "?");
    print_text(out, "\nsource: ", arch->source ? arch->source : "?");
    fprintf(out, "\nnode_nm: %.17g\nclock_ghz: %.17g\n", arch->node_nm,
            arch->clock_ghz);
    if (arch->voltage_v > 0)
        fprintf(out, "voltage_v: %.17g\n", arch->voltage_v);
    fprintf(out,
            "tensors: {weights: {bits: %" PRIu32 "}, inputs: {bits: %" PRIu32
            "}, outputs: {bits: %" PRIu32 ", partial_bits: %" PRIu32 "}}\n",
            arch->bits[SDSE_WEIGHTS], arch->bits[SDSE_INPUTS], arch->bits[SDSE_OUTPUTS],
            arch->partial_bits);
    fprintf(out,
            "count_drain_reads: %s\ncount_return_transfers: %s\n"
            "count_fill_drain: %s\n",
            word(arch->count_drain_reads), word(arch->count_return_transfers),
            word(arch->count_fill_drain));
    if (arch->component_leakage)
        fputs("component_leakage: true\n", out);
    print_levels(out, arch);
    print_compute(out, &arch->compute);
    print_engines(out, arch);
    print_chip(out, &arch->chip);
    print_vector(out, arch);
    if (arch->dataflow_count)
        fputs("dataflow:\n", out);
    for (size_t i = 0; i < arch->dataflow_count; i++)
        print_dataflow(out, arch, &arch->dataflows[i]);
    if (arch->other_area_um2.given) {
        fputs("area: {", out);
        // print_number begins with a comma; a flow mapping may not.
        struct sdse_number area = arch->other_area_um2;
        fprintf(out, "other_um2: {value: %.17g, mark: %s", area.value,
                mark_words[area.origin.mark]);
        if (area.origin.text)
            print_text(out, ", source: ", area.origin.text);
        fputs("}}\n", out);
    }
}

char *sdse_arch_text(struct sdse_arena *arena, const struct sdse_arch *arch) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    print_arch(text.out, arch);
    return sdse_text_end(&text, arena);
}
