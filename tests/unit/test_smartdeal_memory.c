// Out of memory at every allocation in turn: measuring, running, packing, writing and
// reading end with SDSE_NO_MEMORY, never with a crash, a leak (under ASan) or a half
// result. The linker routes the allocations of the library through the __wrap_
// functions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smartdeal/forward.h"
#include "smartdeal/measure.h"
#include "smartdeal/stored.h"
#include "smartdeal/synthetic.h"

// Allocations until the one that fails; negative: none does.
static long left = -1;
static bool failed;

static bool may_allocate(void) {
    if (left < 0 || left-- > 0)
        return true;
    failed = true;
    return false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_malloc(size_t size) { return may_allocate() ? __real_malloc(size) : NULL; }

void *__wrap_calloc(size_t count, size_t size) {
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

static const struct sdse_weight_shape SHAPE = {1, 8, 6, 3, 3, false};

// One thread: the order of allocations is fixed.
static enum sdse_status measure(const float *values, enum sdse_zero_store store,
                                struct sdse_coded_layer *coded) {
    struct sdse_layer_weights w = {.name = "w", .shape = SHAPE, .values = values};
    struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
    s.store = store;
    s.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    s.threshold = 0.5;
    s.prune = SDSE_PRUNE_POPULATION;
    s.prune_amount = 0.2;
    struct sdse_form_measure m;
    return sdse_measure_layer(&w, &s, 1, &m, coded, NULL);
}

static enum sdse_status run(const struct sdse_coded_layer *coded, int32_t *out) {
    static const int8_t in[6 * 25] = {1, 2, 3};
    struct sdse_conv_geometry g = {5, 5, {1, 1}, {1, 1}, {1, 1}};
    return sdse_forward_coded(coded, &g, in, 1, out, NULL);
}

static enum sdse_status write_and_read(struct sdse_coded_layer *coded) {
    char name[] = "layer";
    struct sdse_stored_layer layer = {.name = name, .coded = *coded};
    struct sdse_stored_network network = {1, &layer}, back;
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct sdse_diags diags = {0};
    enum sdse_status status = sdse_stored_format(&network, &bytes, &length);
    if (status != SDSE_OK)
        return status;
    status = sdse_stored_parse(bytes, length, "x", &back, &diags);
    free(bytes);
    if (status == SDSE_OK)
        sdse_stored_free(&back);
    else
        assert_null(back.layers);
    return status;
}

static enum sdse_status whole(const float *values, enum sdse_zero_store store) {
    struct sdse_coded_layer coded;
    int32_t out[8 * 25];
    enum sdse_status status = measure(values, store, &coded);
    if (status != SDSE_OK) {
        assert_null(coded.codes);
        return status;
    }
    status = run(&coded, out);
    if (status == SDSE_OK)
        status = write_and_read(&coded);
    sdse_coded_free(&coded);
    return status;
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    float values[8 * 54];
    sdse_synthetic_weights(&SHAPE, 1, values);
    for (int store = 0; store < SDSE_STORES; store++) {
        long count = 0;
        for (failed = true; failed; count++) {
            failed = false;
            left = count;
            enum sdse_status status = whole(values, (enum sdse_zero_store)store);
            left = -1;
            assert_int_equal(status, failed ? SDSE_NO_MEMORY : SDSE_OK);
        }
        assert_true(count > 50); // a bisection, two passes, a file
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
