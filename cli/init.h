// The files that `sdse init` writes: commented, valid, a start to change.
#ifndef SDSE_CLI_INIT_H
#define SDSE_CLI_INIT_H

#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"

// The words of --template, and the kind of file that each is of.
#define CLI_INIT_TEMPLATES "systolic|row-stationary|vector|cnn|mlp|transformer"
enum cli_init_template {
    CLI_INIT_SYSTOLIC,
    CLI_INIT_ROW_STATIONARY,
    CLI_INIT_VECTOR,
    CLI_INIT_ARCH_TEMPLATES,
    CLI_INIT_CNN = CLI_INIT_ARCH_TEMPLATES,
    CLI_INIT_MLP,
    CLI_INIT_TRANSFORMER,
};

struct cli_init_arch {
    const char *name;
    enum cli_init_template form;
    uint64_t rows, columns; // multipliers [1 to CLI_INIT_MOST_SIDE each]
    uint64_t buffer_kib;    // on the chip, all of it [4 to CLI_INIT_MOST_KIB]
    uint64_t bits;          // of a word [4 to 32]
    double dram_gb_per_s;   // [> 0]
};
enum { CLI_INIT_MOST_SIDE = 512, CLI_INIT_LEAST_KIB = 4, CLI_INIT_MOST_KIB = 65536 };

void cli_init_write_arch(const struct cli_init_arch *arch, FILE *out);

void cli_init_write_workload(const char *name, enum cli_init_template form, FILE *out);

// A sweep over `arch`, whose file is read for what can be varied; the paths are as they
// are to stand in the file. arch_path: as seen from here. SDSE_INVALID after a
// diagnostic, SDSE_NO_MEMORY.
enum sdse_status cli_init_write_sweep(struct cli *cli, const char *name,
                                      const char *arch_path, const char *arch,
                                      const char *workload, FILE *out);

void cli_init_write_validation(const char *name, const char *arch, const char *workload,
                               FILE *out);

#endif
