// The engines again, dumb and obvious: machines executed cycle by cycle, element by
// element, written from the conventions of docs/engines.md and not from the library.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_ENGINES_H
#define SDSE_TESTS_ORACLE_SUPPORT_ENGINES_H

#include "engines/compressed.h"
#include "engines/gate.h"
#include "engines/serial.h"

// --- Tensors -------------------------------------------------------------------------

// Up to this many elements in any tensor of a test.
enum { ENGINE_MOST = 1 << 16 };

// Fills values with numbers of [least, most], zero unless drawn with `percent`.
void engines_draw(uint64_t *state, int32_t *values, uint64_t count, uint64_t percent,
                  int32_t least, int32_t most);
// One of: all zero, all live, or anything between. [percent]
uint64_t engines_density(uint64_t *state);

// --- Machines ------------------------------------------------------------------------

void naive_serial(const struct sdse_serial *engine, const int32_t *values,
                  uint64_t count, struct sdse_serial_counts *counts);
// Offsets of a value's digits, lowest first; returns how many.
unsigned naive_digits(const struct sdse_operand *operand, int32_t value,
                      unsigned offset[64]);
void naive_format(const struct sdse_compressed *format, const int32_t *matrix,
                  uint64_t rows, uint64_t cols, struct sdse_compressed_counts *counts);
void naive_gate(const struct sdse_gate *engine, const struct sdse_gate_shape *shape,
                const int32_t *acts, const int32_t *weights,
                struct sdse_gate_counts *counts);

#endif
