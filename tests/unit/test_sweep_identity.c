// A sweep is the content of what it names: paths and links change nothing, names and
// changed files do, and what they replace is said.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dse/sweep/layer_problem.h"
#include "results/look/points.h"
#include "smartdeal/npy.h"
#include "support_sweep.h"

static void write_sweep(const char *file, const char *name, const char *network,
                        const char *arch) {
    char text[2000];
    snprintf(text, sizeof text,
             "name: %s\nworkloads: [%s]\narchs: [%s]\n"
             "weight_forms: [raw, {name: m, sparsity: 0.5}]\n",
             name, network, arch);
    sweep_write(file, text);
}

static int make_inputs(void **state) {
    if (sweep_begin(state))
        return -1;
    char path[256], net[1000];
    float weights[40];
    for (int i = 0; i < 40; i++)
        weights[i] = (float)(i % 7) - 3;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    snprintf(path, sizeof path, "%s", sweep_path("w.npy"));
    const enum sdse_status written =
        sdse_npy_write(NULL, path, 2, (const uint64_t[]){4, 10}, weights, &diags);
    sdse_arena_free(arena);
#define NET                                                           \
    "name: net\nsource: x\nlayers:\n  - {name: a, kind: fc, in: 10, " \
    "out_channels: 4, weights: \"%s\"}\n"
    snprintf(net, sizeof net, NET, "w.npy");
    sweep_write("relative.yaml", net);
    snprintf(net, sizeof net, NET, ".//./w.npy");
    sweep_write("longer.yaml", net);
    snprintf(net, sizeof net, NET, "./folder//link.npy");
    sweep_write("odd.yaml", net);
    return written || mkdir(sweep_path("folder"), 0777) ||
           symlink("../w.npy", sweep_path("folder/link.npy")) ||
           symlink("relative.yaml", sweep_path("link.yaml")) ||
           symlink("../arch.yaml", sweep_path("folder/link.yaml"));
}

// However files are found, the same bytes are exported, and no place of this machine.
static void paths_are_no_content(void **state) {
    (void)state;
    char absolute[300], folder[300];
    snprintf(absolute, sizeof absolute, "%s", sweep_path("arch.yaml"));
    snprintf(folder, sizeof folder, "%s", sweep_path(""));
    write_sweep("s0.yaml", "paths", "relative.yaml", "arch.yaml");
    write_sweep("s1.yaml", "paths", "./longer.yaml", absolute);
    write_sweep("s2.yaml", "paths", "odd.yaml", "folder/../arch.yaml");
    write_sweep("s3.yaml", "paths", "link.yaml", "folder/link.yaml");
    char *first = NULL;
    for (int i = 0; i < 4; i++) {
        char sweep[20], database[20];
        snprintf(sweep, sizeof sweep, "s%d.yaml", i);
        snprintf(database, sizeof database, "s%d.db", i);
        sweep_run(sweep, database);
        char *text = sweep_export(database);
        for (size_t end = strlen(folder); end && folder[end - 1] == '/';)
            folder[--end] = '\0';
        assert_null(strstr(text, folder));
        assert_null(strstr(text, ".yaml"));
        assert_null(strstr(text, ".npy"));
        if (first)
            assert_string_equal(text, first);
        else
            first = text;
        if (text != first)
            free(text);
        // One sweep in one file.
        assert_int_equal(sweep_run(sweep, "all.db").points_reused, i ? 2 : 0);
    }
    assert_int_equal(sweep_number("all.db", "SELECT count(*) FROM v_sweep"), 1);
    free(first);
}

static void a_name_is(void **state) {
    (void)state;
    write_sweep("one.yaml", "one", "net.yaml", "arch.yaml");
    write_sweep("two.yaml", "two", "net.yaml", "arch.yaml");
    sweep_run("one.yaml", "names.db");
    assert_int_equal(sweep_run("two.yaml", "names.db").points_reused, 2);
    char *names =
        sweep_ask("names.db", "SELECT sweep, version, newest, points_done FROM "
                              "v_sweep ORDER BY sweep");
    assert_string_equal(names, "one,1,1,2\ntwo,1,1,2\n");
    free(names);
    assert_int_equal(
        sweep_number("names.db", "SELECT count(DISTINCT sweep_hash) FROM v_sweep"), 2);
    assert_int_equal(sweep_number("names.db", "SELECT count(*) FROM v_point"), 2);
}

