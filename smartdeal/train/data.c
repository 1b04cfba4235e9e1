#include "smartdeal/train/data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/errno_text.h"
#include "smartdeal/train/net.h"

enum { IMAGES = 0x803, LABELS = 0x801 }; // unsigned bytes in 3 dimensions, in 1

struct source {
    const char *path;
    gzFile file;
    struct sdse_diags *diags;
};

static enum sdse_status refuse(const struct source *s, const char *check,
                               const char *why) {
    sdse_diag_add(s->diags, SDSE_ERROR, (struct sdse_loc){.file = s->path}, check, "%s",
                  why);
    return SDSE_INVALID;
}

static enum sdse_status open_source(struct source *s) {
    if (!s->path)
        return SDSE_NO_MEMORY;
    errno = 0;
    s->file = gzopen(s->path, "rb");
    if (s->file)
        return SDSE_OK;
    const int error = errno;
    if (error == ENOMEM || error == 0)
        return SDSE_NO_MEMORY;
    if (error != ENOENT)
        return refuse(s, "train-data", sdse_errno_text(error).text);
    return refuse(s, "train-data-missing",
                  "is not there (Debian's package dataset-fashion-mnist has it)");
}

static enum sdse_status take(struct source *s, unsigned char *to, size_t bytes) {
    while (bytes > 0) {
        const unsigned part = bytes < 1U << 20 ? (unsigned)bytes : 1U << 20;
        const int got = gzread(s->file, to, part);
        if (got <= 0)
            return refuse(s, "train-data",
                          got < 0
                              ? "cannot be read: not a file of gzip, or a broken one"
                              : "ends before what its header claims");
        to += got;
        bytes -= (size_t)got;
    }
    return SDSE_OK;
}

static enum sdse_status take_u32(struct source *s, size_t *out) {
    unsigned char b[4];
    const enum sdse_status status = take(s, b, sizeof b);
    if (status == SDSE_OK)
        *out = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    return status;
}

static enum sdse_status take_end(struct source *s) {
    unsigned char more;
    return gzread(s->file, &more, 1) == 0
               ? SDSE_OK
               : refuse(s, "train-data", "holds more than its header claims");
}

static bool side(size_t x) {
    return x >= 4 && x % 4 == 0 && x <= SDSE_IMAGES_MOST_SIDE;
}

static enum sdse_status header(struct source *s, size_t magic, size_t dimensions,
                               size_t extent[3]) {
    size_t first = 0;
    enum sdse_status status = take_u32(s, &first);
    if (status == SDSE_OK && first != magic)
        status =
            refuse(s, "train-data", "is no IDX file of unsigned bytes of its rank");
    for (size_t i = 0; i < dimensions && status == SDSE_OK; i++)
        status = take_u32(s, &extent[i]);
    if (status == SDSE_OK && (extent[0] < 1 || extent[0] > SDSE_IMAGES_MOST))
        status = refuse(s, "train-data", "has no sample, or more than a million");
    return status;
}

static enum sdse_status read_pixels(struct source *s, struct sdse_images *out) {
    size_t extent[3] = {0};
    enum sdse_status status = header(s, IMAGES, 3, extent);
    if (status == SDSE_OK && (!side(extent[1]) || !side(extent[2])))
        status =
            refuse(s, "train-data", "has sides that are no multiples of 4 up to 256");
    if (status != SDSE_OK)
        return status;
    const size_t size = extent[1] * extent[2];
    *out = (struct sdse_images){.count = extent[0],
                                .rows = extent[1],
                                .columns = extent[2],
                                .pixels = malloc(extent[0] * size)};
    if (!out->pixels)
        return SDSE_NO_MEMORY;
    status = take(s, out->pixels, extent[0] * size);
    return status == SDSE_OK ? take_end(s) : status;
}

static enum sdse_status read_labels(struct source *s, struct sdse_images *out) {
    size_t extent[3] = {0};
    enum sdse_status status = header(s, LABELS, 1, extent);
    if (status != SDSE_OK)
        return status;
    if (extent[0] != out->count)
        return refuse(s, "train-data", "has not as many labels as there are images");
    out->labels = malloc(out->count);
    if (!out->labels)
        return SDSE_NO_MEMORY;
    status = take(s, out->labels, out->count);
    for (size_t i = 0; i < out->count && status == SDSE_OK; i++)
        if (out->labels[i] >= SDSE_NET_CLASSES)
            status = refuse(s, "train-data", "has a label above 9");
    return status == SDSE_OK ? take_end(s) : status;
}

enum sdse_status sdse_images_read(const char *dir, const char *part,
                                  struct sdse_arena *arena, struct sdse_images *out,
                                  struct sdse_diags *diags) {
    struct source images = {
        sdse_arena_printf(arena, "%s/%s-images-idx3-ubyte.gz", dir, part), NULL, diags};
    struct source labels = {
        sdse_arena_printf(arena, "%s/%s-labels-idx1-ubyte.gz", dir, part), NULL, diags};
    *out = (struct sdse_images){0};
    enum sdse_status status = open_source(&images);
    const enum sdse_status second = open_source(&labels);
    if (status == SDSE_OK)
        status = second;
    if (status == SDSE_OK)
        status = read_pixels(&images, out);
    if (status == SDSE_OK)
        status = read_labels(&labels, out);
    if (images.file)
        gzclose(images.file);
    if (labels.file)
        gzclose(labels.file);
    return status;
}

void sdse_images_free(struct sdse_images *images) {
    free(images->pixels);
    free(images->labels);
    *images = (struct sdse_images){0};
}
