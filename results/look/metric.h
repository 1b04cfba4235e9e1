// The figures of a point that can be an objective or an axis: one table for names, SQL
// columns, titles and units.
#ifndef SDSE_RESULTS_LOOK_METRIC_H
#define SDSE_RESULTS_LOOK_METRIC_H

#include <stdbool.h>

// X(enum, name on the command line, column of v_point, title, unit, units per stored
// unit)
#define SDSE_METRIC_MAP(X)                                                             \
    X(ENERGY, "energy", "energy_pj", "Energy", "J", 1e-12)                             \
    X(LATENCY, "latency", "latency_s", "Latency", "s", 1)                              \
    X(CYCLES, "cycles", "latency_cycles", "Latency", "cycles", 1)                      \
    X(EDP, "edp", "edp_pj_s", "Energy-delay product", "J·s", 1e-12)                    \
    X(ED2P, "ed2p", "ed2p_pj_s2", "Energy-delay² product", "J·s²", 1e-12)              \
    X(AREA, "area", "area_mm2", "Area", "mm²", 1)                                      \
    X(STORAGE, "storage", "weight_bits", "Weight storage", "B", 0.125)                 \
    X(ERROR, "error", "rel_error", "Relative weight error", "", 1)                     \
    X(ACCURACY_LOSS, "accuracy_loss", "(1 - accuracy)", "Accuracy loss", "", 1)        \
    X(OUTPUT_ERROR, "output_error", "output_error", "Relative output error", "", 1)    \
    X(CLASS_LOSS, "class_loss", "(1 - best_class_agreement)", "Best classes lost", "", \
      1)

enum sdse_metric {
#define SDSE_METRIC_ENUM(name, text, column, title, unit, per) SDSE_METRIC_##name,
    SDSE_METRIC_MAP(SDSE_METRIC_ENUM)
#undef SDSE_METRIC_ENUM
        SDSE_METRICS
};

struct sdse_metric_info {
    const char *name;        // "energy"
    const char *column;      // SQL expression over v_point
    const char *title;       // "Energy"
    const char *unit;        // without prefix
    double units_per_stored; // 1 pJ = 1e-12 J
};

// How to print a metric: value in SI-prefixed units = stored value * factor.
struct sdse_scale {
    double factor;
    char unit[24];  // "mJ", "µs", "mm²", ""
    char title[64]; // "Energy [mJ]", "Relative weight error"
};

// Static storage.
const struct sdse_metric_info *sdse_metric_info(enum sdse_metric metric);
// "energy" -> *metric. False, leaving it alone, for an unknown name.
bool sdse_metric_parse(const char *name, enum sdse_metric *metric);

// The scale whose prefix puts `greatest` (a stored value) into 1 … 999; no prefix for
// cycles, square millimetres and pure numbers.
struct sdse_scale sdse_metric_scale(enum sdse_metric metric, double greatest);
// The same for picojoules under a title of one's own.
struct sdse_scale sdse_energy_scale(const char *title, double greatest_pj);

#endif
