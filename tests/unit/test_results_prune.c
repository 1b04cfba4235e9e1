// Pruning against building anew: files of random sweeps, versions and tags are pruned
// at random; a file made from what a naive model says is left must be the same, alone
// and merged with others in any order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>

#include "results/keep/prune.h"
#include "results/keep/rename.h"
#include "results/keep/tag.h"
#include "results/look/export.h"
#include "results/look/query.h"
#include "results/store/merge.h"
#include "results/store/verify.h"
#include "support/results_fixture.h"

enum {
    ARCHS = 6,
    NETS = 4,
    FORMS = 3,
    POINTS = ARCHS * NETS * FORMS,
    NAMES = 3, // of sweeps
    MOST_SWEEPS = 7,
    MOST_PLACES = 10,
    TAGS = 3,
    FILES = 3,
    NONE = -1,
};

static const char *const sweep_names[NAMES] = {"first", "second", "third one: x"};
static const char *const tag_names[TAGS] = {"paper", "it's", "draft"};
// Two accelerators of each name, and of the last network, differ in content alone.
static const char *const arch_names[ARCHS] = {"eyeriss", "eyeriss", "simba",
                                              "simba",   "simba",   "tpu"};
static const char *const net_names[NETS] = {"net-a", "net-b", "net-c", "net-c"};
static const char *const form_names[FORMS] = {"raw", "sd-half", "sd-less"};

// ---- the model: what is in a file ----

struct sweep {
    int name;
    unsigned made_of;       // tells versions apart
    unsigned turn;          // the larger, the later it ran
    int count;              // places planned
    int point[MOST_PLACES]; // NONE: not done
    bool net[NETS], form[FORMS];
};

struct file {
    int count;
    struct sweep sweep[MOST_SWEEPS];
    bool tag[TAGS][POINTS];
    bool net[NETS];  // networks that are in it
    unsigned minute; // no two runs begin at once
};

static bool is_newest(const struct file *file, int s) {
    for (int i = 0; i < file->count; i++)
        if (file->sweep[i].name == file->sweep[s].name &&
            file->sweep[i].turn > file->sweep[s].turn)
            return false;
    return true;
}

static unsigned version_of(const struct file *file, int s) {
    unsigned version = 1;
    for (int i = 0; i < s; i++)
        version += file->sweep[i].name == file->sweep[s].name;
    return version;
}

static bool is_tagged(const struct file *file, int point, int but) {
    for (int t = 0; t < TAGS; t++)
        if (t != but && file->tag[t][point])
            return true;
    return false;
}

static bool has_point(const struct sweep *sweep, int point) {
    for (int i = 0; i < sweep->count; i++)
        if (sweep->point[i] == point)
            return true;
    return false;
}

struct choice {
    int name; // NONE: not by sweep
    unsigned version;
    int tag; // NONE: not by tag
};

static bool is_complete(const struct sweep *sweep) { return !has_point(sweep, NONE); }

// Networks that points have, and those of a name in a sweep that is not complete.
static void drop_networks(struct file *file) {
    bool kept[NETS] = {false};
    for (int s = 0; s < file->count; s++) {
        const struct sweep *sweep = &file->sweep[s];
        for (int n = 0; n < NETS; n++) {
            for (int i = 0; i < sweep->count; i++)
                kept[n] |=
                    sweep->point[i] != NONE && sweep->point[i] / FORMS % NETS == n;
            for (int m = 0; m < NETS; m++)
                kept[n] |= !is_complete(sweep) && sweep->net[m] && file->net[n] &&
                           strcmp(net_names[n], net_names[m]) == 0;
        }
    }
    memcpy(file->net, kept, sizeof kept);
}

