#include "costmodel/explain_line.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- Numbers ---

// "1234567.5" -> "1 234 567.5"; exponents stay as they are.
static struct sdse_digits group(const char *plain) {
    struct sdse_digits digits;
    const size_t whole = strspn(plain, "0123456789");
    size_t length = 0;
    for (size_t i = 0; plain[i] && length + 2 < sizeof digits.text; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            digits.text[length++] = ' ';
        digits.text[length++] = plain[i];
    }
    digits.text[length] = '\0';
    return digits;
}

struct sdse_digits sdse_digits_u64(uint64_t value) {
    char plain[24];
    snprintf(plain, sizeof plain, "%" PRIu64, value);
    return group(plain);
}

struct sdse_digits sdse_digits_f64(double value) {
    char plain[40];
    if (value >= 0 && value < 1e15 && value == floor(value)) {
        snprintf(plain, sizeof plain, "%.0f", value);
        return group(plain);
    }
    // As short as says it all, at most 12 digits.
    for (int precision = 6; precision <= 12; precision++) {
        snprintf(plain, sizeof plain, "%.*g", precision, value);
        if (strtod(plain, NULL) == value)
            break;
    }
    // Large values in full, not as powers of ten.
    if (value >= 1e5 && value < 1e15) {
        const int most = 11 - (int)log10(value);
        snprintf(plain, sizeof plain, "%.*f", most > 1 ? most : 1, value);
        size_t length = strlen(plain);
        while (plain[length - 1] == '0')
            plain[--length] = '\0';
        if (plain[length - 1] == '.')
            plain[--length] = '\0';
    }
    return group(plain);
}

// --- Sources ---

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

// The number of the footnote that says where a unit cost comes from.
static unsigned footnote(struct sdse_explanation *x, const struct sdse_number *number) {
    for (unsigned i = 0; i < x->source_count; i++)
        if (x->source[i]->origin.mark == number->origin.mark &&
            same_text(x->source[i]->origin.text, number->origin.text))
            return i + 1;
    if (x->source_count < SDSE_MOST_SOURCES)
        x->source[x->source_count++] = number;
    return x->source_count;
}

void sdse_explain_cite(struct sdse_explanation *x, const struct sdse_number *number) {
    if (number && number->given)
        fprintf(x->out, "  [%u]", footnote(x, number));
    fputc('\n', x->out);
}

void sdse_explain_sources(const struct sdse_explanation *x) {
    if (x->source_count)
        fputs("\nSources\n", x->out);
    for (unsigned i = 0; i < x->source_count; i++) {
        const struct sdse_origin *origin = &x->source[i]->origin;
        const char *text = origin->text ? origin->text : x->model->arch->source;
        fprintf(x->out, "  [%u] %s: %s\n", i + 1, sdse_mark_text(origin->mark),
                text ? text : "no source given");
    }
}

// --- Lines ---

static void begin_line(struct sdse_explanation *x, const char *subject,
                       const char *action) {
    char label[96];
    snprintf(label, sizeof label, "%s %s", subject, action);
    fprintf(x->out, "  %-22s ", label);
}

static void end_line(struct sdse_explanation *x, double pj,
                     const struct sdse_number *number) {
    fprintf(x->out, " = %s pJ", sdse_digits_f64(pj).text);
    sdse_explain_cite(x, number);
    x->seen.energy_pj += pj;
    x->lines++;
}

static void book_access(struct sdse_flow_cost *flow, enum sdse_access access,
                        uint64_t words, double pj) {
    switch (access) {
    case SDSE_ACCESS_READ:
        flow->reads += words;
        flow->read_pj += pj;
        break;
    case SDSE_ACCESS_DRAIN:
        flow->drain_reads += words;
        flow->read_pj += pj;
        break;
    case SDSE_ACCESS_FILL:
        flow->fills += words;
        flow->fill_pj += pj;
        break;
    case SDSE_ACCESS_UPDATE:
        flow->updates += words;
        flow->update_pj += pj;
        break;
    }
}

// What an action moves beyond its words, to fill its accesses. [bits]
static double padding_bits(const struct sdse_explanation *x,
                           const struct sdse_level *memory, enum sdse_access access,
                           uint64_t words, double bits_per_word, uint32_t *least) {
    const struct sdse_edge_transfers *transfers = x->transfers;
    const bool writes = access == SDSE_ACCESS_FILL || access == SDSE_ACCESS_UPDATE;
    const struct sdse_transfer_sizes *sizes =
        !transfers                    ? NULL
        : access == SDSE_ACCESS_READ  ? &transfers->reads
        : access == SDSE_ACCESS_DRAIN ? &transfers->drains
        : access == SDSE_ACCESS_FILL  ? &transfers->fills
                                      : &transfers->updates;
    *least = writes ? memory->least_write_bits : memory->least_read_bits;
    return sdse_access_padding_bits(sizes, words, bits_per_word, *least);
}

