// Energies and areas: those of tables (ERT, ART) and of actions, else the library's.
#include <string.h>
#include <strings.h>

#include "import/timeloop/reading.h"

// "system.chip[0..3].GLB[1..1]" is the GLB.
static bool names_part(const char *path, const char *name) {
    const char *last = path;
    bool inside = false;
    for (const char *c = path; *c; c++) {
        inside = *c == '[' || (inside && *c != ']');
        if (*c == '.' && !inside)
            last = c + 1;
    }
    const size_t own = strcspn(last, "[");
    return strlen(name) == own && strncmp(last, name, own) == 0;
}

static const struct sdse_node *
table_of(const struct sdse_tl *r, enum sdse_tl_section section, const char *name) {
    for (unsigned i = 0; i < r->section[section].count; i++)
        for
            SDSE_EACH_CHILD(table,
                            sdse_node_get(r->section[section].node[i], "tables")) {
                const char *path = sdse_tl_word(sdse_node_get(table, "name"));
                if (path && names_part(path, name))
                    return table;
            }
    return NULL;
}

// The definition of a class in the files; NULL = none.
static const struct sdse_node *class_node(const struct sdse_tl *r, const char *class) {
    static const enum sdse_tl_section sections[] = {
        SDSE_TL_COMPONENTS, SDSE_TL_COMPOUND, SDSE_TL_PRIMITIVE};
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
        for (unsigned i = 0; i < r->section[sections[s]].count; i++)
            for
                SDSE_EACH_CHILD(
                    node, sdse_node_get(r->section[sections[s]].node[i], "classes")) {
                    const char *name = sdse_tl_word(sdse_node_get(node, "name"));
                    if (name && *class && strcmp(name, class) == 0)
                        return node;
                }
    return NULL;
}

// The energy of an action in a list of them. -1 = not said.
static double action_pj(struct sdse_tl *r, const struct sdse_node *owner,
                        const struct sdse_tl_scope *scope, const char *action,
                        const char *older) {
    for
        SDSE_EACH_CHILD(node, sdse_node_get(owner, "actions")) {
            const char *name = sdse_tl_word(sdse_node_get(node, "name"));
            const struct sdse_node *energy = sdse_node_get(node, "energy");
            double pj;
            if (!name || !energy ||
                (strcmp(name, action) != 0 && (!older || strcmp(name, older) != 0)))
                continue;
            if (!sdse_tl_number(r, energy, scope, &pj))
                return -1;
            if (pj >= 0 && pj < 1e15)
                return pj;
            sdse_tl_refuse(r, energy->loc, false, "timeloop-value",
                           "an energy is 0 or more picojoules, got %g", pj);
        }
    return -1;
}

// Where a part's energies are: its table, its own actions, those of its class.
enum { OWN = 2, OWNERS = 4 };
struct owners {
    const struct sdse_node *node[OWNERS];
};

static struct owners owners_of(const struct sdse_tl *r,
                               const struct sdse_tl_part *part) {
    return (struct owners){{table_of(r, SDSE_TL_ERT, part->name), part->node,
                            class_node(r, part->subclass), class_node(r, part->class)}};
}

static double pj_of(struct sdse_tl *r, const struct sdse_tl_part *part,
                    const char *action, const char *older) {
    const struct owners owners = owners_of(r, part);
    double pj = -1;
    for (unsigned i = 0; i < OWNERS && pj < 0; i++)
        pj = owners.node[i] ? action_pj(r, owners.node[i], part->scope, action, older)
                            : -1;
    return pj;
}

