// One file, though long: one execution of the loops. What is counted at a step depends
// on all that the steps before it have left in the memories.
#include "oracle/support_simulator.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/support_merge.h"
#include "spec/types/residence.h"

enum { AXES = 5, MAX_LOOPS = SDSE_MAX_LEVELS * SDSE_DIMS };

static const uint64_t NEVER = UINT64_MAX;

// One digit of the mixed-radix numbers.
struct digit {
    unsigned level;
    enum sdse_dim dim;
    uint64_t factor, weight;
};

// A box of words: for weights (g, k, c, r, s), inputs (n, g, c, row, column), outputs
// (n, g, k, p, q).
struct box {
    uint64_t low[AXES], extent[AXES];
    // Inputs: the outputs and taps whose windows span rows and columns.
    uint64_t outputs[2], taps[2];
    uint64_t gaps; // 1: rows and columns between them are words too
};

// The buffer one child has for one tensor.
struct buffer {
    bool scheduled; // `box` is the tile scheduled now
    struct box box;
    bool holds; // the words below are here
    uint64_t *words;
    uint64_t *born; // step in which each word arrived
    size_t count;
    uint64_t oldest; // of these steps; NEVER: sums of which none has arrived yet
    uint64_t since;  // outputs: step in which the tile was taken
    // The tile that was scheduled immediately before, if it was held.
    bool held_before;
    struct box box_before;
    bool remembers;
    int64_t shift[AXES];
    bool *visited; // outputs: words ever held
};

struct world {
    const struct sdse_nest *nest;
    struct box whole[SDSE_TENSORS]; // each tensor as one tile
    uint64_t output_words;
    struct simulation *result;
    struct space space;
    struct digit temporal[MAX_LOOPS];
    unsigned temporal_count;
    uint64_t tile[SDSE_MAX_LEVELS + 1][SDSE_DIMS];      // iterations of one instance
    uint64_t (*offset[SDSE_MAX_LEVELS + 1])[SDSE_DIMS]; // of each instance
    uint64_t instances[SDSE_MAX_LEVELS + 1];
    bool gaps[SDSE_MAX_LEVELS + 1];     // whether tiles are bounding boxes of inputs
    bool *working[SDSE_MAX_LEVELS + 1]; // in this step, by instance; last: multipliers
    bool *worked[SDSE_MAX_LEVELS + 1];
    uint64_t base[SDSE_MAX_LEVELS + 1][SDSE_DIMS]; // temporal part outside each level
    unsigned home[SDSE_TENSORS];       // the level that has the tensor as a whole
    unsigned first_kept[SDSE_TENSORS]; // no tile further out
    struct edge edges[SDSE_TENSORS * SDSE_MAX_LEVELS];
    unsigned edge_count;
    struct buffer *buffers[SDSE_TENSORS][SDSE_MAX_LEVELS];
    bool *arrived[SDSE_MAX_LEVELS]; // output words that ever arrived, by instance
    uint64_t room[SDSE_MAX_LEVELS][SDSE_TENSORS]; // words a tile has at most
    struct request *requests;
    uint64_t *single; // words of the multipliers' requests
    bool transfers;   // are noted
    bool ok;          // false: out of memory
};

static uint64_t window(const struct sdse_nest *nest, unsigned axis, uint64_t p,
                       uint64_t r) {
    return (p - 1) * nest->stride[axis] + (r - 1) * nest->dilation[axis] + 1;
}

static void *obtain(struct world *world, uint64_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    world->ok = world->ok && memory;
    return memory;
}

// ---- boxes and words ----------------------------------------------------------------

// Scheduled tile of `tensor` with its first iteration at v and `size` iterations, cut
// off at the bounds. Beyond the bounds the extent is 0.
static struct box tile_box(const struct sdse_nest *nest, enum sdse_tensor tensor,
                           const uint64_t v[SDSE_DIMS],
                           const uint64_t size[SDSE_DIMS]) {
    uint64_t extent[SDSE_DIMS];
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        uint64_t left = v[d] < nest->bound[d] ? nest->bound[d] - v[d] : 0;
        extent[d] = size[d] < left ? size[d] : left;
    }
    static const enum sdse_dim axes[SDSE_TENSORS][AXES] = {
        {SDSE_G, SDSE_K, SDSE_C, SDSE_R, SDSE_S},
        {SDSE_N, SDSE_G, SDSE_C, SDSE_P, SDSE_Q},
        {SDSE_N, SDSE_G, SDSE_K, SDSE_P, SDSE_Q},
    };
    struct box box = {.taps = {0}};
    for (unsigned a = 0; a < AXES; a++) {
        box.low[a] = v[axes[tensor][a]];
        box.extent[a] = extent[axes[tensor][a]];
    }
    if (tensor == SDSE_INPUTS) {
        for (unsigned a = 0; a < 2; a++) {
            enum sdse_dim p = a ? SDSE_Q : SDSE_P, r = a ? SDSE_S : SDSE_R;
            box.low[3 + a] = v[p] * nest->stride[a] + v[r] * nest->dilation[a];
            bool empty = extent[p] == 0 || extent[r] == 0;
            box.outputs[a] = empty ? 0 : extent[p];
            box.taps[a] = empty ? 0 : extent[r];
            box.extent[3 + a] = empty ? 0 : window(nest, a, extent[p], extent[r]);
        }
    }
    return box;
}

