#include "import/onnx/lent.h"

// Its address marks our entries: what a file says is elsewhere.
static char mark[] = "lent";

void sdse_onnx_lend(Onnx__TensorProto *tensor, struct sdse_onnx_lender *lender) {
    onnx__string_string_entry_proto__init(&lender->entry);
    lender->entry.key = mark;
    lender->list[0] = &lender->entry;
    tensor->n_external_data = 1;
    tensor->external_data = lender->list;
}

const struct sdse_onnx_lender *sdse_onnx_lender(const Onnx__TensorProto *tensor) {
    const bool ours =
        tensor->n_external_data == 1 && tensor->external_data[0]->key == mark;
    return ours ? (const struct sdse_onnx_lender *)tensor->external_data[0] : NULL;
}

bool sdse_onnx_is_lent(const Onnx__TensorProto *tensor) {
    const struct sdse_onnx_lender *lender = sdse_onnx_lender(tensor);
    return lender && lender->read;
}

enum sdse_status sdse_onnx_lent_read(const Onnx__TensorProto *tensor,
                                     struct sdse_array *out, struct sdse_diags *diags) {
    const struct sdse_onnx_lender *lender = sdse_onnx_lender(tensor);
    struct sdse_array array;
    const enum sdse_status status = lender->read(lender, &array, diags);
    if (status != SDSE_OK)
        return status;
    array.source = SDSE_DTYPE_F32;
    array.rank = (unsigned)tensor->n_dims;
    for (unsigned i = 0; i < array.rank; i++)
        array.shape[i] = (uint64_t)tensor->dims[i];
    *out = array;
    return SDSE_OK;
}
