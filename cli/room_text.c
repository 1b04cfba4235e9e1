#include "cli/room_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "dse/schedule/held_text.h"

static const char *alone_text(double bits, uint64_t above_bits) {
    return above_bits && bits > (double)above_bits ? ", too many by themselves" : "";
}

void cli_print_room_taken(struct cli *cli, const struct sdse_workload *net,
                          const struct cli_room_taken *taken, uint64_t above_bits) {
    printf("  %.0f of its tiles%s%s\n", taken->tiles_bits,
           taken->residence->tensors & SDSE_BIT(SDSE_OUTPUTS)
               ? " and of the place of its outputs"
               : "",
           alone_text(taken->tiles_bits, above_bits));
    for (size_t t = 0; t < taken->term_count; t++) {
        if (taken->term[t].memory != taken->memory)
            continue;
        const char *term = sdse_held_term_text(cli->arena, net, &taken->term[t]);
        printf("  %s%s\n", term ? term : "?",
               alone_text(taken->term[t].bits, above_bits));
    }
}

void cli_print_room_verdict(const char *what, const char *memory, uint64_t has_bits,
                            uint64_t needed_bits) {
    if (!has_bits)
        printf("%s is unlimited: %s fits, from %" PRIu64 " bits on\n", memory, what,
               needed_bits);
    else if (needed_bits <= has_bits)
        printf("%s fits %s, which has %" PRIu64 " bits: it needs %" PRIu64 "\n", what,
               memory, has_bits, needed_bits);
    else
        printf("%s does not fit %s, which has %" PRIu64 " bits: %" PRIu64 " too few\n",
               what, memory, has_bits, needed_bits - has_bits);
    printf("smallest %s that admits it: %" PRIu64 " bits = %.6g KiB; one bit less does "
           "not\n",
           memory, needed_bits, (double)needed_bits / 8192);
}