// Whether row (axis 0) or column `offset` of a window tile is a word: one of its
// outputs and taps meets it, or gaps are fetched, and it lies on the real map. A nest
// without a map has no padding.
static bool is_word(const struct sdse_nest *nest, const struct box *box, unsigned axis,
                    uint64_t offset) {
    const int64_t at = (int64_t)(box->low[3 + axis] + offset) - nest->pad[axis];
    if (nest->map[axis] != 0 && (at < 0 || at >= (int64_t)nest->map[axis]))
        return false;
    if (box->gaps)
        return true;
    for (uint64_t r = 0; r < box->taps[axis]; r++)
        for (uint64_t p = 0; p < box->outputs[axis]; p++)
            if (p * nest->stride[axis] + r * nest->dilation[axis] == offset)
                return true;
    return false;
}

// Places of the box, words or not.
static uint64_t box_places(const struct box *box) {
    uint64_t places = 1;
    for (unsigned a = 0; a < AXES; a++)
        places *= box->extent[a];
    return places;
}

// Words of the box.
static uint64_t box_words(const struct sdse_nest *nest, const struct box *box) {
    uint64_t words = 1;
    for (unsigned a = 0; a < AXES; a++) {
        uint64_t here = box->extent[a];
        if (a >= 3 && box->taps[a - 3]) {
            here = 0;
            for (uint64_t i = 0; i < box->extent[a]; i++)
                here += is_word(nest, box, a - 3, i);
        }
        words *= here;
    }
    return words;
}

static bool same_origin(const struct box *a, const struct box *b) {
    return memcmp(a->low, b->low, sizeof a->low) == 0;
}

// Writes the numbers of the box's words in rising order.
static void list_words(const struct sdse_nest *nest, const struct box *box,
                       const struct box *whole, uint64_t *words) {
    const uint64_t places = box_places(box);
    uint64_t offset[AXES] = {0};
    for (uint64_t i = 0; i < places; i++) {
        uint64_t number = 0;
        bool word = true;
        for (unsigned a = 0; a < AXES; a++) {
            if (a >= 3 && box->taps[a - 3])
                word = word && is_word(nest, box, a - 3, offset[a]);
            number = number * whole->extent[a] + box->low[a] + offset[a];
        }
        if (word)
            *words++ = number;
        for (unsigned a = AXES; a-- > 0 && ++offset[a] == box->extent[a];)
            offset[a] = 0;
    }
}

// Where a word stands in a rising list; `count`: nowhere.
static size_t place_of(const uint64_t *words, size_t count, uint64_t word) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (words[middle] < word)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && words[low] == word ? low : count;
}

static bool contains(const uint64_t *words, size_t count, uint64_t word) {
    return place_of(words, count, word) < count;
}

// ---- the world ----------------------------------------------------------------------

static void set_places(struct world *world, const struct sdse_arch *arch,
                       const struct sdse_mapping *mapping, unsigned level) {
    const struct sdse_loops *loops = mapping->level[level].spatial;
    unsigned size[2] = {1, 1};
    for (unsigned a = 0; a < 2; a++)
        for (unsigned i = 0; i < loops[a].count; i++)
            size[a] *= (unsigned)loops[a].loop[i].factor;
    unsigned count = size[0] * size[1];
    world->space.places[level] = count;
    world->space.rows[level] = arch->level[level].fanout_y;
    world->space.x[level] = obtain(world, count, sizeof(unsigned));
    world->space.y[level] = obtain(world, count, sizeof(unsigned));
    for (unsigned i = 0; world->ok && i < count; i++) {
        world->space.x[level][i] = i % size[0];
        world->space.y[level][i] = i / size[0];
    }
}

// What the spatial digits of `place` at one axis of a level add, given the weights that
// hold inside them. Loops are laid out outer to inner.
static void add_place(const struct sdse_loops *loops, uint64_t position,
                      const uint64_t inside[SDSE_DIMS], uint64_t v[SDSE_DIMS]) {
    for (unsigned i = loops->count; i-- > 0;) {
        const struct sdse_loop *loop = &loops->loop[i];
        v[loop->dim] += position % loop->factor * inside[loop->dim];
        position /= loop->factor;
    }
}

static void multiply(const struct sdse_loops *loops, uint64_t size[SDSE_DIMS]) {
    for (unsigned i = 0; i < loops->count; i++)
        size[loops->loop[i].dim] *= loops->loop[i].factor;
}

static void build_space(struct world *world, const struct sdse_arch *arch,
                        const struct sdse_mapping *mapping) {
    unsigned levels = mapping->level_count;
    world->space.level_count = levels;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        world->tile[levels][d] = 1;
    uint64_t in_y[SDSE_MAX_LEVELS][SDSE_DIMS], in_t[SDSE_MAX_LEVELS][SDSE_DIMS];
    for (unsigned l = levels; l-- > 0;) {
        set_places(world, arch, mapping, l);
        uint64_t *tile = world->tile[l];
        memcpy(tile, world->tile[l + 1], sizeof world->tile[l]);
        multiply(&mapping->level[l].spatial[1], tile);
        memcpy(in_y[l], tile, sizeof in_y[l]);
        multiply(&mapping->level[l].spatial[0], tile);
        memcpy(in_t[l], tile, sizeof in_t[l]);
        multiply(&mapping->level[l].temporal, tile);
    }
    for (unsigned l = 0; l < levels; l++) {
        uint64_t weight[SDSE_DIMS];
        memcpy(weight, world->tile[l], sizeof weight);
        const struct sdse_loops *loops = &mapping->level[l].temporal;
        for (unsigned i = 0; i < loops->count; i++) {
            const struct sdse_loop *loop = &loops->loop[i];
            world->temporal[world->temporal_count++] =
                (struct digit){l, loop->dim, loop->factor, in_t[l][loop->dim]};
        }
    }
    world->instances[0] = 1;
    world->offset[0] = obtain(world, 1, sizeof *world->offset[0]);
    for (unsigned l = 0; world->ok && l < levels; l++) {
        unsigned places = world->space.places[l];
        world->instances[l + 1] = world->instances[l] * places;
        world->offset[l + 1] =
            obtain(world, world->instances[l + 1], sizeof *world->offset[0]);
        for (uint64_t i = 0; world->ok && i < world->instances[l + 1]; i++) {
            uint64_t *v = world->offset[l + 1][i];
            memcpy(v, world->offset[l][i / places], sizeof *world->offset[0]);
            unsigned place = (unsigned)(i % places);
            add_place(&mapping->level[l].spatial[0], world->space.x[l][place], in_y[l],
                      v);
            add_place(&mapping->level[l].spatial[1], world->space.y[l][place],
                      world->tile[l + 1], v);
        }
    }
}

