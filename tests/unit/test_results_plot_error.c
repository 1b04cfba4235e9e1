// The plot of error against stored bits: agreed scripts, data that is what was given,
// fronts that nothing beats.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/look/plot/plot.h"
#include "support/plot_script.h"

enum { LAYERS = 10, FORMS = 4 };

static char directory[64];
static struct sdse_arena *arena;
static struct sdse_diags diags;
static bool have_gnuplot;

static int set_up(void **state) {
    (void)state;
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    snprintf(directory, sizeof directory, "plot-error-%ld", (long)getpid());
    have_gnuplot = system("gnuplot --version >/dev/null 2>&1") == 0;
    return mkdir(directory, 0755);
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    sdse_arena_free(arena);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command) == -1;
}

static const char *in_directory(const char *name) {
    return sdse_arena_printf(arena, "%s/%s", directory, name);
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot read %s", path);
    char *text = sdse_arena_alloc(arena, 1, 1 << 16);
    text[fread(text, 1, (1 << 16) - 1, file)] = '\0';
    fclose(file);
    return text;
}

// tests/golden/<name> is the script as agreed. To accept a change, look at the picture
// and run with SDSE_ACCEPT_GOLDEN=1.
static void is_golden(const char *script, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/%s", SDSE_SOURCE_DIR, name);
    const char *keep = getenv("SDSE_ACCEPT_GOLDEN");
    if (keep && *keep) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(read_file(script), file);
        fclose(file);
    }
    assert_string_equal(read_file(script), read_file(path));
}

// Ten layers of two kinds; form f takes 8, 4, 2, 1 bits per weight and errs 1, 4, 16,
// 64 %. Form 1 of layer 0 is beaten by form 2; layer 9 has no error under form 0.
static const char *const layers[LAYERS] = {"a", "b", "c", "d",     "e",
                                           "f", "g", "h", "it's ", "j"};
static const char *const kinds[LAYERS] = {"conv", "fc", "conv", "fc", "conv",
                                          "fc",   "fc", "fc",   "fc", "conv"};
static const char *const forms[FORMS] = {"c=8", "c=4", "c=2", "c=1"};
static struct sdse_error_point points[FORMS * LAYERS], totals[FORMS];

static struct sdse_error_plot plot_of(size_t layer_count, size_t form_count,
                                      const char *picture) {
    for (size_t f = 0; f < form_count; f++) {
        totals[f] = (struct sdse_error_point){
            .weights = 40960, .rel_error = 0.01 * (double)(1 << (2 * f))};
        for (size_t i = 0; i < layer_count; i++)
            points[f * layer_count + i] = (struct sdse_error_point){
                4096.0 * (double)(i + 1) * (8 >> f), 4096.0 * (double)(i + 1),
                i == 9 && f == 0 ? 0 : totals[f].rel_error * (1 + 0.1 * (double)i)};
        totals[f].stored_bits = 40960.0 * (8 >> f);
    }
    if (form_count > 2)
        points[layer_count].rel_error = 0.9;
    return (struct sdse_error_plot){.name = "net 'x'",
                                    .layer_count = layer_count,
                                    .form_count = form_count,
                                    .layers = layers,
                                    .kinds = kinds,
                                    .forms = forms,
                                    .points = points,
                                    .totals = totals,
                                    .picture = picture};
}

static void draw(const struct sdse_error_plot *plot) {
    const enum sdse_status status = sdse_plot_error(plot, arena, &diags);
    if (have_gnuplot)
        sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, have_gnuplot ? SDSE_OK : SDSE_MISSING_TOOL);
    struct stat picture;
    if (have_gnuplot)
        assert_int_equal(stat(plot->picture, &picture), 0);
    sdse_diags_init(&diags, arena);
}

static void scripts_are_as_agreed(void **state) {
    (void)state;
    struct sdse_error_plot plot = plot_of(LAYERS, FORMS, in_directory("grid.png"));
    draw(&plot);
    is_golden(in_directory("grid.png.gp"), "plot_error.gp");
    plot = plot_of(LAYERS, 1, in_directory("one.svg"));
    draw(&plot);
    is_golden(in_directory("one.svg.gp"), "plot_error_one.gp");
    plot = plot_of(1, FORMS, in_directory("layer.pdf"));
    draw(&plot);
    is_golden(in_directory("layer.pdf.gp"), "plot_error_layer.gp");
}

