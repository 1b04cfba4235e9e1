#include "import/tflite/operators.h"

#include <stddef.h>

static const struct {
    unsigned code;
    enum tflite_role role;
    const char *name;
} table[] = {
    {0, TFLITE_BINARY, "ADD"},
    {1, TFLITE_POOL, "AVERAGE_POOL_2D"},
    {2, TFLITE_JOIN, "CONCATENATION"},
    {3, TFLITE_OTHER, "CONV_2D"},
    {4, TFLITE_OTHER, "DEPTHWISE_CONV_2D"},
    {5, TFLITE_OTHER, "DEPTH_TO_SPACE"},
    {6, TFLITE_VIEW, "DEQUANTIZE"},
    {7, TFLITE_OTHER, "EMBEDDING_LOOKUP"},
    {8, TFLITE_ACT, "FLOOR"},
    {9, TFLITE_OTHER, "FULLY_CONNECTED"},
    {11, TFLITE_NORM, "L2_NORMALIZATION"},
    {12, TFLITE_POOL, "L2_POOL_2D"},
    {13, TFLITE_NORM, "LOCAL_RESPONSE_NORMALIZATION"},
    {14, TFLITE_ACT, "LOGISTIC"},
    {15, TFLITE_OTHER, "LSH_PROJECTION"},
    {16, TFLITE_OTHER, "LSTM"},
    {17, TFLITE_POOL, "MAX_POOL_2D"},
    {18, TFLITE_BINARY, "MUL"},
    {19, TFLITE_ACT, "RELU"},
    {20, TFLITE_ACT, "RELU_N1_TO_1"},
    {21, TFLITE_ACT, "RELU6"},
    {22, TFLITE_VIEW, "RESHAPE"},
    {23, TFLITE_OTHER, "RESIZE_BILINEAR"},
    {24, TFLITE_OTHER, "RNN"},
    {25, TFLITE_SOFTMAX, "SOFTMAX"},
    {26, TFLITE_OTHER, "SPACE_TO_DEPTH"},
    {27, TFLITE_OTHER, "SVDF"},
    {28, TFLITE_ACT, "TANH"},
    {31, TFLITE_OTHER, "CALL"},
    {32, TFLITE_OTHER, "CUSTOM"},
    {33, TFLITE_OTHER, "EMBEDDING_LOOKUP_SPARSE"},
    {34, TFLITE_OTHER, "PAD"},
    {35, TFLITE_OTHER, "UNIDIRECTIONAL_SEQUENCE_RNN"},
    {36, TFLITE_OTHER, "GATHER"},
    {37, TFLITE_OTHER, "BATCH_TO_SPACE_ND"},
    {38, TFLITE_OTHER, "SPACE_TO_BATCH_ND"},
    {39, TFLITE_VIEW, "TRANSPOSE"},
    {40, TFLITE_REDUCE, "MEAN"},
    {41, TFLITE_BINARY, "SUB"},
    {42, TFLITE_BINARY, "DIV"},
    {43, TFLITE_VIEW, "SQUEEZE"},
    {44, TFLITE_OTHER, "UNIDIRECTIONAL_SEQUENCE_LSTM"},
    {45, TFLITE_OTHER, "STRIDED_SLICE"},
    {46, TFLITE_OTHER, "BIDIRECTIONAL_SEQUENCE_RNN"},
    {47, TFLITE_ACT, "EXP"},
    {49, TFLITE_OTHER, "SPLIT"},
    {50, TFLITE_SOFTMAX, "LOG_SOFTMAX"},
    {51, TFLITE_OTHER, "DELEGATE"},
    {52, TFLITE_OTHER, "BIDIRECTIONAL_SEQUENCE_LSTM"},
    {53, TFLITE_VIEW, "CAST"},
    {54, TFLITE_BINARY, "PRELU"},
    {55, TFLITE_BINARY, "MAXIMUM"},
    {56, TFLITE_OTHER, "ARG_MAX"},
    {57, TFLITE_BINARY, "MINIMUM"},
    {59, TFLITE_ACT, "NEG"},
    {60, TFLITE_OTHER, "PADV2"},
    {65, TFLITE_OTHER, "SLICE"},
    {66, TFLITE_ACT, "SIN"},
    {67, TFLITE_OTHER, "TRANSPOSE_CONV"},
    {70, TFLITE_VIEW, "EXPAND_DIMS"},
    {73, TFLITE_ACT, "LOG"},
    {74, TFLITE_REDUCE, "SUM"},
    {75, TFLITE_ACT, "SQRT"},
    {76, TFLITE_ACT, "RSQRT"},
    {77, TFLITE_COUNT, "SHAPE"},
    {78, TFLITE_BINARY, "POW"},
    {81, TFLITE_REDUCE, "REDUCE_PROD"},
    {82, TFLITE_REDUCE, "REDUCE_MAX"},
    {83, TFLITE_OTHER, "PACK"},
    {88, TFLITE_OTHER, "UNPACK"},
    {89, TFLITE_REDUCE, "REDUCE_MIN"},
    {92, TFLITE_ACT, "SQUARE"},
    {97, TFLITE_OTHER, "RESIZE_NEAREST_NEIGHBOR"},
    {98, TFLITE_ACT, "LEAKY_RELU"},
    {99, TFLITE_BINARY, "SQUARED_DIFFERENCE"},
    {100, TFLITE_OTHER, "MIRROR_PAD"},
    {101, TFLITE_ACT, "ABS"},
    {102, TFLITE_OTHER, "SPLIT_V"},
    {104, TFLITE_ACT, "CEIL"},
    {106, TFLITE_BINARY, "ADD_N"},
    {108, TFLITE_ACT, "COS"},
    {110, TFLITE_COUNT, "RANK"},
    {111, TFLITE_ACT, "ELU"},
    {114, TFLITE_VIEW, "QUANTIZE"},
    {116, TFLITE_ACT, "ROUND"},
    {117, TFLITE_ACT, "HARD_SWISH"},
    {118, TFLITE_OTHER, "IF"},
    {119, TFLITE_OTHER, "WHILE"},
    {124, TFLITE_OTHER, "DENSIFY"},
    {126, TFLITE_OTHER, "BATCH_MATMUL"},
    {131, TFLITE_OTHER, "RFFT2D"},
    {132, TFLITE_OTHER, "CONV_3D"},
    {141, TFLITE_OTHER, "CONV_3D_TRANSPOSE"},
    {150, TFLITE_ACT, "GELU"},
    {152, TFLITE_ACT, "RELU_0_TO_1"},
    {158, TFLITE_ACT, "SIGN"},
};

static size_t find(unsigned code) {
    size_t i = 0;
    while (i < sizeof table / sizeof *table && table[i].code != code)
        i++;
    return i;
}

enum tflite_role sdse_tflite_role(unsigned code) {
    const size_t i = find(code);
    return i < sizeof table / sizeof *table ? table[i].role : TFLITE_OTHER;
}

const char *sdse_tflite_operator_name(unsigned code) {
    const size_t i = find(code);
    return i < sizeof table / sizeof *table ? table[i].name : NULL;
}
