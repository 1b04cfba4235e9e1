// A program of somebody else: maps a layer by energy through <sdse.h> alone.
//   program ARCH.yaml NET.yaml LAYER
#include <sdse.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch;
    struct sdse_workload *net;
    if (argc != 4 || sdse_arch_load(arena, argv[1], &diags, &arch) != SDSE_OK ||
        sdse_arch_resolve_costs(arch, arena, &diags) != SDSE_OK ||
        sdse_workload_load(arena, argv[2], &diags, &net) != SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        return 1;
    }
    for (size_t i = 0; i < net->layer_count; i++) {
        if (strcmp(net->layers[i].name, argv[3]) != 0)
            continue;
        const struct sdse_map_request request = {
            .arch = arch, .layer = &net->layers[i], .objective = SDSE_MAP_ENERGY};
        struct sdse_map_answer answer;
        if (sdse_map(&request, arena, &answer) == SDSE_OK && answer.point_count == 1)
            printf("%.17g\n", answer.point[0].totals.energy_pj);
    }
    sdse_arena_free(arena);
    return 0;
}
