// Blocks side by side in vectors of 8 doubles; compiled for processors that have them.
#include "smartdeal/blocks_widths.h"

#ifdef SDSE_HAS_AVX512
#include <immintrin.h>

#define SIDE_LANES 8
#define SIDE_SINGLE(x) _mm512_cvtps_pd(_mm512_cvtpd_ps((__m512d)(x)))
#define SIDE_NAME sdse_blocks_avx512
#include "smartdeal/side_by_side.h"
#endif
