#include "costmodel/hops.h"

#include <stdlib.h>
#include <string.h>

double sdse_column_hops(uint32_t rows, double first_row, double last_row) {
    const double middle = ((double)rows - 1) / 2;
    const double up = middle - first_row, down = last_row - middle;
    return (up > 0 ? up : 0) + (down > 0 ? down : 0);
}

// Whether a spatial loop is shared: every word goes to all of its positions.
static bool is_shared(const struct sdse_view *view, enum sdse_tensor tensor,
                      unsigned level, enum sdse_dim dim) {
    const struct sdse_network *network = &view->arch->level[level].network[tensor];
    const bool shares = tensor == SDSE_OUTPUTS ? network->reduce : network->multicast;
    return shares && !sdse_dim_moves(dim, tensor);
}

// Outputs and taps spatial on one axis: windows coincide on diagonals, the sets are no
// boxes.
static bool windows_coincide(const struct sdse_view *view, enum sdse_tensor tensor,
                             unsigned level, unsigned child) {
    if (tensor != SDSE_INPUTS)
        return false;
    unsigned dims = 0;
    for (unsigned l = level; l < child; l++)
        if (view->arch->level[l].network[tensor].multicast)
            for (unsigned i = 0; i < view->spatial_count[l]; i++)
                dims |= SDSE_BIT(view->spatial[l][i].dim);
    const unsigned rows = SDSE_BIT(SDSE_P) | SDSE_BIT(SDSE_R);
    const unsigned columns = SDSE_BIT(SDSE_Q) | SDSE_BIT(SDSE_S);
    return (dims & rows) == rows || (dims & columns) == columns;
}

// Every word's destinations are a box of the same shape: the columns are alike, so the
// average over the positions on Y is taken once.
static double box_hops(const struct sdse_view *view, enum sdse_tensor tensor,
                       unsigned level) {
    double furthest = 0, columns = 1, span = 0;
    const struct sdse_view_spatial *own[SDSE_DIMS];
    unsigned own_count = 0;
    uint64_t places = 1;
    for (unsigned i = 0; i < view->spatial_count[level]; i++) {
        const struct sdse_view_spatial *loop = &view->spatial[level][i];
        const double reach = (double)((loop->factor - 1) * loop->stride);
        const bool shared = is_shared(view, tensor, level, loop->dim);
        if (loop->axis == 0) {
            furthest += shared ? reach : reach / 2;
            if (shared)
                columns *= (double)loop->factor;
        } else if (shared) {
            span += reach;
        } else {
            own[own_count++] = loop;
            places *= loop->factor;
        }
    }
    double sum = 0;
    for (uint64_t place = 0; place < places; place++) {
        uint64_t rest = place;
        double row = 0;
        for (unsigned i = 0; i < own_count; i++) {
            row += (double)(rest % own[i]->factor * own[i]->stride);
            rest /= own[i]->factor;
        }
        sum += sdse_column_hops(view->arch->level[level].fanout_y, row, row + span);
    }
    return furthest + columns * sum / (double)places;
}

// A word, and one of its destinations.
struct delivery {
    uint64_t word;
    uint32_t column, row;
};

static bool comes_before(const struct delivery *x, const struct delivery *y) {
    if (x->word != y->word)
        return x->word < y->word;
    if (x->column != y->column)
        return x->column < y->column;
    return x->row < y->row;
}

// By word, column and row. A shell sort: the mapper comes here often, and a few hundred
// places are sorted in a fraction of qsort's time.
static void sort_deliveries(struct delivery *list, uint64_t count) {
    uint64_t gap = 1;
    while (gap < count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3) {
        for (uint64_t i = gap; i < count; i++) {
            const struct delivery moved = list[i];
            uint64_t j = i;
            for (; j >= gap && comes_before(&moved, &list[j - gap]); j -= gap)
                list[j] = list[j - gap];
            list[j] = moved;
        }
    }
}

// One child's word and place. The word's name packs the window's origin on both axes
// and the counters of all other loops that tell words apart.
static struct delivery deliver(const struct sdse_view *view, unsigned level,
                               unsigned child, uint64_t place) {
    struct delivery delivery = {0, 0, 0};
    uint64_t origin[2] = {0, 0}, others = 0;
    for (unsigned l = level; l < child; l++) {
        const bool multicast = view->arch->level[l].network[SDSE_INPUTS].multicast;
        for (unsigned i = 0; i < view->spatial_count[l]; i++) {
            const struct sdse_view_spatial *loop = &view->spatial[l][i];
            const uint64_t digit = place % loop->factor;
            place /= loop->factor;
            if (l == level) {
                if (loop->axis == 0)
                    delivery.column += (uint32_t)(digit * loop->stride);
                else
                    delivery.row += (uint32_t)(digit * loop->stride);
            }
            const bool window = loop->dim == SDSE_P || loop->dim == SDSE_R ||
                                loop->dim == SDSE_Q || loop->dim == SDSE_S;
            if (multicast && window)
                origin[loop->dim == SDSE_Q || loop->dim == SDSE_S] +=
                    digit * loop->weight * sdse_window_step(view->nest, loop->dim);
            else if (!multicast || sdse_dim_moves(loop->dim, SDSE_INPUTS))
                others = others * loop->factor + digit;
        }
    }
    delivery.word = (others << 40) ^ (origin[0] << 20) ^ origin[1];
    return delivery;
}

