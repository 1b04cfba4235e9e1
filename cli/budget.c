#include "cli/budget.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

bool cli_read_quantity(struct cli *cli, const char *option, const char *text,
                       const struct cli_unit *units, size_t count, const char *example,
                       double *value) {
    char *end;
    const double number = strtod(text, &end);
    const char *unit = end + strspn(end, " ");
    for (size_t i = 0; end != text && i < count; i++) {
        if (strcmp(unit, units[i].name) != 0)
            continue;
        *value = number * units[i].factor;
        if (isfinite(*value) && *value > 0)
            return true;
    }
    cli_error(cli, "--%s %s: expected a positive number with a unit, like %s", option,
              *text ? text : "''", example);
    return false;
}

bool cli_read_budget(struct cli *cli, const char *energy, const char *latency,
                     double clock_ghz, struct cli_budget *budget) {
    const struct cli_unit energies[] = {
        {"J", 1e12}, {"mJ", 1e9}, {"uJ", 1e6}, {"nJ", 1e3}, {"pJ", 1}};
    const double hertz = clock_ghz * 1e9;
    const struct cli_unit latencies[] = {{"s", hertz},
                                         {"ms", hertz / 1e3},
                                         {"us", hertz / 1e6},
                                         {"ns", hertz / 1e9},
                                         {"cycles", 1}};
    *budget = (struct cli_budget){(double)INFINITY, (double)INFINITY, clock_ghz,
                                  energy || latency};
    return (!energy || cli_read_quantity(cli, "max-energy", energy, energies, 5,
                                         "1.5mJ", &budget->most_pj)) &&
           (!latency || cli_read_quantity(cli, "max-latency", latency, latencies, 5,
                                          "5ms or 2e6cycles", &budget->most_cycles));
}

void cli_report_budget(struct cli *cli, const struct cli_budget *budget,
                       const struct sdse_network_front *front, bool proved) {
    const char *found = proved ? "possible" : "found (not proved)";
    const double fastest = front->elements[front->count - 1].latency_cycles;
    const double cheapest = front->elements[0].energy_pj;
    if (fastest > budget->most_cycles) {
        cli_error(
            cli,
            "--max-latency: the least %s is %.0f cycles = %.6g ms, %.4g times the "
            "budget",
            found, fastest, 1e3 * sdse_seconds_from_cycles(fastest, budget->clock_ghz),
            fastest / budget->most_cycles);
    }
    if (cheapest > budget->most_pj)
        cli_error(cli, "--max-energy: the least %s is %.6g uJ, %.4g times the budget",
                  found, sdse_uj_from_pj(cheapest), cheapest / budget->most_pj);
    if (fastest > budget->most_cycles || cheapest > budget->most_pj)
        return;
    const size_t fast = sdse_network_front_pick_within(
        front, SDSE_LATENCY, budget->most_pj, (double)INFINITY);
    const size_t cheap = sdse_network_front_pick_within(
        front, SDSE_ENERGY, (double)INFINITY, budget->most_cycles);
    const double cycles = front->elements[fast].latency_cycles;
    cli_error(cli,
              "no mapping within both budgets: within --max-energy the least latency "
              "%s is %.0f cycles = %.6g ms, within --max-latency the least energy is "
              "%.6g uJ",
              found, cycles, 1e3 * sdse_seconds_from_cycles(cycles, budget->clock_ghz),
              sdse_uj_from_pj(front->elements[cheap].energy_pj));
}
