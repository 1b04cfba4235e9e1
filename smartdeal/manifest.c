// For realpath; the name is the C library's.
#define _XOPEN_SOURCE 700 // NOLINT(bugprone-reserved-identifier,cert-*,readability-*)
#include "smartdeal/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errno_text.h"
#include "base/inside.h"
#include "base/whole_file.h"
#include "smartdeal/npy.h"

static const char header[] = "layer\tkind\tfile\tshape";

enum { COLUMNS = 4, LARGEST_BYTES = 16 * 1024 * 1024 };

struct reader {
    const char *folder;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const char *file; // path of manifest.tsv
    struct sdse_manifest_entry *entries;
    size_t count;
    enum sdse_status status;
    bool follow_links;
};

__attribute__((format(printf, 5, 6))) static bool refuse(struct reader *reader,
                                                         unsigned line, unsigned column,
                                                         const char *check,
                                                         const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sdse_diag_add(reader->diags, SDSE_ERROR,
                  (struct sdse_loc){reader->file, line, column}, check, "%s", text);
    return false;
}

static void fail(struct reader *reader, int error) {
    const enum sdse_status status =
        sdse_diag_errno(reader->diags, (struct sdse_loc){.file = reader->file},
                        "manifest-open", NULL, error);
    if (status != SDSE_INVALID)
        reader->status = status;
}

// The whole file as text in the arena, or NULL (reported, or memory is out).
static char *read_text(struct reader *reader) {
    struct stat info;
    if (stat(reader->file, &info) != 0)
        return fail(reader, errno), NULL;
    if (!S_ISREG(info.st_mode) || info.st_size > LARGEST_BYTES)
        return refuse(reader, 0, 0, "manifest-open",
                      "not a regular file, or larger than 16 MiB"),
               NULL;
    size_t length;
    char *bytes = sdse_read_file(reader->file, LARGEST_BYTES, &length);
    if (!bytes)
        return fail(reader, errno), NULL;
    char *text = NULL;
    if (length < (size_t)info.st_size)
        refuse(reader, 0, 0, "manifest-open", "it was cut while it was being read");
    else if (!(text = sdse_arena_copy(reader->arena, bytes, length)))
        reader->status = SDSE_NO_MEMORY;
    free(bytes);
    return text;
}

// Whether the file is below the folder when all links are followed; a file that is not
// there is somebody else's to report.
static bool stays_inside(struct reader *reader, const char *path) {
    bool inside;
    const int error = sdse_path_stays_inside(reader->folder, path, &inside);
    if (error && sdse_errno_status(error) != SDSE_INVALID)
        fail(reader, error);
    return inside;
}

static bool parse_shape(const char *text, struct sdse_manifest_entry *entry) {
    for (const char *at = text;; at++) {
        char *end;
        if (*at < '0' || *at > '9' || entry->rank == SDSE_ARRAY_MAX_RANK)
            return false;
        errno = 0;
        entry->shape[entry->rank++] = strtoull(at, &end, 10);
        at = end;
        if (errno || (*at && *at != 'x'))
            return false;
        if (!*at)
            return true;
    }
}

// The .npy file's header must say what the manifest says.
static bool check_file(struct reader *reader, const struct sdse_manifest_entry *entry,
                       unsigned line, unsigned column) {
    struct sdse_array array;
    enum sdse_status status = sdse_npy_read_shape(entry->path, &array, reader->diags);
    if (status != SDSE_OK) {
        if (status != SDSE_INVALID)
            reader->status = status;
        return false;
    }
    bool same =
        array.rank == entry->rank &&
        memcmp(array.shape, entry->shape, array.rank * sizeof *array.shape) == 0;
    return same || refuse(reader, line, column, "manifest-shape",
                          "layer '%s': the .npy file has another shape", entry->layer);
}