// Windows that coincide on diagonals: list every delivery and sort.
static bool diagonal_sums(const struct sdse_view *view, unsigned level, unsigned child,
                          double *hops, double *destinations) {
    uint64_t places = 1;
    for (unsigned l = level; l < child; l++)
        places *= view->fanout_used[l];
    struct delivery *list = malloc(places * sizeof *list);
    if (!list)
        return false;
    for (uint64_t place = 0; place < places; place++)
        list[place] = deliver(view, level, child, place);
    sort_deliveries(list, places);
    double words = 0, sum = 0, reached = 0;
    for (uint64_t i = 0, end; i < places; i = end) {
        words++;
        for (end = i; end < places && list[end].word == list[i].word;) {
            uint64_t first = end;
            for (; end < places && list[end].word == list[first].word &&
                   list[end].column == list[first].column;
                 end++)
                reached += end == first || list[end].row != list[end - 1].row;
            sum += sdse_column_hops(view->arch->level[level].fanout_y,
                                    (double)list[first].row, (double)list[end - 1].row);
        }
        sum += (double)list[end - 1].column;
    }
    *hops = sum / words;
    *destinations = reached / words;
    free(list);
    return true;
}

// What the deliveries depend on, as words (strides follow from the factors); 0 if there
// are too many.
static unsigned placement_key(const struct sdse_view *view, unsigned level,
                              unsigned child, uint64_t key[SDSE_REACH_WORDS]) {
    unsigned words = 0;
    for (unsigned l = level; l < child; l++) {
        for (unsigned i = 0; i < view->spatial_count[l]; i++) {
            const struct sdse_view_spatial *loop = &view->spatial[l][i];
            if (words + 2 > SDSE_REACH_WORDS - 1)
                return 0;
            key[words++] =
                loop->factor << 16 | l << 8 | loop->axis << 4 | (unsigned)loop->dim;
            key[words++] = loop->weight;
        }
    }
    key[words++] = level << 8 | child;
    return words;
}

static struct sdse_reach_entry *find_entry(struct sdse_reach_memo *memo,
                                           const uint64_t *key, unsigned words) {
    uint64_t hash = 0;
    for (unsigned i = 0; i < words; i++)
        hash = (hash ^ key[i]) * 0x9e3779b97f4a7c15u;
    return &memo->entry[hash >> 58];
}

// diagonal_sums, unless the same was asked before.
static bool remembered_sums(const struct sdse_view *view, unsigned level,
                            unsigned child, double *hops, double *destinations) {
    uint64_t key[SDSE_REACH_WORDS];
    const unsigned words = view->memo ? placement_key(view, level, child, key) : 0;
    if (!words)
        return diagonal_sums(view, level, child, hops, destinations);
    struct sdse_reach_entry *entry = find_entry(view->memo, key, words);
    if (entry->words != words || memcmp(entry->key, key, words * sizeof *key) != 0) {
        if (!diagonal_sums(view, level, child, hops, destinations))
            return false;
        entry->words = words;
        memcpy(entry->key, key, words * sizeof *key);
        entry->hops = *hops;
        entry->destinations = *destinations;
    }
    *hops = entry->hops;
    *destinations = entry->destinations;
    return true;
}

void sdse_mesh_reach(const struct sdse_view *view, enum sdse_tensor tensor,
                     unsigned level, unsigned child, double *hops,
                     double *destinations) {
    if (view->fanout_used[level] > 1 && windows_coincide(view, tensor, level, child) &&
        remembered_sums(view, level, child, hops, destinations))
        return;
    *hops = box_hops(view, tensor, level);
    *destinations = 1;
    for (unsigned i = 0; i < view->spatial_count[level]; i++)
        if (is_shared(view, tensor, level, view->spatial[level][i].dim))
            *destinations *= (double)view->spatial[level][i].factor;
}

double sdse_mesh_hops(const struct sdse_view *view, enum sdse_tensor tensor,
                      unsigned level, unsigned child) {
    double hops, destinations;
    sdse_mesh_reach(view, tensor, level, child, &hops, &destinations);
    return hops;
}
