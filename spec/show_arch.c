#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "spec/arch_numbers.h"
#include "spec/reading.h"
#include "spec/show.h"

#define MARK_TEXT(name, text) text,
static const char *const mark_words[] = {SDSE_MARK_MAP(MARK_TEXT)};
#undef MARK_TEXT

static void show_bits(FILE *out, uint64_t bits) {
    if (!bits)
        fputs("unlimited", out);
    else if (bits % 8192 == 0)
        fprintf(out, "%" PRIu64 " KiB", bits / 8192);
    else if (bits % 8 == 0)
        fprintf(out, "%" PRIu64 " B", bits / 8);
    else
        fprintf(out, "%" PRIu64 " bit", bits);
}

static void show_keeps(FILE *out, unsigned keeps) {
    static const char *const names[SDSE_PARTS] = {"weights",      "inputs", "outputs",
                                                  "coefficients", "basis",  "index"};
    for (unsigned part = 0; part < SDSE_PARTS; part++)
        if (keeps >> part & 1u)
            fprintf(out, " %s", names[part]);
}

static void show_energy(FILE *out, const struct sdse_level *level) {
    if (level->free) {
        fputs("free", out);
        return;
    }
    if (!level->read_pj.given && level->table) {
        fprintf(out, "energy from table %s", level->table);
        return;
    }
    fprintf(out, "read %.4g, fill %.4g", level->read_pj.value, level->fill_pj.value);
    if (level->update_pj.given && (level->keeps & SDSE_BIT(SDSE_OUTPUTS)))
        fprintf(out, ", update %.4g", level->update_pj.value);
    fputs(" pJ per ", out);
    if (level->port_bits)
        fprintf(out, "access of %" PRIu32 " bit", level->port_bits);
    else
        fputs("bit", out);
}

static void show_bandwidth(FILE *out, const char *what,
                           const struct sdse_number *number) {
    if (number->given)
        fprintf(out, ", %s %.4g bit/cycle", what, number->value);
}

static void show_own_bandwidths(FILE *out, const struct sdse_level *level) {
    static const char *const ports[SDSE_PORTS] = {"reads", "writes", "moves"};
    for (unsigned p = 0; p < SDSE_PORTS; p++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            char what[32];
            snprintf(what, sizeof what, "%s %s", ports[p], sdse_tensor_words[t]);
            show_bandwidth(out, what, &level->own_bits_per_cycle[p][t]);
        }
        if (sdse_port_up_keys()[p])
            show_bandwidth(out, sdse_port_up_keys()[p],
                           &level->own_bits_per_cycle[p][SDSE_PORT_UP]);
    }
}

// What makes cells cheaper, or dearer, and less sure.
static void show_cells(FILE *out, const struct sdse_level *level) {
    if (level->v_over_vmin > 0)
        fprintf(out, "\n             supply %.4g of the least at which no cell fails",
                level->v_over_vmin);
    if (level->memory_class == SDSE_EDRAM && level->edram.row_bits)
        fprintf(out, "\n             refreshed in rows of %" PRIu32 " bit",
                level->edram.row_bits);
    if (level->memory_class == SDSE_NVCIM)
        fprintf(out,
                "\n             %.4g of the weights verified in %.4g pulses; they "
                "deviate by %.4g of the largest, verified ones by %.4g",
                level->cells.verified_share, level->cells.pulses, level->cells.sigma,
                level->cells.sigma_verified);
}

static void show_memory(FILE *out, const struct sdse_arch *arch, unsigned index) {
    const struct sdse_level *level = &arch->level[index];
    fprintf(out, "%-12s %" PRIu64 " x %s, ", level->name,
            sdse_arch_instances(arch, index),
            sdse_memory_class_names()[level->memory_class]);
    show_bits(out, level->capacity_bits);
    if (level->macro_count > 1)
        fprintf(out, " in %" PRIu32 " banks", level->macro_count);
    if (level->buffering > 1)
        fprintf(out, ", buffered %" PRIu32 " times", level->buffering);
    if (strcmp(level->name, level->group) != 0)
        fprintf(out, ", in level %s", level->group);
    fputs(", keeps", out);
    show_keeps(out, level->keeps);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (level->word_bits[t])
            fprintf(out, ", %s of %" PRIu32 " bit",
                    sdse_tensor_name((enum sdse_tensor)t), level->word_bits[t]);
    if (level->partial_bits)
        fprintf(out, ", partial sums of %" PRIu32 " bit", level->partial_bits);
    if (level->fetch_gaps)
        fputs(", fetches gaps", out);
    if (level->uneven)
        fputs(", tiled at different loops", out);
    if (level->shares_activations)
        fprintf(out, ", may hold tensors between layers%s",
                level->shares_weights ? ", and weights" : "");
    show_cells(out, level);
    fputs("\n             ", out);
    show_energy(out, level);
    if (level->least_read_bits)
        fprintf(out, ", reads of at least %" PRIu32 " bit", level->least_read_bits);
    if (level->least_write_bits)
        fprintf(out, ", writes of at least %" PRIu32 " bit", level->least_write_bits);
    show_bandwidth(out, "reads", &level->read_bits_per_cycle);
    show_bandwidth(out, "writes", &level->write_bits_per_cycle);
    show_bandwidth(out, "together", &level->shared_bits_per_cycle);
    show_own_bandwidths(out, level);
    fprintf(out, "%s\n", level->overlap ? "" : ", transfers do not overlap compute");
}

