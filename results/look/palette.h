// Colours and point shapes of pictures and reports, on light and on dark ground. Every
// colour of a category or component has a contrast of at least 3 with its ground
// (WCAG 2.1, 1.4.11), and those that stand together are apart, for people who see all
// colours and for those who see two (tests/unit/test_palette.c has the distances). They
// were found by annealing within ranges of hue: blues, oranges and so on of Okabe &
// Ito's and Tol's schemes.
#ifndef SDSE_RESULTS_LOOK_PALETTE_H
#define SDSE_RESULTS_LOOK_PALETTE_H

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
// Hues: Okabe & Ito, Color Universal Design (2008), the first seven, then grey, brown
// and violet.
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

// The colour of a component of an accelerator by its name alone: the same in every
// picture and report of every file. Memories of the shipped accelerators have the
// colour of what they do (two of one accelerator never do the same), "X network" is
// that of all networks, and any other name is a memory with one of twelve colours,
// which follows from the name. Parts of a latency are here, too: "compute" (as "MAC"),
// "first fills", "last drains", "passes", "does not overlap", "unused", "waiting".
const char *sdse_palette_component(enum sdse_plot_theme theme, const char *name);

// Of weights, inputs, outputs, as the outer buffers of these: index with enum
// sdse_tensor.
const char *sdse_palette_tensor(enum sdse_plot_theme theme, unsigned tensor);

#endif
