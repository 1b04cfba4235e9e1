// Names of points as pictures show them: without what all of them share.
#ifndef SDSE_RESULTS_LOOK_DRAW_NAMES_H
#define SDSE_RESULTS_LOOK_DRAW_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "results/look/points.h"

// Names are words with blanks between, some of them KEY=VALUE. Leaves out
//
//     KEY=VALUE   where two names or more have the key, and all of them this value
//     any other   word that stands at the same place of all names
//
// unless two names became equal so, or one empty: then all stay as they are; so do more
// than 1,000. New names live in the arena. False when memory is out.
bool sdse_names_shorten(const char **names, size_t count, struct sdse_arena *arena);

// "resnet50 on eyeriss, raw": the network, accelerator and form that all points share;
// "several networks" in place of the first. NULL when memory is out.
const char *sdse_names_shared(const struct sdse_points *points,
                              struct sdse_arena *arena);

// Orders values: the numbers in them by value ("9" before "10", "64KiB" before
// "128KiB", "sd c=5" before "sd c=12"), numbers before other texts, which go by their
// bytes. Negative, zero, positive as strcmp.
int sdse_names_order(const char *a, const char *b);

// The number that the whole text is ("19.2"), or not one: false.
bool sdse_names_number(const char *text, double *value);

#endif
