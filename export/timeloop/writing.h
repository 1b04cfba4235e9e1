// Private to export/timeloop/: what is written, step by step.
//
//   lacks.c    what Timeloop cannot hold
//   arch.c     the architecture, its energies and areas
//   layer.c    the problem and the mapping
#ifndef SDSE_EXPORT_TIMELOOP_WRITING_H
#define SDSE_EXPORT_TIMELOOP_WRITING_H

#include <stdio.h>

#include "export/timeloop/timeloop.h"

struct sdse_tlx {
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    const struct sdse_mapping *mapping;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    bool lossy, failed, out_of_memory;
};

// An error, or a warning where losses are allowed and `can_go_on`.
void sdse_tlx_lacks(struct sdse_tlx *x, struct sdse_loc loc, bool can_go_on,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

void sdse_tlx_check_arch(struct sdse_tlx *x);
void sdse_tlx_check_layer(struct sdse_tlx *x);
void sdse_tlx_check_mapping(struct sdse_tlx *x);

// Whether a memory keeps words of a tensor: others are left out, which only keep parts
// of a weight form.
bool sdse_tlx_is_written(const struct sdse_tlx *x, unsigned level);
bool sdse_tlx_has_loops(const struct sdse_tlx *x, unsigned level);

// Bits of a word in a memory, where they are one number for all it keeps.
uint32_t sdse_tlx_word_bits(const struct sdse_tlx *x, unsigned level);
// Bits of an access there: a whole number of words.
uint64_t sdse_tlx_row_bits(const struct sdse_tlx *x, unsigned level);

void sdse_tlx_print_arch(FILE *out, struct sdse_tlx *x);
void sdse_tlx_print_problem(FILE *out, struct sdse_tlx *x);
void sdse_tlx_print_mapping(FILE *out, struct sdse_tlx *x);

// The shortest text of a number.
void sdse_tlx_number(FILE *out, double value);

#endif
