// A memory's ports: which words go through which, and what that is as bandwidth.
#include <stdio.h>
#include <string.h>

#include "import/zigzag/hardware.h"
#include "spec/value.h"

static const char *const directions[SDSE_ZZ_DIRECTIONS] = {"fh", "tl", "fl", "th"};

static bool is_read(enum sdse_zz_direction direction) {
    return direction == SDSE_ZZ_TO_LOW || direction == SDSE_ZZ_TO_HIGH;
}

static bool find_direction(const char *name, enum sdse_zz_direction *direction) {
    for (unsigned d = 0; d < SDSE_ZZ_DIRECTIONS; d++) {
        if (strcmp(directions[d], name) == 0) {
            *direction = (enum sdse_zz_direction)d;
            return true;
        }
    }
    return false;
}

// "I1", "I2" or "O".
static bool find_operand(const struct sdse_zz_mapping *links, const char *name,
                         enum sdse_tensor *tensor) {
    if (strcmp(name, "O") == 0)
        *tensor = SDSE_OUTPUTS;
    else if (strcmp(name, "I1") == 0 || strcmp(name, "I2") == 0)
        *tensor = links->tensor_of[name[1] - '1'];
    else
        return false;
    return true;
}

static void use_port(struct sdse_zz_port *port, enum sdse_tensor tensor,
                     enum sdse_zz_direction direction) {
    const bool up = direction == SDSE_ZZ_TO_HIGH || direction == SDSE_ZZ_FROM_LOW;
    const unsigned user =
        up && tensor == SDSE_OUTPUTS ? SDSE_PORT_UP : (unsigned)tensor;
    if (is_read(direction))
        port->reads |= SDSE_BIT(user);
    else
        port->writes |= SDSE_BIT(user);
}

// --- Ports by number: r_port, w_port, rw_port, and a list for each operand ---

struct numbered {
    double read_bits, write_bits;
    uint64_t reads, writes, both; // how many there are
};

// The port of this name, made at its first use; NULL after a diagnostic.
static struct sdse_zz_port *numbered_port(struct sdse_foreign *foreign,
                                          const struct numbered *counts,
                                          const struct sdse_node *node,
                                          struct sdse_zz_memory *memory) {
    const char *name = sdse_node_as_text(node);
    unsigned number = 0;
    char kind[4] = "", rest = 0;
    const bool named =
        name && sscanf(name, "%3[rw]_port_%4u%c", kind, &number, &rest) == 2;
    const bool both = named && (!strcmp(kind, "rw") || !strcmp(kind, "wr"));
    const bool known = both || (named && strlen(kind) == 1);
    if (!known || number < 1) {
        sdse_foreign_refuse(foreign, node->loc, false, "zigzag-port",
                            "'%.60s': expected a port, r_port_1, w_port_1 or rw_port_1",
                            name ? name : "");
        return NULL;
    }
    const uint64_t there = both           ? counts->both
                           : *kind == 'r' ? counts->reads
                                          : counts->writes;
    if (number > there)
        sdse_foreign_refuse(foreign, node->loc, true, "zigzag-port",
                            "'%.60s' is one port more than the %llu that '%.60s' has: "
                            "it is taken as one",
                            name, (unsigned long long)there, memory->name);
    const char *plain =
        sdse_arena_printf(foreign->arena, "%s_port_%u", both ? "rw" : kind, number);
    foreign->out_of_memory |= !plain;
    if (!plain)
        return NULL;
    for (unsigned p = 0; p < memory->port_count; p++)
        if (strcmp(memory->port[p].name, plain) == 0)
            return &memory->port[p];
    if (memory->port_count == SDSE_ZZ_PORTS) {
        sdse_foreign_refuse(foreign, node->loc, false, "zigzag-port",
                            "more than %d ports", SDSE_ZZ_PORTS);
        return NULL;
    }
    struct sdse_zz_port *port = &memory->port[memory->port_count++];
    const bool slower_reads = counts->read_bits < counts->write_bits;
    port->name = plain;
    port->bits_per_cycle = both
                               ? (slower_reads ? counts->read_bits : counts->write_bits)
                           : *kind == 'r' ? counts->read_bits
                                          : counts->write_bits;
    if (both && counts->read_bits != counts->write_bits)
        sdse_foreign_refuse(foreign, node->loc, true, "zigzag-port",
                            "'%.60s' reads and writes at different widths: the "
                            "narrower is taken for both",
                            name);
    return port;
}

