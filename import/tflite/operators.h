// Private to import/tflite/: which operators move words, and how.
#ifndef SDSE_IMPORT_TFLITE_OPERATORS_H
#define SDSE_IMPORT_TFLITE_OPERATORS_H

enum tflite_role {
    TFLITE_OTHER,  // no layer, and what it reads is not what it puts out
    TFLITE_VIEW,   // puts out the words that it reads, in whatever shape and order
    TFLITE_JOIN,   // maps put together
    TFLITE_COUNT,  // of shapes: no words are read
    TFLITE_POOL,   // windows of a map
    TFLITE_REDUCE, // sums or the like over some extents
    TFLITE_BINARY, // of two or more maps, word by word
    TFLITE_ACT,    // one function of each word
    TFLITE_NORM,
    TFLITE_SOFTMAX
};

// What an operator that multiplies nothing does; TFLITE_OTHER of those not known.
enum tflite_role sdse_tflite_role(unsigned code);

// Its name in schema.fbs, if it is one of those with a role, a layer or a place in
// model.h; else NULL.
const char *sdse_tflite_operator_name(unsigned code);

#endif
