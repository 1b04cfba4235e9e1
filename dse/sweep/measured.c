#include "dse/sweep/measured.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/weights.h"
#include "engines/digits.h"
#include "smartdeal/basis_first.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/study.h"
#include "smartdeal/unique.h"

enum { BUCKETS = 4096, LEAST_WORD_BITS = 2 };

struct sdse_measured_table {
    struct sdse_arena *arena;
    struct sdse_measured *bucket[BUCKETS];
};

struct sdse_measured_table *sdse_measured_table_new(struct sdse_arena *arena) {
    struct sdse_measured_table *table =
        SDSE_ARENA_NEW(arena, struct sdse_measured_table);
    if (table)
        table->arena = arena;
    return table;
}

uint32_t sdse_measured_word_bits(uint32_t word_bits) {
    if (word_bits > SDSE_MAX_WEIGHT_BITS)
        return SDSE_MAX_WEIGHT_BITS;
    return word_bits < LEAST_WORD_BITS ? LEAST_WORD_BITS : word_bits;
}

struct sdse_hash sdse_measured_hash(const struct sdse_layer *layer,
                                    struct sdse_hash weights, struct sdse_hash setting,
                                    uint32_t word_bits, struct sdse_sharing sharing,
                                    struct sdse_serial_weights serial) {
    const struct sdse_weight_shape shape = sdse_layer_weight_shape(layer);
    const uint64_t key[] = {shape.groups,
                            shape.filters,
                            shape.channels,
                            shape.kernel_rows,
                            shape.kernel_columns,
                            shape.fully_connected,
                            sdse_measured_word_bits(word_bits)};
    struct sdse_hash form = sdse_hash_join(sdse_hash_join(weights, setting),
                                           sdse_hash_bytes(key, sizeof key));
    const uint64_t groups[] = {sharing.group, sharing.slices};
    const char *digits = sdse_encoding_name(serial.encoding);
    if (sharing.group)
        form = sdse_hash_join(form, sdse_hash_bytes(groups, sizeof groups));
    return serial.taken ? sdse_hash_join(form, sdse_hash_bytes(digits, strlen(digits)))
                        : form;
}

struct sdse_measured *sdse_measured_get(struct sdse_measured_table *table,
                                        struct sdse_hash hash,
                                        const struct sdse_measured *model) {
    struct sdse_measured **link = &table->bucket[hash.low % BUCKETS];
    for (; *link; link = &(*link)->next)
        if (sdse_hash_same((*link)->record.hash, hash))
            return *link;
    struct sdse_measured *entry = SDSE_ARENA_NEW(table->arena, struct sdse_measured);
    if (!entry)
        return NULL;
    *entry = *model;
    entry->record = (struct sdse_form_record){.hash = hash};
    entry->next = NULL;
    return *link = entry;
}

// What the cost model charges and the database keeps, from what was counted.
static void keep(struct sdse_measured *entry, const struct sdse_form_measure *m,
                 double joint) {
    const struct sdse_form_setting *setting = entry->setting;
    const uint64_t *bits = m->bits.section;
    uint32_t exponents_used = 0;
    for (uint32_t i = 0; i < m->window; i++)
        exponents_used += m->exponent_uses[i] > 0;
    entry->record = (struct sdse_form_record){
        .hash = entry->record.hash,
        .form = {.smartdeal = true,
                 .basis_size = m->slicing.basis_size,
                 .rows = m->slicing.rows,
                 .rows_per_block = m->slicing.rows_per_block,
                 .blocks = m->blocks,
                 .density = m->density,
                 .row_density = m->row_density,
                 .coefficient_bits = setting->coefficient_bits,
                 .basis_bits = setting->basis_bits,
                 .scale_bits = setting->scale_bits,
                 .index = setting->index,
                 .coefficient_bits_total = (double)bits[SDSE_SECTION_COEFFICIENTS],
                 .basis_bits_total =
                     (double)(bits[SDSE_SECTION_BASIS] + bits[SDSE_SECTION_SCALE]),
                 .index_bits_total = (double)bits[SDSE_SECTION_INDEX],
                 .sharing = entry->sharing,
                 .joint_row_density = joint,
                 .rel_error = m->rel_error,
                 .measured = true},
        .from = sdse_layer_has_weight_file(entry->layer) ? SDSE_WEIGHTS_REAL
                                                         : SDSE_WEIGHTS_SYNTHETIC,
        .weight_bits = (double)m->stored_bits,
        .weight_words = m->weights,
        .weight_norm = m->weight_norm,
        .sqnr_db = isfinite(m->sqnr_db) ? m->sqnr_db : (double)NAN,
        .exponents_used = exponents_used,
        .joint_row_density_32 = m->joint_row_density[1],
        .joint_row_density_64 = m->joint_row_density[2]};
}