static void read_numbered(struct sdse_foreign *foreign, const struct sdse_node *node,
                          const struct sdse_node *ports,
                          const struct sdse_zz_mapping *links,
                          struct sdse_zz_memory *memory) {
    const struct numbered counts = {
        sdse_foreign_double(foreign, node, "r_bw", 1e9, true),
        sdse_foreign_double(foreign, node, "w_bw", 1e9, true),
        sdse_foreign_u64(foreign, node, "r_port", 0, 64, false),
        sdse_foreign_u64(foreign, node, "w_port", 0, 64, false),
        sdse_foreign_u64(foreign, node, "rw_port", 0, 64, false),
    };
    const struct sdse_node *operands = sdse_node_get(node, "operands");
    if (operands && ports->count != operands->count)
        sdse_foreign_refuse(foreign, ports->loc, false, "zigzag-port",
                            "%zu entries for %zu operands", ports->count,
                            operands->count);
    sdse_for_each_child (entry, ports) {
        const struct sdse_node *operand = sdse_node_at(operands, entry->index);
        const char *name = operand ? sdse_node_as_text(operand) : NULL;
        enum sdse_tensor tensor;
        if (!name || !find_operand(links, name, &tensor))
            continue; // reported with the operands
        sdse_for_each_child (use, entry) {
            enum sdse_zz_direction direction;
            if (!use->key || !find_direction(use->key, &direction)) {
                sdse_foreign_refuse(foreign, use->loc, false, "zigzag-port",
                                    "expected fh, tl, fl or th");
                continue;
            }
            struct sdse_zz_port *port = numbered_port(foreign, &counts, use, memory);
            if (port)
                use_port(port, tensor, direction);
        }
    }
}

// --- Ports by name, each with what goes through it ---

static void read_allocation(struct sdse_foreign *foreign, const struct sdse_node *port,
                            const struct sdse_zz_mapping *links,
                            struct sdse_zz_port *out) {
    sdse_for_each_child (item, sdse_node_get(port, "allocation")) {
        const char *text = sdse_node_as_text(item);
        char operand[3] = "", way[3] = "", rest = 0;
        enum sdse_tensor tensor;
        enum sdse_zz_direction direction;
        if (text && sscanf(text, "%2[IO12] , %2[fhtl]%c", operand, way, &rest) == 2 &&
            find_operand(links, operand, &tensor) && find_direction(way, &direction))
            use_port(out, tensor, direction);
        else
            sdse_foreign_refuse(
                foreign, item->loc, false, "zigzag-port",
                "'%.60s': expected an operand and a direction, 'I1, tl'",
                text ? text : "");
    }
}

