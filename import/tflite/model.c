#include "import/tflite/model.h"

#include <string.h>

#include "import/tensors/blob.h"
#include "import/tensors/list.h"
#include "import/tflite/operators.h"

// Fields of schema.fbs.
enum { MODEL_CODES = 1, MODEL_GRAPHS = 2, MODEL_BUFFERS = 4 };
enum { CODE_OLD = 0, CODE_CUSTOM = 1, CODE_NEW = 3 };
enum { GRAPH_TENSORS = 0, GRAPH_INPUTS = 1, GRAPH_OUTPUTS = 2, GRAPH_OPERATORS = 3 };
enum { TENSOR_SHAPE = 0, TENSOR_TYPE = 1, TENSOR_BUFFER = 2, TENSOR_QUANT = 4 };
enum { QUANT_SCALE = 2, QUANT_ZERO = 3, QUANT_AXIS = 6 };
enum { BUFFER_DATA = 0, BUFFER_AT = 1, BUFFER_BYTES = 2 };
enum { OP_CODE = 0, OP_INPUTS = 1, OP_OUTPUTS = 2, OP_OPTIONS = 4 };

static enum sdse_status refuse(struct tflite_model *m, const char *message) {
    return sdse_tensors_refuse(m->diags, m->file, "tflite-file", "%s", message);
}

static enum sdse_status broken(struct tflite_model *m) {
    return refuse(m, "not a TensorFlow Lite model, or cut off: an offset leads out of "
                     "the file");
}

// A shape without unknown extents.
static void take_shape(struct tflite_model *m, struct tflite_tensor *tensor) {
    const struct sdse_flat_vector shape =
        sdse_flat_list(&m->flat, tensor->table, TENSOR_SHAPE, 4);
    tensor->known = shape.count <= SDSE_ARRAY_MAX_RANK;
    for (size_t i = 0; tensor->known && i < shape.count; i++) {
        const int64_t extent = sdse_flat_at(&m->flat, shape, i, 4);
        tensor->known = extent > 0;
        tensor->shape[i] = tensor->known ? (uint64_t)extent : 0;
        tensor->rank++;
    }
}

static bool take_tensors(struct tflite_model *m, sdse_flat_table graph) {
    const struct sdse_flat_vector tensors =
        sdse_flat_list(&m->flat, graph, GRAPH_TENSORS, 4);
    m->tensor = SDSE_ARENA_ARRAY(m->arena, struct tflite_tensor, tensors.count + 1);
    if (!m->tensor)
        return false;
    m->tensor_count = tensors.count;
    for (size_t i = 0; i < tensors.count; i++) {
        m->tensor[i].table = sdse_flat_table_at(&m->flat, tensors, i);
        take_shape(m, &m->tensor[i]);
    }
    return true;
}

static bool take_code(struct tflite_model *m, struct sdse_flat_vector codes,
                      struct tflite_operator *op) {
    const uint64_t index = sdse_flat_u64(&m->flat, op->table, OP_CODE, 4, 0);
    if (index >= codes.count) {
        m->flat.bad = true;
        return true;
    }
    const sdse_flat_table code = sdse_flat_table_at(&m->flat, codes, (size_t)index);
    const int64_t old = sdse_flat_i64(&m->flat, code, CODE_OLD, 1, 0);
    const int64_t newer = sdse_flat_i64(&m->flat, code, CODE_NEW, 4, 0);
    const int64_t both = newer > old ? newer : old;
    op->code = both > 0 && both < 100000 ? (unsigned)both : 0;
    op->custom = sdse_flat_text(&m->flat, code, CODE_CUSTOM, m->arena);
    return op->custom != NULL;
}

static bool take_operators(struct tflite_model *m, sdse_flat_table root,
                           sdse_flat_table graph) {
    const struct sdse_flat_vector codes =
        sdse_flat_list(&m->flat, root, MODEL_CODES, 4);
    const struct sdse_flat_vector operators =
        sdse_flat_list(&m->flat, graph, GRAPH_OPERATORS, 4);
    m->op = SDSE_ARENA_ARRAY(m->arena, struct tflite_operator, operators.count + 1);
    if (!m->op)
        return false;
    m->operator_count = operators.count;
    for (size_t i = 0; i < operators.count; i++) {
        struct tflite_operator *op = &m->op[i];
        op->table = sdse_flat_table_at(&m->flat, operators, i);
        op->inputs = sdse_flat_list(&m->flat, op->table, OP_INPUTS, 4);
        op->outputs = sdse_flat_list(&m->flat, op->table, OP_OUTPUTS, 4);
        op->options = sdse_flat_child(&m->flat, op->table, OP_OPTIONS);
        if (!take_code(m, codes, op))
            return false;
        for (size_t k = 0; k < op->outputs.count; k++) {
            const int64_t out = sdse_flat_at(&m->flat, op->outputs, k, 4);
            if (out >= 0 && (uint64_t)out < m->tensor_count)
                m->tensor[out].maker = i + 1;
        }
    }
    return true;
}

