// Plots of a results.db: a gnuplot script that holds its data is written beside the
// picture and kept, so that a figure can be redrawn or edited without sdse.
#ifndef SDSE_RESULTS_LOOK_PLOT_PLOT_H
#define SDSE_RESULTS_LOOK_PLOT_PLOT_H

#include "base/output.h"
#include "results/look/draw/axis.h"
#include "results/look/palette.h"
#include "results/look/points.h"
#include "spec/types/arch.h"

// All points of the filter in two objectives, or in three as three panels. Points on
// the front are filled, the others hollow; a staircase joins the front (of each panel's
// two objectives); the knee is ringed. Points that are infeasible, failed or lack an
// objective are counted in the title. Parameters are those of
// results/look/draw/aspect.h: numbers up to eight are steps of a gradient, more a
// scale; names beyond ten are numbered in the legend and beside the points of the
// front.
struct sdse_front_plot {
    struct sdse_filter filter;
    unsigned objectives;                           // 2 or 3
    enum sdse_metric metric[SDSE_MOST_OBJECTIVES]; // x, y, (third)
    const char *colour;                            // NULL: arch
    const char *shape; // NULL: as colours, where they are names
    const char *facet; // of two objectives: a panel for each value, each with a front
                       // of its own; at most 24 (plot-facets). NULL: none
    const char
        *label; // written beside points of the front, where there is room. NULL: none
    enum sdse_plot_log log;
    enum sdse_plot_theme theme;
    const char *picture;                   // where to: .png, .svg or .pdf
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_front(struct sdse_reader *reader,
                                 const struct sdse_front_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags);

// Energy of each point, stacked by component: memories from the outermost in, networks,
// MAC, rebuild, leakage. More than most_bars points: those of least energy are shown
// and the title says so.
struct sdse_energy_plot {
    struct sdse_filter filter;
    size_t most_bars;  // 0 = 30
    const char *label; // the parameter that bars are called by. NULL: what
                       // distinguishes the points
    const char *facet; // bars with one value of it stand together. NULL: none
    enum sdse_plot_theme theme;
    const char *picture;
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_energy(struct sdse_reader *reader,
                                  const struct sdse_energy_plot *plot,
                                  struct sdse_arena *arena, struct sdse_diags *diags);

// Energy of each layer of one point (times its repeat), stacked by component.
// Parameters are those of results/look/plot/layer_aspect.h.
struct sdse_layers_plot {
    int64_t point_id;
    const char *label; // a parameter written after each layer's name. NULL: none
    const char *facet; // bars with one value of it stand together. NULL: none
    enum sdse_plot_theme theme;
    const char *picture;
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_layers(struct sdse_reader *reader,
                                  const struct sdse_layers_plot *plot,
                                  struct sdse_arena *arena, struct sdse_diags *diags);

// Latency of each layer of a point (times its repeat), coloured by what sets it: that
// part, first fills, last drains, start and skew of passes, and transfers that do not
// overlap add up to the latency. plot_utilisation: what the multipliers do meanwhile,
// in shares of the layer's cycles.
enum sdse_status sdse_plot_bottleneck(struct sdse_reader *reader,
                                      const struct sdse_layers_plot *plot,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags);
enum sdse_status sdse_plot_utilisation(struct sdse_reader *reader,
                                       const struct sdse_layers_plot *plot,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags);

// Words read and written at the outermost memory for each layer of a point, beside
// those of the points that differ from it in where tensors may be between layers alone
// (each layer by itself, tensors that may stay, layers that take turns), up to ten.
// `label` and `facet` are not read.
enum sdse_status sdse_plot_words(struct sdse_reader *reader,
                                 const struct sdse_layers_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags);

// What each layer of a point that multiplies attains (two operations per MAC) over its
// operations per byte of the outermost memory, below two roofs: all multipliers busy,
// and all that the memory's ports carry together. Axes are logarithmic unless asked.
struct sdse_roofline_plot {
    int64_t point_id;
    // Parameters of layers (results/look/plot/layer_aspect.h).
    const char *colour; // NULL: set_by, in the colours of components
    const char *shape;  // NULL: as colours, where they are names
    const char *facet;  // a panel for each value; at most 24 (plot-facets). NULL: none
    const char *label;  // NULL: the layer's name
    const struct sdse_arch *arch; // of the point
    const char *owner;            // what the point is called
    enum sdse_plot_log log;
    enum sdse_plot_theme theme;
    const char *picture;
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_roofline(struct sdse_reader *reader,
                                    const struct sdse_roofline_plot *plot,
                                    struct sdse_arena *arena, struct sdse_diags *diags);

// One layer of a point: its mapping as nested boxes, SVG alone (plot-format); or what
// fills, computes, moves and drains over the cycles of one execution; of a layer that
// takes turns with others the nests of its group (results/look/plot/turns.h).
// SDSE_INVALID [plot-layer] if the point has no such layer.
struct sdse_mapping_plot {
    int64_t point_id;
    const struct sdse_arch *arch; // of the point
    const char *owner;            // what the point is called
    const char *layer;
    enum sdse_plot_theme theme;
    const char *picture;
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_mapping(struct sdse_reader *reader,
                                   const struct sdse_mapping_plot *plot,
                                   struct sdse_arena *arena, struct sdse_diags *diags);
enum sdse_status sdse_plot_gantt(struct sdse_reader *reader,
                                 const struct sdse_mapping_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags);

// The hypervolume of the front of the points so far, over their number, as a share of
// the box below the final front's reference point. Points of one search come in the
// order of its evaluations (v_search_step) and are counted as these, infeasible ones
// too; others in the order they were stored.
struct sdse_hypervolume_plot {
    struct sdse_filter filter;
    const char *colour;  // a curve for each value of this parameter, of its points
                         // alone, in the same box. NULL: one curve
    const char *facet;   // a panel for each value. NULL: none
    unsigned objectives; // 2 or 3
    enum sdse_metric metric[SDSE_MOST_OBJECTIVES];
    enum sdse_plot_log log;
    enum sdse_plot_theme theme;
    const char *picture;
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_hypervolume(struct sdse_reader *reader,
                                       const struct sdse_hypervolume_plot *plot,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags);

// What each design of the filter gains over one of them: a group of bars for each
// network, of the base's energy, latency, and bits of the outermost memory over the
// design's. SDSE_INVALID with a diagnostic where a network has no base, or several
// (plot-empty), and where there are more than 60 designs (plot-bars).
struct sdse_gain_plot {
    struct sdse_filter filter;
    const char *over_arch; // the base's accelerator
    const char *over_form; // its weight form; NULL: it has only one
    const char *colour; // the parameter that colours stand for. NULL: each design has
                        // its own; over ten, and with a parameter, bars are numbered
    enum sdse_plot_theme theme;
    const char *picture;
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_gain(struct sdse_reader *reader,
                                const struct sdse_gain_plot *plot,
                                struct sdse_arena *arena, struct sdse_diags *diags);

// Test accuracy of every training of a network, over its epochs, and over the bits of
// weights and state that it has moved. SDSE_INVALID with a diagnostic [plot-empty]
// where there is none.
struct sdse_learning_plot {
    const char *network; // v_training.name
    // "method", or a setting: a word of v_training.settings that a number follows
    // ("rate", "dead zone"). NULL: each training has its own.
    const char *colour, *shape;
    enum sdse_plot_log log; // auto: bits and energy are logarithmic
    enum sdse_plot_theme theme;
    const char *picture;
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_learning(struct sdse_reader *reader,
                                    const struct sdse_learning_plot *plot,
                                    struct sdse_arena *arena, struct sdse_diags *diags);
// The networks that were trained, by name.
enum sdse_status sdse_plot_trained(struct sdse_reader *reader, struct sdse_arena *arena,
                                   struct sdse_diags *diags, const char ***names,
                                   size_t *count);

// What a weight form costs and spoils: relative error against stored bits, of every
// layer and of the whole, under one setting or several.
struct sdse_error_point {
    double stored_bits;
    double weights;   // words
    double rel_error; // ||W - W'|| / ||W||; 0 is not drawn (the axis is logarithmic)
};
struct sdse_error_plot {
    const char *name; // of the network
    size_t layer_count, form_count;
    const char *const *layers, *const *kinds; // [layer_count]
    const char *const *forms;                 // [form_count]
    const struct sdse_error_point *points;    // [form_count][layer_count]
    const struct sdse_error_point *totals;    // [form_count]
    enum sdse_plot_theme theme;
    const char *picture;                   // where to: .png, .svg or .pdf
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
// Several settings: per layer error against bits per weight, each layer's best settings
// joined by a line, coloured by layer (up to eight) or by kind; and beside it error
// against stored size of the whole, with the staircase of the settings that no other
// beats in both, and their names. One setting: each layer's error against its size.
enum sdse_status sdse_plot_error(const struct sdse_error_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags);

#endif