static void prune_model(struct file *file, struct choice choice) {
    bool chosen[MOST_SWEEPS] = {false}, goes[MOST_SWEEPS][MOST_PLACES] = {{false}};
    for (int s = 0; s < file->count; s++) {
        const struct sweep *sweep = &file->sweep[s];
        chosen[s] = choice.name != NONE
                        ? sweep->name == choice.name &&
                              (!choice.version || version_of(file, s) == choice.version)
                        : !is_newest(file, s);
        if (choice.tag == NONE)
            continue;
        chosen[s] = false;
        for (int p = 0; p < POINTS; p++)
            chosen[s] |= file->tag[choice.tag][p] && has_point(sweep, p);
    }
    for (int s = 0; s < file->count; s++) {
        for (int i = 0; i < file->sweep[s].count; i++) {
            const int point = file->sweep[s].point[i];
            bool elsewhere = false;
            if (!chosen[s] || point == NONE ||
                (choice.tag != NONE && !file->tag[choice.tag][point]))
                continue;
            for (int o = 0; o < file->count; o++)
                elsewhere |= !chosen[o] && has_point(&file->sweep[o], point);
            goes[s][i] = elsewhere || !is_tagged(file, point, choice.tag);
        }
    }
    int kept = 0;
    for (int s = 0; s < file->count; s++) {
        bool any = false;
        for (int i = 0; i < file->sweep[s].count; i++) {
            if (goes[s][i])
                file->sweep[s].point[i] = NONE;
            any |= file->sweep[s].point[i] != NONE;
        }
        if (any || !chosen[s])
            file->sweep[kept++] = file->sweep[s];
    }
    file->count = kept;
    if (choice.tag != NONE)
        memset(file->tag[choice.tag], 0, sizeof file->tag[choice.tag]);
    drop_networks(file);
}

// ---- a file from the model ----

static struct sdse_arena *arena;
static struct sdse_diags diags;

static struct sdse_hash text_hash(const char *text) {
    return sdse_hash_bytes(text, strlen(text));
}

// A long text, of which accelerators of one name differ in a line or many.
static const char *arch_text(int arch) {
    static char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "name: %s\n", arch_names[arch]);
    for (int i = 0; i < 40; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "line %d: %d\n", i,
                                 i == 7 || (arch == 4 && i > 5) ? arch : 0);
    return text;
}

static const char *net_text(int net) {
    static char text[64];
    snprintf(text, sizeof text, "name: %s\nsize: %d\n", net_names[net], net);
    return text;
}

static struct sdse_hash form_hash(int form) {
    return sdse_hash_join(text_hash("a form"), text_hash(form_names[form]));
}

static const char *sweep_text(const struct sweep *sweep) {
    static char text[512];
    size_t used =
        (size_t)snprintf(text, sizeof text, "name: %s\n", sweep_names[sweep->name]);
    for (int n = 0; n < NETS; n++)
        if (sweep->net[n])
            used += (size_t)snprintf(text + used, sizeof text - used, "  - %s\n",
                                     net_names[n]);
    for (int f = 0; f < FORMS; f++)
        if (sweep->form[f])
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "  - {name: %s}\n", form_names[f]);
    snprintf(text + used, sizeof text - used, "# made of %u\n", sweep->made_of);
    return text;
}

static void add_input(struct sdse_store *store, struct sdse_hash hash,
                      enum sdse_input_kind kind, const char *name, const char *text) {
    const struct sdse_input_record input = {hash, kind, name, text};
    assert_int_equal(sdse_store_add_input(store, &input), SDSE_OK);
}

static struct sdse_hash point_hash(int point) {
    return fixture_hash("pruned point", (uint64_t)point);
}

