// One memory: what it keeps, how large it is, what an access costs.
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "spec/load.h"
#include "spec/reading.h"
#include "spec/schema.h"
#include "spec/value.h"

static const char *const part_words[] = {
    "weights",       "inputs",        "outputs",      "weights.coefficients",
    "weights.basis", "weights.index", "weights.words"};
enum { PART_WORDS = 7, WORDS_ONLY = 6 };

static void read_keeps(struct sdse_arch_reading *r, unsigned index) {
    struct sdse_level_reading *reading = &r->level[index];
    struct sdse_level *level = &r->arch->level[index];
    const struct sdse_node *list = reading->keeps;
    if (!list) {
        level->keeps =
            SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS);
        return;
    }
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags)) {
        reading->keeps_broken = true;
        return;
    }
    sdse_for_each_child (item, list) {
        unsigned word;
        if (!sdse_read_word(item, part_words, PART_WORDS, r->diags, &word)) {
            reading->keeps_broken = true;
            continue;
        }
        unsigned part = word == WORDS_ONLY ? SDSE_PART_WEIGHTS : word;
        level->keeps |= SDSE_BIT(part);
        if (word > SDSE_OUTPUTS)
            reading->part_words |= SDSE_BIT(part);
    }
}

// Tensors that a mapping may leave out; `true`: all that the memory keeps.
static void read_bypass(struct sdse_arch_reading *r, unsigned index) {
    struct sdse_level_reading *reading = &r->level[index];
    struct sdse_level *level = &r->arch->level[index];
    reading->bypass = sdse_node_get(reading->memory, "may_bypass");
    if (!reading->bypass ||
        !sdse_read_tensor_set(reading->bypass, r->diags, &level->may_bypass))
        return;
    if (reading->bypass->kind != SDSE_NODE_SEQUENCE)
        level->may_bypass &= sdse_level_tensors(level);
}

// What the memory may hold between layers.
static void read_shares(struct sdse_arch_reading *r, const struct sdse_node *list,
                        struct sdse_level *level) {
    static const char *const words[] = {"activations", "weights"};
    unsigned word;
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return;
    sdse_for_each_child (item, list)
        if (sdse_read_word(item, words, 2, r->diags, &word))
            *(word ? &level->shares_weights : &level->shares_activations) = true;
}

static void read_capacity(struct sdse_arch_reading *r, unsigned index) {
    static const struct {
        const char *key;
        double bits;
    } units[] = {{"capacity_bits", 1},          {"capacity_bytes", 8},
                 {"capacity_words", 0},         {"capacity_kib", 8192},
                 {"capacity_mib", 8192 * 1024}, {"depth", 0}};
    struct sdse_level_reading *reading = &r->level[index];
    struct sdse_number *capacity = &r->arch->level[index].capacity;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const struct sdse_node *node = sdse_node_get(reading->memory, units[i].key);
        if (!node || reading->capacity_keys++)
            continue;
        reading->capacity_node = node;
        reading->capacity_in_rows = strcmp(units[i].key, "depth") == 0;
        reading->capacity_in_words = units[i].bits == 0 && !reading->capacity_in_rows;
        sdse_number_read(node, -HUGE_VAL, HUGE_VAL, &r->sources, r->diags, capacity);
        if (units[i].bits > 0)
            capacity->value *= units[i].bits;
    }
}

// Layers whose words are not coded: those that a list does not name.
static unsigned read_other_layers(const struct sdse_node *list,
                                  struct sdse_diags *diags) {
    unsigned coded = 0, kind;
    if (!list || !sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags))
        return 0;
    sdse_for_each_child (item, list)
        if (sdse_read_word(item, sdse_layer_kind_words, SDSE_LAYER_KINDS, diags, &kind))
            coded |= SDSE_BIT(kind);
    return (SDSE_BIT(SDSE_LAYER_KINDS) - 1) & ~coded;
}

