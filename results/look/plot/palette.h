// Colours and point shapes of the plots: told apart by people who see colours
// differently, and in grey by their shape.
#ifndef SDSE_RESULTS_LOOK_PLOT_PALETTE_H
#define SDSE_RESULTS_LOOK_PLOT_PALETTE_H

#include <stddef.h>

// "#rrggbb" number i; they repeat after SDSE_PALETTE_COLORS.
// Source: Okabe & Ito, Color Universal Design (2008), the first seven, and three greys
// and browns of our own.
enum { SDSE_PALETTE_COLORS = 10 };
static inline const char *sdse_palette_color(size_t i) {
    static const char *const colors[SDSE_PALETTE_COLORS] = {
        "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
        "#d55e00", "#f0e442", "#7f7f7f", "#8c564b", "#333333"};
    return colors[i % SDSE_PALETTE_COLORS];
}

// gnuplot's filled point types: circle, square, up and down triangle, diamond,
// pentagon.
static inline int sdse_palette_filled(size_t i) {
    static const int types[] = {7, 5, 9, 11, 13, 15};
    return types[i % (sizeof types / sizeof *types)];
}

#endif
