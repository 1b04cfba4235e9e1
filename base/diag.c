#include "base/diag.h"

#include "base/errno_text.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void sdse_diags_init(struct sdse_diags *diags, struct sdse_arena *arena) {
    *diags = (struct sdse_diags){.arena = arena};
}

void sdse_diag_add(struct sdse_diags *diags, enum sdse_severity severity,
                   struct sdse_loc loc, const char *check, const char *format, ...) {
    if (!diags)
        return;
    diags->errors += severity == SDSE_ERROR;
    diags->warnings += severity == SDSE_WARNING;
    struct sdse_diag *diag = SDSE_ARENA_NEW(diags->arena, struct sdse_diag);
    if (!diag) {
        diags->fault = SDSE_NO_MEMORY;
        return;
    }
    va_list args;
    va_start(args, format);
    const char *message = sdse_arena_vprintf(diags->arena, format, args);
    va_end(args);
    if (!message)
        diags->fault = SDSE_NO_MEMORY;
    *diag = (struct sdse_diag){.loc = loc,
                               .severity = severity,
                               .check = check,
                               .message = message ? message : "out of memory"};
    if (diags->last)
        diags->last->next = diag;
    else
        diags->first = diag;
    diags->last = diag;
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

void sdse_diag_add_once(struct sdse_diags *diags, enum sdse_severity severity,
                        struct sdse_loc loc, const char *check, const char *message) {
    for (const struct sdse_diag *old = diags->first; old; old = old->next)
        if (old->loc.line == loc.line && old->loc.column == loc.column &&
            same_text(old->loc.file, loc.file) && same_text(old->check, check) &&
            same_text(old->message, message))
            return;
    sdse_diag_add(diags, severity, loc, check, "%s", message);
}

void sdse_diags_pass_on(struct sdse_diags *to, const struct sdse_diags *said) {
    for (const struct sdse_diag *diag = said->first; diag; diag = diag->next)
        sdse_diag_add_once(to, diag->severity, diag->loc, diag->check, diag->message);
    if (said->fault && !to->fault)
        to->fault = said->fault;
}

enum sdse_status sdse_diag_errno(struct sdse_diags *diags, struct sdse_loc loc,
                                 const char *check, const char *what, int number) {
    const enum sdse_status status = sdse_errno_status(number);
    if (!diags)
        return status;
    loc.file = sdse_arena_strdup(diags->arena, loc.file);
    sdse_diag_add(diags, SDSE_ERROR, loc, check, "%s%s%s", what ? what : "",
                  what ? ": " : "", sdse_errno_text(number).text);
    if (status != SDSE_INVALID && diags->fault == SDSE_OK)
        diags->fault = status;
    return status;
}

bool sdse_diags_fired(const struct sdse_diags *diags, const char *check) {
    for (const struct sdse_diag *diag = diags->first; diag; diag = diag->next)
        if (diag->check && strcmp(diag->check, check) == 0)
            return true;
    return false;
}

// A diagnostic and the notes behind it.
struct group {
    struct sdse_diag *first, *last;
    size_t file;  // how many groups stood before the first one of its file
    size_t found; // how many stood before itself
};

static bool same_file(const struct sdse_diag *a, const struct sdse_diag *b) {
    return same_text(a->loc.file, b->loc.file);
}

static int compare_groups(const void *a, const void *b) {
    const struct group *one = a, *other = b;
    const struct sdse_loc *at = &one->first->loc, *by = &other->first->loc;
    if (one->file != other->file)
        return one->file < other->file ? -1 : 1;
    if (at->line != by->line)
        return at->line < by->line ? -1 : 1;
    if (at->column != by->column)
        return at->column < by->column ? -1 : 1;
    return one->found < other->found ? -1 : 1;
}

// Cuts the list into groups; returns how many.
static size_t cut_groups(struct sdse_diag *first, struct group *groups) {
    size_t count = 0;
    for (struct sdse_diag *diag = first; diag; diag = diag->next) {
        if (count && diag->severity == SDSE_NOTE) {
            groups[count - 1].last = diag;
            continue;
        }
        size_t file = count ? groups[count - 1].file : 0;
        if (count && !same_file(groups[count - 1].first, diag))
            for (file = 0; file < count && !same_file(groups[file].first, diag);)
                file++;
        groups[count] = (struct group){diag, diag, file, count};
        count++;
    }
    return count;
}

void sdse_diags_sort(struct sdse_diags *diags) {
    size_t count = 0;
    for (const struct sdse_diag *diag = diags->first; diag; diag = diag->next)
        count++;
    struct group *groups =
        count ? SDSE_ARENA_ARRAY(diags->arena, struct group, count) : NULL;
    if (!groups)
        return;
    count = cut_groups(diags->first, groups);
    qsort(groups, count, sizeof *groups, compare_groups);
    diags->first = groups[0].first;
    for (size_t i = 0; i < count; i++)
        groups[i].last->next = i + 1 < count ? groups[i + 1].first : NULL;
    diags->last = groups[count - 1].last;
}

// A text without what drives a terminal: controls become \xNN, line feeds too, and so
// do bytes that are no UTF-8, as a damaged file has them.
static void print_plain(const char *text, FILE *out) {
    while (*text) {
        const size_t length = sdse_utf8_length(text);
        const unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];
        if (length == 2 && c == 0xc2 && next < 0xa0) // a control of two bytes
            fprintf(out, "\\x%02x", next);
        else if (!length || c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
}

void sdse_diags_print(const struct sdse_diags *diags, FILE *out, bool colour) {
    static const char *const names[] = {"error", "warning", "note"};
    static const char *const colours[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};
    for (const struct sdse_diag *diag = diags->first; diag; diag = diag->next) {
        const struct sdse_loc *loc = &diag->loc;
        if (loc->file)
            print_plain(loc->file, out), fputc(':', out);
        if (loc->line)
            fprintf(out, "%u:%u:", loc->line, loc->column);
        if (loc->file)
            fputc(' ', out);
        fprintf(out, "%s%s:%s ", colour ? colours[diag->severity] : "",
                names[diag->severity], colour ? "\033[0m" : "");
        print_plain(diag->message, out);
        if (diag->check)
            fprintf(out, " [%s]", diag->check);
        fputc('\n', out);
    }
}

enum { LONGEST_WORD = 64 };

size_t sdse_edit_distance(const char *a, const char *b) {
    size_t m = strlen(a), n = strlen(b);
    if (m > LONGEST_WORD || n > LONGEST_WORD)
        return SIZE_MAX;
    size_t row[LONGEST_WORD + 1];
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t cost = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            row[j] = cost;
        }
    }
    return row[n];
}

const char *sdse_nearest(const char *word, const char *const *candidates,
                         size_t count) {
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t distance = sdse_edit_distance(word, candidates[i]);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidates[i];
        }
    }
    return best;
}

bool sdse_is_among(const char *word, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

void sdse_diags_keep_places(struct sdse_diags *diags, const struct sdse_diag *since) {
    struct sdse_diag *diag = since ? since->next : diags->first;
    for (; diag; diag = diag->next)
        diag->loc.file = sdse_arena_strdup(diags->arena, diag->loc.file);
}
