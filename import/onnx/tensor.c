// For realpath; the name is the C library's.
#define _XOPEN_SOURCE 700 // NOLINT(bugprone-reserved-identifier,cert-*,readability-*)
#include "import/onnx/tensor.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/errno_text.h"
#include "base/inside.h"
#include "import/onnx/lent.h"

#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

// Types that are younger than the onnx.proto we build with.
enum {
    FLOAT8E4M3FN = 17,
    FLOAT8E4M3FNUZ = 18,
    FLOAT8E5M2 = 19,
    FLOAT8E5M2FNUZ = 20,
    UINT4 = 21,
    INT4 = 22,
    FLOAT4E2M1 = 23,
    FLOAT8E8M0 = 24,
    UINT2 = 25,
    INT2 = 26
};

// The fields that hold values: typed arrays, or bytes in raw_data or another file.
enum field { FLOATS, DOUBLES, INTS32, INTS64, UINTS64, OTHER };

// What we know of each element type. dtype is SDSE_DTYPES where there is none.
static const struct element {
    int32_t type;
    unsigned bytes;
    enum field field;
    enum sdse_dtype dtype; // of narrow numbers: that of the bytes they are in
    unsigned packed; // narrow numbers in a byte, the first in its low bits; 0: none
} elements[] = {
    {TYPE(FLOAT), 4, FLOATS, SDSE_DTYPE_F32, 0},
    {TYPE(DOUBLE), 8, DOUBLES, SDSE_DTYPE_F64, 0},
    {TYPE(FLOAT16), 2, INTS32, SDSE_DTYPE_F16, 0},
    {TYPE(BFLOAT16), 2, INTS32, SDSE_DTYPE_BF16, 0},
    {TYPE(INT8), 1, INTS32, SDSE_DTYPE_I8, 0},
    {TYPE(UINT8), 1, INTS32, SDSE_DTYPE_U8, 0},
    {TYPE(INT16), 2, INTS32, SDSE_DTYPE_I16, 0},
    {TYPE(UINT16), 2, INTS32, SDSE_DTYPE_U16, 0},
    {TYPE(INT32), 4, INTS32, SDSE_DTYPE_I32, 0},
    {TYPE(BOOL), 1, INTS32, SDSE_DTYPES, 0},
    {TYPE(INT64), 8, INTS64, SDSE_DTYPES, 0},
    {TYPE(UINT32), 4, UINTS64, SDSE_DTYPES, 0},
    {TYPE(UINT64), 8, UINTS64, SDSE_DTYPES, 0},
    {FLOAT8E4M3FN, 1, INTS32, SDSE_DTYPE_U8, 1},
    {FLOAT8E4M3FNUZ, 1, INTS32, SDSE_DTYPE_U8, 1},
    {FLOAT8E5M2, 1, INTS32, SDSE_DTYPE_U8, 1},
    {FLOAT8E5M2FNUZ, 1, INTS32, SDSE_DTYPE_U8, 1},
    {UINT4, 1, INTS32, SDSE_DTYPE_U8, 2},
    {INT4, 1, INTS32, SDSE_DTYPE_U8, 2},
    {FLOAT4E2M1, 1, INTS32, SDSE_DTYPE_U8, 2},
    {FLOAT8E8M0, 1, INTS32, SDSE_DTYPE_U8, 1},
    {UINT2, 1, INTS32, SDSE_DTYPE_U8, 4},
    {INT2, 1, INTS32, SDSE_DTYPE_U8, 4},
};

static const struct element *find_element(const Onnx__TensorProto *tensor) {
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (elements[i].type == tensor->data_type)
            return &elements[i];
    return NULL;
}

// Elements of the field, or of raw_data, that hold `count` numbers.
static uint64_t items_of(const struct element *element, uint64_t count) {
    uint64_t packed = element->packed ? element->packed : 1;
    return count / packed + (count % packed != 0);
}

