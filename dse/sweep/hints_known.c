#include "dse/sweep/hints_known.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "spec/load.h"
#include "spec/tree.h"

enum { BUCKETS = 1024, MOST_BYTES = 8 * 1024 * 1024, ROUNDED = 16 };

struct entry {
    struct entry *next;
    struct sdse_hash key;
    const struct sdse_hint *hint; // NULL: there is none
};

// An accelerator that hints were tried on.
struct rounded {
    struct sdse_arena *arena; // NULL: never used
    struct sdse_hash key;     // of its text
    struct sdse_arch *arch;   // NULL: its text makes none
};

struct sdse_hints_known {
    struct sdse_arena *arena;
    struct entry *bucket[BUCKETS];
    struct rounded rounded[ROUNDED]; // by key
};

struct sdse_hints_known *sdse_hints_known_new(void) {
    struct sdse_hints_known *known = calloc(1, sizeof *known);
    if (!known)
        return NULL;
    known->arena = sdse_arena_new();
    if (known->arena)
        return known;
    sdse_hints_known_free(known);
    return NULL;
}

void sdse_hints_known_free(struct sdse_hints_known *known) {
    if (!known)
        return;
    sdse_arena_free(known->arena);
    for (size_t i = 0; i < ROUNDED; i++)
        sdse_arena_free(known->rounded[i].arena);
    free(known);
}

static void forget_many(struct sdse_hints_known *known) {
    if (sdse_arena_used_bytes(known->arena) <= MOST_BYTES)
        return;
    sdse_arena_reset(known->arena);
    memset(known->bucket, 0, sizeof known->bucket);
}

// The accelerator of a text, if it makes one. False: memory is out.
static bool read_arch(struct rounded *rounded, const char *text) {
    struct sdse_diags said;
    struct sdse_node *root;
    sdse_diags_init(&said, rounded->arena);
    enum sdse_status status = sdse_tree_parse_memory(rounded->arena, "rounded", text,
                                                     strlen(text), &said, &root);
    if (!status)
        status =
            sdse_arch_from_tree(rounded->arena, root, NULL, 0, &said, &rounded->arch);
    if (!status)
        status = sdse_arch_resolve_costs(rounded->arch, rounded->arena, &said);
    if (status)
        rounded->arch = NULL;
    return !status || (status == SDSE_INVALID && !said.fault);
}

// The accelerator with rounded numbers, in *arch. False: memory is out.
static bool round_arch(struct sdse_hints_known *known,
                       const struct sdse_hint_asker *asker, struct sdse_hash key,
                       const struct sdse_arch **arch) {
    struct rounded *rounded = &known->rounded[key.low % ROUNDED];
    if (rounded->arena && sdse_hash_same(rounded->key, key)) {
        *arch = rounded->arch;
        return true;
    }
    if (!rounded->arena && !(rounded->arena = sdse_arena_new()))
        return false;
    sdse_arena_reset(rounded->arena);
    rounded->key = (struct sdse_hash){0};
    rounded->arch = NULL;
    const char *text = sdse_alike_rounded(asker->arch_text, rounded->arena);
    if (!text || !read_arch(rounded, text))
        return false;
    rounded->key = key;
    *arch = rounded->arch;
    return true;
}

// Tries on the rounded accelerator; where there is none, or it has other levels (it is
// split), on the one that is asked for.
static enum sdse_status look(const struct sdse_arch *arch,
                             const struct sdse_map_request *request,
                             const struct sdse_map_answer *answer,
                             struct sdse_arena *arena, struct sdse_hint *hint) {
    struct sdse_map_request asked = *request;
    asked.arch = arch;
    struct sdse_model *model;
    enum sdse_status status =
        sdse_model_new(asked.arch, asked.layer, asked.form, arena, &model);
    if (status)
        return status;
    struct sdse_map_point point = answer->point[0];
    point.totals = sdse_evaluate(model, &point.mapping);
    if (isnan(point.totals.energy_pj))
        return SDSE_NO_MEMORY;
    const struct sdse_map_answer rounded = {
        .status = answer->status, .point_count = 1, .point = &point};
    return sdse_hint_look(&asked, &rounded, arena, hint);
}

static bool is_stopped(const struct sdse_map_request *request) {
    return request->stop && atomic_load(request->stop);
}

// A copy in `arena` that holds nothing but the hint. NULL: memory is out.
static struct sdse_hint *copy_of(const struct sdse_hint *hint,
                                 struct sdse_arena *arena) {
    struct sdse_hint *copy = SDSE_ARENA_NEW(arena, struct sdse_hint);
    if (!copy)
        return NULL;
    *copy = *hint;
    copy->before = sdse_arena_strdup(arena, hint->before);
    copy->after = sdse_arena_strdup(arena, hint->after);
    return copy->before && copy->after ? copy : NULL;
}

enum sdse_status sdse_hints_known_find(struct sdse_hints_known *known,
                                       const struct sdse_hint_asker *asker,
                                       const struct sdse_map_request *request,
                                       const struct sdse_map_answer *answer,
                                       struct sdse_hint *hint) {
    forget_many(known);
    const struct sdse_hash rounded = sdse_alike_rounded_hash(asker->alike);
    const struct sdse_hash key = sdse_hash_join(
        sdse_hash_join(rounded, asker->question), sdse_hash_of_text(asker->mapping));
    struct entry **link = &known->bucket[key.low % BUCKETS];
    for (const struct entry *at = *link; at; at = at->next) {
        if (!sdse_hash_same(at->key, key))
            continue;
        *hint = at->hint ? *at->hint : (struct sdse_hint){.found = false};
        return SDSE_OK;
    }
    const struct sdse_arch *arch;
    if (!round_arch(known, asker, rounded, &arch))
        return SDSE_NO_MEMORY;
    if (!arch || arch->level_count != request->arch->level_count)
        return sdse_hint_look(request, answer, known->arena, hint);
    struct sdse_arena *scratch = sdse_arena_new();
    if (!scratch)
        return SDSE_NO_MEMORY;
    enum sdse_status status = look(arch, request, answer, scratch, hint);
    struct entry *entry = NULL;
    if (!status) {
        entry = SDSE_ARENA_NEW(known->arena, struct entry);
        struct sdse_hint *kept = NULL;
        if (!entry || (hint->found && !(kept = copy_of(hint, known->arena))))
            status = SDSE_NO_MEMORY;
        if (kept)
            *hint = *kept;
        if (!status && !is_stopped(request)) {
            *entry = (struct entry){*link, key, kept};
            *link = entry;
        }
    }
    sdse_arena_free(scratch);
    return status;
}
