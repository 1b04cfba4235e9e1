// Checks of physical numbers: where they come from, prices that are in no order, tables
// that are asked for more than they have.
#include <inttypes.h>
#include <string.h>

#include "costmodel/sram_table.h"
#include "dse/lint/checks.h"
#include "spec/arch_numbers.h"
#include "spec/load.h"

enum { NAMED = 3 }; // numbers that are called by name

// Numbers of one mark, each key of the file once.
struct marked {
    struct sdse_lint *lint;
    enum sdse_mark mark;
    size_t all, count;
    struct sdse_number last; // of what a key gives to several (three tensors, reads and
                             // writes)
    const char *names;       // of the first
    struct sdse_loc first;
};

static bool before(struct sdse_loc a, struct sdse_loc b) {
    return a.line < b.line || (a.line == b.line && a.column < b.column);
}

static void count_number(void *context, const char *where, const char *what,
                         const char *unit, const struct sdse_number *number) {
    (void)unit;
    struct marked *marked = context;
    if (number->value == 0 && number->origin.text &&
        strcmp(number->origin.text, "free") == 0)
        return; // an engine that the file declares free
    const struct sdse_loc at = number->origin.loc;
    const bool again = marked->all && number->value == marked->last.value &&
                       at.line == marked->last.origin.loc.line &&
                       at.column == marked->last.origin.loc.column;
    marked->last = *number;
    if (again)
        return;
    marked->all++;
    if (number->origin.mark != marked->mark)
        return;
    if (marked->count++ == 0 || before(at, marked->first))
        marked->first = at;
    if (marked->count <= NAMED)
        marked->names = sdse_lint_text(marked->lint, "%s%s%s %s", marked->names,
                                       marked->count > 1 ? ", " : "", where, what);
}

static struct marked count_marked(struct sdse_lint *lint, enum sdse_mark mark) {
    struct marked marked = {.lint = lint, .mark = mark, .names = ""};
    sdse_arch_each_number(lint->arch, count_number, &marked);
    return marked;
}

void sdse_lint_number_unmarked(struct sdse_lint *lint) {
    const struct marked marked = count_marked(lint, SDSE_MARK_UNMARKED);
    if (marked.count)
        sdse_lint_say(
            lint, marked.first,
            "%zu of %zu physical numbers do not say where they come from (%s%s); "
            "mark them, in place or under sources",
            marked.count, marked.all, marked.names,
            marked.count > NAMED ? ", ..." : "");
}

void sdse_lint_number_assumed(struct sdse_lint *lint) {
    const struct marked marked = count_marked(lint, SDSE_MARK_ASSUMED);
    if (marked.count)
        sdse_lint_say(lint, marked.first,
                      "%zu of %zu physical numbers are assumed (%s%s); results rest on "
                      "them: vary them in a sweep, or find a source",
                      marked.count, marked.all, marked.names,
                      marked.count > NAMED ? ", ..." : "");
}

// --- Prices ---

// Energy to read a bit. [pJ]
static double bit_pj(const struct sdse_level *level) {
    return sdse_level_read_pj(level) /
           (level->port_bits ? (double)level->port_bits : 1);
}

// The nearest memory outside level l that keeps one of `tensors`; *which: those that it
// keeps. -1: none.
static int next_outside(const struct sdse_arch *arch, unsigned l, unsigned tensors,
                        unsigned *which) {
    for (int i = (int)l - 1; i >= 0; i--)
        if ((*which = sdse_level_tensors(&arch->level[i]) & tensors) != 0)
            return i;
    return -1;
}

void sdse_lint_energy_order(struct sdse_lint *lint) {
    const struct sdse_arch *arch = lint->arch;
    for (unsigned l = 1; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        unsigned left = sdse_level_tensors(level), which;
        while (left && !level->free && level->read_pj.given) {
            const int outside = next_outside(arch, l, left, &which);
            if (outside < 0)
                break;
            const struct sdse_level *outer = &arch->level[outside];
            left &= ~which;
            if (outer->free || !outer->read_pj.given || bit_pj(level) <= bit_pj(outer))
                continue;
            sdse_lint_say(
                lint, sdse_lint_place(lint, level->loc, level->name, NULL),
                "a bit read in '%s' costs %.4g pJ, in '%s' outside it %.4g pJ: "
                "holding %s here makes no access cheaper; check both prices "
                "and port_bits, or let '%s' not keep them",
                level->name, bit_pj(level), outer->name, bit_pj(outer),
                sdse_lint_tensors(lint, which), level->name);
        }
    }
}

// The memories from level `l` on that are looked up in one table: "GLB, ifmap".
static const char *looked_up(struct sdse_lint *lint, unsigned l, const char *table) {
    const char *names = "";
    for (; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        if (level->table && strcmp(level->table, table) == 0)
            names =
                sdse_lint_text(lint, "%s%s%s", names, *names ? ", " : "", level->name);
    }
    return names;
}

static bool is_first(const struct sdse_arch *arch, unsigned l) {
    for (unsigned i = 0; i < l; i++)
        if (arch->level[i].table &&
            strcmp(arch->level[i].table, arch->level[l].table) == 0)
            return false;
    return true;
}

void sdse_lint_table_node(struct sdse_lint *lint) {
    const double node = lint->arch->node_nm;
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        const struct sdse_sram_table *table =
            level->table ? sdse_sram_table_find(level->table) : NULL;
        if (!table || !table->row_count || !is_first(lint->arch, l))
            continue;
        const uint32_t least = table->rows[0].node_nm,
                       most = table->rows[table->row_count - 1].node_nm;
        if (node >= least && node <= most)
            continue;
        sdse_lint_say(lint, sdse_lint_place_in(lint, level->loc, level->name, "table"),
                      "%s: table %s has %" PRIu32 " to %" PRIu32
                      " nm: at %g nm their costs are those of %" PRIu32
                      " nm scaled, and leakage is kept; give costs of their own",
                      looked_up(lint, l, level->table), level->table, least, most, node,
                      node < least ? least : most);
    }
}
