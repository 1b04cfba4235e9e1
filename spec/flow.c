#include "spec/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sdse_print_quoted(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
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

static void print_scalar(FILE *out, const char *text, bool quoted) {
    // Plain scalars keep their type only without quotes; these characters need them.
    if (!quoted && !*text)
        fputs("null", out);
    else if (quoted || strpbrk(text, ",[]{}#:&*!|>'\"%@`\n"))
        sdse_print_quoted(out, text);
    else
        fputs(text, out);
}

static void print_node(FILE *out, const struct sdse_node *node) {
    if (node->kind == SDSE_NODE_SCALAR) {
        print_scalar(out, node->text, node->quoted);
        return;
    }
    bool mapping = node->kind == SDSE_NODE_MAPPING;
    fputc(mapping ? '{' : '[', out);
    sdse_for_each_child (child, node) {
        if (child->index)
            fputs(", ", out);
        if (mapping) {
            sdse_print_quoted(out, child->key);
            fputs(": ", out);
        }
        print_node(out, child);
    }
    fputc(mapping ? '}' : ']', out);
}

char *sdse_node_flow_text(struct sdse_arena *arena, const struct sdse_node *node) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    print_node(out, node);
    bool good = !ferror(out);
    good &= fclose(out) == 0;
    char *copy = good ? sdse_arena_copy(arena, text, length) : NULL;
    free(text);
    return copy;
}