static void read_named(struct sdse_foreign *foreign, const struct sdse_node *ports,
                       const struct sdse_zz_mapping *links,
                       struct sdse_zz_memory *memory) {
    static const char *const keys[] = {"name",          "type",       "bandwidth_min",
                                       "bandwidth_max", "allocation", NULL};
    static const char *const types[] = {"read", "write", "read_write"};
    sdse_for_each_child (node, ports) {
        if (memory->port_count == SDSE_ZZ_PORTS) {
            sdse_foreign_refuse(foreign, node->loc, false, "zigzag-port",
                                "more than %d ports", SDSE_ZZ_PORTS);
            return;
        }
        sdse_foreign_keys(foreign, node, keys, "zigzag-key");
        struct sdse_zz_port *port = &memory->port[memory->port_count++];
        port->name = sdse_foreign_text(foreign, node, "name", "port");
        port->bits_per_cycle =
            sdse_foreign_double(foreign, node, "bandwidth_max", 1e9, true);
        read_allocation(foreign, node, links, port);
        const char *type = sdse_foreign_text(foreign, node, "type", "read_write");
        if (!sdse_is_among(type, types, 3))
            sdse_foreign_refuse(foreign, sdse_node_get(node, "type")->loc, false,
                                "zigzag-port",
                                "'%.60s': expected read, write or read_write", type);
        if ((strcmp(type, "read") == 0 && port->writes) ||
            (strcmp(type, "write") == 0 && port->reads))
            sdse_foreign_refuse(foreign, node->loc, false, "zigzag-port",
                                "'%.60s' is a %s port, and words go the other way too",
                                port->name, type);
    }
}

// What ports that are named say themselves.
static void refuse_numbers(struct sdse_foreign *foreign, const struct sdse_node *node,
                           const struct sdse_zz_memory *memory) {
    static const char *const keys[] = {"r_bw",
                                       "w_bw",
                                       "r_port",
                                       "w_port",
                                       "rw_port",
                                       "min_r_granularity",
                                       "min_w_granularity"};
    sdse_for_each_child (entry, node)
        if (entry->key && sdse_is_among(entry->key, keys, sizeof keys / sizeof *keys))
            sdse_foreign_refuse(foreign, entry->key_loc, true, "zigzag-key",
                                "'%s' is not read: the ports of '%.60s' say it "
                                "themselves",
                                entry->key, memory->name);
}

// --- What an access moves ---

// Bits of an access, and the fewest that one may move.
struct access {
    uint64_t bits, least;
    const struct sdse_node *place;
};

static struct access access_of(struct sdse_foreign *foreign,
                               const struct sdse_node *node,
                               const struct sdse_node *ports, bool named, bool reads) {
    struct access access = {0, 0, node};
    if (!named) {
        const char *width = reads ? "r_bw" : "w_bw";
        const char *least = reads ? "min_r_granularity" : "min_w_granularity";
        access.bits = sdse_foreign_u64(foreign, node, width, 1, 1 << 20, true);
        access.least = sdse_node_get(node, least)
                           ? sdse_foreign_u64(foreign, node, least, 1, 1 << 20, false)
                           : access.bits;
        access.place = sdse_node_get(node, sdse_node_get(node, least) ? least : width);
        return access;
    }
    sdse_for_each_child (port, ports) {
        const char *type = sdse_foreign_text(foreign, port, "type", "");
        if (strcmp(type, reads ? "write" : "read") == 0)
            continue;
        const uint64_t bits =
            sdse_foreign_u64(foreign, port, "bandwidth_max", 1, 1 << 20, false);
        if (access.bits && access.bits != bits)
            sdse_foreign_refuse(foreign, port->loc, true, "zigzag-port",
                                "ports of different widths have one cost: it is taken "
                                "as that of the widest");
        if (bits > access.bits) {
            access.bits = bits;
            access.least = sdse_node_get(port, "bandwidth_min")
                               ? sdse_foreign_u64(foreign, port, "bandwidth_min", 1,
                                                  1 << 20, false)
                               : bits;
            access.place = port;
        }
    }
    return access;
}

// True and False, as Python has them, or as YAML.
static bool read_yes(struct sdse_foreign *foreign, const struct sdse_node *node,
                     bool *out) {
    const char *text = sdse_node_as_text(node);
    if (text && (strcmp(text, "True") == 0 || strcmp(text, "False") == 0)) {
        *out = *text == 'T';
        return true;
    }
    return sdse_read_bool(node, foreign->diags, out);
}

