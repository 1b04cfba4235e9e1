#include "dse/fusion/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_grow.h"
#include "dse/fusion/alike_tiles.h"
#include "dse/fusion/cells.h"
#include "dse/fusion/steady.h"

// A set of rows: bits.
typedef uint64_t row_word;

enum { WORD = 64 };

struct plan {
    const struct sdse_fused_rows_request *request;
    struct sdse_short_group group; // that is listed
    size_t tiles;
    // Of each tensor, by tile. Outputs of the last layer are tensor layer_count.
    size_t words[SDSE_FUSED_MOST + 1];
    // [i][m]: what layer m, which reads tensor i, and later ones need of it.
    row_word *wanted[SDSE_FUSED_MOST][SDSE_FUSED_MOST];
    row_word *need[SDSE_FUSED_MOST + 1];  // what all of them need
    row_word *fresh[SDSE_FUSED_MOST + 1]; // of that, what is made or loaded
    row_word *kept[SDSE_FUSED_MOST + 1];  // after the tile; NULL: nothing is kept
    struct sdse_fused_rows *rows;
    size_t room;
    struct sdse_steady steady;
    struct sdse_arena *arena;
};

static row_word *set_of(const struct plan *plan, row_word *const *sets, size_t tensor,
                        size_t tile) {
    return sets[tensor] + tile * plan->words[tensor];
}

static void add_row(row_word *set, uint64_t row) {
    set[row / WORD] |= (row_word)1 << row % WORD;
}

static bool has_row(const row_word *set, uint64_t row) {
    return set[row / WORD] >> row % WORD & 1u;
}

// --- Sets ---

// Of a set of rows of tensor i.
static uint64_t count_words(const struct sdse_short_group *group, size_t i) {
    return (i ? group->nest[i - 1].bound[SDSE_P]
              : sdse_nest_map_rows(&group->nest[0])) /
               WORD +
           1;
}

// The first layer from `from` on that reads a tensor; layer_count: none does.
static size_t next_reader(const struct plan *plan, size_t tensor, size_t from) {
    for (; from < plan->request->layer_count; from++) {
        const struct sdse_fused_reads reads = sdse_fused_reads_of(plan->request, from);
        if ((reads.windows | reads.rows) >> tensor & 1u)
            break;
    }
    return from;
}

static bool fits(const struct sdse_short_group *group, size_t layers) {
    bool fit = true;
    for (size_t i = 0; i <= layers; i++)
        fit &= count_words(group, i) <= SDSE_FUSED_MOST_ROWS / WORD / group->tiles;
    return fit;
}

bool sdse_fused_rows_fit(const struct sdse_fused_rows_request *request) {
    struct sdse_short_group group;
    if (request->tile_columns)
        return sdse_fused_cells_fit(request);
    sdse_short_group_find(request, &group);
    return fits(&group, request->layer_count);
}

static enum sdse_status make_sets(struct plan *plan) {
    const struct sdse_fused_rows_request *request = plan->request;
    const size_t layers = request->layer_count;
    sdse_short_group_find(request, &plan->group);
    if (!fits(&plan->group, layers))
        return SDSE_OVERFLOW;
    const uint64_t last = plan->group.nest[layers - 1].bound[SDSE_P];
    plan->tiles = (size_t)plan->group.tiles;
    for (size_t i = 0; i <= layers; i++) {
        plan->words[i] = (size_t)count_words(&plan->group, i);
        const size_t count = plan->words[i] * plan->tiles;
        const bool keeps =
            i < layers && (i ? request->retained >> i & 1u : request->buffered);
        size_t first = layers;
        for (size_t m = 0; m < layers && i < layers; m++) {
            if (next_reader(plan, i, m) != m)
                continue;
            plan->wanted[i][m] = SDSE_ARENA_ARRAY(plan->arena, row_word, count);
            if (!plan->wanted[i][m])
                return SDSE_NO_MEMORY;
            first = m < first ? m : first;
        }
        plan->need[i] = first < layers ? plan->wanted[i][first]
                                       : SDSE_ARENA_ARRAY(plan->arena, row_word, count);
        plan->fresh[i] =
            keeps ? SDSE_ARENA_ARRAY(plan->arena, row_word, count) : plan->need[i];
        plan->kept[i] = keeps ? SDSE_ARENA_ARRAY(plan->arena, row_word, count) : NULL;
        if (!plan->need[i] || !plan->fresh[i] || (keeps && !plan->kept[i]))
            return SDSE_NO_MEMORY;
    }
    for (uint64_t row = 0; row < last; row++)
        add_row(set_of(plan, plan->need, layers, (size_t)(row / request->tile_rows)),
                row);
    return SDSE_OK;
}

