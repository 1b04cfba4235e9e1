// What sdse import holds in memory of a model whose weights are large.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "support/sanitized.h"
#include "support_program.h"

enum { SIDE = 4096 }; // weights: 16 Mi, of 8 bits each in the file
static const long weights_kib = (long)SIDE * SIDE * (long)sizeof(float) / 1024;

static void write_model(void) {
    FILE *file = fopen(scratch("model.json"), "w");
    assert_non_null(file);
    fprintf(
        file,
        "{\"modelTopology\": {\"class_name\": \"Sequential\", \"config\": "
        "{\"layers\": [{\"class_name\": \"Dense\", \"config\": {\"name\": \"fc\", "
        "\"batch_input_shape\": [null, %d], \"use_bias\": false}}]}}, "
        "\"weightsManifest\": [{\"paths\": [\"w.bin\"], \"weights\": [{\"name\": "
        "\"fc/kernel\", \"shape\": [%d, %d], \"dtype\": \"float32\", "
        "\"quantization\": {\"dtype\": \"uint8\", \"scale\": 0.5, \"min\": -1}}]}]}",
        SIDE, SIDE, SIDE);
    assert_int_equal(fclose(file), 0);
    unsigned char row[SIDE];
    file = fopen(scratch("w.bin"), "wb");
    assert_non_null(file);
    for (size_t i = 0; i < SIDE; i++) {
        memset(row, (int)(i % 256), sizeof row);
        assert_int_equal(fwrite(row, 1, sizeof row, file), sizeof row);
    }
    assert_int_equal(fclose(file), 0);
}

// One layer's weights as f32, and a quarter of that for all else.
static void one_layer_at_a_time(void **state) {
    (void)state;
    struct rusage usage;
    if (SANITIZED)
        return;
    write_model();
    struct ran ran = run_program("import @model.json -o @model");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "16777216 MACs"));
    free_ran(&ran);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    assert_true(usage.ru_maxrss > weights_kib); // [KiB], of the largest so far
    assert_true(usage.ru_maxrss < weights_kib * 5 / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_layer_at_a_time)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
