#include "costmodel/unshared.h"

#include "costmodel/model.h"

bool sdse_evaluate_unshared(const struct sdse_model *model,
                            const struct sdse_mapping *mapping,
                            struct sdse_cost *cost) {
    const struct sdse_residence *residence = model->layer->residence;
    struct sdse_model outside = *model;
    struct sdse_layer layer = *model->layer;
    struct sdse_mapping loops = *mapping;
    layer.residence = NULL;
    outside.layer = &layer;
    for (; residence; residence = residence->also) {
        loops.keeps[0] |= residence->tensors;
        loops.keeps[residence->level] |= residence->tensors;
    }
    return sdse_evaluate_full(&outside, &loops, cost);
}
