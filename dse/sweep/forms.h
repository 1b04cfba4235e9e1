// The weight form of each layer under a sweep's setting.
#ifndef SDSE_DSE_SWEEP_FORMS_H
#define SDSE_DSE_SWEEP_FORMS_H

#include "smartdeal/slicing.h"
#include "spec/types/arch.h"
#include "spec/types/form.h"
#include "spec/types/workload.h"

// A layer's weights as the decomposition sees them.
struct sdse_weight_shape sdse_layer_weight_shape(const struct sdse_layer *layer);

// The decomposition's setting that a sweep's setting asks for; what the sweep does not
// say has the released defaults.
struct sdse_smartdeal_setting
sdse_form_smartdeal_setting(const struct sdse_form_setting *setting);

// Groups of filters that leave out zero rows together on an accelerator: those of its
// index selector, if that tests weights; else group = 0.
struct sdse_sharing sdse_arch_sharing(const struct sdse_arch *arch);

// Whether an accelerator's multipliers take weights digit by digit.
struct sdse_serial_weights sdse_arch_serial_weights(const struct sdse_arch *arch);

// Whether a layer's weights stay plain words under a setting: raw settings, products of
// activations, depth-wise layers unless asked for, kernels the released slicing leaves
// alone; with distinct words all but fully connected layers, with shared kernels those
// of one tap and depth-wise ones.
bool sdse_layer_stays_raw(const struct sdse_layer *layer,
                          const struct sdse_form_setting *setting);

// The form of a layer under declared densities, or of one that stays raw under any
// setting. Others are measured (dse/sweep/measured.h). Declared distinct words have
// word_bits, at most 8; without _words: 8.
void sdse_layer_form_declare_words(const struct sdse_layer *layer,
                                   const struct sdse_form_setting *setting,
                                   uint32_t word_bits, struct sdse_weight_form *form);
void sdse_layer_form_declare(const struct sdse_layer *layer,
                             const struct sdse_form_setting *setting,
                             struct sdse_weight_form *form);

// Whether what the setting declares can be expected of words of so many bits: lists of
// unique words are summed over pairs of all words, of at most 8 bits.
bool sdse_form_expects_words(const struct sdse_form_setting *setting,
                             uint32_t word_bits);

// The form in which a layer reads weights that are stored as those of `of`: their
// densities, in slices of its own shape; of unique words their lists, as many as it has
// inputs of the same kind; of shared kernels these, and coefficients of its own shape.
// As many words in another order (the gradient of the inputs) take what the stored ones
// do: sums are made first there, and products of them.
void sdse_layer_form_shared(const struct sdse_layer *layer, const struct sdse_layer *of,
                            const struct sdse_form_setting *setting,
                            const struct sdse_weight_form *stored,
                            struct sdse_weight_form *form);

// Stored bits of a layer's weights in a form; raw words have `word_bits`. 0 for a layer
// without stored weights. [bits, one repeat]
double sdse_layer_weight_bits(const struct sdse_layer *layer,
                              const struct sdse_weight_form *form, uint32_t word_bits);

#endif