static void show_dims(FILE *out, char axis, uint32_t count, unsigned dims) {
    if (count == 1)
        return;
    fprintf(out, " %c %" PRIu32 " [", axis, count);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if (dims >> d & 1u)
            fputc(sdse_dim_letters[d], out);
    fputc(']', out);
}

static void show_link(FILE *out, const char *tensor, const struct sdse_network *link) {
    static const char *const names[] = {"mesh", "bus", "tree", "systolic"};
    fprintf(out, "   |           %-8s %s%s%s%s", tensor, names[link->topology],
            link->multicast ? ", multicast" : "", link->reduce ? ", reduces" : "",
            link->window_sharing ? ", shares windows" : "");
    if (link->free)
        fputs(", free", out);
    if (link->pj_per_bit.given)
        fprintf(out, ", %.4g pJ/bit", link->pj_per_bit.value);
    if (link->hop_pj_per_bit.given)
        fprintf(out, ", %.4g pJ/bit/hop", link->hop_pj_per_bit.value);
    if (link->router_pj_per_bit.given)
        fprintf(out, ", %.4g pJ/bit/router", link->router_pj_per_bit.value);
    if (link->pj_per_add.given)
        fprintf(out, ", %.4g pJ/addition", link->pj_per_add.value);
    fputc('\n', out);
}

static void show_below(FILE *out, const struct sdse_level *level) {
    if ((uint64_t)level->fanout_x * level->fanout_y <= 1) {
        fputs("   |\n", out);
        return;
    }
    fputs("   |  fan-out  ", out);
    show_dims(out, 'X', level->fanout_x, level->dims_x);
    show_dims(out, 'Y', level->fanout_y, level->dims_y);
    fputc('\n', out);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        show_link(out, sdse_tensor_words[t], &level->network[t]);
}

static void show_number(void *out, const char *where, const char *what,
                        const char *unit, const struct sdse_number *number) {
    fprintf(out, "  %-14s %-25s %12.6g %-11s %-11s %s\n", where, what, number->value,
            unit, mark_words[number->origin.mark],
            number->origin.text ? number->origin.text : "");
}

void sdse_show_numbers(FILE *out, const struct sdse_arch *arch) {
    fprintf(out, "  %-14s %-25s %12s %-11s %-11s %s\n", "component", "number", "value",
            "unit", "mark", "source");
    sdse_arch_each_number(arch, show_number, out);
}

static void show_dataflows(FILE *out, const struct sdse_arch *arch) {
    for (size_t i = 0; i < arch->dataflow_count; i++) {
        const struct sdse_dataflow *flow = &arch->dataflows[i];
        fprintf(out, "Dataflow %s for", flow->name ? flow->name : "(unnamed)");
        for (unsigned k = 0; k < SDSE_MAPPED_KINDS; k++)
            if (flow->kinds >> k & 1u)
                fprintf(out, " %s", sdse_layer_kind_words[k]);
        fprintf(out, ": %zu constraints\n", flow->constraint_count);
    }
}

void sdse_show_arch(FILE *out, const struct sdse_arch *arch) {
    fprintf(out,
            "%s: %g nm, %g GHz, words of %" PRIu32 "/%" PRIu32 "/%" PRIu32
            " bit (weights/inputs/outputs), partial sums of %" PRIu32 " bit\n",
            arch->name, arch->node_nm, arch->clock_ghz, arch->bits[SDSE_WEIGHTS],
            arch->bits[SDSE_INPUTS], arch->bits[SDSE_OUTPUTS], arch->partial_bits);
    fprintf(out, "Source: %s\n\n", arch->source);
    for (unsigned i = 0; i < arch->level_count; i++) {
        show_memory(out, arch, i);
        if (arch->rebuild.present && arch->rebuild.below_level == i)
            fputs("   |  rebuild engine: (Ce, B, index) above, words below\n", out);
        for (unsigned k = 0; k < arch->engine_count; k++)
            if (arch->engine[k].below_level == i)
                fprintf(out, "   |  %s (%s)\n", arch->engine[k].name,
                        sdse_engine_kind_name(arch->engine[k].kind));
        if (arch->vector.present && arch->vector.below_level == i)
            fprintf(out, "   |- vector unit%s\n", arch->vector.free ? ", free" : "");
        show_below(out, &arch->level[i]);
    }
    fprintf(out, "multipliers  %" PRIu64 ", %g cycle%s per MAC",
            sdse_arch_instances(arch, arch->level_count), arch->compute.cycles_per_mac,
            arch->compute.cycles_per_mac <= 1 ? "" : "s");
    if (arch->compute.free)
        fputs(", free\n\n", out);
    else
        fprintf(out, ", %.4g pJ per MAC\n\n", arch->compute.pj_per_mac.value);
    show_dataflows(out, arch);
    fputs("\nNumbers and where they come from\n", out);
    sdse_show_numbers(out, arch);
}
