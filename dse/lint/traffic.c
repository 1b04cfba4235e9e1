// Checks of an accelerator that is to run a network: what its memories must move, and
// what its formats and engines make of it.
#include <inttypes.h>
#include <string.h>

#include "costmodel/coded.h"
#include "dse/lint/checks.h"
#include "dse/lint/crossing.h"
#include "spec/load.h"

// Of all layers of the network, each as often as it is executed.
struct sdse_lint_totals {
    bool known; // cycles and bits of all layers
    double compute_cycles;
    double cycles[SDSE_MAX_LEVELS]; // of the slowest port of each memory
    double bits[SDSE_MAX_LEVELS];
    double waits[SDSE_MAX_LEVELS]; // cycles in which multipliers wait for it, at least
    double worst[SDSE_MAX_LEVELS]; // of any layer
    struct sdse_port_name port[SDSE_MAX_LEVELS]; // of that layer
    double words[SDSE_TENSORS];
    double plain_bits[SDSE_MAX_LEVELS][SDSE_TENSORS];  // of these words, uncoded
    double stored_bits[SDSE_MAX_LEVELS][SDSE_TENSORS]; // of these words there
};

static void add_layer(const struct sdse_arch *arch, const struct sdse_layer *layer,
                      const struct sdse_least_crossing *least,
                      struct sdse_lint_totals *totals) {
    const double times = (double)layer->repeat;
    const double compute = (double)least->compute_cycles;
    totals->known &= least->known;
    totals->compute_cycles += times * compute;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const double cycles = (double)least->cycles[l];
        totals->cycles[l] += times * cycles;
        totals->bits[l] += times * least->bits[l];
        totals->waits[l] += cycles > compute ? times * (cycles - compute) : 0;
        if (times * cycles > totals->worst[l]) {
            totals->worst[l] = times * cycles;
            totals->port[l] = least->port[l];
        }
    }
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const double words =
            times * (double)sdse_used_words(layer, (enum sdse_tensor)t);
        totals->words[t] += words;
        for (unsigned l = 0; l < arch->level_count; l++) {
            totals->plain_bits[l][t] +=
                words *
                sdse_layer_word_bits(layer, (enum sdse_tensor)t,
                                     sdse_arch_word_bits(arch, l, (enum sdse_tensor)t));
            totals->stored_bits[l][t] += words * least->word_bits[l][t];
        }
    }
}

// NULL: memory is out, or a layer has no model.
static const struct sdse_lint_totals *find_totals(struct sdse_lint *lint) {
    if (lint->totals)
        return lint->totals;
    struct sdse_lint_totals *totals =
        SDSE_ARENA_NEW(lint->arena, struct sdse_lint_totals);
    struct sdse_arena *arena = sdse_arena_new();
    enum sdse_status status = arena && totals ? SDSE_OK : SDSE_NO_MEMORY;
    if (totals)
        totals->known = true;
    for (size_t i = 0; i < lint->net->layer_count && status == SDSE_OK; i++) {
        const struct sdse_layer *layer = &lint->net->layers[i];
        if (sdse_layer_moves(layer))
            continue;
        struct sdse_least_crossing least;
        status = sdse_find_least_crossing(lint->arch, layer, arena, &least);
        if (status == SDSE_OK)
            add_layer(lint->arch, layer, &least, totals);
        sdse_arena_reset(arena);
    }
    sdse_arena_free(arena);
    if (status == SDSE_NO_MEMORY)
        lint->status = status;
    lint->totals = status == SDSE_OK ? totals : NULL;
    return lint->totals;
}

void sdse_lint_bandwidth_short(struct sdse_lint *lint) {
    const struct sdse_lint_totals *totals = find_totals(lint);
    if (!totals || !totals->known)
        return;
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        if (totals->cycles[l] <= totals->compute_cycles)
            continue;
        sdse_lint_say(lint,
                      sdse_lint_place_in(lint, level->loc, level->name,
                                         sdse_port_keys()[totals->port[l].kind]),
                      "'%s' is too slow for %s: with every word read and written once, "
                      "%.4g Mbit, "
                      "its %s take %.4g Mcycles, the multipliers %.4g at best: they "
                      "wait at least "
                      "%.3g %% of the time; it would take %.3g times the bandwidth, or "
                      "fewer bits",
                      level->name, lint->net->name, totals->bits[l] * 1e-6,
                      sdse_port_text(totals->port[l]), totals->cycles[l] * 1e-6,
                      totals->compute_cycles * 1e-6,
                      100 * totals->waits[l] /
                          (totals->compute_cycles + totals->waits[l]),
                      totals->cycles[l] / totals->compute_cycles);
    }
}