static void add_layer(struct sdse_store *store, int point, int layer,
                      struct sdse_point_record *record, struct sdse_layer_record *row) {
    const int form = point % FORMS, net = point / FORMS % NETS,
              arch = point / FORMS / NETS;
    // The second layer of both contents of a network is one problem.
    const uint64_t seed =
        (uint64_t)(arch * 100 + (layer ? net - (net == 3) : net) * 10 + layer);
    struct sdse_arch made;
    struct sdse_cost cost;
    fixture_arch((unsigned)arch % FIXTURE_ARCHS, &made);
    made.level[1].fill_pj.origin.text = arch % 2 ? "a fill" : "another fill";
    made.level[2].update_pj.origin.text = arch > 3 ? "an update" : "another update";
    fixture_cost(&made, seed, &cost);
    struct sdse_front_element elements[] = {
        {cost.energy_pj, cost.latency_cycles, "DRAM: K4 P2"},
        {cost.energy_pj * 1.5, cost.latency_cycles / 2, "DRAM: K2 P4"}};
    const struct sdse_front_record front = {
        .hash = fixture_hash("front", seed), .count = 2, .elements = elements};
    const struct sdse_solution_record solution = {.hash =
                                                      fixture_hash("solution", seed),
                                                  .front = front.hash,
                                                  .has_front = true,
                                                  .mapping = elements[0].mapping,
                                                  .arch = &made,
                                                  .cost = &cost};
    const struct sdse_form_record weights = {
        .hash = fixture_hash("weights", (uint64_t)(form * 10 + layer)),
        .form = {.basis_size = 3, .density = 1, .row_density = 1, .rel_error = -1},
        .weight_bits = 8 * (form + 1),
        .weight_norm = (double)NAN,
        .sqnr_db = (double)NAN,
        .joint_row_density_32 = (double)NAN,
        .joint_row_density_64 = (double)NAN};
    assert_int_equal(sdse_store_add_front(store, &front), SDSE_OK);
    assert_int_equal(sdse_store_add_solution(store, &solution), SDSE_OK);
    assert_int_equal(sdse_store_add_form(store, &weights), SDSE_OK);
    *row = (struct sdse_layer_record){.name = layer ? "b" : "a",
                                      .kind = SDSE_CONV,
                                      .repeat = 1,
                                      .solution = solution.hash,
                                      .form = weights.hash,
                                      .has_form = true};
    record->energy_pj += cost.energy_pj;
    record->latency_cycles += cost.latency_cycles;
}

static void add_point(struct sdse_store *store, int point, struct sdse_hash sweep,
                      int position) {
    const int form = point % FORMS, net = point / FORMS % NETS,
              arch = point / FORMS / NETS;
    const bool fits = point % 11 != 5;
    struct sdse_layer_record layers[2];
    char value[16];
    const struct sdse_parameter parameter = {"GLB.banks", value};
    snprintf(value, sizeof value, "%d", arch);
    const char *text = arch_text(arch);
    struct sdse_point_record record = {.hash = point_hash(point),
                                       .sweep = sweep,
                                       .position = (uint64_t)position,
                                       .status =
                                           fits ? SDSE_POINT_OK : SDSE_POINT_INFEASIBLE,
                                       .reason = fits ? NULL : "it is too small",
                                       .arch = text_hash(text),
                                       .workload = text_hash(net_text(net)),
                                       .form = form_hash(form),
                                       .arch_name = arch_names[arch],
                                       .workload_name = net_names[net],
                                       .form_name = form_names[form],
                                       .parameter_count = 1,
                                       .parameters = &parameter,
                                       .area_mm2 = 1 + arch,
                                       .weight_bits = 16,
                                       .compression = 2,
                                       .rel_error = (double)NAN,
                                       .accuracy = (double)NAN,
                                       .output_error = (double)NAN,
                                       .output_sqnr_db = (double)NAN,
                                       .best_class_agreement = (double)NAN,
                                       .layer_count = fits ? 2 : 0,
                                       .layers = layers};
    add_input(store, record.arch, SDSE_INPUT_ARCH, arch_names[arch], text);
    for (int l = 0; fits && l < 2; l++)
        add_layer(store, point, l, &record, &layers[l]);
    record.latency_s = (double)record.latency_cycles * 2e-9;
    record.edp_pj_s = record.energy_pj * record.latency_s;
    const struct sdse_front_element front = {record.energy_pj, record.latency_cycles,
                                             NULL};
    record.front = &front;
    record.front_count = record.front_elements = fits ? 1 : 0;
    assert_int_equal(sdse_store_add_point(store, &record), SDSE_OK);
}

static void add_sweep_row(struct sdse_store *store, const struct sweep *sweep) {
    const struct sdse_sweep_record record = {.hash = text_hash(sweep_text(sweep)),
                                             .name = sweep_names[sweep->name],
                                             .point_count = (uint64_t)sweep->count};
    assert_int_equal(sdse_store_add_sweep(store, &record), SDSE_OK);
}

