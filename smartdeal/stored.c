#include "smartdeal/stored.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/hash.h"
#include "smartdeal/rebuild.h"

static const uint8_t magic[8] = {'S', 'D', 'S', 'E', 'F', 'O', 'R', 'M'};
enum {
    CHECKSUM_BYTES = 16,
    HEADER_BYTES = sizeof magic + 4 + 4,
    // Everything of a layer but its name and sections.
    LAYER_BYTES = 4 + 5 * 8 + 8 + 4 + 3 * 4 + 4 + 8 + 8 + SDSE_SECTIONS * 8
};

void sdse_stored_free(struct sdse_stored_network *network) {
    for (size_t i = 0; i < network->layer_count; i++) {
        sdse_coded_free(&network->layers[i].coded);
        free(network->layers[i].name);
    }
    free(network->layers);
    *network = (struct sdse_stored_network){0};
}

// Writing: the cursor moves over memory known to be large enough.

static void put(uint8_t **at, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        *(*at)++ = (uint8_t)(value >> 8 * i);
}

static void put_checksum(uint8_t *at, struct sdse_hash hash) {
    put(&at, hash.high, 8);
    put(&at, hash.low, 8);
}

static void put_layer(uint8_t **at, const struct sdse_stored_layer *layer,
                      const struct sdse_packed *packed) {
    const struct sdse_coded_layer *c = &layer->coded;
    size_t name_bytes = strlen(layer->name);
    put(at, name_bytes, 4);
    memcpy(*at, layer->name, name_bytes);
    *at += name_bytes;
    const uint64_t shape[5] = {c->shape.groups, c->shape.filters, c->shape.channels,
                               c->shape.kernel_rows, c->shape.kernel_columns};
    for (int i = 0; i < 5; i++)
        put(at, shape[i], 8);
    const uint32_t small[8] = {
        c->shape.fully_connected, c->raw,        (uint32_t)c->store,
        c->coefficient_bits,      c->basis_bits, c->scale_bits,
        c->weight_bits,           c->run_bits};
    for (int i = 0; i < 8; i++)
        put(at, small[i], 1);
    put(at, c->window, 4);
    put(at, (uint32_t)c->lowest, 4);
    put(at, (uint32_t)c->top_scale, 4);
    put(at, (uint32_t)c->weight_exponent, 4);
    put(at, c->slicing.basis_size, 4);
    put(at, c->slicing.rows, 8);
    put(at, c->slicing.rows_per_block, 8);
    for (int s = 0; s < SDSE_SECTIONS; s++)
        put(at, packed->bits.section[s], 8);
    for (int s = 0; s < SDSE_SECTIONS; s++) {
        size_t bytes = sdse_packed_bytes(packed->bits.section[s]);
        if (bytes)
            memcpy(*at, packed->data[s], bytes);
        *at += bytes;
    }
}

static enum sdse_status file_length(const struct sdse_stored_network *network,
                                    size_t *length) {
    uint64_t total = HEADER_BYTES + CHECKSUM_BYTES;
    if (network->layer_count > SDSE_STORED_MAX_LAYERS)
        return SDSE_OVERFLOW;
    for (size_t i = 0; i < network->layer_count; i++) {
        struct sdse_stored_bits bits =
            sdse_count_stored_bits(&network->layers[i].coded);
        size_t name_bytes = strlen(network->layers[i].name);
        if (name_bytes > SDSE_STORED_MAX_NAME)
            return SDSE_OVERFLOW;
        total += LAYER_BYTES + name_bytes;
        for (int s = 0; s < SDSE_SECTIONS; s++)
            if (!sdse_add_u64(total, sdse_packed_bytes(bits.section[s]), &total))
                return SDSE_OVERFLOW;
    }
    if (total > SIZE_MAX)
        return SDSE_OVERFLOW;
    *length = (size_t)total;
    return SDSE_OK;
}

