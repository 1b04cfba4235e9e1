#include "dse/fusion/axis.h"

#include "base/checked.h"

typedef uint64_t word; // of a set of positions: bits

enum { WORD = 64 };

struct line {
    const struct sdse_axis_request *request;
    size_t tiles;
    // Of each tensor, by tile. Outputs of the last layer are tensor layer_count.
    size_t words[SDSE_FUSED_MOST + 1];
    word *need[SDSE_FUSED_MOST + 1];
    word *fresh[SDSE_FUSED_MOST + 1];
    word *later[SDSE_FUSED_MOST]; // what tiles behind it need
    struct sdse_arena *arena;
};

// --- Sets ---

static word *set_of(const struct line *line, word *const *sets, size_t tensor,
                    size_t tile) {
    return sets[tensor] + tile * line->words[tensor];
}

static void add(word *set, uint64_t at) { set[at / WORD] |= (word)1 << at % WORD; }

static uint64_t outputs_of(const struct sdse_axis_request *request) {
    return request->nest[request->layer_count - 1].bound[SDSE_P + request->axis];
}

static uint64_t count_tiles(const struct sdse_axis_request *request) {
    return sdse_ceil_div_u64(outputs_of(request), request->tile);
}

static uint64_t count_words(const struct sdse_axis_request *request, size_t i) {
    return (i < request->layer_count
                ? sdse_nest_map_length(&request->nest[i], request->axis)
                : outputs_of(request)) /
               WORD +
           1;
}

bool sdse_axis_fits(const struct sdse_axis_request *request) {
    bool fits = true;
    for (size_t i = 0; i <= request->layer_count; i++)
        fits &= count_words(request, i) <=
                SDSE_FUSED_MOST_ROWS / WORD / count_tiles(request);
    return fits;
}

static enum sdse_status make_sets(struct line *line) {
    const struct sdse_axis_request *request = line->request;
    const size_t layers = request->layer_count;
    if (!sdse_axis_fits(request))
        return SDSE_OVERFLOW;
    line->tiles = (size_t)count_tiles(request);
    for (size_t i = 0; i <= layers; i++) {
        line->words[i] = (size_t)count_words(request, i);
        const size_t count = line->words[i] * line->tiles;
        line->need[i] = SDSE_ARENA_ARRAY(line->arena, word, count);
        line->fresh[i] = i < layers && request->kept >> i & 1u
                             ? SDSE_ARENA_ARRAY(line->arena, word, count)
                             : line->need[i];
        if (i < layers)
            line->later[i] = SDSE_ARENA_ARRAY(line->arena, word, count);
        if (!line->need[i] || !line->fresh[i] || (i < layers && !line->later[i]))
            return SDSE_NO_MEMORY;
    }
    for (uint64_t at = 0; at < outputs_of(request); at++)
        add(set_of(line, line->need, layers, (size_t)(at / request->tile)), at);
    return SDSE_OK;
}

// What the window of one output touches of the real map.
static void touch(const struct line *line, const struct sdse_nest *nest,
                  uint64_t output, word *set) {
    const unsigned axis = line->request->axis;
    const int64_t length = (int64_t)sdse_nest_map_length(nest, axis);
    int64_t at = (int64_t)(output * nest->stride[axis]) - nest->pad[axis];
    for (uint64_t tap = 0; tap < nest->bound[SDSE_R + axis];
         tap++, at += nest->dilation[axis])
        if (at >= 0 && at < length)
            add(set, (uint64_t)at);
}

static void find_need(struct line *line, size_t tensor) {
    for (size_t t = 0; t < line->tiles; t++) {
        const word *made = set_of(line, line->fresh, tensor + 1, t);
        for (size_t w = 0; w < line->words[tensor + 1]; w++)
            for (word left = made[w]; left; left &= left - 1)
                touch(line, &line->request->nest[tensor],
                      w * WORD + (uint64_t)__builtin_ctzll(left),
                      set_of(line, line->need, tensor, t));
    }
}

