// Running gnuplot on a script that is kept: started with an argument vector, never
// through a shell.
#ifndef SDSE_RESULTS_LOOK_PLOT_GNUPLOT_H
#define SDSE_RESULTS_LOOK_PLOT_GNUPLOT_H

#include <stdio.h>

#include "base/diag.h"
#include "base/output.h"
#include "base/status.h"

// The files of one plot, from where the picture goes: "plots/front.png" has
// "plots/front.gp" and "plots/front.dat" beside it. The ending names the format: .png,
// .svg or .pdf.
struct sdse_plot_files {
    const char *picture, *script, *data;  // as given by the caller
    const char *directory;                // of all three
    const char *picture_name, *data_name; // without the directory
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
// "set terminal … / set output …" for the files' format: width x height in pixels of
// the PNG; SVG and PDF have the same proportions and the same relative size of the
// text.
void sdse_gnuplot_terminal(const struct sdse_plot_files *files, unsigned width_px,
                           unsigned height_px, FILE *out);

// What one kind of plot writes; `scene` is its own.
struct sdse_plot_writers {
    // SDSE_NO_MEMORY if it needs memory and there is none.
    enum sdse_status (*data)(const void *scene, struct sdse_arena *arena, FILE *out);
    void (*script)(const void *scene, const struct sdse_plot_files *files, FILE *out);
};

// Writes the data and the script, then runs gnuplot on the script, in its directory;
// all three files are outputs in the sense of base/output.h, judged before the first is
// written. SDSE_INVALID or SDSE_IO with a diagnostic if a file may or can not be
// written; SDSE_MISSING_TOOL if gnuplot is not installed, SDSE_INVALID if it failed
// (with what it said): the script and its data stay then.
enum sdse_status sdse_gnuplot_draw(const struct sdse_plot_writers *writers,
                                   const void *scene,
                                   const struct sdse_plot_files *files,
                                   struct sdse_arena *arena, struct sdse_diags *diags);

#endif