// The rows of the real map under the window of one output row.
static void touch(const struct sdse_nest *nest, uint64_t rows, uint64_t output,
                  row_word *set) {
    int64_t row = (int64_t)(output * nest->stride[0]) - nest->pad[0];
    for (uint64_t tap = 0; tap < nest->bound[SDSE_R]; tap++, row += nest->dilation[0])
        if (row >= 0 && (uint64_t)row < rows)
            add_row(set, (uint64_t)row);
}

// Adds the rows between the first and the last of a set.
static void fill(row_word *set, uint64_t rows) {
    uint64_t first = 0, end = rows;
    while (first < end && !has_row(set, first))
        first++;
    while (end > first && !has_row(set, end - 1))
        end--;
    for (; first < end; first++)
        add_row(set, first);
}

// Adds what a layer reads of a tensor in a tile, from what it makes.
static void add_reads(const struct plan *plan, size_t tensor, size_t layer, size_t tile,
                      row_word *set) {
    const struct sdse_nest *nest = &plan->group.nest[layer];
    const uint64_t rows = sdse_nest_map_rows(nest);
    const row_word *made = set_of(plan, plan->fresh, layer + 1, tile);
    const struct sdse_fused_reads reads = sdse_fused_reads_of(plan->request, layer);
    const bool windows = reads.windows >> tensor & 1u, same = reads.rows >> tensor & 1u;
    for (size_t w = 0; w < plan->words[layer + 1]; w++) {
        if (same) // of as many rows
            set[w] |= made[w];
        for (row_word left = windows ? made[w] : 0; left; left &= left - 1)
            touch(nest, rows, w * WORD + (uint64_t)__builtin_ctzll(left), set);
    }
    if (plan->request->boxes)
        fill(set, rows);
}

// What the layers that read a tensor need of it, from the last one on.
static void find_need(struct plan *plan, size_t tensor) {
    const size_t layers = plan->request->layer_count, words = plan->words[tensor];
    for (size_t m = layers; m-- > 0;) {
        if (next_reader(plan, tensor, m) != m)
            continue;
        const size_t later = next_reader(plan, tensor, m + 1);
        for (size_t t = 0; t < plan->tiles; t++) {
            row_word *set = plan->wanted[tensor][m] + t * words;
            if (later < layers)
                memcpy(set, plan->wanted[tensor][later] + t * words,
                       words * sizeof *set);
            add_reads(plan, tensor, m, t, set);
        }
    }
}

// Of a tensor that is kept: what is new in each tile, and what stays after it.
static void find_kept(struct plan *plan, size_t tensor) {
    for (size_t w = 0; w < plan->words[tensor]; w++) {
        row_word so_far = 0, later = 0;
        for (size_t t = 0; t < plan->tiles; t++) {
            const row_word need = set_of(plan, plan->need, tensor, t)[w];
            set_of(plan, plan->fresh, tensor, t)[w] = need & ~so_far;
            so_far |= need;
            set_of(plan, plan->kept, tensor, t)[w] = so_far;
        }
        for (size_t t = plan->tiles; t-- > 0;) {
            set_of(plan, plan->kept, tensor, t)[w] &= later;
            later |= set_of(plan, plan->need, tensor, t)[w];
        }
    }
}

static uint64_t count_union(const row_word *a, const row_word *b, size_t words) {
    uint64_t count = 0;
    for (size_t w = 0; w < words; w++)
        count += (uint64_t)__builtin_popcountll((a ? a[w] : 0) | (b ? b[w] : 0));
    return count;
}

