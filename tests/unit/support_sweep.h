// Sweeps for tests: inputs and databases in a folder of their own, run and asked
// through the library.
#ifndef SDSE_TESTS_UNIT_SUPPORT_SWEEP_H
#define SDSE_TESTS_UNIT_SUPPORT_SWEEP_H

#include <stdbool.h>

#include "dse/sweep/sweep.h"
#include "results/store/reader.h"

// A small accelerator with a rebuild engine, and a network of three decomposed layers.
#define SWEEP_ARCH_OF(name, glb_kib, glb_costs, area)                                 \
    "name: " name "\nsource: made up for this test\nnode_nm: 45\nclock_ghz: 1\n"      \
    "word_bits: 8\nlevels:\n"                                                         \
    "  - level: DRAM\n"                                                               \
    "    memory: {class: dram, pj_per_bit: 10, shared_bits_per_cycle: 64}\n"          \
    "  - level: GLB\n"                                                                \
    "    memory: {class: sram, capacity_kib: " glb_kib ", port_bits: 64, " glb_costs  \
    "}\n"                                                                             \
    "    fanout: {x: 4, y: 4, dims_x: [K, P], dims_y: [C, Q]}\n"                      \
    "    network: {topology: bus, pj_per_bit: 0.01, multicast: true, reduce: true}\n" \
    "  - level: RF\n"                                                                 \
    "    memory: {class: regfile, capacity_words: 32, access_pj: 0.1, area_um2: "     \
    "100}\n"                                                                          \
    "compute: {class: parallel, pj_per_mac: 0.3, area_um2: " area "}\n"               \
    "engines:\n"                                                                      \
    "  - {kind: rebuild, below: RF, pj_per_shift_add: 0.02, pj_per_basis_read: "      \
    "0.01,\n"                                                                         \
    "     pj_per_basis_write: 0.01, rows_per_cycle: 1, area_um2: 50}\n"
#define SWEEP_ARCH(name, glb_kib, area) \
    SWEEP_ARCH_OF(name, glb_kib, "read_pj: 5, write_pj: 6, area_um2: 50000", area)
// The same whose buffer's costs follow its capacity.
#define SWEEP_TABLE_ARCH SWEEP_ARCH_OF("small", "8", "table: sram_itrs-hp_ed2", "400")
#define SWEEP_NET                                                                    \
    "name: tiny\nsource: made up for this test\nlayers:\n"                           \
    "  - {name: a, kind: conv, in: [4, 6, 6], out_channels: 8, kernel: 3, pad: 1}\n" \
    "  - {name: b, kind: conv, in: [24, 4, 4], out_channels: 8, kernel: 1, repeat: " \
    "2}\n"                                                                           \
    "  - {name: c, kind: fc, in: 96, out_channels: 10}\n"

// Group setup and teardown: the folder with net.yaml and arch.yaml ("small", 8 KiB).
int sweep_begin(void **state);
int sweep_end(void **state);

// A path in the folder; valid until 8 more are asked for.
const char *sweep_path(const char *name);
void sweep_write(const char *name, const char *text);

// Runs a sweep that must succeed, on two threads.
struct sdse_sweep_progress sweep_run(const char *sweep, const char *database);
// Runs it and returns the status; the diagnostics as text go to *said (to be freed).
enum sdse_status sweep_try(const struct sdse_sweep_request *request,
                           struct sdse_sweep_progress *progress, char **said);

// A query's answer as CSV without its header, and its first value; what `sdse export`
// writes. The caller frees.
char *database_ask(const char *path, const char *sql);
double database_number(const char *path, const char *sql);
char *database_export(const char *path);
// Several of one database that is opened, and so checked, but once. The caller closes.
struct sdse_reader *database_open(const char *path);
char *reader_ask(struct sdse_reader *reader, const char *sql);
char *reader_export(struct sdse_reader *reader);
// The same of a database in the folder.
char *sweep_ask(const char *database, const char *sql);
double sweep_number(const char *database, const char *sql);
char *sweep_export(const char *database);

#endif
