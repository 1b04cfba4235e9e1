#include "spec/sweep_overrides.h"

#include "base/arena_grow.h"
#include "spec/path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "spec/expression.h"
#include "spec/flow.h"
#include "spec/value.h"

enum { MOST_RANGE = 10000 };

struct reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_sweep *sweep;
    size_t arch;
    bool out_of_memory;
};

// ---- values ----

struct values {
    size_t count, capacity;
    const char **list;
};

static void add_value(struct reader *r, struct values *values, const char *text) {
    const char **grown = sdse_arena_grow(r->arena, values->list, values->count,
                                         &values->capacity, sizeof *grown);
    if (!grown) {
        r->out_of_memory = true;
        return;
    }
    values->list = grown;
    r->out_of_memory |= !text;
    values->list[values->count++] = text;
}

// "64..1024 x2" or "1..9 +2": *first, *last, *step and the sign before it.
static bool parse_range(const char *text, double *first, double *last, char *sign,
                        double *step) {
    char *end;
    *first = strtod(text, &end);
    // "64." is a number too: the dots are the range's.
    const char *dots = strstr(text, "..");
    if (!dots || (end != dots && end != dots + 1))
        return false;
    *last = strtod(dots + 2, &end);
    if (end == dots + 2 || *end != ' ')
        return false;
    end += strspn(end, " ");
    *sign = *end;
    if (*sign != 'x' && *sign != '+')
        return false;
    const char *number = end + 1;
    *step = strtod(number, &end);
    return end != number && !*end && isfinite(*first) && isfinite(*last) &&
           isfinite(*step);
}

static bool is_there(const struct values *values, const char *text) {
    for (size_t i = 0; text && i < values->count; i++)
        if (values->list[i] && strcmp(values->list[i], text) == 0)
            return true;
    return false;
}

static void add_range(struct reader *r, struct values *values,
                      const struct sdse_node *node) {
    double first, last, step;
    char sign;
    const bool is_range = parse_range(node->text, &first, &last, &sign, &step);
    const bool rises =
        is_range && first <= last && (sign == 'x' ? first > 0 && step > 1 : step > 0);
    if (!rises) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "override-range",
                      "'%.80s' is no range: expected FIRST..LAST xFACTOR or "
                      "FIRST..LAST +STEP, rising, e.g. 64..1024 x2",
                      node->text);
        return;
    }
    const double slack = 1e-9 * fmax(fabs(first), fabs(last));
    double value = first;
    for (size_t i = 0; value <= last + slack; i++) {
        if (i == MOST_RANGE) {
            sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "override-range",
                          "'%.80s' has more than %d values", node->text, MOST_RANGE);
            return;
        }
        const char *text = sdse_grid_number(r->arena, value);
        if (is_there(values, text))
            sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "duplicate-value",
                          "'%.80s' of '%.80s' is listed twice", text, node->text);
        add_value(r, values, text);
        value = sign == 'x' ? first * pow(step, (double)(i + 1))
                            : first + step * (double)(i + 1);
        if (sign == '+' && fabs(value) < 1e-9 * step)
            value = 0;
    }
}

bool sdse_is_range(const struct sdse_node *node) {
    const char *text = node->kind == SDSE_NODE_SCALAR ? node->text : NULL;
    return text && strstr(text, "..") && strchr("0123456789.+-", *text);
}

static void read_values(struct reader *r, const struct sdse_node *node,
                        struct values *values) {
    const bool list = node->kind == SDSE_NODE_SEQUENCE;
    const size_t count = list ? node->count : 1;
    const struct sdse_node *value = list ? node->first : node;
    for (size_t i = 0; i < count && !r->out_of_memory; i++, value = value->next) {
        if (sdse_node_is_null(value))
            sdse_diag_add(r->diags, SDSE_ERROR, value->loc, "override-empty",
                          "'%.80s' lists a value that is nothing", node->key);
        if (sdse_is_range(value))
            add_range(r, values, value);
        else if (value->kind == SDSE_NODE_SCALAR && sdse_is_expression(value->text))
            add_value(r, values, value->text); // quoted or not
        else
            add_value(r, values, sdse_node_flow_text(r->arena, value));
    }
}

