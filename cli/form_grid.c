#include "cli/form_grid.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// One option that takes a list: how its values are called in the name of a form, and
// how one of them changes a setting.
struct axis {
    const char *label;
    bool (*apply)(const char *text, struct sdse_smartdeal_setting *setting);
    const char *wanted;
};

static bool as_u32(const char *text, uint32_t *out) {
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value > UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool as_real(const char *text, double *out) {
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

static bool basis_size(const char *text, struct sdse_smartdeal_setting *s) {
    return as_u32(text, &s->basis_size);
}
static bool rows(const char *text, struct sdse_smartdeal_setting *s) {
    return as_u32(text, &s->rows_per_slice);
}
static bool threshold(const char *text, struct sdse_smartdeal_setting *s) {
    s->threshold_mode = SDSE_THRESHOLD_ABSOLUTE;
    return as_real(text, &s->threshold);
}
static bool relative(const char *text, struct sdse_smartdeal_setting *s) {
    s->threshold_mode = SDSE_THRESHOLD_RELATIVE;
    return as_real(text, &s->threshold);
}
static bool sparsity(const char *text, struct sdse_smartdeal_setting *s) {
    s->threshold_mode = SDSE_THRESHOLD_SPARSITY;
    return as_real(text, &s->threshold);
}
static bool coefficient_bits(const char *text, struct sdse_smartdeal_setting *s) {
    return as_u32(text, &s->coefficient_bits);
}
static bool basis_bits(const char *text, struct sdse_smartdeal_setting *s) {
    return as_u32(text, &s->basis_bits);
}
static bool weight_bits(const char *text, struct sdse_smartdeal_setting *s) {
    return as_u32(text, &s->weight_bits);
}
static bool iterations(const char *text, struct sdse_smartdeal_setting *s) {
    return as_u32(text, &s->iterations);
}

static bool index_kind(const char *text, struct sdse_smartdeal_setting *s) {
    static const char *const words[] = {"element_bitmap", "row", "run_length", "dense"};
    static const enum sdse_zero_store stores[] = {
        SDSE_STORE_ELEMENT_BITMAP, SDSE_STORE_ROW_INDEX, SDSE_STORE_RUN_LENGTH,
        SDSE_STORE_DENSE};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, words[i]) != 0)
            continue;
        s->store = stores[i];
        return true;
    }
    return false;
}

// "population:0.5:32", "none"
static bool prune(const char *text, struct sdse_smartdeal_setting *s) {
    static const char *const words[] = {"population", "value", "energy"};
    static const enum sdse_prune_mode modes[] = {SDSE_PRUNE_POPULATION,
                                                 SDSE_PRUNE_VALUE, SDSE_PRUNE_ENERGY};
    if (strcmp(text, "none") == 0) {
        s->prune = SDSE_PRUNE_NONE;
        return true;
    }
    const size_t word = strcspn(text, ":");
    for (int i = 0; i < 3; i++) {
        if (strlen(words[i]) != word || strncmp(words[i], text, word) != 0)
            continue;
        char amount[64];
        const char *rest = text + word + (text[word] == ':');
        const size_t digits = strcspn(rest, ":");
        if (digits >= sizeof amount)
            return false;
        memcpy(amount, rest, digits);
        amount[digits] = '\0';
        s->prune = modes[i];
        return as_real(amount, &s->prune_amount) &&
               (!rest[digits] || as_u32(rest + digits + 1, &s->prune_group));
    }
    return false;
}

static const struct axis axes[CLI_FORM_AXES] = {
    [CLI_FORM_BASIS_SIZE] = {"n", basis_size, "a whole number"},
    [CLI_FORM_ROWS] = {"rows", rows, "a whole number"},
    [CLI_FORM_THRESHOLD] = {"t", threshold, "a number"},
    [CLI_FORM_RELATIVE] = {"relative", relative, "a number"},
    [CLI_FORM_SPARSITY] = {"s", sparsity, "a number"},
    [CLI_FORM_PRUNE] =
        {"prune", prune,
         "none, or population, value or energy with an amount, like "
         "population:0.5, and filters per group, like population:0.5:32"},
    [CLI_FORM_COEFFICIENT_BITS] = {"c", coefficient_bits, "a whole number"},
    [CLI_FORM_BASIS_BITS] = {"b", basis_bits, "a whole number"},
    [CLI_FORM_WEIGHT_BITS] = {"w", weight_bits, "a whole number"},
    [CLI_FORM_INDEX] = {"index", index_kind,
                        "element_bitmap, row, run_length or dense"},
    [CLI_FORM_ITERATIONS] = {"iterations", iterations, "a whole number"},
};

