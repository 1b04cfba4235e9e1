#include "results/look/table_grid.h"

#include <string.h>

#include "base/text.h"
#include "results/look/plain_text.h"
#include "results/look/table_cells.h"

// ---- texts ----

// Without controls; most texts are their own.
static const char *plain(const char *text, struct sdse_arena *arena) {
    bool as_it_is = true;
    for (const unsigned char *c = (const unsigned char *)text; *c && as_it_is; c++)
        as_it_is = *c >= 0x20 && *c < 0x7f;
    if (as_it_is)
        return text;
    struct sdse_text escaped;
    if (!sdse_text_begin(&escaped))
        return NULL;
    sdse_plain_text_print(text, false, escaped.out);
    return sdse_text_end(&escaped, arena);
}

struct making {
    const struct sdse_table *table;
    struct sdse_arena *arena;
    struct sdse_grid *grid;
    bool failed;
};

static void take_cell(void *context, size_t row, size_t column,
                      const struct sdse_cell *cell) {
    struct making *making = context;
    struct sdse_grid *grid = making->grid;
    char buffer[SDSE_CELL_BYTES];
    const char *text =
        sdse_table_cell_text(cell, making->table->columns[column].digits, buffer);
    text = text == buffer ? sdse_arena_strdup(making->arena, text)
                          : plain(text, making->arena);
    making->failed |= !text;
    grid->text[row * grid->columns + column] = text ? text : "";
    grid->number[column] &= cell->kind != SDSE_CELL_TEXT;
}

static bool take_texts(const struct sdse_table *table, struct sdse_arena *arena,
                       struct sdse_grid *grid) {
    const size_t columns = table->column_count;
    *grid =
        (struct sdse_grid){.rows = sdse_table_rows(table),
                           .columns = columns,
                           .title = SDSE_ARENA_ARRAY(arena, const char *, columns + 1),
                           .number = SDSE_ARENA_ARRAY(arena, bool, columns + 1)};
    grid->text = SDSE_ARENA_ARRAY(arena, const char *, grid->rows *columns + 1);
    if (!grid->title || !grid->number || !grid->text)
        return false;
    for (size_t i = 0; i < columns; i++) {
        grid->title[i] = plain(table->columns[i].title, arena);
        grid->number[i] = true;
        if (!grid->title[i])
            return false;
    }
    struct making making = {table, arena, grid, false};
    sdse_table_each_cell(table, take_cell, &making);
    return !making.failed;
}

// ---- columns that do not change ----

static bool is_constant(const struct sdse_grid *grid, size_t column) {
    const char *first = grid->text[column];
    for (size_t row = 1; row < grid->rows; row++)
        if (strcmp(grid->text[row * grid->columns + column], first) != 0)
            return false;
    return true;
}

static void keep_columns(struct sdse_grid *grid, const bool *left_out) {
    size_t to = 0, columns = 0;
    for (size_t row = 0; row < grid->rows; row++)
        for (size_t i = 0; i < grid->columns; i++)
            if (!left_out[i])
                grid->text[to++] = grid->text[row * grid->columns + i];
    for (size_t i = 0; i < grid->columns; i++) {
        if (left_out[i])
            continue;
        grid->title[columns] = grid->title[i];
        grid->number[columns++] = grid->number[i];
    }
    grid->columns = columns;
}

static bool leave_out_constants(struct sdse_grid *grid, struct sdse_arena *arena) {
    bool *left_out = SDSE_ARENA_ARRAY(arena, bool, grid->columns + 1);
    if (!left_out)
        return false;
    size_t shown = grid->columns;
    for (size_t i = grid->columns; i-- > 0 && grid->rows > 1;) {
        // Something is always shown: the first column at the least.
        left_out[i] = is_constant(grid, i) && shown > 1;
        shown -= left_out[i];
    }
    for (size_t i = 0; i < grid->columns; i++) {
        if (!left_out[i])
            continue;
        const char *value = grid->text[i];
        const char **line = *value ? &grid->same : &grid->empty;
        const char *before = *line ? *line : *value ? "all:" : "nothing in:";
        *line = sdse_arena_printf(arena, "%s%s %s%s%s", before, *line ? "," : "",
                                  grid->title[i], *value ? "=" : "", value);
        if (!*line)
            return false;
    }
    keep_columns(grid, left_out);
    return true;
}

