#include "cli/train_store.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "dse/sweep/plan.h"
#include "results/store/store.h"

static struct sdse_hash hash_images(const struct sdse_images *images) {
    const uint64_t size[] = {images->count, images->rows, images->columns};
    struct sdse_hash hash = sdse_hash_bytes(size, sizeof size);
    hash = sdse_hash_join(hash,
                          sdse_hash_bytes(images->pixels, images->count * images->rows *
                                                              images->columns));
    return sdse_hash_join(hash, sdse_hash_bytes(images->labels, images->count));
}

// Everything a method was told, in a fixed order.
static const char *settings_text(struct cli *cli, const struct cli_trained *t,
                                 const struct sdse_train_method *method) {
    const struct sdse_train_plan *plan = t->plan;
    const char *text =
        sdse_arena_printf(cli->arena, "%s rate %.9g", t->task, method->learning_rate);
    if (text && method->smartdeal)
        text = sdse_arena_printf(cli->arena, "%s density %.9g", text, method->density);
    if (text && method->smartdeal && !method->rule.frozen)
        text = sdse_arena_printf(cli->arena, "%s bar %u dead zone %.9g", text,
                                 method->rule.switch_bar, method->rule.dead_zone);
    if (text)
        text = sdse_arena_printf(cli->arena, "%s batch %zu epochs %u", text,
                                 plan->setting.batch, plan->setting.epochs);
    if (text && plan->limit)
        text = sdse_arena_printf(cli->arena, "%s limit %zu", text, plan->limit);
    return text;
}

static enum sdse_status add_training(struct cli *cli, struct sdse_store *store,
                                     const struct cli_trained *t, size_t method) {
    const struct sdse_train_result *result = t->result;
    const struct sdse_train_epoch *epochs = result->target + method * result->epochs;
    const struct sdse_train_epoch *end = &epochs[result->epochs - 1];
    const char *settings = settings_text(cli, t, &t->plan->methods[method]);
    struct sdse_epoch_record *rows =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_epoch_record, result->epochs);
    if (!settings || !rows)
        return SDSE_NO_MEMORY;
    for (size_t e = 0; e < result->epochs; e++)
        rows[e] =
            (struct sdse_epoch_record){.train_loss = epochs[e].loss,
                                       .train_accuracy = (double)NAN,
                                       .test_accuracy = epochs[e].accuracy,
                                       .learning_rate = (double)NAN,
                                       .energy_pj = (double)NAN,
                                       .weight_bits = (double)epochs[e].moved_bits,
                                       .stored_bits = (double)epochs[e].model_bits};
    const uint64_t seed = t->plan->setting.seed;
    struct sdse_hash hash =
        sdse_hash_join(sdse_hash_of_text(t->network), sdse_hash_of_text(settings));
    hash = sdse_hash_join(hash, sdse_hash_of_text(t->method[method]));
    hash = sdse_hash_join(hash, sdse_hash_bytes(&seed, sizeof seed));
    hash = sdse_hash_join(hash, hash_images(&t->train));
    hash = sdse_hash_join(hash, hash_images(&t->test));
    return sdse_store_add_training(
        store,
        &(struct sdse_training_record){.hash = hash,
                                       .name = t->network,
                                       .method = t->method[method],
                                       .settings = settings,
                                       .seed = seed,
                                       .test_accuracy = end->accuracy,
                                       .energy_pj = (double)NAN,
                                       .stored_bits = (double)end->state_bits,
                                       .reference_accuracy = t->reference_accuracy,
                                       .epoch_count = result->epochs,
                                       .epochs = rows});
}

enum sdse_status cli_check_trainings(struct cli *cli, const char *path) {
    struct sdse_store *store = NULL;
    enum sdse_status status =
        sdse_store_open(path, SDSE_MODEL_VERSION, &cli->diags, &store);
    if (status == SDSE_OK)
        status = sdse_store_begin(store);
    if (store && status == SDSE_OK)
        sdse_store_rollback(store);
    if (store && status == SDSE_DATABASE)
        sdse_diag_add(&cli->diags, SDSE_ERROR, (struct sdse_loc){.file = path},
                      "results", "%s", sdse_store_message(store));
    sdse_store_close(store);
    return status;
}

enum sdse_status cli_store_trainings(struct cli *cli, const char *path,
                                     const struct cli_trained *trained) {
    struct sdse_store *store = NULL;
    enum sdse_status status =
        sdse_store_open(path, SDSE_MODEL_VERSION, &cli->diags, &store);
    if (status == SDSE_OK)
        status = sdse_store_begin(store);
    for (size_t i = 0; status == SDSE_OK && i < trained->plan->method_count; i++)
        status = add_training(cli, store, trained, i);
    if (store && status == SDSE_OK)
        status = sdse_store_commit(store);
    if (store && status == SDSE_DATABASE)
        sdse_diag_add(&cli->diags, SDSE_ERROR, (struct sdse_loc){.file = path},
                      "results", "%s", sdse_store_message(store));
    sdse_store_close(store);
    return status;
}