// The values of one option.
struct values {
    size_t count;
    char **text;
};

// Cuts "a,b,c"; false after a message for every value that is not one.
static bool split_values(struct cli *cli, const char *list, int option,
                         struct values *out) {
    const size_t length = strlen(list);
    out->text = SDSE_ARENA_ARRAY(cli->arena, char *, length + 2);
    bool good = out->text != NULL;
    for (const char *at = list; good && at; at = *at ? at + 1 : NULL) {
        const size_t bytes = strcspn(at, ",");
        char *text = sdse_arena_copy(cli->arena, at, bytes);
        if (!text)
            return false;
        out->text[out->count++] = text;
        at += bytes;
    }
    const size_t count = out->count;
    for (size_t i = 0; i < count; i++) {
        struct sdse_smartdeal_setting ignored = sdse_smartdeal_setting_default();
        if (axes[option].apply(out->text[i], &ignored))
            continue;
        cli_error(cli, "--%s %s: expected %s, or several with commas between",
                  cli->verb->options[option].name, *out->text[i] ? out->text[i] : "''",
                  axes[option].wanted);
        good = false;
    }
    return good;
}

// The thresholds exclude each other: each says what theta is.
static bool accept_thresholds(struct cli *cli, const struct cli_args *args) {
    const int given = !!args->value[CLI_FORM_THRESHOLD] +
                      !!args->value[CLI_FORM_RELATIVE] +
                      !!args->value[CLI_FORM_SPARSITY];
    if (given > 1)
        cli_error(cli, "--threshold, --relative-threshold and --sparsity exclude each "
                       "other: give one of them");
    return given <= 1;
}

// Combination number `at`; *name lists the values of options that have several.
static bool combine(struct cli *cli, const struct cli_args *args,
                    const struct values *values, size_t at,
                    struct cli_grid_form *form) {
    form->setting = sdse_smartdeal_setting_default();
    form->setting.row_sparsity = args->value[CLI_FORM_ROW_SPARSITY] != NULL;
    form->setting.scale = args->value[CLI_FORM_SCALE] != NULL;
    form->setting.depthwise = args->value[CLI_FORM_DEPTHWISE] != NULL;
    form->name = "";
    for (int i = CLI_FORM_AXES - 1; i >= 0; i--) {
        if (!values[i].count)
            continue;
        const char *text = values[i].text[at % values[i].count];
        at /= values[i].count;
        axes[i].apply(text, &form->setting);
        if (values[i].count > 1)
            form->name = sdse_arena_printf(cli->arena, "%s=%s%s%s", axes[i].label, text,
                                           *form->name ? " " : "", form->name);
        if (!form->name)
            return false;
    }
    return true;
}

// Checks the domains. What is wrong is said once, not for every combination.
static bool accept_settings(struct cli *cli, const struct cli_form_grid *grid) {
    for (size_t i = 0; i < grid->count; i++) {
        const char *name = grid->form[i].name;
        const struct sdse_loc loc = {.file = *name ? name : "setting"};
        if (sdse_setting_check(&grid->form[i].setting, loc, &cli->diags) == SDSE_OK)
            continue;
        cli_flush_diags(cli);
        return false;
    }
    return true;
}

enum cli_exit cli_parse_form_grid(struct cli *cli, const struct cli_args *args,
                                  struct cli_form_grid *grid) {
    struct values values[CLI_FORM_AXES] = {0};
    bool good = accept_thresholds(cli, args);
    size_t count = 1;
    for (int i = 0; i < CLI_FORM_AXES; i++) {
        if (!args->value[i])
            continue;
        good &= split_values(cli, args->value[i], i, &values[i]);
        if (values[i].count > 0 && count <= CLI_MOST_GRID_FORMS)
            count *= values[i].count;
    }
    if (good && count > CLI_MOST_GRID_FORMS) {
        cli_error(cli, "more than %d combinations of values", CLI_MOST_GRID_FORMS);
        good = false;
    }
    if (!good)
        return CLI_USAGE;
    *grid = (struct cli_form_grid){
        .form = SDSE_ARENA_ARRAY(cli->arena, struct cli_grid_form, count)};
    if (!grid->form)
        return cli_finish(cli, SDSE_NO_MEMORY);
    for (; grid->count < count; grid->count++)
        if (!combine(cli, args, values, grid->count, &grid->form[grid->count]))
            return cli_finish(cli, SDSE_NO_MEMORY);
    return accept_settings(cli, grid) ? CLI_OK : CLI_USAGE;
}
