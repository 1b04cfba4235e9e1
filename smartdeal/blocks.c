#include "smartdeal/blocks.h"

#include "smartdeal/blocks_widths.h"

// Lanes of more than this many bytes would leave the caches: one block is better then.
enum { MOST_BYTES = 1 << 20 };

const char *sdse_width_name(enum sdse_width width) {
    static const char *const names[] = {
#define SDSE_WIDTH_TEXT(name, text) text,
        SDSE_WIDTH_MAP(SDSE_WIDTH_TEXT)
#undef SDSE_WIDTH_TEXT
    };
    return names[width];
}

bool sdse_width_is_there(enum sdse_width width) {
#ifdef __x86_64__
    __builtin_cpu_init();
    if (width == SDSE_WIDTH_AVX2)
        return __builtin_cpu_supports("avx2");
    if (width == SDSE_WIDTH_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
#endif
    return width == SDSE_WIDTH_ONE;
}

enum sdse_width sdse_widest(void) {
    enum sdse_width width = SDSE_WIDTHS;
    while (!sdse_width_is_there(--width))
        ;
    return width;
}

static uint64_t lanes_of(enum sdse_width width) {
    return width == SDSE_WIDTH_AVX512 ? 8 : width == SDSE_WIDTH_AVX2 ? 4 : 1;
}

size_t sdse_blocks_scratch(enum sdse_width width, uint64_t rows, uint32_t basis_size) {
    const uint64_t words = (rows + rows % 2) * basis_size;
    const size_t one = 2 * (size_t)words + sdse_block_scratch(rows, basis_size);
    const size_t many = (size_t)(words * (3 * lanes_of(width) + 4)) +
                        sdse_block_scratch(SDSE_SIDE_BY_SIDE_BASIS, basis_size);
    return one > many ? one : many;
}

static void one_by_one(const struct sdse_blocks *blocks, double *scratch) {
    const uint64_t words = blocks->longest_rows * blocks->rule.basis_size;
    double *a = scratch, *ce = a + words, *rest = ce + words;
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    for (uint64_t i = 0; i < blocks->count; i++) {
        const uint64_t rows = blocks->fetch(blocks->context, i, a);
        const struct sdse_block_progress progress =
            sdse_block_decompose(&blocks->rule, a, rows, rest, ce, basis);
        blocks->keep(blocks->context, i, ce, basis, progress);
    }
}

void sdse_blocks_decompose(const struct sdse_blocks *blocks, enum sdse_width width,
                           double *scratch) {
    const struct sdse_block_rule *rule = &blocks->rule;
    const uint64_t bytes =
        3 * blocks->longest_rows * rule->basis_size * lanes_of(width) * sizeof(double);
    if (rule->scale || rule->basis_size > SDSE_SIDE_BY_SIDE_BASIS ||
        bytes > MOST_BYTES || blocks->count < lanes_of(width) / 2)
        width = SDSE_WIDTH_ONE;
#ifdef SDSE_HAS_AVX512
    if (width == SDSE_WIDTH_AVX512) {
        sdse_blocks_avx512(blocks, scratch);
        return;
    }
#endif
#ifdef SDSE_HAS_AVX2
    if (width == SDSE_WIDTH_AVX2) {
        sdse_blocks_avx2(blocks, scratch);
        return;
    }
#endif
    one_by_one(blocks, scratch);
}