static void find_fresh_and_later(struct line *line, size_t tensor) {
    const bool kept = line->request->kept >> tensor & 1u;
    for (size_t w = 0; w < line->words[tensor]; w++) {
        word so_far = 0, behind = 0;
        for (size_t t = 0; t < line->tiles; t++) {
            const word need = set_of(line, line->need, tensor, t)[w];
            if (kept)
                set_of(line, line->fresh, tensor, t)[w] = need & ~so_far;
            so_far |= need;
        }
        for (size_t t = line->tiles; t-- > 0;) {
            set_of(line, line->later, tensor, t)[w] = behind;
            behind |= set_of(line, line->need, tensor, t)[w];
        }
    }
}

// --- Tiles ---

static uint64_t count_bits(word bits) { return (uint64_t)__builtin_popcountll(bits); }

// earlier  what tiles before it need of the tensor; it is added to them
static void count_sets(const struct line *line, size_t tensor, size_t t, word *earlier,
                       uint64_t count[SDSE_TILE_SETS]) {
    const word *need = set_of(line, line->need, tensor, t),
               *later = set_of(line, line->later, tensor, t);
    for (size_t w = 0; w < line->words[tensor]; w++) {
        for (unsigned set = 1; set < SDSE_TILE_SETS; set++)
            count[set] +=
                count_bits((set & SDSE_EARLIER_TILES ? earlier[w] : ~earlier[w]) &
                           (set & SDSE_THIS_TILE ? need[w] : ~need[w]) &
                           (set & SDSE_LATER_TILES ? later[w] : ~later[w]));
        earlier[w] |= need[w];
    }
}

// The runs of a set, from its first position on. In `arena`; false: memory is out.
static bool list_runs(const struct line *line, size_t layer, size_t t,
                      struct sdse_axis_tile *tile) {
    const word *set = set_of(line, line->fresh, layer + 1, t);
    const size_t words = line->words[layer + 1];
    size_t most = 0, count = 0;
    uint64_t last = 0;
    for (size_t w = 0; w < words; w++)
        most += (size_t)count_bits(set[w]);
    struct sdse_row_run *run =
        SDSE_ARENA_ARRAY(line->arena, struct sdse_row_run, most / 2 + 1);
    if (!run)
        return false;
    for (size_t w = 0; w < words; w++)
        for (word left = set[w]; left; left &= left - 1) {
            const uint64_t at = w * WORD + (uint64_t)__builtin_ctzll(left);
            struct sdse_row_run *now = count ? &run[count - 1] : NULL;
            if (!now || (now->count > 1 && at - last != now->step))
                run[count++] =
                    (struct sdse_row_run){.first = at, .count = 1, .step = 1};
            else {
                now->step = at - last;
                now->count++;
            }
            last = at;
        }
    tile->run[layer] = run;
    tile->run_count[layer] = count;
    return true;
}

static enum sdse_status list_tiles(const struct line *line, struct sdse_axis *axis) {
    const size_t layers = line->request->layer_count;
    word *earlier[SDSE_FUSED_MOST];
    unsigned led = 0;
    *axis = (struct sdse_axis){
        .tile = SDSE_ARENA_ARRAY(line->arena, struct sdse_axis_tile, line->tiles)};
    if (!axis->tile)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < layers; i++)
        if (!(earlier[i] = SDSE_ARENA_ARRAY(line->arena, word, line->words[i])))
            return SDSE_NO_MEMORY;
    for (size_t t = 0; t < line->tiles; t++) {
        struct sdse_axis_tile *tile = &axis->tile[axis->count++];
        const word *fresh = set_of(line, line->fresh, 0, t);
        for (size_t w = 0; w < line->words[0]; w++)
            tile->fresh += count_bits(fresh[w]);
        for (size_t i = 0; i < layers; i++) {
            count_sets(line, i, t, earlier[i], tile->count[i]);
            if (!list_runs(line, i, t, tile))
                return SDSE_NO_MEMORY;
            tile->leads |= tile->run_count[i] && !(led >> i & 1u) ? SDSE_BIT(i) : 0u;
        }
        led |= tile->leads;
    }
    return SDSE_OK;
}

enum sdse_status sdse_axis_find(const struct sdse_axis_request *request,
                                struct sdse_arena *arena, struct sdse_axis *axis) {
    struct line line = {.request = request, .arena = arena};
    enum sdse_status status = make_sets(&line);
    for (size_t i = request->layer_count; i-- > 0 && !status;) {
        find_need(&line, i);
        find_fresh_and_later(&line, i);
    }
    return status ? status : list_tiles(&line, axis);
}
