// What the index selector is expected to skip when only row densities are known.
//
// A row is skipped in time only where it is zero in every filter of the sharing group:
// that joint density is measured for the group, or, if rows are independent across
// filters, 1 - (1 - rho)^g (sdse_selector_joint). Rows of real coefficients are nearly
// independent unless pruned in groups, so a measured value is to be preferred.
//
// What the selector skips in energy and reads is exact. Cycles (the slowest group of
// each pass) are drawn: live rows of groups, live activation rows and, with the cost
// LINE, digits; fixed seed, with the reads as control; standard error given.
#ifndef SDSE_ENGINES_EXPECT_SELECTOR_H
#define SDSE_ENGINES_EXPECT_SELECTOR_H

#include "engines/expect/serial.h"
#include "engines/selector.h"

struct sdse_selector_stats {
    struct sdse_selector_shape shape; // row_words is not looked at
    double row_density;     // of the coefficient rows of single filters, 0 .. 1
    double joint_density;   // of the rows of full sharing groups: some filter's is not
                            // zero; row_density <= joint <= min(1, g * row_density)
    double act_row_density; // of the rows of the map, 0 .. 1
    struct sdse_digit_shares digits; // cost LINE: booth4 digits of all activations
};

struct sdse_selector_means {
    SDSE_SELECTOR_COUNTS(SDSE_MEAN_FIELD)
    double standard_error; // of cycles [cycles]
};

// Density of joint rows of `group` independent filters.
double sdse_selector_joint(double row_density, uint32_t group);

// SDSE_INVALID: a fault, a density out of its range.
enum sdse_status sdse_selector_expect(const struct sdse_selector *engine,
                                      const struct sdse_selector_stats *stats,
                                      struct sdse_selector_means *means);

#endif
