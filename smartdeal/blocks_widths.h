// Private to smartdeal/blocks*.c: the passes that this program was built with.
#ifndef SDSE_SMARTDEAL_BLOCKS_WIDTHS_H
#define SDSE_SMARTDEAL_BLOCKS_WIDTHS_H

#include "smartdeal/blocks.h"

#ifdef __x86_64__
#define SDSE_HAS_AVX2
#define SDSE_HAS_AVX512
void sdse_blocks_avx2(const struct sdse_blocks *blocks, double *scratch);
void sdse_blocks_avx512(const struct sdse_blocks *blocks, double *scratch);
#endif

#endif
