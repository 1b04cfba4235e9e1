// Private to import/forward: one node being run, and the operators by families.
#ifndef SDSE_IMPORT_FORWARD_STEP_H
#define SDSE_IMPORT_FORWARD_STEP_H

#include "base/status.h"
#include "import/onnx/constant.h"

// Numbers are doubles, whatever the type: what is real is rounded to f32 after each
// node, integers of up to 53 bits are exact.
struct sdse_step {
    const struct sdse_onnx_graph *graph;
    const struct sdse_onnx_node *node;
    unsigned threads; // 0: as many as processors
    uint32_t inputs, outputs;
    const struct sdse_onnx_numbers *in; // those left out have no data
    const int32_t *in_type;             // element types, as ONNX numbers them
    struct sdse_onnx_numbers *out;      // shapes are set, numbers are 0; no data: not
                                        // wanted
    int32_t *out_type;                  // that of the first input, unless a rule says
    const char *why;                    // the rule failed because
    enum sdse_status status;            // SDSE_NO_MEMORY, where that is why
};

// An operator: fills in the outputs. False if it cannot; `why` or `status` says why.
typedef bool (*sdse_step_rule)(struct sdse_step *);

// The rules of one file; NULL if the operator is not among them.
sdse_step_rule sdse_step_rule_window(const char *op);
sdse_step_rule sdse_step_rule_product(const char *op);
sdse_step_rule sdse_step_rule_quantized(const char *op);
sdse_step_rule sdse_step_rule_pointwise(const char *op);
sdse_step_rule sdse_step_rule_normal(const char *op);
sdse_step_rule sdse_step_rule_layout(const char *op);
sdse_step_rule sdse_step_rule_recurrent(const char *op);
// Operators whose first output may be left out.
bool sdse_step_is_recurrent(const char *op);

static inline bool sdse_step_fail(struct sdse_step *step, const char *why) {
    step->why = why;
    return false;
}
static inline bool sdse_step_no_memory(struct sdse_step *step) {
    step->status = SDSE_NO_MEMORY;
    return false;
}
static inline bool sdse_step_has(const struct sdse_step *step, uint32_t input) {
    return input < step->inputs && step->in[input].data;
}
// An attribute that is a real number.
double sdse_step_real(const struct sdse_step *step, const char *name, double absent);
// Element types of real numbers, and the least and greatest of integer types (false of
// others, and of those wider than 32 bits).
bool sdse_step_type_is_real(int32_t type);
bool sdse_step_type_range(int32_t type, double *least, double *most);
// The nearest float, as a double.
static inline double sdse_step_round(double x) { return (double)(float)x; }

// Calls body(context, task) for each task, on the step's threads if `work` (operations)
// is worth it. False when memory is out.
bool sdse_step_parallel(struct sdse_step *step, uint64_t tasks, double work,
                        void (*body)(void *context, uint64_t task), void *context);

// ---- products, on operands that may be other numbers than the node reads -----------

// A convolution of the node's window: x and w as Conv has them; `bias` may be NULL.
bool sdse_step_convolve(struct sdse_step *step, const struct sdse_onnx_numbers *x,
                        const struct sdse_onnx_numbers *w, const double *bias);
// NumPy's matmul.
bool sdse_step_multiply(struct sdse_step *step, const struct sdse_onnx_numbers *a,
                        const struct sdse_onnx_numbers *b);

// A function of one number by its operator's name, with up to two parameters.
typedef double (*sdse_step_function)(double x, double alpha, double beta);
// NULL if there is none; the parameters that the operator has if nothing is said.
sdse_step_function sdse_step_function_of(const char *op, double *alpha, double *beta);
// Applies the function of the attribute "activation", if there is one, to the output.
// Its parameters are "activation_alpha" and "activation_beta", or "activation_params".
bool sdse_step_activate(struct sdse_step *step);

#endif
