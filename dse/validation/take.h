// Quantities of evaluated layers: what `quantity:` and `of:` of an anchor mean.
#ifndef SDSE_DSE_VALIDATION_TAKE_H
#define SDSE_DSE_VALIDATION_TAKE_H

#include "dse/validation/prepare.h"
#include "dse/validation/turns.h"

// Whether the quantity is of layers; else of the accelerator (area, peak), of the
// network (replay) or of layers that take turns as a whole.
bool sdse_quantity_needs_layers(enum sdse_quantity quantity);
// Whether it is of layers that take turns (dse/validation/turns.h).
bool sdse_quantity_takes_turns(enum sdse_quantity quantity);
// Whether it is of rows that wait meanwhile.
bool sdse_quantity_waits(enum sdse_quantity quantity);

// Whether the memory `name` is what `word` means: itself, or a position in it
// ("GLB.1").
bool sdse_level_is_called(const char *name, const char *word);

// A figure while it is added up: above / below, or `above` alone while below is 0. So
// that power, throughput, utilization and multipliers of several layers are those of
// all their work and time together.
struct sdse_fraction {
    double above, below;
};

// Adds one evaluated layer, as often as the network repeats it. Base units
// (spec/types/quantity.h).
void sdse_take_add_item(const struct sdse_take *take,
                        const struct sdse_ready_item *item, struct sdse_fraction *sum);
// Adds what layers move that take turns, or hold, in words or bits of the
// accelerator's.
void sdse_take_add_turns(const struct sdse_take *take, const struct sdse_turns *turns,
                         const struct sdse_arch *arch, struct sdse_fraction *sum);
// Adds what needs no layer, of one case.
void sdse_take_add_case(const struct sdse_take *take, const struct sdse_ready_case *of,
                        bool smartdeal, struct sdse_fraction *sum);

#endif
