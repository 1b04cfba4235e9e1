// sdse train on small IDX files: what it prints and writes, what it refuses; and, where
// Fashion-MNIST is installed, that it learns.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support_images.h"
#include "support_program.h"

enum { SIDE = SMALL_IMAGE_SIDE, SIZE = SIDE * SIDE };

static void trains_by_every_method(void **state) {
    (void)state;
    write_small_images();
    struct ran one =
        run_program("train --data @ -e 2 --batch 32 -f csv -j 1 -o @e1.csv");
    struct ran more =
        run_program("train --data @ -e 2 --batch 32 -f csv -j 3 -o @e3.csv");
    if (one.status != 0)
        fail_msg("%s", one.err);
    assert_string_equal(one.out, more.out);
    char *rows = read_whole(scratch("e1.csv")), *again = read_whole(scratch("e3.csv"));
    assert_string_equal(rows, again);
    assert_int_equal(
        strncmp(rows, "part,method,rate,bar,epoch,loss_nats,accuracy,", 46), 0);
    assert_non_null(strstr(rows, "\nsource,sgd,0.05,,0,,"));
    assert_non_null(strstr(rows, "\ntarget,frozen C,0.1,,2,"));
    assert_non_null(strstr(rows, "\ntarget,smartdeal momentum,0.05,7,2,"));
    assert_non_null(strstr(rows, "\ntarget,smartdeal sign,0.1,31,1,"));
    // Source and 8 methods, 3 rows each, below the names.
    int lines = 0;
    for (const char *at = rows; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 1 + 9 * 3);
    free(rows);
    free(again);
    free_ran(&one);
    free_ran(&more);
}

static void must_run(const char *line) {
    struct ran ran = run_program(line);
    if (ran.status != 0)
        fail_msg("%s: %s", line, ran.err);
    free_ran(&ran);
}

static void answers(const char *sql, const char *wanted) {
    char line[640];
    snprintf(line, sizeof line - 16, "query @t.db %s", sql);
    for (char *at = line + 12; *at; at++)
        *at = *at == ' ' ? '~' : *at; // stands for a blank within a word
    strcat(line, " -f csv");
    struct ran ran = run_program(line);
    const char *rows = strchr(ran.out, '\n');
    if (!rows || strcmp(rows + 1, wanted) != 0)
        fail_msg("%s: %s%s", sql, ran.out, ran.err);
    free_ran(&ran);
}

#define SHORT "train --data @ -e 2 --batch 32 "