static size_t ok_points(const char *database, const struct sdse_filter *filter,
                        double *first_pj) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_reader *reader;
    struct sdse_points points;
    const enum sdse_metric metrics[] = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY};
    assert_int_equal(sdse_reader_open(sweep_path(database), &diags, &reader), SDSE_OK);
    assert_int_equal(
        sdse_points_load(reader, filter, metrics, 2, arena, &diags, &points), SDSE_OK);
    const size_t count = points.count;
    *first_pj = count ? points.v[0] : 0;
    sdse_reader_close(reader);
    sdse_arena_free(arena);
    return count;
}

// A network that changes makes another version of the sweep, whichever it is; going
// back makes none.
static void every_content_counts(void **state) {
    (void)state;
#define ONE(name, columns)                                                     \
    "name: " name "\nsource: x\nlayers:\n  - {name: a, kind: fc, in: " columns \
    ", out_channels: 4}\n"
    sweep_write("both.yaml", "name: both\nworkloads: [p.yaml, q.yaml]\n"
                             "archs: [arch.yaml]\nweight_forms: [raw]\n");
    static const char *const contents[][2] = {{ONE("p", "10"), ONE("q", "10")},
                                              {ONE("p", "12"), ONE("q", "10")},
                                              {ONE("p", "12"), ONE("q", "12")},
                                              {ONE("p", "10"), ONE("q", "10")}};
    static const double versions[] = {1, 2, 3, 3}, newest[] = {1, 2, 3, 1};
    for (int i = 0; i < 4; i++) {
        sweep_write("p.yaml", contents[i][0]);
        sweep_write("q.yaml", contents[i][1]);
        sweep_run("both.yaml", "both.db");
        assert_true(sweep_number("both.db", "SELECT count(*) FROM v_sweep") ==
                    versions[i]);
        assert_true(
            sweep_number("both.db", "SELECT version FROM v_sweep WHERE newest") ==
            newest[i]);
        assert_true(sweep_number("both.db", "SELECT count(*) FROM v_point WHERE NOT "
                                            "superseded") == 2);
    }
}

// Other forms, parameters and objectives are other designs: later sweeps of them
// replace nothing.
static void other_designs_stand_beside(void **state) {
    (void)state;
    static const char *const rests[] = {
        "weight_forms: [raw]", "weight_forms: [{name: m, sparsity: 0.5}]",
        "override: {GLB.read_pj: 7}", "override: {GLB.read_pj: 8}",
        "objective: energy"};
    enum { RESTS = sizeof rests / sizeof *rests };
    for (int i = 0; i < RESTS; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "name: s%d\nworkloads: [relative.yaml]\narchs: [arch.yaml]\n%s\n", i,
                 rests[i]);
        sweep_write("beside.yaml", text);
        sweep_run("beside.yaml", "beside.db");
    }
    assert_true(sweep_number("beside.db", "SELECT count(*) FROM v_point") == RESTS);
    assert_true(sweep_number("beside.db",
                             "SELECT count(*) FROM v_point WHERE superseded") == 0);
}

