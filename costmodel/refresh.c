#include "costmodel/refresh.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "costmodel/edge.h"

static const double most = 0x1p62; // of any count

double sdse_life_cycles(const struct sdse_view *view, uint64_t steps,
                        double schedule_cycles) {
    return (double)steps * schedule_cycles / (double)view->outside[view->level_count];
}

// One part kept at level l.
static void count_part(const struct sdse_model *model, const struct sdse_lives *lives,
                       unsigned l, int part, double life,
                       struct sdse_refresh *refresh) {
    const struct sdse_level *level = &model->arch->level[l];
    if (level->max_lifetime_us.given)
        refresh->strain = fmax(refresh->strain,
                               life / sdse_cycles_from_us(level->max_lifetime_us.value,
                                                          model->arch->clock_ghz));
    if (level->memory_class != SDSE_EDRAM)
        return;
    refresh->lifetime_cycles = fmax(refresh->lifetime_cycles, life);
    const double refreshes =
        floor(life / sdse_cycles_from_us(level->edram.retention_us.value,
                                         model->arch->clock_ghz));
    refresh->refreshes[l][part] = (uint64_t)fmin(refreshes, most);
    refresh->bits[l][part] =
        (double)lives->arrived[l][part] * lives->place_bits[l][part] * refreshes;
    refresh->pj[l] += refresh->bits[l][part] * level->edram.refresh_pj_per_bit.value;
}

void sdse_refresh_count(const struct sdse_model *model, const struct sdse_view *view,
                        const struct sdse_lives *lives, double schedule_cycles,
                        struct sdse_refresh *refresh) {
    const struct sdse_arch *arch = model->arch;
    memset(refresh, 0, sizeof *refresh);
    for (unsigned l = 1; l < arch->level_count; l++)
        for (int part = 0; part < SDSE_PARTS; part++)
            if (lives->steps[l][part])
                count_part(
                    model, lives, l, part,
                    sdse_life_cycles(view, lives->steps[l][part], schedule_cycles),
                    refresh);
    for (unsigned l = 1; l < arch->level_count; l++) {
        const struct sdse_edram *edram = &arch->level[l].edram;
        double bits = 0;
        for (unsigned i = l; i <= sdse_arch_memory_last(arch, l); i++)
            for (int part = 0; part < SDSE_PARTS; part++)
                bits += refresh->bits[i][part];
        if (arch->level[l].memory_class != SDSE_EDRAM || arch->level[l].shares_memory)
            continue;
        const double cycles = bits / (double)sdse_working_instances(view, l) /
                              edram->row_bits * edram->cycles_per_row.value;
        refresh->cycles[l] = (uint64_t)ceil(fmin(cycles, most));
    }
}
