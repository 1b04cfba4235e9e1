#include "costmodel/evaluate.h"

void sdse_arch_area(const struct sdse_arch *arch, struct sdse_area *area) {
    *area = (struct sdse_area){.other_um2 = arch->other_area_um2.value};
    area->total_um2 = area->other_um2;
    for (unsigned l = 0; l < arch->level_count; l++) {
        if (arch->level[l].shares_memory)
            continue;
        area->level_um2[l] =
            arch->level[l].area_um2.value * (double)sdse_arch_instances(arch, l);
        area->total_um2 += area->level_um2[l];
    }
    area->compute_um2 = arch->compute.area_um2.value *
                        (double)sdse_arch_instances(arch, arch->level_count);
    if (arch->rebuild.present)
        area->rebuild_um2 =
            arch->rebuild.area_um2.value *
            (double)sdse_arch_instances(arch, arch->rebuild.below_level);
    area->total_um2 += area->compute_um2 + area->rebuild_um2;
    for (unsigned i = 0; i < arch->engine_count; i++) {
        area->engine_um2[i] =
            arch->engine[i].area_um2.value *
            (double)sdse_arch_instances(arch, arch->engine[i].below_level);
        area->total_um2 += area->engine_um2[i];
    }
}

double sdse_design_area_um2(const struct sdse_area *area, bool smartdeal) {
    return smartdeal ? area->total_um2 : area->total_um2 - area->rebuild_um2;
}
