// A mapping file: which loops are spread over which dimension of the array.
#include <stdio.h>
#include <string.h>

#include "import/zigzag/hardware.h"
#include "spec/value.h"

bool sdse_zz_loop_dim(const char *name, enum sdse_dim *dim) {
    static const struct {
        const char *name;
        enum sdse_dim dim;
    } names[] = {{"B", SDSE_N},  {"K", SDSE_K},  {"C", SDSE_C},
                 {"OY", SDSE_P}, {"OX", SDSE_Q}, {"FY", SDSE_R},
                 {"FX", SDSE_S}, {"G", SDSE_G},  {"D", SDSE_P}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) == 0) {
            *dim = names[i].dim;
            return true;
        }
    }
    return false;
}

// Kinds of layers that an entry's name stands for: an operator; "" for those that
// multiply nothing; NULL: neither.
static const char *kinds_of(const char *name) {
    static const char *const names[][2] = {{"Conv", "conv, conv1x1, dwconv"},
                                           {"SConv", "conv, conv1x1, dwconv"},
                                           {"Gemm", "fc, matmul"},
                                           {"MatMul", "fc, matmul"},
                                           {"Add", ""},
                                           {"Pooling", ""},
                                           {"Pool", ""},
                                           {"MaxPool", ""},
                                           {"AveragePool", ""},
                                           {"GlobalAveragePool", ""},
                                           {"Max", ""}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], name) == 0)
            return names[i][1];
    return NULL;
}

// --- Links of operands ---

// "W: I2" and "I: I1", or the other way round.
static void read_links(struct sdse_foreign *foreign, const struct sdse_node *node,
                       struct sdse_zz_mapping *mapping, bool first) {
    static const struct {
        const char *key;
        enum sdse_tensor tensor;
    } keys[] = {{"W", SDSE_WEIGHTS}, {"I", SDSE_INPUTS}};
    enum sdse_tensor of[2] = {SDSE_INPUTS, SDSE_WEIGHTS};
    bool seen[2] = {false, false};
    for (unsigned i = 0; i < 2; i++) {
        const char *text = sdse_foreign_text(foreign, node, keys[i].key, "");
        if (strcmp(text, "I1") != 0 && strcmp(text, "I2") != 0)
            continue;
        of[text[1] - '1'] = keys[i].tensor;
        seen[text[1] - '1'] = true;
    }
    const char *outputs = sdse_foreign_text(foreign, node, "O", "O");
    if (!seen[0] || !seen[1] || strcmp(outputs, "O") != 0) {
        sdse_foreign_refuse(foreign, node->loc, false, "zigzag-operand",
                            "expected O: O, and W and I as I1 and I2, each once");
        return;
    }
    if (!first && memcmp(of, mapping->tensor_of, sizeof of) != 0)
        sdse_foreign_refuse(foreign, node->loc, false, "zigzag-operand",
                            "entries link operands in different ways");
    memcpy(mapping->tensor_of, of, sizeof of);
}

// --- Spatial choices ---

// "K, 32": not along any other dimension too; "K" alone in a hint.
static void read_factor(struct sdse_foreign *foreign, const struct sdse_node *item,
                        bool hint, uint64_t size, uint64_t at_most[SDSE_DIMS]) {
    const char *text = sdse_node_as_text(item);
    char name[8] = "", rest = 0;
    unsigned factor = 1;
    enum sdse_dim dim;
    const bool read =
        text && (hint ? sscanf(text, "%7[A-Z]%c", name, &rest) == 1
                      : sscanf(text, "%7[A-Z] , %6u%c", name, &factor, &rest) == 2);
    if (!read || factor < 1) {
        sdse_foreign_refuse(foreign, item->loc, false, "zigzag-mapping",
                            "'%.60s': expected a loop%s", text ? text : "",
                            hint ? ", 'K'" : " and its factor, 'K, 32'");
    } else if (!sdse_zz_loop_dim(name, &dim)) {
        sdse_foreign_refuse(foreign, item->loc, true, "zigzag-mapping",
                            "'%s' is no loop that is known by its name", name);
    } else if (factor > size) {
        sdse_foreign_refuse(foreign, item->loc, false, "zigzag-mapping",
                            "%s is spread over %u of %llu places", name, factor,
                            (unsigned long long)size);
    } else {
        if (at_most[dim] && !hint)
            sdse_foreign_refuse(foreign, item->loc, false, "zigzag-mapping",
                                "%s comes twice along one dimension", name);
        at_most[dim] = hint ? size : factor;
    }
}

