// Writing and loading weight forms.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/statements.h"
#include "results/store/store.h"

static const char *const index_names[] = {"element-bitmap", "row", "run-length",
                                          "dense"};

enum { DIGITS_TEXT = (SDSE_ACTIVATION_DIGITS + 1) * 26 };

// Words with 0, 1, … digits.
static void print_digits(const double words[SDSE_ACTIVATION_DIGITS + 1],
                         char text[DIGITS_TEXT]) {
    size_t length = 0;
    for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++)
        length += (size_t)snprintf(text + length, DIGITS_TEXT - length, "%s%.17g",
                                   d ? " " : "", words[d]);
}

// Of a row's columns encoding, bits and words; nothing if they are NULL.
static void read_digits(struct sdse_binding *query, struct sdse_weight_form *form) {
    if (sqlite3_column_type(query->statement, 28) == SQLITE_NULL)
        return;
    const char *name = sdse_bind_text_of(query, 28);
    const char *text = sdse_bind_text_of(query, 30);
    for (unsigned e = 0; name && text && e < SDSE_ENCODINGS; e++) {
        if (strcmp(name, sdse_encoding_name((enum sdse_encoding)e)) != 0)
            continue;
        form->digit_encoding = (enum sdse_encoding)e;
        form->digit_bits = (uint32_t)sqlite3_column_int64(query->statement, 29);
        char *rest = NULL;
        for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++, text = rest)
            form->digit_words[d] = strtod(text, &rest);
    }
}

static void read_first(struct sdse_binding *query, struct sdse_weight_form *form) {
    const char *name = sdse_bind_text_of(query, 31);
    for (int kind = SDSE_UNIQUE_FIRST; name && kind <= SDSE_BASIS_FIRST; kind++)
        if (strcmp(name, sdse_products_first_name((enum sdse_products_first)kind)) == 0)
            form->first = (enum sdse_products_first)kind;
    if (!form->first)
        return;
    form->products = sqlite3_column_double(query->statement, 32);
    form->sums_per_weight = sqlite3_column_double(query->statement, 33);
}

enum sdse_status sdse_store_add_form(struct sdse_store *store,
                                     const struct sdse_form_record *form) {
    enum sdse_status status = sdse_store_may_add(store);
    if (status != SDSE_OK)
        return status;
    const struct sdse_weight_form *w = &form->form;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_FORM, SDSE_CONTENT_WEIGHT_FORM);
    sdse_bind_hash(&add, form->hash);
    sdse_bind_u64(&add, w->smartdeal);
    sdse_bind_text(&add, sdse_weights_from_name(form->from));
    sdse_bind_u64(&add, w->measured);
    sdse_bind_u64(&add, w->basis_size);
    sdse_bind_u64(&add, w->rows);
    sdse_bind_u64(&add, w->rows_per_block);
    sdse_bind_u64(&add, w->blocks);
    sdse_bind_f64(&add, w->density);
    sdse_bind_f64(&add, w->row_density);
    sdse_bind_u64(&add, w->coefficient_bits);
    sdse_bind_u64(&add, w->basis_bits);
    sdse_bind_u64(&add, w->scale_bits);
    sdse_bind_text(&add, index_names[w->index]);
    sdse_bind_f64(&add, w->coefficient_bits_total);
    sdse_bind_f64(&add, w->basis_bits_total);
    sdse_bind_f64(&add, w->index_bits_total);
    sdse_bind_f64(&add, form->weight_bits);
    sdse_bind_u64(&add, form->weight_words);
    sdse_bind_f64(&add, form->weight_norm);
    sdse_bind_f64(&add, w->rel_error < 0 ? (double)NAN : w->rel_error);
    sdse_bind_f64(&add, form->sqnr_db);
    sdse_bind_u64(&add, form->exponents_used);
    sdse_bind_f64(&add, form->joint_row_density_32);
    sdse_bind_f64(&add, form->joint_row_density_64);
    const bool shared = w->sharing.group > 0;
    sdse_bind_u64(&add, w->sharing.group);
    sdse_bind_u64(&add, w->sharing.slices);
    sdse_bind_f64(&add, shared ? w->joint_row_density : (double)NAN);
    sdse_bind_u64(&add, w->prune_group);
    const bool digits = w->digit_bits > 0;
    char words[DIGITS_TEXT] = "";
    print_digits(w->digit_words, words);
    sdse_bind_text(&add, digits ? sdse_encoding_name(w->digit_encoding) : NULL);
    if (digits)
        sdse_bind_u64(&add, w->digit_bits);
    else
        sdse_bind_null(&add);
    sdse_bind_f64(&add, digits ? sdse_histogram_mean(w->digit_words) : (double)NAN);
    sdse_bind_text(&add, digits ? words : NULL);
    sdse_bind_text(&add, w->first ? sdse_products_first_name(w->first) : NULL);
    sdse_bind_f64(&add, w->first ? w->products : (double)NAN);
    sdse_bind_f64(&add, w->first ? w->sums_per_weight : (double)NAN);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

