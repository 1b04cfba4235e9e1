#include "costmodel/lifetime.h"

#include "costmodel/pattern.h"
#include "costmodel/traffic.h"

// The innermost loop from `i` on that moves weights or outputs, or loop_count.
static unsigned first_mover(const struct sdse_view *view, enum sdse_tensor tensor,
                            unsigned i) {
    while (i < view->loop_count && !sdse_dim_moves(view->loop[i].dim, tensor))
        i++;
    return i;
}

// Steps of the loops inside loop `end`.
static uint64_t steps_inside(const struct sdse_view *view, unsigned end) {
    uint64_t steps = 1;
    for (unsigned i = 0; i < end; i++)
        steps *= view->loop[i].factor;
    return steps;
}

// Whether a tile of sums that was drained comes back.
static bool sums_return(const struct sdse_view *view, unsigned mover) {
    for (unsigned i = mover; i < view->loop_count; i++)
        if (!sdse_dim_moves(view->loop[i].dim, SDSE_OUTPUTS))
            return true;
    return false;
}

static uint64_t resting_life(const struct sdse_view *view, enum sdse_tensor tensor,
                             unsigned level, unsigned child) {
    const unsigned mover = first_mover(view, tensor, view->first[level]);
    const uint64_t resident = steps_inside(view, mover);
    if (child == view->level_count ||
        (tensor == SDSE_OUTPUTS && sums_return(view, mover)))
        return resident;
    return resident -
           steps_inside(view, first_mover(view, tensor, view->first[child])) + 1;
}

// --- Inputs ---

// Tiles in a row, each `shift` further along the axis, that one row can be part of.
static uint64_t tiles_of_a_row(const struct sdse_view *view, unsigned level,
                               unsigned axis, uint64_t shift) {
    const struct sdse_axis lines = sdse_axis_of(view->nest, axis);
    const uint64_t p = view->tile[level][axis ? SDSE_Q : SDSE_P];
    const uint64_t r = view->tile[level][axis ? SDSE_S : SDSE_R];
    struct sdse_pattern rows;
    // Out of memory: the bounding box is left no sooner.
    const bool listed =
        sdse_pattern_init(&rows, &lines, p, r, view->arch->level[level].fetch_gaps);
    if (!listed || !rows.at) {
        const uint64_t extent =
            listed ? rows.end - rows.first
                   : sdse_window_extent(p, r, lines.stride, lines.dilation);
        if (listed)
            sdse_pattern_clear(&rows);
        return (extent + shift - 1) / shift;
    }
    uint64_t most = 1;
    for (uint64_t i = 0; i < rows.count; i++) {
        uint64_t tiles = 1, at = rows.at[i];
        if (at + shift < rows.end && sdse_pattern_below(&rows, at + shift + 1) >
                                         sdse_pattern_below(&rows, at + shift))
            continue; // it was part of the tile before
        for (; at >= shift && sdse_pattern_below(&rows, at - shift + 1) >
                                  sdse_pattern_below(&rows, at - shift);
             at -= shift)
            tiles++;
        most = tiles > most ? tiles : most;
    }
    sdse_pattern_clear(&rows);
    return most;
}

// The tiles of one slide, from a tile that is taken whole to the next such. A run of
// `length` tiles slides without a stop; the loops outside it repeat it. Where one of
// them lets the window rest (its step makes up for the way back), the last tile of a
// run is the first of the next one.
struct slide {
    const struct sdse_view *view;
    const struct sdse_input_moves *moves;
    unsigned first, end; // loops outside the run; all others take whole tiles
    uint64_t length;
    uint64_t counter[SDSE_MAX_LOOPS];
    uint64_t start; // tile of the slide with which the run under way starts
};

// Goes on to the next run. Returns how it is reached; WHOLE: a new slide starts.
static enum sdse_window_move next_run(struct slide *slide, bool *over) {
    unsigned i = slide->first;
    while (i < slide->end && ++slide->counter[i] == slide->view->loop[i].factor)
        slide->counter[i++] = 0;
    *over = i == slide->end;
    const enum sdse_window_move move = *over ? SDSE_MOVE_WHOLE : slide->moves->move[i];
    if (move == SDSE_MOVE_WHOLE)
        slide->start = 0;
    else
        slide->start += slide->length - (move == SDSE_MOVE_NONE);
    return move;
}

// The longest time that `tiles` of one slide in a row, or as many as it has, are
// scheduled; without_last: until the last of them is. [times one tile is scheduled]
static uint64_t longest_stay(const struct slide *first, uint64_t tiles,
                             bool without_last) {
    struct slide head = *first, tail = *first;
    const uint64_t window = tiles - without_last;
    if (window == 0)
        return 0;
    uint64_t longest = 0, rests = 0, most_rests = 0;
    enum sdse_window_move behind = SDSE_MOVE_WHOLE; // how `tail` reached its run
    for (bool over = false, passed; !over;) {
        const uint64_t in_slide = head.start + head.length - without_last;
        const enum sdse_window_move move = next_run(&head, &over);
        if (move == SDSE_MOVE_NONE) {
            // Rests that are out of reach of this one, at tile head.start.
            while (behind != SDSE_MOVE_NONE || tail.start + window <= head.start) {
                rests -= behind == SDSE_MOVE_NONE;
                behind = next_run(&tail, &passed);
            }
            rests++;
            most_rests = rests > most_rests ? rests : most_rests;
        }
        if (move != SDSE_MOVE_WHOLE)
            continue;
        const uint64_t stay = (in_slide < window ? in_slide : window) + most_rests;
        longest = stay > longest ? stay : longest;
        rests = most_rests = 0;
        tail = head;
        behind = SDSE_MOVE_WHOLE;
    }
    return longest;
}

static uint64_t input_life(const struct sdse_view *view, unsigned level,
                           unsigned child) {
    const struct sdse_input_moves moves = sdse_input_moves(view, level);
    const unsigned taken_at = sdse_input_moves(view, child).first;
    const uint64_t scheduled = steps_inside(view, moves.first);
    uint64_t tiles = 1;
    struct slide slide = {
        .view = view, .moves = &moves, .first = moves.first, .length = 1};
    while (slide.first < view->loop_count &&
           moves.move[slide.first] == SDSE_MOVE_CREDITED)
        slide.length *= view->loop[slide.first++].factor;
    slide.end = slide.first;
    for (unsigned i = slide.first; i < view->loop_count; i++)
        if (moves.move[i] != SDSE_MOVE_WHOLE)
            slide.end = i + 1;
    if (slide.length > 1)
        tiles = tiles_of_a_row(view, level, moves.axis, moves.shift);
    if (child == view->level_count)
        return longest_stay(&slide, tiles, false) * scheduled;
    if (taken_at < moves.first)
        return longest_stay(&slide, tiles, false) * scheduled -
               steps_inside(view, taken_at) + 1;
    return longest_stay(&slide, tiles, true) * scheduled + 1;
}

uint64_t sdse_life_steps(const struct sdse_view *view, enum sdse_tensor tensor,
                         unsigned level, unsigned child) {
    return tensor == SDSE_INPUTS ? input_life(view, level, child)
                                 : resting_life(view, tensor, level, child);
}
