// Means of what has no closed form, by drawing: a fixed seed, so that equal questions
// have equal answers, and a standard error.
#ifndef SDSE_ENGINES_EXPECT_SAMPLE_H
#define SDSE_ENGINES_EXPECT_SAMPLE_H

#include "engines/expect/chance.h"

// The next of a stream of random numbers (splitmix64), and one in [0, 1).
uint64_t sdse_draw_u64(uint64_t *state);
double sdse_draw_unit(uint64_t *state);

// Whether a probability leaves nothing to chance: one draw says it all.
static inline bool sdse_is_certain(double probability) {
    return probability <= 0 || probability >= 1;
}

// Draws from a distribution in one step: an alias table (Walker, 1977).
struct sdse_draw {
    uint64_t least;
    size_t count;
    double *keep;  // [count] owned
    size_t *other; // [count] owned
};
// False: memory is out; free *draw all the same.
bool sdse_draw_make(struct sdse_draw *draw, const struct sdse_chance *chance);
void sdse_draw_free(struct sdse_draw *draw);
uint64_t sdse_draw_value(const struct sdse_draw *draw, uint64_t *state);

// Mean of a value that goes with another whose mean is known: what chance gave the one
// too much or too little is taken from the other (a control variate).
struct sdse_tally {
    uint64_t count;
    double value, control, value2, control2, both; // running means and moments
};
void sdse_tally_add(struct sdse_tally *tally, double value, double control);
// With at least 16 draws the known mean is used; 0 without any.
double sdse_tally_mean(const struct sdse_tally *tally, double known_control);
double sdse_tally_standard_error(const struct sdse_tally *tally);

#endif
