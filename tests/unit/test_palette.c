// Colours are seen on their ground, and those that stand together are told apart, by
// people who see all colours and by those who lack a kind of cone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/palette.h"
#include "spec/load.h"

// ---- how colours are seen ----

struct rgb {
    double v[3]; // linear light
};

static double linear(long value) {
    const double c = (double)value / 255;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static struct rgb light_of(const char *color) {
    assert_int_equal(strlen(color), 7);
    const long rgb = strtol(color + 1, NULL, 16);
    return (struct rgb){{linear(rgb >> 16), linear(rgb >> 8 & 255), linear(rgb & 255)}};
}

// WCAG 2.1: the ratio of relative luminances, each with 0.05 of stray light.
static double contrast(const char *a, const char *b) {
    double y[2];
    const char *colors[] = {a, b};
    for (int i = 0; i < 2; i++) {
        const struct rgb c = light_of(colors[i]);
        y[i] = 0.2126 * c.v[0] + 0.7152 * c.v[1] + 0.0722 * c.v[2] + 0.05;
    }
    return fmax(y[0], y[1]) / fmin(y[0], y[1]);
}

// What is seen without the first, second or third kind of cone. Source: Machado,
// Oliveira & Fernandes, IEEE TVCG 15(6), 2009, severity 1.0; 0: with all.
enum { SEEN = 4 };
static struct rgb seen(struct rgb c, int how) {
    static const double m[SEEN][3][3] = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
                                         {{0.152286, 1.052583, -0.204868},
                                          {0.114503, 0.786281, 0.099216},
                                          {-0.003882, -0.048116, 1.051998}},
                                         {{0.367322, 0.860646, -0.227968},
                                          {0.280085, 0.672501, 0.047413},
                                          {-0.011820, 0.042940, 0.968881}},
                                         {{1.255528, -0.076749, -0.178779},
                                          {-0.078411, 0.930809, 0.147602},
                                          {0.004733, 0.691367, 0.303900}}};
    struct rgb out;
    for (int i = 0; i < 3; i++)
        out.v[i] = fmin(1, fmax(0, m[how][i][0] * c.v[0] + m[how][i][1] * c.v[1] +
                                       m[how][i][2] * c.v[2]));
    return out;
}

// Oklab. Source: Ottosson, "A perceptual color space for image processing", 2020.
static void oklab(struct rgb c, double lab[3]) {
    const double *v = c.v;
    const double l =
        cbrt(0.4122214708 * v[0] + 0.5363325363 * v[1] + 0.0514459929 * v[2]);
    const double m =
        cbrt(0.2119034982 * v[0] + 0.6806995451 * v[1] + 0.1073969566 * v[2]);
    const double s =
        cbrt(0.0883024619 * v[0] + 0.2817188376 * v[1] + 0.6299787005 * v[2]);
    lab[0] = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
    lab[1] = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s;
    lab[2] = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s;
}

// White to black is 1; 0.02 is a just noticeable difference.
static double distance(const char *a, const char *b, int how) {
    double x[3], y[3], sum = 0;
    oklab(seen(light_of(a), how), x);
    oklab(seen(light_of(b), how), y);
    for (int i = 0; i < 3; i++)
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    return sqrt(sum);
}

static void apart(const char *a, const char *b, const char *what, const char *other,
                  double all, double two) {
    for (int how = 0; how < SEEN; how++)
        if (distance(a, b, how) < (how ? two : all))
            fail_msg("%s (%s) and %s (%s) are %.3f apart, seen in way %d", what, a,
                     other, b, distance(a, b, how), how);
}

static void seen_on_ground(const char *color, enum sdse_plot_theme theme,
                           const char *what) {
    // Of the pictures and of the reports (results/look/report/style.css).
    static const char *const page[SDSE_THEMES] = {"#ffffff", "#15171b"};
    const char *grounds[] = {sdse_theme(theme)->ground, page[theme]};
    for (int i = 0; i < 2; i++)
        if (contrast(color, grounds[i]) < 3)
            fail_msg("%s (%s) has a contrast of %.2f", what, color,
                     contrast(color, grounds[i]));
}

// ---- themes, categories, scales ----

static void known_figures_are_found(void **state) {
    (void)state;
    assert_true(fabs(contrast("#000000", "#ffffff") - 21) < 1e-9);
    assert_true(fabs(contrast("#777777", "#ffffff") - 4.478) < 1e-3); // WebAIM's
    assert_true(fabs(distance("#000000", "#ffffff", 0) - 1) < 1e-4);
    assert_true(distance("#d00000", "#606000", 2) <
                distance("#d00000", "#606000", 0) / 2);
}

static void texts_and_categories_are_seen(void **state) {
    (void)state;
    for (int t = 0; t < SDSE_THEMES; t++) {
        const enum sdse_plot_theme theme = (enum sdse_plot_theme)t;
        const struct sdse_theme *of = sdse_theme(theme);
        assert_true(contrast(of->text, of->ground) >= 7);
        assert_true(contrast(of->strong, of->ground) >= 7);
        assert_true(contrast(of->axis, of->ground) >= 4.5);
        assert_true(contrast(of->quiet, of->ground) >= 3);
        assert_true(contrast(of->grid, of->ground) < 3); // stands back
        for (size_t i = 0; i < SDSE_PALETTE_COLORS; i++) {
            const char *color = sdse_palette_color(theme, i);
            seen_on_ground(color, theme, "a category");
            for (size_t j = 0; j < i; j++)
                apart(color, sdse_palette_color(theme, j), "a category", "another",
                      0.12, 0.09);
        }
    }
}