// Number `i` of a narrow type in `byte`. Sources: onnx.proto, TensorProto.DataType;
// Micikevicius et al., arXiv:2209.05433 (E4M3, E5M2); Noune et al., arXiv:2206.02915
// (the FNUZ types); OCP Microscaling Formats 1.0 (E2M1, E8M0).
static double narrow_at(const struct element *element, unsigned byte, uint64_t i) {
    static const double fours[8] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    unsigned width = 8 / element->packed;
    unsigned bits =
        byte >> width * (unsigned)(i % element->packed) & ((1u << width) - 1);
    int sign = bits >> (width - 1) & 1u ? 1 << width : 0;
    switch (element->type) {
    case FLOAT8E4M3FN:
        return (bits & 0x7f) == 0x7f ? (double)NAN : sdse_small_float(bits, 3, 7);
    case FLOAT8E4M3FNUZ:
        return bits == 0x80 ? (double)NAN : sdse_small_float(bits, 3, 8);
    case FLOAT8E5M2:
        return (bits & 0x7f) > 0x7c    ? (double)NAN
               : (bits & 0x7f) == 0x7c ? (double)(bits & 0x80 ? -INFINITY : INFINITY)
                                       : sdse_small_float(bits, 2, 15);
    case FLOAT8E5M2FNUZ:
        return bits == 0x80 ? (double)NAN : sdse_small_float(bits, 2, 16);
    case FLOAT8E8M0:
        return bits == 0xff ? (double)NAN : ldexp(1, (int)bits - 127);
    case FLOAT4E2M1:
        return bits & 8u ? -fours[bits & 7u] : fours[bits];
    case INT4:
    case INT2:
        return (int)bits - sign;
    default:
        return bits;
    }
}

static size_t stored_values(const Onnx__TensorProto *tensor, enum field field) {
    switch (field) {
    case FLOATS:
        return tensor->n_float_data;
    case DOUBLES:
        return tensor->n_double_data;
    case INTS32:
        return tensor->n_int32_data;
    case INTS64:
        return tensor->n_int64_data;
    case UINTS64:
        return tensor->n_uint64_data;
    default:
        return 0;
    }
}

bool sdse_onnx_tensor_is_external(const Onnx__TensorProto *tensor) {
    return tensor->has_data_location &&
           tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

static bool refuse(const Onnx__TensorProto *tensor, const char *file,
                   struct sdse_diags *diags, const char *check, const char *message) {
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file}, check,
                  "tensor '%s': %s", tensor->name ? tensor->name : "", message);
    return false;
}

// Where a tensor's external bytes are.
struct external {
    char path[4096];
    uint64_t offset; // [bytes]
};

static bool parse_u64(const char *text, uint64_t *out) {
    char *end;
    errno = 0;
    if (text[0] < '0' || text[0] > '9')
        return false;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end || errno)
        return false;
    *out = value;
    return true;
}

// What the system said of the external file.
static enum sdse_status fail_external(const struct external *external, int error,
                                      struct sdse_diags *diags) {
    return sdse_diag_errno(diags, (struct sdse_loc){.file = external->path},
                           "onnx-external", NULL, error);
}

// Finds the external file below the model's folder, with at least `bytes` of it.
static enum sdse_status find_external(const Onnx__TensorProto *tensor, const char *file,
                                      bool follow_links, uint64_t bytes,
                                      struct external *out, struct sdse_diags *diags) {
    const char *wrong = NULL, *location = NULL;
    *out = (struct external){0};
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const Onnx__StringStringEntryProto *entry = tensor->external_data[i];
        if (!entry->key || !entry->value)
            continue;
        if (strcmp(entry->key, "location") == 0)
            location = entry->value;
        else if (strcmp(entry->key, "offset") == 0 &&
                 !parse_u64(entry->value, &out->offset))
            wrong = "the offset of its external data is not a number";
    }
    if (!wrong && (!location || !sdse_name_is_inside(location)))
        wrong = "its external data must be in a file below the model's folder";
    if (wrong)
        return refuse(tensor, file, diags, "onnx-external", wrong), SDSE_INVALID;
    const char *slash = strrchr(file, '/');
    int folder = slash ? (int)(slash - file + 1) : 0;
    int used = snprintf(out->path, sizeof out->path, "%.*s%s", folder, file, location);
    struct stat info;
    const bool fits = used >= 0 && (size_t)used < sizeof out->path;
    const bool there = fits && stat(out->path, &info) == 0;
    if (fits && !there && sdse_errno_status(errno) != SDSE_INVALID)
        return fail_external(out, errno, diags);
    bool inside = false;
    if (there && S_ISREG(info.st_mode)) {
        char below[sizeof out->path];
        snprintf(below, sizeof below, "%.*s", folder, file);
        const int error =
            sdse_path_stays_inside(folder ? below : ".", out->path, &inside);
        if (error)
            return fail_external(out, error, diags);
    }
    if (!there || !S_ISREG(info.st_mode))
        wrong = "the file with its external data is missing, or not a regular file; "
                "--shapes-only does without it";
    else if (!inside && !follow_links) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file},
                      "onnx-external",
                      "tensor '%s': a link leads its external data '%s' out of the "
                      "model's folder; --follow-links permits it",
                      tensor->name ? tensor->name : "", location);
        return SDSE_INVALID;
    } else if ((uint64_t)info.st_size < out->offset)
        wrong = "the offset of its external data is beyond the end of the file";
    else if ((uint64_t)info.st_size - out->offset < bytes)
        wrong = "its external data is cut off";
    if (wrong)
        return refuse(tensor, file, diags, "onnx-external", wrong), SDSE_INVALID;
    return SDSE_OK;
}