// The fewest bits of an access; 0 where words of every width that the memory holds fill
// whole accesses.
static uint32_t least_bits(const struct access *access,
                           const struct sdse_zz_hardware *hardware,
                           const struct sdse_zz_memory *memory) {
    for (unsigned t = 0; access->least && t < SDSE_TENSORS; t++) {
        const bool sums = t == SDSE_OUTPUTS && hardware->partial_bits;
        if (memory->tensors >> t & 1u &&
            (hardware->bits[t] % access->least ||
             (sums && hardware->partial_bits % access->least)))
            return (uint32_t)access->least;
    }
    return 0;
}

// The table's macros have one width, which accesses must fit.
static void fit_macros(struct sdse_foreign *foreign, const struct access *access,
                       struct sdse_zz_memory *memory, uint32_t *least) {
    if (!*least || memory->port_bits % *least == 0 || *least % memory->port_bits == 0)
        return;
    sdse_foreign_refuse(foreign, access->place->loc, true, "zigzag-granule",
                        "'%.60s' moves at least %u bits in an access, which do not fit "
                        "the %u of its macros: a tile's last access is charged for the "
                        "bits that it has",
                        memory->name, *least, memory->port_bits);
    *least = 0;
}

// The tensors of a set of users.
static unsigned carried(unsigned users) {
    const unsigned up = SDSE_BIT(SDSE_PORT_UP);
    return (users & ~up) | (users & up ? SDSE_BIT(SDSE_OUTPUTS) : 0);
}

void sdse_zz_read_ports(struct sdse_foreign *foreign, const struct sdse_node *node,
                        const struct sdse_zz_mapping *links,
                        const struct sdse_zz_hardware *hardware,
                        struct sdse_zz_memory *memory) {
    const struct sdse_node *ports = sdse_node_get(node, "ports");
    if (!ports) {
        sdse_foreign_missing(foreign, node, "ports");
        return;
    }
    const bool named = sdse_node_get(sdse_node_at(ports, 0), "allocation") != NULL;
    if (named) {
        refuse_numbers(foreign, node, memory);
        read_named(foreign, ports, links, memory);
    } else {
        read_numbered(foreign, node, ports, links, memory);
    }
    for (unsigned p = 0; p < memory->port_count; p++)
        if (carried(memory->port[p].reads | memory->port[p].writes) & ~memory->tensors)
            sdse_foreign_refuse(foreign, ports->loc, false, "zigzag-port",
                                "port '%.60s' carries what '%.60s' does not hold",
                                memory->port[p].name, memory->name);
    const struct access reads = access_of(foreign, node, ports, named, true),
                        writes = access_of(foreign, node, ports, named, false);
    memory->least_read_bits = least_bits(&reads, hardware, memory);
    memory->least_write_bits = least_bits(&writes, hardware, memory);
    const struct sdse_node *automatic = sdse_node_get(node, "auto_cost_extraction");
    bool extracted = false;
    if (automatic && !read_yes(foreign, automatic, &extracted))
        foreign->failed = true;
    memory->priced = !extracted;
    memory->port_bits = (uint32_t)(reads.bits ? reads.bits : writes.bits);
    if (extracted) {
        fit_macros(foreign, &reads, memory, &memory->least_read_bits);
        fit_macros(foreign, &writes, memory, &memory->least_write_bits);
        return;
    }
    const double read_pj = sdse_foreign_double(foreign, node, "r_cost", 1e12, true),
                 write_pj = sdse_foreign_double(foreign, node, "w_cost", 1e12, true);
    // A memory without a port for one way is never used that way: any width does.
    const uint64_t read_bits = reads.bits ? reads.bits : writes.bits,
                   write_bits = writes.bits ? writes.bits : reads.bits;
    memory->read_pj_per_bit = read_bits ? read_pj / (double)read_bits : 0;
    memory->write_pj_per_bit = write_bits ? write_pj / (double)write_bits : 0;
    if ((read_pj > 0) != (write_pj > 0))
        sdse_foreign_refuse(foreign, node->key_loc, false, "zigzag-cost",
                            "'%.60s' has a cost of 0 for one of reads and writes: give "
                            "both, or neither",
                            memory->name);
}

