// A table within the width of a terminal: columns made narrower, texts wrapped, and
// what still does not fit in a table of its own below.
#include <string.h>

#include "base/utf8.h"
#include "results/look/plain_text.h"
#include "results/look/table_cells.h"
#include "results/look/table_grid.h"

enum { GAP = 2, LEAST_TEXT = 12, LEAST_TITLE = 8 };

struct layout {
    const struct sdse_grid *grid;
    size_t columns; // of the terminal
    FILE *out;
    size_t title_width[SDSE_TABLE_MOST_COLUMNS];
    size_t own[SDSE_TABLE_MOST_COLUMNS];   // what a column would take
    size_t least[SDSE_TABLE_MOST_COLUMNS]; // what it must have
};

static size_t min(size_t a, size_t b) { return a < b ? a : b; }
static size_t max(size_t a, size_t b) { return a > b ? a : b; }

static size_t width_of(const char *text) {
    return sdse_plain_text_print(text, false, NULL);
}

static void measure(struct layout *layout) {
    const struct sdse_grid *grid = layout->grid;
    for (size_t i = 0; i < grid->columns; i++) {
        size_t widest = 0;
        for (size_t row = 0; row < grid->rows; row++)
            widest = max(widest, width_of(grid->text[row * grid->columns + i]));
        const size_t title = layout->title_width[i] = width_of(grid->title[i]);
        layout->own[i] = max(widest, title);
        layout->least[i] = grid->number[i] ? max(widest, min(title, LEAST_TITLE))
                                           : min(layout->own[i], LEAST_TEXT);
        layout->least[i] = min(layout->least[i], layout->columns);
    }
}

// ---- widths ----

// The columns of one table: grid columns, and what each gets.
struct block {
    size_t count;
    size_t column[SDSE_TABLE_MOST_COLUMNS], width[SDSE_TABLE_MOST_COLUMNS];
};

static size_t total_at(const struct layout *layout, struct block *block, size_t cap) {
    size_t total = GAP * (block->count - 1);
    for (size_t k = 0; k < block->count; k++) {
        const size_t i = block->column[k];
        block->width[k] = max(layout->least[i], min(layout->own[i], cap));
        total += block->width[k];
    }
    return total;
}

// Lowers the widest columns until all fit. False if they never do.
static bool fit(const struct layout *layout, struct block *block) {
    size_t low = 0, high = layout->columns;
    if (total_at(layout, block, 0) > layout->columns)
        return false;
    while (low < high) { // the greatest cap that fits
        const size_t cap = low + (high - low + 1) / 2;
        if (total_at(layout, block, cap) <= layout->columns)
            low = cap;
        else
            high = cap - 1;
    }
    size_t left = layout->columns - total_at(layout, block, low);
    for (size_t k = 0; k < block->count; k++) {
        const size_t i = block->column[k];
        const size_t more =
            min(left, layout->own[i] - min(layout->own[i], block->width[k]));
        block->width[k] += more;
        left -= more;
    }
    return true;
}

// ---- lines ----

// Bytes of the next line of `text` in `width` columns; *used: columns of it without
// blanks at its end. What fits is broken after a blank or one of "/,;=", else anywhere.
static size_t next_line(const char *text, size_t width, size_t *used) {
    size_t bytes = 0, columns = 0, break_bytes = 0, break_used = 0, solid = 0;
    while (text[bytes]) {
        const size_t wide = sdse_utf8_columns(text + bytes);
        if (columns + wide > width && bytes && text[bytes] != ' ') {
            *used = break_bytes ? break_used : solid;
            return break_bytes ? break_bytes : bytes;
        }
        const char c = text[bytes];
        bytes += sdse_utf8_length(text + bytes);
        columns += wide;
        if (c != ' ')
            solid = columns;
        if (strchr(" /,;=", c)) {
            break_bytes = bytes;
            break_used = solid;
        }
    }
    *used = solid;
    return bytes;
}

static void blanks(FILE *out, size_t count) {
    while (count-- > 0)
        fputc(' ', out);
}

