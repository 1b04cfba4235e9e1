// For fopencookie; the name is the C library's.
#define _GNU_SOURCE // NOLINT(bugprone-reserved-identifier,cert-*,readability-*)
#include "results/look/report/script_stream.h"

#include <stdbool.h>
#include <string.h>

static bool pass(struct sdse_script *script, const char *bytes, size_t count) {
    script->bytes += count;
    return fwrite(bytes, 1, count, script->target) == count;
}

// The two separators are E2 80 A8 and E2 80 A9.
static const char lead[] = "\xe2\x80";

static bool pass_held(struct sdse_script *script) {
    const unsigned held = script->held;
    script->held = 0;
    return held == 0 || pass(script, lead, held);
}

// Takes one byte that may be part of a separator, or has to be written otherwise.
static bool take(struct sdse_script *script, char byte) {
    if (script->held == 2 && (byte == '\xa8' || byte == '\xa9')) {
        script->held = 0;
        return pass(script, byte == '\xa8' ? "\\u2028" : "\\u2029", 6);
    }
    if (script->held == 1 && byte == lead[1]) {
        script->held = 2;
        return true;
    }
    if (!pass_held(script))
        return false;
    if (byte == lead[0]) {
        script->held = 1;
        return true;
    }
    return byte == '<' ? pass(script, "\\u003c", 6) : pass(script, &byte, 1);
}

// Writing nothing at all is how a stream's function says that it failed.
static ssize_t write_script(void *cookie, const char *bytes, size_t count) {
    struct sdse_script *script = cookie;
    size_t plain = 0; // bytes before this one that go as they are
    for (size_t i = 0; i < count; i++) {
        if (script->held == 0 && bytes[i] != '<' && bytes[i] != lead[0])
            continue;
        if (i > plain && !pass(script, bytes + plain, i - plain))
            return 0;
        if (!take(script, bytes[i]))
            return 0;
        plain = i + 1;
    }
    if (count > plain && !pass(script, bytes + plain, count - plain))
        return 0;
    return (ssize_t)count;
}

static int end_script(void *cookie) { return pass_held(cookie) ? 0 : -1; }

FILE *sdse_script_open(struct sdse_script *script, FILE *target) {
    *script = (struct sdse_script){.target = target};
    const cookie_io_functions_t functions = {.write = write_script,
                                             .close = end_script};
    return fopencookie(script, "w", functions);
}