static void read_choice(struct sdse_foreign *foreign, const struct sdse_node *node,
                        bool hint, const struct sdse_zz_hardware *hardware,
                        struct sdse_zz_choice *choice) {
    choice->bounded = !hint;
    sdse_for_each_child (entry, node) {
        const int d = sdse_zz_array_dim(foreign, hardware, entry, entry->key);
        if (d < 0)
            continue;
        uint64_t product = 1;
        sdse_for_each_child (item, entry)
            read_factor(foreign, item, hint, hardware->dim_size[d], choice->at_most[d]);
        for (unsigned l = 0; l < SDSE_DIMS && !hint; l++)
            if (choice->at_most[d][l])
                product *= choice->at_most[d][l];
        if (product > hardware->dim_size[d])
            sdse_foreign_refuse(foreign, entry->loc, false, "zigzag-mapping",
                                "%llu places are taken of %llu",
                                (unsigned long long)product,
                                (unsigned long long)hardware->dim_size[d]);
    }
}

static bool equal_choices(const struct sdse_zz_choice *a,
                          const struct sdse_zz_choice *b) {
    return a->bounded == b->bounded &&
           memcmp(a->at_most, b->at_most, sizeof a->at_most) == 0;
}

// Keeps a choice, unless its kinds have one: then it must be the same.
static void keep_choice(struct sdse_foreign *foreign, const struct sdse_node *entry,
                        const struct sdse_zz_choice *choice,
                        struct sdse_zz_mapping *mapping) {
    for (unsigned c = 0; c < mapping->choice_count; c++) {
        const struct sdse_zz_choice *other = &mapping->choice[c];
        const bool same_kinds = choice->kinds && other->kinds
                                    ? strcmp(choice->kinds, other->kinds) == 0
                                    : choice->kinds == other->kinds;
        if (!same_kinds)
            continue;
        if (!equal_choices(choice, other))
            sdse_foreign_refuse(foreign, entry->loc, true, "zigzag-mapping",
                                "'%.60s' is for the kinds of layers that '%.60s' is "
                                "for, which holds",
                                choice->name, other->name);
        return;
    }
    if (mapping->choice_count == SDSE_ZZ_CHOICES)
        sdse_foreign_refuse(foreign, entry->loc, false, "zigzag-mapping",
                            "more than %d entries", SDSE_ZZ_CHOICES);
    else
        mapping->choice[mapping->choice_count++] = *choice;
}

static void read_entry(struct sdse_foreign *foreign, const struct sdse_node *entry,
                       const struct sdse_zz_hardware *hardware,
                       struct sdse_zz_mapping *mapping) {
    static const char *const keys[] = {"name",
                                       "spatial_mapping",
                                       "spatial_mapping_hint",
                                       "memory_operand_links",
                                       "core_allocation",
                                       NULL};
    sdse_foreign_keys(foreign, entry, keys, "zigzag-key");
    struct sdse_zz_choice choice = {.name =
                                        sdse_foreign_text(foreign, entry, "name", "")};
    const struct sdse_node *spatial = sdse_node_get(entry, "spatial_mapping"),
                           *hint = sdse_node_get(entry, "spatial_mapping_hint");
    if (!spatial && !hint)
        return;
    if (spatial && hint && hint->count)
        sdse_foreign_refuse(foreign, hint->loc, true, "zigzag-mapping",
                            "a hint beside a spatial_mapping is lost: dimensions that "
                            "the latter leaves out stay idle");
    const bool general = strcmp(choice.name, "default") == 0;
    choice.kinds = general ? NULL : kinds_of(choice.name);
    if (!general && !choice.kinds) {
        const bool again = strcmp(choice.name, "Conv_downsample") == 0;
        if (!again)
            sdse_foreign_refuse(foreign, entry->loc, true, "zigzag-mapping",
                                "'%.60s' is no kind of layers: constraints of single "
                                "layers have no counterpart",
                                choice.name);
        choice.kinds = again ? kinds_of("Conv") : "";
    } else if (!general && !*choice.kinds) {
        sdse_foreign_note(foreign, entry->loc, "zigzag-vector",
                          "'%.60s' multiplies nothing: it works on the vector unit, "
                          "not on the array, and is spread over nothing",
                          choice.name);
    }
    read_choice(foreign, spatial ? spatial : hint, !spatial, hardware, &choice);
    if (general || *choice.kinds)
        keep_choice(foreign, entry, &choice, mapping);
}

void sdse_zz_read_mapping(struct sdse_foreign *foreign, const struct sdse_node *root,
                          const struct sdse_zz_hardware *hardware,
                          struct sdse_zz_mapping *mapping) {
    if (!hardware) {
        *mapping = (struct sdse_zz_mapping){{SDSE_INPUTS, SDSE_WEIGHTS}, 0, {{0}}};
        bool first = true;
        sdse_for_each_child (entry, root) {
            const struct sdse_node *links =
                sdse_node_get(entry, "memory_operand_links");
            if (links)
                read_links(foreign, links, mapping, first);
            first &= !links;
        }
        return;
    }
    sdse_for_each_child (entry, root)
        read_entry(foreign, entry, hardware, mapping);
}