static bool check_length(const Onnx__TensorProto *tensor, const char *file,
                         enum sdse_onnx_external how, uint64_t count,
                         struct sdse_diags *diags) {
    const struct element *element = find_element(tensor);
    uint64_t bytes;
    if (!element || sdse_onnx_is_lent(tensor))
        return true; // the type is refused when somebody wants the values
    count = items_of(element, count);
    if (!sdse_mul_u64(count, element->bytes, &bytes))
        return refuse(tensor, file, diags, "onnx-tensor-shape",
                      "more elements than 64 bits count");
    if (sdse_onnx_tensor_is_external(tensor)) {
        struct external external;
        return how == SDSE_ONNX_EXTERNAL_UNREAD ||
               find_external(tensor, file, how == SDSE_ONNX_EXTERNAL_LINKED, bytes,
                             &external, diags) == SDSE_OK;
    }
    uint64_t have = tensor->has_raw_data ? tensor->raw_data.len / element->bytes
                                         : stored_values(tensor, element->field);
    if (have == count &&
        (!tensor->has_raw_data || tensor->raw_data.len % element->bytes == 0))
        return true;
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file},
                  "onnx-tensor-length",
                  "tensor '%s': the shape has %" PRIu64 " elements, the data %" PRIu64,
                  tensor->name ? tensor->name : "", count, have);
    return false;
}

bool sdse_onnx_shape_is_sane(const uint64_t *dims, unsigned rank) {
    const uint64_t longest = (uint64_t)1 << 48, largest = (uint64_t)1 << 62;
    uint64_t count = 1;
    for (unsigned i = 0; i < rank; i++)
        if (dims[i] > longest || !sdse_mul_u64(count, dims[i] ? dims[i] : 1, &count) ||
            count > largest)
            return false;
    return true;
}

bool sdse_onnx_tensor_check(const Onnx__TensorProto *tensor, const char *file,
                            enum sdse_onnx_external external,
                            struct sdse_onnx_shape *shape, struct sdse_diags *diags) {
    struct sdse_onnx_shape found = {.known = true, .rank = (unsigned)tensor->n_dims};
    if (tensor->n_dims > SDSE_ARRAY_MAX_RANK)
        return refuse(tensor, file, diags, "onnx-tensor-shape",
                      "more than 8 dimensions");
    for (size_t i = 0; i < tensor->n_dims; i++) {
        if (tensor->dims[i] < 0)
            return refuse(tensor, file, diags, "onnx-tensor-shape",
                          "a dimension is negative");
        found.dim[i] = (uint64_t)tensor->dims[i];
    }
    if (tensor->segment)
        return refuse(tensor, file, diags, "onnx-tensor-type",
                      "tensors stored in segments are not read");
    uint64_t count;
    if (!sdse_onnx_shape_is_sane(found.dim, found.rank) ||
        !sdse_shape_count(found.dim, found.rank, &count))
        return refuse(tensor, file, diags, "onnx-tensor-shape",
                      "an absurd number of elements");
    if (!check_length(tensor, file, external, count, diags))
        return false;
    *shape = found;
    return true;
}

