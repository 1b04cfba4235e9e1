// What Timeloop cannot hold.
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "export/timeloop/writing.h"
#include "spec/types/word_bits.h"

void sdse_tlx_lacks(struct sdse_tlx *x, struct sdse_loc loc, bool can_go_on,
                    const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const bool goes_on = x->lossy && can_go_on;
    x->failed |= !goes_on;
    sdse_diag_add(x->diags, goes_on ? SDSE_WARNING : SDSE_ERROR, loc, "timeloop-lacks",
                  "Timeloop cannot hold %s%s", text,
                  can_go_on && !x->lossy ? " (--lossy goes on)" : "");
}

static bool is_given(const struct sdse_number *number) {
    return number->given && number->value > 0;
}

static bool draws(const struct sdse_overhead *overhead) {
    return is_given(&overhead->clock_mw) || is_given(&overhead->static_mw) ||
           is_given(&overhead->control_percent);
}

// Bits of a word of a tensor where sums are not finished.
static uint32_t bits_of(const struct sdse_arch *arch, unsigned level, unsigned tensor) {
    return tensor != SDSE_OUTPUTS || level == 0
               ? sdse_arch_word_bits(arch, level, (enum sdse_tensor)tensor)
               : sdse_arch_partial_bits(arch, level);
}

uint32_t sdse_tlx_word_bits(const struct sdse_tlx *x, unsigned level) {
    uint32_t bits = 0;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if ((x->arch->level[level].keeps >> t & 1u) &&
            bits_of(x->arch, level, t) > bits)
            bits = bits_of(x->arch, level, t);
    return bits ? bits : x->arch->bits[SDSE_WEIGHTS];
}

uint64_t sdse_tlx_row_bits(const struct sdse_tlx *x, unsigned level) {
    const uint64_t word = sdse_tlx_word_bits(x, level);
    const uint64_t port = x->arch->level[level].port_bits;
    return port > word ? port - port % word : word;
}

bool sdse_tlx_is_written(const struct sdse_tlx *x, unsigned level) {
    return (x->arch->level[level].keeps & (SDSE_BIT(SDSE_TENSORS) - 1)) != 0;
}

bool sdse_tlx_has_loops(const struct sdse_tlx *x, unsigned level) {
    return x->mapping && x->mapping->level[level].temporal.count;
}

static void check_words(struct sdse_tlx *x, unsigned l) {
    const struct sdse_level *level = &x->arch->level[l];
    const uint32_t word = sdse_tlx_word_bits(x, l);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if ((level->keeps >> t & 1u) && bits_of(x->arch, l, t) != word) {
            sdse_tlx_lacks(x, level->loc, true,
                           "words of two widths in one memory ('%s': %s of %" PRIu32
                           " bits are taken as %" PRIu32 ")",
                           level->name, sdse_tensor_name((enum sdse_tensor)t),
                           bits_of(x->arch, l, t), word);
            break;
        }
    if (level->port_bits > word && level->port_bits % word)
        sdse_tlx_lacks(x, level->loc, true, "a port of no whole number of words ('%s')",
                       level->name);
    if (level->capacity_bits % sdse_tlx_row_bits(x, l))
        sdse_tlx_lacks(x, level->loc, true,
                       "a capacity of no whole number of rows ('%s': %" PRIu64
                       " bits in rows of %" PRIu64 ")",
                       level->name, level->capacity_bits, sdse_tlx_row_bits(x, l));
}

static void check_network(struct sdse_tlx *x, const struct sdse_level *level) {
    bool costs = false, alone = false;
    if (level->fanout_x == 1 && level->fanout_y == 1)
        return;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_network *net = &level->network[t];
        costs |= !net->free &&
                 (is_given(&net->pj_per_bit) || is_given(&net->hop_pj_per_bit) ||
                  is_given(&net->router_pj_per_bit) || is_given(&net->pj_per_add));
        alone |= t == SDSE_OUTPUTS ? !net->reduce : !net->multicast;
        if (net->window_sharing)
            sdse_tlx_lacks(x, level->fanout_loc, true,
                           "windows that neighbours share (below '%s')", level->name);
    }
    if (costs)
        sdse_tlx_lacks(x, level->fanout_loc, true,
                       "costs of a network: it derives them from areas (below '%s')",
                       level->name);
    if (alone)
        sdse_tlx_lacks(x, level->fanout_loc, true,
                       "a network that does not multicast, or not reduce (below '%s')",
                       level->name);
}