// Eight steps of a scale, the most that are told apart by their colour alone.
static void steps_of_scales_are_seen(void **state) {
    (void)state;
    enum { STEPS = 8 };
    for (int t = 0; t < SDSE_THEMES; t++) {
        char color[STEPS][8];
        for (int i = 0; i < STEPS; i++) {
            sdse_palette_gradient((enum sdse_plot_theme)t, i / (STEPS - 1.0), color[i]);
            for (int j = 0; j < i; j++)
                apart(color[i], color[j], "a step", "another", 0.05, 0.04);
        }
    }
}

// ---- components ----

static void together(const char *const *names, size_t count, const char *whose,
                     double all, double two) {
    for (int t = 0; t < SDSE_THEMES; t++) {
        const enum sdse_plot_theme theme = (enum sdse_plot_theme)t;
        for (size_t i = 0; i < count; i++) {
            const char *color = sdse_palette_component(theme, names[i]);
            seen_on_ground(color, theme, names[i]);
            for (size_t j = 0; j < i; j++) {
                char what[200];
                snprintf(what, sizeof what, "%s: %s", whose, names[i]);
                apart(color, sdse_palette_component(theme, names[j]), what, names[j],
                      all, two);
            }
        }
    }
}

// The memories of each shipped accelerator beside all that it may spend energy and time
// on.
static void components_of_accelerators_are_apart(void **state) {
    (void)state;
    DIR *folder = opendir(SDSE_SOURCE_DIR "/archs");
    assert_non_null(folder);
    int archs = 0;
    char *every[100];
    size_t every_count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".yaml"))
            continue;
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_arch *arch = NULL;
        const char *path =
            sdse_arena_printf(arena, SDSE_SOURCE_DIR "/archs/%s", entry->d_name);
        assert_int_equal(sdse_arch_load(arena, path, &diags, &arch), SDSE_OK);
        const char *names[40] = {"network", "MAC",     "rebuild",
                                 "vector",  "leakage", "other"};
        size_t count = 6;
        for (unsigned l = 0; l < arch->level_count; l++) {
            bool known = false;
            for (size_t i = 0; i < count; i++)
                known = known || strcmp(names[i], arch->level[l].name) == 0;
            if (!known)
                names[count++] = arch->level[l].name;
        }
        assert_true(count > 7 && count < 40);
        together(names, count, entry->d_name, 0.08, 0.06);
        for (size_t i = 0; i < count; i++) {
            bool known = false;
            for (size_t j = 0; j < every_count; j++)
                known = known || strcmp(every[j], names[i]) == 0;
            assert_true(every_count < 100);
            if (!known)
                every[every_count++] = strdup(names[i]);
        }
        sdse_arena_free(arena);
        archs++;
    }
    closedir(folder);
    assert_true(archs > 15 && every_count > 35);
    // Bars of several accelerators share a legend.
    together((const char *const *)every, every_count, "in one legend", 0.035, 0.025);
    for (size_t i = 0; i < every_count; i++)
        free(every[i]);
}

static void parts_of_time_are_apart(void **state) {
    (void)state;
    static const char *const bottleneck[] = {
        "DRAM",        "GLB",         "compute", "rebuild", "vector",
        "first fills", "last drains", "ifmap",   "filter",  "psum"};
    static const char *const use[] = {"MAC", "unused", "vector", "waiting"};
    together(bottleneck, sizeof bottleneck / sizeof *bottleneck, "latency", 0.08, 0.06);
    together(use, sizeof use / sizeof *use, "utilisation", 0.08, 0.06);
    // Rare ones are at least no others' colour.
    static const char *const rare[] = {"static",  "clock",  "control",
                                       "refresh", "passes", "does not overlap"};
    static const char *const common[] = {"DRAM",   "GLB",     "MAC",     "rebuild",
                                         "vector", "leakage", "network", "other"};
    for (int t = 0; t < SDSE_THEMES; t++)
        for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
            for (size_t j = 0; j < sizeof common / sizeof *common; j++)
                apart(sdse_palette_component((enum sdse_plot_theme)t, rare[i]),
                      sdse_palette_component((enum sdse_plot_theme)t, common[j]),
                      rare[i], common[j], 0.05, 0.04);
}

// A colour follows from the name alone; networks are one.
static void names_have_one_colour(void **state) {
    (void)state;
    char copy[] = "my own buffer";
    for (int t = 0; t < SDSE_THEMES; t++) {
        const enum sdse_plot_theme theme = (enum sdse_plot_theme)t;
        assert_string_equal(sdse_palette_component(theme, copy),
                            sdse_palette_component(theme, "my own buffer"));
        seen_on_ground(sdse_palette_component(theme, copy), theme, copy);
        assert_string_equal(sdse_palette_component(theme, "GLB network"),
                            sdse_palette_component(theme, "network"));
        assert_string_equal(sdse_palette_component(theme, "compute"),
                            sdse_palette_component(theme, "MAC"));
        // Tensors as their buffers; no two alike.
        static const char *const buffers[] = {"wbuf", "ibuf", "output_gb"};
        for (unsigned i = 0; i < 3; i++)
            assert_string_equal(sdse_palette_tensor(theme, i),
                                sdse_palette_component(theme, buffers[i]));
    }
    assert_string_not_equal(sdse_palette_component(SDSE_THEME_LIGHT, "DRAM"),
                            sdse_palette_component(SDSE_THEME_DARK, "DRAM"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_figures_are_found),
        cmocka_unit_test(texts_and_categories_are_seen),
        cmocka_unit_test(steps_of_scales_are_seen),
        cmocka_unit_test(components_of_accelerators_are_apart),
        cmocka_unit_test(parts_of_time_are_apart),
        cmocka_unit_test(names_have_one_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
