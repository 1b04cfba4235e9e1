#include "results/look/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct sdse_metric_info metrics[SDSE_METRICS] = {
#define SDSE_METRIC_ROW(name, text, column, title, unit, per) \
    {text, column, title, unit, per},
    SDSE_METRIC_MAP(SDSE_METRIC_ROW)
#undef SDSE_METRIC_ROW
};

const struct sdse_metric_info *sdse_metric_info(enum sdse_metric metric) {
    return &metrics[metric];
}

bool sdse_metric_parse(const char *name, enum sdse_metric *metric) {
    for (int i = 0; i < SDSE_METRICS; i++) {
        if (strcmp(name, metrics[i].name) == 0) {
            *metric = (enum sdse_metric)i;
            return true;
        }
    }
    return false;
}

static struct sdse_scale scale_to(const char *title, const char *unit,
                                  double units_per_stored, double greatest) {
    static const struct {
        double power;
        const char *prefix;
    } prefixes[] = {{1e12, "T"}, {1e9, "G"},  {1e6, "M"},  {1e3, "k"},   {1, ""},
                    {1e-3, "m"}, {1e-6, "µ"}, {1e-9, "n"}, {1e-12, "p"}, {1e-15, "f"}};
    enum { PREFIXES = sizeof prefixes / sizeof *prefixes };
    bool plain = !*unit || strcmp(unit, "cycles") == 0 || strcmp(unit, "mm²") == 0;
    double value = fabs(greatest) * units_per_stored;
    size_t chosen = 4;
    if (!plain && isfinite(value) && value > 0)
        for (chosen = 0; chosen < PREFIXES - 1 && value < prefixes[chosen].power;)
            chosen++;
    struct sdse_scale scale = {.factor = units_per_stored / prefixes[chosen].power};
    snprintf(scale.unit, sizeof scale.unit, "%s%s", prefixes[chosen].prefix, unit);
    if (*unit)
        snprintf(scale.title, sizeof scale.title, "%s [%s]", title, scale.unit);
    else
        snprintf(scale.title, sizeof scale.title, "%s", title);
    return scale;
}

struct sdse_scale sdse_metric_scale(enum sdse_metric metric, double greatest) {
    const struct sdse_metric_info *info = &metrics[metric];
    return scale_to(info->title, info->unit, info->units_per_stored, greatest);
}

struct sdse_scale sdse_energy_scale(const char *title, double greatest_pj) {
    return scale_to(title, "J", 1e-12, greatest_pj);
}