// Trainings are rows of a results database, once each.
static void keeps_trainings_in_a_database(void **state) {
    (void)state;
    write_small_images();
    must_run(SHORT "-m smartdeal -d @t.db");
    must_run(SHORT "-m smartdeal -d @t.db"); // the same again
    must_run(SHORT "-m smartdeal --seed 2 -d @t.db");
    must_run(SHORT "-m smartdeal --bar 3 -d @t.db");
    must_run(SHORT "-m sgd -t full -d @t.db -f csv -o @e.csv");
    must_run("verify @t.db");
    answers("SELECT count(DISTINCT training_hash), count(*), count(train_loss), "
            "min(weight_bits > 0), min(stored_bits > 0), group_concat(DISTINCT name) "
            "FROM v_training WHERE epoch > 0",
            "4,8,8,1,1,mlp_64_256_10\n");
    answers(
        "SELECT DISTINCT method, settings FROM v_training ORDER BY 2",
        "smartdeal sign,finetune rate 0.05 density 0.56 bar 3 dead zone 0.001 batch "
        "32 epochs 2\n"
        "smartdeal sign,finetune rate 0.05 density 0.56 bar 7 dead zone 0.001 batch "
        "32 epochs 2\n"
        "sgd,full rate 0.05 batch 32 epochs 2\n");
    // The epochs are those that -o writes: loss, accuracy, model, moved.
    char *rows = read_whole(scratch("e.csv"));
    const char *row = strstr(rows, "\ntarget,sgd,0.05,,2,");
    double loss, accuracy, model, narrow, kept, moved;
    assert_non_null(row);
    assert_int_equal(sscanf(row, "\ntarget,sgd,0.05,,2,%lf,%lf,%lf,%lf,%lf,%lf", &loss,
                            &accuracy, &model, &narrow, &kept, &moved),
                     6);
    char sql[400];
    snprintf(
        sql, sizeof sql,
        "SELECT e.train_loss = %.17g, e.test_accuracy = %.17g, t.test_accuracy = "
        "%.17g, e.stored_bits = %.17g, e.weight_bits = %.17g, t.stored_bits = %.17g "
        "FROM training_epoch e JOIN training_run t USING (training_id) WHERE method "
        "= 'sgd' AND epoch = 2",
        loss, accuracy, accuracy, model, moved, kept);
    answers(sql, "1,1,1,1,1,1\n");
    free(rows);
    // Other samples and another rate, however close, are other trainings.
    must_run(SHORT "-m sgd --limit 300 -d @t.db");
    must_run(SHORT "-m sgd --limit 301 -d @t.db");
    must_run(SHORT "-m sgd --limit 300 --rate 0.05000001 -d @t.db");
    answers("SELECT settings FROM v_training WHERE epoch = 1 AND settings LIKE "
            "'%limit%' ORDER BY 1",
            "finetune rate 0.05 batch 32 epochs 2 limit 300\n"
            "finetune rate 0.05 batch 32 epochs 2 limit 301\n"
            "finetune rate 0.05000001 batch 32 epochs 2 limit 300\n");
    struct ran ran = run_program(SHORT "-m sgd -d @train-labels-idx1-ubyte.gz");
    assert_int_equal(ran.status, 1);
    free_ran(&ran);
}

