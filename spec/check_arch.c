// Checks of an accelerator: names, sizes, what is kept. NaN stands for a number that
// could not be read and was reported then; comparisons are written so that it passes.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/shortest.h"
#include "spec/check_list.h"
#include "spec/load.h"
#include "spec/split.h"
#include "spec/types/residence.h"
#include "spec/value.h"

#define sdse_for_each_level(i, s) \
    for (unsigned i = 0; i < (s)->arch->arch->level_count; i++)

static const struct sdse_level *level_at(const struct sdse_subject *s, unsigned i) {
    return &s->arch->arch->level[i];
}

static struct sdse_loc key_place(const struct sdse_node *map, const char *key) {
    const struct sdse_node *node = sdse_node_get(map, key);
    return node ? node->key_loc : map->loc;
}

void sdse_check_levels_present(struct sdse_subject *s) {
    const struct sdse_node *levels = sdse_node_get(s->root, "levels");
    if (levels && levels->kind == SDSE_NODE_SEQUENCE && !levels->count)
        sdse_check_report(s, levels->key_loc, "the list of levels is empty");
}

void sdse_check_arch_names(struct sdse_subject *s) {
    const struct sdse_arch *arch = s->arch->arch;
    sdse_for_each_level (i, s)
        for (unsigned j = 0; j < i; j++) {
            const struct sdse_level *a = &arch->level[j], *b = &arch->level[i];
            bool siblings = s->arch->level[i].level == s->arch->level[j].level;
            const char *clash = NULL;
            if (strcmp(a->name, b->name) == 0)
                clash = b->name; // NOLINT(bugprone-branch-clone): first come
            else if (!siblings && (strcmp(a->group, b->group) == 0 ||
                                   strcmp(a->name, b->group) == 0))
                clash = b->group;
            else if (!siblings && strcmp(a->group, b->name) == 0)
                clash = b->name;
            if (!clash || strcmp(clash, "?") == 0)
                continue;
            sdse_check_report(s, b->loc, "the name '%.60s' is taken", clash);
            sdse_diag_add(s->diags, SDSE_NOTE, a->loc, NULL, "by the memory here");
            break;
        }
}

void sdse_check_clock_positive(struct sdse_subject *s) {
    double clock = s->arch->arch->clock_ghz;
    if (clock <= 0 || clock > 1000)
        sdse_check_report(s, key_place(s->root, "clock_ghz"),
                          "clock_ghz: must be above 0 and at most 1000, got %g", clock);
}

void sdse_check_node_positive(struct sdse_subject *s) {
    double node = s->arch->arch->node_nm;
    if (node < 1 || node > 10000)
        sdse_check_report(s, key_place(s->root, "node_nm"),
                          "node_nm: must be 1 to 10000, got %g", node);
}

static void check_partial_bits_of_memory(struct sdse_subject *s, unsigned i) {
    const struct sdse_level *level = &s->arch->arch->level[i];
    if (!level->partial_bits)
        return;
    const uint32_t bits = sdse_arch_word_bits(s->arch->arch, i, SDSE_OUTPUTS);
    const struct sdse_loc place = key_place(s->arch->level[i].memory, "partial_bits");
    if (!(level->keeps >> SDSE_PART_OUTPUTS & 1u))
        sdse_check_report(s, place, "memory '%s' has partial_bits but keeps no outputs",
                          level->name);
    else if (level->partial_bits < bits)
        sdse_check_report(s, place,
                          "partial sums of %" PRIu32
                          " bits in memory '%s' are narrower than outputs of %" PRIu32,
                          level->partial_bits, level->name, bits);
}

void sdse_check_partial_bits(struct sdse_subject *s) {
    const struct sdse_arch *arch = s->arch->arch;
    sdse_for_each_level (i, s)
        check_partial_bits_of_memory(s, i);
    if (arch->partial_bits >= arch->bits[SDSE_OUTPUTS])
        return;
    const struct sdse_node *outputs =
        sdse_node_get(sdse_node_get(s->root, "tensors"), "outputs");
    sdse_check_report(s, key_place(outputs, "partial_bits"),
                      "partial sums of %" PRIu32
                      " bits are narrower than outputs of %" PRIu32,
                      arch->partial_bits, arch->bits[SDSE_OUTPUTS]);
}