void sdse_explain_access(struct sdse_explanation *x, unsigned level,
                         enum sdse_access access, enum sdse_part part, uint64_t words,
                         double bits_per_word) {
    static const char *const verbs[] = {"reads", "drains", "fills", "updates"};
    if (words == 0)
        return;
    const struct sdse_level *memory = &x->model->arch->level[level];
    const struct sdse_number *cost = access == SDSE_ACCESS_FILL     ? &memory->fill_pj
                                     : access == SDSE_ACCESS_UPDATE ? &memory->update_pj
                                                                    : &memory->read_pj;
    uint32_t least;
    const double asked = (double)words * bits_per_word;
    const double bits =
        asked + padding_bits(x, memory, access, words, bits_per_word, &least);
    const double accesses = memory->port_bits ? ceil(bits / memory->port_bits) : bits;
    const double each = access == SDSE_ACCESS_FILL     ? sdse_level_fill_pj(memory)
                        : access == SDSE_ACCESS_UPDATE ? sdse_level_update_pj(memory)
                                                       : sdse_level_read_pj(memory);
    const double pj = accesses * each;
    begin_line(x, memory->name, verbs[access]);
    fprintf(x->out, "%s words x %s bit = %s bit", sdse_digits_u64(words).text,
            sdse_digits_f64(bits_per_word).text, sdse_digits_f64(asked).text);
    if (bits != asked)
        fprintf(x->out, ", %s in accesses of at least %u", sdse_digits_f64(bits).text,
                least);
    if (memory->port_bits) {
        fprintf(x->out, " = %s accesses of %u bit x %s pJ",
                sdse_digits_f64(accesses).text, memory->port_bits,
                sdse_digits_f64(each).text);
    } else {
        fprintf(x->out, " x %s pJ/bit", sdse_digits_f64(each).text);
    }
    if (memory->v_over_vmin > 0)
        fprintf(x->out, " (at %s of the least supply)",
                sdse_digits_f64(memory->v_over_vmin).text);
    if (each != cost->value && memory->memory_class == SDSE_NVCIM)
        fprintf(x->out, " (%s pulses)",
                sdse_digits_f64(sdse_level_pulses(memory)).text);
    end_line(x, pj, cost);
    x->access_pj[level] += pj;
    book_access(&x->seen.level[level].flow[part], access, words, pj);
}

// The terms of a network's price that are not zero, and the number they come from.
static const struct sdse_number *print_network_terms(struct sdse_explanation *x,
                                                     const struct sdse_network *network,
                                                     double hops, double bits,
                                                     uint64_t adds) {
    const struct sdse_number *source = NULL;
    const char *plus = "";
    if (network->pj_per_bit.value > 0) {
        fprintf(x->out, "%s bit x %s pJ/bit", sdse_digits_f64(bits).text,
                sdse_digits_f64(network->pj_per_bit.value).text);
        source = &network->pj_per_bit;
        plus = " + ";
    }
    if (adds && network->pj_per_add.value > 0) {
        fprintf(x->out, "%s%s additions x %s pJ", plus, sdse_digits_u64(adds).text,
                sdse_digits_f64(network->pj_per_add.value).text);
        source = &network->pj_per_add;
        plus = " + ";
    }
    const bool mesh = network->topology == SDSE_MESH;
    if (mesh && network->hop_pj_per_bit.value > 0) {
        fprintf(x->out, "%s%s bit x %s hops x %s pJ/bit/hop", plus,
                sdse_digits_f64(bits).text, sdse_digits_f64(hops).text,
                sdse_digits_f64(network->hop_pj_per_bit.value).text);
        source = &network->hop_pj_per_bit;
        plus = " + ";
    }
    if (mesh && network->router_pj_per_bit.value > 0) {
        fprintf(x->out, "%s%s bit x %.0f routers x %s pJ/bit", plus,
                sdse_digits_f64(bits).text, 1 + floor(hops),
                sdse_digits_f64(network->router_pj_per_bit.value).text);
        source = &network->router_pj_per_bit;
    }
    return source;
}

void sdse_explain_network(struct sdse_explanation *x, unsigned l, enum sdse_part part,
                          enum sdse_tensor tensor, const struct sdse_edge *edge,
                          uint64_t words, uint64_t adds, double bits_per_word) {
    const struct sdse_network *network = &x->model->arch->level[l].network[tensor];
    const double bits = (double)words * bits_per_word;
    double pj =
        bits * network->pj_per_bit.value + (double)adds * network->pj_per_add.value;
    if (network->topology == SDSE_MESH) {
        const double hops = edge->hops[l];
        pj += bits * (hops * network->hop_pj_per_bit.value +
                      (1 + floor(hops)) * network->router_pj_per_bit.value);
    }
    struct sdse_network_cost *seen = &x->seen.level[l].network[part];
    seen->words += words;
    seen->adds += adds;
    seen->energy_pj += pj;
    if (!(pj > 0))
        return;
    begin_line(x, x->model->arch->level[l].name, "network");
    fprintf(x->out, "%s words x %s bit: ", sdse_digits_u64(words).text,
            sdse_digits_f64(bits_per_word).text);
    const struct sdse_number *source =
        print_network_terms(x, network, edge->hops[l], bits, adds);
    end_line(x, pj, source);
}

double sdse_explain_product(struct sdse_explanation *x, const char *label,
                            double amount, const char *unit, double cost_pj,
                            const struct sdse_number *number) {
    const double pj = amount * cost_pj;
    begin_line(x, label, "");
    fprintf(x->out, "%s %s x %s pJ", sdse_digits_f64(amount).text, unit,
            sdse_digits_f64(cost_pj).text);
    end_line(x, pj, number);
    return pj;
}