// ---- equal layers ----

enum { NO_COLUMN = SDSE_TABLE_MOST_COLUMNS };

static size_t find_column(const struct sdse_grid *grid, const char *title) {
    for (size_t i = 0; i < grid->columns; i++)
        if (strcmp(grid->title[i], title) == 0)
            return i;
    return NO_COLUMN;
}

static bool says_the_same(const struct sdse_grid *grid, size_t a, size_t b,
                          const size_t labels[3]) {
    for (size_t i = 0; i < grid->columns; i++)
        if (i != labels[0] && i != labels[1] && i != labels[2] &&
            strcmp(grid->text[a * grid->columns + i],
                   grid->text[b * grid->columns + i]) != 0)
            return false;
    return true;
}

static bool group_layers(struct sdse_grid *grid, struct sdse_arena *arena) {
    const size_t labels[] = {find_column(grid, "layer"),
                             find_column(grid, "layer_index"), find_column(grid, "i")};
    // Without another column there is nothing that is equal.
    size_t others = grid->columns;
    for (size_t k = 0; k < 3; k++)
        others -= labels[k] != NO_COLUMN;
    if (labels[0] == NO_COLUMN || grid->number[labels[0]] || others == 0)
        return true;
    size_t kept = 0;
    for (size_t row = 0, end; row < grid->rows; row = end) {
        for (end = row + 1; end < grid->rows && says_the_same(grid, row, end, labels);)
            end++;
        const char **first = &grid->text[row * grid->columns];
        const char **last = &grid->text[(end - 1) * grid->columns];
        for (size_t k = 0; end - row > 1 && k < 3; k++) {
            const size_t i = labels[k];
            if (i == NO_COLUMN)
                continue;
            first[i] = k == 0 ? sdse_arena_printf(arena, "%s…%s (%zu ×)", first[i],
                                                  last[i], end - row)
                              : sdse_arena_printf(arena, "%s…%s", first[i], last[i]);
            grid->number[i] = false;
            if (!first[i])
                return false;
        }
        memmove(&grid->text[kept++ * grid->columns], first,
                grid->columns * sizeof *first);
    }
    grid->rows = kept;
    return true;
}

// ---- decimal points ----

// Digits in front of the point, and the point with what is behind it. False for what
// is no plain number: its column stays as it is, with its ends in line.
static bool split_number(const char *text, size_t *before, size_t *behind) {
    const size_t length = strlen(text);
    const char *point = strchr(text, '.');
    if (strspn(text, "+-0123456789.") != length)
        return false;
    *before = point ? (size_t)(point - text) : length;
    *behind = length - *before;
    return true;
}

static bool align_points(struct sdse_grid *grid, size_t column,
                         struct sdse_arena *arena) {
    size_t most_before = 0, most_behind = 0, before, behind;
    for (size_t row = 0; row < grid->rows; row++) {
        const char *text = grid->text[row * grid->columns + column];
        if (!split_number(text, &before, &behind))
            return true;
        most_before = before > most_before ? before : most_before;
        most_behind = behind > most_behind ? behind : most_behind;
    }
    for (size_t row = 0; row < grid->rows && most_behind; row++) {
        const char **text = &grid->text[row * grid->columns + column];
        split_number(*text, &before, &behind);
        if (!**text)
            continue;
        *text = sdse_arena_printf(arena, "%*s%s%*s", (int)(most_before - before), "",
                                  *text, (int)(most_behind - behind), "");
        if (!*text)
            return false;
    }
    return true;
}

bool sdse_grid_make(const struct sdse_table *table, struct sdse_arena *arena,
                    struct sdse_grid *grid) {
    bool made = take_texts(table, arena, grid) && leave_out_constants(grid, arena) &&
                group_layers(grid, arena);
    for (size_t i = 0; made && i < grid->columns; i++)
        if (grid->number[i])
            made = align_points(grid, i, arena);
    return made;
}
