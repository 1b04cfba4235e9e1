#include "smartdeal/train/train.h"

#include <stdlib.h>

#include "base/pool.h"
#include "smartdeal/synthetic.h"

enum { FIRST_TARGET_CLASS = 5 };

// Streams of random numbers, each from the plan's seed.
enum { STREAM_SPLIT = 1, STREAM_LAYER, STREAM_FRESH = STREAM_LAYER + SDSE_NET_LAYERS };

static uint64_t stream(const struct sdse_train_plan *plan, unsigned number) {
    uint64_t state = plan->setting.seed ^ (uint64_t)number << 48;
    return sdse_random_u64(&state);
}

// ---- parts of the data ------------------------------------------------------

enum part { SOURCE, TARGET, PARTS };

static bool belongs(enum sdse_train_task task, enum part part, bool testing,
                    uint8_t label, size_t place, size_t count) {
    switch (task) {
    case SDSE_TRAIN_ADAPT:
        return (label >= FIRST_TARGET_CLASS) == (part == TARGET);
    case SDSE_TRAIN_FINETUNE:
        return testing || (place >= count / 2) == (part == TARGET);
    case SDSE_TRAIN_FULL:
        break;
    }
    return true;
}

// The images of a part, in the order that `seed` shuffles all of them into.
static enum sdse_status choose(const struct sdse_train_plan *plan, enum part part,
                               bool testing, const struct sdse_images *images,
                               struct sdse_subset *out) {
    const size_t count = images->count;
    uint32_t *order = malloc(count * sizeof *order);
    uint64_t state = stream(plan, STREAM_SPLIT);
    const size_t limit = plan->limit == 0 ? count : plan->limit;
    *out = (struct sdse_subset){.images = images, .index = order};
    if (!order)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        const size_t j = (size_t)(sdse_random_u64(&state) % i);
        const uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
    for (size_t i = 0; i < count && out->count < limit; i++)
        if (belongs(plan->task, part, testing, images->labels[order[i]], i, count))
            order[out->count++] = order[i];
    return out->count > 0 ? SDSE_OK : SDSE_INVALID;
}

// ---- the trainings ----------------------------------------------------------

struct training {
    const struct sdse_train_plan *plan;
    struct sdse_subset train[PARTS], test[PARTS];
    struct sdse_net_values start;
    struct sdse_train_result *result;
    enum sdse_status *status; // of each method
    unsigned inner;           // threads of one method
};

static void draw(const struct sdse_train_plan *plan, unsigned layer, unsigned number,
                 const struct sdse_net_values *values) {
    sdse_net_draw(&plan->net.layer[layer], stream(plan, number), values->weights[layer],
                  values->biases[layer]);
}

static enum sdse_status train_source(struct training *t) {
    const struct sdse_train_plan *plan = t->plan;
    const struct sdse_train_method sgd = {.learning_rate = plan->source_rate};
    double accuracy;
    for (unsigned n = 0; n < plan->net.count; n++)
        draw(plan, n, STREAM_LAYER + n, &t->start);
    if (plan->task == SDSE_TRAIN_FULL)
        return SDSE_OK;
    const enum sdse_status status = sdse_train_run(
        &plan->net, &t->start, &plan->setting, &sgd, &t->train[SOURCE],
        &t->test[SOURCE], plan->threads, t->result->source, &accuracy, &t->start);
    if (plan->task == SDSE_TRAIN_ADAPT)
        draw(plan, plan->net.count - 1, STREAM_FRESH, &t->start);
    return status;
}

static void train_method(void *context, unsigned worker, size_t index) {
    const struct training *t = context;
    const struct sdse_train_plan *plan = t->plan;
    const struct sdse_train_faults *faults = plan->methods[index].faults;
    const size_t rates = faults ? faults->count : 0;
    (void)worker;
    double *accuracy = calloc(1 + rates, sizeof *accuracy);
    if (!accuracy) {
        t->status[index] = SDSE_NO_MEMORY;
        return;
    }
    t->status[index] =
        sdse_train_run(&plan->net, &t->start, &plan->setting, &plan->methods[index],
                       &t->train[TARGET], &t->test[TARGET], t->inner,
                       t->result->target + index * t->result->epochs, accuracy, NULL);
    t->result->narrow_accuracy[index] = accuracy[0];
    for (size_t r = 0; r < rates; r++)
        t->result->faulty_accuracy[index * rates + r] = accuracy[1 + r];
    free(accuracy);
}

static enum sdse_status train_all(struct training *t) {
    const size_t methods = t->plan->method_count;
    const unsigned threads = t->plan->threads ? t->plan->threads : sdse_processors();
    enum sdse_status status = train_source(t);
    if (status != SDSE_OK)
        return status;
    t->inner = threads > methods ? (unsigned)(threads / methods) : 1;
    status = sdse_parallel_for(methods, threads, train_method, t);
    for (size_t i = 0; i < methods && status == SDSE_OK; i++)
        status = t->status[i];
    return status;
}

static enum sdse_status choose_all(struct training *t, const struct sdse_images *train,
                                   const struct sdse_images *test) {
    enum sdse_status status = SDSE_OK;
    for (int part = 0; part < PARTS && status == SDSE_OK; part++) {
        status = choose(t->plan, (enum part)part, false, train, &t->train[part]);
        if (status == SDSE_OK)
            status = choose(t->plan, (enum part)part, true, test, &t->test[part]);
    }
    return status;
}

enum sdse_status sdse_train(const struct sdse_train_plan *plan,
                            const struct sdse_images *train,
                            const struct sdse_images *test,
                            struct sdse_train_result *out) {
    const size_t epochs = (size_t)plan->setting.epochs + 1;
    // The same of all methods.
    const struct sdse_train_faults *faults = plan->methods[0].faults;
    struct training t = {.plan = plan, .result = out};
    *out = (struct sdse_train_result){
        .epochs = epochs,
        .source =
            plan->task == SDSE_TRAIN_FULL ? NULL : calloc(epochs, sizeof *out->source),
        .target = calloc(plan->method_count * epochs, sizeof *out->target),
        .narrow_accuracy = calloc(plan->method_count, sizeof *out->narrow_accuracy),
        .faulty_accuracy = faults ? calloc(plan->method_count * faults->count + 1,
                                           sizeof *out->faulty_accuracy)
                                  : NULL,
    };
    t.status = calloc(plan->method_count, sizeof *t.status);
    enum sdse_status status = SDSE_NO_MEMORY;
    if (t.status && out->target && out->narrow_accuracy &&
        (out->faulty_accuracy || !faults) &&
        (out->source || plan->task == SDSE_TRAIN_FULL))
        status = sdse_net_values_new(&plan->net, &t.start);
    if (status == SDSE_OK)
        status = choose_all(&t, train, test);
    if (status == SDSE_OK)
        status = train_all(&t);
    for (int part = 0; part < PARTS; part++) {
        free(t.train[part].index);
        free(t.test[part].index);
    }
    sdse_net_values_free(&t.start);
    free(t.status);
    return status;
}

void sdse_train_result_free(struct sdse_train_result *result) {
    free(result->source);
    free(result->target);
    free(result->narrow_accuracy);
    free(result->faulty_accuracy);
    *result = (struct sdse_train_result){0};
}
