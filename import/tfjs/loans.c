// Numbers of stored tensors as constants of the graph: few of them at once, as shapes
// may depend on these, more when they are read.
#include <stdlib.h>
#include <string.h>

#include "import/onnx/lent.h"
#include "import/onnx/ops.h"
#include "import/tfjs/reading.h"

struct tfjs_loan {
    struct sdse_onnx_lender lender; // first: it is what the graph knows
    struct sdse_stored_tensor stored;
    uint32_t order; // of its extents and gates, as a number
    bool gates;     // the numbers are of four, i f c o, and are to be i o f c
    Onnx__TensorProto *tensor;
};

static void swap(float *a, float *b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const float held = a[i];
        a[i] = b[i];
        b[i] = held;
    }
}

static enum sdse_status read_numbers(const struct sdse_onnx_lender *lender,
                                     struct sdse_array *out, struct sdse_diags *diags) {
    const struct tfjs_loan *loan = (const struct tfjs_loan *)lender;
    const enum sdse_status status = sdse_tensor_values(&loan->stored, out, diags);
    const size_t gate = (size_t)loan->stored.count / 4; // numbers of one
    if (status != SDSE_OK || !loan->gates)
        return status;
    swap(out->data + 2 * gate, out->data + 3 * gate, gate); // i f o c
    swap(out->data + gate, out->data + 2 * gate, gate);     // i o f c
    return SDSE_OK;
}

// Reads the numbers now; false: reported, or memory is out.
static bool fill(struct tfjs_reader *r, struct tfjs_loan *loan) {
    struct sdse_array array;
    const enum sdse_status status = read_numbers(&loan->lender, &array, r->diags);
    r->broken |= status != SDSE_OK && status != SDSE_NO_MEMORY;
    r->w.failed |= status == SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return false;
    float *own = SDSE_ARENA_ARRAY(r->arena, float, (size_t)array.count + 1);
    r->w.failed |= !own;
    if (own && array.count)
        memcpy(own, array.data, (size_t)array.count * sizeof *own);
    loan->tensor->n_float_data = own ? (size_t)array.count : 0;
    loan->tensor->float_data = own;
    sdse_array_free(&array);
    return own;
}

// An order of extents as a number, never 0.
static uint32_t order_of(unsigned rank, const unsigned *from, bool gates) {
    uint32_t order = 2 + gates;
    for (unsigned i = 0; i < rank; i++)
        order = order << 3 | (from ? from[i] : i);
    return order;
}

static struct tfjs_loan *make(struct tfjs_reader *r, size_t at, const unsigned *from,
                              uint32_t order, bool gates) {
    const struct sdse_stored_tensor *stored = &r->tensors.tensor[at];
    struct tfjs_loan *loan = SDSE_ARENA_NEW(r->arena, struct tfjs_loan);
    int64_t dims[TFJS_MOST_RANK];
    r->w.failed |= !loan;
    if (r->w.failed)
        return NULL;
    *loan = (struct tfjs_loan){.stored = *stored, .order = order, .gates = gates};
    for (unsigned i = 0; i < stored->rank; i++) {
        loan->stored.shape[i] = stored->shape[from ? from[i] : i];
        loan->stored.stride[i] = stored->stride[from ? from[i] : i];
        dims[i] = (int64_t)loan->stored.shape[i];
    }
    loan->tensor = sdse_rewrite_unfilled(&r->w, stored->rank, dims);
    if (!loan->tensor)
        return NULL;
    const bool now = stored->count <= SDSE_ONNX_FOLD_LIMIT;
    loan->lender.bits = 8 * (uint32_t)sdse_dtype_bytes(stored->dtype);
    loan->lender.read = now ? NULL : read_numbers;
    sdse_onnx_lend(loan->tensor, &loan->lender);
    return !now || fill(r, loan) ? loan : NULL;
}

Onnx__TensorProto *sdse_tfjs_stored(struct tfjs_layer *l, size_t at,
                                    const unsigned *from, bool gates) {
    struct tfjs_reader *r = l->r;
    const struct sdse_stored_tensor *stored = &r->tensors.tensor[at];
    const uint32_t order = order_of(stored->rank, from, gates);
    if (stored->dtype == SDSE_DTYPES) {
        sdse_tfjs_wrong(l, "tfjs-weights", NULL, "'%.100s' is of %s, which is not read",
                        stored->name, stored->type);
        return NULL;
    }
    if (!r->loan[at] || r->loan[at]->order != order)
        r->loan[at] = make(r, at, from, order, gates);
    return r->loan[at] ? r->loan[at]->tensor : NULL;
}