// An accelerator that changes under its name: the old points are history.
static void changed_content_supersedes(void **state) {
    (void)state;
    double old_pj, new_pj, pj;
    write_sweep("s.yaml", "s", "net.yaml", "a.yaml");
    write_sweep("t.yaml", "t", "net.yaml", "a.yaml");
    sweep_write("a.yaml", SWEEP_ARCH("a", "8", "400"));
    sweep_run("s.yaml", "old.db");
    assert_int_equal(ok_points("old.db", &(struct sdse_filter){0}, &old_pj), 2);
    sweep_write("a.yaml", SWEEP_ARCH("a", "0.25", "400"));
    sweep_run("s.yaml", "old.db");
    char *versions =
        sweep_ask("old.db", "SELECT version, newest FROM v_sweep ORDER BY 1");
    assert_string_equal(versions, "1,0\n2,1\n");
    free(versions);
    assert_int_equal(ok_points("old.db", &(struct sdse_filter){0}, &new_pj), 2);
    assert_true(new_pj != old_pj);
    assert_int_equal(
        ok_points("old.db", &(struct sdse_filter){.superseded = true}, &pj), 4);
    assert_int_equal(ok_points("old.db", &(struct sdse_filter){.sweep = "s"}, &pj), 2);
    assert_true(pj == new_pj);
    assert_int_equal(ok_points("old.db",
                               &(struct sdse_filter){.sweep = "s", .sweep_version = 1},
                               &pj),
                     2);
    assert_true(pj == old_pj);
    // The first content again: its version counts again.
    sweep_write("a.yaml", SWEEP_ARCH("a", "8", "400"));
    assert_int_equal(sweep_run("s.yaml", "old.db").points_reused, 2);
    assert_int_equal(ok_points("old.db", &(struct sdse_filter){0}, &pj), 2);
    assert_true(pj == old_pj);
    // Another sweep's newer points of the same names replace those of this one, too.
    sweep_write("a.yaml", SWEEP_ARCH("a", "0.25", "400"));
    sweep_run("t.yaml", "old.db");
    assert_int_equal(ok_points("old.db", &(struct sdse_filter){0}, &pj), 2);
    assert_true(pj == new_pj);
    assert_int_equal(ok_points("old.db", &(struct sdse_filter){.sweep = "s"}, &pj), 2);
    assert_true(pj == old_pj);
}

static void designs_of_one_name_are_refused(void **state) {
    (void)state;
    sweep_write("twin.yaml", SWEEP_ARCH("small", "4", "400"));
    sweep_write("net2.yaml", SWEEP_NET);
    sweep_write("twins.yaml", "name: twins\nworkloads:\n  - net.yaml\n  - net2.yaml\n"
                              "archs: [arch.yaml,\n  twin.yaml]\n");
    struct sdse_sweep_progress progress;
    char *said;
    const struct sdse_sweep_request request = {.sweep_path = sweep_path("twins.yaml"),
                                               .database_path = sweep_path("twins.db")};
    assert_int_equal(sweep_try(&request, &progress, &said), SDSE_INVALID);
    assert_non_null(
        strstr(said, "twins.yaml:4:5: error: two networks are called 'tiny'"));
    assert_non_null(
        strstr(said, "twins.yaml:6:3: error: two accelerators are called 'small'"));
    assert_non_null(strstr(said, "[duplicate-name]"));
    assert_int_not_equal(access(sweep_path("twins.db"), F_OK), 0);
    free(said);
}

// --- Layer problems ---

struct asked {
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_activations activations;
    struct sdse_weight_form form;
    struct sdse_weight_digits words;
    double channels[4];
};

static void ask(struct asked *a) {
    *a = (struct asked){.layer = {.name = "l",
                                  .kind = SDSE_CONV,
                                  .nest = {.bound = {1, 2, 4, 5, 6, 3, 3, 1},
                                           .stride = {1, 1},
                                           .dilation = {1, 1},
                                           .pad = {1, 1},
                                           .map = {5, 6}},
                                  .repeat = 1,
                                  .in_height = 5,
                                  .in_width = 6,
                                  .density = {0.5, 0.5, 1}},
                        .activations = {.mark = "assumed",
                                        .bits = 8,
                                        .is_signed = true,
                                        .density = 0.5,
                                        .rows_known = true,
                                        .row_density = 0.75,
                                        .channels = 4,
                                        .bins = {3, 3, 3},
                                        .digits = {{2, 1, 1}, {2, 1, 1}, {2, 1, 1}}},
                        .form = {.smartdeal = true,
                                 .basis_size = 3,
                                 .rows = 12,
                                 .rows_per_block = 12,
                                 .blocks = 2,
                                 .density = 0.5,
                                 .row_density = 0.75,
                                 .coefficient_bits_total = 10,
                                 .basis_bits_total = 20,
                                 .index_bits_total = 30},
                        .words = {.mark = "assumed",
                                  .bits = 8,
                                  .bins = {3, 0, 3},
                                  .digits = {{4, 3, 1}, {0}, {4, 3, 1}}},
                        .channels = {0.5, 0.5, 0.5, 0.5}};
    a->arch.level_count = 1;
    a->arch.engine_count = 1;
    a->activations.channel_density = a->channels;
    a->layer.activations = &a->activations;
}

