#include "dse/sweep/write_copies.h"

static enum sdse_status write_copy(const struct sdse_arch *arch,
                                   struct sdse_kept_copy *copy,
                                   struct sdse_store *store) {
    copy->record.solution =
        sdse_hash_join(copy->problem, sdse_hash_of_text(copy->text));
    if (sdse_store_has_solution(store, copy->record.solution))
        return SDSE_OK;
    return sdse_store_add_solution(
        store, &(struct sdse_solution_record){.hash = copy->record.solution,
                                              .proof = SDSE_PROOF_OPTIMAL,
                                              .mapping = copy->text,
                                              .arch = arch,
                                              .cost = &copy->cost});
}

enum sdse_status sdse_write_copies(const struct sdse_arch *arch,
                                   struct sdse_point_places *places, size_t layer,
                                   struct sdse_store *store, struct sdse_arena *scratch,
                                   struct sdse_copied *copied) {
    enum sdse_status status = SDSE_OK;
    *copied = (struct sdse_copied){.hash = sdse_hash_of_text("copies")};
    for (size_t i = 0; places && !status && i < places->copy_count; i++) {
        struct sdse_kept_copy *copy = &places->copy[i];
        if (copy->record.before_layer != layer)
            continue;
        if (!copied->cost)
            copied->cost =
                SDSE_ARENA_ARRAY(scratch, struct sdse_cost_times, places->copy_count);
        if (!copied->cost)
            return SDSE_NO_MEMORY;
        status = write_copy(arch, copy, store);
        copied->hash = sdse_hash_join(copied->hash, copy->record.solution);
        copied->cost[copied->count++] = (struct sdse_cost_times){&copy->cost, 1};
    }
    return status;
}

enum sdse_status sdse_copied_add(const struct sdse_copied *copied,
                                 const struct sdse_cost *own,
                                 struct sdse_arena *scratch, struct sdse_cost *sum) {
    struct sdse_cost_times *all =
        SDSE_ARENA_ARRAY(scratch, struct sdse_cost_times, copied->count + 1);
    if (!all)
        return SDSE_NO_MEMORY;
    all[0] = (struct sdse_cost_times){own, 1};
    for (size_t i = 0; i < copied->count; i++)
        all[i + 1] = copied->cost[i];
    return sdse_cost_sum(all, copied->count + 1, sum) ? SDSE_OK : SDSE_OVERFLOW;
}

const struct sdse_copy_record *sdse_copy_records(const struct sdse_point_places *places,
                                                 struct sdse_arena *scratch) {
    struct sdse_copy_record *records =
        SDSE_ARENA_ARRAY(scratch, struct sdse_copy_record, places->copy_count + 1);
    for (size_t i = 0; records && i < places->copy_count; i++)
        records[i] = places->copy[i].record;
    return records;
}
