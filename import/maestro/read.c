// The syntax of a network: constants, layers and their parts.
#include <stdlib.h>

#include "base/arena_grow.h"
#include "import/maestro/reading.h"

enum { MOST_LAYERS = 4096 };

const char *const sdse_maestro_dim_names[DIMS] = {"K",  "C",  "R", "S", "Y", "X",
                                                  "Y'", "X'", "N", "G", "M", "B"};

static struct sdse_maestro_word next(struct sdse_maestro_reading *r) {
    const struct sdse_maestro_word word = sdse_maestro_next(&r->words);
    if (word.cut && !r->broken) {
        r->broken = true;
        sdse_foreign_refuse(&r->foreign, word.loc, false, "maestro-syntax",
                            "a word of %d letters or more", SDSE_MAESTRO_WORD);
    }
    return word;
}

static void expected(struct sdse_maestro_reading *r, struct sdse_maestro_word word,
                     const char *what) {
    if (r->broken)
        return;
    r->broken = true;
    sdse_foreign_refuse(&r->foreign, word.loc, false, "maestro-syntax",
                        "expected %s, found %s%s%s", what, *word.text ? "'" : "the end",
                        word.text, *word.text ? "'" : "");
}

static bool expect(struct sdse_maestro_reading *r, const char *text) {
    const struct sdse_maestro_word word = next(r);
    if (!sdse_maestro_says(word, text))
        expected(r, word, text);
    return !r->broken;
}

// The next word of what stands in braces; false at its end, or where reading ended.
static bool next_within(struct sdse_maestro_reading *r,
                        struct sdse_maestro_word *word) {
    *word = next(r);
    return !r->broken && !sdse_maestro_says(*word, "}");
}

// The dimension of a name; DIMS if it is none.
static enum sdse_maestro_dim dim_of(struct sdse_maestro_word word) {
    unsigned d = 0;
    while (d < DIMS && !sdse_maestro_says(word, sdse_maestro_dim_names[d]))
        d++;
    return (enum sdse_maestro_dim)d;
}

// A number from 1 on, or a constant's name.
static bool number(struct sdse_maestro_reading *r, uint64_t *value) {
    const struct sdse_maestro_word word = next(r);
    char *end = NULL;
    for (size_t i = 0; i < r->constant_count; i++) {
        if (sdse_maestro_says(word, r->constant[i].name)) {
            *value = r->constant[i].value;
            return !r->broken;
        }
    }
    const size_t digits = strspn(word.text, "0123456789");
    *value = digits && digits < 12 ? strtoull(word.text, &end, 10) : 0;
    if (!end || *end || *value < 1 || *value > UINT32_MAX)
        expected(r, word, "a number from 1 to 4294967295, or a constant's name");
    return !r->broken;
}

// --- A layer's parts ---

static void read_stride(struct sdse_maestro_reading *r,
                        struct sdse_maestro_layer *layer) {
    if (!expect(r, "{"))
        return;
    struct sdse_maestro_word word;
    while (next_within(r, &word)) {
        const bool x = sdse_maestro_says(word, "X");
        if (!x && !sdse_maestro_says(word, "Y")) {
            expected(r, word, "X, Y or }");
        } else {
            if (layer->has_stride[x])
                sdse_foreign_refuse(&r->foreign, word.loc, false, "maestro-layer",
                                    "the stride of %s is said twice", x ? "X" : "Y");
            layer->has_stride[x] = true;
            number(r, &layer->stride[x]);
        }
    }
}

static void read_dimensions(struct sdse_maestro_reading *r,
                            struct sdse_maestro_layer *layer) {
    if (!expect(r, "{"))
        return;
    struct sdse_maestro_word word;
    while (next_within(r, &word)) {
        const unsigned d = dim_of(word);
        uint64_t size;
        if (d == DIMS) {
            expected(r, word,
                     "a dimension (K, C, R, S, Y, X, Y', X', N, G, M, B) or }");
        } else if (number(r, &size)) {
            if (layer->said >> d & 1u)
                sdse_foreign_refuse(&r->foreign, word.loc, false, "maestro-layer",
                                    "%s is said twice", sdse_maestro_dim_names[d]);
            layer->said |= 1u << d;
            layer->size[d] = size;
        }
    }
}

static bool read_dim(struct sdse_maestro_reading *r, enum sdse_maestro_dim *dim) {
    const struct sdse_maestro_word word = next(r);
    *dim = dim_of(word);
    if (*dim == DIMS)
        expected(r, word, "a dimension");
    return !r->broken;
}

// "64", "KTileSz" or "Sz(R)".
static void read_extent(struct sdse_maestro_reading *r,
                        struct sdse_maestro_extent *extent) {
    if (!sdse_maestro_says(sdse_maestro_peek(&r->words), "Sz")) {
        number(r, &extent->value);
        return;
    }
    (void)next(r);
    if (expect(r, "(") && read_dim(r, &extent->dim))
        expect(r, ")");
}

// "SpatialMap(Sz(R), 1) Y" or "Cluster(64, P)", of which the first word is read.
static void read_directive(struct sdse_maestro_reading *r,
                           struct sdse_maestro_directive *directive) {
    if (!expect(r, "("))
        return;
    read_extent(r, &directive->size);
    if (directive->act == CLUSTER) {
        const struct sdse_maestro_word kind = next(r);
        if (!sdse_maestro_says(kind, "P") && !sdse_maestro_says(kind, "L"))
            expected(r, kind, "P or L");
    } else {
        read_extent(r, &directive->offset);
    }
    if (!r->broken && expect(r, ")") && directive->act != CLUSTER)
        read_dim(r, &directive->dim);
}