// Whether it is one of the actions that Timeloop counts: "gated_metadata_read".
static bool is_action(const char *name) {
    static const char *const kinds[] = {"random_", "gated_", "skipped_"};
    static const char *const storage[] = {"read", "write", "fill", "update"};
    static const char *const others[] = {"leak",
                                         "idle",
                                         "compute",
                                         "mac",
                                         "mult",
                                         "compression_count",
                                         "decompression_count"};
    static const char *const endings[] = {"_random", "_reused", "_gated", "_skipped"};
    for (size_t k = 0; k < 3; k++)
        if (strncmp(name, kinds[k], strlen(kinds[k])) == 0) {
            name += strlen(kinds[k]);
            break;
        }
    if (sdse_is_among(name, others, sizeof others / sizeof *others))
        return true;
    for (size_t o = 2; o < 5; o++) // compute_gated, mac_random
        for (size_t e = 0; e < 4; e++)
            if (strncmp(name, others[o], strlen(others[o])) == 0 &&
                strcmp(name + strlen(others[o]), endings[e]) == 0)
                return true;
    if (strncmp(name, "metadata_", 9) == 0)
        name += 9;
    return sdse_is_among(name, storage, sizeof storage / sizeof *storage);
}

// Energies of what is no action: of a part's table, and of its own.
static void refuse_unknown_action(struct sdse_tl *r, const struct sdse_tl_part *part,
                                  const struct sdse_node *node) {
    static const char *const usual[] = {"read", "write", "update", "leak", "compute"};
    const struct sdse_node *action = sdse_node_get(node, "name");
    const char *name = sdse_tl_word(action);
    if (!name || is_action(name) || !sdse_node_get(node, "energy"))
        return;
    const char *nearest = sdse_nearest(name, usual, 5);
    sdse_tl_refuse(r, action->loc, true, "timeloop-value",
                   "energy of '%.60s' of '%.60s', which is no action that is counted, "
                   "is lost%s%s%s",
                   name, part->name, nearest ? "; did you mean '" : "",
                   nearest ? nearest : "", nearest ? "'?" : "");
}

static void check_actions(struct sdse_tl *r, const struct sdse_tl_part *part) {
    static const char *const keys[] = {"name", "energy", "arguments", "subcomponents",
                                       NULL};
    const struct owners owners = owners_of(r, part);
    for (unsigned i = 0; i < OWNERS; i++)
        for
            SDSE_EACH_CHILD(node, sdse_node_get(owners.node[i], "actions")) {
                sdse_tl_known_keys(r, node, keys, "an action");
                if (i < OWN)
                    refuse_unknown_action(r, part, node);
            }
}

static double area_of(struct sdse_tl *r, const struct sdse_tl_part *part) {
    const struct sdse_node *area =
        sdse_node_get(table_of(r, SDSE_TL_ART, part->name), "area");
    double um2;
    if (!area || !sdse_tl_number(r, area, r->scope, &um2))
        return -1;
    if (um2 >= 0 && um2 < 1e15)
        return um2;
    sdse_tl_refuse(r, area->loc, false, "timeloop-value",
                   "an area is 0 or more square micrometres, got %g", um2);
    return -1;
}

static void note_estimated(struct sdse_tl *r, const char *name, const char *source) {
    r->estimated = sdse_tl_text(r, "%s%s%.60s (%s)", r->estimated ? r->estimated : "",
                                r->estimated ? ", " : "", name, source);
}

static const char *dram_of(struct sdse_tl *r, const struct sdse_tl_part *part) {
    static const char *const types[][2] = {
        {"LPDDR5", "lpddr5"}, {"LPDDR4", "lpddr4"}, {"LPDDR", "lpddr"},
        {"DDR3", "ddr3"},     {"DDR4", "ddr4"},     {"DDR5", "ddr5"},
        {"GDDR5", "gddr5"},   {"GDDR6", "gddr6"},   {"HBM2", "hbm2"},
        {"HBM3", "hbm3"},     {"HBM4", "hbm4"}};
    const struct sdse_node *type = sdse_tl_find(NULL, part->scope, "type");
    const char *text = sdse_tl_word(type);
    for (size_t i = 0; text && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(text, types[i][0]) == 0)
            return types[i][1];
    if (text)
        sdse_tl_refuse(r, type->loc, true, "timeloop-value",
                       "DRAM '%.40s' is none of the library's: lpddr4 stands for it",
                       text);
    return "lpddr4";
}

