// Whether a configuration may still be of use while some of its kinds are not searched:
// a front that no sum over its kinds stays below. Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_KINDS_WORTH_H
#define SDSE_DSE_FUSION_KINDS_WORTH_H

#include "dse/fusion/kinds.h"

// Whether something that takes no less may be of use.
typedef bool (*sdse_kinds_may_help)(const void *context,
                                    const struct sdse_tradeoff *least);

// Whether some sum may be. A kind has the front of its answer, or, as nothing fits into
// less room that does not fit into more, of one where no more was reserved; or `least`,
// where nothing is known. Not of kinds that overlap.
bool sdse_kinds_are_worth(const struct sdse_kinds *kinds, sdse_kinds_may_help may_help,
                          const void *context);

#endif
