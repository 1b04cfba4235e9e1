// Figures that can be asked of evaluated layers, and the units they are written in.
#ifndef SDSE_SPEC_TYPES_QUANTITY_H
#define SDSE_SPEC_TYPES_QUANTITY_H

// X(enumerator, word in files, dimension, filters it takes)
#define SDSE_QUANTITY_MAP(X)                                                          \
    X(MACS, "macs", COUNT, 0)                                                         \
    X(MULTIPLIERS, "multipliers", COUNT, 0)    /* at work; weighed by their cycles */ \
    X(UTILIZATION, "utilization", FRACTION, 0) /* of all multiplier cycles */         \
    X(CYCLES, "cycles", COUNT, 0)                                                     \
    X(COMPUTE_CYCLES, "compute_cycles", COUNT, 0) /* if nothing held them up */       \
    X(LATENCY, "latency", TIME, 0)                                                    \
    X(THROUGHPUT, "throughput", RATE, 0) /* two operations per MAC, over latency */   \
    X(PEAK, "peak", RATE, 0)             /* two per MAC, all multipliers */           \
    X(ENERGY, "energy", ENERGY, COMPONENT | LEVEL | TENSOR)                           \
    X(POWER, "power", POWER, COMPONENT | LEVEL | TENSOR) /* energy over latency */    \
    X(WORDS, "words", COUNT, COMPONENT | LEVEL | TENSOR | ACTION)                     \
    X(BYTES, "bytes", DATA, COMPONENT | LEVEL | TENSOR | ACTION) /* as stored */      \
    X(FUSED_WORDS, "fused_words", COUNT, TENSOR) /* over the border, taking turns */  \
    X(FUSED_BYTES, "fused_bytes", DATA, TENSOR)                                       \
    X(LINE_WORDS, "line_words", COUNT, 0) /* rows that wait meanwhile */              \
    X(LINE_BYTES, "line_bytes", DATA, 0)                                              \
    X(AREA, "area", AREA, COMPONENT | LEVEL)                                          \
    X(REPLAY, "replay", DATA, 0) /* samples that a training network stores */

enum sdse_quantity {
#define SDSE_QUANTITY_ENUM(name, word, dimension, filters) SDSE_QUANTITY_##name,
    SDSE_QUANTITY_MAP(SDSE_QUANTITY_ENUM)
#undef SDSE_QUANTITY_ENUM
        SDSE_QUANTITIES
};

enum sdse_dimension {
    SDSE_DIMENSION_COUNT,
    SDSE_DIMENSION_FRACTION,
    SDSE_DIMENSION_TIME,   // base unit: s
    SDSE_DIMENSION_RATE,   // operations per second
    SDSE_DIMENSION_ENERGY, // pJ
    SDSE_DIMENSION_POWER,  // W
    SDSE_DIMENSION_DATA,   // bit
    SDSE_DIMENSION_AREA    // um2
};

// Parts of a sum that an `of:` may choose. Where none of a kind is chosen, all are.
#define SDSE_COMPONENT_MAP(X)                             \
    X(MEMORY, "memory")   /* accesses of memories */      \
    X(NETWORK, "network") /* what crosses the networks */ \
    X(COMPUTE, "compute") /* multipliers */               \
    X(REBUILD, "rebuild")                                 \
    X(ENGINES, "engines")                                 \
    X(VECTOR, "vector")                                   \
    X(LEAKAGE, "leakage")                                 \
    X(REFRESH, "refresh") /* of memories that forget */   \
    X(CLOCK, "clock")                                     \
    X(STATIC, "static")                                   \
    X(CONTROL, "control")                                 \
    X(OTHER, "other") /* area that is not itemised */
enum sdse_component {
#define SDSE_COMPONENT_ENUM(name, word) SDSE_COMPONENT_##name,
    SDSE_COMPONENT_MAP(SDSE_COMPONENT_ENUM)
#undef SDSE_COMPONENT_ENUM
        SDSE_COMPONENTS
};

enum sdse_action {
    SDSE_ACTION_READS,
    SDSE_ACTION_FILLS,
    SDSE_ACTION_UPDATES,
    SDSE_ACTION_DRAINS,
    SDSE_ACTIONS_TAKEN
};

// Kinds of filters, as a set.
enum {
    SDSE_FILTER_COMPONENT = 1,
    SDSE_FILTER_LEVEL = 2,
    SDSE_FILTER_TENSOR = 4,
    SDSE_FILTER_ACTION = 8 // `without` goes with the levels
};

#endif
