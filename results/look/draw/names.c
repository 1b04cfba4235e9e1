#include "results/look/draw/names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 32, MOST_NAMES = 1000 };

// ---- order ----

// The finite number a text begins with, and what follows; false: with none.
static bool leading_number(const char *text, double *value, const char **rest) {
    char *end;
    if (*text != '-' && *text != '.' && (*text < '0' || *text > '9'))
        return false;
    *value = strtod(text, &end);
    *rest = end;
    return end != text && isfinite(*value);
}

bool sdse_names_number(const char *text, double *value) {
    const char *rest;
    return leading_number(text, value, &rest) && !*rest;
}

// The number at `at` of `text`: any at its beginning and after "=" or a blank, digits
// alone elsewhere ("resnet50", "v1.10").
static bool number_at(const char *text, const char *at, double *value,
                      const char **rest) {
    if (at == text || at[-1] == '=' || at[-1] == ' ')
        return leading_number(at, value, rest);
    const size_t digits = strspn(at, "0123456789");
    *value = 0;
    for (size_t i = 0; i < digits; i++)
        *value = 10 * *value + (at[i] - '0');
    *rest = at + digits;
    return digits > 0 && isfinite(*value);
}

int sdse_names_order(const char *a, const char *b) {
    for (const char *i = a, *j = b; *i && *j;) {
        double x, y;
        const char *after_x, *after_y;
        const bool number_a = number_at(a, i, &x, &after_x),
                   number_b = number_at(b, j, &y, &after_y);
        if (number_a != number_b)
            return number_a ? -1 : 1;
        if (number_a && x != y)
            return x < y ? -1 : 1;
        if (!number_a && *i != *j)
            return (unsigned char)*i < (unsigned char)*j ? -1 : 1;
        i = number_a ? after_x : i + 1;
        j = number_b ? after_y : j + 1;
    }
    return strcmp(a, b);
}

// ---- what all share ----

struct words {
    size_t count;
    const char *at[MOST_WORDS];
    size_t length[MOST_WORDS];
    bool shared[MOST_WORDS];
};

// False if there are too many.
static bool split(const char *name, struct words *words) {
    words->count = 0;
    while (*name) {
        const size_t length = strcspn(name, " ");
        if (length && words->count == MOST_WORDS)
            return false;
        if (length) {
            words->shared[words->count] = false;
            words->at[words->count] = name;
            words->length[words->count++] = length;
        }
        name += length;
        name += *name == ' ';
    }
    return true;
}

// Bytes of "KEY=" at the word's beginning; 0: it has no key.
static size_t key_length(const struct words *words, size_t w) {
    const char *equals = memchr(words->at[w], '=', words->length[w]);
    return equals ? (size_t)(equals - words->at[w]) + 1 : 0;
}

static bool same_word(const struct words *a, size_t i, const struct words *b,
                      size_t j) {
    return a->length[i] == b->length[j] &&
           memcmp(a->at[i], b->at[j], a->length[i]) == 0;
}

// Where `other` has the key of word `w`; its count: nowhere.
static size_t find_key(const struct words *words, size_t w, size_t key,
                       const struct words *other) {
    size_t i = 0;
    while (i < other->count && !(key_length(other, i) == key &&
                                 memcmp(other->at[i], words->at[w], key) == 0))
        i++;
    return i;
}

static bool is_shared(const struct words *all, size_t count, size_t n, size_t w) {
    const size_t key = key_length(&all[n], w);
    size_t having = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t at = key                ? find_key(&all[n], w, key, &all[i])
                          : w < all[i].count ? w
                                             : all[i].count;
        if (key && at == all[i].count)
            continue; // it has no such key
        if (at == all[i].count || !same_word(&all[n], w, &all[i], at))
            return false;
        having++;
    }
    return having > 1;
}

static const char *join(const struct words *words, struct sdse_arena *arena) {
    const char *text = "";
    for (size_t w = 0; text && w < words->count; w++)
        if (!words->shared[w])
            text = sdse_arena_printf(arena, "%s%s%.*s", text, *text ? " " : "",
                                     (int)words->length[w], words->at[w]);
    return text;
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// How many different ones there are; `sorted` is room for them.
static size_t distinct(const char *const *names, size_t count, const char **sorted) {
    size_t found = 0;
    memcpy(sorted, names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 0; i < count; i++)
        found += i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0;
    return found;
}

bool sdse_names_shorten(const char **names, size_t count, struct sdse_arena *arena) {
    if (count < 2 || count > MOST_NAMES)
        return true;
    struct words *all = SDSE_ARENA_ARRAY(arena, struct words, count);
    const char **made = SDSE_ARENA_ARRAY(arena, const char *, count);
    const char **sorted = SDSE_ARENA_ARRAY(arena, const char *, count);
    if (!all || !made || !sorted)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!split(names[i], &all[i]))
            return true;
    for (size_t i = 0; i < count; i++)
        for (size_t w = 0; w < all[i].count; w++)
            all[i].shared[w] = is_shared(all, count, i, w);
    for (size_t i = 0; i < count; i++) {
        made[i] = join(&all[i], arena);
        if (!made[i])
            return false;
        if (!*made[i])
            return true;
    }
    if (distinct(made, count, sorted) == distinct(names, count, sorted))
        memcpy(names, made, count * sizeof *names);
    return true;
}

const char *sdse_names_shared(const struct sdse_points *points,
                              struct sdse_arena *arena) {
    const char *const *columns[] = {points->workload, points->arch, points->form};
    static const char *const before[] = {"", " on ", ", "};
    const char *text = "";
    for (size_t c = 0; text && c < 3; c++) {
        size_t same = 1;
        while (same < points->count && strcmp(columns[c][same], columns[c][0]) == 0)
            same++;
        if (same == points->count)
            text = sdse_arena_printf(arena, "%s%s%s", text, before[c], columns[c][0]);
        else if (c == 0)
            text = "several networks";
    }
    return text;
}