static void read_format_keys(const struct sdse_node *map, struct sdse_diags *diags,
                             struct sdse_format *format) {
    static const char *const keys[] = {"compression", "occupancy", "only_if_smaller",
                                       "for",         "run_bits",  "rows",
                                       "columns",     "n",         "m"};
    enum { ALWAYS = 4, MOST_WORDS = 1 << 20, MOST_GROUP = 1 << 10 };
    static const char *const occupancies[] = {"expected", "worst"};
    static const struct {
        unsigned first, count; // of keys
    } own[SDSE_COMPRESSIONS] = {
        [SDSE_RUN_LENGTH] = {4, 1}, [SDSE_COORDINATES] = {5, 2},
        [SDSE_COLUMNS] = {5, 2},    [SDSE_COLUMN_RUNS] = {4, 3},
        [SDSE_STRUCTURED] = {7, 2},
    };
    const char *names[sizeof keys / sizeof *keys];
    unsigned count = 0, worst;
    const struct sdse_node *node;
    for (; count < ALWAYS; count++)
        names[count] = keys[count];
    for (unsigned i = 0; i < own[format->compression].count; i++)
        names[count++] = keys[own[format->compression].first + i];
    sdse_refuse_unknown_keys(map, names, count, diags);
    const bool runs = format->compression == SDSE_RUN_LENGTH ||
                      format->compression == SDSE_COLUMN_RUNS;
    if ((node = sdse_node_get(map, "run_bits")))
        sdse_read_u32(node, 1, 16, diags, &format->run_bits);
    else if (runs)
        sdse_report_missing(map, "run_bits", diags);
    if ((node = sdse_node_get(map, "rows")))
        sdse_read_u32(node, 1, MOST_WORDS, diags, &format->rows);
    if ((node = sdse_node_get(map, "columns")))
        sdse_read_u32(node, 1, MOST_WORDS, diags, &format->columns);
    if (format->compression == SDSE_STRUCTURED) {
        uint32_t group = MOST_GROUP;
        if (!(node = sdse_node_get(map, "m")))
            sdse_report_missing(map, "m", diags);
        else if (sdse_read_u32(node, 2, MOST_GROUP, diags, &group))
            format->group = group;
        if (!(node = sdse_node_get(map, "n")))
            sdse_report_missing(map, "n", diags);
        else
            sdse_read_u32(node, 1, group - 1, diags, &format->kept);
    }
    if ((node = sdse_node_get(map, "occupancy")) &&
        sdse_read_word(node, occupancies, 2, diags, &worst))
        format->worst = worst;
    if ((node = sdse_node_get(map, "only_if_smaller")))
        sdse_read_bool(node, diags, &format->only_if_smaller);
    format->other_layers = read_other_layers(sdse_node_get(map, "for"), diags);
}

static void read_format(struct sdse_arch_reading *r, struct sdse_level *level,
                        const struct sdse_node *map) {
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, sdse_tensor_words, SDSE_TENSORS, r->diags);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_node *node = sdse_node_get(map, sdse_tensor_words[t]);
        if (!node)
            continue;
        struct sdse_format *format = &level->format[t];
        const bool keys = node->kind == SDSE_NODE_MAPPING;
        const struct sdse_node *word = keys ? sdse_node_get(node, "compression") : node;
        // Only weights are pruned to a structure.
        const unsigned words = t == SDSE_WEIGHTS ? SDSE_COMPRESSIONS : SDSE_STRUCTURED;
        unsigned choice = 0;
        if (!word)
            sdse_report_missing(node, "compression", r->diags);
        else if (!sdse_read_word(word, sdse_compression_names(), words, r->diags,
                                 &choice))
            continue;
        format->compression = (enum sdse_compression)choice;
        if (keys)
            read_format_keys(node, r->diags, format);
        else if (choice == SDSE_RUN_LENGTH || choice == SDSE_COLUMN_RUNS)
            sdse_report_missing(node, "run_bits", r->diags);
        else if (choice == SDSE_STRUCTURED)
            sdse_report_missing(node, "m", r->diags);
    }
}