// "weights in 20 bits (run_length, plain 16), ..." of the tensors whose words a memory
// stores in more bits than plain; "": none.
static const char *longer_words(struct sdse_lint *lint, unsigned l,
                                const struct sdse_lint_totals *totals) {
    const struct sdse_level *level = &lint->arch->level[l];
    const char *text = "";
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const enum sdse_compression compression = level->format[t].compression;
        const double bits = totals->stored_bits[l][t] / totals->words[t];
        const double plain = totals->plain_bits[l][t] / totals->words[t];
        if (compression != SDSE_UNCOMPRESSED && (level->keeps >> t & 1u) &&
            bits > plain * (1 + 1e-9))
            text =
                sdse_lint_text(lint, "%s%s%s in %.4g bits (%s; plain %.4g)", text,
                               *text ? ", " : "", sdse_tensor_name((enum sdse_tensor)t),
                               bits, sdse_compression_names()[compression], plain);
    }
    return text;
}

void sdse_lint_format_longer(struct sdse_lint *lint) {
    const struct sdse_lint_totals *totals = find_totals(lint);
    if (!totals)
        return;
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        const char *longer = longer_words(lint, l, totals);
        if (*longer)
            sdse_lint_say(
                lint, sdse_lint_place_in(lint, level->loc, level->name, "format"),
                "'%s' stores words of %s longer than they are: %s; say the densities "
                "that the network has, or only_if_smaller: true",
                level->name, lint->net->name, longer);
    }
}

// --- Engines with nothing to do ---

static bool tests(const struct sdse_engine *engine, enum sdse_tensor tensor) {
    switch (engine->kind) {
    case SDSE_ENGINE_GATE:
    case SDSE_ENGINE_SKIP:
    case SDSE_ENGINE_SELECTOR:
        return engine->operands == SDSE_OPERANDS_BOTH ||
               engine->operands == (tensor == SDSE_INPUTS ? SDSE_OPERANDS_INPUTS
                                                          : SDSE_OPERANDS_WEIGHTS);
    case SDSE_ENGINE_GATHER:
        return tensor == SDSE_WEIGHTS;
    case SDSE_ENGINE_CARTESIAN:
        return true;
    default:
        return false;
    }
}

// Whether something of the layer is known that the engine can leave out.
static bool has_zeros(const struct sdse_engine *engine,
                      const struct sdse_layer *layer) {
    if (engine->kind == SDSE_ENGINE_SELECTOR) // whole rows; of plain weights none
        return tests(engine, SDSE_INPUTS) && layer->activations &&
               layer->activations->rows_known && layer->activations->row_density < 1;
    const bool inputs =
        tests(engine, SDSE_INPUTS) && sdse_layer_density(layer, SDSE_INPUTS) < 1;
    const bool weights = tests(engine, SDSE_WEIGHTS) &&
                         (sdse_layer_density(layer, SDSE_WEIGHTS) < 1 ||
                          (layer->weight_digits && layer->weight_digits->channels > 0));
    return inputs || weights;
}

static bool has_digits(const struct sdse_engine *engine,
                       const struct sdse_layer *layer) {
    return engine->operands == SDSE_OPERANDS_WEIGHTS
               ? layer->weight_digits && layer->weight_digits->bins[engine->encoding]
               : layer->activations && layer->activations->bins[engine->encoding];
}

void sdse_lint_engine_idle(struct sdse_lint *lint) {
    for (unsigned e = 0; e < lint->arch->engine_count; e++) {
        const struct sdse_engine *engine = &lint->arch->engine[e];
        const bool serial = engine->kind == SDSE_ENGINE_BIT_SERIAL;
        const bool of_weights = serial ? engine->operands == SDSE_OPERANDS_WEIGHTS
                                       : tests(engine, SDSE_WEIGHTS);
        // Zeros and digits may come with the form that weights are rebuilt from.
        if (engine->kind == SDSE_ENGINE_PRODUCTS ||
            (of_weights && lint->arch->rebuild.present))
            continue;
        size_t known = 0, layers = 0;
        for (size_t i = 0; i < lint->net->layer_count; i++) {
            const struct sdse_layer *layer = &lint->net->layers[i];
            if (sdse_layer_moves(layer) ||
                !(serial || engine->layer_kinds >> layer->kind & 1u))
                continue;
            layers++;
            known += serial ? has_digits(engine, layer) : has_zeros(engine, layer);
        }
        if (known)
            continue;
        if (!layers) {
            sdse_lint_say(lint, engine->loc,
                          "engine '%s' (%s) works on none of the layers of %s: see its "
                          "for",
                          engine->name, sdse_engine_kind_name(engine->kind),
                          lint->net->name);
            continue;
        }
        sdse_lint_say(
            lint, engine->loc,
            serial ? "engine '%s' (%s) is told no digits: none of the %zu "
                     "layers of %s that it works on says them, so each MAC "
                     "takes compute.cycles_per_mac; `sdse trace` measures "
                     "them"
                   : "engine '%s' (%s) finds nothing to leave out: of the %zu "
                     "layers of %s that it works on none has a density below "
                     "1; `sdse trace` measures them",
            engine->name, sdse_engine_kind_name(engine->kind), layers, lint->net->name);
    }
}
