// SmartDeal settings from the command line: one, or a grid where an option lists
// several values.
#ifndef SDSE_CLI_FORM_GRID_H
#define SDSE_CLI_FORM_GRID_H

#include "cli/cli.h"
#include "smartdeal/setting.h"

// Rows of a verb's option table that say what the setting is; they come first in it.
enum cli_form_option {
    CLI_FORM_BASIS_SIZE,
    CLI_FORM_ROWS,
    CLI_FORM_THRESHOLD,
    CLI_FORM_RELATIVE,
    CLI_FORM_SPARSITY,
    CLI_FORM_PRUNE,
    CLI_FORM_COEFFICIENT_BITS,
    CLI_FORM_BASIS_BITS,
    CLI_FORM_WEIGHT_BITS,
    CLI_FORM_INDEX,
    CLI_FORM_ITERATIONS,
    CLI_FORM_AXES, // those above accept lists; those below are flags
    CLI_FORM_ROW_SPARSITY = CLI_FORM_AXES,
    CLI_FORM_SCALE,
    CLI_FORM_DEPTHWISE,
    CLI_FORM_OPTIONS
};

#define CLI_FORM_OPTION_ROWS                                                          \
    [CLI_FORM_BASIS_SIZE] = {"basis-size",                                            \
                             'n',                                                     \
                             CLI_TEXT,                                                \
                             "N",                                                     \
                             "columns of Ce, 2 to 64; 0 = kernel width, 3 elsewhere", \
                             NULL,                                                    \
                             false},                                                  \
    [CLI_FORM_ROWS] = {"rows-per-slice",                                              \
                       'r',                                                           \
                       CLI_TEXT,                                                      \
                       "ROWS",                                                        \
                       "rows that share a basis; 0 = the released slicing",           \
                       NULL,                                                          \
                       false},                                                        \
    [CLI_FORM_THRESHOLD] = {"threshold",                                              \
                            't',                                                      \
                            CLI_TEXT,                                                 \
                            "THETA",                                                  \
                            "coefficients below become zero (0.004 if nothing is "    \
                            "said)",                                                  \
                            NULL,                                                     \
                            false},                                                   \
    [CLI_FORM_RELATIVE] = {"relative-threshold",                                      \
                           0,                                                         \
                           CLI_TEXT,                                                  \
                           "X",                                                       \
                           "theta as a share of the layer's largest weight",          \
                           NULL,                                                      \
                           false},                                                    \
    [CLI_FORM_SPARSITY] = {"sparsity",                                                \
                           's',                                                       \
                           CLI_TEXT,                                                  \
                           "X",                                                       \
                           "theta that makes this share of coefficients zero",        \
                           NULL,                                                      \
                           false},                                                    \
    [CLI_FORM_PRUNE] = {"prune",                                                      \
                        0,                                                            \
                        CLI_TEXT,                                                     \
                        "MODE:X[:GROUP]",                                             \
                        "zero kernel rows first: population, value or energy",        \
                        NULL,                                                         \
                        false},                                                       \
    [CLI_FORM_COEFFICIENT_BITS] = {"coefficient-bits",                                \
                                   'c',                                               \
                                   CLI_TEXT,                                          \
                                   "BITS",                                            \
                                   "of one coefficient, 1 to 7 (4)",                  \
                                   NULL,                                              \
                                   false},                                            \
    [CLI_FORM_BASIS_BITS] =                                                           \
        {"basis-bits", 'b',  CLI_TEXT, "BITS", "of one basis word, 2 to 16 (8)",      \
         NULL,         false},                                                        \
    [CLI_FORM_WEIGHT_BITS] = {"weight-bits",                                          \
                              0,                                                      \
                              CLI_TEXT,                                               \
                              "BITS",                                                 \
                              "of a rebuilt or raw weight, 2 to 16 (8)",              \
                              NULL,                                                   \
                              false},                                                 \
    [CLI_FORM_INDEX] = {"index",                                                      \
                        'i',                                                          \
                        CLI_TEXT,                                                     \
                        "KIND",                                                       \
                        "element_bitmap, row, run_length or dense (row)",             \
                        NULL,                                                         \
                        false},                                                       \
    [CLI_FORM_ITERATIONS] =                                                           \
        {"iterations", 0, CLI_TEXT, "N", "of the alternating fit (30)", NULL, false}, \
    [CLI_FORM_ROW_SPARSITY] =                                                         \
        {"row-sparsity", 0,    CLI_FLAG, NULL, "zero whole rows that are small",      \
         NULL,           false},                                                      \
    [CLI_FORM_SCALE] =                                                                \
        {"scale", 0,    CLI_FLAG, NULL, "centre columns of Ce on powers of two",      \
         NULL,    false},                                                             \
    [CLI_FORM_DEPTHWISE] = {"depthwise",                                              \
                            0,                                                        \
                            CLI_FLAG,                                                 \
                            NULL,                                                     \
                            "decompose depth-wise layers too",                        \
                            NULL,                                                     \
                            false}

struct cli_grid_form {
    const char *name; // the values that vary: "sparsity=0.5 n=3"; "" if none does
    struct sdse_smartdeal_setting setting;
};

struct cli_form_grid {
    size_t count;
    struct cli_grid_form *form; // the last option given varies fastest
};

enum { CLI_MOST_GRID_FORMS = 256 };

// All combinations. CLI_USAGE after messages about every wrong value.
enum cli_exit cli_parse_form_grid(struct cli *cli, const struct cli_args *args,
                                  struct cli_form_grid *grid);

#endif
