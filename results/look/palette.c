#include "results/look/palette.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const struct sdse_theme *sdse_theme(enum sdse_plot_theme theme) {
    static const struct sdse_theme themes[SDSE_THEMES] = {
        [SDSE_THEME_LIGHT] = {"#ffffff", "#222222", "#333333", "#cccccc", "#777777",
                              "#000000"},
        [SDSE_THEME_DARK] = {"#16181d", "#e6e6e6", "#b8bcc4", "#3a3f4a", "#8d939e",
                             "#ffffff"},
    };
    return &themes[theme];
}

// Light, dark.
struct tints {
    const char *of[SDSE_THEMES];
};

const char *sdse_palette_color(enum sdse_plot_theme theme, size_t i) {
    static const struct tints colors[SDSE_PALETTE_COLORS] = {
        {{"#1f357a", "#5597f1"}}, // blue
        {{"#a16602", "#d9b071"}}, // orange
        {{"#268d79", "#13fdc4"}}, // green
        {{"#fa45ad", "#bc1da8"}}, // pink
        {{"#0d9ce9", "#98c8e7"}}, // sky
        {{"#9b2f07", "#dc6916"}}, // vermilion
        {{"#9e9802", "#f3e415"}}, // yellow
        {{"#585964", "#939394"}}, // grey
        {{"#5c2b28", "#7c604d"}}, // brown
        {{"#8c42f2", "#5c53f6"}}, // violet
    };
    return colors[i % SDSE_PALETTE_COLORS].of[theme];
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

// ---- components ----

static const struct component {
    const char *name;
    struct tints tints;
} known[] = {
    // The outermost; buffers of all tensors.
    {"DRAM", {{"#171fce", "#aac3ff"}}},
    {"GLB", {{"#a44a04", "#fd6908"}}},
    {"global", {{"#a44a04", "#fd6908"}}},
    {"shared", {{"#a44a04", "#fd6908"}}},
    {"buffer", {{"#9b6801", "#b7a267"}}},
    {"NM", {{"#d97e00", "#e37946"}}},
    {"UB", {{"#b68e47", "#fcdda1"}}},
    {"CBUF", {{"#895831", "#feb005"}}},
    {"maps", {{"#8e4400", "#cb6c08"}}},
    {"edram", {{"#bb6d00", "#f08f00"}}},
    // Of inputs: teal.
    {"NBin", {{"#51947c", "#0e9db3"}}},
    {"input_gb", {{"#067d8f", "#aaede6"}}},
    {"IARAM", {{"#4d6f6a", "#83a7ae"}}},
    {"iact", {{"#5a7d7b", "#87f5cd"}}},
    {"ibuf", {{"#027080", "#0bf9ff"}}},
    {"queue", {{"#6c8f95", "#92b5a6"}}},
    {"ifmap", {{"#3b8896", "#1db0c8"}}},
    {"ispad", {{"#759c95", "#4fc5c0"}}},
    {"ififo", {{"#04a4b1", "#65ab91"}}},
    {"operand", {{"#0196ab", "#0fecc3"}}},
    // Of weights: green.
    {"SB", {{"#5e6c4b", "#3ddc08"}}},
    {"wbuf", {{"#79a101", "#c6e12a"}}},
    {"weights", {{"#79a101", "#c6e12a"}}},
    {"wfifo", {{"#7b905e", "#b4f507"}}},
    {"filter", {{"#79872f", "#bdd063"}}},
    {"wspad", {{"#03712f", "#32a149"}}},
    {"weight", {{"#447c5f", "#aab783"}}},
    {"array", {{"#6c773b", "#00b44a"}}},
    {"element", {{"#8e9a63", "#d5eb70"}}},
    {"lanes", {{"#6a8469", "#8f9e73"}}},
    {"cells", {{"#59a37b", "#20e482"}}},
    // Of outputs: purple.
    {"NBout", {{"#aa67e4", "#dca8c4"}}},
    {"output_gb", {{"#9f13f0", "#d23bff"}}},
    {"OARAM", {{"#f057cd", "#e57dff"}}},
    {"output", {{"#f057cd", "#e57dff"}}},
    {"psums", {{"#9150cd", "#bd79b0"}}},
    {"psum", {{"#cb68fe", "#a26cca"}}},
    {"pspad", {{"#b57dde", "#f74cff"}}},
    {"sums", {{"#9345a4", "#bb77fe"}}},
    {"accum", {{"#cb4ecd", "#ce8bd6"}}},
    {"accumulator", {{"#b249b6", "#da63e4"}}},
    {"accumulators", {{"#b145e7", "#a37fcb"}}},
    // Of bases, of indices, of anything.
    {"bases", {{"#fe39ad", "#d68b8c"}}},
    {"index_gb", {{"#8b7b4f", "#c3b558"}}},
    {"indexing", {{"#8b7b4f", "#c3b558"}}},
    {"sram", {{"#7864ff", "#7b8ce4"}}},
    {"spad", {{"#7864ff", "#7b8ce4"}}},
    {"row", {{"#7864ff", "#7b8ce4"}}},
    {"products", {{"#7864ff", "#7b8ce4"}}},
    // What is no memory.
    {"network", {{"#7f017b", "#ba019e"}}},
    {"MAC", {{"#004164", "#0b68ab"}}},
    {"compute", {{"#004164", "#0b68ab"}}},
    {"rebuild", {{"#7a0002", "#cc0303"}}},
    {"vector", {{"#6100a3", "#9e01e5"}}},
    {"leakage", {{"#3a3a36", "#6c6268"}}},
    {"static", {{"#5f4130", "#896e55"}}},
    {"clock", {{"#1b4203", "#477021"}}},
    {"control", {{"#2d5a6e", "#8fd7e7"}}},
    {"refresh", {{"#930019", "#ffbcaa"}}},
    {"other", {{"#505050", "#70807f"}}},
    // Parts of a latency.
    {"first fills", {{"#505050", "#70807f"}}},
    {"waiting", {{"#505050", "#70807f"}}},
    {"last drains", {{"#3a3a36", "#6c6268"}}},
    {"passes", {{"#5f4130", "#896e55"}}},
    {"does not overlap", {{"#930019", "#ffbcaa"}}},
    {"unused", {{"#8b7b4f", "#c3b558"}}},
};

static const struct component *find(const char *name) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0)
            return &known[i];
    return NULL;
}

const char *sdse_palette_component(enum sdse_plot_theme theme, const char *name) {
    // What a memory of another name may look like.
    static const char *const others[] = {"buffer",   "iact",  "ispad",   "wfifo",
                                         "weight",   "psums", "psum",    "bases",
                                         "index_gb", "sram",  "control", "clock"};
    const struct component *found =
        find(sdse_text_ends_with(name, " network") ? "network" : name);
    uint32_t hash = 2166136261u; // FNV-1a
    for (const char *at = name; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    if (!found)
        found = find(others[(hash >> 8) % (sizeof others / sizeof *others)]);
    return found->tints.of[theme];
}

const char *sdse_palette_tensor(enum sdse_plot_theme theme, unsigned tensor) {
    static const char *const buffers[] = {"wbuf", "ibuf", "output_gb"};
    assert(tensor < sizeof buffers / sizeof *buffers);
    return sdse_palette_component(theme, buffers[tensor]);
}