// One row of texts, each wrapped in its column; the last column leaves no blanks.
static void print_row(const struct layout *layout, const struct block *block,
                      const char *const *texts) {
    const char *rest[SDSE_TABLE_MOST_COLUMNS];
    bool more = true;
    for (size_t k = 0; k < block->count; k++)
        rest[k] = texts[block->column[k]];
    for (bool first = true; more; first = false) {
        more = false;
        size_t owed = 0; // blanks that something may follow
        for (size_t k = 0; k < block->count; k++) {
            // Aligned numbers begin with blanks, which are theirs.
            const bool number = layout->grid->number[block->column[k]];
            size_t used = 0;
            const size_t bytes = next_line(rest[k], block->width[k], &used);
            const size_t pad = block->width[k] - min(used, block->width[k]);
            size_t shown = bytes;
            while (shown && rest[k][shown - 1] == ' ')
                shown--;
            const size_t behind = number && first ? bytes - shown : 0;
            const size_t front = number ? pad - min(pad, behind) : 0;
            owed += front;
            if (shown) {
                blanks(layout->out, owed);
                fwrite(rest[k], 1, shown, layout->out);
                owed = 0;
            }
            owed += pad - front + GAP;
            rest[k] += bytes;
            more |= *rest[k] != '\0';
        }
        fputc('\n', layout->out);
    }
}

static void print_rule(const struct layout *layout, const struct block *block) {
    for (size_t k = 0; k < block->count; k++) {
        blanks(layout->out, k ? GAP : 0);
        for (size_t i = 0; i < block->width[k]; i++)
            fputc('-', layout->out);
    }
    fputc('\n', layout->out);
}

static void print_block(const struct layout *layout, const struct block *block) {
    const struct sdse_grid *grid = layout->grid;
    print_row(layout, block, grid->title);
    print_rule(layout, block);
    for (size_t row = 0; row < grid->rows; row++)
        print_row(layout, block, &grid->text[row * grid->columns]);
}

static void print_note(const struct layout *layout, const char *note) {
    while (note && *note) {
        size_t used;
        const size_t bytes = next_line(note, layout->columns, &used);
        size_t shown = bytes;
        while (shown && note[shown - 1] == ' ')
            shown--;
        fwrite(note, 1, shown, layout->out);
        fputc('\n', layout->out);
        note += bytes;
    }
}

// ---- all of it ----

// The first column, and from `next` on as many as fit beside it. Where none does they
// come alone: first the first, if it is not yet shown, then the next.
static size_t fill_block(const struct layout *layout, size_t next, bool key_shown,
                         struct block *block) {
    const size_t columns = layout->grid->columns;
    *block = (struct block){.count = 1};
    for (; next < columns; next++) {
        block->column[block->count++] = next;
        if (!fit(layout, block)) {
            block->count--;
            break;
        }
    }
    if (block->count == 1 && next < columns && key_shown) {
        block->column[0] = next++;
        block->width[0] = min(layout->own[block->column[0]], layout->columns);
        return next;
    }
    fit(layout, block);
    return next;
}

static void print_grid(struct layout *layout) {
    const size_t columns = layout->grid->columns;
    struct block block;
    if (columns == 0)
        return;
    measure(layout);
    print_note(layout, layout->grid->same);
    print_note(layout, layout->grid->empty);
    bool key_shown = false;
    for (size_t next = 1; next < columns || !key_shown;) {
        if (key_shown)
            fputc('\n', layout->out);
        next = fill_block(layout, next, key_shown, &block);
        key_shown |= block.column[0] == 0;
        print_block(layout, &block);
    }
}

enum sdse_status sdse_table_write_within(const struct sdse_table *table, size_t columns,
                                         FILE *out) {
    if (!table || table->out_of_memory)
        return SDSE_NO_MEMORY;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_grid *grid = arena ? SDSE_ARENA_NEW(arena, struct sdse_grid) : NULL;
    struct layout *layout = arena ? SDSE_ARENA_NEW(arena, struct layout) : NULL;
    const bool made = grid && layout && sdse_grid_make(table, arena, grid);
    if (made) {
        *layout = (struct layout){.grid = grid,
                                  .columns = max(columns, SDSE_TABLE_LEAST_COLUMNS),
                                  .out = out};
        print_grid(layout);
    }
    sdse_arena_free(arena);
    if (!made)
        return SDSE_NO_MEMORY;
    return ferror(out) ? SDSE_IO : SDSE_OK;
}