// Where a tensor's bytes are in the file; *bytes 0: it has none.
static void find_data(struct tflite_model *m, const struct tflite_tensor *tensor,
                      uint64_t *at, uint64_t *bytes) {
    const uint64_t index = sdse_flat_u64(&m->flat, tensor->table, TENSOR_BUFFER, 4, 0);
    *at = *bytes = 0;
    if (index >= m->buffers.count)
        return;
    const sdse_flat_table buffer =
        sdse_flat_table_at(&m->flat, m->buffers, (size_t)index);
    const struct sdse_flat_vector data =
        sdse_flat_list(&m->flat, buffer, BUFFER_DATA, 1);
    *at = data.at;
    *bytes = data.count;
    // Of models beyond 2 GiB; 0 and 1 stand for none.
    const uint64_t far = sdse_flat_u64(&m->flat, buffer, BUFFER_AT, 8, 0);
    if (far > 1) {
        *at = far;
        *bytes = sdse_flat_u64(&m->flat, buffer, BUFFER_BYTES, 8, 0);
    }
}

// Whether what an operator puts out is known before the model runs: made of constants
// alone. One that reads nothing may read what the model keeps.
static bool is_fixed(struct tflite_model *m, const struct tflite_operator *op) {
    bool reads = false;
    for (size_t i = 0; i < op->inputs.count; i++) {
        const struct tflite_tensor *input = sdse_tflite_input(m, op, i);
        if (input && input->moving)
            return sdse_tflite_role(op->code) == TFLITE_COUNT;
        reads |= input != NULL;
    }
    return reads;
}

// What depends on the model's inputs, and what leaves it. Operators stand in the order
// in which they are executed.
static void take_flow(struct tflite_model *m, sdse_flat_table graph) {
    const struct sdse_flat_vector outputs =
        sdse_flat_list(&m->flat, graph, GRAPH_OUTPUTS, 4);
    uint64_t at, bytes;
    for (size_t i = 0; i < m->tensor_count; i++) {
        find_data(m, &m->tensor[i], &at, &bytes);
        m->tensor[i].moving = !bytes;
    }
    for (size_t i = 0; i < outputs.count; i++) {
        const int64_t out = sdse_flat_at(&m->flat, outputs, i, 4);
        if (out >= 0 && (uint64_t)out < m->tensor_count)
            m->tensor[out].leaves = true;
    }
    for (size_t i = 0; i < m->operator_count; i++)
        for (size_t k = 0; k < m->op[i].outputs.count && is_fixed(m, &m->op[i]); k++) {
            const int64_t out = sdse_flat_at(&m->flat, m->op[i].outputs, k, 4);
            if (out >= 0 && (uint64_t)out < m->tensor_count)
                m->tensor[out].moving = false;
        }
}

