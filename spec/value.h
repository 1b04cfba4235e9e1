// Typed values of located nodes: plain conversions, and readers that explain
// themselves.
//
// The readers return false after a diagnostic [wrong-type] or [out-of-range] that names
// the path of the field, the text seen and what would be accepted; *out is then left
// alone. A NULL node is our mistake: look keys up with sdse_node_get first.
#ifndef SDSE_SPEC_VALUE_H
#define SDSE_SPEC_VALUE_H

#include "spec/tree.h"

// Unquoted null, ~ or nothing.
bool sdse_node_is_null(const struct sdse_node *node);
// Decimal integers without sign ("64"), and decimals that are whole ("64.0", "1e6").
bool sdse_node_as_u64(const struct sdse_node *node, uint64_t *out);
// Finite decimal numbers as JSON and YAML write them; no hexadecimal, inf or nan.
bool sdse_node_as_double(const struct sdse_node *node, double *out);
// true or false, unquoted.
bool sdse_node_as_bool(const struct sdse_node *node, bool *out);
// The text of any scalar that is not null; NULL otherwise.
const char *sdse_node_as_text(const struct sdse_node *node);
// The same conversion for text that is not in a tree (an override's value).
bool sdse_text_as_double(const char *text, double *out);

bool sdse_read_u64(const struct sdse_node *node, uint64_t least, uint64_t most,
                   struct sdse_diags *diags, uint64_t *out);
bool sdse_read_u32(const struct sdse_node *node, uint32_t least, uint32_t most,
                   struct sdse_diags *diags, uint32_t *out);
bool sdse_read_double(const struct sdse_node *node, double least, double most,
                      struct sdse_diags *diags, double *out);
bool sdse_read_bool(const struct sdse_node *node, struct sdse_diags *diags, bool *out);
// *out points into the tree. Empty text is refused.
bool sdse_read_text(const struct sdse_node *node, struct sdse_diags *diags,
                    const char **out);
// One word of a list: *out is its index in `words`. Unknown words get "did you mean".
bool sdse_read_word(const struct sdse_node *node, const char *const *words,
                    size_t count, struct sdse_diags *diags, unsigned *out);
// Reports that `wanted` was expected in place of what there is [wrong-type].
void sdse_report_type(const struct sdse_node *node, const char *wanted,
                      struct sdse_diags *diags);
// True if the node is of this kind; else a diagnostic [wrong-type].
bool sdse_expect_kind(const struct sdse_node *node, enum sdse_node_kind kind,
                      struct sdse_diags *diags);

// Refuses every key of `mapping` that is not in `keys` [unknown-key], naming the
// nearest; a key that differs from a known one only in its unit ("capacity_kb" for
// capacity_kib) is [unit-suffix]. Returns the number of refused keys.
size_t sdse_refuse_unknown_keys(const struct sdse_node *mapping,
                                const char *const *keys, size_t count,
                                struct sdse_diags *diags);
// Reports that `mapping` lacks `key` [missing-key].
void sdse_report_missing(const struct sdse_node *mapping, const char *key,
                         struct sdse_diags *diags);

#endif