// --- Nests ---

// Rows of a tensor in the shared memory while a layer works on a tile.
static uint64_t held_rows(const struct plan *plan, size_t tensor, size_t layer,
                          size_t tile) {
    const bool begun = layer + 1 >= tensor;
    const size_t reader = next_reader(plan, tensor, layer), words = plan->words[tensor];
    const row_word *now = NULL, *kept = NULL;
    if (begun && reader < plan->request->layer_count)
        now = plan->wanted[tensor][reader] + tile * words;
    if (plan->kept[tensor] && (begun || tile > 0))
        kept = set_of(plan, plan->kept, tensor, begun ? tile : tile - 1);
    return count_union(now, kept, words);
}

static void hold(const struct plan *plan, size_t layer, size_t tile,
                 struct sdse_fused_nest *nest) {
    for (size_t i = plan->request->buffered ? 0 : 1; i < plan->request->layer_count;
         i++)
        nest->held[i] = held_rows(plan, i, layer, tile);
}

// What is held besides where the tile is made in parts.
static void hold_parts(const struct plan *plan, size_t tile,
                       struct sdse_fused_nest *nest) {
    const struct sdse_fused_rows_request *request = plan->request;
    const size_t layers = request->layer_count;
    nest->tile_rows =
        count_union(set_of(plan, plan->need, layers, tile), NULL, plan->words[layers]);
    for (size_t i = 0; i < layers; i++) {
        if (!plan->kept[i])
            continue;
        const row_word *after = set_of(plan, plan->kept, i, tile);
        const uint64_t later = count_union(after, NULL, plan->words[i]),
                       before = tile
                                    ? count_union(set_of(plan, plan->kept, i, tile - 1),
                                                  NULL, plan->words[i])
                                    : 0;
        nest->idle[i] = later > before ? later : before;
    }
    if (request->buffered)
        nest->again = held_rows(plan, 0, 0, tile);
}

// The first row of a set from `from` on; `rows`: there is none.
static uint64_t next_row(const row_word *set, uint64_t rows, uint64_t from) {
    for (uint64_t w = from / WORD; w <= (rows - 1) / WORD && from < rows; w++) {
        const row_word left =
            set[w] & (w == from / WORD ? ~(row_word)0 << from % WORD : ~(row_word)0);
        if (left)
            return w * WORD + (uint64_t)__builtin_ctzll(left);
    }
    return rows;
}

// The run of rows at equal distances that starts with the first row of the set from
// `from` on; false: there is none.
static bool next_run(const row_word *set, uint64_t rows, uint64_t from,
                     struct sdse_row_run *run) {
    from = next_row(set, rows, from);
    if (from >= rows)
        return false;
    *run = (struct sdse_row_run){.first = from, .count = 1, .step = 1};
    for (uint64_t row = from, next;; row = next, run->count++) {
        next = next_row(set, rows, row + 1);
        if (next >= rows || (run->count > 1 && next - row != run->step))
            return true;
        run->step = next - row;
    }
}

bool sdse_fused_nests_alike(const struct sdse_fused_nest *a,
                            const struct sdse_fused_nest *b) {
    return a->layer == b->layer && a->loaded == b->loaded && a->first == b->first &&
           memcmp(a->held, b->held, sizeof a->held) == 0 &&
           a->tile_rows == b->tile_rows && a->again == b->again &&
           memcmp(a->idle, b->idle, sizeof a->idle) == 0 &&
           memcmp(&a->part, &b->part, sizeof a->part) == 0;
}

// Which kind a nest of a tile is, if that is asked for; false: memory is out.
static bool note(struct plan *plan, size_t tile, size_t kind) {
    return !(plan->request->steady || plan->request->ordered) ||
           sdse_steady_note(&plan->steady, tile, kind, plan->arena);
}

