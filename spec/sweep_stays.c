#include "spec/sweep_stays.h"

#include <inttypes.h>
#include <string.h>

#include "spec/value.h"

const char *const *sdse_tiles_words(void) {
    static const char *const words[] = {"balanced", "all"};
    return words;
}

const char *const *sdse_overlap_words(void) {
    static const char *const words[] = {"none", "outer"};
    return words;
}

struct reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
};

// The values of one key, as numbers.
struct values {
    const struct sdse_node *node; // NULL: not written
    size_t count;
    uint32_t *value; // [count]
};

static bool read_choice(const struct reader *r, const struct sdse_node *node,
                        uint32_t *value) {
    bool chosen;
    if (!sdse_read_bool(node, r->diags, &chosen))
        return false;
    *value = chosen;
    return true;
}

static bool read_depth(const struct reader *r, const struct sdse_node *node,
                       uint32_t *value) {
    return sdse_read_u32(node, 1, SDSE_MOST_FUSE_DEPTH, r->diags, value);
}

static bool read_tiles(const struct reader *r, const struct sdse_node *node,
                       uint32_t *value) {
    return sdse_read_word(node, sdse_tiles_words(), 2, r->diags, value);
}

static bool read_overlap(const struct reader *r, const struct sdse_node *node,
                         uint32_t *value) {
    return sdse_read_word(node, sdse_overlap_words(), 2, r->diags, value);
}

typedef bool (*read_one)(const struct reader *, const struct sdse_node *, uint32_t *);

static void add_value(const struct reader *r, const struct sdse_node *node,
                      read_one read, struct values *out) {
    uint32_t value;
    if (!read(r, node, &value))
        return;
    for (size_t i = 0; i < out->count; i++) {
        if (out->value[i] != value)
            continue;
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "duplicate-value",
                      "'%.80s' is listed twice", node->text);
        return;
    }
    out->value[out->count++] = value;
}

// False: memory is out.
static bool read_values(const struct reader *r, const struct sdse_node *mapper,
                        const char *key, read_one read, struct values *out) {
    *out = (struct values){.node = sdse_node_get(mapper, key)};
    if (!out->node)
        return true;
    const bool list = out->node->kind == SDSE_NODE_SEQUENCE;
    out->value = SDSE_ARENA_ARRAY(r->arena, uint32_t, list ? out->node->count + 1 : 1);
    if (!out->value)
        return false;
    if (list && !out->node->count)
        sdse_diag_add(r->diags, SDSE_ERROR, out->node->key_loc, "override-empty",
                      "'%s' lists no value", key);
    if (list)
        sdse_for_each_child (item, out->node)
            add_value(r, item, read, out);
    else
        add_value(r, out->node, read, out);
    return true;
}

static bool has_above(const struct values *values, uint32_t least) {
    for (size_t i = 0; i < values->count; i++)
        if (values->value[i] > least)
            return true;
    return false;
}

// The axis, with room for `most` choices.
static struct sdse_override *add_axis(struct sdse_arena *arena, struct sdse_loc loc,
                                      size_t most, struct sdse_sweep *sweep) {
    const size_t count = sweep->override_count;
    struct sdse_override *all =
        SDSE_ARENA_ARRAY(arena, struct sdse_override, count + 1);
    struct sdse_stay *choices = SDSE_ARENA_ARRAY(arena, struct sdse_stay, most);
    if (!all || !choices)
        return NULL;
    if (count)
        memcpy(all, sweep->overrides, count * sizeof *all);
    all[count] =
        (struct sdse_override){.path = "mapper.resident", .loc = loc, .stays = choices};
    sweep->overrides = all;
    sweep->override_count++;
    return &all[count];
}

static bool is_same(const struct sdse_stay *a, const struct sdse_stay *b) {
    return a->resident == b->resident && a->fuse_depth == b->fuse_depth &&
           a->all_tiles == b->all_tiles && a->columns == b->columns &&
           a->overlap == b->overlap && a->copies == b->copies;
}

static void add_choice(struct sdse_override *axis, struct sdse_stay choice) {
    if (!choice.resident) {
        choice.fuse_depth = 1;
        choice.copies = false;
    }
    if (choice.fuse_depth == 1)
        choice.all_tiles = choice.columns = choice.overlap = false;
    for (size_t i = 0; i < axis->value_count; i++)
        if (is_same(&axis->stays[i], &choice))
            return;
    axis->stays[axis->value_count++] = choice;
}

bool sdse_sweep_add_stay(struct sdse_arena *arena, struct sdse_stay choice,
                         struct sdse_sweep *sweep) {
    struct sdse_override *axis = add_axis(arena, sweep->loc, 1, sweep);
    if (axis)
        add_choice(axis, choice);
    return axis != NULL;
}

