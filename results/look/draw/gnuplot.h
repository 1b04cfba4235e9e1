// Running gnuplot on a script that is kept: started with an argument vector, never
// through a shell. A script holds its own data and can be run alone, anywhere.
#ifndef SDSE_RESULTS_LOOK_DRAW_GNUPLOT_H
#define SDSE_RESULTS_LOOK_DRAW_GNUPLOT_H

#include <stdio.h>

#include "base/diag.h"
#include "base/output.h"
#include "base/status.h"
#include "results/look/palette.h"

// The files of one plot, from where the picture goes: "plots/front.png" has
// "plots/front.png.gp" beside it. The ending names the format: .png, .svg or .pdf.
struct sdse_plot_files {
    const char *picture, *script; // as given by the caller
    const char *directory;        // of both
    const char *picture_name;     // without the directory
    enum sdse_plot_theme theme;   // the caller's; light at first
    const struct sdse_output_rules *rules;
};

// Names the files, in the arena. SDSE_INVALID with a diagnostic for another ending.
enum sdse_status sdse_plot_files(const struct sdse_output_rules *rules,
                                 const char *picture, struct sdse_arena *arena,
                                 struct sdse_diags *diags,
                                 struct sdse_plot_files *files);

// Writes `text` as a gnuplot string in single quotes: nothing in it is interpreted.
// Controls become blanks.
void sdse_gnuplot_quote(const char *text, FILE *out);
// Writes `text` as a field of a tab-separated data file.
void sdse_gnuplot_field(const char *text, FILE *out);
// How every script begins, after its data: the terminal of the files' format, where the
// picture goes, `data` as the name of the data's block, the theme's colours for border,
// tics, grid, key, title and labels. width x height in pixels of the PNG; SVG and PDF
// have the same proportions and the same relative size of the text.
void sdse_gnuplot_begin(const struct sdse_plot_files *files, unsigned width_px,
                        unsigned height_px, FILE *out);

// What one kind of plot writes; `scene` is its own.
struct sdse_plot_writers {
    // SDSE_NO_MEMORY if it needs memory and there is none.
    enum sdse_status (*data)(const void *scene, struct sdse_arena *arena, FILE *out);
    void (*script)(const void *scene, const struct sdse_plot_files *files, FILE *out);
};

// Writes the script with the data as a block of it, then runs gnuplot on it, in its
// directory; script and picture are outputs in the sense of base/output.h, judged
// before the first is written. SDSE_INVALID or SDSE_IO with a diagnostic if a file may
// or can not be written; SDSE_MISSING_TOOL if gnuplot is not installed, SDSE_INVALID if
// it failed (with what it said): the script stays then.
enum sdse_status sdse_gnuplot_draw(const struct sdse_plot_writers *writers,
                                   const void *scene,
                                   const struct sdse_plot_files *files,
                                   struct sdse_arena *arena, struct sdse_diags *diags);

#endif