// Rule 8: an imperfect mapping shares no windows.
static bool shares_windows(const struct world *world, const struct sdse_arch *arch,
                           unsigned fan, unsigned tensor) {
    bool perfect = true;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        perfect = perfect && world->tile[0][d] == world->nest->bound[d];
    return perfect && tensor == SDSE_INPUTS &&
           arch->level[fan].network[tensor].window_sharing;
}

// Levels in one memory: its children hang on the innermost of them.
static unsigned fans_at(const struct sdse_arch *arch, unsigned parent) {
    unsigned level = parent;
    for (unsigned l = parent + 1; l < arch->level_count; l++) {
        if (!arch->level[l].shares_memory)
            break;
        level = l;
    }
    return level;
}

static void build_edges(struct world *world, const struct sdse_arch *arch,
                        const struct sdse_mapping *mapping) {
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        unsigned parent = world->home[t];
        for (unsigned c = world->first_kept[t]; c <= mapping->level_count; c++) {
            if (c < mapping->level_count && !(mapping->keeps[c] >> t & 1u))
                continue;
            struct edge *edge = &world->edges[world->edge_count++];
            *edge = (struct edge){.tensor = t, .parent = parent, .child = c};
            for (unsigned l = parent; l < c; l++) {
                const struct sdse_network *network = &arch->level[l].network[t];
                edge->merges[l] =
                    t == SDSE_OUTPUTS ? network->reduce : network->multicast;
            }
            edge->fans_at = fans_at(arch, parent);
            edge->window_sharing = shares_windows(world, arch, edge->fans_at, t);
            parent = c;
        }
    }
}

static void build_buffers(struct world *world, const struct sdse_mapping *mapping) {
    static const uint64_t zero[SDSE_DIMS];
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        world->whole[t] = tile_box(world->nest, t, zero, world->nest->bound);
    world->output_words = box_words(world->nest, &world->whole[SDSE_OUTPUTS]);
    for (unsigned l = 0; l < mapping->level_count; l++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            struct simulated_flow *flow = &world->result->flow[l][t];
            const bool home = l == world->home[t];
            flow->kept =
                home || (l >= world->first_kept[t] && (mapping->keeps[l] >> t & 1u));
            struct box box = tile_box(world->nest, t, zero,
                                      home ? world->nest->bound : world->tile[l]);
            box.gaps = world->gaps[home ? 0 : l];
            // Inputs: the largest tile held, which padding may cut anywhere.
            const bool found_later = t == SDSE_INPUTS && !home;
            flow->tile_words =
                flow->kept && !found_later ? box_words(world->nest, &box) : 0;
            world->room[l][t] = flow->kept ? box_places(&box) : 0;
            world->buffers[t][l] =
                obtain(world, world->instances[l], sizeof(struct buffer));
            for (uint64_t i = 0; world->ok && flow->kept && i < world->instances[l];
                 i++) {
                struct buffer *buffer = &world->buffers[t][l][i];
                buffer->words = obtain(world, box_places(&box), sizeof(uint64_t));
                buffer->born = obtain(world, box_places(&box), sizeof(uint64_t));
                if (t == SDSE_OUTPUTS)
                    buffer->visited = obtain(world, world->output_words, sizeof(bool));
            }
        }
        world->arrived[l] =
            obtain(world, world->instances[l] * world->output_words, sizeof(bool));
    }
    for (unsigned l = 0; l <= mapping->level_count; l++) {
        world->working[l] = obtain(world, world->instances[l], sizeof(bool));
        world->worked[l] = obtain(world, world->instances[l], sizeof(bool));
    }
    uint64_t multipliers = world->instances[mapping->level_count];
    world->requests = obtain(world, multipliers, sizeof(struct request));
    world->single = obtain(world, multipliers, sizeof(uint64_t));
}

static void destroy(struct world *world) {
    unsigned levels = world->space.level_count;
    for (unsigned l = 0; l <= levels; l++) {
        free(world->working[l]);
        free(world->worked[l]);
        free(world->offset[l]);
        if (l == levels)
            break;
        free(world->space.x[l]);
        free(world->space.y[l]);
        free(world->arrived[l]);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            for (uint64_t i = 0; world->buffers[t][l] && i < world->instances[l]; i++) {
                free(world->buffers[t][l][i].words);
                free(world->buffers[t][l][i].born);
                free(world->buffers[t][l][i].visited);
            }
            free(world->buffers[t][l]);
        }
    }
    free(world->requests);
    free(world->single);
}

// ---- one step -----------------------------------------------------------------------

