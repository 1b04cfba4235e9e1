// IDX files as sdse train reads them, in the scratch folder.
#ifndef SDSE_TESTS_CLI_IMAGES_H
#define SDSE_TESTS_CLI_IMAGES_H

#include <stdio.h>

enum { SMALL_IMAGE_SIDE = 8 };

// A number as IDX has it.
void put_u32(FILE *file, unsigned value);

// Images of ten prototypes with noise; `claimed` is what the headers say of their
// number. Not compressed: zlib reads that as it is.
void write_images(const char *part, unsigned count, unsigned claimed, unsigned side,
                  unsigned top_label);
// 600 and 120 of them.
void write_small_images(void);

#endif
