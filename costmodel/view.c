#include "costmodel/view.h"

#include <string.h>

static void add_spatial(struct sdse_view *view, unsigned level,
                        const struct sdse_mapping_level *at) {
    uint64_t weight[SDSE_DIMS];
    memcpy(weight, view->tile[level + 1], sizeof weight);
    uint64_t used = 1;
    unsigned count = at->spatial[0].count + at->spatial[1].count, next = count;
    // Innermost first (Y before X, last before first): weights and strides grow
    // outwards.
    for (unsigned axis = 2; axis-- > 0;) {
        const struct sdse_loops *loops = &at->spatial[axis];
        uint64_t stride = 1;
        for (unsigned i = loops->count; i-- > 0;) {
            struct sdse_loop loop = loops->loop[i];
            if (loop.factor == 1)
                continue;
            view->spatial[level][--next] = (struct sdse_view_spatial){
                loop.dim, axis, loop.factor, weight[loop.dim], stride};
            weight[loop.dim] *= loop.factor;
            stride *= loop.factor;
            used *= loop.factor;
            view->spatial_factor[level][loop.dim] *= loop.factor;
        }
    }
    if (next)
        memmove(view->spatial[level], view->spatial[level] + next,
                (count - next) * sizeof view->spatial[level][0]);
    view->spatial_count[level] = count - next;
    view->fanout_used[level] = used;
}

static void add_temporal(struct sdse_view *view, unsigned level,
                         const struct sdse_loops *loops) {
    for (unsigned i = loops->count; i-- > 0;) {
        struct sdse_loop loop = loops->loop[i];
        if (loop.factor == 1)
            continue;
        view->loop[view->loop_count++] = (struct sdse_view_loop){
            loop.dim, level, loop.factor, view->tile[level][loop.dim]};
        view->tile[level][loop.dim] *= loop.factor;
    }
}

void sdse_view_init(struct sdse_view *view, const struct sdse_arch *arch,
                    const struct sdse_nest *nest, const struct sdse_mapping *mapping) {
    const unsigned levels = arch->level_count;
    view->arch = arch;
    view->nest = nest;
    view->memo = NULL;
    view->level_count = levels;
    view->loop_count = 0;
    for (int d = 0; d < SDSE_DIMS; d++)
        view->tile[levels][d] = 1;
    for (unsigned level = levels; level-- > 0;) {
        view->first[level + 1] = view->loop_count;
        for (int d = 0; d < SDSE_DIMS; d++)
            view->spatial_factor[level][d] = 1;
        add_spatial(view, level, &mapping->level[level]);
        view->summed_factor[level] = view->spatial_factor[level][SDSE_C] *
                                     view->spatial_factor[level][SDSE_R] *
                                     view->spatial_factor[level][SDSE_S];
        for (int d = 0; d < SDSE_DIMS; d++)
            view->tile[level][d] =
                view->tile[level + 1][d] * view->spatial_factor[level][d];
        add_temporal(view, level, &mapping->level[level].temporal);
    }
    view->first[0] = view->loop_count;
    view->used[0] = 1;
    view->outside[0] = 1;
    unsigned next = view->loop_count;
    for (unsigned level = 0; level < levels; level++) {
        uint64_t steps = 1;
        for (; next > view->first[level + 1]; next--)
            steps *= view->loop[next - 1].factor;
        view->outside[level + 1] = view->outside[level] * steps;
        view->used[level + 1] = view->used[level] * view->fanout_used[level];
    }
    view->perfect = true;
    for (int d = 0; d < SDSE_DIMS; d++)
        view->perfect &= view->tile[0][d] == nest->bound[d];
}
