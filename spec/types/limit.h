// The figures of a design point that a sweep may limit: one table for the keys of its
// `constraints` (max_<column>), the columns of the database and the reasons they give.
#ifndef SDSE_SPEC_TYPES_LIMIT_H
#define SDSE_SPEC_TYPES_LIMIT_H

// X(enum, column: the figure's of v_point, with its unit, what a reason calls it, unit)
#define SDSE_LIMIT_MAP(X)                                  \
    X(ENERGY, energy_pj, "energy", " pJ")                  \
    X(LATENCY, latency_s, "latency", " s")                 \
    X(CYCLES, latency_cycles, "latency", " cycles")        \
    X(EDP, edp_pj_s, "energy-delay product", " pJ s")      \
    X(ED2P, ed2p_pj_s2, "energy-delay2 product", " pJ s2") \
    X(AREA, area_mm2, "area", " mm2")                      \
    X(STORAGE, weight_bits, "weights", " bit")             \
    X(ERROR, rel_error, "weight error", "")                \
    X(ACCURACY_LOSS, accuracy_loss, "accuracy loss", "")   \
    X(OUTPUT_ERROR, output_error, "output error", "")      \
    X(CLASS_LOSS, class_loss, "best classes lost", "")

enum sdse_limit {
#define SDSE_LIMIT_ENUM(name, column, what, unit) SDSE_LIMIT_##name,
    SDSE_LIMIT_MAP(SDSE_LIMIT_ENUM)
#undef SDSE_LIMIT_ENUM
        SDSE_LIMITS
};

// What the points of a sweep may have at most, in the columns' units.
struct sdse_limits {
    unsigned set; // bit i: figure i is limited
    double most[SDSE_LIMITS];
};

// "max_energy_pj", …: keys and columns; index with enum sdse_limit.
static inline const char *const *sdse_limit_keys(void) {
    static const char *const keys[SDSE_LIMITS] = {
#define SDSE_LIMIT_KEY(name, column, what, unit) "max_" #column,
        SDSE_LIMIT_MAP(SDSE_LIMIT_KEY)
#undef SDSE_LIMIT_KEY
    };
    return keys;
}

#endif
