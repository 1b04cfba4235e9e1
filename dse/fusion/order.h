// The order in which a group runs its nests. Private to dse/fusion/.
//
//     for some heads, then the next ones
//         for each tile
//             for some channels or keys, then the next ones
//                 for each member: its nests, and behind each the functions of single
//                 words that stand before the next member
#ifndef SDSE_DSE_FUSION_ORDER_H
#define SDSE_DSE_FUSION_ORDER_H

#include "dse/fusion/kinds.h"

// Finds it, as turns within turns. What repeats is said once: of turns behind one
// another with periods of up to 64 the shortest first. Oracles:
// tests/oracle/test_fused_channels_run.c and test_fused_attention_run.c, every nest of
// executed schedules; tests/unit/test_nest_order.c, runs of tiles of any lengths.
//
// kinds  listed, with notes
// plan   with its runs of tiles
// order  out, in `arena`; its times are 1
//
// Returns SDSE_OK, or SDSE_NO_MEMORY, which leaves *order alone.
enum sdse_status sdse_order_find(const struct sdse_kinds *kinds,
                                 const struct sdse_group_plan *plan,
                                 struct sdse_arena *arena,
                                 struct sdse_fused_turn *order);

#endif
