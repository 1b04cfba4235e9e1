// What sdse compare prints.
#ifndef SDSE_CLI_COMPARE_REPORT_H
#define SDSE_CLI_COMPARE_REPORT_H

#include "cli/cli.h"
#include "results/look/compare.h"
#include "results/look/compare_fronts.h"

// For machines: one row for everything that was compared, equal or not, in stored
// units: section, network, name, unit, a, b, difference (b - a), ratio (b / a).
struct sdse_table *cli_compare_new_table(struct sdse_arena *arena);
void cli_compare_add(struct sdse_table *table, const char *network,
                     const struct sdse_differences *of);
void cli_compare_add_fronts(struct sdse_table *table, const struct sdse_fronts *fronts,
                            struct sdse_arena *arena);

// What A (SDSE_A) or B (SDSE_B) has: its text, or its number.
void cli_compare_add_side(struct sdse_table *table, const struct sdse_difference *row,
                          int side);

// For people, on stdout, as text or Markdown. At most `most` rows of a section, the
// rest as one; what is equal is counted.
enum cli_exit cli_compare_print_points(struct cli *cli,
                                       const struct sdse_comparison *comparison,
                                       const struct sdse_differences *parameters,
                                       size_t most, enum sdse_table_format format);
enum cli_exit cli_compare_print_settings(struct cli *cli,
                                         const struct sdse_differences *settings,
                                         size_t most, enum sdse_table_format format);
enum cli_exit cli_compare_print_fronts(struct cli *cli,
                                       const struct sdse_fronts *fronts, size_t most,
                                       enum sdse_table_format format);

#endif