// Cuts a line at its tabs. False, reported, unless there are exactly four full columns.
static bool split_line(struct reader *reader, char *line, unsigned number,
                       char *column[COLUMNS]) {
    unsigned count = 0;
    for (char *at = line; at; count++) {
        if (count < COLUMNS)
            column[count] = at;
        at = strchr(at, '\t');
        if (at)
            *at++ = '\0';
    }
    for (unsigned i = 0; i < COLUMNS && i < count; i++)
        if (!column[i][0])
            return refuse(reader, number, 1, "manifest-columns", "column %u is empty",
                          i + 1);
    return count == COLUMNS ||
           refuse(reader, number, 1, "manifest-columns",
                  "%u columns where layer, kind, file and shape are needed", count);
}

static void read_line(struct reader *reader, char *line, unsigned number) {
    char *column[COLUMNS] = {0};
    if (!split_line(reader, line, number, column))
        return;
    unsigned at[COLUMNS];
    for (unsigned i = 0; i < COLUMNS; i++)
        at[i] = (unsigned)(column[i] - line) + 1;
    struct sdse_manifest_entry entry = {.layer = column[0],
                                        .kind = column[1],
                                        .file = column[2],
                                        .loc = {reader->file, number, 1}};
    bool good = true;
    if (strcmp(entry.kind, "conv") != 0 && strcmp(entry.kind, "dwconv") != 0 &&
        strcmp(entry.kind, "fc") != 0)
        good = refuse(reader, number, at[1], "manifest-kind",
                      "kind '%s' where conv, dwconv or fc is needed", entry.kind);
    if (!sdse_name_is_inside(entry.file))
        good = refuse(reader, number, at[2], "manifest-file",
                      "'%s' is not inside the folder", entry.file);
    if (!parse_shape(column[3], &entry))
        good = refuse(reader, number, at[3], "manifest-shape",
                      "'%s' is not a shape like 64x3x7x7", column[3]);
    entry.path = sdse_arena_printf(reader->arena, "%s/%s", reader->folder, entry.file);
    if (entry.path && good && !reader->follow_links &&
        !stays_inside(reader, entry.path))
        good = refuse(reader, number, at[2], "manifest-file",
                      "'%s' leads out of the folder by a link; --follow-links permits "
                      "it",
                      entry.file);
    if (!entry.path)
        reader->status = SDSE_NO_MEMORY;
    else if (good && check_file(reader, &entry, number, at[3]))
        reader->entries[reader->count++] = entry;
}

static int compare_names(const void *a, const void *b) {
    const struct sdse_manifest_entry *const *x = a, *const *y = b;
    int order = strcmp((*x)->layer, (*y)->layer);
    return order
               ? order
               : ((*x)->loc.line > (*y)->loc.line) - ((*x)->loc.line < (*y)->loc.line);
}

static void refuse_duplicates(struct reader *reader) {
    const struct sdse_manifest_entry **sorted = SDSE_ARENA_ARRAY(
        reader->arena, const struct sdse_manifest_entry *, reader->count + 1);
    if (!sorted) {
        reader->status = SDSE_NO_MEMORY;
        return;
    }
    for (size_t i = 0; i < reader->count; i++)
        sorted[i] = &reader->entries[i];
    qsort(sorted, reader->count, sizeof(struct sdse_manifest_entry *), compare_names);
    for (size_t i = 1; i < reader->count; i++) {
        if (strcmp(sorted[i]->layer, sorted[i - 1]->layer) == 0)
            refuse(reader, sorted[i]->loc.line, 1, "manifest-layer",
                   "layer '%s' was in line %u already", sorted[i]->layer,
                   sorted[i - 1]->loc.line);
    }
}

static void read_lines(struct reader *reader, char *text) {
    size_t lines = 1;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    reader->entries =
        SDSE_ARENA_ARRAY(reader->arena, struct sdse_manifest_entry, lines);
    if (!reader->entries) {
        reader->status = SDSE_NO_MEMORY;
        return;
    }
    unsigned number = 0;
    for (char *line = text; line && *line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        number++;
        if (number > 1)
            read_line(reader, line, number);
        else if (strcmp(line, header) != 0)
            refuse(reader, 1, 1, "manifest-header",
                   "the first line must be: layer, kind, file, shape, with tabs "
                   "between");
        line = end ? end + 1 : NULL;
    }
    if (number == 0)
        refuse(reader, 0, 0, "manifest-header", "the file is empty");
    refuse_duplicates(reader);
}