// Lines of block `index` of a data file: "x<TAB>error<TAB>..." each.
static size_t block(char *text, size_t index, double x[64], double error[64]) {
    char *at = text;
    for (size_t i = 0; i < index; i++) {
        at = strstr(at, "\n\n\n");
        assert_non_null(at);
        at += 3;
    }
    char *end = strstr(at, "\n\n\n");
    size_t count = 0;
    for (char *line = at; line && (!end || line < end);) {
        if (*line != '#' && *line != '\n' && *line) {
            assert_int_equal(sscanf(line, "%lf\t%lf", &x[count], &error[count]), 2);
            count++;
        }
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return count;
}

static void data_is_what_was_given(void **state) {
    (void)state;
    const struct sdse_error_plot plot =
        plot_of(LAYERS, FORMS, in_directory("data.png"));
    draw(&plot);
    char *text = plot_data(read_file(in_directory("data.png.gp")));
    assert_non_null(text);
    double x[64], error[64];
    // conv: layers a, c, e, j; one of their points has no error. fc: six layers.
    assert_int_equal(block(text, 0, x, error), 4 * FORMS - 1);
    assert_int_equal(block(text, 2, x, error), 6 * FORMS);
    assert_true(x[0] == 8 && error[0] > 1.0999 && error[0] < 1.1001);
    // Fronts: without the point that is beaten and the one without an error.
    assert_int_equal(block(text, 1, x, error), 4 * FORMS - 2);
    for (size_t i = 1; i < 3; i++) // the first layer's, by size
        assert_true(x[i] > x[i - 1] && error[i] < error[i - 1]);
    assert_true(error[0] > 63 && x[0] == 1 && x[1] == 2 && x[2] == 8);
    assert_int_equal(block(text, 4, x, error), FORMS);
    assert_int_equal(block(text, 5, x, error), FORMS);
    assert_true(x[0] == 5 && x[3] == 40); // KiB
}

// Names beside the front cover no setting: none stands where a name is written.
static void names_stand_clear_of_settings(void **state) {
    (void)state;
    enum { MANY = 40 };
    struct sdse_error_point crowd[MANY];
    const char *names[MANY];
    for (size_t f = 0; f < MANY; f++) {
        // A front of four; the others close beside it, at its right.
        const double row = (double)(f % 4), aside = (double)(f / 4);
        crowd[f] = (struct sdse_error_point){8192 * (10 + 10 * row + 3 * aside), 4096,
                                             0.5 - 0.1 * row + 0.003 * aside};
        names[f] = sdse_arena_printf(arena, "setting=%zu", f);
    }
    const struct sdse_error_plot plot = {.name = "crowd",
                                         .layer_count = 1,
                                         .form_count = MANY,
                                         .layers = layers,
                                         .kinds = kinds,
                                         .forms = names,
                                         .points = crowd,
                                         .totals = crowd,
                                         .picture = in_directory("crowd.png")};
    draw(&plot);
    char *text = plot_data(read_file(in_directory("crowd.png.gp")));
    assert_non_null(text);
    const char *at = strstr(text, "names beside it\n");
    assert_non_null(at);
    size_t count = 0;
    for (at = strchr(at, '\n') + 1; *at && *at != '\n'; at = strchr(at, '\n') + 1) {
        double x, y, text_x, text_y;
        assert_int_equal(sscanf(at, "%lf\t%lf\t\"%*[^\"]\"\t%lf\t%lf", &x, &y,
                                &text_x, &text_y),
                         4);
        for (size_t f = 0; f < MANY; f++) {
            // Eleven letters are more than 8 KiB wide here, a line 0.7 % high.
            const double right = crowd[f].stored_bits / 8192 - text_x;
            const double up = 100 * crowd[f].rel_error - text_y;
            if (right > 0 && right < 8 && up > -0.35 && up < 0.35)
                fail_msg("%s", text);
        }
        count++;
    }
    assert_true(count >= 2);
}

static void refuses_what_cannot_be_drawn(void **state) {
    (void)state;
    struct sdse_error_plot plot = plot_of(2, 1, in_directory("none.png"));
    points[0].rel_error = points[1].rel_error = totals[0].rel_error = 0;
    assert_int_equal(sdse_plot_error(&plot, arena, &diags), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "plot-empty"));
    plot = plot_of(2, 1, in_directory("none.gif"));
    assert_int_equal(sdse_plot_error(&plot, arena, &diags), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "plot-format"));
    plot = plot_of(2, 1, "no-such-folder/none.png");
    assert_int_equal(sdse_plot_error(&plot, arena, &diags), SDSE_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_are_as_agreed),
        cmocka_unit_test(data_is_what_was_given),
        cmocka_unit_test(names_stand_clear_of_settings),
        cmocka_unit_test(refuses_what_cannot_be_drawn),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
