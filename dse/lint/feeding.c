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

// Bits that tiles may take, and that they take at least with all multipliers at work;
// false: there is no limit, or they cannot all work whatever it is.
static bool tile_bits(const struct sdse_arch *arch, unsigned l, double *usable,
                      double *least) {
    const struct sdse_level *level = &arch->level[l];
    *usable = (double)(level->capacity_bits / level->buffering);
    *least = sdse_least_tile_bits(arch, l);
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
                "work these take at least %.0f: some stay idle in every layer; double "
                "its size, or buffer once",
                level->name, level->buffering, usable, level->capacity_bits,
                below(lint->arch, l), least);
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
                          "take at least %.0f: some stay idle in every layer; make it "
                          "larger, or let it keep less",
                          level->name, level->capacity_bits, below(lint->arch, l),
                          least);
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
    const double step = sdse_least_step_bits(arch, l, (enum sdse_port)port, tensor);
    const double needed = step / arch->compute.cycles_per_mac;
    if (!isfinite(step) || needed <= bandwidth->value * (1 + 1e-9))
        return;
    sdse_lint_say(lint, sdse_lint_place_in(lint, level->loc, level->name, key),
                  "%s of '%s'%s%s is %.4g; the %.0f multipliers below it, all at work, "
                  "take at least %.4g bits per cycle, as no memory in between keeps "
                  "what they take: they wait in every layer without padding; raise it, "
                  "or hold words further inside",
                  key, level->name, tensor < 0 ? "" : " for ",
                  tensor < 0               ? ""
                  : tensor == SDSE_PORT_UP ? sdse_port_up_keys()[port]
                                           : sdse_tensor_name((enum sdse_tensor)tensor),
                  bandwidth->value, below(arch, l), needed);
}

void sdse_lint_port_starves(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++)
        for (unsigned port = 0; port < SDSE_PORTS; port++)
            for (int tensor = -1; tensor < SDSE_PORT_USERS; tensor++)
                check_port(lint, l, port, tensor);
}
