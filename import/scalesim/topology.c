// A topology: convolutions, or products of matrices, a line each.
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "import/scalesim/lines.h"
#include "spec/flow.h"

enum { MOST_COLUMNS = 16, CONVOLUTION = 8, PRODUCT = 4, MOST_SIZE = 1 << 24 };

// The columns after the layer's name, and what headings call them in letters alone.
struct column {
    const char *what, *name, *short_name;
};
static const struct column convolutions[CONVOLUTION] = {
    {"the image's height", "ifmapheight", "h"},
    {"the image's width", "ifmapwidth", "w"},
    {"the filter's height", "filterheight", "filterh"},
    {"the filter's width", "filterwidth", "filterw"},
    {"the channels", "channels", "c"},
    {"the filters", "numfilter", "numfilters"},
    {"the stride", "strideheight", "strideh"},
    {"the second stride", "stridewidth", "stridew"}};
static const struct column products[PRODUCT - 1] = {
    {"M", "m", "m"}, {"N", "n", "n"}, {"K", "k", "k"}};

// Whether a line of the text is the section that every configuration has.
static bool has_presets(const char *text) {
    static const char section[] = "[architecture_presets]";
    for (; text; text = strchr(text, '\n')) {
        text += strspn(text, " \t\r\n");
        if (strncasecmp(text, section, strlen(section)) == 0)
            return true;
    }
    return false;
}

