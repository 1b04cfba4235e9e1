#include "results/keep/idle.h"

#include <inttypes.h>
#include <string.h>

#include "results/store/claim.h"
#include "results/store/statements.h"

enum sdse_status sdse_keep_is_idle(struct sdse_store *store, struct sdse_diags *diags) {
    bool busy;
    struct sdse_claim_owner owner;
    const enum sdse_status status = sdse_claim_find(store, &busy, &owner);
    if (status != SDSE_OK || !busy)
        return status;
    const char *path =
        sdse_arena_strdup(diags->arena, sqlite3_db_filename(store->db, "main"));
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "results-busy",
                  "a sweep is running on it: process %" PRId64
                  " on host %.*s; try again when it has ended",
                  owner.pid, (int)strcspn(owner.host, " "), owner.host);
    return SDSE_INVALID;
}