enum sdse_status sdse_manifest_read(const char *folder, struct sdse_arena *arena,
                                    struct sdse_manifest *out,
                                    struct sdse_diags *diags) {
    return sdse_manifest_read_links(folder, false, arena, out, diags);
}

enum sdse_status sdse_manifest_read_links(const char *folder, bool follow_links,
                                          struct sdse_arena *arena,
                                          struct sdse_manifest *out,
                                          struct sdse_diags *diags) {
    struct reader reader = {.folder = folder,
                            .follow_links = follow_links,
                            .arena = arena,
                            .diags = diags,
                            .file =
                                sdse_arena_printf(arena, "%s/manifest.tsv", folder)};
    if (!reader.file)
        return SDSE_NO_MEMORY;
    size_t errors = diags->errors;
    char *text = read_text(&reader);
    if (text)
        read_lines(&reader, text);
    if (reader.status != SDSE_OK)
        return reader.status;
    if (diags->errors > errors)
        return SDSE_INVALID;
    *out = (struct sdse_manifest){reader.count, reader.entries};
    return SDSE_OK;
}

// What one is, to those that write or replace it.
static const struct sdse_output_kind manifest_kind = {"a manifest", {header}};

enum sdse_status sdse_manifest_check(const struct sdse_output_rules *rules,
                                     const char *path, struct sdse_diags *diags) {
    return sdse_output_check(path, &manifest_kind, rules, diags);
}

enum sdse_status sdse_manifest_files(const char *folder, struct sdse_arena *arena,
                                     const char ***out, size_t *count,
                                     struct sdse_diags *diags) {
    struct sdse_diags said;
    sdse_diags_init(&said, arena);
    struct reader reader = {.folder = folder,
                            .arena = arena,
                            .diags = &said,
                            .file =
                                sdse_arena_printf(arena, "%s/manifest.tsv", folder)};
    *out = NULL;
    *count = 0;
    if (!reader.file)
        return SDSE_NO_MEMORY;
    char *text = read_text(&reader), *rest = NULL;
    if (reader.status != SDSE_OK)
        sdse_diags_pass_on(diags, &said);
    if (!text)
        return reader.status;
    size_t lines = 1;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    const char **files = SDSE_ARENA_ARRAY(arena, const char *, lines);
    if (!files)
        return SDSE_NO_MEMORY;
    char *line = strtok_r(text, "\n", &rest);
    if (!line || strcmp(line, header) != 0)
        return SDSE_OK;
    for (unsigned number = 2; (line = strtok_r(NULL, "\n", &rest)); number++) {
        char *column[COLUMNS];
        if (split_line(&reader, line, number, column) && sdse_name_is_inside(column[2]))
            files[(*count)++] = column[2];
    }
    *out = files;
    return SDSE_OK;
}

enum sdse_status sdse_manifest_write(const struct sdse_output_rules *rules,
                                     const char *folder,
                                     const struct sdse_manifest *manifest,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags) {
    const char *path = sdse_arena_printf(arena, "%s/manifest.tsv", folder);
    if (!path)
        return SDSE_NO_MEMORY;
    struct sdse_output output;
    const enum sdse_status status =
        sdse_output_open(&output, path, &manifest_kind, rules, diags);
    if (status != SDSE_OK)
        return status;
    FILE *file = output.file;
    fprintf(file, "%s\n", header);
    for (size_t i = 0; i < manifest->count; i++) {
        const struct sdse_manifest_entry *entry = &manifest->entries[i];
        fprintf(file, "%s\t%s\t%s\t", entry->layer, entry->kind, entry->file);
        for (unsigned d = 0; d < entry->rank; d++)
            fprintf(file, "%s%" PRIu64, d ? "x" : "", entry->shape[d]);
        fputc('\n', file);
    }
    return sdse_output_close(&output, SDSE_OK, diags);
}