// Digits of the words as multipliers see them.
static enum sdse_status count_digits(const struct sdse_coded_layer *coded,
                                     enum sdse_encoding encoding,
                                     double digits[SDSE_DIGITS_MOST + 1]) {
    const struct sdse_operand operand = {(enum sdse_recoding)encoding,
                                         coded->weight_bits, true};
    uint64_t filters, each, all;
    if (!sdse_weight_count(&coded->shape, &filters, &each, &all))
        return SDSE_OVERFLOW;
    int16_t *words = malloc((size_t)each * sizeof *words + 1);
    enum sdse_status status = words ? SDSE_OK : SDSE_NO_MEMORY;
    for (uint64_t f = 0; f < filters && !status; f++) {
        sdse_rebuild_filter(coded, f, words);
        status = sdse_digit_bins(&operand, words, each, digits);
    }
    free(words);
    return status;
}

// What both kinds of products first have in common, once their form is known.
static void keep_first(struct sdse_measured *entry, struct sdse_weight_form form,
                       double weight_norm) {
    const struct sdse_nest *nest = &entry->layer->nest;
    form.measured = true;
    entry->record = (struct sdse_form_record){
        .hash = entry->record.hash,
        .form = form,
        .from = sdse_layer_has_weight_file(entry->layer) ? SDSE_WEIGHTS_REAL
                                                         : SDSE_WEIGHTS_SYNTHETIC,
        .weight_bits =
            form.coefficient_bits_total + form.basis_bits_total + form.index_bits_total,
        .weight_words = sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound),
        .weight_norm = weight_norm,
        .sqnr_db = form.rel_error > 0 ? -20 * log10(form.rel_error) : (double)NAN,
        .joint_row_density_32 = (double)NAN,
        .joint_row_density_64 = (double)NAN};
    entry->known = true;
}

// Distinct words among the plain ones: what raw layers store, so nothing is lost.
static enum sdse_status measure_unique(struct sdse_measured *entry, const float *values,
                                       struct sdse_diags *diags) {
    const struct sdse_layer *layer = entry->layer;
    const struct sdse_form_setting *setting = entry->setting;
    const uint64_t *bound = layer->nest.bound;
    const uint32_t word_bits = sdse_measured_word_bits(entry->word_bits);
    const struct sdse_layer_weights weights = {
        layer->name, sdse_layer_weight_shape(layer), values, layer->loc};
    struct sdse_coded_layer coded;
    struct sdse_coding_error error;
    struct sdse_unique_counts counts;
    enum sdse_status status =
        sdse_encode_raw(&weights, word_bits, &coded, &error, diags);
    if (status != SDSE_OK)
        return status;
    status = sdse_unique_count(coded.raw_words, bound[SDSE_K], bound[SDSE_C], word_bits,
                               &(struct sdse_unique_lists){setting->inputs_per_width,
                                                           setting->outputs_per_block},
                               &counts);
    sdse_coded_free(&coded);
    if (status == SDSE_OK)
        keep_first(
            entry,
            (struct sdse_weight_form){
                .first = SDSE_UNIQUE_FIRST,
                .products = (double)counts.words,
                .sums_per_weight = 1,
                .index_bits_total = (double)counts.index_bits,
                .basis_bits_total = (double)(counts.word_bits + counts.table_bits)},
            sqrt(error.weight_square));
    return status;
}

static enum sdse_status measure_basis_first(struct sdse_measured *entry,
                                            const float *values,
                                            struct sdse_diags *diags) {
    const struct sdse_form_setting *setting = entry->setting;
    const uint64_t *bound = entry->layer->nest.bound;
    const uint64_t channels = bound[SDSE_G] * bound[SDSE_C];
    const uint64_t kernels = channels * bound[SDSE_K];
    const uint32_t taps = (uint32_t)(bound[SDSE_R] * bound[SDSE_S]);
    if (!sdse_basis_first_check(entry->layer->name, taps, entry->layer->loc, diags))
        return SDSE_INVALID;
    struct sdse_basis_first shared;
    const enum sdse_status status = sdse_basis_first(
        values, kernels, taps, setting->bases, setting->basis_bits, &shared);
    if (status != SDSE_OK)
        return status;
    const double entries = (double)kernels * shared.bases;
    const double nonzero = (double)shared.nonzero;
    keep_first(
        entry,
        (struct sdse_weight_form){
            .first = SDSE_BASIS_FIRST,
            .basis_size = shared.bases,
            .density = nonzero / entries,
            .coefficient_bits = 1,
            .basis_bits = setting->basis_bits,
            .products = (double)channels * shared.bases * taps,
            .sums_per_weight = nonzero / entries * shared.bases / taps,
            .coefficient_bits_total = nonzero,
            .index_bits_total = entries,
            .basis_bits_total = (double)shared.bases * taps * setting->basis_bits,
            .rel_error = shared.rel_error},
        shared.weight_norm);
    sdse_basis_first_free(&shared);
    return SDSE_OK;
}

