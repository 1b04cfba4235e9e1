// Which classes of layers are translated, and by what.
#include <string.h>

#include "import/tfjs/reading.h"

static const struct {
    const char *name;
    tfjs_class translate;
} table[] = {
    {"Activation", sdse_tfjs_activation},
    {"ActivityRegularization", sdse_tfjs_pass},
    {"Add", sdse_tfjs_merge},
    {"AlphaDropout", sdse_tfjs_pass},
    {"Average", sdse_tfjs_merge},
    {"AveragePooling1D", sdse_tfjs_pool},
    {"AveragePooling2D", sdse_tfjs_pool},
    {"AveragePooling3D", sdse_tfjs_pool},
    {"BatchNormalization", sdse_tfjs_batch_norm},
    {"BatchNormalizationV1", sdse_tfjs_batch_norm},
    {"Bidirectional", sdse_tfjs_bidirectional},
    {"Concatenate", sdse_tfjs_concatenate},
    {"Conv1D", sdse_tfjs_conv},
    {"Conv1DTranspose", sdse_tfjs_transposed},
    {"Conv2D", sdse_tfjs_conv},
    {"Conv2DTranspose", sdse_tfjs_transposed},
    {"Conv3D", sdse_tfjs_conv},
    {"Conv3DTranspose", sdse_tfjs_transposed},
    {"Cropping1D", sdse_tfjs_cropping},
    {"Cropping2D", sdse_tfjs_cropping},
    {"Cropping3D", sdse_tfjs_cropping},
    {"Dense", sdse_tfjs_dense},
    {"DepthwiseConv1D", sdse_tfjs_depthwise},
    {"DepthwiseConv2D", sdse_tfjs_depthwise},
    {"Dropout", sdse_tfjs_pass},
    {"ELU", sdse_tfjs_function},
    {"Embedding", sdse_tfjs_embedding},
    {"Flatten", sdse_tfjs_flatten},
    {"GRU", sdse_tfjs_recurrent},
    {"GaussianDropout", sdse_tfjs_pass},
    {"GaussianNoise", sdse_tfjs_pass},
    {"GlobalAveragePooling1D", sdse_tfjs_global_pool},
    {"GlobalAveragePooling2D", sdse_tfjs_global_pool},
    {"GlobalAveragePooling3D", sdse_tfjs_global_pool},
    {"GlobalMaxPooling1D", sdse_tfjs_global_pool},
    {"GlobalMaxPooling2D", sdse_tfjs_global_pool},
    {"GlobalMaxPooling3D", sdse_tfjs_global_pool},
    {"GroupNormalization", sdse_tfjs_group_norm},
    {"Identity", sdse_tfjs_pass},
    {"LSTM", sdse_tfjs_recurrent},
    {"LayerNormalization", sdse_tfjs_layer_norm},
    {"LeakyReLU", sdse_tfjs_function},
    {"Masking", sdse_tfjs_pass},
    {"MaxPooling1D", sdse_tfjs_pool},
    {"MaxPooling2D", sdse_tfjs_pool},
    {"MaxPooling3D", sdse_tfjs_pool},
    {"Maximum", sdse_tfjs_merge},
    {"Minimum", sdse_tfjs_merge},
    {"Multiply", sdse_tfjs_merge},
    {"PReLU", sdse_tfjs_prelu},
    {"Permute", sdse_tfjs_permute},
    {"ReLU", sdse_tfjs_function},
    {"RepeatVector", sdse_tfjs_repeat},
    {"Rescaling", sdse_tfjs_rescaling},
    {"Reshape", sdse_tfjs_reshape},
    {"SeparableConv1D", sdse_tfjs_separable},
    {"SeparableConv2D", sdse_tfjs_separable},
    {"SimpleRNN", sdse_tfjs_recurrent},
    {"Softmax", sdse_tfjs_softmax},
    {"SpatialDropout1D", sdse_tfjs_pass},
    {"SpatialDropout2D", sdse_tfjs_pass},
    {"SpatialDropout3D", sdse_tfjs_pass},
    {"Subtract", sdse_tfjs_merge},
    {"ThresholdedReLU", sdse_tfjs_function},
    {"TimeDistributed", sdse_tfjs_time_distributed},
    {"UpSampling1D", sdse_tfjs_upsampling},
    {"UpSampling2D", sdse_tfjs_upsampling},
    {"UpSampling3D", sdse_tfjs_upsampling},
    {"ZeroPadding1D", sdse_tfjs_padding},
    {"ZeroPadding2D", sdse_tfjs_padding},
    {"ZeroPadding3D", sdse_tfjs_padding},
};

tfjs_class sdse_tfjs_class(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].translate;
    return NULL;
}

bool sdse_tfjs_write(struct tfjs_layer *l, tfjs_class translate) {
    struct tfjs_reader *r = l->r;
    r->proto.name = sdse_arena_strdup(r->arena, l->name);
    r->node.name = r->proto.name;
    r->node.op = l->class_name;
    r->w.base = r->proto.name;
    if (!r->proto.name) {
        r->w.failed = true;
        return false;
    }
    return translate(l) && !r->broken && !r->w.failed;
}

bool sdse_tfjs_layer(struct tfjs_layer *l) {
    const tfjs_class translate = sdse_tfjs_class(l->class_name);
    return translate
               ? sdse_tfjs_write(l, translate)
               : sdse_tfjs_wrong(l, "tfjs-class", NULL,
                                 "no layer is made of this class; what it puts out "
                                 "is not known (--like NETWORK reads the weights "
                                 "alone)");
}

bool sdse_tfjs_pass(struct tfjs_layer *l) {
    l->out[0] = *l->in[0];
    l->out_count = 1;
    return true;
}
