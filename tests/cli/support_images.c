#include "support_images.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smartdeal/synthetic.h"
#include "support_program.h"

void put_u32(FILE *file, unsigned value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(value >> shift & 255), file);
}

void write_images(const char *part, unsigned count, unsigned claimed, unsigned side,
                  unsigned top_label) {
    char name[64];
    uint64_t seed = count;
    snprintf(name, sizeof name, "%s-images-idx3-ubyte.gz", part);
    FILE *images = fopen(scratch(name), "wb");
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte.gz", part);
    FILE *labels = fopen(scratch(name), "wb");
    assert_true(images && labels);
    put_u32(images, 0x803);
    put_u32(images, claimed);
    put_u32(images, side);
    put_u32(images, side);
    put_u32(labels, 0x801);
    put_u32(labels, claimed);
    for (unsigned i = 0; i < count; i++) {
        const unsigned label = (unsigned)(sdse_random_u64(&seed) % (top_label + 1));
        uint64_t state = label;
        fputc((int)label, labels);
        for (unsigned j = 0; j < side * side; j++)
            fputc((int)(sdse_random_u64(&state) % 224 + sdse_random_u64(&seed) % 32),
                  images);
    }
    assert_int_equal(fclose(images) | fclose(labels), 0);
}

void write_small_images(void) {
    write_images("train", 600, 600, SMALL_IMAGE_SIDE, 9);
    write_images("t10k", 120, 120, SMALL_IMAGE_SIDE, 9);
}