// A component or table for energies that are not given.
static void estimate(struct sdse_tl *r, const struct sdse_tl_part *part,
                     struct sdse_tl_memory *memory) {
    enum { TABLE_PORT_BITS = 64, TABLE_LEAST_BITS = 512 };
    const bool small = memory->capacity_bits <= 8192; // what components are known for
    if (strcmp(memory->memory_class, "dram") == 0) {
        memory->component = dram_of(r, part);
    } else if (strcmp(memory->memory_class, "sram") != 0 && small) {
        memory->component = strcmp(memory->memory_class, "fifo") == 0 ? "fifo"
                            : memory->capacity_bits >= 128            ? "scratchpad"
                                                                      : "register";
    } else {
        // A row of many bits is read from as many macros of the table's width.
        memory->memory_class = "sram";
        if (memory->width_bits > TABLE_PORT_BITS)
            memory->width_bits = TABLE_PORT_BITS;
        while (memory->width_bits < 8)
            memory->width_bits *= 2;
        while (memory->banks > 1 &&
               memory->capacity_bits / memory->banks < TABLE_LEAST_BITS)
            memory->banks /= 2;
        while (memory->capacity_bits % memory->banks)
            memory->banks--;
    }
    note_estimated(r, part->name,
                   memory->component ? memory->component : "table of SRAM macros");
}

static void read_memory(struct sdse_tl *r, const struct sdse_tl_part *part,
                        struct sdse_tl_memory *memory) {
    check_actions(r, part);
    memory->read_pj = pj_of(r, part, "read", NULL);
    memory->write_pj = pj_of(r, part, "write", "fill");
    memory->update_pj = pj_of(r, part, "update", NULL);
    const double leak_pj = pj_of(r, part, "leak", NULL); // a cycle
    memory->leak_mw = leak_pj >= 0 ? leak_pj * r->clock_ghz : -1;
    memory->area_um2 = area_of(r, part);
    memory->priced = memory->read_pj >= 0 || memory->write_pj >= 0;
    if (!memory->priced) {
        estimate(r, part, memory);
        return;
    }
    // An action that is not said costs what the other writes do.
    if (memory->write_pj < 0)
        memory->write_pj = memory->update_pj >= 0 ? memory->update_pj : memory->read_pj;
    if (memory->update_pj < 0)
        memory->update_pj = memory->write_pj;
    if (memory->read_pj < 0)
        memory->read_pj = memory->write_pj;
    // The cluster pays an access together.
    memory->read_pj /= (double)memory->cluster;
    memory->write_pj /= (double)memory->cluster;
    memory->update_pj /= (double)memory->cluster;
}

static void read_compute(struct sdse_tl *r) {
    const struct sdse_tl_part *part = &r->part[r->compute];
    check_actions(r, part);
    r->pj_per_mac = pj_of(r, part, "compute", "mac_random");
    const double leak_pj = pj_of(r, part, "leak", NULL);
    r->mac_leak_mw = leak_pj >= 0 ? leak_pj * r->clock_ghz : -1;
    r->mac_area_um2 = area_of(r, part);
    if (r->pj_per_mac >= 0)
        return;
    const bool real = strncasecmp(part->class, "fp", 2) == 0 ||
                      strncasecmp(part->subclass, "fp", 2) == 0;
    r->mac_component = !real                        ? "mac_int"
                       : r->bits[SDSE_WEIGHTS] > 16 ? "mac_fp32"
                                                    : "mac_fp16";
    note_estimated(r, part->name, r->mac_component);
}

void sdse_tl_read_costs(struct sdse_tl *r) {
    for (unsigned l = 0; l < r->level_count; l++)
        read_memory(r, &r->part[r->level_part[l]], &r->memory[l]);
    if (r->compute >= 0)
        read_compute(r);
    if (r->estimated)
        sdse_diag_add(r->foreign.diags, SDSE_WARNING, (struct sdse_loc){r->path, 0, 0},
                      "timeloop-cost",
                      "costs that are not in the files are those of the library of "
                      "components: %s",
                      r->estimated);
}
