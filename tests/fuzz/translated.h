// What the fuzz targets of translations share: the bytes as a text, and that what
// comes of a translation is a file of ours.
#ifndef SDSE_TESTS_FUZZ_TRANSLATED_H
#define SDSE_TESTS_FUZZ_TRANSLATED_H

#include <string.h>

#include "fuzz/target.h"
#include "spec/load.h"

// The bytes and a final zero; the caller frees them.
static inline char *text_of(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    require(text != NULL, "memory");
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

// It parses, and is of its kind by its keys, whatever its numbers.
static inline struct sdse_node *parse_translated(struct sdse_arena *arena,
                                                 struct sdse_diags *diags,
                                                 const char *yaml,
                                                 enum sdse_file_kind kind) {
    struct sdse_node *root = NULL;
    require(sdse_tree_parse_memory(arena, "out", yaml, strlen(yaml), diags, &root) ==
                SDSE_OK,
            "what is written parses");
    require(sdse_tree_kind(root) == kind, "its kind shows");
    return root;
}

// The same of an accelerator and of a network, which then load, or are refused with a
// reason: NULL.
static inline struct sdse_arch *load_arch(struct sdse_arena *arena,
                                          struct sdse_diags *diags, const char *yaml) {
    struct sdse_node *root = parse_translated(arena, diags, yaml, SDSE_FILE_ARCH);
    struct sdse_arch *arch = NULL;
    const size_t errors = diags->errors;
    const enum sdse_status status =
        sdse_arch_from_tree(arena, root, NULL, 0, diags, &arch);
    require((status == SDSE_OK) == (diags->errors == errors), "a refusal has a reason");
    return arch;
}

static inline struct sdse_workload *
load_network(struct sdse_arena *arena, struct sdse_diags *diags, const char *yaml) {
    struct sdse_node *root = parse_translated(arena, diags, yaml, SDSE_FILE_WORKLOAD);
    struct sdse_workload *net = NULL;
    const size_t errors = diags->errors;
    const enum sdse_status status = sdse_workload_from_tree(arena, root, diags, &net);
    require((status == SDSE_OK) == (diags->errors == errors), "a refusal has a reason");
    return net;
}

#endif
