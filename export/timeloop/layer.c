// The problem and the mapping.
#include <inttypes.h>

#include "export/timeloop/writing.h"
#include "spec/flow.h"

// Timeloop calls output channels M.
static char letter(enum sdse_dim dim) {
    return dim == SDSE_K ? 'M' : sdse_dim_letters[dim];
}

void sdse_tlx_print_problem(FILE *out, struct sdse_tlx *x) {
    const struct sdse_layer *layer = x->layer;
    const struct sdse_nest *nest = &layer->nest;
    fputs("problem:\n  version: 0.4\n  name: ", out);
    sdse_print_word(out, layer->name);
    fputs("\n  shape:\n    name: layer\n    dimensions: [N, M, C, P, Q, R, S, G]\n"
          "    coefficients:\n"
          "      - {name: Pstride, default: 1}\n      - {name: Qstride, default: 1}\n"
          "      - {name: Rdilation, default: 1}\n"
          "      - {name: Sdilation, default: 1}\n"
          "    data_spaces:\n"
          "      - {name: Weights, projection: [[[G]], [[M]], [[C]], [[R]], [[S]]]}\n"
          "      - name: Inputs\n        projection:\n"
          "          - [[N]]\n          - [[G]]\n          - [[C]]\n"
          "          - [[P, Pstride], [R, Rdilation]]\n"
          "          - [[Q, Qstride], [S, Sdilation]]\n"
          "      - name: Outputs\n"
          "        projection: [[[N]], [[G]], [[M]], [[P]], [[Q]]]\n"
          "        read_write: true\n  instance:\n",
          out);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        fprintf(out, "    %c: %" PRIu64 "\n", letter((enum sdse_dim)d), nest->bound[d]);
    for (unsigned axis = 0; axis < 2; axis++)
        fprintf(out, "    %cstride: %" PRIu32 "\n    %cdilation: %" PRIu32 "\n",
                "PQ"[axis], nest -> stride[axis], "RS"[axis], nest -> dilation[axis]);
    const double density[SDSE_TENSORS] = {sdse_layer_density(layer, SDSE_WEIGHTS),
                                          sdse_layer_density(layer, SDSE_INPUTS),
                                          sdse_layer_density(layer, SDSE_OUTPUTS)};
    if (density[0] < 1 || density[1] < 1 || density[2] < 1) {
        static const char *const names[SDSE_TENSORS] = {"Weights", "Inputs", "Outputs"};
        fputs("    densities:\n", out);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            fprintf(out,
                    "      %s: {distribution: hypergeometric, density: ", names[t]);
            sdse_tlx_number(out, density[t]);
            fputs("}\n", out);
        }
    }
}

// A directive with a factor for each dimension, and all of them in order, innermost
// first.
static void print_directive(FILE *out, const char *target, const char *axis,
                            const char *type, const struct sdse_loops *loops,
                            int split) {
    uint64_t factor[SDSE_DIMS];
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        factor[d] = 1;
    for (unsigned i = 0; i < loops->count; i++)
        factor[loops->loop[i].dim] = loops->loop[i].factor;
    fprintf(out, "  - {target: %s%s, type: %s, factors: [", target, axis, type);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        fprintf(out, "%s%c=%" PRIu64, d ? ", " : "", letter((enum sdse_dim)d),
                factor[d]);
    fputs("], permutation: [", out);
    unsigned told = 0;
    for (unsigned i = loops->count; i-- > 0;) {
        fprintf(out, "%s%c", told ? ", " : "", letter(loops->loop[i].dim));
        told |= SDSE_BIT(loops->loop[i].dim);
    }
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        if (told >> d & 1u)
            continue;
        fprintf(out, "%s%c", told ? ", " : "", letter((enum sdse_dim)d));
        told |= SDSE_BIT(d);
    }
    fputc(']', out);
    if (split >= 0)
        fprintf(out, ", split: %d", split);
    fputs("}\n", out);
}

static void print_spaces(FILE *out, unsigned tensors) {
    static const char *const names[SDSE_TENSORS] = {"Weights", "Inputs", "Outputs"};
    bool first = true;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(tensors >> t & 1u))
            continue;
        fprintf(out, "%s%s", first ? "" : ", ", names[t]);
        first = false;
    }
}

void sdse_tlx_print_mapping(FILE *out, struct sdse_tlx *x) {
    const unsigned all = SDSE_BIT(SDSE_TENSORS) - 1;
    fputs("mapping:\n", out);
    for (unsigned l = 0; l < x->mapping->level_count; l++) {
        const struct sdse_level *level = &x->arch->level[l];
        const struct sdse_mapping_level *loops = &x->mapping->level[l];
        const unsigned keeps = x->mapping->keeps[l] & level->keeps & all;
        if (sdse_tlx_is_written(x, l)) {
            fprintf(out, "  - {target: %s, type: dataspace, keep: [", level->name);
            print_spaces(out, keeps);
            fputs("], bypass: [", out);
            print_spaces(out, all & ~keeps);
            fputs("]}\n", out);
            print_directive(out, level->name, "", "temporal", &loops->temporal, -1);
        }
        // All dimensions are on the one axis that a container has.
        if (level->fanout_x > 1)
            print_directive(out, level->name, "_x", "spatial", &loops->spatial[0],
                            SDSE_DIMS);
        if (level->fanout_y > 1)
            print_directive(out, level->name, "_y", "spatial", &loops->spatial[1], 0);
    }
}
