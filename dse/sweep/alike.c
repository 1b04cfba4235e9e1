#include "dse/sweep/alike.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Relative: prices that are read from decimals stand beside a line by less.
static const double beside = 1e-14;

// ---- the text ----

enum role { PRICE = SDSE_ALIKE_PRICE, CAPACITY, BANDWIDTH, AREA, OTHER };

static const struct {
    char key[24];
    enum role role;
} roles[] = {{"read_pj", PRICE},
             {"read_pj_per_bit", PRICE},
             {"fill_pj", PRICE},
             {"fill_pj_per_bit", PRICE},
             {"update_pj", PRICE},
             {"update_pj_per_bit", PRICE},
             {"hop_pj_per_bit", PRICE},
             {"router_pj_per_bit", PRICE},
             {"pj_per_bit", PRICE},
             {"pj_per_add", PRICE},
             {"pj_per_mac", PRICE},
             {"leakage_mw", PRICE},
             {"capacity_bits", CAPACITY},
             {"read_bits_per_cycle", BANDWIDTH},
             {"write_bits_per_cycle", BANDWIDTH},
             {"shared_bits_per_cycle", BANDWIDTH},
             {"area_um2", AREA},
             {"other_area_um2", AREA}};

// A number in the text: "key: 2", or "key: {value: 2, mark: D, source: "…"}".
struct entry {
    enum role role;
    double value;
    const char *digits, *digits_end; // of the value
    const char *end;                 // of the entry
};

// Behind a quoted text that begins at `at`.
static const char *after_quoted(const char *at) {
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

static enum role role_of(const char *key, size_t bytes) {
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strlen(roles[i].key) == bytes && memcmp(roles[i].key, key, bytes) == 0)
            return roles[i].role;
    return OTHER;
}

// The entry whose key ends at the colon; `begin`: of the text. False: what follows is
// no number.
static bool read_entry(const char *begin, const char *colon, struct entry *entry) {
    static const char open[] = "{value: ";
    const char *key = colon;
    while (key > begin && ((key[-1] >= 'a' && key[-1] <= 'z') || key[-1] == '_' ||
                           (key[-1] >= '0' && key[-1] <= '9')))
        key--;
    const bool marked =
        colon[2] == '{' && strncmp(colon + 2, open, sizeof open - 1) == 0;
    if (!marked && !(colon[2] >= '0' && colon[2] <= '9') && colon[2] != '-')
        return false;
    entry->digits = colon + 2 + (marked ? sizeof open - 1 : 0);
    char *end;
    entry->value = strtod(entry->digits, &end);
    entry->digits_end = entry->end = end;
    if (end == entry->digits || (*end && !strchr(",}\n", *end)))
        return false;
    entry->role = role_of(key, (size_t)(colon - key));
    while (marked && *entry->end && *entry->end != '}')
        entry->end = *entry->end == '"' ? after_quoted(entry->end) : entry->end + 1;
    entry->end += marked && *entry->end;
    return marked || entry->role != OTHER;
}

// The next entry from `at` on; *at: behind it. False: there is none.
static bool next_entry(const char *begin, const char **at, struct entry *entry) {
    const char *p = *at;
    while (*p) {
        if (*p == '"') {
            p = after_quoted(p);
        } else if (*p == ':' && p[1] == ' ' && read_entry(begin, p, entry)) {
            *at = entry->end;
            return true;
        } else {
            p++;
        }
    }
    return false;
}

static struct sdse_hash add(struct sdse_hash hash, const char *from, const char *to) {
    return sdse_hash_join(hash, sdse_hash_bytes(from, (size_t)(to - from)));
}

struct sdse_alike *sdse_alike_of(const char *arch_text, struct sdse_arena *arena) {
    enum { MOST = 512 }; // what comes behind is part of the rest
    double number[MOST];
    enum sdse_alike_kind kind[MOST];
    struct sdse_hash rest = {0};
    size_t count = 0;
    struct entry entry;
    const char *from = arch_text, *at = arch_text;
    while (next_entry(arch_text, &at, &entry)) {
        rest = add(rest, from, entry.digits);
        from = entry.end;
        const bool free = entry.role == PRICE && !(entry.value > 0);
        if (entry.role == OTHER || free || (entry.role != AREA && count == MOST)) {
            rest = add(rest, entry.digits, entry.digits_end);
        } else if (entry.role != AREA) {
            number[count] = entry.value;
            kind[count++] = (enum sdse_alike_kind)entry.role;
        }
    }
    struct sdse_alike *alike = SDSE_ARENA_NEW(arena, struct sdse_alike);
    if (!alike || !(alike->number = SDSE_ARENA_ARRAY(arena, double, count + 1)) ||
        !(alike->kind = SDSE_ARENA_ARRAY(arena, enum sdse_alike_kind, count + 1)))
        return NULL;
    memcpy(alike->number, number, count * sizeof *number);
    memcpy(alike->kind, kind, count * sizeof *kind);
    alike->count = count;
    alike->rest = add(rest, from, from + strlen(from));
    alike->forgets = strstr(arch_text, ", class: edram") != NULL ||
                     strstr(arch_text, ", max_lifetime_us: ") != NULL;
    return alike;
}

