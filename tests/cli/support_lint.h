// Files in which sdse lint finds nothing (tests/lint), changed so that it does.
#ifndef SDSE_TESTS_CLI_LINT_H
#define SDSE_TESTS_CLI_LINT_H

#include <stddef.h>

// One text of arch.yaml, net.yaml or sweep.yaml (tests/lint) in place of another. '@'
// in `to` stands where the finding is, and is left out.
struct edit {
    const char *file, *from, *to;
};
enum { MOST_EDITS = 4 };

struct row {
    const char *check;
    const char *line; // "lint @arch.yaml"
    struct edit fires[MOST_EDITS], near[MOST_EDITS];
    const char *says; // part of the message
};

#define ARCH "arch.yaml"
#define NET "net.yaml"
#define ALONE "lint @arch.yaml"
#define NET_ALONE "lint @net.yaml"
#define BOTH "lint @arch.yaml @net.yaml"
#define SWEEP "sweep.yaml"
#define OF_SWEEP "lint @sweep.yaml"

#define FORMS "  - raw\n"
#define AXES "[64, 128]\n"
#define BUFFER "capacity_kib: 64, port_bits: 64, table: sram_itrs-hp_ed2"
#define SMALL(size) size ", port_bits: 64, access_pj: 1, area_um2: 1"
#define F1 "{name: f1, kind: fc, in: 4096, out_channels: 32}"

// Runs each row on files with its changes: exactly its finding is printed, at its
// place, and the exit status is 1. Fails for those that are not so.
void rows_fire(const struct row *rows, size_t count);
// Nothing is found with the near changes, nor without any.
void near_rows_are_clean(const struct row *rows, size_t count);

#endif