enum sdse_status sdse_stored_format(const struct sdse_stored_network *network,
                                    uint8_t **bytes, size_t *length) {
    size_t total;
    enum sdse_status status = file_length(network, &total);
    if (status != SDSE_OK)
        return status;
    uint8_t *file = malloc(total), *at = file;
    if (!file)
        return SDSE_NO_MEMORY;
    memcpy(at, magic, sizeof magic);
    at += sizeof magic;
    put(&at, SDSE_STORED_VERSION, 4);
    put(&at, network->layer_count, 4);
    for (size_t i = 0; i < network->layer_count; i++) {
        struct sdse_packed packed;
        status = sdse_pack(&network->layers[i].coded, &packed);
        if (status != SDSE_OK) {
            free(file);
            return status;
        }
        put_layer(&at, &network->layers[i], &packed);
        sdse_packed_free(&packed);
    }
    put_checksum(at, sdse_hash_bytes(file, total - CHECKSUM_BYTES));
    *bytes = file;
    *length = total;
    return SDSE_OK;
}

// Reading: the cursor never passes `end`; what is missing reads as zero and is noted.

struct reader {
    const uint8_t *at, *end;
    bool ran_out;
};

static uint64_t get(struct reader *reader, unsigned bytes) {
    if ((size_t)(reader->end - reader->at) < bytes) {
        reader->ran_out = true;
        return 0;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)reader->at[i] << 8 * i;
    reader->at += bytes;
    return value;
}

