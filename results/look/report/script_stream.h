// JSON that stands in a <script> element of a page, where the parser of HTML comes
// first: whatever a text says, it cannot end the element.
#ifndef SDSE_RESULTS_LOOK_REPORT_SCRIPT_STREAM_H
#define SDSE_RESULTS_LOOK_REPORT_SCRIPT_STREAM_H

#include <stdint.h>
#include <stdio.h>

struct sdse_script {
    FILE *target;
    uint64_t bytes; // given to the target so far
    unsigned held;  // of the bytes of U+2028 or U+2029, how many have come
};

// Opens a stream that passes JSON on to `target` with '<' as \u003c, U+2028 as \u2028
// and U+2029 as \u2029; outside strings JSON has none of them, so that what is read
// back is the same. `script` must stay where it is; closing the stream leaves the
// target open. A target that fails makes the stream fail. NULL when memory is out.
FILE *sdse_script_open(struct sdse_script *script, FILE *target);

#endif
