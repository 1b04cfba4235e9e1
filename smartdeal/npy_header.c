#include "smartdeal/npy_header.h"

#include <string.h>

#include "base/checked.h"

enum { LONGEST_STRING = 32 };

struct reader {
    const char *at, *end;
    const char *file;
    struct sdse_diags *diags;
};

static bool refuse(struct reader *reader, const char *check, const char *message) {
    sdse_diag_add(reader->diags, SDSE_ERROR, (struct sdse_loc){.file = reader->file},
                  check, "%s", message);
    return false;
}

static void skip_blanks(struct reader *reader) {
    while (reader->at < reader->end && *reader->at && strchr(" \t\r\n", *reader->at))
        reader->at++;
}

// Takes the character `wanted`, after blanks, if it is next.
static bool take(struct reader *reader, char wanted) {
    skip_blanks(reader);
    if (reader->at == reader->end || *reader->at != wanted)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, const char *word) {
    skip_blanks(reader);
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length ||
        memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

// A quoted string without escapes, shorter than LONGEST_STRING.
static bool take_string(struct reader *reader, char text[LONGEST_STRING]) {
    skip_blanks(reader);
    if (reader->at == reader->end || (*reader->at != '\'' && *reader->at != '"'))
        return refuse(reader, "npy-header", "header: a quoted string was expected");
    char quote = *reader->at++;
    size_t length = 0;
    while (reader->at < reader->end && *reader->at != quote) {
        unsigned char c = (unsigned char)*reader->at++;
        if (length + 1 == LONGEST_STRING || c < ' ' || c > '~' || c == '\\')
            return refuse(reader, "npy-header",
                          "header: a string is too long or has odd characters");
        text[length++] = (char)c;
    }
    text[length] = '\0';
    if (reader->at == reader->end)
        return refuse(reader, "npy-header", "header: a string is not closed");
    reader->at++;
    return true;
}

static bool dtype_from_code(const char *code, enum sdse_dtype *out) {
    static const struct {
        const char *code;
        enum sdse_dtype dtype;
    } known[] = {{"f2", SDSE_DTYPE_F16}, {"f4", SDSE_DTYPE_F32}, {"f8", SDSE_DTYPE_F64},
                 {"i1", SDSE_DTYPE_I8},  {"u1", SDSE_DTYPE_U8},  {"i2", SDSE_DTYPE_I16},
                 {"u2", SDSE_DTYPE_U16}, {"i4", SDSE_DTYPE_I32}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(code, known[i].code) == 0) {
            *out = known[i].dtype;
            return true;
        }
    }
    return false;
}

static bool parse_descr(struct reader *reader, struct sdse_npy_header *out) {
    skip_blanks(reader);
    if (reader->at < reader->end && *reader->at == '[')
        return refuse(reader, "npy-dtype",
                      "structured arrays are not read; save each field by itself");
    char text[LONGEST_STRING];
    if (!take_string(reader, text))
        return false;
    if (!text[0] || !strchr("<>|=", text[0]) ||
        !dtype_from_code(text + 1, &out->dtype) ||
        (text[0] == '|' && sdse_dtype_bytes(out->dtype) > 1)) {
        sdse_diag_add(reader->diags, SDSE_ERROR,
                      (struct sdse_loc){.file = reader->file}, "npy-dtype",
                      "element type '%s' is not read; f2, f4, f8, i1, u1, i2, u2 and "
                      "i4 are, with < or > before them",
                      text);
        return false;
    }
    out->big_endian =
        text[0] == '>' || (text[0] == '=' && sdse_machine_is_big_endian());
    return true;
}

static bool parse_order(struct reader *reader, struct sdse_npy_header *out) {
    out->fortran_order = take_word(reader, "True");
    if (!out->fortran_order && !take_word(reader, "False"))
        return refuse(reader, "npy-header",
                      "header: fortran_order must be True or False");
    return true;
}

static bool parse_extent(struct reader *reader, uint64_t *out) {
    skip_blanks(reader);
    uint64_t value = 0;
    const char *start = reader->at;
    for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
         reader->at++)
        if (!sdse_mul_u64(value, 10, &value) ||
            !sdse_add_u64(value, (uint64_t)(*reader->at - '0'), &value))
            return refuse(reader, "npy-shape", "a dimension exceeds 64 bits");
    if (reader->at == start)
        return refuse(reader, "npy-header",
                      "header: shape must be a tuple of non-negative integers");
    if (reader->at < reader->end && *reader->at == 'L')
        reader->at++; // written by Python 2
    *out = value;
    return true;
}

static bool parse_shape(struct reader *reader, struct sdse_npy_header *out) {
    if (!take(reader, '('))
        return refuse(reader, "npy-header", "header: shape must be a tuple");
    bool comma = true;
    for (out->rank = 0; !take(reader, ')'); out->rank++) {
        if (!comma)
            return refuse(reader, "npy-header", "header: shape must be a tuple");
        if (out->rank == SDSE_ARRAY_MAX_RANK)
            return refuse(reader, "npy-shape", "more than 8 dimensions");
        if (!parse_extent(reader, &out->shape[out->rank]))
            return false;
        comma = take(reader, ',');
    }
    if (out->rank == 1 && !comma)
        return refuse(reader, "npy-header",
                      "header: the shape of one dimension is written (N,)");
    return true;
}

static const struct {
    const char *name;
    bool (*parse)(struct reader *, struct sdse_npy_header *);
} keys[] = {
    {"descr", parse_descr}, {"fortran_order", parse_order}, {"shape", parse_shape}};
enum { KEYS = sizeof keys / sizeof *keys };

// One "'key': value"; `seen` is the set of keys so far.
static bool parse_entry(struct reader *reader, struct sdse_npy_header *header,
                        unsigned *seen) {
    char name[LONGEST_STRING];
    if (!take_string(reader, name))
        return false;
    size_t key = 0;
    while (key < KEYS && strcmp(name, keys[key].name) != 0)
        key++;
    if (key == KEYS)
        return refuse(reader, "npy-header", "header: unknown key");
    if (*seen >> key & 1u)
        return refuse(reader, "npy-header", "header: a key appears twice");
    *seen |= 1u << key;
    if (!take(reader, ':'))
        return refuse(reader, "npy-header", "header: ':' was expected");
    return keys[key].parse(reader, header);
}

bool sdse_npy_header_parse(const char *text, size_t length, const char *file,
                           struct sdse_npy_header *out, struct sdse_diags *diags) {
    struct reader reader = {text, text + length, file, diags};
    struct sdse_npy_header header = {0};
    unsigned seen = 0;
    if (!take(&reader, '{'))
        return refuse(&reader, "npy-header", "the header is not a dictionary");
    bool comma = true;
    while (!take(&reader, '}')) {
        if (!comma)
            return refuse(&reader, "npy-header", "header: ',' or '}' was expected");
        if (!parse_entry(&reader, &header, &seen))
            return false;
        comma = take(&reader, ',');
    }
    skip_blanks(&reader);
    if (reader.at != reader.end)
        return refuse(&reader, "npy-header", "header: text after the dictionary");
    if (seen != (1u << KEYS) - 1)
        return refuse(&reader, "npy-header",
                      "header: descr, fortran_order and shape must all be there");
    *out = header;
    return true;
}
