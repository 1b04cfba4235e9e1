// JSON of files whose maker is not known, through jansson.
#ifndef SDSE_IMPORT_TENSORS_JSON_H
#define SDSE_IMPORT_TENSORS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"

// An object, or of a whole file also a list; keys that come twice are an error.
// [tensors-header] with what is wrong, and of a whole file its line and column. The
// caller owns *out (json_decref).
enum sdse_status sdse_json_parse(const char *text, size_t length, const char *file,
                                 bool whole, json_t **out, struct sdse_diags *diags);

// A list of at most SDSE_ARRAY_MAX_RANK whole numbers, none below 0.
bool sdse_json_extents(const json_t *list, unsigned *rank, uint64_t *shape);

#endif