// Which multipliers, and which children above them, have work. False if nobody does.
static bool find_work(struct world *world) {
    unsigned levels = world->space.level_count;
    for (unsigned l = 0; l <= levels; l++)
        memset(world->working[l], 0, world->instances[l] * sizeof(bool));
    bool any = false;
    for (uint64_t m = 0; m < world->instances[levels]; m++) {
        bool works = true;
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            works = works && world->base[levels][d] + world->offset[levels][m][d] <
                                 world->nest->bound[d];
        if (!works)
            continue;
        any = true;
        world->result->macs++;
        for (unsigned l = 0; l <= levels; l++) {
            uint64_t instance = m / space_span(&world->space, l, levels);
            world->working[l][instance] = true;
            world->worked[l][instance] = true;
        }
    }
    return any;
}

static struct box scheduled_box(const struct world *world, const struct edge *edge,
                                uint64_t instance) {
    uint64_t v[SDSE_DIMS];
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        v[d] = world->base[edge->child][d] + world->offset[edge->child][instance][d];
    struct box box = tile_box(world->nest, edge->tensor, v, world->tile[edge->child]);
    box.gaps = world->gaps[edge->child];
    return box;
}

// The step under way.
static uint64_t now(const struct world *world) { return world->result->steps - 1; }

static void note_life(struct world *world, unsigned level, unsigned tensor,
                      uint64_t born, uint64_t step) {
    struct simulated_flow *flow = &world->result->flow[level][tensor];
    if (step - born + 1 > flow->life)
        flow->life = step - born + 1;
}

// A child (or multiplier) takes weights or inputs from the instance that feeds it.
static void note_read(struct world *world, const struct edge *edge, uint64_t child) {
    if (edge->parent == world->home[edge->tensor])
        return;
    const uint64_t parent =
        child / space_span(&world->space, edge->parent, edge->child);
    const struct buffer *buffer = &world->buffers[edge->tensor][edge->parent][parent];
    note_life(world, edge->parent, edge->tensor, buffer->oldest, now(world));
}

// Replaces what the buffer holds by the words of its scheduled tile; writes those that
// were not among the old ones in front and returns how many they are.
static size_t hold(struct world *world, struct buffer *buffer, const struct box *whole,
                   const uint64_t *credited, size_t credited_count, uint64_t *fresh) {
    const size_t before = buffer->count;
    uint64_t *words = malloc((before + 1) * sizeof *words);
    uint64_t *born = malloc((before + 1) * sizeof *born);
    world->ok = world->ok && words && born;
    size_t n = 0;
    if (words && born) {
        memcpy(words, buffer->words, before * sizeof *words);
        memcpy(born, buffer->born, before * sizeof *born);
        buffer->count = box_words(world->nest, &buffer->box);
        buffer->holds = true;
        list_words(world->nest, &buffer->box, whole, buffer->words);
        buffer->oldest = now(world);
        for (size_t i = 0; i < buffer->count; i++) {
            const uint64_t word = buffer->words[i];
            const bool kept = contains(credited, credited_count, word);
            buffer->born[i] = kept ? born[place_of(words, before, word)] : now(world);
            if (buffer->born[i] < buffer->oldest)
                buffer->oldest = buffer->born[i];
            if (!kept)
                fresh[n++] = word;
        }
    }
    free(words);
    free(born);
    return n;
}

// Rule 3: may the overlap with the tile before be credited? Updates the memory.
static bool credits_overlap(struct buffer *buffer) {
    if (!buffer->held_before) {
        buffer->remembers = false;
        return false;
    }
    int64_t shift[AXES];
    for (unsigned a = 0; a < AXES; a++)
        shift[a] = (int64_t)buffer->box.low[a] - (int64_t)buffer->box_before.low[a];
    if (buffer->remembers && memcmp(shift, buffer->shift, sizeof shift) != 0) {
        buffer->remembers = false;
        return false;
    }
    buffer->remembers = true;
    memcpy(buffer->shift, shift, sizeof shift);
    return true;
}

// Rules 1 to 3 for one child that is given weights or inputs. `fresh` receives the
// words it fetches in this step; returns how many.
static size_t fetch(struct world *world, const struct edge *edge, struct buffer *buffer,
                    uint64_t instance, uint64_t *fresh) {
    struct box box = scheduled_box(world, edge, instance);
    if (!buffer->scheduled || !same_origin(&box, &buffer->box)) {
        buffer->held_before = buffer->holds;
        buffer->box_before = buffer->box;
        buffer->holds = false;
        buffer->scheduled = true;
        buffer->box = box;
    }
    if (!world->working[edge->child][instance])
        return 0;
    const struct box *whole = &world->whole[edge->tensor];
    if (buffer->holds) {
        if (memcmp(&box, &buffer->box, sizeof box) == 0)
            return 0;
        // Only inputs: the same origin, but another cut. What is new is fetched.
        world->result->recuts++;
        size_t count = buffer->count;
        uint64_t *old = malloc((count + 1) * sizeof *old);
        if (!old)
            return 0;
        memcpy(old, buffer->words, count * sizeof *old);
        buffer->box = box;
        size_t n = hold(world, buffer, whole, old, count, fresh);
        free(old);
        return n;
    }
    buffer->box = box;
    size_t credited = 0;
    uint64_t *old = NULL;
    if (edge->tensor == SDSE_INPUTS && credits_overlap(buffer)) {
        credited = box_words(world->nest, &buffer->box_before);
        old = malloc((box_places(&buffer->box_before) + 1) * sizeof *old);
        if (!old)
            return 0;
        list_words(world->nest, &buffer->box_before, whole, old);
    }
    size_t n = hold(world, buffer, whole, old, credited, fresh);
    free(old);
    return n;
}

// An instance moved so many words at once.
static void note_transfer(struct world *world, struct simulated_transfers *transfers,
                          uint64_t words) {
    if (!world->transfers || words == 0)
        return;
    transfers->times[words % SIMULATION_PERIOD]++;
}

