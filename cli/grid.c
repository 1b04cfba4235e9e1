#include "cli/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool set_field(struct sdse_smartdeal_setting *setting, enum cli_grid_field field,
                      double value) {
    if (field == CLI_GRID_THRESHOLD) {
        setting->threshold = value;
        return true;
    }
    if (value < 0 || value > UINT32_MAX || value != floor(value))
        return false;
    const uint32_t whole = (uint32_t)value;
    switch (field) {
    case CLI_GRID_BASIS_SIZE:
        setting->basis_size = whole;
        break;
    case CLI_GRID_ROWS_PER_SLICE:
        setting->rows_per_slice = whole;
        break;
    case CLI_GRID_COEFFICIENT_BITS:
        setting->coefficient_bits = whole;
        break;
    default:
        setting->basis_bits = whole;
        break;
    }
    return true;
}

// Multiplies the grid by the values of one axis.
static bool expand_axis(struct cli *cli, const struct cli_grid_axis *axis,
                        struct cli_grid *grid) {
    double values[CLI_MOST_SETTINGS];
    size_t count = 0;
    char *words = sdse_arena_strdup(cli->arena, axis->list);
    for (char *word = words ? strtok(words, ", ") : NULL; word;
         word = strtok(NULL, ", ")) {
        char *end;
        struct sdse_smartdeal_setting scratch;
        const double value = strtod(word, &end);
        if (end == word || *end || !isfinite(value) ||
            !set_field(&scratch, axis->field, value)) {
            cli_error(cli, "%s: '%s' is not a number that fits here", axis->option,
                      word);
            return false;
        }
        if (count * grid->count >= CLI_MOST_SETTINGS) {
            cli_error(cli, "more than %d settings", CLI_MOST_SETTINGS);
            return false;
        }
        values[count++] = value;
    }
    struct sdse_smartdeal_setting *larger = SDSE_ARENA_ARRAY(
        cli->arena, struct sdse_smartdeal_setting, grid->count * count);
    if (!larger || count == 0) {
        cli_error(cli, "%s: no value", axis->option);
        return false;
    }
    for (size_t i = 0; i < grid->count; i++)
        for (size_t j = 0; j < count; j++) {
            larger[i * count + j] = grid->setting[i];
            set_field(&larger[i * count + j], axis->field, values[j]);
        }
    grid->setting = larger;
    grid->count *= count;
    return true;
}

bool cli_grid_expand(struct cli *cli, const struct sdse_smartdeal_setting *base,
                     const struct cli_grid_axis *axes, size_t axis_count,
                     struct cli_grid *grid) {
    grid->count = 1;
    grid->setting = SDSE_ARENA_NEW(cli->arena, struct sdse_smartdeal_setting);
    if (!grid->setting)
        return false;
    *grid->setting = *base;
    for (size_t i = 0; i < axis_count; i++)
        if (!expand_axis(cli, &axes[i], grid))
            return false;
    // The first wrong setting says what is wrong; the others repeat it.
    bool good = true;
    for (size_t i = 0; i < grid->count && good; i++)
        good = sdse_setting_check(&grid->setting[i],
                                  (struct sdse_loc){.file = "command line"},
                                  &cli->diags) == SDSE_OK;
    cli_flush_diags(cli);
    return good;
}
