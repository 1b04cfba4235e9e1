// Hints of layer problems, kept for those that follow: accelerators that differ little
// in prices and bandwidths share what is tried. For one thread.
//
// What is tried is tried on the accelerator with prices and bandwidths of two
// significant binary digits (dse/sweep/alike.h), for the mapping that was found. So it
// is the same whoever asks first; what is said of it is scored on the accelerator
// itself.
#ifndef SDSE_DSE_SWEEP_HINTS_KNOWN_H
#define SDSE_DSE_SWEEP_HINTS_KNOWN_H

#include "base/hash.h"
#include "dse/hint.h"
#include "dse/sweep/alike.h"

struct sdse_hints_known;

struct sdse_hints_known *sdse_hints_known_new(void); // NULL: no memory
void sdse_hints_known_free(struct sdse_hints_known *known);

// Who asks: the accelerator's text and what it shares with its like; the question that
// is asked of it, layer and form; the mapping that was found, as text.
struct sdse_hint_asker {
    const char *arch_text;
    const struct sdse_alike *alike;
    struct sdse_hash question;
    const char *mapping;
};

// The hint of a problem whose best mapping (of the goal that hints are about) is the
// answer's only one; its texts live until the next call. A hint that *request->stop cut
// short is not kept. Returns SDSE_OK, SDSE_OVERFLOW or SDSE_NO_MEMORY.
enum sdse_status sdse_hints_known_find(struct sdse_hints_known *known,
                                       const struct sdse_hint_asker *asker,
                                       const struct sdse_map_request *request,
                                       const struct sdse_map_answer *answer,
                                       struct sdse_hint *hint);

#endif