void sdse_check_bits_unkept(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        const struct sdse_node *widths =
            sdse_node_get(s->arch->level[i].memory, "bits");
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (level->word_bits[t] && !(level->keeps >> t & 1u))
                sdse_check_report(
                    s, key_place(widths, sdse_tensor_name((enum sdse_tensor)t)),
                    "memory '%s' has bits of %s but keeps no words of them",
                    level->name, sdse_tensor_name((enum sdse_tensor)t));
    }
}

void sdse_check_capacity_once(struct sdse_subject *s) {
    sdse_for_each_level (i, s)
        if (s->arch->level[i].capacity_keys > 1)
            sdse_check_report(s, s->arch->level[i].memory->loc,
                              "memory '%s': the capacity is given %u times",
                              level_at(s, i)->name, s->arch->level[i].capacity_keys);
}

void sdse_check_width_twice(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_node *memory = s->arch->level[i].memory;
        const struct sdse_node *width = sdse_node_get(memory, "width_bits");
        if (width && sdse_node_get(memory, "port_bits"))
            sdse_check_report(s, width->key_loc,
                              "memory '%s': width_bits and port_bits say the same: "
                              "give one",
                              level_at(s, i)->name);
    }
}

void sdse_check_access_divides(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        const uint32_t port = level->port_bits,
                       least[] = {level->least_read_bits, level->least_write_bits};
        for (unsigned way = 0; way < 2; way++) {
            if (!port || !least[way] || port % least[way] == 0 ||
                least[way] % port == 0 || (way && least[1] == least[0]))
                continue;
            sdse_check_report(s, key_place(s->arch->level[i].memory, "access_bits"),
                              "memory '%s': accesses of at least %" PRIu32
                              " bits do not fit a port of %" PRIu32
                              ": one must be a multiple of the other",
                              level->name, least[way], port);
        }
    }
}

void sdse_check_capacity_words(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level_reading *reading = &s->arch->level[i];
        const struct sdse_level *level = level_at(s, i);
        const struct sdse_node *value = sdse_node_get(reading->capacity_node, "value");
        double written = 0;
        // No common width made the product 0.
        if (reading->capacity_in_words && level->capacity.value == 0 && level->keeps &&
            sdse_node_as_double(value ? value : reading->capacity_node, &written) &&
            written != 0) {
            sdse_check_report(s, reading->capacity_node->key_loc,
                              "memory '%s' keeps words of several widths or parts of "
                              "weights: give its capacity in bits, bytes or kib",
                              level->name);
        }
    }
}

void sdse_check_capacity_missing(struct sdse_subject *s) {
    sdse_for_each_level (i, s)
        if (!s->arch->level[i].capacity_keys && s->arch->level[i].class_given &&
            level_at(s, i)->memory_class != SDSE_DRAM)
            sdse_check_report(s, s->arch->level[i].memory->loc,
                              "memory '%s' needs a capacity; only dram may go without",
                              level_at(s, i)->name);
}

void sdse_check_capacity_positive(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        if (level->capacity.given && level->capacity.value <= 0)
            sdse_check_report(s, s->arch->level[i].capacity_node->key_loc,
                              "memory '%s': capacity must be positive, got %g bits",
                              level->name, level->capacity.value);
    }
}

void sdse_check_capacity_whole(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        double bits = level->capacity.value;
        if (level->capacity.given && bits > 0 &&
            (floor(bits) != bits || bits > 0x1p52)) {
            char text[SDSE_SHORTEST_BYTES];
            sdse_shortest(bits, text);
            sdse_check_report(
                s, s->arch->level[i].capacity_node->key_loc,
                "memory '%s': %s bits is not a whole number of bits up to 2^52",
                level->name, text);
        }
    }
}

