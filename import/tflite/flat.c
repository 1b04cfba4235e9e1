#include "import/tflite/flat.h"

#include <string.h>

// A number of `size` bytes at a place; 0, and bad, if it is not in the buffer.
static uint64_t number(struct sdse_flat *flat, size_t at, unsigned size) {
    if (at > flat->length || size > flat->length - at) {
        flat->bad = true;
        return 0;
    }
    uint64_t value = 0;
    for (unsigned i = size; i-- > 0;)
        value = value << 8 | flat->bytes[at + i];
    return value;
}

static int64_t with_sign(uint64_t value, unsigned size) {
    if (size < 8 && value >> (8 * size - 1) & 1)
        value |= UINT64_MAX << 8 * size;
    return (int64_t)value;
}

// What an offset at a place leads to; 0, and bad, if out of the buffer.
static size_t follow(struct sdse_flat *flat, size_t at) {
    const uint64_t offset = number(flat, at, 4);
    if (flat->bad || offset == 0 || offset > flat->length - at) {
        flat->bad = true;
        return 0;
    }
    return at + (size_t)offset;
}

sdse_flat_table sdse_flat_root(struct sdse_flat *flat) { return follow(flat, 0); }

// Where a field of `size` bytes is; 0: it is absent.
static size_t find(struct sdse_flat *flat, sdse_flat_table table, unsigned field,
                   unsigned size) {
    if (!table)
        return 0;
    const int64_t back = with_sign(number(flat, table, 4), 4);
    const int64_t vtable = (int64_t)table - back;
    if (flat->bad || vtable < 0 || (uint64_t)vtable > flat->length) {
        flat->bad = true;
        return 0;
    }
    const size_t at = (size_t)vtable;
    const uint64_t bytes = number(flat, at, 2), inside = number(flat, at + 2, 2);
    if (4 + 2 * (uint64_t)field + 2 > bytes)
        return 0;
    const uint64_t offset = number(flat, at + 4 + 2 * (size_t)field, 2);
    if (offset == 0)
        return 0;
    if (flat->bad || offset + size > inside || inside > flat->length - table) {
        flat->bad = true;
        return 0;
    }
    return table + (size_t)offset;
}

uint64_t sdse_flat_u64(struct sdse_flat *flat, sdse_flat_table table, unsigned field,
                       unsigned size, uint64_t otherwise) {
    const size_t at = find(flat, table, field, size);
    return at ? number(flat, at, size) : otherwise;
}

int64_t sdse_flat_i64(struct sdse_flat *flat, sdse_flat_table table, unsigned field,
                      unsigned size, int64_t otherwise) {
    const size_t at = find(flat, table, field, size);
    return at ? with_sign(number(flat, at, size), size) : otherwise;
}

sdse_flat_table sdse_flat_child(struct sdse_flat *flat, sdse_flat_table table,
                                unsigned field) {
    const size_t at = find(flat, table, field, 4);
    return at ? follow(flat, at) : 0;
}

struct sdse_flat_vector sdse_flat_list(struct sdse_flat *flat, sdse_flat_table table,
                                       unsigned field, unsigned size) {
    const struct sdse_flat_vector none = {0, 0};
    const size_t at = sdse_flat_child(flat, table, field);
    if (!at)
        return none;
    const uint64_t count = number(flat, at, 4);
    if (flat->bad || count > (flat->length - at - 4) / size) {
        flat->bad = true;
        return none;
    }
    return (struct sdse_flat_vector){at + 4, (size_t)count};
}

const char *sdse_flat_text(struct sdse_flat *flat, sdse_flat_table table,
                           unsigned field, struct sdse_arena *arena) {
    const struct sdse_flat_vector text = sdse_flat_list(flat, table, field, 1);
    return sdse_arena_copy(arena, (const char *)flat->bytes + text.at, text.count);
}

int64_t sdse_flat_at(struct sdse_flat *flat, struct sdse_flat_vector vector, size_t i,
                     unsigned size) {
    return with_sign(number(flat, vector.at + i * size, size), size);
}

double sdse_flat_f32_at(struct sdse_flat *flat, struct sdse_flat_vector vector,
                        size_t i) {
    const uint32_t bits = (uint32_t)number(flat, vector.at + i * 4, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

sdse_flat_table sdse_flat_table_at(struct sdse_flat *flat,
                                   struct sdse_flat_vector vector, size_t i) {
    return follow(flat, vector.at + i * 4);
}