static void read_area(struct sdse_arch_reading *r, const struct sdse_node *map,
                      struct sdse_number *area) {
    const struct sdse_node *mm2 = sdse_node_get(map, "area_mm2");
    sdse_number_read(sdse_node_get(map, "area_um2"), 0, 1e15, &r->sources, r->diags,
                     area);
    if (mm2) {
        sdse_number_read(mm2, 0, 1e9, &r->sources, r->diags, area);
        area->value = sdse_um2_from_mm2(area->value);
    }
}

void sdse_read_overhead(struct sdse_arch_reading *r, const struct sdse_node *map,
                        struct sdse_overhead *overhead) {
    const struct sdse_sources *s = &r->sources;
    sdse_number_read(sdse_node_get(map, "clock_mw"), 0, 1e9, s, r->diags,
                     &overhead->clock_mw);
    sdse_number_read(sdse_node_get(map, "static_mw"), 0, 1e9, s, r->diags,
                     &overhead->static_mw);
    sdse_number_read(sdse_node_get(map, "control_percent"), 0, 1000, s, r->diags,
                     &overhead->control_percent);
    const struct sdse_node *gated = sdse_node_get(map, "gated");
    if (gated && sdse_read_bool(gated, r->diags, &overhead->gated) && overhead->gated &&
        !overhead->clock_mw.given)
        sdse_diag_add(r->diags, SDSE_ERROR, gated->key_loc, "missing-key",
                      "gated: true gates a clock; clock_mw is missing");
}

static void read_macro(struct sdse_arch_reading *r, unsigned index) {
    struct sdse_level_reading *reading = &r->level[index];
    struct sdse_level *level = &r->arch->level[index];
    const struct sdse_node *banks = sdse_node_get(reading->memory, "banks");
    const struct sdse_node *macro = sdse_node_get(reading->memory, "macro_kib");
    level->macro_count = 1;
    double kib = 0;
    if (banks)
        reading->banks_given =
            sdse_read_u32(banks, 1, 65536, r->diags, &level->macro_count);
    if (macro && sdse_read_double(macro, 1.0 / 8192, 1e9, r->diags, &kib))
        reading->macro_bits = sdse_bits_from_kib(kib);
}

// One number for all tensors, or a map of those that have a port of their own.
static void read_ports(struct sdse_arch_reading *r, const struct sdse_node *map,
                       struct sdse_level *level) {
    struct sdse_number *const others[SDSE_PORTS] = {&level->read_bits_per_cycle,
                                                    &level->write_bits_per_cycle,
                                                    &level->shared_bits_per_cycle};
    for (unsigned p = 0; p < SDSE_PORTS; p++) {
        const struct sdse_node *node = sdse_node_get(map, sdse_port_keys()[p]);
        if (!node || node->kind != SDSE_NODE_MAPPING || sdse_node_get(node, "value") ||
            sdse_node_get(node, "mark") || sdse_node_get(node, "source")) {
            double rate;
            if (node && node->kind != SDSE_NODE_MAPPING &&
                !sdse_node_as_double(node, &rate))
                sdse_report_type(node, "a number or a mapping", r->diags);
            else
                sdse_number_read(node, -HUGE_VAL, HUGE_VAL, &r->sources, r->diags,
                                 others[p]);
            continue;
        }
        const char *up = sdse_port_up_keys()[p];
        sdse_schema_expect_some(
            sdse_schema_find(SDSE_SCHEMA_MEMORY, sdse_port_keys()[p])->below, node,
            r->diags);
        sdse_number_read(up ? sdse_node_get(node, up) : NULL, -HUGE_VAL, HUGE_VAL,
                         &r->sources, r->diags,
                         &level->own_bits_per_cycle[p][SDSE_PORT_UP]);
        sdse_number_read(sdse_node_get(node, "others"), -HUGE_VAL, HUGE_VAL,
                         &r->sources, r->diags, others[p]);
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            sdse_number_read(sdse_node_get(node, sdse_tensor_words[t]), -HUGE_VAL,
                             HUGE_VAL, &r->sources, r->diags,
                             &level->own_bits_per_cycle[p][t]);
    }
}

