// What the multipliers do while a layer runs: a bar of 100 % for each layer of one
// point.
#include <math.h>
#include <string.h>

#include "results/look/plot/cycles.h"
#include "results/look/plot/plot.h"

enum { BUSY, UNUSED, VECTOR, WAITING, PARTS };

// Shares of the latency. With M MACs, the product of temporal passes as compute cycles
// and the latency L: busy is the utilisation, unused what the mapping leaves idle of
// the compute cycles, waiting the rest. In a layer that multiplies nothing the compute
// cycles are the vector unit's.
static void shares(const struct sdse_layer_cycles *layer, double share[PARTS]) {
    const double working = fmin(1, layer->compute / layer->latency);
    memset(share, 0, PARTS * sizeof *share);
    if (layer->macs > 0) {
        share[BUSY] = fmin(1, layer->utilization);
        share[UNUSED] = fmax(0, working - share[BUSY]);
    } else {
        share[VECTOR] = working;
    }
    share[WAITING] = fmax(0, 1 - share[BUSY] - share[UNUSED] - share[VECTOR]);
}

static bool fill_bars(struct sdse_bars *bars, enum sdse_plot_theme theme,
                      const struct sdse_layer_cycles *layers, size_t count,
                      struct sdse_arena *arena) {
    static const char *const parts[PARTS] = {"multipliers at work",
                                             "left out by the mapping",
                                             "vector unit at work", "waiting"};
    if (!sdse_bars_new(bars, count, PARTS, arena) ||
        !(bars->remarks = SDSE_ARENA_ARRAY(arena, const char *, count)))
        return false;
    static const char *const components[PARTS] = {"MAC", "unused", "vector", "waiting"};
    for (size_t p = 0; p < PARTS; p++)
        bars->colors[p] = sdse_palette_component(theme, components[p]);
    memcpy(bars->parts, parts, sizeof parts);
    for (size_t i = 0; i < count; i++) {
        shares(&layers[i], &bars->value[i * PARTS]);
        bars->labels[i] = layers[i].name;
        bars->remarks[i] = bars->value[i * PARTS + WAITING] > 0.005
                               ? sdse_arena_printf(arena, "%.3g %%, set by %s",
                                                   100 * bars->value[i * PARTS + BUSY],
                                                   layers[i].bottleneck)
                               : sdse_arena_printf(arena, "%.3g %%",
                                                   100 * bars->value[i * PARTS + BUSY]);
        if (!bars->remarks[i])
            return false;
    }
    bars->format = NULL; // all bars end at 100 %
    bars->scale = (struct sdse_scale){
        .factor = 100, .unit = "%", .title = "Share of the layer's cycles [%]"};
    bars->axis_end = 100;
    return true;
}

// Of all multiplier cycles of the network: layers weigh by their latency.
static double mean_utilization(const struct sdse_layer_cycles *layers, size_t count) {
    double busy = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        busy += layers[i].utilization * layers[i].latency;
        all += layers[i].latency;
    }
    return all > 0 ? busy / all : 0;
}

enum sdse_status sdse_plot_utilisation(struct sdse_reader *reader,
                                       const struct sdse_layers_plot *plot,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags) {
    struct sdse_cycles_bars shown;
    struct sdse_bars bars;
    const enum sdse_status status =
        sdse_cycles_bars(reader, plot, arena, diags, &shown);
    if (status != SDSE_OK)
        return status;
    if (!fill_bars(&bars, plot->theme, shown.layers, shown.bar_count, arena))
        return SDSE_NO_MEMORY;
    bars.title = sdse_arena_printf(
        arena, "Utilisation, %.3g %% of all cycles: %s",
        100 * mean_utilization(shown.layers, shown.layer_count), shown.owner);
    return bars.title ? sdse_cycles_draw(reader, plot, &shown, &bars, arena, diags)
                      : SDSE_NO_MEMORY;
}
