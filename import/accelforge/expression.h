// Private to import/accelforge/: expressions of AccelForge's files.
#ifndef SDSE_IMPORT_ACCELFORGE_EXPRESSION_H
#define SDSE_IMPORT_ACCELFORGE_EXPRESSION_H

#include "import/foreign/foreign.h"
#include "spec/types/nest.h"

// A number by its name: read_actions.
struct sdse_af_count {
    const char *name;
    double value;
};

// What names stand for.
struct sdse_af_names {
    const struct sdse_node *variables; // values are expressions again; NULL: none
    uint64_t bits[SDSE_TENSORS];       // weight.bits_per_value and so on
    const struct sdse_af_count *count; // [count_count]
    size_t count_count;
    unsigned tensors; // of an einsum: len(All); 0 = three
    // Attributes of a node, which come before variables; NULL: none.
    const struct sdse_node *node;
};

// The number that a value is: an expression as Python has it.
//
//     expression  or [ "if" or "else" expression ]
//     or, and     "or", "and", "not", one comparison of sums
//     sum         + and - of products: * / // %, signs, ** from the right
//     atom        a number, inf, a name, min max ceil floor sqrt log2 len of
//                 expressions, brackets
//
// weight, input and output are there (1), All is the tensors of an einsum. `value` may
// be infinite. False after a diagnostic [accelforge-expression] at the place of the
// fault, inside the value where it stands in one line.
bool sdse_af_number(struct sdse_foreign *foreign, const struct sdse_af_names *names,
                    const struct sdse_node *node, double *value);

// What a memory keeps, by name, for sets that speak of it.
struct sdse_af_kept {
    const char *name;
    unsigned tensors;
};

// The set of tensors that a value is, as SDSE_BIT(tensor): weight, input, output, All,
// Nothing, Intermediates (none: layers are mapped one by one), Inputs, Outputs, a
// memory's name (what it keeps), with ~ & - | and brackets, ~ binding tightest and |
// weakest. False after a diagnostic, as above.
bool sdse_af_set(struct sdse_foreign *foreign, const struct sdse_af_kept *kept,
                 size_t kept_count, const struct sdse_node *node, unsigned *set);

#endif
