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
// Edits that several rows make.
#define SMALL_PADS                                       \
    {ARCH, "capacity_words: 32", "capacity_words: 4"}, { \
        ARCH, "capacity_words: 8", "capacity_words: 3"   \
    }
#define INPUT_PAD                                                                 \
    {                                                                             \
        ARCH, "- {name: opad",                                                    \
            "- {name: ipad, keeps: [inputs], class: regfile, capacity_words: 8, " \
            "port_bits: 8, access_pj: 0.1, area_um2: 1}\n      - {name: opad"     \
    }
#define WIDE_FANOUT(mark)                                                     \
    {                                                                         \
        ARCH, "fanout: {x: 4, y: 2, dims_x: [K, P, G], dims_y: [C, P]}",      \
            mark "fanout: {x: 8, y: 2, dims_x: [K, P, G], dims_y: [C, P, K]}" \
    }
#define REBUILD(below)                                                     \
    {                                                                      \
        ARCH, "sources:",                                                  \
            "engines:\n  - {kind: rebuild, below: " below                  \
            ", free: true, rows_per_cycle: {value: 1, mark: Q}}\nsources:" \
    }
#define CHAIN \
    { NET, "layers:", "edges: chain\nlayers:" }
#define F1 "{name: f1, kind: fc, in: 4096, out_channels: 32}"

struct rows {
    const struct row *row;
    size_t count;
};

// Tests of a table of rows. Each is run on files with its changes: exactly its finding
// is printed, at its place, and the exit status is 1. With the near changes nothing is
// found, nor without any.
#define LINT_ROWS(table) (&(struct rows){table, sizeof(table) / sizeof *(table)})
#define LINT_ROWS_TESTS(table)                                                  \
    cmocka_unit_test_prestate(each_check_fires_at_its_place, LINT_ROWS(table)), \
        cmocka_unit_test_prestate(near_neighbours_are_clean, LINT_ROWS(table))
void each_check_fires_at_its_place(void **state);
void near_neighbours_are_clean(void **state);

#endif
