// What the engines share. An engine is a plain struct of parameters, an exact count of
// what it does on given tensors, and (engines/expect/) an expectation for tensors of
// which only statistics are known.
//
//   - Tensors are int32_t, row-major, the last extent contiguous; most engines only ask
//     whether an element is zero.
//   - Counts are exact or refused: SDSE_OVERFLOW if one could exceed 64 bits.
//   - sdse_<engine>_fault says in a sentence what is wrong with the parameters, or
//     returns NULL; counting with such parameters is SDSE_INVALID.
//   - Whatever is not SDSE_OK leaves the counts untouched.
//   - Each convention is marked [published] or [chosen]; sources: docs/engines.md.
//   - X-macros list the counts of an engine, so that those who report them leave none
//     out: SDSE_<ENGINE>_COUNTS(X) with X(name, "what it counts [unit]").
#ifndef SDSE_ENGINES_ENGINE_H
#define SDSE_ENGINES_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// "inf": as much as is asked for.
#define SDSE_UNLIMITED UINT32_MAX

// A field of a struct of counts.
#define SDSE_COUNT_FIELD(name, meaning) uint64_t name;

#endif
