// One axis of a plot: its label, from where to where it goes, linear or logarithmic,
// and which values it names.
#ifndef SDSE_RESULTS_LOOK_DRAW_AXIS_H
#define SDSE_RESULTS_LOOK_DRAW_AXIS_H

#include <stdbool.h>
#include <stdio.h>

// Which axes are logarithmic; those that span more than two decades where nobody asks.
enum sdse_plot_log {
    SDSE_LOG_AUTO,
    SDSE_LOG_NONE,
    SDSE_LOG_X,
    SDSE_LOG_Y,
    SDSE_LOG_XY,
};

// The values drawn along an axis: begin with {0}, then take each.
struct sdse_range {
    bool any, positive;     // positive: all of them
    double least, greatest; // of all
    double least_positive;  // 0: none
};
// Values that are not finite are none.
void sdse_range_take(struct sdse_range *range, double value);

// Whether the axis ('x' or 'y') is logarithmic: as asked, where anything positive is
// drawn; by itself, where all is and the greatest is over 100 times the least.
bool sdse_axis_is_log(enum sdse_plot_log log, char axis,
                      const struct sdse_range *range);

struct sdse_axis {
    char letter; // 'x' or 'y'
    const char *label;
    struct sdse_range range;
    bool log;
    // Shares of the axis left free at its ends; 0: 0.06.
    double room_low, room_high;
    unsigned length_px; // of the panel along it; 0: 1100
    bool whole;         // a linear one names whole numbers alone
};

// "set xlabel … / (un)set logscale x / set xrange … / set xtics …". A linear axis
// begins at zero if it would leave less than a third of itself empty so. As many values
// are named as stand beside each other.
void sdse_axis_write(const struct sdse_axis *axis, FILE *out);

// Where a value stands, as a share of the axis from its beginning; and the value that
// stands there. A logarithmic one has a place for positive values alone.
double sdse_axis_place(const struct sdse_axis *axis, double value);
double sdse_axis_value(const struct sdse_axis *axis, double share);

#endif
