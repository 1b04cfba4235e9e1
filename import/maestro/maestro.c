// Files of MAESTRO: what they say together.
#include "import/maestro/maestro.h"

#include "base/text.h"
#include "import/maestro/reading.h"

enum sdse_maestro_kind sdse_maestro_kind(const char *text) {
    struct sdse_maestro_words words = sdse_maestro_words("", text);
    struct sdse_maestro_word word = sdse_maestro_next(&words);
    if (sdse_maestro_is_hardware(text))
        return SDSE_MAESTRO_HARDWARE;
    if (!sdse_maestro_says(word, "Network") && !sdse_maestro_says(word, "Constant"))
        return SDSE_MAESTRO_NONE;
    while (*word.text && !sdse_maestro_says(word, "Layer"))
        word = sdse_maestro_next(&words);
    return *word.text ? SDSE_MAESTRO_NETWORK : SDSE_MAESTRO_NONE;
}

// The layer's dataflow as a mapping; false where there is none, or after a diagnostic.
static bool map_layer(struct sdse_maestro_reading *r,
                      const struct sdse_maestro_layer *layer,
                      const struct sdse_maestro_hardware *hardware,
                      struct sdse_mapping *mapping) {
    struct sdse_maestro_nest nest;
    if (!layer->has_dataflow)
        return false;
    if (sdse_maestro_find_nest(layer, &nest))
        return sdse_maestro_map(r, layer, &nest, hardware->elements, mapping);
    sdse_foreign_refuse(&r->foreign, layer->dataflow, true, "maestro-dataflow",
                        "the dataflow of '%s' is lost: those of type %s are not "
                        "translated",
                        layer->name.text, layer->type.text);
    return false;
}

// Mappings of all layers, or none: `any` tells that some dataflow was there.
static bool print_mappings(struct sdse_maestro_reading *r, FILE *out,
                           const struct sdse_maestro_hardware *hardware) {
    const bool several = r->layer_count > 1;
    size_t mapped = 0, first_without = r->layer_count;
    if (several)
        fputs("mappings:\n", out);
    for (size_t l = 0; l < r->layer_count; l++) {
        struct sdse_mapping mapping;
        if (!map_layer(r, &r->layer[l], hardware, &mapping)) {
            first_without = first_without < l ? first_without : l;
            continue;
        }
        mapped++;
        fputs(several ? "  - layer: " : "layer: ", out);
        sdse_maestro_print_name(out, r, l);
        fputs(several ? "\n    mapping:\n" : "\nmapping:\n", out);
        sdse_maestro_print_mapping(out, &mapping, several ? "      " : "  ");
    }
    if (mapped && first_without < r->layer_count)
        sdse_foreign_refuse(&r->foreign, r->layer[first_without].name.loc, true,
                            "maestro-dataflow",
                            "'%s' has no mapping: those of the other %zu are lost",
                            r->layer[first_without].name.text, mapped);
    return mapped == r->layer_count;
}

// Without the accelerator's file dataflows say nothing.
static void lose_dataflows(struct sdse_maestro_reading *r) {
    const struct sdse_maestro_layer *first = NULL;
    size_t count = 0;
    for (size_t l = 0; l < r->layer_count; l++) {
        if (r->layer[l].has_dataflow && !count++)
            first = &r->layer[l];
    }
    if (first)
        sdse_foreign_refuse(&r->foreign, first->dataflow, true, "maestro-dataflow",
                            "the dataflow%s of %zu layer%s, '%s' the first, %s lost: "
                            "give the file of the accelerator (num_pes: 256 …) too",
                            count > 1 ? "s" : "", count, count > 1 ? "s" : "",
                            first->name.text, count > 1 ? "are" : "is");
}

enum part { ARCH, NETWORK, MAPPING };

// The text of a part; NULL where there is none, or memory is out.
static const char *print(struct sdse_maestro_reading *r, enum part part,
                         const struct sdse_maestro_hardware *hardware) {
    struct sdse_text text;
    bool made = true;
    if (!sdse_text_begin(&text)) {
        r->foreign.out_of_memory = true;
        return NULL;
    }
    if (part == ARCH)
        sdse_maestro_print_arch(text.out, hardware);
    else if (part == NETWORK)
        sdse_maestro_print_network(r, text.out);
    else
        made = print_mappings(r, text.out, hardware);
    const char *written = sdse_text_end(&text, r->foreign.arena);
    r->foreign.out_of_memory |= !written;
    return made ? written : NULL;
}

enum sdse_status sdse_maestro_import(const struct sdse_maestro_text *network,
                                     const struct sdse_maestro_text *hardware,
                                     bool lossy, struct sdse_arena *arena,
                                     struct sdse_diags *diags,
                                     struct sdse_maestro_files *files) {
    struct sdse_maestro_reading *r = SDSE_ARENA_NEW(arena, struct sdse_maestro_reading);
    struct sdse_maestro_hardware array = {0};
    struct sdse_maestro_files made = {0};
    if (!r)
        return SDSE_NO_MEMORY;
    r->foreign = (struct sdse_foreign){arena, diags, lossy, false, false};
    if (hardware) {
        r->words = sdse_maestro_words(hardware->path, hardware->text);
        if (sdse_maestro_read_hardware(r, &array))
            made.arch = print(r, ARCH, &array);
    }
    if (network) {
        r->words = sdse_maestro_words(network->path, network->text);
        strcpy(r->name, "maestro");
        r->broken = false;
        sdse_maestro_read(r);
        if (!r->broken)
            made.network = print(r, NETWORK, NULL);
        if (!r->foreign.failed && made.arch)
            made.mapping = print(r, MAPPING, &array);
        else if (!r->broken && !hardware)
            lose_dataflows(r);
    }
    const enum sdse_status status = sdse_foreign_status(&r->foreign);
    if (status == SDSE_OK)
        *files = made;
    return status;
}