static void add_sweep(struct sdse_store *store, const struct sweep *sweep,
                      unsigned minute) {
    const struct sdse_hash hash = text_hash(sweep_text(sweep));
    add_input(store, hash, SDSE_INPUT_SWEEP, sweep_names[sweep->name],
              sweep_text(sweep));
    for (int f = 0; f < FORMS; f++)
        if (sweep->form[f])
            add_input(store, form_hash(f), SDSE_INPUT_FORM, form_names[f], "a form");
    add_sweep_row(store, sweep);
    for (int i = 0; i < sweep->count; i++)
        if (sweep->point[i] != NONE)
            add_point(store, sweep->point[i], hash, i);
    char started[32];
    snprintf(started, sizeof started, "2026-01-01T00:%02u:%02uZ", minute, sweep->turn);
    const struct sdse_run_record run = {.sweep = hash,
                                        .started = started,
                                        .threads = 1,
                                        .log10_mappings = (double)NAN,
                                        .outcome = "complete"};
    assert_int_equal(sdse_store_add_run(store, &run), SDSE_OK);
}

static void build(const char *path, const struct file *file) {
    fixture_remove(path);
    struct sdse_store *store = fixture_open(path);
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    for (int n = 0; n < NETS; n++)
        if (file->net[n])
            add_input(store, text_hash(net_text(n)), SDSE_INPUT_WORKLOAD, net_names[n],
                      net_text(n));
    for (int s = 0; s < file->count; s++)
        add_sweep(store, &file->sweep[s], file->minute);
    for (unsigned turn = 0; turn < 60; turn++) // the order in which they ran last
        for (int s = 0; s < file->count; s++)
            if (file->sweep[s].turn == turn)
                add_sweep_row(store, &file->sweep[s]);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    for (int t = 0; t < TAGS; t++) {
        struct sdse_hash points[POINTS];
        size_t count = 0;
        uint64_t changed;
        for (int p = 0; p < POINTS; p++)
            if (file->tag[t][p])
                points[count++] = point_hash(p);
        assert_int_equal(sdse_tag_add(store, tag_names[t], points, count, &changed),
                         SDSE_OK);
        assert_int_equal(changed, count);
    }
    sdse_store_close(store);
}

// ---- what a file says ----

static void ask(struct sdse_reader *reader, const char *sql, FILE *out) {
    struct sdse_table *table = NULL;
    assert_int_equal(sdse_query_run(reader, sql, arena, &diags, &table), SDSE_OK);
    assert_int_equal(sdse_table_write(table, SDSE_TABLE_CSV, out), SDSE_OK);
}

// The export; what it leaves out; and that all is whole.
static char *read_all(const char *path) {
    struct sdse_reader *reader = NULL;
    assert_int_equal(sdse_reader_open(path, &diags, &reader), SDSE_OK);
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sdse_export_write(reader, out, &diags), SDSE_OK);
    ask(reader,
        "SELECT tag, point_hash FROM v_tag JOIN v_point USING (point_id) ORDER BY 1, 2",
        out);
    ask(reader, "SELECT sweep_hash, newest, points_done FROM v_sweep ORDER BY 1", out);
    ask(reader, "SELECT point_hash, superseded FROM v_point ORDER BY 1", out);
    ask(reader,
        "SELECT s.hash, started FROM run_log JOIN sweep s USING (sweep_id) ORDER BY 1, "
        "2",
        out);
    ask(reader, "SELECT mark, text FROM origin ORDER BY 1, 2", out);
    ask(reader,
        "SELECT count(*) FROM text_line WHERE line_id NOT IN (SELECT line_id FROM "
        "input_line)",
        out);
    ask(reader, "SELECT text FROM mapping_text ORDER BY 1", out);
    fclose(out);
    if (sdse_verify_stored(reader, &diags) != SDSE_OK)
        fail_msg("%s: %s", path, diags.first ? diags.first->message : "?");
    sdse_reader_close(reader);
    return text;
}

