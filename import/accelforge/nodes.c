// The nodes of an architecture, from the outermost memory to the multipliers.
#include <math.h>
#include <string.h>

#include "import/accelforge/walk.h"
#include "spec/value.h"

// --- Costs ---

static double action_bits(struct sdse_af_walk *r, const struct sdse_node *action) {
    const double bits = sdse_af_get(r, action, "bits_per_action", 1);
    if (bits > 0 && isfinite(bits))
        return bits;
    sdse_foreign_refuse(r->foreign, sdse_af_key(action, "bits_per_action")->loc, false,
                        "accelforge-value",
                        "'bits_per_action' is %g: expected a number above 0", bits);
    return 1;
}

enum { LEAST_PAD_BITS = 128, MOST_PAD_BITS = 8192, MOST_MACRO_BITS = 1 << 26 };

// Macros of a table end at 8 MiB: larger memories are several of them, as large as each
// other.
static const char *macros(struct sdse_af_walk *r, uint64_t capacity_bits) {
    uint64_t banks = (capacity_bits + MOST_MACRO_BITS - 1) / MOST_MACRO_BITS;
    while (banks < 4096 && capacity_bits % banks)
        banks++;
    const char *text = sdse_arena_printf(r->foreign->arena,
                                         ", port_bits: 64, banks: %u", (unsigned)banks);
    r->foreign->out_of_memory |= !text;
    return text ? text : "";
}

// Costs that the file leaves to models, by the class of its component.
static void take_component(struct sdse_af_walk *r, const struct sdse_node *node,
                           struct sdse_af_memory *memory) {
    static const struct {
        const char *component, *memory_class, *costs;
    } classes[] = {{"lpddr4", "dram", ", component: lpddr4"},
                   {"LPDDR4", "dram", ", component: lpddr4"},
                   {"DRAM", "dram", ", component: lpddr4"},
                   {"SmartBufferSRAM", "sram", ", port_bits: 64"},
                   {"SRAM", "sram", ", port_bits: 64"},
                   {"Dummy", "regfile", ", free: true"},
                   {"dummy", "regfile", ", free: true"}};
    const char *name = sdse_foreign_text(r->foreign, node, "component_class", "");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strcmp(classes[i].component, name) != 0)
            continue;
        memory->memory_class = classes[i].memory_class;
        memory->costs = classes[i].costs;
        // The table of macros begins above what pads and registers are.
        if (strcmp(memory->memory_class, "sram") == 0 && memory->capacity_bits &&
            memory->capacity_bits <= MOST_PAD_BITS) {
            memory->memory_class = "regfile";
            memory->costs = memory->capacity_bits < LEAST_PAD_BITS
                                ? ", component: register"
                                : ", component: scratchpad";
        } else if (strcmp(memory->memory_class, "sram") == 0 &&
                   memory->capacity_bits > MOST_MACRO_BITS) {
            memory->costs = macros(r, memory->capacity_bits);
        }
        if (!strstr(memory->costs, "free"))
            sdse_foreign_refuse(r->foreign, sdse_node_get(node, "component_class")->loc,
                                true, "accelforge-component",
                                "the costs of '%.60s' are those of a model that is not "
                                "here: ours are taken",
                                memory->name);
        return;
    }
    sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-component",
                        "'%.60s' gives no energy of reads and writes, and its class "
                        "'%.60s' is not known",
                        memory->name, name);
}

// Of a memory, in place of what its actions take by themselves.
static void read_total(struct sdse_af_walk *r, const struct sdse_node *node,
                       const struct sdse_node *read, const struct sdse_node *write,
                       struct sdse_af_memory *memory) {
    const struct sdse_node *total = sdse_af_key(node, "total_latency");
    const double bits[2] = {read ? action_bits(r, read) : 1,
                            write ? action_bits(r, write) : 1},
                 rates[2] = {memory->read_bits_per_s, memory->write_bits_per_s};
    double latency[2], seconds[2];
    if (!total)
        return;
    for (unsigned i = 0; i < 2; i++)
        latency[i] = rates[i] > 0 ? bits[i] / rates[i] : 0;
    if (!sdse_af_seconds(r->foreign, r->names, total, latency, seconds,
                         &memory->one_port)) {
        memory->one_port = !sdse_af_is_true(r, node, "separate_read_write_ports");
        sdse_af_refuse_latency(r, total, memory->name);
        return;
    }
    memory->read_bits_per_s = seconds[0] > 0 ? bits[0] / seconds[0] : 0;
    memory->write_bits_per_s = seconds[1] > 0 ? bits[1] / seconds[1] : 0;
}