bool sdse_read_values(struct sdse_arena *arena, const struct sdse_node *node,
                      struct sdse_diags *diags, const char ***list, size_t *count) {
    struct reader r = {.arena = arena, .diags = diags};
    struct values values = {0};
    read_values(&r, node, &values);
    *list = values.list;
    *count = values.count;
    return !r.out_of_memory;
}

static void read_override(struct reader *r, const struct sdse_node *node,
                          bool with_previous) {
    const bool list = node->kind == SDSE_NODE_SEQUENCE;
    const size_t count = list ? node->count : 1;
    struct sdse_override *out = &r->sweep->overrides[r->sweep->override_count++];
    *out = (struct sdse_override){.path = node->key,
                                  .loc = node->key_loc,
                                  .arch = r->arch,
                                  .with_previous = with_previous};
    if (!count || sdse_node_is_null(node)) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "override-empty",
                      "'%.80s' lists no value", node->key);
        return;
    }
    struct values values = {0};
    read_values(r, node, &values);
    out->value_count = values.count;
    out->values = values.list;
}

// ---- overrides ----

static bool make_room(struct reader *r, size_t more) {
    const size_t count = r->sweep->override_count;
    struct sdse_override *grown =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_override, count + more + 1);
    if (!grown) {
        r->out_of_memory = true;
        return false;
    }
    if (count)
        memcpy(grown, r->sweep->overrides, count * sizeof *grown);
    r->sweep->overrides = grown;
    return true;
}

static void read_map(struct reader *r, const struct sdse_node *map, bool zip) {
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags) || !map->count ||
        !make_room(r, map->count))
        return;
    const size_t first = r->sweep->override_count, errors = r->diags->errors;
    sdse_for_each_child (node, map)
        read_override(r, node, zip && r->sweep->override_count > first);
    const struct sdse_override *all = r->sweep->overrides;
    if (zip && map->count == 1)
        sdse_diag_add(r->diags, SDSE_ERROR, all[first].loc, "zip-length",
                      "'%.80s' is in step with nothing: write it under 'override'",
                      all[first].path);
    for (size_t i = first + 1;
         zip && errors == r->diags->errors && i < r->sweep->override_count; i++)
        if (all[i].value_count != all[first].value_count)
            sdse_diag_add(r->diags, SDSE_ERROR, all[i].loc, "zip-length",
                          "'%.80s' has %zu values, and '%.80s', in step with it, %zu",
                          all[i].path, all[i].value_count, all[first].path,
                          all[first].value_count);
}

bool sdse_read_overrides(struct sdse_arena *arena, const struct sdse_node *map,
                         size_t arch, struct sdse_diags *diags,
                         struct sdse_sweep *sweep) {
    struct reader r = {arena, diags, sweep, arch, false};
    const struct sdse_node *zip = sdse_node_get(map, "zip");
    read_map(&r, sdse_node_get(map, "override"), false);
    if (zip && zip->kind == SDSE_NODE_SEQUENCE)
        sdse_for_each_child (item, zip)
            read_map(&r, item, true);
    else
        read_map(&r, zip, true);
    return !r.out_of_memory;
}

// ---- combinations ----

bool sdse_override_is_of(const struct sdse_override *override, size_t arch) {
    return override->arch == 0 || override->arch == arch + 1;
}

bool sdse_override_in_step(const struct sdse_sweep *sweep, size_t i) {
    return sweep->overrides[i].with_previous ||
           (i + 1 < sweep->override_count && sweep->overrides[i + 1].with_previous);
}

bool sdse_sweep_combinations(const struct sdse_sweep *sweep, size_t arch,
                             uint64_t *count) {
    bool fits = true;
    *count = 1;
    for (size_t i = 0; i < sweep->override_count; i++)
        if (sdse_override_is_of(&sweep->overrides[i], arch) &&
            !sweep->overrides[i].with_previous)
            fits &= sdse_mul_u64(*count, sweep->overrides[i].value_count, count);
    return fits;
}