// Sends `count` requests over the edge's networks; the words that reach the parent.
static uint64_t send_these(struct world *world, const struct edge *edge,
                           const struct request *requests, size_t count) {
    struct simulated_network *networks[SDSE_MAX_LEVELS];
    for (unsigned l = 0; l < world->space.level_count; l++)
        networks[l] = &world->result->network[l][edge->tensor];
    return merge_requests(&world->space, edge, requests, count, networks, &world->ok);
}

static uint64_t parent_of(const struct world *world, const struct edge *edge,
                          const struct request *request) {
    return request->child / space_span(&world->space, edge->parent, edge->child);
}

// The requests from `first` on that reach the same instance of the parent as it does.
static size_t same_parent(const struct world *world, const struct edge *edge,
                          size_t first, size_t count) {
    const uint64_t parent = parent_of(world, edge, &world->requests[first]);
    size_t end = first + 1;
    while (end < count && parent_of(world, edge, &world->requests[end]) == parent)
        end++;
    return end - first;
}

// The first `count` requests; their words at the parent.
static uint64_t send(struct world *world, const struct edge *edge, size_t count) {
    return send_these(world, edge, world->requests, count);
}

// The same for weights and inputs, which the parent reads.
static uint64_t send_reads(struct world *world, const struct edge *edge, size_t count) {
    struct simulated_flow *flow = &world->result->flow[edge->parent][edge->tensor];
    uint64_t words = 0;
    if (!world->transfers)
        return send(world, edge, count);
    for (size_t first = 0, some; first < count; first += some) {
        some = same_parent(world, edge, first, count);
        const uint64_t read = send_these(world, edge, world->requests + first, some);
        note_transfer(world, &flow->read, read);
        words += read;
    }
    return words;
}

// The same for partial sums on their way down: one that returns goes to all the
// children whose sums are added.
static void send_back(struct world *world, const struct edge *edge, size_t count) {
    struct simulated_network passed[SDSE_MAX_LEVELS] = {0};
    struct simulated_network *networks[SDSE_MAX_LEVELS];
    for (unsigned l = 0; l < world->space.level_count; l++)
        networks[l] = &passed[l];
    merge_requests(&world->space, edge, world->requests, count, networks, &world->ok);
    for (unsigned l = 0; l < world->space.level_count; l++)
        world->result->network[l][SDSE_OUTPUTS].returned += passed[l].words;
}

static void run_fetches(struct world *world, const struct edge *edge) {
    uint64_t children = world->instances[edge->child];
    struct buffer *buffers = world->buffers[edge->tensor][edge->child];
    struct simulated_flow *flow = world->result->flow[edge->child];
    const uint64_t room = world->room[edge->child][edge->tensor];
    uint64_t *fresh = malloc((children * room + 1) * sizeof *fresh);
    world->ok = world->ok && fresh;
    if (!fresh)
        return;
    size_t count = 0;
    for (uint64_t i = 0; i < children; i++) {
        uint64_t *words = fresh + i * room;
        size_t n = fetch(world, edge, &buffers[i], i, words);
        if (buffers[i].holds && buffers[i].count > flow[edge->tensor].tile_words)
            flow[edge->tensor].tile_words = buffers[i].count;
        flow[edge->tensor].fills += n;
        note_transfer(world, &flow[edge->tensor].fill, n);
        if (n > 0) {
            world->requests[count++] = (struct request){i, words, n};
            note_read(world, edge, i);
        }
    }
    if (count > 0)
        world->result->flow[edge->parent][edge->tensor].reads +=
            send_reads(world, edge, count);
    free(fresh);
}

// The first word of a tile of sums arrives; those of a tile that is gone come too late.
static void note_arrival(struct world *world, const struct edge *edge, uint64_t parent,
                         uint64_t step) {
    struct buffer *buffer = &world->buffers[SDSE_OUTPUTS][edge->parent][parent];
    if (edge->parent != world->home[SDSE_OUTPUTS] && buffer->holds &&
        buffer->oldest == NEVER && step >= buffer->since)
        buffer->oldest = step;
}

// Output words reach the parent in a step: rule 5, and rule 6's distinct words.
static void arrive(struct world *world, const struct edge *edge, size_t first,
                   size_t count, uint64_t step) {
    struct simulated_flow *flow = &world->result->flow[edge->parent][SDSE_OUTPUTS];
    // Those of one instance after the other, if transfers are noted.
    if (world->transfers && count > 0) {
        const size_t some = same_parent(world, edge, first, count);
        if (first + some < count)
            arrive(world, edge, first + some, count, step);
        count = first + some;
    }
    uint64_t updates = send_these(world, edge, world->requests + first, count - first);
    uint64_t distinct = 0;
    for (size_t i = first; i < count; i++) {
        const struct request *request = &world->requests[i];
        uint64_t parent = parent_of(world, edge, request);
        bool *arrived = world->arrived[edge->parent] + parent * world->output_words;
        note_arrival(world, edge, parent, step);
        for (size_t w = 0; w < request->count; w++) {
            distinct += !arrived[request->words[w]];
            arrived[request->words[w]] = true;
        }
    }
    flow->updates += updates;
    flow->reads += updates - distinct;
    note_transfer(world, &flow->update, updates);
    note_transfer(world, &flow->read, updates - distinct);
    if (world->result->continues && edge->parent == world->home[SDSE_OUTPUTS])
        world->result->continued[edge->parent] += distinct;
}