// Points of a trained network have the accuracy of the method that their form is called
// like, raw that of sgd; and the curves are drawn.
static void points_have_accuracies(void **state) {
    (void)state;
    FILE *net = fopen(scratch("net.yaml"), "w"), *sweep = fopen(scratch("s.yaml"), "w");
    assert_true(net && sweep);
    fputs("name: mlp_64_256_10\nsource: s\nlayers:\n"
          "  - {name: a, kind: fc, in: 64, out_channels: 256}\n"
          "  - {name: b, kind: fc, in: 256, out_channels: 10}\n",
          net);
    fprintf(sweep,
            "name: s\nworkloads:\n  - net.yaml\n"
            "  - {path: net.yaml, network: {name: mlp_64_256_10 sgd, training: {batch: "
            "32, epoch_images: 80, optimiser: sgd}}}\n"
            "  - {path: net.yaml, network: {name: mlp_64_256_10 smartdeal sign, "
            "training: {batch: 32, optimiser: sgd}}}\n"
            "archs: [%s/archs/eyeriss.yaml]\n"
            "weight_forms: [raw, {name: smartdeal sign, basis_size: 3, density: 0.56}, "
            "{name: other, basis_size: 3, density: 0.56}]\n",
            SDSE_SOURCE_DIR);
    assert_int_equal(fclose(net) | fclose(sweep), 0);
    must_run("sweep @s.yaml -o @t.db");
    answers(
        "SELECT form, accuracy = (SELECT max(test_accuracy) FROM training_run WHERE "
        "method = CASE form WHEN 'raw' THEN 'sgd' ELSE form END) FROM v_point WHERE "
        "workload = 'mlp_64_256_10' ORDER BY form",
        "other,\nraw,1\nsmartdeal sign,1\n");
    // A task of fewer classes is no measure of a network.
    must_run(SHORT "-m sgd -t adapt -d @t.db");
    answers("SELECT DISTINCT accuracy = (SELECT max(test_accuracy) FROM training_run "
            "WHERE method = 'sgd' AND settings LIKE 'full %') FROM v_point WHERE form "
            "= 'raw' AND workload = 'mlp_64_256_10'",
            "1\n");
    // Energy of epochs is that of the steps that are called like network and method, in
    // the method's form, where these say how many an epoch has.
    answers(
        "SELECT epoch, method, arch, abs(energy_pj / step_energy_pj - 2.5 * (epoch > "
        "0)) < 1e-9, "
        "abs(total_energy_pj / step_energy_pj - 2.5 * epoch) < 1e-9, "
        "step_energy_pj = (SELECT energy_pj FROM v_point WHERE workload = "
        "'mlp_64_256_10 sgd' AND form = 'raw') FROM v_training_energy WHERE settings "
        "LIKE 'full rate 0.05%' ORDER BY 1",
        "0,sgd,eyeriss,1,1,1\n1,sgd,eyeriss,1,1,1\n2,sgd,eyeriss,1,1,1\n");
    // A step that was changed since is no longer one of the training.
    char *changed = read_whole(scratch("s.yaml"));
    memcpy(strstr(changed, "epoch_images: 80"), "epoch_images: 96",
           strlen("epoch_images: 96"));
    write_scratch("s.yaml", changed);
    free(changed);
    must_run("sweep @s.yaml -o @t.db");
    answers("SELECT count(*) FROM v_training_energy WHERE settings LIKE 'full rate "
            "0.05%'",
            "3\n");
    // Nor is one of another batch, or of more images than the training had.
    static const struct {
        const char *is, *other, *count;
    } steps[] = {{"{batch: 32, epoch_images", "{batch: 16, epoch_images", "0\n"},
                 {"epoch_images: 96", "epoch_images: 305", "3\n"}};
    for (size_t i = 0; i < 2; i++) {
        char *before = read_whole(scratch("s.yaml"));
        char *at = strstr(before, steps[i].is), text[2000];
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - before), before,
                 steps[i].other, at + strlen(steps[i].is));
        write_scratch("other.yaml", text);
        free(before);
        must_run("sweep @other.yaml -o @t.db");
        answers("SELECT count(*) FROM v_training_energy WHERE settings LIKE 'full rate "
                "0.05%'",
                steps[i].count);
        answers("SELECT count(*) FROM v_training_energy WHERE settings LIKE '%limit "
                "300' AND method = 'sgd'",
                "0\n");
    }
    must_run("sweep @s.yaml -o @t.db");
    must_run("pareto @t.db -w mlp_64_256_10 -O energy,accuracy_loss -f csv");
    must_run("plot learning @t.db -o @plots -t svg");
    char *data = read_whole(scratch("plots/learning_mlp_64_256_10.svg.gp"));
    assert_non_null(strstr(data, "# \"sgd full rate 0.05 batch 32 epochs 2\"\n0\t"));
    assert_non_null(strstr(data, "bar 3"));
    char *energy = strstr(data, "# energy since the start [pJ]\taccuracy [%]\n"
                                "# \"eyeriss\" \"sgd ");
    assert_non_null(energy);
    double pj[3], percent;
    energy = strchr(strchr(energy, '\n') + 1, '\n');
    for (int e = 0; e < 3; e++, energy = strchr(energy + 1, '\n'))
        assert_int_equal(sscanf(energy, "%lf %lf", &pj[e], &percent), 2);
    assert_true(percent > 1 && percent <= 100);
    assert_true(pj[0] == 0 && pj[1] > 0 && pj[2] > 1.99 * pj[1] &&
                pj[2] < 2.01 * pj[1]);
    char *script = read_whole(scratch("plots/learning_mlp_64_256_10.svg.gp"));
    // Three panels; the legend leaves out what all trainings share.
    assert_non_null(strstr(script, "set xlabel 'Modelled energy of training [J]'"));
    assert_non_null(strstr(script, "'over energy, on:' at screen"));
    assert_non_null(strstr(script, "'eyeriss' at screen"));
    const char *drawn = strstr(script, "set terminal");
    assert_non_null(strstr(drawn, "'sgd full rate 0.05' at screen"));
    assert_null(strstr(drawn, "batch"));
    assert_null(strstr(drawn, "epochs"));
    // Epochs are whole; over energy the points are the accelerator's, circles.
    assert_non_null(strstr(drawn, "set xtics 1\n"));
    const char *last = strstr(drawn, "set xlabel 'Modelled");
    assert_non_null(strstr(last, " pt 7 notitle"));
    free(script);
    free(data);
    // Told apart by a setting and by the method; of one network.
    must_run("plot learning @t.db -o @told -t svg --colour rate --shape method "
             "--log none -w mlp_64_256_10");
    script = read_whole(scratch("told/learning_mlp_64_256_10.svg.gp"));
    drawn = strstr(script, "set terminal");
    assert_non_null(strstr(drawn, "'rate:' at screen"));
    assert_non_null(strstr(drawn, "'0.05' at screen"));
    assert_non_null(strstr(drawn, "'method:' at screen"));
    assert_non_null(strstr(drawn, "'sgd' at screen"));
    assert_null(strstr(drawn, "(none)"));
    assert_null(strstr(drawn, "\nset logscale x"));
    free(script);
    struct ran unknown = run_program("plot learning @t.db -o @told --colour rat");
    assert_int_equal(unknown.status, 1);
    assert_non_null(strstr(unknown.err, "no training has a parameter 'rat'"));
    free_ran(&unknown);
    unknown = run_program("plot learning @t.db -o @told -w mlp");
    assert_int_equal(unknown.status, 1);
    assert_non_null(strstr(unknown.err, "no training of a network 'mlp'"));
    free_ran(&unknown);
    must_run("verify @t.db");
    struct ran none = run_program("plot learning @nothing.db");
    assert_int_equal(none.status, 1);
    free_ran(&none);
    must_run("sweep @s.yaml -o @untrained.db");
    none = run_program("plot learning @untrained.db -o @plots");
    assert_int_equal(none.status, 1);
    assert_non_null(strstr(none.err, "untrained.db: no training is there"));
    free_ran(&none);
}