// Whatever an engine may make use of makes another problem; a name does not.
static void every_statistic_counts(void **state) {
    (void)state;
    enum { SAME = 3, CHANGES = 45 };
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_layer_problem_table *table = sdse_layer_problem_table_new(arena);
    const struct sdse_hash search = {1, 2};
    for (int i = 0; i < CHANGES; i++) {
        struct asked *a = SDSE_ARENA_NEW(arena, struct asked);
        ask(a);
        struct sdse_nest *nest = &a->layer.nest;
        struct sdse_activations *known = &a->activations;
        switch (i) {
        case 1:
            a->layer.name = "other";
            break;
        case 2:
            a->layer.repeat = 7;
            break;
        case 3:
            nest->bound[SDSE_K] = 3;
            break;
        case 4:
            nest->bound[SDSE_C] = 2;
            break;
        case 5:
            nest->bound[SDSE_N] = 2;
            break;
        case 6:
            nest->pad[0] = 0;
            break;
        case 7:
            nest->stride[0] = 2;
            break;
        case 8:
            nest->dilation[1] = 2;
            break;
        case 9:
            nest->map[0] = 6;
            break;
        case 10:
            a->layer.in_height = 6;
            break;
        case 11:
            a->layer.in_width = 7;
            break;
        case 12:
            a->layer.density[SDSE_WEIGHTS] = 0.25;
            break;
        case 13:
            a->layer.density[SDSE_INPUTS] = 0.25;
            break;
        case 14:
            a->layer.density[SDSE_OUTPUTS] = 0.25;
            break;
        case 15:
            a->layer.activations = NULL;
            break;
        case 16:
            known->bits = 7;
            break;
        case 17:
            known->is_signed = false;
            break;
        case 18:
            known->density = 0.4;
            break;
        case 19:
            known->rows_known = false;
            break;
        case 20:
            known->row_density = 0.8;
            break;
        case 21:
            known->digits[SDSE_ENCODING_PLAIN][1] = 3;
            break;
        case 22:
            known->digits[SDSE_ENCODING_BOOTH4][2] = 3;
            break;
        case 23:
            known->digits[SDSE_ENCODING_CSD][0] = 3;
            break;
        case 24:
            known->bins[SDSE_ENCODING_CSD] = 0;
            break;
        case 25:
            a->channels[3] = 0.25;
            break;
        case 26:
            a->form.smartdeal = false;
            break;
        case 27:
            a->form.density = 0.4;
            break;
        case 28:
            a->form.row_density = 0.8;
            break;
        case 29:
            a->form.rows_per_block = 6;
            break;
        case 30:
            a->form.coefficient_bits_total = 11;
            break;
        case 31:
            a->form.basis_bits_total = 21;
            break;
        case 32:
            a->form.index_bits_total = 31;
            break;
        case 33:
            a->form.basis_size = 2;
            break;
        case 34:
            a->form.prune_group = 2;
            break;
        case 35:
            a->form.rows = 9;
            break;
        case 36:
            a->form.blocks = 4;
            break;
        case 37: // what was measured for a group
            a->form.sharing = (struct sdse_sharing){1, 2};
            a->form.joint_row_density = 0.75;
            break;
        case 38:
            a->form.sharing = (struct sdse_sharing){2, 2};
            a->form.joint_row_density = 0.75;
            break;
        case 39:
            a->form.sharing = (struct sdse_sharing){2, 4};
            a->form.joint_row_density = 0.75;
            break;
        case 40:
            a->form.sharing = (struct sdse_sharing){2, 4};
            a->form.joint_row_density = 0.875;
            break;
        case 41:
        case 42:
        case 43:
        case 44:
            a->layer.weight_digits = &a->words;
            a->words.bits = i == 42 ? 7 : 8;
            a->words.digits[0][1] = i == 43 ? 2 : 3;
            a->words.digits[2][2] = i == 44 ? 2 : 1;
            break;
        default:
            break;
        }
        bool is_new;
        assert_non_null(sdse_layer_problem_get(table, &a->arch, search, &a->layer,
                                               &a->form, &is_new));
        if (is_new != (i == 0 || i >= SAME))
            fail_msg("change %d: %s", i,
                     is_new ? "another problem" : "the same problem");
        // Asked again it is no other.
        assert_non_null(sdse_layer_problem_get(table, &a->arch, search, &a->layer,
                                               &a->form, &is_new));
        assert_false(is_new);
    }
    sdse_arena_free(arena);
}