void sdse_check_capacity_word(struct sdse_subject *s) {
    const struct sdse_arch *arch = s->arch->arch;
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        uint64_t needed = 0;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (level->keeps >> t & 1u)
                needed += sdse_arch_word_bits(arch, i, (enum sdse_tensor)t);
        if (level->capacity_bits && level->capacity_bits / level->buffering < needed) {
            sdse_check_report(
                s, s->arch->level[i].capacity_node->key_loc,
                "memory '%s': %" PRIu64 " bits / buffering %" PRIu32
                " cannot hold one word of each tensor kept (%" PRIu64 " bits)",
                level->name, level->capacity_bits, level->buffering, needed);
        }
    }
}

void sdse_check_macro_divides(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        const struct sdse_level_reading *reading = &s->arch->level[i];
        double macros = level->macro_count, bits = (double)level->capacity_bits;
        if (!level->capacity_bits)
            continue;
        bool wrong = reading->macro_bits > 0
                         ? macros * reading->macro_bits != bits
                         : level->capacity_bits % level->macro_count;
        if (wrong) {
            sdse_check_report(s,
                              key_place(reading->memory, reading->macro_bits > 0
                                                             ? "macro_kib"
                                                             : "banks"),
                              "memory '%s': %g banks do not make up %g bits",
                              level->name, macros, bits);
        }
    }
}

// The place of a bandwidth: of a tensor's own port, or of the key.
static struct sdse_loc port_place(const struct sdse_subject *s, unsigned i, unsigned p,
                                  const char *tensor) {
    const struct sdse_node *memory = s->arch->level[i].memory;
    const struct sdse_node *port = sdse_node_get(memory, sdse_port_keys()[p]);
    const struct sdse_node *own = tensor ? sdse_node_get(port, tensor) : NULL;
    return own ? own->key_loc : key_place(memory, sdse_port_keys()[p]);
}

static void check_bandwidth(struct sdse_subject *s, unsigned i, unsigned p,
                            const char *tensor, const struct sdse_number *number) {
    if (number->given && number->value <= 0)
        sdse_check_report(s, port_place(s, i, p, tensor),
                          "memory '%s': %s%s%s must be positive, got %g",
                          level_at(s, i)->name, sdse_port_keys()[p],
                          tensor ? " of " : "", tensor ? tensor : "", number->value);
}

void sdse_check_bandwidth_positive(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        const struct sdse_number *const others[SDSE_PORTS] = {
            &level->read_bits_per_cycle, &level->write_bits_per_cycle,
            &level->shared_bits_per_cycle};
        for (unsigned p = 0; p < SDSE_PORTS; p++) {
            check_bandwidth(s, i, p, NULL, others[p]);
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                check_bandwidth(s, i, p, sdse_tensor_words[t],
                                &level->own_bits_per_cycle[p][t]);
            check_bandwidth(s, i, p, sdse_port_up_keys()[p],
                            &level->own_bits_per_cycle[p][SDSE_PORT_UP]);
        }
    }
}

void sdse_check_port_tensor(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        const unsigned kept = sdse_level_tensors(level);
        for (unsigned p = 0; p < SDSE_PORTS; p++) {
            if (level->own_bits_per_cycle[p][SDSE_PORT_UP].given &&
                !(kept >> SDSE_OUTPUTS & 1u))
                sdse_check_report(s, port_place(s, i, p, sdse_port_up_keys()[p]),
                                  "memory '%s': %s has a port for %s, of outputs, "
                                  "which are not kept there",
                                  level->name, sdse_port_keys()[p],
                                  sdse_port_up_keys()[p]);
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                if (level->own_bits_per_cycle[p][t].given && !(kept >> t & 1u))
                    sdse_check_report(s, port_place(s, i, p, sdse_tensor_words[t]),
                                      "memory '%s': %s has a port for %s, which are "
                                      "not kept there",
                                      level->name, sdse_port_keys()[p],
                                      sdse_tensor_words[t]);
        }
    }
}

