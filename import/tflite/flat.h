// FlatBuffers whose maker is not known: tables, vectors and texts by bounds-checked
// offsets.
//
//     root      u32: offset of the root table
//     table     i32: how far its vtable is before it; then fields
//     vtable    u16 bytes, u16 bytes of the table, u16 offset of each field (0: absent)
//     vector    u32: elements; then these
//
// Numbers are little-endian. What leads out of the buffer sets `bad`, and reads as
// absent or 0: whoever has read all asks once. Source: the FlatBuffers internals
// document.
#ifndef SDSE_IMPORT_TFLITE_FLAT_H
#define SDSE_IMPORT_TFLITE_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct sdse_flat {
    const unsigned char *bytes;
    size_t length;
    bool bad;
};

// A table, by its place; 0: there is none.
typedef size_t sdse_flat_table;

struct sdse_flat_vector {
    size_t at;    // of its first element
    size_t count; // elements
};

sdse_flat_table sdse_flat_root(struct sdse_flat *flat);

// Field `field` of a table; `otherwise` where it is absent. size: 1, 2, 4 or 8 bytes.
uint64_t sdse_flat_u64(struct sdse_flat *flat, sdse_flat_table table, unsigned field,
                       unsigned size, uint64_t otherwise);
int64_t sdse_flat_i64(struct sdse_flat *flat, sdse_flat_table table, unsigned field,
                      unsigned size, int64_t otherwise);
sdse_flat_table sdse_flat_child(struct sdse_flat *flat, sdse_flat_table table,
                                unsigned field);
// A vector of elements of `size` bytes; without any where it is absent.
struct sdse_flat_vector sdse_flat_list(struct sdse_flat *flat, sdse_flat_table table,
                                       unsigned field, unsigned size);
// The text in the arena, up to its first zero byte; "" where it is absent; NULL when
// memory is out.
const char *sdse_flat_text(struct sdse_flat *flat, sdse_flat_table table,
                           unsigned field, struct sdse_arena *arena);

// Elements of vectors, i below their count; of tables: their places.
int64_t sdse_flat_at(struct sdse_flat *flat, struct sdse_flat_vector vector, size_t i,
                     unsigned size);
double sdse_flat_f32_at(struct sdse_flat *flat, struct sdse_flat_vector vector,
                        size_t i);
sdse_flat_table sdse_flat_table_at(struct sdse_flat *flat,
                                   struct sdse_flat_vector vector, size_t i);

#endif
