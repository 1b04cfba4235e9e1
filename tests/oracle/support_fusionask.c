#include "oracle/support_fusionask.h"

enum sdse_status fusion_ask(const struct fusion_case *subject, struct sdse_arena *arena,
                            struct fusion_asked *asked) {
    static const struct sdse_weight_form raw = {.smartdeal = false};
    const size_t count = subject->net.layer_count;
    struct sdse_layer *layer = SDSE_ARENA_ARRAY(arena, struct sdse_layer, count);
    struct sdse_nest *boxed = SDSE_ARENA_ARRAY(arena, struct sdse_nest, count);
    struct sdse_map_answer *alone =
        SDSE_ARENA_ARRAY(arena, struct sdse_map_answer, count);
    struct sdse_residency_layer *list =
        SDSE_ARENA_ARRAY(arena, struct sdse_residency_layer, count);
    if (!layer || !boxed || !alone || !list)
        return SDSE_NO_MEMORY;
    for (size_t l = 0; l < count; l++) {
        layer[l] = fusion_case_boxed(&subject->net.layers[l]);
        boxed[l] = subject->net.layers[l].nest;
        const struct sdse_map_request request = {
            .arch = subject->arch, .layer = &layer[l], .objective = SDSE_MAP_FRONT};
        const enum sdse_status status = sdse_map(&request, arena, &alone[l]);
        if (status != SDSE_OK)
            return status;
        if (alone[l].status != SDSE_MAP_OPTIMAL)
            return SDSE_INVALID;
        list[l] = (struct sdse_residency_layer){&layer[l], &raw, l, &alone[l]};
    }
    asked->alone = alone;
    asked->request =
        (struct sdse_fusion_request){.residency = {.arch = subject->arch,
                                                   .workload = &subject->net,
                                                   .layer = list,
                                                   .objective = SDSE_MAP_FRONT,
                                                   .goal = SDSE_PLACES_FRONT,
                                                   .threads = 1},
                                     .depth = SDSE_FUSED_MOST,
                                     .tiles = SDSE_TILES_ALL,
                                     .boxed = boxed};
    return SDSE_OK;
}

size_t fusion_least_product(const struct sdse_places *places) {
    const struct sdse_tradeoff *at = places->elements;
    size_t least = 0;
    for (size_t i = 1; i < places->count; i++)
        if (at[i].energy_pj * at[i].latency_cycles <
            at[least].energy_pj * at[least].latency_cycles)
            least = i;
    return least;
}
