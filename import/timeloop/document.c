// Texts, what they include, and the sections of all of them.
#include <string.h>

#include "base/text.h"
#include "import/foreign/template.h"
#include "import/timeloop/reading.h"

enum { MOST_INCLUDED = 64, DEEPEST = 8 };

static const char *const names[SDSE_TL_SECTION_COUNT] = {
#define SDSE_TL_NAME(name, text) text,
    SDSE_TL_SECTIONS(SDSE_TL_NAME)
#undef SDSE_TL_NAME
};

static bool is_section(const char *line, const char *name) {
    const size_t length = strlen(name);
    return strncmp(line, name, length) == 0 && line[length] == ':' &&
           (!line[length + 1] || strchr(" \t\r\n", line[length + 1]));
}

bool sdse_timeloop_is(const char *text) {
    bool is = false;
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (is_section(line, "arch") || is_section(line, "workload"))
            return false;
        for (unsigned s = 0; s < SDSE_TL_SECTION_COUNT && !is; s++)
            is = is_section(line, names[s]);
    }
    return is;
}

// --- Includes ---

static struct sdse_node *read_text(struct sdse_tl *r, const char *path,
                                   const char *text, unsigned depth);

// The path of what a file includes, as seen from where the file is.
static const char *beside(struct sdse_tl *r, const char *file, const char *name) {
    const char *slash = *name == '/' ? NULL : strrchr(file, '/');
    return slash ? sdse_tl_text(r, "%.*s/%s", (int)(slash - file), file, name) : name;
}

// Whether a path from a folder ends outside it.
static bool leaves_folder(const char *name) {
    int depth = 0;
    bool leaves = *name == '/';
    for (const char *at = name; *at;) {
        const size_t length = strcspn(at, "/");
        if (length == 2 && at[0] == '.' && at[1] == '.')
            leaves |= --depth < 0;
        else
            depth += length && !(length == 1 && *at == '.');
        at += length + (at[length] == '/');
    }
    return leaves;
}

static const struct sdse_node *include(struct sdse_tl *r, const struct sdse_node *node,
                                       unsigned depth) {
    const char *name = node->text ? node->text : "";
    if (!*name || !r->includes || depth >= DEEPEST || r->included >= MOST_INCLUDED) {
        sdse_tl_refuse(r, node->loc, false, "timeloop-include",
                       !*name             ? "a file's name is missing"
                       : !r->includes     ? "nothing is included here"
                       : depth >= DEEPEST ? "files include each other too deep"
                                          : "too many files are included");
        return NULL;
    }
    r->included++;
    if (leaves_folder(name))
        sdse_diag_add(r->foreign.diags, SDSE_WARNING, node->loc, "timeloop-include",
                      "%.100s is outside the folder of %.100s: it is read", name,
                      node->loc.file);
    const char *path = beside(r, node->loc.file, name);
    int number = 0;
    const char *text =
        r->includes->read(r->includes->who, r->foreign.arena, path, &number);
    if (text)
        return read_text(r, path, text, depth + 1);
    const enum sdse_status status =
        sdse_diag_errno(r->foreign.diags, node->loc, "timeloop-include", path, number);
    if (status == SDSE_NO_MEMORY || status == SDSE_IO)
        r->fault = status;
    r->foreign.failed = r->broken = true;
    return NULL;
}

// Puts what is included in the place of what includes it.
static void expand(struct sdse_tl *r, struct sdse_node *node, unsigned depth) {
    for (struct sdse_node *child = node->first; child; child = child->next) {
        if (!child->tag || strcmp(child->tag, "!include") != 0) {
            expand(r, child, depth);
            continue;
        }
        const struct sdse_node *root = include(r, child, depth);
        child->tag = NULL;
        if (!root)
            continue;
        child->kind = root->kind;
        child->text = root->text;
        child->quoted = root->quoted;
        child->loc = root->loc;
        child->first = root->first;
        child->last = root->last;
        child->count = root->count;
        for (struct sdse_node *inside = child->first; inside; inside = inside->next)
            inside->parent = child;
    }
}

static struct sdse_node *read_text(struct sdse_tl *r, const char *path,
                                   const char *text, unsigned depth) {
    const struct sdse_template_world world = {r->includes, 0, NULL};
    struct sdse_node *root =
        sdse_foreign_parse(&r->foreign, path, text, "timeloop-include", &world);
    r->broken |= !root;
    if (root)
        expand(r, root, depth);
    return root;
}

// --- Sections ---

static bool comes_once(unsigned section) {
    return section == SDSE_TL_ARCHITECTURE || section == SDSE_TL_PROBLEM ||
           section == SDSE_TL_MAPPING;
}

static void take_section(struct sdse_tl *r, const struct sdse_node *node) {
    unsigned s = 0;
    while (s < SDSE_TL_SECTION_COUNT && strcmp(node->key, names[s]) != 0)
        s++;
    if (s == SDSE_TL_SECTION_COUNT) {
        const char *nearest = sdse_nearest(node->key, names, SDSE_TL_SECTION_COUNT);
        sdse_tl_refuse(r, node->key_loc, true, "timeloop-section",
                       "'%.60s' is no section of Timeloop%s%s%s", node->key,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
        return;
    }
    struct sdse_tl_list *list = &r->section[s];
    if (list->count == SDSE_TL_LISTS || (list->count && comes_once(s))) {
        sdse_tl_refuse(r, node->key_loc, false, "timeloop-section", "'%s' comes %s",
                       names[s], comes_once(s) ? "a second time" : "too often");
        return;
    }
    list->node[list->count++] = node;
}

void sdse_tl_read_document(struct sdse_tl *r, const struct sdse_timeloop_text *texts,
                           size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct sdse_node *root = read_text(r, texts[i].path, texts[i].text, 0);
        if (!root)
            continue;
        if (root->kind != SDSE_NODE_MAPPING) {
            sdse_tl_refuse(r, root->loc, false, "timeloop-section",
                           "a file of Timeloop is a mapping of sections");
            continue;
        }
        sdse_for_each_child (section, root)
            take_section(r, section);
    }
    const struct sdse_tl_list *variables = &r->section[SDSE_TL_VARIABLES];
    const struct sdse_tl_scope *outer = NULL;
    for (unsigned i = 0; i < variables->count; i++) {
        struct sdse_tl_scope *scope =
            SDSE_ARENA_NEW(r->foreign.arena, struct sdse_tl_scope);
        if (!scope) {
            r->foreign.out_of_memory = true;
            return;
        }
        *scope = (struct sdse_tl_scope){variables->node[i], outer};
        outer = scope;
    }
    r->scope = outer;
}