// The fewest bits of an access: one number, or one for each way.
static void read_least_access(struct sdse_arch_reading *r, const struct sdse_node *map,
                              struct sdse_level *level) {
    const struct sdse_node *node = sdse_node_get(map, "access_bits"), *way;
    if (!node)
        return;
    double bits;
    if (node->kind != SDSE_NODE_MAPPING && !sdse_node_as_double(node, &bits)) {
        sdse_report_type(node, "a whole number or a mapping", r->diags);
        return;
    }
    if (node->kind != SDSE_NODE_MAPPING) {
        if (sdse_read_u32(node, 1, 65536, r->diags, &level->least_read_bits))
            level->least_write_bits = level->least_read_bits;
        return;
    }
    sdse_schema_expect_some(SDSE_SCHEMA_ACCESS, node, r->diags);
    if ((way = sdse_node_get(node, "read")))
        sdse_read_u32(way, 1, 65536, r->diags, &level->least_read_bits);
    if ((way = sdse_node_get(node, "write")))
        sdse_read_u32(way, 1, 65536, r->diags, &level->least_write_bits);
}

// How wide words are here, if not as everywhere.
static void read_widths(struct sdse_arch_reading *r, const struct sdse_node *map,
                        struct sdse_level *level) {
    const struct sdse_node *node = sdse_node_get(map, "bits"), *own;
    if ((own = sdse_node_get(map, "partial_bits")))
        sdse_read_u32(own, 1, 64, r->diags, &level->partial_bits);
    if (!node || !sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_schema_expect_some(SDSE_SCHEMA_WIDTHS, node, r->diags);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if ((own = sdse_node_get(node, sdse_tensor_words[t])))
            sdse_read_u32(own, 1, 64, r->diags, &level->word_bits[t]);
}

// The supply, and what only analogue cells have.
static void read_cells(struct sdse_arch_reading *r, const struct sdse_node *map,
                       struct sdse_level *level) {
    static const char *const keys[] = {"verified_share", "verify_pulses", "sigma",
                                       "sigma_verified"};
    struct sdse_cells *cells = &level->cells;
    double *const values[] = {&cells->verified_share, &cells->pulses, &cells->sigma,
                              &cells->sigma_verified};
    const double least[] = {0, 1, 0, 0}, most[] = {1, 1e6, 10, 10};
    const struct sdse_node *supply = sdse_node_get(map, "v_over_vmin");
    const bool dram =
        level->memory_class == SDSE_DRAM || level->memory_class == SDSE_EDRAM;
    const bool analogue = level->memory_class == SDSE_NVCIM;
    if (supply && (dram || analogue))
        sdse_diag_add(r->diags, SDSE_ERROR, supply->key_loc, "memory-class",
                      "'v_over_vmin' is known of SRAM cells alone");
    else if (supply)
        sdse_read_double(supply, 0.75, 1, r->diags, &level->v_over_vmin);
    cells->pulses = 1;
    for (unsigned i = 0; i < 4; i++) {
        const struct sdse_node *node = sdse_node_get(map, keys[i]);
        if (node && !analogue)
            sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "memory-class",
                          "only memories of class nvcim have '%s'", keys[i]);
        else if (node)
            sdse_read_double(node, least[i], most[i], r->diags, values[i]);
        else if (analogue)
            sdse_report_missing(map, keys[i], r->diags);
    }
}

// One access moves a block: of `port_bits`, or of the macros' `width_bits`.
static void read_port_width(struct sdse_arch_reading *r, const struct sdse_node *map,
                            struct sdse_level *level) {
    const struct sdse_node *port = sdse_node_get(map, "port_bits");
    const struct sdse_node *width = sdse_node_get(map, "width_bits");
    if (port || width)
        sdse_read_u32(port ? port : width, 1, 65536, r->diags, &level->port_bits);
    const struct sdse_node *depth = sdse_node_get(map, "depth");
    if (depth && !port && !width)
        sdse_diag_add(r->diags, SDSE_ERROR, depth->key_loc, "missing-key",
                      "'depth' counts rows of 'width_bits', which is missing");
}