// Rows that are zero are another problem where a memory codes rebuilt words, and where
// an engine may skip them; elsewhere they are none.
static void rows_count_where_they_are_seen(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_layer_problem_table *table = sdse_layer_problem_table_new(arena);
    for (unsigned coded = 0; coded <= 3; coded++) {
        for (int engine = 0; engine < 2; engine++) {
            const struct sdse_hash search = {coded, (uint64_t)engine};
            bool is_new[2];
            for (int rows = 0; rows < 2; rows++) {
                struct asked *a = SDSE_ARENA_NEW(arena, struct asked);
                ask(a);
                a->arch.level_count = 4;
                a->arch.engine_count = (unsigned)engine;
                a->arch.rebuild.below_level = 1;
                a->arch.level[coded].format[SDSE_WEIGHTS].compression = SDSE_BITMAP;
                a->form.row_density = rows ? 0.875 : 0.75;
                assert_non_null(sdse_layer_problem_get(
                    table, &a->arch, search, &a->layer, &a->form, &is_new[rows]));
            }
            assert_true(is_new[0]);
            assert_int_equal(is_new[1], engine || coded >= 2);
        }
    }
    sdse_arena_free(arena);
}

// Memories that code inputs expect what is known of them, engines or not.
static void known_inputs_count_without_engines(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_layer_problem_table *table = sdse_layer_problem_table_new(arena);
    const struct sdse_hash search = {1, 2};
    for (int i = 0; i < 4; i++) {
        struct asked *a = SDSE_ARENA_NEW(arena, struct asked);
        bool is_new;
        ask(a);
        a->arch.engine_count = 0;
        a->activations.density = i == 1 ? 0.25 : 0.5;
        a->activations.row_density = i == 2 ? 0.8 : 0.75; // of engines alone
        a->layer.density[SDSE_INPUTS] = i == 3 ? 0.9 : 0.5;
        assert_non_null(sdse_layer_problem_get(table, &a->arch, search, &a->layer,
                                               &a->form, &is_new));
        assert_int_equal(is_new, i < 2);
    }
    sdse_arena_free(arena);
}

// Forms that differ in the digits of their words only are problems of their own, on
// accelerators with engines.
static void digits_of_a_form_are_a_problem(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_layer_problem_table *table = sdse_layer_problem_table_new(arena);
    const struct sdse_arch arch = {.engine_count = 1};
    const struct sdse_layer layer = {.name = "l",
                                     .kind = SDSE_FC,
                                     .nest = {.bound = {1, 1, 1, 1, 1, 1, 1, 1},
                                              .stride = {1, 1},
                                              .dilation = {1, 1}}};
    struct sdse_weight_form form[6];
    for (unsigned i = 0; i < 6; i++)
        form[i] = (struct sdse_weight_form){.smartdeal = true,
                                            .digit_bits = 8,
                                            .digit_encoding = SDSE_ENCODING_CSD,
                                            .digit_words = {1, 2, 3, [17] = 4}};
    form[1].digit_bits = 7;
    form[2].digit_encoding = SDSE_ENCODING_PLAIN;
    form[3].digit_words[1] = 2.5;
    form[4].digit_words[17] = 5;
    form[5].digit_bits = 0;
    assert_non_null(table);
    for (unsigned turn = 0; turn < 2; turn++)
        for (unsigned i = 0; i < 6; i++) {
            bool is_new;
            assert_non_null(sdse_layer_problem_get(table, &arch, (struct sdse_hash){0},
                                                   &layer, &form[i], &is_new));
            assert_int_equal(is_new, turn == 0);
        }
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_no_content),
        cmocka_unit_test(a_name_is),
        cmocka_unit_test(every_content_counts),
        cmocka_unit_test(other_designs_stand_beside),
        cmocka_unit_test(changed_content_supersedes),
        cmocka_unit_test(designs_of_one_name_are_refused),
        cmocka_unit_test(every_statistic_counts),
        cmocka_unit_test(rows_count_where_they_are_seen),
        cmocka_unit_test(digits_of_a_form_are_a_problem),
        cmocka_unit_test(known_inputs_count_without_engines),
    };
    return cmocka_run_group_tests(tests, make_inputs, sweep_end);
}
