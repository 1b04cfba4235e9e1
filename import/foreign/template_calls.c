// Functions and macros of a template, its names, and the files that it includes.
#include <errno.h>
#include <math.h>
#include <string.h>

#include "import/foreign/template_reading.h"

enum { MOST_COUNTED = 4096, MOST_INCLUDED = 64 };

// What is called, and with what.
struct call {
    const char *name; // in the text
    size_t length;
    size_t count;
    struct sdse_template_value value[SDSE_TEMPLATE_ARGUMENTS];
};

static const struct sdse_template_value undefined;

static bool is_called(const struct call *call, const char *name) {
    return strlen(name) == call->length && strncmp(call->name, name, call->length) == 0;
}

static void refuse(struct sdse_template *x, const struct call *call, const char *what) {
    sdse_template_refuse(x, call->name, what, call->name, call->length);
}

// --- Names ---

void sdse_template_set(struct sdse_template *x, const char *name, size_t length,
                       struct sdse_template_value value) {
    unsigned i = x->scope;
    while (i < x->name_count && (strlen(x->names[i].name) != length ||
                                 strncmp(x->names[i].name, name, length) != 0))
        i++;
    if (i == SDSE_TEMPLATE_NAMES || length >= SDSE_TEMPLATE_NAME_BYTES) {
        sdse_template_refuse(x, x->at,
                             "more than 256 names, or one of more than 47 "
                             "characters",
                             "", 0);
        return;
    }
    memcpy(x->names[i].name, name, length);
    x->names[i].name[length] = '\0';
    x->names[i].value = value;
    if (i == x->name_count)
        x->name_count++;
}

// --- Macros ---

// Works out another text, or another part of it, and comes back.
static struct sdse_template_value visit(struct sdse_template *x,
                                        struct sdse_template_source source,
                                        struct sdse_template_cursor cursor,
                                        const char *end_word, bool lines) {
    const struct sdse_template_source own = x->source;
    const struct sdse_template_cursor back = x->cursor;
    const unsigned depth = x->depth;
    x->source = source;
    x->cursor = cursor;
    x->depth = 0;
    const struct sdse_template_value value = sdse_template_capture(x, end_word, lines);
    x->source = own;
    x->cursor = back;
    x->depth = depth;
    return value;
}

static struct sdse_template_value run(struct sdse_template *x, const struct call *call,
                                      const struct sdse_template_macro *macro) {
    const unsigned names = x->name_count, scope = x->scope;
    if (call->count > macro->count) {
        refuse(x, call, "more arguments than the macro has: ");
        return undefined;
    }
    x->scope = names;
    for (unsigned i = 0; i < macro->count; i++)
        sdse_template_set(x, macro->argument[i], strlen(macro->argument[i]),
                          i < call->count ? call->value[i] : macro->otherwise[i]);
    const struct sdse_template_value value =
        x->failed ? undefined : visit(x, macro->source, macro->body, "endmacro", false);
    x->name_count = names;
    x->scope = scope;
    return value;
}

// --- Functions ---

static struct sdse_template_value range(struct sdse_template *x,
                                        const struct call *call) {
    double from = 0, to = 0, step = 1;
    if (call->count < 1 || call->count > 3)
        refuse(x, call, "one to three numbers are expected by ");
    else if (call->count == 1)
        to = sdse_template_as_number(x, call->value[0]);
    if (call->count > 1 && !x->failed) {
        from = sdse_template_as_number(x, call->value[0]);
        to = sdse_template_as_number(x, call->value[1]);
    }
    if (call->count == 3 && !x->failed)
        step = sdse_template_as_number(x, call->value[2]);
    const double count = step != 0 ? fmax(0, ceil((to - from) / step)) : (double)NAN;
    if (!(count <= MOST_COUNTED) || from != floor(from) || step != floor(step))
        refuse(x, call, "whole numbers, 4096 at most, are made by ");
    if (x->failed)
        return undefined;
    struct sdse_template_value *item = SDSE_ARENA_ARRAY(
        x->foreign->arena, struct sdse_template_value, (size_t)count + 1);
    if (!item) {
        x->foreign->out_of_memory = x->failed = true;
        return undefined;
    }
    for (size_t i = 0; i < (size_t)count; i++)
        item[i] = sdse_template_number(x, from + step * (double)i);
    return sdse_template_list(x, item, (size_t)count);
}

// The text that a function is given; NULL after a diagnostic.
static const char *only_text(struct sdse_template *x, const struct call *call) {
    const bool good =
        call->count == 1 && call->value[0].is_text && *call->value[0].text;
    if (!good)
        refuse(x, call, "a text is expected by ");
    return x->failed ? NULL : call->value[0].text;
}