static enum sdse_status measure_first(struct sdse_measured *entry, const float *values,
                                      struct sdse_diags *diags) {
    return entry->setting->first == SDSE_UNIQUE_FIRST
               ? measure_unique(entry, values, diags)
               : measure_basis_first(entry, values, diags);
}

// A file that was written to since the sweep was planned would be kept under the hash
// of what it held before.
static enum sdse_status check_unchanged(const struct sdse_measured *entry,
                                        const float *values, struct sdse_diags *diags) {
    const struct sdse_layer *layer = entry->layer;
    if (!entry->planned_weights || !sdse_layer_has_weight_file(layer))
        return SDSE_OK;
    const size_t words =
        (size_t)sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound);
    const struct sdse_hash now = sdse_hash_bytes(values, words * sizeof *values);
    if (sdse_hash_same(now, *entry->planned_weights))
        return SDSE_OK;
    sdse_diag_add(diags, SDSE_ERROR, layer->loc, "weights-changed",
                  "layer '%s': %s has changed since the sweep began", layer->name,
                  layer->weights_file);
    return SDSE_INVALID;
}

// Loads the layer's weights, once its setting is found good.
static enum sdse_status load(const struct sdse_measured *entry,
                             struct sdse_smartdeal_setting *setting,
                             struct sdse_diags *diags, float **values) {
    *setting = sdse_form_smartdeal_setting(entry->setting);
    setting->weight_bits = sdse_measured_word_bits(entry->word_bits);
    enum sdse_status status =
        entry->setting->first ? SDSE_OK
                              : sdse_setting_check(setting, entry->layer->loc, diags);
    if (!status && !*values)
        status = sdse_layer_weights_load(entry->workload, entry->layer, diags, values);
    return status ? status : check_unchanged(entry, *values, diags);
}

// Measures a coded layer further, as the accelerator asks.
static enum sdse_status keep_coded(struct sdse_measured *entry,
                                   const struct sdse_form_measure *measure,
                                   const struct sdse_coded_layer *coded) {
    const struct sdse_sharing sharing = entry->sharing;
    double digits[SDSE_DIGITS_MOST + 1] = {0};
    if (entry->serial.taken) {
        const enum sdse_status status =
            count_digits(coded, entry->serial.encoding, digits);
        if (status)
            return status;
    }
    keep(entry, measure,
         sharing.group ? sdse_joint_row_density(coded, sharing.group, sharing.slices)
                       : 0);
    if (entry->serial.taken) {
        struct sdse_weight_form *form = &entry->record.form;
        form->digit_bits = coded->weight_bits;
        form->digit_encoding = entry->serial.encoding;
        memcpy(form->digit_words, digits, sizeof form->digit_words);
    }
    entry->known = true;
    return SDSE_OK;
}

// Measures one of the entries that share a layer. What they have in common is in
// *values and *study, which are made with the first.
static enum sdse_status measure_next(struct sdse_measured *entry, unsigned threads,
                                     float **values, struct sdse_layer_weights *weights,
                                     struct sdse_study **study, const atomic_bool *stop,
                                     struct sdse_diags *diags) {
    struct sdse_smartdeal_setting setting;
    enum sdse_status status = load(entry, &setting, diags, values);
    if (status)
        return status;
    if (entry->setting->first)
        return measure_first(entry, *values, diags);
    *weights = (struct sdse_layer_weights){entry->layer->name,
                                           sdse_layer_weight_shape(entry->layer),
                                           *values, entry->layer->loc};
    if (!*study && !(*study = sdse_study_new(weights)))
        return SDSE_NO_MEMORY;
    sdse_study_stop_at(*study, stop);
    struct sdse_form_measure measure;
    struct sdse_coded_layer coded;
    status = sdse_study_measure(*study, &setting, threads, &measure, &coded, diags);
    if (!status)
        status = keep_coded(entry, &measure, &coded);
    sdse_coded_free(&coded);
    return status;
}

