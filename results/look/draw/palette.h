// Colours and point shapes of the plots: told apart by people who see colours
// differently, and in grey by their shape; on light and on dark ground.
#ifndef SDSE_RESULTS_LOOK_DRAW_PALETTE_H
#define SDSE_RESULTS_LOOK_DRAW_PALETTE_H

#include <stdbool.h>
#include <stddef.h>

// ---- Themes ----

enum sdse_plot_theme { SDSE_THEME_LIGHT, SDSE_THEME_DARK, SDSE_THEMES };

// "#rrggbb" each.
struct sdse_theme {
    const char *ground, *text, *axis, *grid;
    const char *quiet;  // of what stands back: dominated points, fronts, empty parts
    const char *strong; // of marks that must be seen: the knee
};

// Static storage.
const struct sdse_theme *sdse_theme(enum sdse_plot_theme theme);

// ---- Categories ----

// "#rrggbb" number i; they repeat after SDSE_PALETTE_COLORS.
// Source: Okabe & Ito, Color Universal Design (2008), the first seven, and three greys
// and browns of our own.
enum { SDSE_PALETTE_COLORS = 10 };
const char *sdse_palette_color(enum sdse_plot_theme theme, size_t i);

// gnuplot's filled point types: circle, square, up and down triangle, diamond,
// pentagon. One less is the same, hollow. They repeat after SDSE_PALETTE_SHAPES; no two
// of the first 30 pairs of colour i and shape i are equal.
enum { SDSE_PALETTE_SHAPES = 6 };
int sdse_palette_filled(size_t i);

// ---- Values ----

// The colour of a value between the least (0) and the greatest (1), into "#rrggbb".
// Source: viridis, Smith & van der Walt (matplotlib 1.5, 2015, CC0), of which each
// theme takes the part that stands out from its ground.
void sdse_palette_gradient(enum sdse_plot_theme theme, double share, char color[8]);

// ---- Components ----

// The colour of a component of an accelerator by its name alone: the same in every plot
// of every file. Memories of the shipped accelerators and what is no memory have
// colours of their own, any other memory one that follows from its name.
// Source: Okabe & Ito as above, and Tol, Colour Schemes (SRON/EPS/TN/09-002, 2021),
// muted and light; buffers of one tensor are shades of one of these.
const char *sdse_palette_component(enum sdse_plot_theme theme, const char *name);

// Of weights, inputs, outputs: index with enum sdse_tensor.
const char *sdse_palette_tensor(enum sdse_plot_theme theme, unsigned tensor);

#endif