size_t sdse_sweep_combination(const struct sdse_sweep *sweep, size_t arch,
                              uint64_t number, const struct sdse_override **overrides,
                              size_t *values) {
    size_t count = 0;
    for (size_t i = 0; i < sweep->override_count; i++)
        if (sdse_override_is_of(&sweep->overrides[i], arch))
            overrides[count++] = &sweep->overrides[i];
    for (size_t end = count; end > 0;) {
        size_t first = end - 1; // of those in step
        while (overrides[first]->with_previous)
            first--;
        const size_t value = (size_t)(number % overrides[first]->value_count);
        number /= overrides[first]->value_count;
        for (size_t i = first; i < end; i++)
            values[i] = value;
        end = first;
    }
    return count;
}

static bool is_axis(const struct sdse_override *override, size_t arch) {
    return sdse_override_is_of(override, arch) && !override->with_previous;
}

size_t sdse_sweep_axis_count(const struct sdse_sweep *sweep, size_t arch) {
    size_t count = 0;
    for (size_t i = 0; i < sweep->override_count; i++)
        count += is_axis(&sweep->overrides[i], arch);
    return count;
}

uint64_t sdse_sweep_axis(const struct sdse_sweep *sweep, size_t arch, size_t axis,
                         uint64_t *stride) {
    uint64_t length = 1;
    size_t next = 0;
    *stride = 1;
    for (size_t i = 0; i < sweep->override_count; i++) {
        if (!is_axis(&sweep->overrides[i], arch))
            continue;
        if (next == axis)
            length = sweep->overrides[i].value_count;
        else if (next > axis)
            *stride *= sweep->overrides[i].value_count;
        next++;
    }
    return length;
}

// --- Spellings ---

// Where a path leads; a path that leads nowhere is said elsewhere.
struct places {
    size_t count;
    struct sdse_path_target *target;
};

static bool find_places(struct sdse_arena *arena, struct sdse_node *root,
                        const struct sdse_override *override, struct places *places) {
    struct sdse_path_target targets[SDSE_PATH_TARGETS];
    struct sdse_diags quiet;
    sdse_diags_init(&quiet, arena);
    places->count = override->stays ? 0
                                    : sdse_path_resolve(root, override->path,
                                                        override->loc, &quiet, targets);
    places->target =
        SDSE_ARENA_ARRAY(arena, struct sdse_path_target, places->count + 1);
    for (size_t i = 0; places->target && i < places->count; i++)
        places->target[i] = targets[i];
    return places->target != NULL;
}

static bool are_same(const struct places *a, const struct places *b) {
    bool same = a->count && a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->target[i].container == b->target[i].container &&
               a->target[i].node == b->target[i].node &&
               strcmp(a->target[i].key, b->target[i].key) == 0;
    return same;
}

enum sdse_status sdse_sweep_paths_differ(struct sdse_arena *arena,
                                         const struct sdse_sweep *sweep, size_t arch,
                                         struct sdse_node *root,
                                         struct sdse_diags *diags) {
    const struct sdse_override **all = SDSE_ARENA_ARRAY(
        arena, const struct sdse_override *, sweep->override_count + 1);
    size_t *values = SDSE_ARENA_ARRAY(arena, size_t, sweep->override_count + 1);
    struct places *places =
        SDSE_ARENA_ARRAY(arena, struct places, sweep->override_count + 1);
    if (!all || !values || !places)
        return SDSE_NO_MEMORY;
    enum sdse_status status = SDSE_OK;
    const size_t count = sdse_sweep_combination(sweep, arch, 0, all, values);
    for (size_t i = 0; i < count; i++) {
        if (!find_places(arena, root, all[i], &places[i]))
            return SDSE_NO_MEMORY;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(all[i]->path, all[j]->path) == 0 ||
                !are_same(&places[i], &places[j]))
                continue;
            sdse_diag_add(diags, SDSE_ERROR, all[i]->loc, "duplicate-value",
                          "'%.80s' is set twice for one accelerator: '%.80s' is the "
                          "same place",
                          all[i]->path, all[j]->path);
            status = SDSE_INVALID;
            break;
        }
    }
    return status;
}