// Whether a path is one of the folder that it starts from.
static bool stays(const char *path) {
    for (const char *at = path; *at; at += at[strcspn(at, "/")] == '/') {
        const size_t length = strcspn(at, "/");
        if ((at == path && *at == '/') || (length == 2 && strncmp(at, "..", 2) == 0))
            return false;
        at += length;
    }
    return true;
}

static const char *joined(struct sdse_template *x, const char *file, const char *folder,
                          const char *name) {
    const char *slash = strrchr(file, '/');
    const char *path = sdse_arena_printf(x->foreign->arena, "%.*s%s%s%s",
                                         slash ? (int)(slash - file) + 1 : 0, file,
                                         folder, *folder ? "/" : "", name);
    x->foreign->out_of_memory |= !path;
    x->failed |= !path;
    return path;
}

// A file of the folder of the template, or of one that was added. NULL after a
// diagnostic.
static const char *find_file(struct sdse_template *x, const struct call *call,
                             const char **path) {
    const struct sdse_foreign_files *files = x->world->files;
    const char *name = only_text(x, call), *text = NULL;
    if (name && !files)
        refuse(x, call, "nothing is included here: ");
    else if (name && !stays(name))
        sdse_template_refuse(x, call->name,
                             "a file outside the folder of the template: ", name,
                             strlen(name));
    if (++x->included > MOST_INCLUDED)
        refuse(x, call, "more than 64 files are included: ");
    for (unsigned f = 0; f <= x->folder_count && !text && !x->failed; f++) {
        int number = 0;
        *path = f ? joined(x, "", x->folder[f - 1], name)
                  : joined(x, x->source.path, "", name);
        if (!x->failed)
            text = files->read(files->who, x->foreign->arena, *path, &number);
        if (!text && number != ENOENT && !x->failed) {
            x->failed = true;
            sdse_diag_errno(x->foreign->diags,
                            (struct sdse_loc){x->source.path, x->cursor.line, 1},
                            x->check, *path, number);
        }
    }
    if (!text)
        sdse_template_refuse(x, call->name, "there is no such file: ", name ? name : "",
                             name ? strlen(name) : 0);
    return x->failed ? NULL : text;
}

static struct sdse_template_value include_text(struct sdse_template *x,
                                               const struct call *call) {
    const char *path, *text = find_file(x, call, &path);
    if (!text)
        return undefined;
    return visit(x, (struct sdse_template_source){path, text},
                 (struct sdse_template_cursor){text, 1, false}, "", true);
}

static struct sdse_template_value find_path(struct sdse_template *x,
                                            const struct call *call) {
    const char *path;
    if (!find_file(x, call, &path))
        return undefined;
    return sdse_template_text(x, path, strlen(path), true);
}

static struct sdse_template_value add_to_path(struct sdse_template *x,
                                              const struct call *call) {
    const char *name = only_text(x, call);
    if (name && !stays(name))
        sdse_template_refuse(x, call->name,
                             "a folder outside that of the template: ", name,
                             strlen(name));
    else if (name && x->folder_count == SDSE_TEMPLATE_FOLDERS)
        refuse(x, call, "more than 8 folders are added by ");
    if (!x->failed)
        x->folder[x->folder_count++] = joined(x, x->source.path, "", name);
    return (struct sdse_template_value){.text = "", .is_text = true};
}

struct sdse_template_value sdse_template_call(struct sdse_template *x, const char *name,
                                              size_t length) {
    static const struct {
        const char *name;
        struct sdse_template_value (*act)(struct sdse_template *x,
                                          const struct call *call);
    } functions[] = {{"range", range},
                     {"include_text", include_text},
                     {"find_path", find_path},
                     {"add_to_path", add_to_path}};
    struct call call = {.name = name, .length = length};
    const struct sdse_template_macro *macro = NULL;
    size_t f = 0;
    for (unsigned m = 0; m < x->macro_count; m++)
        if (is_called(&call, x->macro[m].name))
            macro = &x->macro[m];
    while (f < sizeof functions / sizeof *functions &&
           !is_called(&call, functions[f].name))
        f++;
    if (!macro && f == sizeof functions / sizeof *functions) {
        refuse(x, &call, "not worked out here: ");
        return undefined;
    }
    while (!x->failed && !sdse_template_take(x, ")")) {
        if (call.count == SDSE_TEMPLATE_ARGUMENTS)
            refuse(x, &call, "more than 8 arguments: ");
        else
            call.value[call.count++] = sdse_template_argument(x);
        if (!sdse_template_take(x, ",") && (x->at == x->end || *x->at != ')'))
            sdse_template_refuse(x, x->at, "a bracket is not closed", "", 0);
    }
    if (x->failed)
        return undefined;
    return macro ? run(x, &call, macro) : functions[f].act(x, &call);
}
