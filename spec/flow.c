#include "spec/flow.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

// Next line, line separator and paragraph separator end lines in YAML, and lines of a
// quoted scalar are folded: their escapes, by UTF-8 bytes.
static const struct {
    const char *bytes, *escape;
} breaks[] = {{"\xC2\x85", "\\N"}, {"\xE2\x80\xA8", "\\L"}, {"\xE2\x80\xA9", "\\P"}};

// Bytes of the line break that `text` starts with, 0 for none; prints its escape.
static size_t print_break(FILE *out, const char *text) {
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        const size_t length = strlen(breaks[i].bytes);
        if (strncmp(text, breaks[i].bytes, length) == 0) {
            fputs(breaks[i].escape, out);
            return length;
        }
    }
    return 0;
}

// Printable ASCII at the beginning of a text that needs no escape.
static size_t plain_bytes(const char *text) {
    size_t bytes = 0;
    while (text[bytes] >= 0x20 && text[bytes] < 0x7F && text[bytes] != '"' &&
           text[bytes] != '\\')
        bytes++;
    return bytes;
}

void sdse_print_quoted(FILE *out, const char *text) {
    fputc('"', out);
    for (size_t length; *text; text += length) {
        unsigned char c = (unsigned char)*text;
        length = plain_bytes(text);
        if (length) {
            fwrite(text, 1, length, out);
            continue;
        }
        length = print_break(out, text);
        if (length)
            continue;
        length = 1;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\x%02X", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static bool is_word(const char *text) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char *const reserved[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(text, reserved[i]) == 0)
            return false;
    if (!*text || !strchr(letters, *text))
        return false;
    for (; *text; text++)
        if (!strchr(letters, *text) && !strchr("0123456789.-", *text))
            return false;
    return true;
}

void sdse_print_word(FILE *out, const char *text) {
    if (is_word(text))
        fputs(text, out);
    else
        sdse_print_quoted(out, text);
}

// Whether a text that stood without quotes may do so between brackets too.
static bool stays_plain(const char *text) {
    const bool number = text[1] && strchr(".0123456789", text[1]);
    if (*text == '?' || (*text == '-' && !number)) // indicators
        return false;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c >= 0x80)
            return false;
    return !strpbrk(text, ",[]{}#:&*!|>'\"%@`\n");
}

static void print_scalar(FILE *out, const char *text, bool quoted) {
    // Plain scalars keep their type only without quotes.
    if (!quoted && !*text)
        fputs("null", out);
    else if (quoted || !stays_plain(text))
        sdse_print_quoted(out, text);
    else
        fputs(text, out);
}

// Leaves out what stands under the key `without`; NULL = nothing.
static void print_node(FILE *out, const struct sdse_node *node, const char *without) {
    if (node->kind == SDSE_NODE_SCALAR) {
        print_scalar(out, node->text, node->quoted);
        return;
    }
    bool mapping = node->kind == SDSE_NODE_MAPPING;
    const char *between = "";
    fputc(mapping ? '{' : '[', out);
    sdse_for_each_child (child, node) {
        if (mapping && without && strcmp(child->key, without) == 0)
            continue;
        fputs(between, out);
        between = ", ";
        if (mapping) {
            sdse_print_quoted(out, child->key);
            fputs(": ", out);
        }
        print_node(out, child, without);
    }
    fputc(mapping ? '}' : ']', out);
}

char *sdse_node_flow_text(struct sdse_arena *arena, const struct sdse_node *node) {
    return sdse_node_flow_text_without(arena, node, NULL);
}

char *sdse_node_flow_text_without(struct sdse_arena *arena,
                                  const struct sdse_node *node, const char *key) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    print_node(text.out, node, key);
    return sdse_text_end(&text, arena);
}
