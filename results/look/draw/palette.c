#include "results/look/draw/palette.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const struct sdse_theme *sdse_theme(enum sdse_plot_theme theme) {
    static const struct sdse_theme themes[SDSE_THEMES] = {
        [SDSE_THEME_LIGHT] = {"#ffffff", "#222222", "#333333", "#cccccc", "#777777",
                              "#000000"},
        [SDSE_THEME_DARK] = {"#16181d", "#e6e6e6", "#b8bcc4", "#3a3f4a", "#8d939e",
                             "#ffffff"},
    };
    return &themes[theme];
}

const char *sdse_palette_color(enum sdse_plot_theme theme, size_t i) {
    (void)theme;
    static const char *const colors[SDSE_PALETTE_COLORS] = {
        "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
        "#d55e00", "#f0e442", "#7f7f7f", "#8c564b", "#5c4fb0"};
    return colors[i % SDSE_PALETTE_COLORS];
}

int sdse_palette_filled(size_t i) {
    static const int types[SDSE_PALETTE_SHAPES] = {7, 5, 9, 11, 13, 15};
    return types[i % SDSE_PALETTE_SHAPES];
}

void sdse_palette_gradient(enum sdse_plot_theme theme, double share, char color[8]) {
    static const unsigned char stops[][3] = {
        {68, 1, 84},    {71, 44, 122}, {59, 81, 139},  {44, 113, 142}, {33, 144, 141},
        {39, 173, 129}, {92, 200, 99}, {170, 220, 50}, {253, 231, 37}};
    enum { LAST = sizeof stops / sizeof *stops - 1 };
    static const double parts[SDSE_THEMES][2] = {{0, 0.88}, {0.25, 1}};
    const double within = fmin(fmax(share, 0), 1);
    const double at =
        LAST * (parts[theme][0] + within * (parts[theme][1] - parts[theme][0]));
    const int below = (int)fmin(floor(at), LAST - 1);
    unsigned rgb[3];
    for (int c = 0; c < 3; c++) {
        const double from = stops[below][c], to = stops[below + 1][c];
        rgb[c] = (unsigned)lround(from + (at - below) * (to - from)) & 0xffu;
    }
    snprintf(color, 8, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

const char *sdse_palette_component(enum sdse_plot_theme theme, const char *name) {
    (void)theme;
    static const struct {
        const char *name, *color;
    } known[] = {
        // What is no memory.
        {"network", "#cc79a7"},
        {"MAC", "#56b4e9"},
        {"compute", "#56b4e9"},
        {"rebuild", "#d55e00"},
        {"products", "#ee8866"},
        {"vector", "#7b4173"},
        {"leakage", "#7f7f7f"},
        {"static", "#a5a5a5"},
        {"clock", "#bbcc33"},
        {"control", "#99ddff"},
        {"refresh", "#ffaabb"},
        {"other", "#c8c8c8"},
        // Memories: the outermost; buffers of all tensors; those of inputs (teal),
        // weights (green), outputs (purple), each in shades of its own.
        {"DRAM", "#0072b2"},
        {"GLB", "#e69f00"},
        {"global", "#e69f00"},
        {"buffer", "#e69f00"},
        {"NM", "#e69f00"},
        {"UB", "#e69f00"},
        {"shared", "#e69f00"},
        {"bases", "#882255"},
        {"ifmap", "#44aa99"},
        {"input_gb", "#2a7f74"},
        {"NBin", "#7fcdbb"},
        {"ibuf", "#1b9e8f"},
        {"iact", "#66c2a4"},
        {"ispad", "#99d8c9"},
        {"IARAM", "#238b72"},
        {"ififo", "#b5e0d8"},
        {"filter", "#117733"},
        {"wbuf", "#4daf5c"},
        {"SB", "#78c679"},
        {"wspad", "#005a22"},
        {"weight", "#2e8b57"},
        {"weights", "#2e8b57"},
        {"psum", "#aa4499"},
        {"output_gb", "#d28fc6"},
        {"NBout", "#c265b4"},
        {"psums", "#aa4499"},
        {"pspad", "#7a2a6d"},
        {"sums", "#7a2a6d"},
        {"accum", "#b85ca8"},
        {"output", "#d28fc6"},
        {"OARAM", "#e3b5db"},
        {"index_gb", "#ddcc77"},
        {"indexing", "#ddcc77"},
        {"spad", "#332288"},
        {"row", "#332288"},
    };
    static const char *const others[] = {"#999933", "#cc6677", "#009e73", "#88ccee",
                                         "#f0e442", "#8c564b", "#661100", "#77aadd",
                                         "#aaaa00", "#44bb99", "#6699cc", "#b8860b"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].color;
    uint32_t hash = 2166136261u; // FNV-1a
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return others[(hash >> 8) % (sizeof others / sizeof *others)];
}

const char *sdse_palette_tensor(enum sdse_plot_theme theme, unsigned tensor) {
    (void)theme;
    static const char *const colors[] = {"#117733", "#44aa99", "#aa4499"};
    assert(tensor < sizeof colors / sizeof *colors);
    return colors[tensor];
}
