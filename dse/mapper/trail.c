#include "dse/mapper/trail.h"

#include <assert.h>
#include <string.h>

void sdse_trail_init(struct sdse_trail *trail) {
    memset(trail, 0, sizeof *trail);
    for (int t = 0; t < SDSE_MOVERS; t++)
        trail->closed[t] = trail->run[t] = 1;
    trail->lines[0] = trail->lines[1] = 1;
    trail->closed_channels = trail->channels = 1;
    trail->axis = -1;
}

// Everything open of the inputs becomes closed.
static void close_chain(struct sdse_trail *trail) {
    for (unsigned i = 0; i < trail->count; i++) {
        if (trail->chain[i].dim == SDSE_K)
            trail->closed[SDSE_INPUTS] *= (double)trail->chain[i].factor;
        else
            trail->lines[trail->axis] *= (double)trail->chain[i].factor;
    }
    trail->count = 0;
    trail->axis = -1;
}

static void push(struct sdse_trail *trail, enum sdse_dim dim, uint64_t factor,
                 uint64_t shift) {
    assert(trail->count < SDSE_CHAIN_LOOPS);
    trail->chain[trail->count].dim = (uint32_t)dim;
    trail->chain[trail->count].factor = (uint32_t)factor;
    trail->chain[trail->count++].shift = shift;
}

static void append_to_inputs(struct sdse_trail *trail, const struct sdse_nest *nest,
                             enum sdse_dim dim, uint64_t factor, uint64_t weight) {
    if (dim == SDSE_K) {
        trail->run[SDSE_INPUTS] *= (double)factor;
        return;
    }
    const int axis = sdse_dim_axis(dim);
    const bool window = axis >= 0 && sdse_axis_has_halo(nest, axis);
    const double run = trail->run[SDSE_INPUTS];
    trail->run[SDSE_INPUTS] = 1;
    if (window && trail->axis == axis) {
        if (run > 1)
            push(trail, SDSE_K, (uint64_t)run, 0);
    } else {
        close_chain(trail);
        trail->closed[SDSE_INPUTS] *= run;
    }
    if (window) {
        const bool output = dim == SDSE_P || dim == SDSE_Q;
        push(trail, dim, factor,
             weight * (output ? nest->stride[axis] : nest->dilation[axis]));
        trail->axis = axis;
    } else if (axis >= 0) {
        trail->lines[axis] *= (double)factor;
    }
}

void sdse_trail_append(struct sdse_trail *trail, const struct sdse_nest *nest,
                       enum sdse_dim dim, uint64_t factor, uint64_t weight) {
    append_to_inputs(trail, nest, dim, factor, weight);
    if (dim == SDSE_C) {
        trail->channels *= (double)factor;
    } else if (dim == SDSE_K || dim == SDSE_G) {
        trail->closed_channels *= trail->channels;
        trail->channels = 1;
    }
    for (int t = 0; t < SDSE_MOVERS; t++) {
        if (t == SDSE_INPUTS)
            continue;
        if (sdse_mover_dims(t) >> dim & 1u) {
            trail->closed[t] *= trail->run[t];
            trail->run[t] = 1;
        } else if (sdse_resting_dims(t) >> dim & 1u) {
            trail->run[t] *= (double)factor;
        }
    }
}

struct sdse_line_visits sdse_trail_line(const struct sdse_trail *trail, unsigned axis) {
    struct sdse_line_visits line = {.whole = trail->lines[axis], .repeats = 1};
    if ((int)axis != trail->axis)
        return line;
    line.shift = trail->chain[trail->count - 1].shift;
    uint64_t back = 0; // how far the loops inside have moved when they restart
    double passes = 1; // of the whole chain, whole and credited are moves inside it
    for (unsigned i = 0; i < trail->count; i++) {
        passes *= (double)trail->chain[i].factor;
        if (trail->chain[i].dim == SDSE_K)
            line.repeats *= (double)trail->chain[i].factor;
    }
    double whole = passes, credited = 0;
    for (unsigned i = trail->count; i-- > 0;) {
        const double outer = passes / (double)trail->chain[i].factor;
        const double moves = passes - outer;
        passes = outer;
        if (trail->chain[i].dim == SDSE_K)
            continue;
        const uint64_t step = trail->chain[i].shift;
        if (step == back) {
            whole -= moves;
        } else if (step == back + line.shift) {
            whole -= moves;
            credited += moves;
        }
        back += (trail->chain[i].factor - 1) * step;
    }
    line.whole = trail->lines[axis] * whole;
    line.credited = trail->lines[axis] * credited;
    return line;
}