static void assert_same(const char *a, const char *b, unsigned number) {
    char *one = read_all(a), *other = read_all(b);
    size_t i = 0;
    while (one[i] && one[i] == other[i])
        i++;
    if (one[i] || other[i]) {
        size_t from = i;
        while (from && one[from - 1] != '\n')
            from--;
        fail_msg("case %u:\n%.300s\nbut built anew:\n%.300s", number, one + from,
                 other + from);
    }
    free(one);
    free(other);
}

static void merge(const char *out, char paths[FILES][128], unsigned rotate,
                  bool reverse) {
    struct sdse_reader *readers[FILES];
    struct sdse_merged merged;
    fixture_remove(out);
    for (unsigned i = 0; i < FILES; i++) {
        const unsigned f = (reverse ? FILES - 1 - i : i) + rotate;
        assert_int_equal(sdse_reader_open(paths[f % FILES], &diags, &readers[i]),
                         SDSE_OK);
    }
    struct sdse_store *store = fixture_open(out);
    assert_int_equal(sdse_merge(store, readers, FILES, &diags, &merged), SDSE_OK);
    sdse_store_close(store);
    for (unsigned i = 0; i < FILES; i++)
        sdse_reader_close(readers[i]);
}

// ---- cases ----

static uint64_t state;

static unsigned draw(unsigned below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % below);
}

static void draw_sweep(struct sweep *sweep, unsigned turn) {
    *sweep = (struct sweep){.name = (int)draw(NAMES),
                            .made_of = draw(4),
                            .turn = turn,
                            .count = 1 + (int)draw(MOST_PLACES)};
    const bool complete = draw(3) > 0;
    // Networks of one name and other content are only in sweeps that are complete.
    const unsigned nets = complete ? NETS : 2;
    for (int i = 0; i < sweep->count; i++) {
        const unsigned net = draw(nets), form = draw(FORMS);
        const unsigned point = (draw(ARCHS) * NETS + net) * FORMS + form;
        const bool done = complete || draw(2);
        sweep->point[i] = done && !has_point(sweep, (int)point) ? (int)point : NONE;
        sweep->net[net] = sweep->form[form] = true;
    }
    for (int i = 0; complete && i < sweep->count; i++) // as many as are there
        if (sweep->point[i] == NONE)
            sweep->point[i--] = sweep->point[--sweep->count];
    if (complete) {
        memset(sweep->net, 0, sizeof sweep->net);
        memset(sweep->form, 0, sizeof sweep->form);
    }
    for (int i = 0; complete && i < sweep->count; i++) {
        sweep->net[sweep->point[i] / FORMS % NETS] = true;
        sweep->form[sweep->point[i] % FORMS] = true;
    }
    // Its content names it.
    sweep->made_of = sweep->made_of * 16 + (unsigned)sweep->count;
    for (int i = 0; i < sweep->count; i++)
        sweep->made_of = sweep->made_of * 131 + (unsigned)sweep->point[i] + 1;
}

static void draw_file(struct file *file, unsigned minute) {
    *file = (struct file){.count = 1 + (int)draw(MOST_SWEEPS), .minute = minute};
    unsigned turns[60];
    for (unsigned i = 0; i < 60; i++)
        turns[i] = i;
    for (unsigned i = 59; i; i--) {
        const unsigned j = draw(i + 1), other = turns[i];
        turns[i] = turns[j];
        turns[j] = other;
    }
    for (int s = 0; s < file->count; s++)
        draw_sweep(&file->sweep[s], turns[s]);
    for (int s = 0; s < file->count; s++)
        for (int n = 0; n < NETS; n++)
            file->net[n] |= file->sweep[s].net[n];
    for (int t = 0; t < TAGS; t++)
        for (int s = 0; s < file->count; s++)
            for (int i = 0; i < file->sweep[s].count; i++)
                if (file->sweep[s].point[i] != NONE && draw(8) == 0)
                    file->tag[t][file->sweep[s].point[i]] = true;
}