bool sdse_store_has_form(struct sdse_store *store, struct sdse_hash form) {
    int64_t id = 0;
    return sdse_store_find(store, SDSE_SQL_FORM_ID, form, &id);
}

static enum sdse_index_format index_from_name(const char *name) {
    for (size_t i = 0; i < sizeof index_names / sizeof *index_names; i++)
        if (strcmp(name, index_names[i]) == 0)
            return (enum sdse_index_format)i;
    return SDSE_INDEX_DENSE;
}

bool sdse_store_load_form(struct sdse_store *store, struct sdse_hash form,
                          struct sdse_form_record *out) {
    struct sdse_binding query = sdse_bind(store, SDSE_SQL_LOAD_FORM);
    sdse_bind_hash(&query, form);
    if (!sdse_bind_row(&query))
        return false;
    sqlite3_stmt *row = query.statement;
    const char *from = sdse_bind_text_of(&query, 1);
    const char *index = sdse_bind_text_of(&query, 12);
    if (!from || !index) {
        sqlite3_reset(row);
        return false;
    }
    *out = (struct sdse_form_record){
        .hash = form,
        .from = sdse_weights_from_text(from),
        .form = {.smartdeal = sqlite3_column_int(row, 0) != 0,
                 .measured = sqlite3_column_int(row, 2) != 0,
                 .basis_size = (uint32_t)sqlite3_column_int64(row, 3),
                 .rows = (uint64_t)sqlite3_column_int64(row, 4),
                 .rows_per_block = (uint64_t)sqlite3_column_int64(row, 5),
                 .blocks = (uint64_t)sqlite3_column_int64(row, 6),
                 .density = sqlite3_column_double(row, 7),
                 .row_density = sqlite3_column_double(row, 8),
                 .prune_group = (uint32_t)sqlite3_column_int64(row, 27),
                 .coefficient_bits = (uint32_t)sqlite3_column_int64(row, 9),
                 .basis_bits = (uint32_t)sqlite3_column_int64(row, 10),
                 .scale_bits = (uint32_t)sqlite3_column_int64(row, 11),
                 .index = index_from_name(index),
                 .coefficient_bits_total = sqlite3_column_double(row, 13),
                 .basis_bits_total = sqlite3_column_double(row, 14),
                 .index_bits_total = sqlite3_column_double(row, 15),
                 .sharing = {(uint32_t)sqlite3_column_int64(row, 24),
                             (uint32_t)sqlite3_column_int64(row, 25)},
                 .joint_row_density = sdse_row_f64_or(row, 26, 0),
                 .rel_error = sdse_row_f64_or(row, 18, -1)},
        .weight_bits = sqlite3_column_double(row, 16),
        .weight_words = (uint64_t)sqlite3_column_int64(row, 17),
        .sqnr_db = sdse_row_f64_or(row, 19, (double)NAN),
        .exponents_used = (uint32_t)sqlite3_column_int64(row, 20),
        .weight_norm = sdse_row_f64_or(row, 21, (double)NAN),
        .joint_row_density_32 = sdse_row_f64_or(row, 22, (double)NAN),
        .joint_row_density_64 = sdse_row_f64_or(row, 23, (double)NAN)};
    read_digits(&query, &out->form);
    read_first(&query, &out->form);
    sqlite3_reset(row);
    return true;
}
