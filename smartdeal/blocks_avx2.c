// Blocks side by side in vectors of 4 doubles; compiled for processors that have them.
#include "smartdeal/blocks_widths.h"

#ifdef SDSE_HAS_AVX2
#include <immintrin.h>

#define SIDE_LANES 4
#define SIDE_SINGLE(x) _mm256_cvtps_pd(_mm256_cvtpd_ps((__m256d)(x)))
#define SIDE_NAME sdse_blocks_avx2
#include "smartdeal/side_by_side.h"
#endif
