// The SRAM tables of tech/, embedded in the library when it is built.
//
// Rows are single-bank macros, sorted by node, capacity and width; tech/README.md says
// how they were made. Callers want costmodel/technology.h.
#ifndef SDSE_COSTMODEL_SRAM_TABLE_H
#define SDSE_COSTMODEL_SRAM_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct sdse_sram_row {
    uint32_t node_nm;
    uint32_t capacity_bytes;
    uint32_t width_bits;
    double read_pj, write_pj;                  // of one access of width_bits
    double subthreshold_leak_mw, gate_leak_mw; // of the macro
    double area_mm2;
    double access_ns;
};

struct sdse_sram_table {
    const char *name; // the file's name without .csv
    const struct sdse_sram_row *rows;
    size_t row_count;
};

extern const struct sdse_sram_table sdse_sram_tables[];
extern const size_t sdse_sram_table_count;

// NULL: there is none of this name.
const struct sdse_sram_table *sdse_sram_table_find(const char *name);

#endif
