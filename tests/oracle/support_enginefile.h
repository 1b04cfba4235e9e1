// Reads one recorded case of an engine: parameters, tensors or their distribution, and
// the counts expected (tests/data/engines).
#ifndef SDSE_TESTS_ORACLE_SUPPORT_ENGINEFILE_H
#define SDSE_TESTS_ORACLE_SUPPORT_ENGINEFILE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "spec/tree.h"

enum { ENGINE_PARAMS = 32, ENGINE_RESULTS = 24, ENGINE_AXES = 4 };

struct engine_file {
    struct sdse_arena *arena;
    const char *name, *engine;
    const struct sdse_node *params, *tensors, *distribution, *expect;
    const char *asked[ENGINE_PARAMS]; // parameters that were looked up
    unsigned asked_count;
    char fault[200]; // the first thing that was wrong with the file; empty: nothing
};

// A tensor flattened, row-major. Axes that an empty list leaves open are 0.
struct engine_tensor {
    int32_t *data;
    uint64_t shape[ENGINE_AXES];
};

// What the library says of a case.
struct engine_result {
    struct {
        const char *name;
        uint64_t count;        // on tensors
        double mean;           // of a distribution
        double standard_error; // of the mean, when it was sampled
        double form_error;     // relative, stated for the closed form
    } item[ENGINE_RESULTS];
    unsigned count;
};

enum sdse_status engine_file_read(struct sdse_arena *arena, const char *path,
                                  struct sdse_diags *diags, struct engine_file *file);

// Parameters; a missing one is a fault unless it has a default.
uint32_t engine_u32(struct engine_file *file, const char *key); // "inf": unlimited
uint32_t engine_u32_or(struct engine_file *file, const char *key, uint32_t otherwise);
bool engine_bool(struct engine_file *file, const char *key);
// Index of the parameter's word in the list; `otherwise` if it is missing and >= 0.
unsigned engine_word(struct engine_file *file, const char *key,
                     const char *const *words, unsigned count, int otherwise);
// Two whole numbers, as in "grid": [8, 8].
void engine_pair(struct engine_file *file, const char *key, uint32_t pair[2]);
// A number of the distribution, or `otherwise` if that is not NaN.
double engine_number(struct engine_file *file, const char *key, double otherwise);
// The first parameter that was never asked for, or NULL.
const char *engine_param_unused(const struct engine_file *file);

// Tensor `key` with this many axes.
struct engine_tensor engine_tensor(struct engine_file *file, const char *key,
                                   unsigned axes);

void engine_fault(struct engine_file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
