// Checks of a mapping against its accelerator and layer.
#include <inttypes.h>

#include "base/checked.h"
#include "spec/check_list.h"
#include "spec/digits.h"
#include "spec/load.h"

#define sdse_for_each_level(i, s) \
    for (unsigned i = 0; i < (s)->mapping->arch->level_count; i++)

void sdse_check_sibling_loops(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = &s->mapping->arch->level[i];
        const struct sdse_mapping_level *loops = &s->mapping->mapping->level[i];
        if (!level->carries_loops &&
            (loops->temporal.count || loops->spatial[0].count ||
             loops->spatial[1].count))
            sdse_check_report(s, s->mapping->loc[i],
                              "memory '%s' carries no loops; they stand at level '%s'",
                              level->name, level->group);
    }
}

static uint64_t product_of(const struct sdse_loops *loops) {
    uint64_t product = 1;
    for (unsigned i = 0; i < loops->count; i++)
        if (!sdse_mul_u64(product, loops->loop[i].factor, &product))
            return UINT64_MAX;
    return product;
}

void sdse_check_spatial_fanout(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = &s->mapping->arch->level[i];
        const uint32_t have[] = {level->fanout_x, level->fanout_y};
        for (unsigned axis = 0; axis < 2; axis++) {
            uint64_t used = product_of(&s->mapping->mapping->level[i].spatial[axis]);
            if (used > have[axis]) {
                sdse_check_report(s, s->mapping->loc[i],
                                  "level '%s': %" PRIu64
                                  " instances on %s, there are %" PRIu32,
                                  level->name, used, axis ? "Y" : "X", have[axis]);
            }
        }
    }
}

void sdse_check_spatial_dims(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = &s->mapping->arch->level[i];
        const unsigned allowed[] = {level->dims_x, level->dims_y};
        for (unsigned axis = 0; axis < 2; axis++) {
            const struct sdse_loops *loops =
                &s->mapping->mapping->level[i].spatial[axis];
            for (unsigned l = 0; l < loops->count; l++) {
                if (loops->loop[l].factor > 1 &&
                    !(allowed[axis] >> loops->loop[l].dim & 1u)) {
                    sdse_check_report(s, s->mapping->loc[i],
                                      "level '%s' does not admit %c on %s", level->name,
                                      sdse_dim_letters[loops->loop[l].dim],
                                      axis ? "Y" : "X");
                }
            }
        }
    }
}

void sdse_check_factors_cover(struct sdse_subject *s) {
    if (!s->mapping->layer)
        return;
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        struct sdse_digit digits[SDSE_MAX_DIGITS];
        uint64_t bound = s->mapping->layer->nest.bound[d];
        bool fits;
        unsigned count = sdse_mapping_digits(s->mapping->mapping, (enum sdse_dim)d,
                                             bound, digits, &fits);
        if (fits)
            continue;
        uint64_t product = 1;
        for (unsigned i = 0; i < count; i++)
            if (!sdse_mul_u64(product, digits[i].factor, &product))
                product = UINT64_MAX;
        sdse_check_report(s, s->mapping->loc[count ? digits[0].level : 0],
                          "the loops over %c make %" PRIu64
                          " iterations, the layer has %" PRIu64 "%s",
                          sdse_dim_letters[d], product, bound,
                          product > bound ? ": whole passes would be empty" : "");
    }
}

void sdse_check_last_pass(struct sdse_subject *s) {
    if (!s->mapping->layer)
        return;
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        struct sdse_digit digits[SDSE_MAX_DIGITS];
        bool fits;
        unsigned count =
            sdse_mapping_digits(s->mapping->mapping, (enum sdse_dim)d,
                                s->mapping->layer->nest.bound[d], digits, &fits);
        for (unsigned i = 0; i < count; i++) {
            const struct sdse_digit *digit = &digits[i];
            uint64_t written =
                s->mapping->last[digit->level][digit->where][digit->index];
            if (written && written != digit->last) {
                sdse_check_report(
                    s, s->mapping->loc[digit->level],
                    "%c%" PRIu64 "/%" PRIu64 ": the last pass has %" PRIu64,
                    sdse_dim_letters[d], digit->factor, written, digit->last);
            }
        }
    }
}

void sdse_check_keeps_subset(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = &s->mapping->arch->level[i];
        unsigned extra = s->mapping->mapping->keeps[i] & ~sdse_level_tensors(level);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (extra >> t & 1u)
                sdse_check_report(s, s->mapping->loc[i],
                                  "memory '%s' of the accelerator does not keep %s",
                                  level->name, sdse_tensor_words[t]);
        }
    }
}

void sdse_check_mapping_outermost(struct sdse_subject *s) {
    unsigned lacks = ~(s->mapping->mapping->keeps[0] | s->mapping->homes);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (lacks >> t & 1u)
            sdse_check_report(s, s->mapping->loc[0], "the outermost level must keep %s",
                              sdse_tensor_words[t]);
}

void sdse_check_memory_keeps_once(struct sdse_subject *s) {
    const struct sdse_arch *arch = s->mapping->arch;
    const unsigned *keeps = s->mapping->mapping->keeps;
    unsigned kept = 0;
    sdse_for_each_level (i, s) {
        kept = arch->level[i].shares_memory ? kept : 0;
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (keeps[i] & kept & SDSE_BIT(t)) {
                sdse_check_report(s, s->mapping->loc[i],
                                  "level '%s': %s are in this memory already, further "
                                  "out",
                                  arch->level[i].name, sdse_tensor_words[t]);
            }
        }
        kept |= keeps[i];
    }
}