// A place for one more; NULL when memory is out.
static struct sdse_maestro_directive *add_directive(struct sdse_maestro_reading *r) {
    struct sdse_maestro_directive *more =
        sdse_arena_grow(r->foreign.arena, r->directive, r->directive_count,
                        &r->directive_room, sizeof *more);
    if (!more) {
        r->foreign.out_of_memory = r->broken = true;
        return NULL;
    }
    r->directive = more;
    return &r->directive[r->directive_count++];
}

static void read_dataflow(struct sdse_maestro_reading *r,
                          struct sdse_maestro_layer *layer) {
    static const char *const acts[] = {
        [TEMPORAL] = "TemporalMap", [SPATIAL] = "SpatialMap", [CLUSTER] = "Cluster"};
    layer->has_dataflow = true;
    layer->first_directive = r->directive_count;
    if (!expect(r, "{"))
        return;
    struct sdse_maestro_word word;
    while (next_within(r, &word)) {
        unsigned act = TEMPORAL;
        while (act <= CLUSTER && !sdse_maestro_says(word, acts[act]))
            act++;
        if (act > CLUSTER) {
            expected(r, word, "SpatialMap, TemporalMap, Cluster or }");
            return;
        }
        struct sdse_maestro_directive *directive = add_directive(r);
        if (!directive)
            return;
        *directive = (struct sdse_maestro_directive){.act = (enum sdse_maestro_act)act,
                                                     .loc = word.loc};
        read_directive(r, directive);
    }
    layer->directive_count = r->directive_count - layer->first_directive;
}

// A layer of which nothing is said yet; NULL when there are too many.
static struct sdse_maestro_layer *add_layer(struct sdse_maestro_reading *r) {
    if (r->layer_count == MOST_LAYERS) {
        expected(r, sdse_maestro_peek(&r->words), "at most 4096 layers");
        return NULL;
    }
    struct sdse_maestro_layer *more = sdse_arena_grow(
        r->foreign.arena, r->layer, r->layer_count, &r->room, sizeof *more);
    if (!more) {
        r->foreign.out_of_memory = r->broken = true;
        return NULL;
    }
    r->layer = more;
    struct sdse_maestro_layer *layer = &r->layer[r->layer_count++];
    *layer = (struct sdse_maestro_layer){.stride = {1, 1}};
    return layer;
}

static void read_layer(struct sdse_maestro_reading *r) {
    struct sdse_maestro_layer *layer = add_layer(r);
    if (!layer)
        return;
    layer->name = next(r);
    layer->type.loc = layer->name.loc;
    if (sdse_maestro_says(layer->name, "{"))
        strcpy(layer->name.text, "layer");
    else if (!expect(r, "{"))
        return;
    struct sdse_maestro_word word;
    while (next_within(r, &word)) {
        if (sdse_maestro_says(word, "Type")) {
            if (*layer->type.text)
                sdse_foreign_refuse(&r->foreign, word.loc, false, "maestro-layer",
                                    "the type of '%s' is said twice", layer->name.text);
            layer->type = next(r);
        } else if (sdse_maestro_says(word, "Stride")) {
            read_stride(r, layer);
        } else if (sdse_maestro_says(word, "Dimensions")) {
            read_dimensions(r, layer);
        } else if (sdse_maestro_says(word, "Dataflow")) {
            if (layer->has_dataflow)
                sdse_foreign_refuse(&r->foreign, word.loc, false, "maestro-layer",
                                    "the dataflow of '%s' is said twice",
                                    layer->name.text);
            layer->dataflow = word.loc;
            read_dataflow(r, layer);
        } else {
            expected(r, word, "Type, Stride, Dimensions, Dataflow or }");
        }
    }
}

static void read_network(struct sdse_maestro_reading *r) {
    const struct sdse_maestro_word name = next(r);
    if (!sdse_maestro_says(name, "{")) {
        strcpy(r->name, name.text);
        if (!expect(r, "{"))
            return;
    }
    struct sdse_maestro_word word;
    while (next_within(r, &word)) {
        if (sdse_maestro_says(word, "Layer"))
            read_layer(r);
        else
            expected(r, word, "Layer or }");
    }
}

static void read_constant(struct sdse_maestro_reading *r) {
    const struct sdse_maestro_word name = next(r);
    uint64_t value;
    if (!number(r, &value))
        return;
    if (r->constant_count == SDSE_MAESTRO_CONSTANTS) {
        expected(r, name, "at most 64 constants");
        return;
    }
    for (size_t i = 0; i < r->constant_count; i++)
        if (sdse_maestro_says(name, r->constant[i].name))
            sdse_foreign_refuse(&r->foreign, name.loc, false, "maestro-syntax",
                                "the constant '%s' is said twice", name.text);
    struct sdse_maestro_constant *constant = &r->constant[r->constant_count++];
    strcpy(constant->name, name.text);
    constant->value = value;
}

// What follows a network: an accelerator in words of its own, which end the reading.
void sdse_maestro_read(struct sdse_maestro_reading *r) {
    bool network = false;
    while (!r->broken) {
        const struct sdse_maestro_word word = next(r);
        if (!*word.text && network)
            return;
        if (sdse_maestro_says(word, "Constant")) {
            read_constant(r);
        } else if (sdse_maestro_says(word, "Network") && !network) {
            network = true;
            read_network(r);
        } else if (sdse_maestro_says(word, "Accelerator") && network) {
            sdse_foreign_refuse(&r->foreign, word.loc, true, "maestro-accelerator",
                                "an accelerator after the network has no counterpart");
            return;
        } else {
            expected(r, word, network ? "Constant or the end" : "Constant or Network");
        }
    }
}
