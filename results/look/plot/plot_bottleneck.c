// Latency by what sets it: a bar for each layer of one point.
#include <math.h>
#include <string.h>

#include "results/look/plot/cycles.h"
#include "results/look/plot/plot.h"

enum { FILL, DRAIN, PASS, BESIDE, TAILS };

static size_t part_of(struct sdse_bars *bars, size_t *count, const char *name,
                      enum sdse_plot_theme theme) {
    size_t i = 0;
    while (i < *count && strcmp(bars->parts[i], name) != 0)
        i++;
    if (i == *count && i < SDSE_BARS_MOST_PARTS - TAILS) {
        bars->parts[i] = name;
        bars->colors[i] = sdse_palette_component(theme, name);
        ++*count;
    }
    return i < *count ? i : *count - 1;
}

// Parts: what sets the latency of some layer, in order of appearance; then what all
// layers have beside it.
static bool fill_bars(struct sdse_bars *bars, enum sdse_plot_theme theme,
                      const struct sdse_layer_cycles *layers, size_t count,
                      double seconds, struct sdse_arena *arena) {
    static const char *const tails[TAILS] = {"first fills", "last drains", "passes",
                                             "does not overlap"};
    struct sdse_bars found;
    size_t setters = 0;
    double greatest = 0;
    if (!sdse_bars_new(&found, 0, SDSE_BARS_MOST_PARTS, arena))
        return false;
    for (size_t i = 0; i < count; i++) {
        part_of(&found, &setters, layers[i].setter, theme);
        greatest = fmax(greatest, layers[i].latency * seconds);
    }
    if (!sdse_bars_new(bars, count, setters + TAILS, arena) ||
        !(bars->remarks = SDSE_ARENA_ARRAY(arena, const char *, count)))
        return false;
    memcpy(bars->parts, found.parts, setters * sizeof *bars->parts);
    memcpy(bars->colors, found.colors, setters * sizeof *bars->colors);
    memcpy(bars->parts + setters, tails, sizeof tails);
    for (size_t t = 0; t < TAILS; t++)
        bars->colors[setters + t] = sdse_palette_component(theme, tails[t]);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_layer_cycles *layer = &layers[i];
        double *value = &bars->value[i * bars->part_count];
        size_t known = setters;
        value[part_of(&found, &known, layer->setter, theme)] = layer->set * seconds;
        value[setters + FILL] = layer->fill * seconds;
        value[setters + DRAIN] = layer->drain * seconds;
        value[setters + PASS] = layer->pass * seconds;
        value[setters + BESIDE] = layer->beside * seconds;
        bars->labels[i] = sdse_cycles_label(layer, arena);
        bars->remarks[i] = layer->bottleneck;
        if (!bars->labels[i])
            return false;
    }
    bars->scale = sdse_metric_scale(SDSE_METRIC_LATENCY, greatest);
    return true;
}

enum sdse_status sdse_plot_bottleneck(struct sdse_reader *reader,
                                      const struct sdse_layers_plot *plot,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags) {
    struct sdse_cycles_bars shown;
    struct sdse_bars bars;
    const enum sdse_status status =
        sdse_cycles_bars(reader, plot, arena, diags, &shown);
    if (status != SDSE_OK)
        return status;
    if (!fill_bars(&bars, plot->theme, shown.layers, shown.bar_count,
                   sdse_cycles_seconds(reader, plot->point_id), arena))
        return SDSE_NO_MEMORY;
    bars.title = sdse_arena_printf(arena, "Latency by what sets it: %s", shown.owner);
    return bars.title ? sdse_cycles_draw(reader, plot, &shown, &bars, arena, diags)
                      : SDSE_NO_MEMORY;
}