static void check_level(struct sdse_tlx *x, unsigned l) {
    const struct sdse_level *level = &x->arch->level[l];
    const bool own_port = level->own_bits_per_cycle[0][0].given ||
                          level->own_bits_per_cycle[0][1].given ||
                          level->own_bits_per_cycle[0][2].given ||
                          level->own_bits_per_cycle[1][0].given ||
                          level->own_bits_per_cycle[1][1].given ||
                          level->own_bits_per_cycle[1][2].given ||
                          level->own_bits_per_cycle[2][0].given ||
                          level->own_bits_per_cycle[2][1].given ||
                          level->own_bits_per_cycle[2][2].given ||
                          level->own_bits_per_cycle[0][SDSE_PORT_UP].given ||
                          level->own_bits_per_cycle[1][SDSE_PORT_UP].given;
    bool coded = false;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        coded |= level->format[t].compression != SDSE_UNCOMPRESSED;
    const unsigned plain = SDSE_BIT(SDSE_TENSORS) - 1;
    const struct {
        bool lacks, can_go_on;
        const char *what;
    } checks[] = {
        {level->shares_memory || level->uneven, false,
         "a memory whose tensors are tiled at different loops"},
        {(level->keeps & ~plain) != 0, true, "parts of a weight form, beside words"},
        {!sdse_tlx_is_written(x, l) &&
             (sdse_tlx_has_loops(x, l) || level->fanout_x > 1 || level->fanout_y > 1),
         false, "loops or places at a memory that keeps no words"},
        {level->memory_class == SDSE_NVCIM, true, "cells that compute"},
        {level->memory_class == SDSE_EDRAM, true, "cells that forget"},
        {own_port, true, "ports of single tensors"},
        {level->least_read_bits || level->least_write_bits, true,
         "accesses of some bits at least"},
        {!level->overlap, true, "transfers that do not overlap with computing"},
        {is_given(&level->pass_start_cycles) || is_given(&level->pass_skew_cycles),
         true, "cycles of a pass"},
        {level->v_over_vmin > 0 && level->v_over_vmin < 1, true,
         "a supply below the least"},
        {level->max_lifetime_us.given, true, "a longest life"},
        {level->shares_activations, true, "tensors that stay between layers"},
        {draws(&level->overhead), true, "clock, static or control power"},
        {coded, true, "a format as it is coded here"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i].lacks)
            sdse_tlx_lacks(x, level->loc, checks[i].can_go_on, "%s ('%s')",
                           checks[i].what, level->name);
    if (sdse_tlx_is_written(x, l))
        check_words(x, l);
    check_network(x, level);
}

static bool is_plain_name(const char *name) {
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789_-") == strlen(name);
}

// Names that two nodes would have.
static bool is_taken(const struct sdse_arch *arch, unsigned level) {
    const char *name = arch->level[level].name;
    bool taken = strcmp(name, "mac") == 0 || strcmp(name, "design") == 0;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const char *other = arch->level[l].name;
        const size_t length = strlen(other);
        taken |= l != level && strcmp(name, other) == 0;
        taken |= strncmp(name, other, length) == 0 &&
                 (strcmp(name + length, "_x") == 0 || strcmp(name + length, "_y") == 0);
    }
    return taken;
}