void sdse_read_memory(struct sdse_arch_reading *r, unsigned index) {
    struct sdse_level_reading *reading = &r->level[index];
    struct sdse_level *level = &r->arch->level[index];
    const struct sdse_node *map = reading->memory;
    const struct sdse_node *node;
    unsigned word;
    if ((node = sdse_node_get(map, "class"))) {
        reading->class_given = true;
        if (sdse_read_word(node, sdse_memory_class_names(), SDSE_MEMORY_CLASSES,
                           r->diags, &word))
            level->memory_class = (enum sdse_memory_class)word;
    } else {
        sdse_report_missing(map, "class", r->diags);
    }
    read_keeps(r, index);
    read_bypass(r, index);
    read_capacity(r, index);
    read_macro(r, index);
    read_format(r, level, sdse_node_get(map, "format"));
    level->buffering = 1;
    level->overlap = true;
    read_port_width(r, map, level);
    read_widths(r, map, level);
    if ((node = sdse_node_get(map, "buffering")))
        sdse_read_u32(node, 1, 16, r->diags, &level->buffering);
    if ((node = sdse_node_get(map, "free")))
        sdse_read_bool(node, r->diags, &level->free);
    if ((node = sdse_node_get(map, "fetch_gaps")))
        sdse_read_bool(node, r->diags, &level->fetch_gaps);
    if ((node = sdse_node_get(map, "uneven")))
        sdse_read_bool(node, r->diags, &level->uneven);
    if ((node = sdse_node_get(map, "shares")))
        read_shares(r, node, level);
    if ((node = sdse_node_get(map, "table")))
        sdse_read_text(node, r->diags, &level->table);
    if ((node = sdse_node_get(map, "component")))
        sdse_read_text(node, r->diags, &level->component);
    if ((node = sdse_node_get(reading->level, "overlap")))
        sdse_read_bool(node, r->diags, &level->overlap);
    struct sdse_sources *s = &r->sources;
    const struct sdse_node *pass = sdse_node_get(reading->level, "pass");
    if (pass && sdse_expect_kind(pass, SDSE_NODE_MAPPING, r->diags)) {
        sdse_schema_refuse_unknown(SDSE_SCHEMA_PASS, pass, r->diags);
        sdse_number_read(sdse_node_get(pass, "start_cycles"), 0, 1e9, s, r->diags,
                         &level->pass_start_cycles);
        sdse_number_read(sdse_node_get(pass, "skew_cycles"), 0, 1e6, s, r->diags,
                         &level->pass_skew_cycles);
    }
    read_ports(r, map, level);
    read_least_access(r, map, level);
    read_cells(r, map, level);
    sdse_read_edram(r, map, index);
    sdse_number_read(sdse_node_get(map, "leakage_mw"), 0, 1e9, s, r->diags,
                     &level->leakage_mw);
    sdse_read_overhead(r, map, &level->overhead);
    read_area(r, map, &level->area_um2);
}

// Bits of one word of what the memory keeps; 0 if its tensors differ in width or if it
// keeps parts of weights, which are not words.
static uint32_t word_bits(const struct sdse_arch_reading *r, unsigned index) {
    const struct sdse_arch *arch = r->arch;
    if (r->level[index].part_words & ~SDSE_BIT(SDSE_PART_WEIGHTS))
        return 0;
    uint32_t width = 0;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(arch->level[index].keeps >> t & 1u))
            continue;
        uint32_t bits = t == SDSE_OUTPUTS
                            ? sdse_arch_partial_bits(arch, index)
                            : sdse_arch_word_bits(arch, index, (enum sdse_tensor)t);
        if (width && width != bits)
            return 0;
        width = bits;
    }
    return width;
}