bool sdse_read_stays(struct sdse_arena *arena, const struct sdse_node *mapper,
                     struct sdse_diags *diags, struct sdse_sweep *sweep) {
    const struct reader r = {arena, diags};
    const size_t errors = diags->errors;
    struct values resident, depth, tiles, columns, overlap, copies;
    if (!read_values(&r, mapper, "resident", read_choice, &resident) ||
        !read_values(&r, mapper, "fuse_depth", read_depth, &depth) ||
        !read_values(&r, mapper, "tiles", read_tiles, &tiles) ||
        !read_values(&r, mapper, "columns", read_choice, &columns) ||
        !read_values(&r, mapper, "overlap", read_overlap, &overlap) ||
        !read_values(&r, mapper, "copies", read_choice, &copies))
        return false;
    const bool whole = diags->errors == errors;
    if (whole && depth.node && !has_above(&resident, 0))
        sdse_diag_add(diags, SDSE_ERROR, depth.node->key_loc, "fuse-resident",
                      "layers that take turns hand tensors over on chip: `fuse_depth` "
                      "needs `resident: true`");
    if (whole && copies.node && !has_above(&resident, 0))
        sdse_diag_add(diags, SDSE_ERROR, copies.node->key_loc, "copies-resident",
                      "tensors are moved into and out of a shared memory: `copies` "
                      "needs `resident: true`");
    if (whole && tiles.node && !has_above(&depth, 1))
        sdse_diag_add(diags, SDSE_ERROR, tiles.node->key_loc, "fuse-tiles",
                      "tiles are those of layers that take turns: `tiles` needs a "
                      "`fuse_depth` of 2 or more");
    if (whole && columns.node && !has_above(&depth, 1))
        sdse_diag_add(diags, SDSE_ERROR, columns.node->key_loc, "fuse-tiles",
                      "tiles are those of layers that take turns: `columns` needs a "
                      "`fuse_depth` of 2 or more");
    if (whole && overlap.node && !has_above(&depth, 1))
        sdse_diag_add(diags, SDSE_ERROR, overlap.node->key_loc, "fuse-tiles",
                      "nests that overlap are those of layers that take turns: "
                      "`overlap` needs a `fuse_depth` of 2 or more");
    if (whole && has_above(&overlap, 0) && sweep->mapper.free_bypass)
        sdse_diag_add(diags, SDSE_ERROR, overlap.node->key_loc, "overlap-bypass",
                      "`overlap: outer` does not go with `free_bypass: true`: what "
                      "comes ahead waits in a memory that no tensor passes by");
    if (!has_above(&resident, 0))
        return true;
    const size_t depths = depth.count ? depth.count : 1,
                 kinds = tiles.count ? tiles.count : 1,
                 ways = columns.count ? columns.count : 1,
                 overlaps = overlap.count ? overlap.count : 1,
                 moves = copies.count ? copies.count : 1,
                 inner = kinds * ways * overlaps * moves;
    struct sdse_override *axis =
        add_axis(arena, resident.node->key_loc, resident.count * depths * inner, sweep);
    if (!axis)
        return false;
    for (size_t i = 0; i < resident.count * depths * inner; i++) {
        const size_t d = i / inner % depths, t = i / (ways * overlaps * moves) % kinds,
                     c = i / (overlaps * moves) % ways, o = i / moves % overlaps,
                     m = i % moves;
        add_choice(axis,
                   (struct sdse_stay){.resident = resident.value[i / (depths * inner)],
                                      .fuse_depth = depth.count ? depth.value[d] : 1,
                                      .all_tiles = tiles.count && tiles.value[t],
                                      .columns = columns.count && columns.value[c],
                                      .overlap = overlap.count && overlap.value[o],
                                      .copies = copies.count && copies.value[m]});
    }
    return true;
}

const struct sdse_override *sdse_sweep_stays(const struct sdse_sweep *sweep) {
    for (size_t i = 0; i < sweep->override_count; i++)
        if (sweep->overrides[i].stays)
            return &sweep->overrides[i];
    return NULL;
}

// --- Writing ---

// The values of one key, in the order of the axis, each once.
static void print_values(FILE *out, const char *between, const char *key, size_t count,
                         const char *const *words, const uint32_t *values) {
    fprintf(out, "%s%s: %s", between, key, count > 1 ? "[" : "");
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", out);
        if (words)
            fputs(words[values[i]], out);
        else
            fprintf(out, "%" PRIu32, values[i]);
    }
    fputs(count > 1 ? "]" : "", out);
}

static void note(uint32_t value, uint32_t *values, size_t *count) {
    for (size_t i = 0; i < *count; i++)
        if (values[i] == value)
            return;
    values[(*count)++] = value;
}

void sdse_print_stays(FILE *out, const struct sdse_override *axis,
                      const char *between) {
    static const char *const bools[] = {"false", "true"};
    uint32_t resident[2] = {0}, depth[SDSE_MOST_FUSE_DEPTH] = {0}, tiles[2] = {0},
             columns[2] = {0}, overlap[2] = {0}, copies[2] = {0};
    size_t residents = 0, depths = 0, kinds = 0, ways = 0, overlaps = 0, moves = 0;
    for (size_t i = 0; i < axis->value_count; i++) {
        const struct sdse_stay *choice = &axis->stays[i];
        note(choice->resident, resident, &residents);
        if (choice->resident) {
            note(choice->fuse_depth, depth, &depths);
            note(choice->copies, copies, &moves);
        }
        if (choice->fuse_depth > 1) {
            note(choice->all_tiles, tiles, &kinds);
            note(choice->columns, columns, &ways);
            note(choice->overlap, overlap, &overlaps);
        }
    }
    print_values(out, between, "resident", residents, bools, resident);
    if (kinds)
        print_values(out, ", ", "fuse_depth", depths, NULL, depth);
    if (kinds > 1 || (kinds && tiles[0]))
        print_values(out, ", ", "tiles", kinds, sdse_tiles_words(), tiles);
    if (ways > 1 || (ways && columns[0]))
        print_values(out, ", ", "columns", ways, bools, columns);
    if (overlaps > 1 || (overlaps && overlap[0]))
        print_values(out, ", ", "overlap", overlaps, sdse_overlap_words(), overlap);
    if (moves > 1 || (moves && copies[0]))
        print_values(out, ", ", "copies", moves, bools, copies);
}