static void read_costs(struct sdse_af_walk *r, const struct sdse_node *node,
                       struct sdse_af_memory *memory) {
    const struct sdse_node *read = sdse_af_action(node, "read"),
                           *write = sdse_af_action(node, "write");
    sdse_af_check_actions(r->foreign, node);
    memory->one_port = !sdse_af_is_true(r, node, "separate_read_write_ports");
    if (read)
        memory->read_bits_per_s = sdse_af_rate(r, read) * action_bits(r, read);
    if (write)
        memory->write_bits_per_s = sdse_af_rate(r, write) * action_bits(r, write);
    read_total(r, node, read, write, memory);
    if (!read || !write || !sdse_af_key(read, "energy") ||
        !sdse_af_key(write, "energy")) {
        take_component(r, node, memory);
        return;
    }
    memory->read_pj_per_bit =
        sdse_af_get(r, read, "energy", 0) * 1e12 / action_bits(r, read);
    memory->write_pj_per_bit =
        sdse_af_get(r, write, "energy", 0) * 1e12 / action_bits(r, write);
    if ((memory->read_pj_per_bit > 0) != (memory->write_pj_per_bit > 0))
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-value",
                            "'%.60s' has an energy of 0 for one of reads and writes: "
                            "give both, or neither",
                            memory->name);
    if (!isfinite(memory->read_pj_per_bit) || !isfinite(memory->write_pj_per_bit))
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-value",
                            "an energy without end");
    if (memory->one_port && memory->read_bits_per_s > 0 &&
        fabs(memory->read_bits_per_s - memory->write_bits_per_s) >
            1e-9 * memory->read_bits_per_s) {
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-latency",
                            "reads and writes of '%.60s' take their time one after the "
                            "other, at different rates: here each has its own port",
                            memory->name);
        memory->one_port = false;
    }
}

// --- Nodes ---

static void read_tensors(struct sdse_af_walk *r, const struct sdse_node *node,
                         struct sdse_af_memory *memory) {
    static const char *const keys[] = {"keep", "may_keep", NULL};
    const struct sdse_node *tensors = sdse_af_key(node, "tensors");
    sdse_foreign_keys(r->foreign, tensors, keys, "accelforge-key");
    memory->keep = sdse_af_get_set(r, tensors, "keep", 0);
    memory->may_keep = sdse_af_get_set(r, tensors, "may_keep", 0) & ~memory->keep;
    if (!tensors)
        memory->keep = SDSE_BIT(SDSE_TENSORS) - 1;
    if (r->arch->level_count == 1) {
        memory->keep |= memory->may_keep;
        memory->may_keep = 0;
    }
}

static void set_width(struct sdse_af_walk *r, const struct sdse_node *node,
                      struct sdse_af_memory *memory, enum sdse_tensor tensor,
                      double bits) {
    if (!((memory->keep | memory->may_keep) >> tensor & 1u))
        return;
    if (bits >= 1 && bits <= 64 && bits == floor(bits))
        memory->word_bits[tensor] = (uint32_t)bits;
    else
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-width",
                            "words of %g bits, not of a whole number from 1 to 64: "
                            "they are %llu bits wide",
                            bits, (unsigned long long)r->names->bits[tensor]);
}

// Words are as wide here, or so many times as wide as elsewhere, by sets of tensors.
static void read_widths(struct sdse_af_walk *r, const struct sdse_node *node,
                        struct sdse_af_memory *memory) {
    static const char *const keys[] = {"bits_per_value", "bits_per_value_scale"};
    for (unsigned scales = 0; scales < 2; scales++) {
        sdse_for_each_child (item, sdse_node_get(node, keys[scales])) {
            struct sdse_node name = *item;
            unsigned tensors = 0;
            double value = 1;
            name.kind = SDSE_NODE_SCALAR;
            name.text = item->key;
            if (!item->key ||
                !sdse_af_set(r->foreign, r->kept, r->kept_count, &name, &tensors) ||
                !sdse_af_number(r->foreign, r->names, item, &value))
                continue;
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                if (tensors >> t & 1u)
                    set_width(r, item, memory, (enum sdse_tensor)t,
                              scales ? value * (double)r->names->bits[t] : value);
        }
    }
    const struct sdse_node *all = sdse_af_key(node, "datawidth");
    double bits;
    if (!all || !sdse_af_number(r->foreign, r->names, all, &bits))
        return;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (bits != (double)r->names->bits[t])
            set_width(r, all, memory, (enum sdse_tensor)t, bits);
}

// It is a fan-out alone.
static bool keeps_nothing(struct sdse_af_walk *r, const struct sdse_node *node) {
    const struct sdse_node *tensors = sdse_af_key(node, "tensors");
    return tensors && !sdse_af_get_set(r, tensors, "keep", 0) &&
           !sdse_af_get_set(r, tensors, "may_keep", 0);
}