// Rule 2 for outputs: a child with work takes its tile; what it has held before
// returns.
static void take_outputs(struct world *world, const struct edge *edge,
                         const struct box *scheduled) {
    const struct box *whole = &world->whole[SDSE_OUTPUTS];
    struct simulated_flow *flow = &world->result->flow[edge->child][SDSE_OUTPUTS];
    size_t count = 0;
    for (uint64_t i = 0; i < world->instances[edge->child]; i++) {
        struct buffer *buffer = &world->buffers[SDSE_OUTPUTS][edge->child][i];
        buffer->scheduled = true;
        buffer->box = scheduled[i];
        if (!world->working[edge->child][i] || buffer->holds)
            continue;
        buffer->holds = true;
        buffer->count = box_words(world->nest, &buffer->box);
        list_words(world->nest, &buffer->box, whole, buffer->words);
        // Tiles are aligned: either all of its words have been here, or none.
        bool returns = buffer->visited[buffer->words[0]];
        for (size_t w = 0; w < buffer->count; w++) {
            flow->fills += buffer->visited[buffer->words[w]];
            buffer->visited[buffer->words[w]] = true;
        }
        if (returns)
            note_transfer(world, &flow->fill, buffer->count);
        buffer->since = now(world);
        buffer->oldest = returns ? now(world) : NEVER;
        if (returns)
            world->requests[count++] =
                (struct request){i, buffer->words, buffer->count};
    }
    if (count > 0)
        send_back(world, edge, count);
}

// Rules 1 and 2 for output buffers. `last`: the nest is over, everything drains.
static void run_drains(struct world *world, const struct edge *edge, bool last) {
    uint64_t children = world->instances[edge->child];
    struct buffer *buffers = world->buffers[SDSE_OUTPUTS][edge->child];
    struct simulated_flow *flow = &world->result->flow[edge->child][SDSE_OUTPUTS];
    struct box *next = calloc(children, sizeof *next);
    world->ok = world->ok && next;
    if (!next)
        return;
    size_t count = 0;
    // What is drained was there until the end of the step before.
    const uint64_t step = now(world) - !last;
    for (uint64_t i = 0; i < children; i++) {
        struct buffer *buffer = &buffers[i];
        next[i] = scheduled_box(world, edge, i);
        bool moves = !buffer->scheduled || !same_origin(&next[i], &buffer->box);
        if (buffer->holds && (moves || last)) {
            world->requests[count++] =
                (struct request){i, buffer->words, buffer->count};
            flow->drained += buffer->count;
            note_transfer(world, &flow->drain, buffer->count);
            buffer->holds = false;
            note_life(world, edge->child, SDSE_OUTPUTS,
                      buffer->oldest == NEVER ? step : buffer->oldest, step);
        }
    }
    if (count > 0)
        arrive(world, edge, 0, count, step);
    if (!last)
        take_outputs(world, edge, next);
    free(next);
}

// Rule 7.
static void run_multipliers(struct world *world, const struct edge *edge) {
    const struct box *whole = &world->whole[edge->tensor];
    size_t count = 0;
    for (uint64_t m = 0; m < world->instances[edge->child]; m++) {
        if (!world->working[edge->child][m])
            continue;
        struct box box = scheduled_box(world, edge, m);
        if (box_words(world->nest, &box) == 0) // padding
            continue;
        list_words(world->nest, &box, whole, &world->single[m]);
        world->requests[count++] = (struct request){m, &world->single[m], 1};
        if (edge->tensor != SDSE_OUTPUTS)
            note_read(world, edge, m);
    }
    if (edge->tensor == SDSE_OUTPUTS)
        arrive(world, edge, 0, count, now(world));
    else
        world->result->flow[edge->parent][edge->tensor].reads +=
            send_reads(world, edge, count);
}

static void run_step(struct world *world) {
    for (unsigned e = 0; world->ok && e < world->edge_count; e++) {
        const struct edge *edge = &world->edges[e];
        if (edge->child == world->space.level_count)
            run_multipliers(world, edge);
        else if (edge->tensor == SDSE_OUTPUTS)
            run_drains(world, edge, false);
        else
            run_fetches(world, edge);
    }
}

// ---- the nest -----------------------------------------------------------------------

// Sets the temporal part of every level's origin from the counters.
static void place_in_time(struct world *world, const uint64_t *counter) {
    memset(world->base, 0, sizeof world->base);
    for (unsigned i = 0; i < world->temporal_count; i++) {
        const struct digit *digit = &world->temporal[i];
        for (unsigned c = digit->level + 1; c <= world->space.level_count; c++)
            world->base[c][digit->dim] += counter[i] * digit->weight;
    }
}

static bool advance(const struct world *world, uint64_t *counter) {
    for (unsigned i = world->temporal_count; i-- > 0;) {
        if (++counter[i] < world->temporal[i].factor)
            return true;
        counter[i] = 0;
    }
    return false;
}

uint64_t simulation_work(const struct sdse_mapping *mapping) {
    uint64_t work = 1;
    for (unsigned l = 0; l < mapping->level_count; l++) {
        const struct sdse_mapping_level *level = &mapping->level[l];
        for (unsigned i = 0; i < level->temporal.count; i++)
            work *= level->temporal.loop[i].factor;
        for (unsigned a = 0; a < 2; a++)
            for (unsigned i = 0; i < level->spatial[a].count; i++)
                work *= level->spatial[a].loop[i].factor;
    }
    return work;
}

// A tensor at home in a shared memory: its chain starts there, and no position of that
// memory has a tile of it.
static void find_homes(struct world *world, const struct sdse_arch *arch,
                       const struct sdse_residence *residence) {
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        world->home[t] = 0;
        world->first_kept[t] = 1;
        for (const struct sdse_residence *at = residence; at; at = at->also) {
            if (!(at->tensors >> t & 1u))
                continue;
            world->home[t] = at->level;
            world->first_kept[t] = fans_at(arch, at->level) + 1;
        }
    }
}

