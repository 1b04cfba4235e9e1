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
