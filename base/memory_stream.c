// For fopencookie; the name is the C library's.
#define _GNU_SOURCE // NOLINT(bugprone-reserved-identifier,cert-*,readability-*)
#include "base/memory_stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Writing nothing at all is how a stream's function says that it failed.
static ssize_t append(void *cookie, const char *bytes, size_t count) {
    struct sdse_memory *memory = cookie;
    if (count >= SIZE_MAX / 4 - memory->length)
        return 0;
    const size_t wanted = memory->length + count + 1;
    if (wanted > memory->room) {
        char *text = realloc(memory->text, 2 * wanted);
        if (!text)
            return 0;
        memory->text = text;
        memory->room = 2 * wanted;
    }
    memcpy(memory->text + memory->length, bytes, count);
    memory->length += count;
    memory->text[memory->length] = '\0';
    return (ssize_t)count;
}

FILE *sdse_memory_open(struct sdse_memory *memory) {
    *memory = (struct sdse_memory){.text = calloc(1, 1), .room = 1};
    const cookie_io_functions_t functions = {.write = append};
    FILE *stream = memory->text ? fopencookie(memory, "w", functions) : NULL;
    if (!stream) {
        free(memory->text);
        memory->text = NULL;
    }
    return stream;
}

bool sdse_memory_close(struct sdse_memory *memory, FILE *stream) {
    bool good = fflush(stream) == 0 && !ferror(stream);
    good &= fclose(stream) == 0;
    if (!good) {
        free(memory->text);
        *memory = (struct sdse_memory){0};
    }
    return good;
}