// tile  in which it is
static bool add_nest(struct plan *plan, size_t tile,
                     const struct sdse_fused_nest *nest) {
    struct sdse_fused_rows *rows = plan->rows;
    for (size_t i = rows->count; i-- > 0 && rows->nest[i].layer == nest->layer;) {
        if (sdse_fused_nests_alike(&rows->nest[i], nest)) {
            rows->nest[i].times += nest->times;
            return note(plan, tile, i);
        }
    }
    struct sdse_fused_nest *list = sdse_arena_grow(plan->arena, rows->nest, rows->count,
                                                   &plan->room, sizeof *list);
    if (!list)
        return false;
    rows->nest = list;
    rows->nest[rows->count++] = *nest;
    return note(plan, tile, rows->count - 1);
}

// Whether some tile needs rows of a buffered input that nobody brings in.
static bool is_starved(const struct plan *plan) {
    bool starved = false;
    for (size_t t = 0; t < plan->tiles && plan->request->buffered; t++)
        starved |= count_union(set_of(plan, plan->fresh, 0, t), NULL, plan->words[0]) &&
                   !count_union(set_of(plan, plan->fresh, 1, t), NULL, plan->words[1]);
    return starved;
}

// The nests of one layer, tile by tile.
static bool list_nests(struct plan *plan, size_t layer) {
    const struct sdse_short_group *group = &plan->group;
    const struct sdse_nest *whole = &group->nest[layer];
    const uint64_t rows = whole->bound[SDSE_P];
    bool first = true;
    for (size_t t = 0; t < plan->tiles; t++) {
        const row_word *made = set_of(plan, plan->fresh, layer + 1, t);
        struct sdse_fused_nest nest = {
            .layer = layer, .times = t == group->alike ? 1 + group->omitted : 1};
        bool held = false;
        uint64_t from = 0;
        while (next_run(made, rows, from, &nest.rows)) {
            if (!held) {
                hold(plan, layer, t, &nest);
                if (plan->request->parts)
                    hold_parts(plan, t, &nest);
                held = true;
                if (layer == 0 && plan->request->buffered)
                    nest.loaded = count_union(set_of(plan, plan->fresh, 0, t), NULL,
                                              plan->words[0]);
            }
            nest.first = first;
            sdse_nest_part(whole, &nest.rows, &nest.part);
            if (plan->request->boxes)
                sdse_nest_forget_map(&nest.part);
            from = nest.rows.first + (nest.rows.count - 1) * nest.rows.step + 1;
            if (t > group->alike)
                nest.rows.first += group->omitted_rows[layer + 1];
            if (!add_nest(plan, t, &nest))
                return false;
            first = false;
            nest.loaded = 0; // the others of the tile find it there
        }
    }
    return true;
}

enum sdse_status sdse_fused_rows_find(const struct sdse_fused_rows_request *request,
                                      struct sdse_arena *arena,
                                      struct sdse_fused_rows *rows) {
    if (request->tile_columns)
        return sdse_fused_cells_find(request, arena, rows);
    struct sdse_fused_rows fresh = {.count = 0};
    struct plan plan = {.request = request, .rows = &fresh, .arena = arena};
    const enum sdse_status status = make_sets(&plan);
    if (status != SDSE_OK)
        return status;
    for (size_t i = request->layer_count; i-- > 0;) {
        find_need(&plan, i);
        if (plan.kept[i])
            find_kept(&plan, i);
    }
    for (size_t m = 0; m < request->layer_count; m++)
        if (!list_nests(&plan, m))
            return SDSE_NO_MEMORY;
    fresh.starved = is_starved(&plan);
    fresh.tiles = plan.tiles + plan.group.omitted;
    if (request->steady &&
        !sdse_steady_find(&plan.steady, plan.tiles, (size_t)plan.group.alike,
                          plan.group.omitted, arena, fresh.nest))
        return SDSE_NO_MEMORY;
    if (request->ordered &&
        !sdse_steady_order(&plan.steady, plan.tiles, (size_t)plan.group.alike,
                           plan.group.omitted, arena, &fresh))
        return SDSE_NO_MEMORY;
    *rows = fresh;
    return SDSE_OK;
}