// What cannot be kept is said before the training, which then does not begin.
static void a_database_is_tried_first(void **state) {
    (void)state;
    FILE *other = fopen(scratch("other.db"), "w");
    assert_non_null(other);
    fputs("no database\n", other);
    assert_int_equal(fclose(other), 0);
    struct ran ran = run_program(SHORT "-m sgd -d @other.db -o @epochs-not.csv");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "other.db"));
    assert_null(read_whole(scratch("epochs-not.csv")));
    free_ran(&ran);
    ran = run_program("train -d @no/such/folder/t.db --data @ -m sgd");
    assert_int_equal(ran.status, 3);
    free_ran(&ran);
}

// A choice changes what it is about: no option is ignored.
static void minds_its_options(void **state) {
    (void)state;
    static const char *const lines[] = {
        "",
        " --rate 0.02",
        " --density 30",
        " --bar 3",
        " --dead-zone 0.0001",
        " --momentum",
        " --seed 2",
        " --limit 100",
        " --batch 16",
        " -e 3",
        " -n cnn",
        " -t adapt",
        " -t full",
    };
    enum { LINES = sizeof lines / sizeof lines[0] };
    char *out[LINES];
    write_small_images();
    for (size_t i = 0; i < LINES; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "train --data @ -m smartdeal -f json -o @epochs.json%s%s%s", lines[i],
                 strstr(lines[i], "-e ") ? "" : " -e 2",
                 strstr(lines[i], "--batch") ? "" : " --batch 32");
        struct ran ran = run_program(line);
        if (ran.status != 0)
            fail_msg("%s: %s", line, ran.err);
        free_ran(&ran);
        out[i] = read_whole(scratch("epochs.json"));
        for (size_t j = 0; j < i; j++)
            if (strcmp(out[i], out[j]) == 0)
                fail_msg("'%s' and '%s' train alike", lines[i], lines[j]);
    }
    for (size_t i = 0; i < LINES; i++)
        free(out[i]);
}

