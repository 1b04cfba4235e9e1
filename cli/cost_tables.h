// The cost of one layer as tables.
#ifndef SDSE_CLI_COST_TABLES_H
#define SDSE_CLI_COST_TABLES_H

#include "base/arena.h"
#include "costmodel/types/cost.h"
#include "results/look/json.h"
#include "spec/types/workload.h"

struct cli_costed {
    const struct sdse_arch *arch;
    const struct sdse_workload *workload;
    const struct sdse_layer *layer;
    const char *form;
    const struct sdse_cost *cost;
    bool smartdeal; // the setting asks for SmartDeal weights
};

// Every section: for people energies are in uJ and times in ms, for machines in pJ and
// s; the column names say so.
#define CLI_SECTION_MAP(X)                                     \
    X(TOTALS, "totals", "")                                    \
    X(COUNTS, "counts", "Words moved, all instances together") \
    X(NETWORKS, "networks", "Networks below each memory")      \
    X(ENERGY, "energy", "Energy by component")                 \
    X(CYCLES, "cycles", "Cycles each part needs; the longest sets the latency")

enum cli_section {
#define CLI_SECTION_ENUM(name, word, title) CLI_SECTION_##name,
    CLI_SECTION_MAP(CLI_SECTION_ENUM)
#undef CLI_SECTION_ENUM
        CLI_SECTIONS
};

// One section as a table in `arena`.
struct sdse_table *cli_cost_table(struct sdse_arena *arena,
                                  const struct cli_costed *costed,
                                  enum cli_section section, bool for_people);

// Sections as members of an object, by their words; all of them, or one.
void cli_cost_json(struct sdse_json *json, struct sdse_arena *arena,
                   const struct cli_costed *costed, enum cli_section section);
void cli_cost_json_all(struct sdse_json *json, struct sdse_arena *arena,
                       const struct cli_costed *costed);

// The totals as lines of text.
void cli_print_totals(const struct cli_costed *costed, FILE *out);

#endif