bool sdse_tflite_has_steps_first(struct tflite_model *m,
                                 const struct tflite_operator *op) {
    static const struct {
        unsigned code, field, otherwise;
    } rows[] = {{TFLITE_UNIDIRECTIONAL_SEQUENCE_LSTM, 3, 0},
                {TFLITE_BIDIRECTIONAL_SEQUENCE_LSTM, 4, 1},
                {TFLITE_UNIDIRECTIONAL_SEQUENCE_RNN, 0, 0},
                {TFLITE_BIDIRECTIONAL_SEQUENCE_RNN, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == op->code)
            return sdse_flat_u64(&m->flat, op->options, rows[i].field, 1,
                                 rows[i].otherwise) != 0;
    return false;
}

static void take_batch(struct tflite_model *m, sdse_flat_table graph) {
    const struct sdse_flat_vector inputs =
        sdse_flat_list(&m->flat, graph, GRAPH_INPUTS, 4);
    const int64_t index = inputs.count ? sdse_flat_at(&m->flat, inputs, 0, 4) : -1;
    m->batch = 1;
    if (index < 0 || (uint64_t)index >= m->tensor_count)
        return;
    const struct tflite_tensor *first = &m->tensor[index];
    if (!first->known || first->rank < 2)
        return;
    m->batch = first->shape[0];
    for (size_t i = 0; i < m->operator_count && first->rank == 3; i++)
        if (sdse_tflite_input(m, &m->op[i], 0) == first &&
            sdse_tflite_has_steps_first(m, &m->op[i]))
            m->batch = first->shape[1];
}

enum sdse_status sdse_tflite_model(struct tflite_model *m) {
    if (m->flat.length < 8 || memcmp(m->flat.bytes + 4, "TFL3", 4) != 0)
        return refuse(m, "not a TensorFlow Lite model: it does not say TFL3");
    const sdse_flat_table root = sdse_flat_root(&m->flat);
    const struct sdse_flat_vector graphs =
        sdse_flat_list(&m->flat, root, MODEL_GRAPHS, 4);
    m->buffers = sdse_flat_list(&m->flat, root, MODEL_BUFFERS, 4);
    m->graph_count = graphs.count;
    if (m->flat.bad)
        return broken(m);
    if (!graphs.count)
        return refuse(m, "the model has no graph");
    const sdse_flat_table graph = sdse_flat_table_at(&m->flat, graphs, 0);
    if (!take_tensors(m, graph) || !take_operators(m, root, graph))
        return SDSE_NO_MEMORY;
    take_batch(m, graph);
    take_flow(m, graph);
    return m->flat.bad ? broken(m) : SDSE_OK;
}

static const struct tflite_tensor *member(struct tflite_model *m,
                                          struct sdse_flat_vector list, size_t i) {
    const int64_t index = i < list.count ? sdse_flat_at(&m->flat, list, i, 4) : -1;
    return index >= 0 && (uint64_t)index < m->tensor_count ? &m->tensor[index] : NULL;
}

const struct tflite_tensor *
sdse_tflite_input(struct tflite_model *m, const struct tflite_operator *op, size_t i) {
    return member(m, op->inputs, i);
}

const struct tflite_tensor *
sdse_tflite_output(struct tflite_model *m, const struct tflite_operator *op, size_t i) {
    return member(m, op->outputs, i);
}

uint64_t sdse_tflite_count(const struct tflite_tensor *tensor, unsigned rank) {
    uint64_t count;
    return sdse_shape_count(tensor->shape, rank, &count) ? count : 0;
}

const struct tflite_tensor *sdse_tflite_constant(struct tflite_model *m,
                                                 const struct tflite_tensor *tensor) {
    uint64_t at, bytes;
    for (size_t steps = 0; tensor && steps < 4; steps++) {
        find_data(m, tensor, &at, &bytes);
        if (bytes)
            return tensor;
        if (!tensor->maker || m->op[tensor->maker - 1].code != TFLITE_DEQUANTIZE)
            return NULL;
        tensor = sdse_tflite_input(m, &m->op[tensor->maker - 1], 0);
    }
    return NULL;
}

static const char TOO_FEW[] =
    "the file does not hold as many weights as their shape says";

static enum sdse_status bad_weights(struct tflite_model *m, const char *layer,
                                    const char *what) {
    return sdse_tensors_refuse(m->diags, m->file, "tflite-weights", "layer '%s': %s",
                               layer, what);
}

enum { TYPE_INT4 = 17 };

// Numbers of 4 bits become bytes: two in each, the first in the lower half, with a
// sign. Once for each tensor.
static enum sdse_status unpack(struct tflite_model *m, const char *layer,
                               const struct tflite_tensor *tensor,
                               struct sdse_stored_tensor *out, uint64_t bytes) {
    struct tflite_tensor *own = &m->tensor[tensor - m->tensor];
    if (out->count / 2 + out->count % 2 != bytes || out->offset > m->flat.length ||
        bytes > m->flat.length - out->offset)
        return bad_weights(m, layer, TOO_FEW);
    if (!own->unpacked) {
        struct sdse_blob *blob = SDSE_ARENA_NEW(m->arena, struct sdse_blob);
        unsigned char *numbers = SDSE_ARENA_ARRAY(m->arena, unsigned char, out->count);
        if (!blob || !numbers)
            return SDSE_NO_MEMORY;
        for (size_t i = 0; i < out->count; i++) {
            const unsigned pair = m->flat.bytes[out->offset + i / 2];
            const unsigned half = i % 2 ? pair >> 4 : pair & 15;
            numbers[i] = (unsigned char)(half < 8 ? half : half | 0xf0);
        }
        *blob = (struct sdse_blob){
            .name = m->file, .length = out->count, .memory = numbers};
        own->unpacked = blob;
    }
    out->blob = own->unpacked;
    out->offset = 0;
    out->bits = 4;
    return SDSE_OK;
}

static enum sdse_dtype dtype_of(int64_t type) {
    static const enum sdse_dtype types[] = {
        SDSE_DTYPE_F32, SDSE_DTYPE_F16,  SDSE_DTYPE_I32, SDSE_DTYPE_U8,  SDSE_DTYPE_I64,
        SDSE_DTYPES,    SDSE_DTYPE_BOOL, SDSE_DTYPE_I16, SDSE_DTYPES,    SDSE_DTYPE_I8,
        SDSE_DTYPE_F64, SDSE_DTYPES,     SDSE_DTYPE_U64, SDSE_DTYPES,    SDSE_DTYPES,
        SDSE_DTYPE_U32, SDSE_DTYPE_U16,  SDSE_DTYPE_I8,  SDSE_DTYPE_BF16};
    const size_t count = sizeof types / sizeof *types;
    return type >= 0 && (uint64_t)type < count ? types[type] : SDSE_DTYPES;
}

static enum sdse_status take_scales(struct tflite_model *m, const char *layer,
                                    struct sdse_flat_vector scales,
                                    struct sdse_flat_vector zeros, int64_t axis,
                                    struct sdse_stored_tensor *out) {
    struct sdse_tensor_scale *scale =
        SDSE_ARENA_NEW(m->arena, struct sdse_tensor_scale);
    double *values = SDSE_ARENA_ARRAY(m->arena, double, 2 * scales.count);
    if (!scale || !values)
        return SDSE_NO_MEMORY;
    if ((zeros.count != scales.count && zeros.count > 1) ||
        (scales.count > 1 &&
         (axis < 0 || (uint64_t)axis >= out->rank || out->shape[axis] != scales.count)))
        return bad_weights(m, layer, "its scales are not as many as its filters");
    for (size_t i = 0; i < scales.count; i++) {
        const size_t zero = zeros.count > 1 ? i : 0;
        values[i] = sdse_flat_f32_at(&m->flat, scales, i);
        values[scales.count + i] =
            zeros.count ? (double)sdse_flat_at(&m->flat, zeros, zero, 8) : 0;
    }
    *scale = (struct sdse_tensor_scale){.axis = scales.count > 1 ? (unsigned)axis : 0,
                                        .count = scales.count,
                                        .scale = values,
                                        .zero = values + scales.count};
    out->scale = scale;
    return SDSE_OK;
}

enum sdse_status sdse_tflite_stored(struct tflite_model *m, const char *layer,
                                    const struct tflite_tensor *tensor,
                                    struct sdse_stored_tensor *out) {
    uint64_t at, bytes, needed;
    const int64_t type = sdse_flat_i64(&m->flat, tensor->table, TENSOR_TYPE, 1, 0);
    find_data(m, tensor, &at, &bytes);
    *out = (struct sdse_stored_tensor){.name = layer,
                                       .dtype = dtype_of(type),
                                       .type = "TensorFlow Lite's",
                                       .rank = tensor->rank,
                                       .blob = m->blob,
                                       .offset = at};
    memcpy(out->shape, tensor->shape, sizeof out->shape);
    sdse_tensor_c_order(out);
    if (out->dtype == SDSE_DTYPES)
        return SDSE_OK;
    out->type = sdse_dtype_name(out->dtype);
    if (!tensor->known || !sdse_shape_count(out->shape, out->rank, &out->count) ||
        out->count > SIZE_MAX / sizeof(double))
        return bad_weights(m, layer, "the shape of its weights is not known");
    needed = out->count * sdse_dtype_bytes(out->dtype);
    if (type == TYPE_INT4) {
        const enum sdse_status status = unpack(m, layer, tensor, out, bytes);
        if (status != SDSE_OK)
            return status;
    } else if (needed != bytes || at > m->flat.length || bytes > m->flat.length - at) {
        return bad_weights(m, layer, TOO_FEW);
    }
    const sdse_flat_table quant =
        sdse_flat_child(&m->flat, tensor->table, TENSOR_QUANT);
    const struct sdse_flat_vector scales =
        sdse_flat_list(&m->flat, quant, QUANT_SCALE, 4);
    if (!scales.count)
        return SDSE_OK;
    const struct sdse_flat_vector zeros =
        sdse_flat_list(&m->flat, quant, QUANT_ZERO, 8);
    return take_scales(m, layer, scales, zeros,
                       sdse_flat_i64(&m->flat, quant, QUANT_AXIS, 4, 0), out);
}