static enum sdse_scalesim_kind kind_of_headings(const char *text) {
    char head[512];
    snprintf(head, sizeof head, "%.*s", (int)strcspn(text, "\n"), text);
    for (char *c = head; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    if (!strstr(head, "layer") || !strchr(head, ','))
        return SDSE_SCALESIM_NONE;
    return strstr(head, "filter") ? SDSE_SCALESIM_CONVOLUTION : SDSE_SCALESIM_PRODUCT;
}

// The line of headings, and how many are before it. SCALE-Sim passes over the first
// line whatever it is, so that headings may look like a comment.
static const char *headings_of(const char *text, unsigned *lines) {
    const char *plain = sdse_skip_preamble(text, lines);
    if (kind_of_headings(plain) != SDSE_SCALESIM_NONE)
        return plain;
    *lines = 0;
    return text;
}

enum sdse_scalesim_kind sdse_scalesim_kind(const char *text) {
    unsigned lines;
    return has_presets(sdse_skip_preamble(text, &lines))
               ? SDSE_SCALESIM_CONFIG
               : kind_of_headings(headings_of(text, &lines));
}

// The words between commas; an empty last one, after a comma at the end, is none.
static unsigned split(struct sdse_lines *lines, const char *line,
                      struct sdse_line_word words[MOST_COLUMNS]) {
    unsigned count = 0;
    const char *from = line;
    for (;;) {
        const char *to = from + strcspn(from, ",");
        const struct sdse_line_word word = sdse_line_word(lines, line, from, to);
        if (*word.text || *to) {
            if (count < MOST_COLUMNS)
                words[count] = word;
            count++;
        }
        if (!*to)
            break;
        from = to + 1;
    }
    while (count > 0 && count <= MOST_COLUMNS && !*words[count - 1].text)
        count--;
    return count;
}

// Names that came before, in a list from the last.
struct name {
    struct name *before;
    const char *text;
};

static bool is_taken(const struct name *names, const char *text) {
    for (; names; names = names->before)
        if (strcmp(names->text, text) == 0)
            return true;
    return false;
}

// The name, or the name with the first number that makes it new.
static const char *new_name(struct sdse_lines *lines, struct name **names,
                            const char *text) {
    const char *plain = sdse_plain_line(lines->foreign.arena, *text ? text : "layer");
    const char *name = plain;
    for (unsigned i = 2; name && is_taken(*names, name); i++)
        name = sdse_arena_printf(lines->foreign.arena, "%s.%u", plain, i);
    struct name *entry = SDSE_ARENA_NEW(lines->foreign.arena, struct name);
    if (!entry || !name) {
        lines->foreign.out_of_memory = true;
        return "";
    }
    *entry = (struct name){*names, name};
    *names = entry;
    return name;
}

// Rows (or columns) at the end with which our rule, that rounds down, gives what
// SCALE-Sim's gives, which rounds up: it addresses what lies beyond the image.
static uint64_t extra(uint64_t size, uint64_t filter, uint64_t stride) {
    const uint64_t rest = (size - filter) % stride;
    return rest ? stride - rest : 0;
}

static void print_convolution(struct sdse_lines *lines, FILE *out, const char *name,
                              const struct sdse_line_word *words, unsigned count) {
    uint64_t n[CONVOLUTION] = {0};
    const size_t errors = lines->foreign.diags->errors;
    for (unsigned i = 1; i < count && i <= CONVOLUTION; i++)
        n[i - 1] =
            sdse_line_number(lines, words[i], convolutions[i - 1].what, 1, MOST_SIZE);
    if (count <= CONVOLUTION)
        n[7] = n[6];
    if (lines->foreign.diags->errors > errors)
        return;
    for (unsigned axis = 0; axis < 2; axis++) {
        if (n[axis] < n[2 + axis]) {
            sdse_foreign_refuse(&lines->foreign, words[3 + axis].loc, false,
                                "scalesim-value",
                                "the filter (%" PRIu64 ") is larger than the image "
                                "(%" PRIu64 ")",
                                n[2 + axis], n[axis]);
            return;
        }
    }
    const bool depthwise = strstr(name, "DP") != NULL;
    fputs("  - {name: ", out);
    sdse_print_word(out, name);
    fprintf(out,
            ", kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64
            "], out_channels: %" PRIu64 ", kernel: [%" PRIu64 ", %" PRIu64
            "], stride: [%" PRIu64 ", %" PRIu64 "]}\n",
            depthwise ? "dwconv" : "conv", n[4], n[0] + extra(n[0], n[2], n[6]),
            n[1] + extra(n[1], n[3], n[7]), depthwise ? n[4] : n[5], n[2], n[3], n[6],
            n[7]);
}

static void print_product(struct sdse_lines *lines, FILE *out, const char *name,
                          const struct sdse_line_word *words) {
    uint64_t n[3];
    for (unsigned i = 0; i < 3; i++)
        n[i] = sdse_line_number(lines, words[1 + i], products[i].what, 1, MOST_SIZE);
    fputs("  - {name: ", out);
    sdse_print_word(out, name);
    fprintf(out,
            ", kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64 ", rows: %" PRIu64
            "}\n",
            n[2], n[1], n[0]);
}

static bool names_column(const char *heading, const struct column *column) {
    char plain[32];
    size_t length = 0;
    for (const char *c = heading; *c && length + 1 < sizeof plain; c++)
        if (isalnum((unsigned char)*c))
            plain[length++] = (char)tolower((unsigned char)*c);
    plain[length] = '\0';
    return strcmp(plain, column->name) == 0 || strcmp(plain, column->short_name) == 0;
}

// SCALE-Sim knows columns by their places, whatever is above them. Where that is the
// name of another column, the file is meant otherwise.
static void check_headings(struct sdse_lines *lines, bool convolution,
                           const char *line) {
    const struct column *columns = convolution ? convolutions : products;
    const unsigned most = convolution ? CONVOLUTION : PRODUCT - 1;
    struct sdse_line_word words[MOST_COLUMNS];
    const unsigned count = split(lines, line, words);
    for (unsigned i = 0; i < most && i + 1 < count; i++)
        for (unsigned other = 0; other < most; other++)
            if (other != i && names_column(words[i + 1].text, &columns[other]))
                sdse_foreign_refuse(&lines->foreign, words[i + 1].loc, true,
                                    "scalesim-line",
                                    "column %u is called '%.20s' and is read as %s: "
                                    "SCALE-Sim knows columns by their places",
                                    i + 2, words[i + 1].text, columns[i].what);
}

static unsigned print_layers(struct sdse_lines *lines, FILE *out,
                             enum sdse_scalesim_kind kind) {
    const bool convolution = kind == SDSE_SCALESIM_CONVOLUTION;
    const unsigned least = convolution ? CONVOLUTION : PRODUCT;
    const unsigned most = convolution ? CONVOLUTION + 1 : PRODUCT;
    struct name *names = NULL;
    struct sdse_line_word words[MOST_COLUMNS];
    unsigned layers = 0;
    char *line;
    if (sdse_next_line(lines, &line))
        check_headings(lines, convolution, line);
    while (sdse_next_line(lines, &line)) {
        unsigned count = split(lines, line, words);
        if (!count)
            continue;
        // A pattern of zeros (2:4) in a column of its own.
        if (count > least && count <= MOST_COLUMNS &&
            strchr(words[count - 1].text, ':')) {
            sdse_foreign_refuse(
                &lines->foreign, words[count - 1].loc, true, "scalesim-value",
                "the pattern of zeros '%.20s' is lost: a weight form, or "
                "`density`, says it here",
                words[count - 1].text);
            count--;
        }
        if (count < least || count > most) {
            sdse_foreign_refuse(&lines->foreign, words[0].loc, false, "scalesim-line",
                                "%u columns; a line of this topology has %u", count,
                                least);
            continue;
        }
        const char *name = new_name(lines, &names, words[0].text);
        layers++;
        if (convolution)
            print_convolution(lines, out, name, words, count);
        else
            print_product(lines, out, name, words);
    }
    return layers;
}

enum sdse_status sdse_scalesim_topology(const char *path, const char *text, bool lossy,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags, const char **yaml) {
    struct sdse_lines lines = {
        .path = path, .foreign = {.arena = arena, .diags = diags, .lossy = lossy}};
    lines.rest = headings_of(text, &lines.line);
    const char *plain = sdse_plain_line(arena, path);
    if (!plain)
        return SDSE_NO_MEMORY;
    const char *base = strrchr(plain, '/') ? strrchr(plain, '/') + 1 : plain;
    const char *name = sdse_arena_printf(arena, "%.*s", (int)strcspn(base, "."), base);
    const char *source = sdse_arena_printf(arena, "%s, a topology of SCALE-Sim", plain);
    struct sdse_text out;
    if (!name || !source || !sdse_text_begin(&out))
        return SDSE_NO_MEMORY;
    fputs("name: ", out.out);
    sdse_print_word(out.out, *name ? name : "network");
    fputs("\nsource: ", out.out);
    sdse_print_word(out.out, source);
    fputs("\nlayers:\n", out.out);
    const unsigned layers = print_layers(&lines, out.out, sdse_scalesim_kind(text));
    const char *made = sdse_text_end(&out, arena);
    if (!made || lines.foreign.out_of_memory)
        return SDSE_NO_MEMORY;
    if (!layers && !lines.foreign.failed)
        sdse_foreign_refuse(&lines.foreign, (struct sdse_loc){path, lines.line, 1},
                            false, "scalesim-line", "there is no layer in it");
    if (lines.foreign.failed)
        return SDSE_INVALID;
    *yaml = made;
    return SDSE_OK;
}