// ---- neighbours ----

static int compare_numbers(const struct sdse_alike *a, const struct sdse_alike *b,
                           bool prices) {
    for (size_t i = 0; i < a->count; i++)
        if ((a->kind[i] == SDSE_ALIKE_PRICE) == prices && a->number[i] != b->number[i])
            return a->number[i] < b->number[i] ? -1 : 1;
    return 0;
}

int sdse_alike_compare(const struct sdse_alike *a, const struct sdse_alike *b) {
    int order = sdse_hash_compare(a->rest, b->rest);
    if (!order)
        order = compare_numbers(a, b, false);
    return order ? order : compare_numbers(a, b, true);
}

bool sdse_alike_price_between(const struct sdse_alike *a, const struct sdse_alike *b,
                              const struct sdse_alike *c) {
    if (!sdse_hash_same(a->rest, b->rest) || !sdse_hash_same(b->rest, c->rest) ||
        compare_numbers(a, b, false) || compare_numbers(b, c, false))
        return false;
    size_t widest = 0;
    double share = -1; // of c
    for (size_t i = 0; i < a->count; i++) {
        const double width = fabs(c->number[i] - a->number[i]) / c->number[i];
        if (a->kind[i] != SDSE_ALIKE_PRICE || width == 0 ||
            (share >= 0 &&
             width <= fabs(c->number[widest] - a->number[widest]) / c->number[widest]))
            continue;
        widest = i;
        share = (b->number[i] - a->number[i]) / (c->number[i] - a->number[i]);
    }
    if (!(share > 0 && share < 1))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (fabs(b->number[i] - ((1 - share) * a->number[i] + share * c->number[i])) >
            beside * b->number[i])
            return false;
    return true;
}

bool sdse_alike_limit_between(const struct sdse_alike *a, const struct sdse_alike *b,
                              const struct sdse_alike *c) {
    if (a->forgets || !sdse_hash_same(a->rest, b->rest) ||
        !sdse_hash_same(b->rest, c->rest) || compare_numbers(a, b, true) ||
        compare_numbers(b, c, true))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->number[i] > b->number[i] || b->number[i] > c->number[i])
            return false;
    return true;
}

// ---- rounding ----

double sdse_alike_round(double value) {
    int exponent;
    const double digits = frexp(value, &exponent); // 0.5 … 1
    return ldexp(round(digits * 4) / 4, exponent);
}

char *sdse_alike_rounded(const char *arch_text, struct sdse_arena *arena) {
    enum { DIGITS = 32 }; // of one number
    size_t entries = 0;
    struct entry entry;
    for (const char *at = arch_text; next_entry(arch_text, &at, &entry);)
        entries++;
    const size_t most = strlen(arch_text) + DIGITS * entries + 1;
    char *text = SDSE_ARENA_ARRAY(arena, char, most);
    const char *from = arch_text, *at = arch_text;
    size_t used = 0;
    if (!text)
        return NULL;
    while (next_entry(arch_text, &at, &entry)) {
        if (entry.role != PRICE && entry.role != BANDWIDTH)
            continue;
        memcpy(text + used, from, (size_t)(entry.digits - from));
        used += (size_t)(entry.digits - from);
        used += (size_t)snprintf(text + used, DIGITS, "%.17g",
                                 sdse_alike_round(entry.value));
        from = entry.digits_end;
    }
    strcpy(text + used, from);
    return text;
}

struct sdse_hash sdse_alike_rounded_hash(const struct sdse_alike *alike) {
    struct sdse_hash hash = alike->rest;
    for (size_t i = 0; i < alike->count; i++) {
        const double value = alike->kind[i] == SDSE_ALIKE_CAPACITY
                                 ? alike->number[i]
                                 : sdse_alike_round(alike->number[i]);
        hash = sdse_hash_join(hash, sdse_hash_bytes(&value, sizeof value));
    }
    return hash;
}
