#include "dse/sweep/weight_faults.h"

#include <math.h>

enum { CHIP = 1 };

static void fail(double *rate, double p) { *rate += p - 2 * *rate * p; }

// The parts of weights that a memory keeps, by section.
static void fail_parts(struct sdse_bit_errors *bits, unsigned keeps, double p) {
    static const struct {
        enum sdse_part part;
        enum sdse_section section;
    } parts[] = {{SDSE_PART_COEFFICIENTS, SDSE_SECTION_COEFFICIENTS},
                 {SDSE_PART_INDEX, SDSE_SECTION_INDEX},
                 {SDSE_PART_BASIS, SDSE_SECTION_BASIS},
                 {SDSE_PART_BASIS, SDSE_SECTION_SCALE}};
    const unsigned all = SDSE_BIT(SDSE_PART_COEFFICIENTS) | SDSE_BIT(SDSE_PART_BASIS) |
                         SDSE_BIT(SDSE_PART_INDEX);
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        // A memory that keeps plain words keeps all parts of others.
        if (keeps & all ? keeps >> parts[i].part & 1u : keeps & SDSE_BIT(SDSE_WEIGHTS))
            fail(&bits->section[parts[i].section], p);
}

static unsigned engine_of(const struct sdse_arch *arch,
                          const struct sdse_form_setting *setting) {
    for (unsigned i = 0; setting->first && i < arch->engine_count; i++)
        if (arch->engine[i].kind == SDSE_ENGINE_PRODUCTS)
            return arch->engine[i].below_level;
    return setting->smartdeal ? arch->rebuild.below_level : arch->level_count;
}

struct sdse_weight_faults
sdse_arch_weight_faults(const struct sdse_arch *arch,
                        const struct sdse_form_setting *setting) {
    struct sdse_weight_faults faults = {.bits = {.seed = CHIP, .restart = true},
                                        .cells = {.seed = CHIP}};
    const unsigned engine = engine_of(arch, setting);
    double verified = 0, plain = 0;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        const double p =
            level->v_over_vmin > 0 ? sdse_bit_error_rate(level->v_over_vmin) : 0;
        const bool words = level->keeps & SDSE_BIT(SDSE_WEIGHTS);
        // Layers that stay raw hold words in any memory of weights.
        if (level->keeps & ~(SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS)))
            fail(&faults.bits.section[SDSE_SECTION_RAW], p);
        if (l <= engine)
            fail_parts(&faults.bits, level->keeps, p);
        else if (words && setting->first)
            fail(&faults.bits.section[SDSE_SECTION_INDEX], p);
        else if (words && setting->smartdeal)
            fail(&faults.bits.words, p);
        if (words && level->memory_class == SDSE_NVCIM) {
            faults.cells.verified_share = level->cells.verified_share;
            plain += level->cells.sigma * level->cells.sigma;
            verified += level->cells.sigma_verified * level->cells.sigma_verified;
        }
    }
    faults.cells.sigma = sqrt(plain);
    faults.cells.sigma_verified = sqrt(verified);
    for (unsigned s = 0; s < SDSE_SECTIONS; s++)
        faults.any |= faults.bits.section[s] > 0;
    faults.any |= faults.bits.words > 0 || plain > 0 || verified > 0;
    return faults;
}