// Keys for the energy of each action, the most specific first; odd ones are per bit.
static const char *const energy_keys[SDSE_ACTIONS][SDSE_ENERGY_KEYS] = {
    {"read_pj", "read_pj_per_bit", "access_pj", "pj_per_bit", NULL, NULL},
    {"fill_pj", "fill_pj_per_bit", "write_pj", "write_pj_per_bit", "access_pj",
     "pj_per_bit"},
    {"update_pj", "update_pj_per_bit", "write_pj", "write_pj_per_bit", "access_pj",
     "pj_per_bit"},
};

static const struct sdse_node *energy_node(const struct sdse_node *memory,
                                           unsigned action, bool *per_bit) {
    for (unsigned i = 0; i < SDSE_ENERGY_KEYS && energy_keys[action][i]; i++) {
        const struct sdse_node *node = sdse_node_get(memory, energy_keys[action][i]);
        *per_bit = i % 2 == 1;
        if (node)
            return node;
    }
    return NULL;
}

// Where an SRAM that says nothing of its costs takes them from.
static const char *const default_sram_table = "sram_itrs-lstp_ed2";

static void read_energies(struct sdse_arch_reading *r, unsigned index) {
    struct sdse_level_reading *reading = &r->level[index];
    struct sdse_level *level = &r->arch->level[index];
    const struct sdse_node *nodes[SDSE_ACTIONS];
    bool per_bit[SDSE_ACTIONS];
    for (unsigned a = 0; a < SDSE_ACTIONS; a++) {
        nodes[a] = energy_node(reading->memory, a, &per_bit[a]);
        reading->pj_per_access |= nodes[a] && !per_bit[a];
    }
    const bool priced = nodes[0] || nodes[1] || nodes[2];
    if (level->memory_class == SDSE_SRAM && !priced && !level->free && !level->table &&
        !level->component)
        level->table = default_sram_table;
    const bool component = level->component && level->memory_class != SDSE_DRAM;
    if (!level->port_bits && (reading->pj_per_access || level->table || component))
        level->port_bits = word_bits(r, index);
    struct sdse_number *const numbers[SDSE_ACTIONS] = {&level->read_pj, &level->fill_pj,
                                                       &level->update_pj};
    for (unsigned a = 0; a < SDSE_ACTIONS; a++) {
        // One key may serve several actions: report its faults once.
        struct sdse_diags silent;
        sdse_diags_init(&silent, r->arena);
        bool seen = (a > 0 && nodes[a] == nodes[0]) || (a > 1 && nodes[a] == nodes[1]);
        sdse_number_read(nodes[a], 0, 1e12, &r->sources, seen ? &silent : r->diags,
                         numbers[a]);
        if (per_bit[a] && level->port_bits)
            numbers[a]->value *= level->port_bits;
    }
}

static void finish_capacity(struct sdse_arch_reading *r, unsigned index) {
    struct sdse_level_reading *reading = &r->level[index];
    struct sdse_level *level = &r->arch->level[index];
    bool widths = !reading->keeps_broken;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        widths &= r->arch->bits[t] > 0;
    if (reading->capacity_in_words)
        level->capacity.value *= widths ? (double)word_bits(r, index) : (double)NAN;
    if (reading->capacity_in_rows)
        level->capacity.value *= level->port_bits ? level->port_bits : (double)NAN;
    double bits = level->capacity.value;
    if (level->capacity.given && bits >= 1 && bits < 0x1p62)
        level->capacity_bits = (uint64_t)bits;
    double macros = reading->macro_bits > 0 ? bits / reading->macro_bits : 0;
    if (!reading->banks_given && macros >= 1 && macros <= 65536)
        level->macro_count = (uint32_t)macros;
}

void sdse_finish_memory(struct sdse_arch_reading *r, unsigned index) {
    finish_capacity(r, index);
    read_energies(r, index);
}
