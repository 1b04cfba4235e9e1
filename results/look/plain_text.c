#include "results/look/plain_text.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

// Code points from first to last, of one width.
struct range {
    uint32_t first, last;
};

// Marks that combine, joiners and variation selectors.
static const struct range narrowest[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},    {0x610, 0x61a},
    {0x64b, 0x65f},   {0x1160, 0x11ff}, {0x1ab0, 0x1aff},  {0x1dc0, 0x1dff},
    {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064},  {0x20d0, 0x20f0},
    {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f},  {0xfe20, 0xfe2f},
    {0xfeff, 0xfeff}, {0xd7b0, 0xd7fb}, {0xe0100, 0xe01ef}};

static const struct range widest[] = {
    {0x1100, 0x115f},   {0x2e80, 0x2ffb},   {0x3000, 0x303e},   {0x3041, 0x33ff},
    {0x3400, 0x4dbf},   {0x4e00, 0xa4c6},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6b},   {0xff01, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1b000, 0x1b2fb}, {0x1f300, 0x1f320},
    {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f3a0, 0x1f3ca}, {0x1f400, 0x1f43e},
    {0x1f442, 0x1f4fc}, {0x1f600, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f90c, 0x1f93a},
    {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x20000, 0x3fffd}};

static bool is_in(uint32_t code, const struct range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static uint32_t code_at(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80)
        return s[0];
    if (s[0] < 0xe0)
        return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
    if (s[0] < 0xf0)
        return (uint32_t)(s[0] & 0xf) << 12 | (uint32_t)(s[1] & 0x3f) << 6 |
               (s[2] & 0x3f);
    return (uint32_t)(s[0] & 7) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
           (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
}

size_t sdse_utf8_columns(const char *text) {
    const uint32_t code = code_at(text);
    if (code < narrowest[0].first)
        return 1;
    if (is_in(code, narrowest, sizeof narrowest / sizeof *narrowest))
        return 0;
    return is_in(code, widest, sizeof widest / sizeof *widest) ? 2 : 1;
}

size_t sdse_plain_text_print(const char *text, bool markdown, FILE *out) {
    size_t width = 0;
    while (*text) {
        size_t length = sdse_utf8_length(text);
        unsigned char c = (unsigned char)*text;
        char escape[8] = "";
        // U+0080 … U+009F are controls as well.
        bool c1 = length == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0;
        if (c == '\n')
            snprintf(escape, sizeof escape, "%s", markdown ? "<br>" : "\\n");
        else if (c == '\t')
            snprintf(escape, sizeof escape, "\\t");
        else if (length == 0 || c < 0x20 || c == 0x7f || c1)
            snprintf(escape, sizeof escape, "\\x%02x", c1 ? (unsigned char)text[1] : c);
        else if (markdown && c == '|')
            snprintf(escape, sizeof escape, "\\|");
        if (length == 0)
            length = 1;
        if (out && *escape)
            fputs(escape, out);
        else if (out)
            fwrite(text, 1, length, out);
        width += *escape ? strlen(escape) : sdse_utf8_columns(text);
        text += length;
    }
    return width;
}
