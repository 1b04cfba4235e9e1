#include "spec/quantity.h"

#include <stdio.h>
#include <string.h>

const char *const sdse_quantity_words[SDSE_QUANTITIES] = {
#define WORD(name, word, dimension, filters) word,
    SDSE_QUANTITY_MAP(WORD)
#undef WORD
};

const char *const sdse_component_words[SDSE_COMPONENTS] = {
#define WORD(name, word) word,
    SDSE_COMPONENT_MAP(WORD)
#undef WORD
};

const char *const sdse_action_words[SDSE_ACTIONS_TAKEN] = {
    [SDSE_ACTION_READS] = "reads",
    [SDSE_ACTION_FILLS] = "fills",
    [SDSE_ACTION_UPDATES] = "updates",
    [SDSE_ACTION_DRAINS] = "drains"};

enum sdse_dimension sdse_quantity_dimension(enum sdse_quantity quantity) {
    static const enum sdse_dimension dimensions[SDSE_QUANTITIES] = {
#define DIMENSION(name, word, dimension, filters) SDSE_DIMENSION_##dimension,
        SDSE_QUANTITY_MAP(DIMENSION)
#undef DIMENSION
    };
    return dimensions[quantity];
}

unsigned sdse_quantity_filters(enum sdse_quantity quantity) {
    enum {
        COMPONENT = SDSE_FILTER_COMPONENT,
        LEVEL = SDSE_FILTER_LEVEL,
        TENSOR = SDSE_FILTER_TENSOR,
        ACTION = SDSE_FILTER_ACTION
    };
    static const unsigned filters[SDSE_QUANTITIES] = {
#define FILTERS(name, word, dimension, filters) (unsigned)(filters),
        SDSE_QUANTITY_MAP(FILTERS)
#undef FILTERS
    };
    return filters[quantity];
}

unsigned sdse_quantity_components(enum sdse_quantity quantity) {
    enum { ALL = (1 << SDSE_COMPONENTS) - 1, OTHER = 1 << SDSE_COMPONENT_OTHER };
    switch (quantity) {
    case SDSE_QUANTITY_ENERGY:
    case SDSE_QUANTITY_POWER:
        return ALL & ~(unsigned)OTHER;
    case SDSE_QUANTITY_WORDS:
    case SDSE_QUANTITY_BYTES:
        return 1u << SDSE_COMPONENT_MEMORY | 1u << SDSE_COMPONENT_NETWORK;
    case SDSE_QUANTITY_AREA:
        return 1u << SDSE_COMPONENT_MEMORY | 1u << SDSE_COMPONENT_COMPUTE |
               1u << SDSE_COMPONENT_REBUILD | 1u << SDSE_COMPONENT_ENGINES | OTHER;
    default:
        return ALL;
    }
}

static const struct unit {
    enum sdse_dimension dimension;
    const char *text;
    double base;
} units[] = {
    {SDSE_DIMENSION_COUNT, "count", 1},    {SDSE_DIMENSION_COUNT, "words", 1},
    {SDSE_DIMENSION_COUNT, "kwords", 1e3}, {SDSE_DIMENSION_COUNT, "Mwords", 1e6},
    {SDSE_DIMENSION_COUNT, "MAC", 1},      {SDSE_DIMENSION_COUNT, "MMAC", 1e6},
    {SDSE_DIMENSION_COUNT, "cycles", 1},   {SDSE_DIMENSION_COUNT, "Mcycles", 1e6},
    {SDSE_DIMENSION_FRACTION, "1", 1},     {SDSE_DIMENSION_FRACTION, "%", 0.01},
    {SDSE_DIMENSION_TIME, "s", 1},         {SDSE_DIMENSION_TIME, "ms", 1e-3},
    {SDSE_DIMENSION_TIME, "us", 1e-6},     {SDSE_DIMENSION_TIME, "ns", 1e-9},
    {SDSE_DIMENSION_RATE, "GOPS", 1e9},    {SDSE_DIMENSION_RATE, "TOPS", 1e12},
    {SDSE_DIMENSION_ENERGY, "pJ", 1},      {SDSE_DIMENSION_ENERGY, "nJ", 1e3},
    {SDSE_DIMENSION_ENERGY, "uJ", 1e6},    {SDSE_DIMENSION_ENERGY, "mJ", 1e9},
    {SDSE_DIMENSION_ENERGY, "J", 1e12},    {SDSE_DIMENSION_POWER, "W", 1},
    {SDSE_DIMENSION_POWER, "mW", 1e-3},    {SDSE_DIMENSION_DATA, "bit", 1},
    {SDSE_DIMENSION_DATA, "B", 8},         {SDSE_DIMENSION_DATA, "kB", 8e3},
    {SDSE_DIMENSION_DATA, "MB", 8e6},      {SDSE_DIMENSION_DATA, "KiB", 8192},
    {SDSE_DIMENSION_DATA, "MiB", 8388608}, {SDSE_DIMENSION_AREA, "um2", 1},
    {SDSE_DIMENSION_AREA, "mm2", 1e6},
};
enum { UNITS = sizeof units / sizeof *units };

bool sdse_unit_of(enum sdse_dimension dimension, const char *text, double *base) {
    for (int i = 0; i < UNITS; i++)
        if (units[i].dimension == dimension && strcmp(units[i].text, text) == 0) {
            *base = units[i].base;
            return true;
        }
    return false;
}

bool sdse_ratio_unit_of(enum sdse_dimension above, enum sdse_dimension below,
                        const char *text, double *base) {
    if (above == below && strcmp(text, "x") == 0)
        return *base = 1, true;
    if (above == below && strcmp(text, "%") == 0)
        return *base = 0.01, true;
    const char *slash = strchr(text, '/');
    char unit[16];
    double one = 0, other = 0;
    if (!slash || (size_t)(slash - text) >= sizeof unit)
        return false;
    snprintf(unit, sizeof unit, "%.*s", (int)(slash - text), text);
    if (!sdse_unit_of(above, unit, &one) || !sdse_unit_of(below, slash + 1, &other))
        return false;
    *base = one / other;
    return true;
}

void sdse_units_text(enum sdse_dimension dimension, char text[SDSE_UNITS_TEXT]) {
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < UNITS; i++)
        if (units[i].dimension == dimension && length < SDSE_UNITS_TEXT)
            length += (size_t)snprintf(text + length, SDSE_UNITS_TEXT - length, "%s%s",
                                       length ? ", " : "", units[i].text);
}
