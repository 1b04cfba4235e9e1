// Latency by what sets it: a bar for each layer of one point.
#include <math.h>
#include <string.h>

#include "results/look/draw/bars.h"
#include "results/look/plot/cycles.h"
#include "results/look/plot/plot.h"

enum { FILL, DRAIN, PASS, BESIDE, TAILS };

static size_t part_of(struct sdse_bars *bars, size_t *count, const char *name) {
    size_t i = 0;
    while (i < *count && strcmp(bars->parts[i], name) != 0)
        i++;
    if (i == *count && i < SDSE_BARS_MOST_PARTS - TAILS) {
        bars->parts[i] = name;
        bars->colors[i] = sdse_palette_component(name);
        ++*count;
    }
    return i < *count ? i : *count - 1;
}

// Parts: what sets the latency of some layer, in order of appearance; then what all
// layers have beside it.
static bool fill_bars(struct sdse_bars *bars, const struct sdse_layer_cycles *layers,
                      size_t count, double seconds, struct sdse_arena *arena) {
    static const char *const tails[TAILS] = {"first fills", "last drains", "passes",
                                             "does not overlap"};
    static const char *const colors[TAILS] = {"#bbbbbb", "#999999", "#666666",
                                              "#ee8866"};
    struct sdse_bars found;
    size_t setters = 0;
    double greatest = 0;
    if (!sdse_bars_new(&found, 0, SDSE_BARS_MOST_PARTS, arena))
        return false;
    for (size_t i = 0; i < count; i++) {
        part_of(&found, &setters, layers[i].setter);
        greatest = fmax(greatest, layers[i].latency * seconds);
    }
    if (!sdse_bars_new(bars, count, setters + TAILS, arena) ||
        !(bars->remarks = SDSE_ARENA_ARRAY(arena, const char *, count)))
        return false;
    memcpy(bars->parts, found.parts, setters * sizeof *bars->parts);
    memcpy(bars->colors, found.colors, setters * sizeof *bars->colors);
    memcpy(bars->parts + setters, tails, sizeof tails);
    memcpy(bars->colors + setters, colors, sizeof colors);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_layer_cycles *layer = &layers[i];
        double *value = &bars->value[i * bars->part_count];
        size_t known = setters;
        value[part_of(&found, &known, layer->setter)] = layer->set * seconds;
        value[setters + FILL] = layer->fill * seconds;
        value[setters + DRAIN] = layer->drain * seconds;
        value[setters + PASS] = layer->pass * seconds;
        value[setters + BESIDE] = layer->beside * seconds;
        bars->labels[i] = layer->repeat == 1
                              ? layer->name
                              : sdse_arena_printf(arena, "%s ×%llu", layer->name,
                                                  (unsigned long long)layer->repeat);
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
    if (!fill_bars(&bars, shown.layers, shown.bar_count,
                   sdse_cycles_seconds(reader, plot->point_id), arena))
        return SDSE_NO_MEMORY;
    bars.title = sdse_arena_printf(arena, "Latency by what sets it: %s", shown.owner);
    return bars.title ? sdse_bars_draw(&bars, &shown.files, arena, diags)
                      : SDSE_NO_MEMORY;
}