// --- As ours ---

// Whether the port of a memory carries outputs that go up and nothing else, as no other
// does, while those that come down have another port. Else up and down are one.
static bool goes_up_alone(const struct sdse_zz_memory *memory, unsigned port,
                          bool reads) {
    const struct sdse_zz_port *at = &memory->port[port];
    bool down = false;
    for (unsigned p = 0; p < memory->port_count; p++) {
        const unsigned users = reads ? memory->port[p].reads : memory->port[p].writes;
        if (p != port && users >> SDSE_PORT_UP & 1u)
            return false;
        down |= users >> SDSE_OUTPUTS & 1u;
    }
    return down && (reads ? at->reads : at->writes) == SDSE_BIT(SDSE_PORT_UP) &&
           !(reads ? at->writes : at->reads);
}

// Ports that some tensor's reads, or writes, are spread over count as one: what they
// carry together.
static unsigned join(const struct sdse_zz_memory *memory,
                     struct sdse_zz_port joined[SDSE_ZZ_PORTS]) {
    unsigned count = memory->port_count;
    memcpy(joined, memory->port, count * sizeof *joined);
    for (unsigned p = 0; p < count; p++) {
        if (!goes_up_alone(memory, p, true))
            joined[p].reads = carried(joined[p].reads);
        if (!goes_up_alone(memory, p, false))
            joined[p].writes = carried(joined[p].writes);
    }
    for (unsigned a = 0; a < count; a++) {
        for (unsigned b = a + 1; b < count; b++) {
            if (!(joined[a].reads & joined[b].reads) &&
                !(joined[a].writes & joined[b].writes))
                continue;
            joined[a].bits_per_cycle += joined[b].bits_per_cycle;
            joined[a].reads |= joined[b].reads;
            joined[a].writes |= joined[b].writes;
            joined[b] = joined[--count];
            b = a; // what was joined may meet those before
        }
    }
    return count;
}

static bool is_single(unsigned set) { return set && !(set & (set - 1)); }

void sdse_zz_bandwidths(struct sdse_foreign *foreign,
                        const struct sdse_zz_memory *memory,
                        struct sdse_zz_bandwidth bandwidth[3]) {
    memset(bandwidth, 0, 3 * sizeof *bandwidth);
    struct sdse_zz_port joined[SDSE_ZZ_PORTS];
    const unsigned count = join(memory, joined);
    if (count < memory->port_count)
        sdse_foreign_refuse(foreign, memory->loc, true, "zigzag-port",
                            "'%.60s' spreads one tensor's words over several ports by "
                            "their way: these carry them together, so a cycle that "
                            "waits for one of them is not seen",
                            memory->name);
    for (unsigned p = 0; p < count; p++) {
        const struct sdse_zz_port *port = &joined[p];
        const unsigned set = port->reads | port->writes;
        if (!set)
            continue;
        const bool mixed = port->reads && port->writes;
        if (mixed && port->reads != port->writes) {
            sdse_foreign_refuse(foreign, memory->loc, true, "zigzag-port",
                                "port '%.60s' of '%.60s' reads other tensors than it "
                                "writes: it has no limit",
                                port->name, memory->name);
            continue;
        }
        struct sdse_zz_bandwidth *of = &bandwidth[mixed ? 2 : port->writes ? 1 : 0];
        if (set == SDSE_BIT(SDSE_PORT_UP))
            of->own[SDSE_PORT_UP] = port->bits_per_cycle;
        else if (set == memory->tensors)
            of->all = port->bits_per_cycle;
        else if (!is_single(set))
            of->others = port->bits_per_cycle;
        else
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                if (set >> t & 1u)
                    of->own[t] = port->bits_per_cycle;
    }
}