void sdse_tlx_check_arch(struct sdse_tlx *x) {
    const struct sdse_arch *arch = x->arch;
    const bool overhead = draws(&arch->chip) || draws(&arch->compute.overhead);
    if (arch->rebuild.present || arch->engine_count)
        sdse_tlx_lacks(x, arch->loc, true, "engines");
    if (arch->vector.present)
        sdse_tlx_lacks(x, arch->vector.loc, true, "a vector unit");
    if (overhead)
        sdse_tlx_lacks(x, arch->loc, true,
                       "clock, static or control power of the chip or the multipliers");
    if (arch->compute.cycles_per_mac != 1)
        sdse_tlx_lacks(x, arch->compute.loc, true, "%g cycles of a MAC",
                       arch->compute.cycles_per_mac);
    if (is_given(&arch->other_area_um2))
        sdse_tlx_lacks(x, arch->loc, true, "area of nothing in particular");
    if (arch->dataflow_count && !x->mapping)
        sdse_tlx_lacks(x, arch->dataflows[0].loc, true,
                       "a dataflow that is asked for (a mapping shows it)");
    for (unsigned l = 0; l < arch->level_count; l++) {
        check_level(x, l);
        if (!is_plain_name(arch->level[l].name))
            sdse_tlx_lacks(x, arch->level[l].loc, false,
                           "a name of other characters than letters, digits, _ and - "
                           "('%s')",
                           arch->level[l].name);
    }
    for (unsigned l = 0; l < arch->level_count; l++)
        if (is_taken(arch, l))
            sdse_tlx_lacks(x, arch->level[l].loc, false,
                           "two nodes of one name, or one called mac or design ('%s')",
                           arch->level[l].name);
    bool boxes = true;
    for (unsigned l = 0; l < arch->level_count; l++)
        boxes &= arch->level[l].fetch_gaps;
    if (arch->count_drain_reads || arch->count_return_transfers ||
        arch->count_fill_drain || !boxes)
        sdse_diag_add(
            x->diags, SDSE_WARNING, arch->loc, "timeloop-counts",
            "Timeloop counts bounding boxes of windows, no reads of finished "
            "tiles on their way out and no transfers of sums that return: "
            "compare with count_drain_reads and count_return_transfers false, "
            "and fetch_gaps true");
}

void sdse_tlx_check_layer(struct sdse_tlx *x) {
    const struct sdse_layer *layer = x->layer;
    const struct sdse_nest *nest = &layer->nest;
    if (sdse_layer_moves(layer)) {
        sdse_tlx_lacks(x, layer->loc, false, "a layer that multiplies nothing ('%s')",
                       layer->name);
        return;
    }
    if (layer->addends)
        sdse_tlx_lacks(x, layer->loc, true, "maps that are added to the outputs ('%s')",
                       layer->name);
    if (sdse_word_bits(x->arch, layer, SDSE_WEIGHTS) != x->arch->bits[SDSE_WEIGHTS])
        sdse_tlx_lacks(x, layer->loc, true, "words of a layer's own width ('%s')",
                       layer->name);
    if (nest->pad[0] || nest->pad[1])
        sdse_diag_add(x->diags, SDSE_WARNING, layer->loc, "timeloop-counts",
                      "Timeloop counts the padding of '%s' as words: compare with a "
                      "larger input without pad",
                      layer->name);
}

void sdse_tlx_check_mapping(struct sdse_tlx *x) {
    if (sdse_layer_moves(x->layer))
        return; // which is said of the layer
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        uint64_t product = 1;
        for (unsigned l = 0; l < x->mapping->level_count; l++) {
            const struct sdse_mapping_level *level = &x->mapping->level[l];
            const struct sdse_loops *all[] = {&level->temporal, &level->spatial[0],
                                              &level->spatial[1]};
            for (unsigned i = 0; i < 3; i++)
                for (unsigned j = 0; j < all[i]->count; j++)
                    if (all[i]->loop[j].dim == (enum sdse_dim)d)
                        product *= all[i]->loop[j].factor;
        }
        if (product != x->layer->nest.bound[d])
            sdse_tlx_lacks(x, x->layer->loc, false,
                           "factors of %c that do not divide its bound, as they are "
                           "written here",
                           sdse_dim_letters[d]);
    }
}