void sdse_measure_alike(struct sdse_measured **entries, size_t count, unsigned threads,
                        struct sdse_arena *arena, const atomic_bool *stop,
                        double *seconds) {
    float *values = NULL;
    struct sdse_layer_weights weights;
    struct sdse_study *study = NULL;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count && !status && !(stop && atomic_load(stop)); i++) {
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        const double began = seconds ? sdse_cpu_seconds_now() : 0;
        status =
            measure_next(entries[i], threads, &values, &weights, &study, stop, &diags);
        if (seconds)
            seconds[i] = sdse_cpu_seconds_now() - began;
        if (status == SDSE_INTERRUPTED)
            break; // it stays unknown
        entries[i]->status = status;
        entries[i]->reason = status ? diags.first : NULL;
    }
    sdse_study_free(study);
    free(values);
}

enum sdse_status sdse_measure(struct sdse_measured *entry, unsigned threads,
                              struct sdse_arena *arena) {
    sdse_measure_alike(&entry, 1, threads, arena, NULL, NULL);
    return entry->status;
}

// Whether they share a layer whose decomposition `agree` speaks of.
static bool share(const struct sdse_measured *a, const struct sdse_measured *b,
                  bool (*agree)(const struct sdse_smartdeal_setting *,
                                const struct sdse_smartdeal_setting *)) {
    if (a->layer != b->layer || a->setting->first || b->setting->first)
        return false;
    const struct sdse_smartdeal_setting left = sdse_form_smartdeal_setting(a->setting);
    const struct sdse_smartdeal_setting right = sdse_form_smartdeal_setting(b->setting);
    return agree(&left, &right);
}

bool sdse_measured_alike(const struct sdse_measured *a, const struct sdse_measured *b) {
    return share(a, b, sdse_settings_decompose_alike);
}

struct group {
    size_t first, count;
};

struct measuring {
    struct sdse_measured **entries;
    struct group *groups;
    unsigned threads_each;
    struct sdse_arena **workers;
    const atomic_bool *stop;
};

static void measure_group(void *context, unsigned worker, size_t index) {
    const struct measuring *m = context;
    const struct group *g = &m->groups[index];
    sdse_measure_alike(m->entries + g->first, g->count, m->threads_each,
                       m->workers[worker], m->stop, NULL);
}

// The largest layers first, so that the threads end together; then as a study likes it.
static int by_falling_words(const void *a, const void *b) {
    const struct sdse_measured *left = *(struct sdse_measured *const *)a;
    const struct sdse_measured *right = *(struct sdse_measured *const *)b;
    const struct sdse_nest *nests[] = {&left->layer->nest, &right->layer->nest};
    const uint64_t l = sdse_tile_words(nests[0], SDSE_WEIGHTS, nests[0]->bound);
    const uint64_t r = sdse_tile_words(nests[1], SDSE_WEIGHTS, nests[1]->bound);
    if (l != r)
        return (l < r) - (l > r);
    if (left->layer != right->layer) {
        const int names = strcmp(left->layer->name, right->layer->name);
        return names ? names : left->layer < right->layer ? -1 : 1;
    }
    const struct sdse_smartdeal_setting settings[] = {
        sdse_form_smartdeal_setting(left->setting),
        sdse_form_smartdeal_setting(right->setting)};
    const int order = sdse_study_order(&settings[0], &settings[1]);
    if (order)
        return order;
    return left->setting < right->setting ? -1 : left->setting > right->setting;
}

enum sdse_status sdse_measure_all(struct sdse_measured **entries, size_t count,
                                  unsigned threads, struct sdse_arena **workers,
                                  const atomic_bool *stop) {
    if (!count)
        return SDSE_OK;
    qsort(entries, count, sizeof(struct sdse_measured *), by_falling_words);
    struct group *groups = malloc(count * sizeof *groups);
    if (!groups)
        return SDSE_NO_MEMORY;
    size_t group_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (i && share(entries[i - 1], entries[i], sdse_settings_bisect_alike))
            groups[group_count - 1].count++;
        else
            groups[group_count++] = (struct group){i, 1};
    }
    struct measuring m = {entries, groups,
                          group_count < threads ? threads / (unsigned)group_count : 1,
                          workers, stop};
    enum sdse_status status =
        sdse_parallel_for(group_count, threads, measure_group, &m);
    free(groups);
    for (size_t i = 0; !status && i < count; i++)
        status = entries[i]->status;
    return status;
}
