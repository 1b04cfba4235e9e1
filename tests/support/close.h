// Comparison of doubles: cmocka's own casts to float.
#ifndef SDSE_TESTS_CLOSE_H
#define SDSE_TESTS_CLOSE_H

#include <math.h>

// Fails unless |a - b| <= rel * max(|a|, |b|); rel = 0 asks for equality.
#define assert_double_within(a, b, rel)                                            \
    do {                                                                           \
        const double within_a = (a), within_b = (b);                               \
        if (!(fabs(within_a - within_b) <=                                         \
              (rel)*fmax(fabs(within_a), fabs(within_b))))                         \
            fail_msg("%s = %.17g, %s = %.17g differ by more than %g relative", #a, \
                     within_a, #b, within_b, (double)(rel));                       \
    } while (0)

#endif
