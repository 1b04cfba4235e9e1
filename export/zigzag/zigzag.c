// What is written, read back and laid beside the original.
#include "export/zigzag/zigzag.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "export/zigzag/write.h"
#include "import/zigzag/zigzag.h"
#include "spec/leaves.h"
#include "spec/load.h"
#include "spec/types/word_bits.h"
#include "spec/value.h"
#include "spec/write.h"

struct exporting {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_loc loc;
    bool lossy, failed, out_of_memory;
};

static void lacks(struct exporting *x, const char *path, const char *value,
                  const char *instead) {
    x->failed |= !x->lossy;
    sdse_diag_add(x->diags, x->lossy ? SDSE_WARNING : SDSE_ERROR, x->loc,
                  "zigzag-lacks", "ZigZag's files cannot hold %.160s: %.60s%s%.60s%s",
                  path, value, instead ? ", there it is " : "", instead ? instead : "",
                  x->lossy ? "" : " (--lossy goes on)");
}

// Leaves that say nothing about a result, or follow from others.
static bool is_told(const char *path, const char *value) {
    static const char *const ends[] = {"source", "(mark)", "(source)", "topology"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (sdse_text_ends_with(path, ends[i]))
            return true;
    // Where costs are given, the kind of cells counts of those that need care alone.
    if (sdse_text_ends_with(path, ".memory.class"))
        return strcmp(value, "edram") != 0 && strcmp(value, "nvcim") != 0;
    return strncmp(path, "sources.", 8) == 0;
}

static const char *find(const struct sdse_leaves *leaves, const char *path) {
    for (size_t i = 0; i < leaves->count; i++)
        if (strcmp(leaves->leaf[i].path, path) == 0)
            return leaves->leaf[i].value;
    return NULL;
}

// Costs go through the width of a port and back: their last digit may not be the same.
static bool is_same(const char *a, const char *b) {
    double x, y;
    if (strcmp(a, b) == 0)
        return true;
    return sdse_text_as_double(a, &x) && sdse_text_as_double(b, &y) &&
           fabs(x - y) <= 1e-12 * fabs(x);
}

// Whether a path is at or below another of `length` letters.
static bool is_below(const char *path, const char *top, size_t length) {
    return strncmp(path, top, length) == 0 && (!path[length] || path[length] == '.');
}

// Letters of the outermost part of a path of which the others have nothing; all of
// them where they have something beside its end, or another value.
static size_t lost_part(const struct sdse_leaves *others, const char *path) {
    for (size_t length = strcspn(path, "."); path[length];
         length += 1 + strcspn(path + length + 1, ".")) {
        bool any = false;
        for (size_t i = 0; i < others->count && !any; i++)
            any = is_below(others->leaf[i].path, path, length);
        if (!any)
            return length;
    }
    return strlen(path);
}

// What differs: a leaf, or a part of which the other side has nothing.
struct difference {
    const char *path, *name; // the name is the end of the path
    size_t leaves;           // of a part; a leaf is one
    const char *value, *instead;
};
struct differences {
    size_t count;
    struct difference *item;
};

static void add_difference(struct exporting *x, struct differences *found,
                           const struct sdse_leaves *others, const char *path,
                           const char *value, const char *instead) {
    const size_t length = lost_part(others, path);
    for (size_t i = 0; i < found->count; i++) {
        if (strlen(found->item[i].path) == length &&
            is_below(path, found->item[i].path, length)) {
            found->item[i].leaves++;
            return;
        }
    }
    const char *whole = sdse_arena_copy(x->arena, path, length);
    x->out_of_memory |= !whole;
    if (!whole)
        return;
    const char *dot = strrchr(whole, '.');
    found->item[found->count++] =
        (struct difference){whole, dot ? dot + 1 : whole, 1, value, instead};
}

// What has one name is said once, the first with its place.
static void report(struct exporting *x, const struct differences *found) {
    for (size_t i = 0; i < found->count; i++) {
        const struct difference *first = &found->item[i];
        size_t same = 0, before = 0, leaves = 0;
        for (size_t j = 0; j < found->count; j++) {
            if (strcmp(found->item[j].name, first->name) != 0)
                continue;
            before += j < i;
            same++;
            leaves += found->item[j].leaves;
        }
        if (before)
            continue;
        const char *path =
            same > 1 ? sdse_arena_printf(x->arena, "'%.40s' of %zu places, as %.80s",
                                         first->name, same, first->path)
                     : first->path;
        const bool added = first->instead && strcmp(first->value, "not said") == 0;
        const char *said = added ? first->instead : first->value;
        if (leaves > same)
            said = sdse_arena_printf(x->arena, "%zu values", leaves);
        x->out_of_memory |= !path || !said;
        if (path && said)
            lacks(x, path, added ? first->value : said, added ? said : first->instead);
    }
}

static void compare(struct exporting *x, const struct sdse_leaves *from,
                    const struct sdse_leaves *back) {
    struct differences found = {0, SDSE_ARENA_ARRAY(x->arena, struct difference,
                                                    from->count + back->count + 1)};
    x->out_of_memory |= !found.item;
    if (!found.item)
        return;
    for (size_t i = 0; i < from->count; i++) {
        const struct sdse_leaf *leaf = &from->leaf[i];
        const char *there = find(back, leaf->path);
        if (!is_told(leaf->path, leaf->value) &&
            (!there || !is_same(leaf->value, there)))
            add_difference(x, &found, back, leaf->path, leaf->value, there);
    }
    for (size_t i = 0; i < back->count; i++)
        if (!is_told(back->leaf[i].path, back->leaf[i].value) &&
            !find(from, back->leaf[i].path))
            add_difference(x, &found, from, back->leaf[i].path, "not said",
                           back->leaf[i].value);
    report(x, &found);
}

// A tree of one of our own texts.
static const struct sdse_node *parse(struct exporting *x, const char *text) {
    struct sdse_node *root = NULL;
    struct sdse_diags silent;
    sdse_diags_init(&silent, x->arena);
    if (!text || sdse_tree_parse_memory(x->arena, "export", text, strlen(text), &silent,
                                        &root) == SDSE_NO_MEMORY)
        x->out_of_memory = true;
    return root;
}

static void add_leaves(struct exporting *x, struct sdse_leaves *leaves,
                       const char *text) {
    const struct sdse_node *root = parse(x, text);
    if (root && !sdse_leaves_add(leaves, x->arena, "", root))
        x->out_of_memory = true;
}

// Reads the files back; what cannot be read at all is reported as it is.
static void check_back(struct exporting *x, const struct sdse_arch *arch,
                       const struct sdse_layer *layer,
                       const struct sdse_zigzag_texts *texts) {
    const struct sdse_node *hardware = parse(x, texts->hardware),
                           *workload = layer ? parse(x, texts->workload) : NULL;
    struct sdse_diags silent;
    struct sdse_arch *arch_back = NULL;
    struct sdse_workload *net_back = NULL;
    const char *yaml = NULL;
    sdse_diags_init(&silent, x->arena);
    if (x->out_of_memory || !hardware)
        return;
    enum sdse_status status = sdse_zigzag_accelerator(hardware, workload, NULL, true,
                                                      x->arena, &silent, &yaml);
    if (status == SDSE_OK) {
        const struct sdse_node *root = parse(x, yaml);
        if (root)
            status = sdse_arch_from_tree(x->arena, root, NULL, 0, &silent, &arch_back);
    }
    struct sdse_leaves from = {0}, back = {0};
    if (arch_back) {
        add_leaves(x, &from, sdse_arch_text(x->arena, arch));
        add_leaves(x, &back, sdse_arch_text(x->arena, arch_back));
        compare(x, &from, &back);
    }
    if (status == SDSE_OK && workload) {
        status = sdse_zigzag_workload(workload, true, x->arena, &silent, &yaml);
        const struct sdse_node *root = status == SDSE_OK ? parse(x, yaml) : NULL;
        if (root)
            status = sdse_workload_from_tree(x->arena, root, &silent, &net_back);
    }
    if (net_back) {
        // Of a width that is the accelerator's all the same nothing is lost.
        struct sdse_layer written = *layer;
        if (sdse_word_bits(arch, layer, SDSE_WEIGHTS) == arch->bits[SDSE_WEIGHTS])
            written.weight_bits = 0;
        const char *shape = sdse_layer_shape_text(x->arena, &written),
                   *other = sdse_layer_shape_text(x->arena, net_back->layers);
        x->out_of_memory |= !shape || !other;
        if (shape && other && strcmp(shape, other) != 0)
            lacks(x, layer->name, shape, other);
    }
    x->out_of_memory |= status == SDSE_NO_MEMORY;
    if (status == SDSE_INVALID) {
        x->failed = true;
        sdse_diag_add(x->diags, SDSE_ERROR, x->loc, "zigzag-lacks",
                      "ZigZag's files cannot hold this: %s",
                      silent.first ? silent.first->message : "");
    }
}

enum sdse_status sdse_zigzag_export(const struct sdse_arch *arch,
                                    const struct sdse_layer *layer,
                                    const struct sdse_mapping *mapping, bool lossy,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_zigzag_texts *texts) {
    struct exporting x = {.arena = arena, .diags = diags, .lossy = lossy};
    struct sdse_zigzag_texts made = {NULL, NULL, NULL};
    const char **each[3] = {&made.hardware, &made.workload, &made.mapping};
    const bool asked[3] = {true, layer != NULL, mapping != NULL};
    x.loc = (struct sdse_loc){arch->name, 0, 0};
    for (unsigned i = 0; i < 3; i++) {
        struct sdse_text text;
        if (!asked[i])
            continue;
        if (!sdse_text_begin(&text))
            return SDSE_NO_MEMORY;
        if (i == 0)
            sdse_zigzag_print_hardware(text.out, arch);
        else if (i == 1)
            sdse_zigzag_print_workload(text.out, arch, layer);
        else
            sdse_zigzag_print_mapping(text.out, arch, mapping);
        *each[i] = sdse_text_end(&text, arena);
        if (!*each[i])
            return SDSE_NO_MEMORY;
    }
    check_back(&x, arch, layer, &made);
    if (mapping)
        lacks(&x, "mapping", "the memories in which the tiles of each loop are", NULL);
    if (x.out_of_memory)
        return SDSE_NO_MEMORY;
    if (x.failed)
        return SDSE_INVALID;
    *texts = made;
    return SDSE_OK;
}
