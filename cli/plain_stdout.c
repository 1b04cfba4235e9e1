// For fopencookie; the name is the C library's.
#define _GNU_SOURCE // NOLINT(bugprone-reserved-identifier,cert-*,readability-*)
#include "cli/plain_stdout.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool is_control(unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

// The second byte of a control of two: 0xc2 0x80 to 0xc2 0x9f.
static bool is_second(unsigned char before, unsigned char c) {
    return before == 0xc2 && c >= 0x80 && c < 0xa0;
}

void cli_print_plain(const char *text, FILE *out) {
    unsigned char before = 0;
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (is_control(c) || is_second(before, c))
            fprintf(out, "\\x%02x", c);
        else if (c != 0xc2 || !is_second(c, (unsigned char)text[1]))
            fputc(c, out);
        before = c;
    }
}

void cli_plain_name(char *name, const char *unwanted) {
    for (unsigned char before = 0; *name; name++) {
        const unsigned char c = (unsigned char)*name;
        const bool second = is_second(before, c);
        if (second)
            name[-1] = '_';
        if (c < 0x20 || c == 0x7f || second || strchr(unwanted, c))
            *name = '_';
        before = c;
    }
}

// Of the program's one standard output.
static int first_error;

int cli_plain_stdout_error(void) { return first_error; }

static bool write_all(const char *bytes, size_t count) {
    while (count) {
        const ssize_t done = write(STDOUT_FILENO, bytes, count);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            if (!first_error)
                first_error = done < 0 ? errno : EIO;
            return false;
        }
        bytes += done;
        count -= (size_t)done;
    }
    return true;
}

// `cookie`: whether a 0xc2 is held back until the next byte is known.
static ssize_t write_plain(void *cookie, const char *bytes, size_t count) {
    bool *held = cookie;
    char text[4096];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        if (used + 8 > sizeof text) {
            if (!write_all(text, used))
                return 0;
            used = 0;
        }
        const bool second = *held && is_second(0xc2, c);
        if (*held && !second)
            text[used++] = (char)0xc2;
        *held = c == 0xc2;
        if (second || is_control(c))
            used += (size_t)snprintf(text + used, sizeof text - used, "\\x%02x", c);
        else if (!*held)
            text[used++] = bytes[i];
    }
    return write_all(text, used) ? (ssize_t)count : 0;
}

bool cli_plain_stdout(void) {
    // The stream outlives every function: it is the program's.
    static bool held;
    const cookie_io_functions_t functions = {.write = write_plain};
    FILE *plain = fopencookie(&held, "w", functions);
    if (!plain)
        return false;
    if (isatty(STDOUT_FILENO))
        setvbuf(plain, NULL, _IOLBF, 0);
    stdout = plain;
    return true;
}