static void read_memory(struct sdse_af_walk *r, const struct sdse_node *node) {
    static const char *const keys[] = {"name",
                                       "size",
                                       "spatial",
                                       "leak_power",
                                       "area",
                                       "actions",
                                       "tensors",
                                       "component_class",
                                       "extra_attributes_for_component_model",
                                       "separate_read_write_ports",
                                       "total_latency",
                                       "bits_per_value_scale",
                                       "bits_per_value",
                                       "datawidth",
                                       "attributes",
                                       "constraints",
                                       "support_concurrent_binding",
                                       NULL};
    sdse_foreign_keys(r->foreign, node, keys, "accelforge-key");
    sdse_af_check_older(r->foreign, node);
    sdse_af_read_spatial(r, node);
    if (keeps_nothing(r, node))
        return;
    sdse_af_close_fanout(r, node);
    if (r->arch->level_count == SDSE_AF_LEVELS) {
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-node",
                            "more than %d memories", SDSE_AF_LEVELS);
        return;
    }
    struct sdse_af_memory *memory = &r->arch->level[r->arch->level_count++];
    *memory = (struct sdse_af_memory){
        .name = sdse_foreign_text(r->foreign, node, "name", "memory"),
        .loc = node->loc,
        .costs = "",
        .memory_class = r->arch->level_count == 1 ? "dram" : "sram"};
    const double size = sdse_af_get(r, node, "size", HUGE_VAL);
    memory->unlimited = !isfinite(size);
    if (!memory->unlimited && !(size >= 1 && size <= 1e18 && size == floor(size)))
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-value",
                            "'%.60s' has a size of %g: expected whole bits",
                            memory->name, size);
    else if (!memory->unlimited)
        memory->capacity_bits = (uint64_t)size;
    read_tensors(r, node, memory);
    read_widths(r, node, memory);
    read_costs(r, node, memory);
    memory->leakage_mw = sdse_af_read_leakage(r, node);
    memory->has_area = sdse_af_read_area(r, node, &memory->area_mm2);
    r->kept[r->kept_count++] = (struct sdse_af_kept){memory->name, memory->keep};
    if (r->toll_count)
        sdse_af_settle_tolls(r, memory - 1, memory);
}

static void read_container(struct sdse_af_walk *r, const struct sdse_node *node) {
    static const char *const keys[] = {"name", "spatial", "support_concurrent_binding",
                                       "constraints", NULL};
    sdse_foreign_keys(r->foreign, node, keys, "accelforge-key");
    sdse_af_check_older(r->foreign, node);
    sdse_af_read_spatial(r, node);
    if (sdse_af_get_set(r, sdse_af_key(node, "tensors"), "keep", 0))
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-key",
                            "a fan-out keeps nothing here: what it asks for is lost");
}

static void read_nodes(struct sdse_af_walk *r, const struct sdse_node *nodes);

static void read_branch(struct sdse_af_walk *r, const struct sdse_node *node) {
    static const char *const keys[] = {"name", "nodes", NULL};
    sdse_foreign_keys(r->foreign, node, keys, "accelforge-key");
    read_nodes(r, sdse_node_get(node, "nodes"));
}

static void read_nodes(struct sdse_af_walk *r, const struct sdse_node *nodes) {
    const struct sdse_af_names *names = r->names;
    struct sdse_af_names own = *names;
    r->names = &own;
    sdse_for_each_child (node, nodes) {
        own.node = node;
        const char *tag = node->tag ? node->tag : "";
        if (strcmp(tag, "!Memory") == 0)
            read_memory(r, node);
        else if (strcmp(tag, "!Compute") == 0)
            sdse_af_read_compute(r, node);
        else if (strcmp(tag, "!Container") == 0 || strcmp(tag, "!Fanout") == 0 ||
                 strcmp(tag, "!Spatial") == 0)
            read_container(r, node);
        else if (strcmp(tag, "!Toll") == 0)
            sdse_af_read_toll(r, node);
        else if (strcmp(tag, "!Hierarchical") == 0)
            read_branch(r, node);
        else
            sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-node",
                                "%.60s has no counterpart",
                                *tag ? tag : "a node without tag");
    }
    r->names = names;
}

void sdse_af_read_arch(struct sdse_foreign *foreign, const struct sdse_node *node,
                       const struct sdse_af_names *names, struct sdse_af_arch *arch) {
    static const char *const keys[] = {
        "nodes", "name", "extra_attributes_for_all_component_models", NULL};
    struct sdse_af_walk r = {.foreign = foreign, .names = names, .arch = arch};
    sdse_foreign_keys(foreign, node, keys, "accelforge-key");
    const struct sdse_node *all =
        sdse_node_get(node, "extra_attributes_for_all_component_models");
    arch->node_nm = sdse_af_get(&r, all, "tech_node", 0) * 1e9;
    read_nodes(&r, sdse_node_get(node, "nodes"));
    if (r.toll_count)
        sdse_af_settle_tolls(&r, &arch->level[arch->level_count - 1], NULL);
    sdse_af_check_tolls(&r);
    const unsigned every = SDSE_BIT(SDSE_TENSORS) - 1;
    if (!arch->level_count || arch->level[0].keep != every)
        sdse_foreign_refuse(foreign, arch->level_count ? arch->level[0].loc : node->loc,
                            false, "accelforge-node",
                            "the first node must be a memory that keeps all tensors");
    if (!arch->computes)
        sdse_foreign_refuse(foreign, node->loc, false, "accelforge-node",
                            "no node computes einsums of three tensors");
}