static void refuse(int status, const char *line, const char *said) {
    struct ran ran = run_program(line);
    if (ran.status != status || !strstr(ran.err, said))
        fail_msg("%s: status %d, not %d: %s", line, ran.status, status, ran.err);
    free_ran(&ran);
}

static void refuses_what_is_not_so(void **state) {
    (void)state;
    write_small_images();
    refuse(2, "train --data @ --epochs 1001", "--epochs 1001: expected 1 to 1000");
    refuse(2, "train --data @ --batch 257", "--batch 257: expected 1 to 256");
    refuse(2, "train --data @ -m smartdeal --bar 1024",
           "--bar 1024: expected 1 to 1023");
    refuse(2, "train --data @ --rate 0.1", "--rate says nothing for --method table");
    refuse(2, "train --data @ -m sgd --momentum",
           "--momentum says nothing for --method sgd");
    refuse(2, "train --data @ -m frozen --bar 3 --dead-zone 0",
           "--dead-zone says nothing for --method frozen");
    refuse(2, "train --data @ --fail-in index",
           "--fail-in says where bits fail: give --bit-errors too");
    refuse(2, "train file", "");
    refuse(1, "train --data @nowhere", "[train-data-missing]");
    refuse(1, "train --data @ -e 1 -o @t10k-labels-idx1-ubyte.gz", "[output-input]");
    FILE *other = fopen(scratch("other"), "w");
    assert_non_null(other);
    fputs("mine", other);
    fclose(other);
    refuse(1, "train --data @ -e 1 -o @other", "[output-kind]");
}

static void refuses_broken_data(void **state) {
    (void)state;
    write_images("train", 10, 11, SIDE, 9);
    refuse(1, "train --data @ -e 1", "ends before what its header claims [train-data]");
    write_images("train", 10, 9, SIDE, 9);
    refuse(1, "train --data @ -e 1", "holds more than its header claims [train-data]");
    write_images("train", 10, 10, 10, 9);
    refuse(1, "train --data @ -e 1", "no multiples of 4");
    write_images("train", 200, 200, SIDE, 10);
    refuse(1, "train --data @ -e 1", "has a label above 9");
    write_images("train", 0, 0, SIDE, 9);
    refuse(1, "train --data @ -e 1", "has no sample");
    write_small_images();
    write_images("t10k", 40, 40, 12, 9);
    refuse(1, "train --data @ -e 1", "images of 8 x 8 to train, of 12 x 12 to test");
    write_small_images();
    write_images("t10k", 40, 40, SIDE, 4);
    refuse(1, "train --data @ -e 1 -t adapt", "a part of this task has no image");
    write_small_images();
    FILE *labels = fopen(scratch("train-labels-idx1-ubyte.gz"), "wb");
    assert_non_null(labels);
    put_u32(labels, 0x803);
    fclose(labels);
    refuse(1, "train --data @ -e 1", "is no IDX file");
}

static void learns_fashion(void **state) {
    (void)state;
    if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK)) {
        printf("## dataset-fashion-mnist is not installed: not trained on\n");
        skip();
    }
    struct ran ran = run_program("train -m smartdeal --limit 1500 -e 1 -f csv");
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    // method,rate,density,bar,dead_zone,start_accuracy,accuracy,…
    const char *at = strchr(ran.out, '\n');
    for (int comma = 0; comma < 6 && at; comma++)
        at = strchr(at + 1, ',');
    assert_non_null(at);
    const double accuracy = strtod(at + 1, NULL);
    if (accuracy < 0.5)
        fail_msg("%s", ran.out);
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trains_by_every_method),
        cmocka_unit_test(minds_its_options),
        cmocka_unit_test(keeps_trainings_in_a_database),
        cmocka_unit_test(points_have_accuracies),
        cmocka_unit_test(a_database_is_tried_first),
        cmocka_unit_test(refuses_what_is_not_so),
        cmocka_unit_test(refuses_broken_data),
        cmocka_unit_test(learns_fashion),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