void sdse_check_keeps_something(struct sdse_subject *s) {
    sdse_for_each_level (i, s)
        if (!level_at(s, i)->keeps && !s->arch->level[i].keeps_broken)
            sdse_check_report(s, s->arch->level[i].keeps->key_loc,
                              "memory '%s' keeps nothing", level_at(s, i)->name);
}

static bool some_keeps_broken(const struct sdse_subject *s) {
    bool broken = s->arch->levels_broken;
    sdse_for_each_level (i, s)
        broken |= s->arch->level[i].keeps_broken;
    return broken;
}

// The parts that must have a home: the tensors, and the parts of weights above an
// engine.
static unsigned needed_parts(const struct sdse_subject *s) {
    unsigned parts = SDSE_BIT(SDSE_TENSORS) - 1;
    if (s->arch->arch->rebuild.present)
        parts = SDSE_BIT(SDSE_PARTS) - 1;
    return parts;
}

static const char *part_name(unsigned part) {
    static const char *const names[SDSE_PARTS] = {
        "weights",       "inputs",       "outputs", "weights.coefficients",
        "weights.basis", "weights.index"};
    return names[part];
}

void sdse_check_tensor_kept(struct sdse_subject *s) {
    unsigned kept = 0;
    sdse_for_each_level (i, s)
        kept |= level_at(s, i)->keeps;
    if (some_keeps_broken(s) || !s->arch->arch->level_count)
        return;
    for (unsigned part = 0; part < SDSE_PARTS; part++)
        if (needed_parts(s) & ~kept & SDSE_BIT(part))
            sdse_check_report(s, key_place(s->root, "levels"), "no level keeps %s",
                              part_name(part));
}

void sdse_check_outermost_keeps_all(struct sdse_subject *s) {
    if (some_keeps_broken(s) || !s->arch->arch->level_count)
        return;
    const struct sdse_level *outermost = level_at(s, 0);
    const struct sdse_node *keeps = s->arch->level[0].keeps;
    for (unsigned part = 0; part < SDSE_PARTS; part++) {
        if (needed_parts(s) & ~outermost->keeps & SDSE_BIT(part)) {
            sdse_check_report(s, keeps ? keeps->key_loc : outermost->loc,
                              "the outermost memory '%s' must keep everything; it "
                              "lacks %s",
                              outermost->name, part_name(part));
        }
    }
}

void sdse_check_bypass_kept(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        const struct sdse_node *node = s->arch->level[i].bypass;
        if (!node || s->arch->level[i].keeps_broken)
            continue;
        if (i == 0) {
            if (level->may_bypass) {
                sdse_check_report(s, node->key_loc,
                                  "the outermost memory '%s' must keep everything: "
                                  "nothing may bypass it",
                                  level->name);
            }
            continue;
        }
        const unsigned extra = level->may_bypass & ~sdse_level_tensors(level);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (extra >> t & 1u) {
                sdse_check_report(s, node->key_loc,
                                  "memory '%s' does not keep %s, so they bypass it "
                                  "anyway",
                                  level->name, part_name(t));
            }
        }
    }
}

void sdse_check_part_without_engine(struct sdse_subject *s) {
    const struct sdse_rebuild *engine = &s->arch->arch->rebuild;
    const unsigned parts = SDSE_BIT(SDSE_PART_COEFFICIENTS) |
                           SDSE_BIT(SDSE_PART_BASIS) | SDSE_BIT(SDSE_PART_INDEX);
    if (s->arch->engine && !engine->present)
        return;
    sdse_for_each_level (i, s) {
        bool above = engine->present && i <= engine->below_level;
        if (!above && (s->arch->level[i].part_words & parts)) {
            sdse_check_report(
                s, s->arch->level[i].keeps->key_loc,
                "memory '%s' keeps parts of weights but no rebuild engine "
                "is below it",
                level_at(s, i)->name);
        }
    }
}