bool sdse_onnx_tensor_name_input(const Onnx__TensorProto *tensor, const char *file,
                                 struct sdse_output_rules *rules,
                                 struct sdse_arena *arena) {
    struct external external;
    return !sdse_onnx_tensor_is_external(tensor) ||
           find_external(tensor, file, true, 0, &external, NULL) != SDSE_OK ||
           sdse_output_rules_add(rules, arena, external.path);
}

bool sdse_onnx_tensor_is_real(const Onnx__TensorProto *tensor) {
    int32_t type = tensor->data_type;
    return type == TYPE(FLOAT) || type == TYPE(DOUBLE) || type == TYPE(FLOAT16) ||
           type == TYPE(BFLOAT16) || (type >= FLOAT8E4M3FN && type <= FLOAT8E5M2FNUZ) ||
           type == FLOAT4E2M1;
}

bool sdse_onnx_tensor_is_weights(const Onnx__TensorProto *tensor) {
    const struct element *element = find_element(tensor);
    return element && element->dtype != SDSE_DTYPES;
}

static enum sdse_status read_external(const Onnx__TensorProto *tensor, const char *file,
                                      size_t bytes, unsigned char *out,
                                      struct sdse_diags *diags) {
    struct external external;
    // Whether links may be followed was asked when the tensor was checked.
    enum sdse_status status =
        find_external(tensor, file, true, bytes, &external, diags);
    if (status != SDSE_OK)
        return status;
    FILE *stream = fopen(external.path, "rb");
    if (!stream)
        return fail_external(&external, errno, diags);
    if (fseeko(stream, (off_t)external.offset, SEEK_SET) != 0 ||
        fread(out, 1, bytes, stream) != bytes)
        status = fail_external(&external, errno, diags);
    fclose(stream);
    return status;
}

// Decodes the values of typed fields, which protobuf stores wider than they are.
// Returns how many exceed f32.
static uint64_t decode_typed(const Onnx__TensorProto *tensor,
                             const struct element *element, size_t count, float *out) {
    if (element->field == FLOATS) {
        if (count > 0)
            memcpy(out, tensor->float_data, count * sizeof *out);
        return 0;
    }
    uint64_t out_of_range = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char bytes[8];
        uint64_t bits;
        if (element->field == DOUBLES)
            memcpy(&bits, &tensor->double_data[i], sizeof bits);
        else
            bits = (uint32_t)tensor->int32_data[i];
        for (size_t byte = 0; byte < sizeof bytes; byte++)
            bytes[byte] = (unsigned char)(bits >> 8 * byte & 0xff);
        out_of_range += sdse_decode_f32(element->dtype, false, bytes, 1, &out[i]);
    }
    return out_of_range;
}

static enum sdse_status decode_tensor(const Onnx__TensorProto *tensor, const char *file,
                                      const struct element *element, size_t count,
                                      float *out, uint64_t *out_of_range,
                                      struct sdse_diags *diags) {
    *out_of_range = 0;
    if (!sdse_onnx_tensor_is_external(tensor)) {
        *out_of_range = tensor->has_raw_data
                            ? sdse_decode_f32(element->dtype, false,
                                              tensor->raw_data.data, count, out)
                            : decode_typed(tensor, element, count, out);
        return SDSE_OK;
    }
    size_t bytes = count * element->bytes;
    unsigned char *buffer = malloc(bytes ? bytes : 1);
    if (!buffer)
        return SDSE_NO_MEMORY;
    enum sdse_status status = read_external(tensor, file, bytes, buffer, diags);
    if (status == SDSE_OK)
        *out_of_range = sdse_decode_f32(element->dtype, false, buffer, count, out);
    free(buffer);
    return status;
}

