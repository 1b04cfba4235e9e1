// The order in which layers and nodes are run: each behind all that it reads, and as
// the file lists them where that is so.
#include "import/tfjs/reading.h"

enum state { NEW, WAITING, RUN };

bool sdse_tfjs_run_in_order(struct tfjs_reader *r, const struct tfjs_steps *steps) {
    enum state *state = SDSE_ARENA_ARRAY(r->arena, enum state, steps->count + 1);
    // Those that wait, each for the one behind it.
    size_t *line = SDSE_ARENA_ARRAY(r->arena, size_t, steps->count + 1), length = 0;
    r->w.failed |= !state || !line;
    for (size_t i = 0; i < steps->count && !r->w.failed; i++) {
        if (state[i] == NEW)
            line[length++] = i;
        while (length) {
            const size_t item = line[length - 1];
            size_t on = SIZE_MAX;
            state[item] = WAITING;
            if (!steps->waits_for(steps->owner, item, &on))
                return false;
            if (on != SIZE_MAX) {
                if (state[on] == WAITING)
                    return steps->refuse_circle(steps->owner, on);
                line[length++] = on;
                continue;
            }
            if (!steps->run(steps->owner, item))
                return false;
            state[item] = RUN;
            length--;
        }
    }
    return !r->w.failed;
}