void sdse_check_uneven_memory(struct sdse_subject *s) {
    if (s->arch->levels_broken || some_keeps_broken(s))
        return;
    const struct sdse_arch *arch = s->arch->arch;
    struct sdse_loc last = arch->loc;
    sdse_for_each_level (i, s) {
        if (!arch->level[i].uneven)
            continue;
        last = key_place(s->arch->level[i].memory, "uneven");
        if (!sdse_level_may_split(arch, i)) {
            sdse_check_report(
                s, last,
                "memory '%s' cannot be uneven: it must not be the "
                "outermost, carry loops whose factors no dataflow limits, "
                "keep two tensors or more and have a capacity",
                arch->level[i].name);
        }
    }
    const unsigned uneven = sdse_arch_uneven(arch);
    struct sdse_arena *scratch = uneven ? sdse_arena_new() : NULL;
    struct sdse_arch *split;
    // Without memory the split is refused where it is made.
    if (scratch && sdse_arch_split(arch, uneven, scratch, &split) == SDSE_INVALID) {
        sdse_check_report(s, last,
                          "the positions in uneven memories make more than %d levels, "
                          "or have the name of one",
                          SDSE_MAX_LEVELS);
    }
    sdse_arena_free(scratch);
}

void sdse_check_shares_outermost(struct sdse_subject *s) {
    const struct sdse_arch *arch = s->arch->arch;
    if (arch->level_count &&
        (arch->level[0].shares_activations || arch->level[0].shares_weights))
        sdse_check_report(
            s, key_place(s->arch->level[0].memory, "shares"),
            "memory '%s' is the outermost: what layers hand over is there "
            "anyway",
            arch->level[0].name);
}

void sdse_check_shares_instances(struct sdse_subject *s) {
    if (s->arch->levels_broken)
        return;
    const struct sdse_arch *arch = s->arch->arch;
    unsigned sharing = 0;
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = &arch->level[i];
        if (!level->shares_activations && !level->shares_weights)
            continue;
        const struct sdse_loc loc = key_place(s->arch->level[i].memory, "shares");
        const uint64_t instances = sdse_arch_instances(arch, i);
        if (instances > 1)
            sdse_check_report(s, loc,
                              "memory '%s' has %" PRIu64 " instances: no one of them "
                              "holds a tensor for the next layer",
                              level->name, instances);
        if (sharing++ >= SDSE_MOST_SHARED)
            sdse_check_report(s, loc, "memory '%s' is one too many that shares: %d may",
                              level->name, SDSE_MOST_SHARED);
    }
}

void sdse_check_shares_keeps(struct sdse_subject *s) {
    if (s->arch->levels_broken || some_keeps_broken(s))
        return;
    const unsigned needed = SDSE_BIT(SDSE_PART_INPUTS) | SDSE_BIT(SDSE_PART_OUTPUTS);
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        if (level->shares_weights && !level->shares_activations)
            sdse_check_report(s, key_place(s->arch->level[i].memory, "shares"),
                              "memory '%s' shares weights alone: they stay for layers "
                              "that take turns, which hand over activations there",
                              level->name);
        if (!level->shares_activations)
            continue;
        const struct sdse_loc loc = key_place(s->arch->level[i].memory, "shares");
        if (level->shares_weights && !(level->keeps & SDSE_BIT(SDSE_PART_WEIGHTS)))
            sdse_check_report(s, loc, "memory '%s' must keep weights to share them",
                              level->name);
        if (~level->keeps & needed)
            sdse_check_report(s, loc,
                              "memory '%s' must keep inputs and outputs to hand them "
                              "over",
                              level->name);
        if (level->memory_class == SDSE_EDRAM || level->max_lifetime_us.given)
            sdse_check_report(s, loc,
                              "memory '%s' forgets, or limits lives: how long tensors "
                              "live between layers is not counted",
                              level->name);
    }
}
