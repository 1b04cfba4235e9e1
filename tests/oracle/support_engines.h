// The engines again, dumb and obvious: machines executed cycle by cycle, element by
// element, written from the conventions of docs/engines.md and not from the library.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_ENGINES_H
#define SDSE_TESTS_ORACLE_SUPPORT_ENGINES_H

#include "engines/cartesian.h"
#include "engines/compressed.h"
#include "engines/gate.h"
#include "engines/gather.h"
#include "engines/selector.h"
#include "engines/serial.h"
#include "engines/skip.h"
#include "engines/structured.h"

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
void naive_selector(const struct sdse_selector *engine,
                    const struct sdse_selector_shape *shape, const int32_t *ce,
                    const int32_t *acts, struct sdse_selector_counts *counts);
void naive_skip(const struct sdse_skip *engine, const struct sdse_skip_shape *shape,
                const int32_t *acts, const int32_t *weights,
                struct sdse_skip_counts *counts);
void naive_gather(const struct sdse_gather *engine, const int32_t *weights,
                  uint64_t outputs, uint64_t inputs, struct sdse_gather_counts *counts);
void naive_structured(const struct sdse_structured *engine, const int32_t *weights,
                      uint64_t rows, uint64_t length,
                      struct sdse_structured_counts *counts);
void naive_cartesian(const struct sdse_cartesian *engine,
                     const struct sdse_cartesian_shape *shape, const int32_t *acts,
                     const int32_t *weights, struct sdse_cartesian_counts *counts);

#endif