enum sdse_status sdse_onnx_tensor_read(const Onnx__TensorProto *tensor,
                                       const char *file, struct sdse_array *out,
                                       struct sdse_diags *diags) {
    const struct element *element = find_element(tensor);
    if (sdse_onnx_is_lent(tensor))
        return sdse_onnx_lent_read(tensor, out, diags);
    if (!element || element->dtype == SDSE_DTYPES) {
        refuse(tensor, file, diags, "onnx-tensor-type",
               "its element type is not read as weights");
        return SDSE_INVALID;
    }
    struct sdse_array array = {.source = element->dtype,
                               .rank = (unsigned)tensor->n_dims};
    for (unsigned i = 0; i < array.rank; i++)
        array.shape[i] = (uint64_t)tensor->dims[i];
    if (!sdse_shape_count(array.shape, array.rank, &array.count) ||
        array.count > SIZE_MAX / sizeof(double))
        return SDSE_OVERFLOW;
    array.data = malloc(array.count ? (size_t)array.count * sizeof *array.data : 1);
    if (!array.data)
        return SDSE_NO_MEMORY;
    uint64_t out_of_range, items = items_of(element, array.count);
    enum sdse_status status = decode_tensor(tensor, file, element, (size_t)items,
                                            array.data, &out_of_range, diags);
    // From the last one: a byte is read before the numbers in it are written over it.
    for (uint64_t i = array.count; element->packed && status == SDSE_OK && i-- > 0;)
        array.data[i] =
            (float)narrow_at(element, (unsigned)array.data[i / element->packed], i);
    if (status == SDSE_OK && out_of_range > 0) {
        refuse(tensor, file, diags, "onnx-tensor-type",
               "values beyond the range of f32");
        status = SDSE_INVALID;
    }
    if (status == SDSE_OK)
        *out = array;
    else
        free(array.data);
    return status;
}

// Element i of a tensor as a double; `raw` are its bytes where it is not in fields.
static double value_at(const Onnx__TensorProto *tensor, const struct element *element,
                       const unsigned char *raw, size_t i) {
    uint64_t bits = 0;
    const size_t number = i;
    i = element->packed ? i / element->packed : i;
    if (!raw) {
        switch (element->field) {
        case FLOATS:
            return (double)tensor->float_data[i];
        case DOUBLES:
            return tensor->double_data[i];
        case INTS64:
            return (double)tensor->int64_data[i];
        case UINTS64:
            return (double)tensor->uint64_data[i];
        default:
            bits = (uint32_t)tensor->int32_data[i];
        }
    } else {
        const unsigned char *bytes = raw + i * element->bytes;
        for (unsigned byte = 0; byte < element->bytes; byte++)
            bits |= (uint64_t)bytes[byte] << 8 * byte;
    }
    if (element->packed)
        return narrow_at(element, (unsigned)(bits & 0xff), number);
    if (element->type == TYPE(DOUBLE)) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (element->dtype == SDSE_DTYPES)
        return element->type == TYPE(INT64) ? (double)(int64_t)bits : (double)bits;
    if (element->type == TYPE(INT32))
        return (double)(int32_t)(uint32_t)bits;
    unsigned char bytes[4] = {
        (unsigned char)(bits & 0xff), (unsigned char)(bits >> 8 & 0xff),
        (unsigned char)(bits >> 16 & 0xff), (unsigned char)(bits >> 24 & 0xff)};
    float value;
    sdse_decode_f32(element->dtype, false, bytes, 1, &value);
    return (double)value;
}

double *sdse_onnx_tensor_fold(const Onnx__TensorProto *tensor, const char *file,
                              size_t count, struct sdse_arena *arena,
                              struct sdse_diags *diags) {
    const struct element *element = find_element(tensor);
    const bool external = sdse_onnx_tensor_is_external(tensor);
    if (!element || (external && !file) || sdse_onnx_is_lent(tensor))
        return NULL;
    const unsigned char *raw = tensor->has_raw_data ? tensor->raw_data.data : NULL;
    if (external) {
        const size_t bytes = (size_t)items_of(element, count) * element->bytes;
        unsigned char *read = SDSE_ARENA_ARRAY(arena, unsigned char, bytes + 1);
        if (!read || read_external(tensor, file, bytes, read, diags) != SDSE_OK)
            return NULL;
        raw = read;
    }
    double *values = SDSE_ARENA_ARRAY(arena, double, count ? count : 1);
    for (size_t i = 0; values && i < count; i++)
        values[i] = value_at(tensor, element, raw, i);
    return values;
}
