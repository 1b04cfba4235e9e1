#include <inttypes.h>

#include "spec/digits.h"
#include "spec/reading.h"
#include "spec/show.h"

struct drawing {
    FILE *out;
    const struct sdse_mapping *mapping;
    const struct sdse_layer *layer;
    struct sdse_digit digits[SDSE_DIMS][SDSE_MAX_DIGITS];
    unsigned count[SDSE_DIMS];
    int depth;
};

// The box touched by all loops at `level` and inside, cut off at the layer's bounds.
static void tile_at(const struct drawing *d, unsigned level, uint64_t size[SDSE_DIMS]) {
    for (unsigned dim = 0; dim < SDSE_DIMS; dim++) {
        uint64_t bound = d->layer ? d->layer->nest.bound[dim] : UINT64_MAX;
        size[dim] = 1;
        for (unsigned i = 0; i < d->count[dim]; i++)
            if (d->digits[dim][i].level >= level &&
                __builtin_mul_overflow(size[dim], d->digits[dim][i].factor, &size[dim]))
                size[dim] = bound;
        if (size[dim] > bound)
            size[dim] = bound;
    }
}

static void draw_buffer(const struct drawing *d, const struct sdse_arch *arch,
                        unsigned level) {
    static const struct sdse_nest unit_nest = {.stride = {1, 1}, .dilation = {1, 1}};
    const struct sdse_nest *nest = d->layer ? &d->layer->nest : &unit_nest;
    uint64_t size[SDSE_DIMS];
    if (!d->mapping->keeps[level]) {
        fprintf(d->out, "%s (bypassed)\n", arch->level[level].name);
        return;
    }
    tile_at(d, level, size);
    fprintf(d->out, "%s [", arch->level[level].name);
    const char *comma = "";
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (d->mapping->keeps[level] >> t & 1u) {
            fprintf(d->out, "%s%s %" PRIu64, comma, sdse_tensor_words[t],
                    sdse_tile_words(nest, (enum sdse_tensor)t, size));
            comma = ", ";
        }
    }
    fputs("] words", d->out);
    if (arch->level[level].shares_memory)
        fprintf(d->out, ", in the memory of %s",
                arch->level[sdse_arch_memory_first(arch, level)].name);
    fputc('\n', d->out);
}

static uint64_t last_of(const struct drawing *d, unsigned level, unsigned where,
                        const struct sdse_loop *loop) {
    for (unsigned i = 0; i < d->count[loop->dim]; i++) {
        const struct sdse_digit *digit = &d->digits[loop->dim][i];
        if (digit->level == level && digit->where == where)
            return digit->last;
    }
    return loop->factor;
}

static void draw_loops(struct drawing *d, unsigned level, unsigned where,
                       const struct sdse_loops *loops) {
    static const char *const kinds[] = {"for", "spread on X:", "spread on Y:"};
    for (unsigned i = 0; i < loops->count; i++) {
        const struct sdse_loop *loop = &loops->loop[i];
        uint64_t last = last_of(d, level, where, loop);
        fprintf(d->out, "|%*s%s %c in 0..%" PRIu64, 2 * ++d->depth, "", kinds[where],
                sdse_dim_letters[loop->dim], loop->factor - 1);
        if (last != loop->factor)
            fprintf(d->out, " (last pass 0..%" PRIu64 ")", last - 1);
        fputc('\n', d->out);
    }
}

void sdse_show_mapping(FILE *out, const struct sdse_arch *arch,
                       const struct sdse_layer *layer,
                       const struct sdse_mapping *mapping) {
    if (mapping->streamed) {
        fputs("streamed: every word once through each memory to the vector unit\n",
              out);
        return;
    }
    struct drawing d = {.out = out, .mapping = mapping, .layer = layer};
    for (unsigned dim = 0; dim < SDSE_DIMS; dim++) {
        uint64_t bound = layer ? layer->nest.bound[dim] : 1;
        bool fits;
        d.count[dim] = sdse_mapping_digits(mapping, (enum sdse_dim)dim, bound,
                                           d.digits[dim], &fits);
        for (unsigned i = 0; !layer && i < d.count[dim]; i++)
            d.digits[dim][i].last = d.digits[dim][i].factor;
    }
    for (unsigned i = 0; i < mapping->level_count; i++) {
        // At a position of a memory that keeps nothing there is nothing to draw.
        if (!arch->level[i].shares_memory || mapping->keeps[i])
            draw_buffer(&d, arch, i);
        draw_loops(&d, i, 0, &mapping->level[i].temporal);
        draw_loops(&d, i, 1, &mapping->level[i].spatial[0]);
        draw_loops(&d, i, 2, &mapping->level[i].spatial[1]);
    }
    fprintf(out, "|%*sMAC\n", 2 * (d.depth + 1), "");
}

void sdse_show_places(FILE *out, const struct sdse_arch *arch,
                      const struct sdse_placement *placement) {
    const struct sdse_residence *at = placement->placed ? placement->residence : NULL;
    for (; at; at = at->also) {
        const char *shared = arch->level[at->level].name;
        const int bytes = sdse_memory_name_bytes(arch, at->level);
        if (at->tensors & SDSE_BIT(SDSE_INPUTS))
            fprintf(out, "inputs are in %.*s (%" PRIu32 " map%s)\n", bytes, shared,
                    at->operands, at->operands == 1 ? "" : "s");
        if (at->tensors & SDSE_BIT(SDSE_OUTPUTS))
            fprintf(out, "outputs stay in %.*s%s%s\n", bytes, shared,
                    at->writes_through ? ", and go to " : "",
                    at->writes_through ? arch->level[0].name : "");
        fprintf(out, "%.*s holds %.0f bits through the layer\n", bytes, shared,
                at->reserved_bits);
    }
}