static int32_t get_i32(struct reader *reader) {
    uint32_t bits = (uint32_t)get(reader, 4);
    int32_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool within(uint64_t value, uint64_t least, uint64_t most) {
    return value >= least && value <= most;
}

// Fields of a decomposed layer that must agree with each other.
static const char *check_decomposed(struct sdse_coded_layer *c) {
    struct sdse_slicing *s = &c->slicing;
    if (!within(s->basis_size, 2, SDSE_MAX_BASIS))
        return "basis size";
    if (s->rows < sdse_ceil_div_u64(s->words, s->basis_size) ||
        s->rows > 2 * s->words + SDSE_MAX_BASIS)
        return "row count";
    if (!within(s->rows_per_block, 1, s->rows))
        return "rows per block";
    s->blocks = sdse_ceil_div_u64(s->rows, s->rows_per_block);
    if (!within(c->basis_bits, 2, SDSE_MAX_BASIS_BITS))
        return "basis bits";
    if (!within(c->scale_bits, 1, 16))
        return "scale bits";
    bool runs = c->store == SDSE_STORE_RUN_LENGTH;
    if (!within(c->run_bits, runs ? 1 : 0, runs ? SDSE_MAX_RUN_BITS : 0))
        return "run bits";
    struct sdse_smartdeal_setting setting = {.coefficient_bits = c->coefficient_bits,
                                             .store = c->store};
    if (!c->window || c->window != sdse_setting_window(&setting))
        return "coefficient bits and window";
    if (c->lowest < -SDSE_EXPONENT_BIAS || c->lowest > SDSE_EXPONENT_BIAS)
        return "lowest exponent";
    if (c->top_scale < INT16_MIN || c->top_scale > INT16_MAX)
        return "largest scale";
    return NULL;
}

// Fields of a raw layer that must be zero, so that a network has one file.
static const char *check_raw(const struct sdse_coded_layer *c) {
    const struct sdse_slicing *s = &c->slicing;
    bool zero = !c->store && !c->coefficient_bits && !c->basis_bits && !c->scale_bits &&
                !c->run_bits && !c->window && !c->lowest && !c->top_scale &&
                !s->basis_size && !s->rows && !s->rows_per_block;
    return zero ? NULL : "field that raw layers do not have";
}

static const char *check_fields(struct sdse_coded_layer *c) {
    uint64_t words;
    if (!sdse_weight_count(&c->shape, &c->filters, &c->slicing.words, &words) ||
        !within(words, 1, UINT64_C(1) << 48))
        return "shape";
    if (!within(c->weight_bits, 2, SDSE_MAX_WEIGHT_BITS))
        return "weight bits";
    if (c->weight_exponent < -SDSE_EXPONENT_BIAS ||
        c->weight_exponent > SDSE_EXPONENT_BIAS)
        return "weight exponent";
    if (!c->raw)
        return check_decomposed(c);
    c->slicing.words = 0;
    return check_raw(c);
}

static const char *read_fields(struct reader *reader, struct sdse_coded_layer *c,
                               struct sdse_stored_bits *bits) {
    uint64_t *const shape[5] = {&c->shape.groups, &c->shape.filters, &c->shape.channels,
                                &c->shape.kernel_rows, &c->shape.kernel_columns};
    for (int i = 0; i < 5; i++)
        *shape[i] = get(reader, 8);
    uint64_t fully_connected = get(reader, 1), raw = get(reader, 1);
    uint64_t store = get(reader, 1);
    c->shape.fully_connected = fully_connected == 1;
    c->raw = raw == 1;
    c->store = (enum sdse_zero_store)store;
    uint32_t *const small[5] = {&c->coefficient_bits, &c->basis_bits, &c->scale_bits,
                                &c->weight_bits, &c->run_bits};
    for (int i = 0; i < 5; i++)
        *small[i] = (uint32_t)get(reader, 1);
    c->window = (uint32_t)get(reader, 4);
    c->lowest = get_i32(reader);
    c->top_scale = get_i32(reader);
    c->weight_exponent = get_i32(reader);
    c->slicing.basis_size = (uint32_t)get(reader, 4);
    c->slicing.rows = get(reader, 8);
    c->slicing.rows_per_block = get(reader, 8);
    for (int s = 0; s < SDSE_SECTIONS; s++)
        bits->section[s] = get(reader, 8);
    if (fully_connected > 1 || raw > 1)
        return "flag";
    if (store >= SDSE_STORES)
        return "index format";
    return check_fields(c);
}

struct parse {
    struct reader reader;
    struct sdse_loc loc;
    struct sdse_diags *diags;
};

static enum sdse_status refuse(struct parse *parse, const char *check, size_t layer,
                               const char *what) {
    sdse_diag_add(parse->diags, SDSE_ERROR, parse->loc, check, "layer %zu: %s", layer,
                  what);
    return SDSE_INVALID;
}

static enum sdse_status read_name(struct parse *parse, size_t index,
                                  struct sdse_stored_layer *layer) {
    struct reader *reader = &parse->reader;
    size_t bytes = (size_t)get(reader, 4);
    if (bytes > SDSE_STORED_MAX_NAME || bytes > (size_t)(reader->end - reader->at))
        return refuse(parse, "stored-header", index, "its name is too long");
    if (memchr(reader->at, 0, bytes))
        return refuse(parse, "stored-header", index, "its name holds a NUL");
    char *name = malloc(bytes + 1);
    if (!name)
        return SDSE_NO_MEMORY;
    memcpy(name, reader->at, bytes);
    name[bytes] = '\0';
    reader->at += bytes;
    layer->name = name;
    return SDSE_OK;
}

// Points the packed sections into the file; sdse_unpack only reads them.
static bool find_sections(struct reader *reader, struct sdse_packed *packed) {
    for (int s = 0; s < SDSE_SECTIONS; s++) {
        uint64_t bytes = sdse_packed_bytes(packed->bits.section[s]);
        if (bytes > (size_t)(reader->end - reader->at))
            return false;
        // NOLINTNEXTLINE(performance-no-int-to-ptr): only read, by sdse_unpack
        packed->data[s] = bytes ? (uint8_t *)(uintptr_t)reader->at : NULL;
        reader->at += bytes;
    }
    return true;
}

static enum sdse_status read_layer(struct parse *parse, size_t index,
                                   struct sdse_stored_layer *layer) {
    enum sdse_status status = read_name(parse, index, layer);
    if (status != SDSE_OK)
        return status;
    struct sdse_packed packed = {0};
    struct sdse_coded_layer coded = {0};
    const char *wrong = read_fields(&parse->reader, &coded, &packed.bits);
    if (parse->reader.ran_out)
        return refuse(parse, "stored-header", index, "the file ends in its header");
    if (wrong) {
        sdse_diag_add(parse->diags, SDSE_ERROR, parse->loc, "stored-header",
                      "layer %zu: bad %s", index, wrong);
        return SDSE_INVALID;
    }
    if (!find_sections(&parse->reader, &packed))
        return refuse(parse, "stored-header", index,
                      "its sections are longer than the file");
    status = sdse_unpack(&packed, &coded, &wrong);
    if (status == SDSE_INVALID)
        return refuse(parse, "stored-layer", index, wrong);
    if (status != SDSE_OK)
        return status;
    layer->coded = coded;
    if (!sdse_rebuild_fits(&coded))
        return refuse(parse, "stored-layer", index,
                      "its weights do not fit their bits");
    return SDSE_OK;
}

static enum sdse_status read_layers(struct parse *parse,
                                    struct sdse_stored_network *network) {
    uint64_t count = get(&parse->reader, 4);
    if (count > (uint64_t)(parse->reader.end - parse->reader.at) / LAYER_BYTES ||
        count > SDSE_STORED_MAX_LAYERS)
        return refuse(parse, "stored-header", 0, "more layers than the file can hold");
    network->layers = calloc(count ? count : 1, sizeof *network->layers);
    if (!network->layers)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        network->layer_count = i + 1;
        enum sdse_status status = read_layer(parse, i, &network->layers[i]);
        if (status != SDSE_OK)
            return status;
    }
    if (parse->reader.at != parse->reader.end)
        return refuse(parse, "stored-header", count, "more bytes follow the layers");
    return SDSE_OK;
}

