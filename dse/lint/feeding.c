// Checks of memories that cannot feed all multipliers below them.
#include <inttypes.h>
#include <math.h>

#include "dse/lint/checks.h"
#include "dse/lint/feed.h"

// Multipliers below one instance of level l.
static double below(const struct sdse_arch *arch, unsigned l) {
    return (double)(sdse_arch_instances(arch, arch->level_count) /
                    sdse_arch_instances(arch, l));
}

// The layers that a bound is of: not those of narrow weights, if one with weights of a
// single bit would be met.
static const char *layers_of(struct sdse_lint *lint, bool narrow_do) {
    return narrow_do ? sdse_lint_text(lint,
                                      "every layer, unless its weights are narrower "
                                      "than %" PRIu32 " bits",
                                      lint->arch->bits[SDSE_WEIGHTS])
                     : "every layer";
}

static const char *layers_of_tiles(struct sdse_lint *lint, unsigned l, double most) {
    return layers_of(lint, sdse_least_tile_bits(lint->arch, l, 1) <= most);
}

// Bits that tiles may take, and that they take at least with all multipliers at work;
// false: there is no limit, or they cannot all work whatever it is.
static bool tile_bits(const struct sdse_arch *arch, unsigned l, double *usable,
                      double *least) {
    const struct sdse_level *level = &arch->level[l];
    *usable = (double)(level->capacity_bits / level->buffering);
    *least = sdse_least_tile_bits(arch, l, arch->bits[SDSE_WEIGHTS]);
    return level->capacity_bits && isfinite(*least);
}

void sdse_lint_buffering_starves(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        double usable, least;
        if (tile_bits(lint->arch, l, &usable, &least) && usable < least &&
            least <= (double)level->capacity_bits)
            sdse_lint_say(
                lint, sdse_lint_place_in(lint, level->loc, level->name, "buffering"),
                "'%s' is too small for buffering %" PRIu32 ": %.0f of its %" PRIu64
                " bits are left for tiles, and with all %.0f multipliers below it at "
                "work these take at least %.0f: some stay idle in %s; double "
                "its size, or buffer once",
                level->name, level->buffering, usable, level->capacity_bits,
                below(lint->arch, l), least, layers_of_tiles(lint, l, usable));
    }
}

void sdse_lint_capacity_starves(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        double usable, least;
        if (tile_bits(lint->arch, l, &usable, &least) &&
            least > (double)level->capacity_bits)
            sdse_lint_say(lint, sdse_lint_capacity_place(lint, level),
                          "'%s' has %" PRIu64
                          " bits; with all %.0f multipliers below it at work its tiles "
                          "take at least %.0f: some stay idle in %s; make it "
                          "larger, or let it keep less",
                          level->name, level->capacity_bits, below(lint->arch, l),
                          least,
                          layers_of_tiles(lint, l, (double)level->capacity_bits));
    }
}

// One port of a memory: the one of a tensor, or (-1) of the others.
static void check_port(struct sdse_lint *lint, unsigned l, unsigned port, int tensor) {
    const struct sdse_arch *arch = lint->arch;
    const struct sdse_level *level = &arch->level[l];
    const struct sdse_number *const others[SDSE_PORTS] = {
        &level->read_bits_per_cycle, &level->write_bits_per_cycle,
        &level->shared_bits_per_cycle};
    const struct sdse_number *bandwidth =
        tensor < 0 ? others[port] : &level->own_bits_per_cycle[port][tensor];
    if (!bandwidth->given)
        return;
    const char *key = sdse_port_keys()[port];
    const double step = sdse_least_step_bits(arch, l, (enum sdse_port)port, tensor,
                                             arch->bits[SDSE_WEIGHTS]),
                 narrow =
                     sdse_least_step_bits(arch, l, (enum sdse_port)port, tensor, 1);
    const double needed = step / arch->compute.cycles_per_mac;
    const double met = bandwidth->value * (1 + 1e-9);
    if (!isfinite(step) || needed <= met)
        return;
    sdse_lint_say(lint, sdse_lint_place_in(lint, level->loc, level->name, key),
                  "%s of '%s'%s%s is %.4g; the %.0f multipliers below it, all at work, "
                  "take at least %.4g bits per cycle, as no memory in between keeps "
                  "what they take: without padding they wait in %s; raise it, "
                  "or hold words further inside",
                  key, level->name, tensor < 0 ? "" : " for ",
                  tensor < 0               ? ""
                  : tensor == SDSE_PORT_UP ? sdse_port_up_keys()[port]
                                           : sdse_tensor_name((enum sdse_tensor)tensor),
                  bandwidth->value, below(arch, l), needed,
                  layers_of(lint, narrow / arch->compute.cycles_per_mac <= met));
}

void sdse_lint_port_starves(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++)
        for (unsigned port = 0; port < SDSE_PORTS; port++)
            for (int tensor = -1; tensor < SDSE_PORT_USERS; tensor++)
                check_port(lint, l, port, tensor);
}