// Something that is there, or nothing in particular.
static struct choice draw_choice(const struct file *file) {
    struct choice choice = {NONE, 0, NONE};
    const unsigned kind = draw(4);
    if (kind == 1 && file->count) {
        const int s = (int)draw((unsigned)file->count);
        choice.name = file->sweep[s].name;
        choice.version = draw(2) ? version_of(file, s) : 0;
    } else if (kind == 2) {
        const int t = (int)draw(TAGS);
        for (int p = 0; p < POINTS; p++)
            if (file->tag[t][p])
                choice.tag = t;
    }
    return choice;
}

static unsigned freed; // trials that say that pages are freed

static void prune(const char *path, struct choice choice) {
    struct sdse_store *store = fixture_open(path);
    const struct sdse_prune asked = {
        .sweep = choice.name == NONE ? NULL : sweep_names[choice.name],
        .version = choice.version,
        .tag = choice.tag == NONE ? NULL : tag_names[choice.tag]};
    struct sdse_pruned trial, pruned;
    assert_int_equal(sdse_prune(store, &asked, true, &diags, &trial), SDSE_OK);
    assert_int_equal(sdse_prune(store, &asked, false, &diags, &pruned), SDSE_OK);
    // What a trial says is what happens.
    assert_memory_equal(trial.before, pruned.before, sizeof trial.before);
    assert_memory_equal(trial.after, pruned.after, sizeof trial.after);
    assert_true(pruned.tagged == trial.tagged && pruned.bytes <= trial.bytes &&
                trial.bytes <= trial.file_bytes &&
                trial.file_bytes == pruned.file_bytes);
    freed += trial.bytes < trial.file_bytes;
    sdse_store_close(store);
}

static unsigned cases = 10;

static void equals_building_anew(void **unused) {
    (void)unused;
    char pruned[FILES][128], anew[FILES][128], merged[128], merged_anew[128];
    for (int f = 0; f < FILES; f++) {
        char name[32];
        snprintf(name, sizeof name, "pruned-%d", f);
        fixture_path(name, pruned[f], sizeof pruned[f]);
        snprintf(name, sizeof name, "anew-%d", f);
        fixture_path(name, anew[f], sizeof anew[f]);
    }
    fixture_path("merged", merged, sizeof merged);
    fixture_path("merged-anew", merged_anew, sizeof merged_anew);
    unsigned places = 0, left = 0;
    for (unsigned number = 0; number < cases; number++) {
        struct file file;
        arena = sdse_arena_new();
        sdse_diags_init(&diags, arena);
        state = number * 2654435761u + 7;
        for (int f = 0; f < FILES; f++) {
            draw_file(&file, (unsigned)f);
            build(pruned[f], &file);
            for (int s = 0; s < file.count; s++)
                for (int i = 0; i < file.sweep[s].count; i++)
                    places += file.sweep[s].point[i] != NONE;
            for (unsigned again = draw(3); again < 3; again++) {
                const struct choice choice = draw_choice(&file);
                prune(pruned[f], choice);
                prune_model(&file, choice);
            }
            build(anew[f], &file);
            assert_same(pruned[f], anew[f], number);
            for (int s = 0; s < file.count; s++)
                for (int i = 0; i < file.sweep[s].count; i++)
                    left += file.sweep[s].point[i] != NONE;
        }
        merge(merged, pruned, draw(FILES), draw(2));
        merge(merged_anew, anew, draw(FILES), draw(2));
        assert_same(merged, merged_anew, number);
        // What is merged is pruned as any.
        prune(merged, (struct choice){NONE, 0, NONE});
        prune(merged_anew, (struct choice){NONE, 0, NONE});
        assert_same(merged, merged_anew, number);
        sdse_arena_free(arena);
    }
    printf("## pruning: %u files, %u of %u places left, all as built anew\n",
           cases * FILES, left, places);
    assert_true(left > 0 && left < places && freed > 0);
    for (int f = 0; f < FILES; f++) {
        fixture_remove(pruned[f]);
        fixture_remove(anew[f]);
    }
    fixture_remove(merged);
    fixture_remove(merged_anew);
}

int main(int argc, char **argv) {
    if (argc > 1)
        cases = (unsigned)strtoul(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(equals_building_anew)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