enum sdse_status sdse_stored_parse(const uint8_t *bytes, size_t length,
                                   const char *name, struct sdse_stored_network *out,
                                   struct sdse_diags *diags) {
    *out = (struct sdse_stored_network){0};
    struct parse parse = {.loc = {.file = name}, .diags = diags};
    const char *check = NULL, *message = NULL;
    if (length < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0) {
        check = "stored-magic";
        message = "not a file of decomposed weights";
    } else if (length < HEADER_BYTES + CHECKSUM_BYTES) {
        check = "stored-truncated";
        message = "the file ends in its header";
    }
    if (check) {
        sdse_diag_add(diags, SDSE_ERROR, parse.loc, check, "%s", message);
        return SDSE_INVALID;
    }
    parse.reader = (struct reader){.at = bytes + sizeof magic,
                                   .end = bytes + (length - CHECKSUM_BYTES)};
    uint64_t version = get(&parse.reader, 4);
    if (version != SDSE_STORED_VERSION) {
        sdse_diag_add(diags, SDSE_ERROR, parse.loc, "stored-version",
                      "version %u is not one this program reads (%d)",
                      (unsigned)version, SDSE_STORED_VERSION);
        return SDSE_INVALID;
    }
    uint8_t checksum[CHECKSUM_BYTES];
    put_checksum(checksum, sdse_hash_bytes(bytes, length - CHECKSUM_BYTES));
    if (memcmp(checksum, parse.reader.end, CHECKSUM_BYTES) != 0) {
        sdse_diag_add(diags, SDSE_ERROR, parse.loc, "stored-checksum",
                      "the checksum does not fit: the file is damaged or cut off");
        return SDSE_INVALID;
    }
    struct sdse_stored_network network = {0};
    enum sdse_status status = read_layers(&parse, &network);
    if (status != SDSE_OK) {
        sdse_stored_free(&network);
        return status;
    }
    *out = network;
    return SDSE_OK;
}
