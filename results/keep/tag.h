// Names that people give to points of a results.db. A tag is a set of points; a point
// may have many. They are no results: in no export, but sealed, verified and merged
// (the points of a tag that two files have are those of both), and pruning keeps what
// they name.
#ifndef SDSE_RESULTS_KEEP_TAG_H
#define SDSE_RESULTS_KEEP_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "results/store/store.h"

enum { SDSE_TAG_BYTES = 100 }; // the longest name

// For a reader: every tag, how many points have it, and how many of them are ok.
extern const char sdse_tag_list_sql[];

// Whether a text may be a tag: 1 to SDSE_TAG_BYTES bytes, no control characters.
bool sdse_tag_may_be(const char *tag);

// Gives the tag to points, or takes it from them, in a batch of its own. points:
// [count], by hash. *changed: how many had it not, or had it. After a failure nothing
// has changed: SDSE_DATABASE if a point is not there (any more), see
// sdse_store_message.
enum sdse_status sdse_tag_add(struct sdse_store *store, const char *tag,
                              const struct sdse_hash *points, size_t count,
                              uint64_t *changed);
enum sdse_status sdse_tag_remove(struct sdse_store *store, const char *tag,
                                 const struct sdse_hash *points, size_t count,
                                 uint64_t *changed);

#endif