// Outputs at home are finished: each goes on to the outermost memory.
static void write_through(struct world *world, const struct sdse_arch *arch,
                          unsigned home) {
    struct edge edge = {
        .tensor = SDSE_OUTPUTS, .child = home, .fans_at = fans_at(arch, 0)};
    for (unsigned l = 0; l < home; l++)
        edge.merges[l] = arch->level[l].network[SDSE_OUTPUTS].reduce;
    const struct box *whole = &world->whole[SDSE_OUTPUTS];
    const uint64_t count = world->output_words;
    uint64_t *words = obtain(world, count, sizeof *words);
    if (words) {
        list_words(world->nest, whole, whole, words);
        world->requests[0] = (struct request){0, words, count};
        struct simulated_flow *outermost = &world->result->flow[0][SDSE_OUTPUTS];
        outermost->kept = true;
        outermost->tile_words = count;
        outermost->updates += send(world, &edge, 1);
        outermost->update.alone = count;
        world->result->flow[home][SDSE_OUTPUTS].drained += count;
        world->result->flow[home][SDSE_OUTPUTS].drain.alone = count;
    }
    free(words);
}

// Words that are brought in to where they are at home: of weights all, of inputs any.
static void bring_in(struct world *world, const struct sdse_arch *arch,
                     enum sdse_tensor tensor, unsigned home, uint64_t count) {
    struct edge edge = {.tensor = tensor, .child = home, .fans_at = fans_at(arch, 0)};
    for (unsigned l = 0; l < home; l++)
        edge.merges[l] = arch->level[l].network[tensor].multicast;
    uint64_t *words = obtain(world, count + 1, sizeof *words);
    if (words && count) {
        for (uint64_t i = 0; i < count; i++)
            words[i] = i;
        world->requests[0] = (struct request){0, words, count};
        struct simulated_flow *outermost = &world->result->flow[0][tensor];
        outermost->kept = true;
        outermost->tile_words = count;
        outermost->reads += send(world, &edge, 1);
        outermost->read.alone = count;
        world->result->flow[home][tensor].fills += count;
        world->result->flow[home][tensor].fill.alone = count;
    }
    free(words);
}

static bool pads(const struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++)
        if (arch->level[l].least_read_bits || arch->level[l].least_write_bits)
            return true;
    return false;
}

static enum sdse_status run_nest(const struct sdse_arch *arch,
                                 const struct sdse_nest *nest,
                                 const struct sdse_mapping *mapping,
                                 const struct sdse_residence *residence,
                                 uint64_t step_limit, struct simulation *result) {
    *result = (struct simulation){.level_count = mapping->level_count, .outputs = 1};
    for (int d = 0; d < SDSE_DIMS; d++)
        if (sdse_dim_moves((enum sdse_dim)d, SDSE_OUTPUTS))
            result->outputs *= nest->bound[d];
    for (const struct sdse_residence *at = residence; at; at = at->also) {
        result->continues |= at->continues;
        result->unfinished |= at->unfinished;
    }
    struct world world = {
        .nest = nest, .result = result, .transfers = pads(arch), .ok = true};
    for (unsigned l = 0; l < mapping->level_count; l++)
        world.gaps[l] = arch->level[l].fetch_gaps;
    find_homes(&world, arch, residence);
    build_space(&world, arch, mapping);
    build_edges(&world, arch, mapping);
    if (world.ok)
        build_buffers(&world, mapping);
    uint64_t counter[MAX_LOOPS] = {0};
    do {
        place_in_time(&world, counter);
        if (world.ok && find_work(&world)) {
            result->steps++;
            run_step(&world);
        }
    } while (world.ok && (step_limit == 0 || result->steps < step_limit) &&
             advance(&world, counter));
    for (unsigned e = 0; world.ok && e < world.edge_count; e++) {
        const struct edge *edge = &world.edges[e];
        if (edge->tensor == SDSE_OUTPUTS && edge->child < mapping->level_count)
            run_drains(&world, edge, true);
    }
    for (const struct sdse_residence *at = residence; at; at = at->also) {
        for (uint64_t w = 0; at->rescales && w < result->outputs; w++)
            result->rescaled[at->level]++;
        if (world.ok && at->writes_through)
            write_through(&world, arch, at->level);
        if (world.ok && at->loads_weights)
            bring_in(&world, arch, SDSE_WEIGHTS, at->level,
                     box_words(nest, &world.whole[SDSE_WEIGHTS]));
        if (world.ok)
            bring_in(&world, arch, SDSE_INPUTS, at->level, at->loaded_inputs);
    }
    for (unsigned l = 0; world.ok && l <= mapping->level_count; l++)
        for (uint64_t i = 0; i < world.instances[l]; i++)
            result->used[l] += world.worked[l][i];
    for (unsigned l = 0; l < mapping->level_count; l++)
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            result->network[l][t].hops_words = result->network[l][t].words;
            result->flow[l][t].life_on_map = result->flow[l][t].life;
        }
    bool ok = world.ok;
    destroy(&world);
    return ok ? SDSE_OK : SDSE_NO_MEMORY;
}

enum sdse_status simulate(const struct sdse_arch *arch, const struct sdse_nest *nest,
                          const struct sdse_mapping *mapping, uint64_t step_limit,
                          struct simulation *result) {
    return simulate_at(arch, nest, mapping, NULL, step_limit, result);
}

