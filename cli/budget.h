// Budgets of energy and latency, as users write them: "5 ms", "2e6 cycles", "1.5mJ".
#ifndef SDSE_CLI_BUDGET_H
#define SDSE_CLI_BUDGET_H

#include "cli/cli.h"
#include "dse/network/network_front.h"

struct cli_budget {
    double most_pj, most_cycles; // INFINITY = none
    double clock_ghz;
    bool given; // one of them
};

// A unit that an option takes, and what it is worth.
struct cli_unit {
    const char *name;
    double factor;
};

// A positive number and its unit, "5ms" or "5 ms", as `value` in what the factors are
// in. False after a message with `option` and an example.
bool cli_read_quantity(struct cli *cli, const char *option, const char *text,
                       const struct cli_unit *units, size_t count, const char *example,
                       double *value);

// Reads both budgets (NULL = not given). A latency is in s, ms, us, ns (at the
// accelerator's clock) or cycles, an energy in J, mJ, uJ, nJ or pJ. False after a
// message.
bool cli_read_budget(struct cli *cli, const char *energy, const char *latency,
                     double clock_ghz, struct cli_budget *budget);

// Says how far off the budgets are when no element of the front is within them.
// proved: the front is exact.
void cli_report_budget(struct cli *cli, const struct cli_budget *budget,
                       const struct sdse_network_front *front, bool proved);

#endif