static void replace(struct simulated_transfers *old,
                    const struct simulated_transfers *by) {
    const uint64_t alone = old->alone;
    *old = *by;
    old->alone = alone;
}

// Transfers are those of the nest whose bounds are the products of the factors, without
// a map.
static enum sdse_status find_transfers(const struct sdse_arch *arch,
                                       const struct sdse_nest *nest,
                                       const struct sdse_mapping *mapping,
                                       const struct sdse_residence *residence,
                                       uint64_t step_limit, struct simulation *result) {
    struct sdse_nest whole = *nest;
    memset(whole.pad, 0, sizeof whole.pad);
    memset(whole.map, 0, sizeof whole.map);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        whole.bound[d] = 1;
    for (unsigned l = 0; l < mapping->level_count; l++) {
        multiply(&mapping->level[l].temporal, whole.bound);
        multiply(&mapping->level[l].spatial[0], whole.bound);
        multiply(&mapping->level[l].spatial[1], whole.bound);
    }
    if (memcmp(&whole, nest, sizeof whole) == 0)
        return SDSE_OK;
    struct simulation all;
    const enum sdse_status status =
        run_nest(arch, &whole, mapping, residence, step_limit, &all);
    for (unsigned l = 0; l < mapping->level_count; l++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            struct simulated_flow *flow = &result->flow[l][t];
            const struct simulated_flow *by = &all.flow[l][t];
            replace(&flow->read, &by->read);
            replace(&flow->fill, &by->fill);
            replace(&flow->update, &by->update);
            replace(&flow->drain, &by->drain);
        }
    }
    return status;
}

enum sdse_status simulate_at(const struct sdse_arch *arch, const struct sdse_nest *nest,
                             const struct sdse_mapping *mapping,
                             const struct sdse_residence *residence,
                             uint64_t step_limit, struct simulation *result) {
    enum sdse_status status =
        run_nest(arch, nest, mapping, residence, step_limit, result);
    if (status == SDSE_OK && pads(arch))
        status = find_transfers(arch, nest, mapping, residence, step_limit, result);
    if (status != SDSE_OK || (nest->map[0] == 0 && nest->map[1] == 0))
        return status;
    // Hops and lives are those of the nest without a map.
    struct sdse_nest endless = *nest;
    for (unsigned a = 0; a < 2; a++) {
        endless.pad[a] = 0;
        endless.map[a] = 0;
    }
    struct simulation all;
    const enum sdse_status again =
        run_nest(arch, &endless, mapping, residence, step_limit, &all);
    for (unsigned l = 0; l < mapping->level_count; l++) {
        struct simulated_network *network = &result->network[l][SDSE_INPUTS];
        network->half_hops_words = all.network[l][SDSE_INPUTS].half_hops_words;
        network->hops_words = all.network[l][SDSE_INPUTS].hops_words;
        result->flow[l][SDSE_INPUTS].life = all.flow[l][SDSE_INPUTS].life;
    }
    return again;
}

// One map from level `home` to the unit beside level `vector`.
static void carry_map(struct world *world, const struct sdse_arch *arch, unsigned home,
                      unsigned vector) {
    struct edge edge = {.tensor = SDSE_INPUTS,
                        .parent = home,
                        .child = vector,
                        .fans_at = fans_at(arch, home)};
    for (unsigned l = home; l < vector; l++)
        edge.merges[l] = arch->level[l].network[SDSE_INPUTS].multicast;
    const struct box *whole = &world->whole[SDSE_OUTPUTS];
    const uint64_t count = world->output_words;
    uint64_t *words = obtain(world, count, sizeof *words);
    if (words) {
        list_words(world->nest, whole, whole, words);
        world->requests[0] = (struct request){0, words, count};
        uint64_t before[SDSE_MAX_LEVELS];
        for (unsigned l = home; l < vector; l++)
            before[l] = world->result->network[l][SDSE_INPUTS].words;
        world->result->added[home] += vector > home ? send(world, &edge, 1) : count;
        for (unsigned l = home; l < vector; l++)
            world->result->added_crossed[l][home] +=
                world->result->network[l][SDSE_INPUTS].words - before[l];
    }
    free(words);
}

enum sdse_status simulate_addends(const struct sdse_arch *arch,
                                  const struct sdse_nest *nest,
                                  const struct sdse_mapping *mapping,
                                  const struct sdse_residence *residence, unsigned maps,
                                  unsigned vector, struct simulation *result) {
    struct simulation apart = {.level_count = mapping->level_count};
    struct world world = {.nest = nest, .result = &apart, .ok = true};
    find_homes(&world, arch, residence);
    build_space(&world, arch, mapping);
    build_edges(&world, arch, mapping);
    if (world.ok)
        build_buffers(&world, mapping);
    for (const struct sdse_residence *at = residence; at; at = at->also)
        for (unsigned m = 0; world.ok && m < at->addends; m++, maps--)
            carry_map(&world, arch, at->level, vector);
    for (unsigned m = 0; world.ok && m < maps; m++)
        carry_map(&world, arch, 0, vector);
    for (unsigned l = 0; l < mapping->level_count; l++) {
        struct simulated_network *all = &result->network[l][SDSE_INPUTS],
                                 *more = &apart.network[l][SDSE_INPUTS];
        result->added[l] = apart.added[l];
        memcpy(result->added_crossed[l], apart.added_crossed[l],
               sizeof apart.added_crossed[l]);
        all->words += more->words;
        all->half_hops_words += more->half_hops_words;
        all->hops_words += more->words;
    }
    const bool ok = world.ok;
    destroy(&world);
    return ok ? SDSE_OK : SDSE_NO_MEMORY;
}
