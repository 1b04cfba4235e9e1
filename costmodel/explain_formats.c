// Memories that code words: what a word takes, and why.
#include "costmodel/coded.h"
#include "costmodel/explain_story.h"
#include "costmodel/model.h"

static void print_numbers(FILE *out, const struct sdse_format *format) {
    if (format->run_bits)
        fprintf(out, ", runs of %u bits", format->run_bits);
    if (format->rows)
        fprintf(out, ", %u rows together", format->rows);
    if (format->columns)
        fprintf(out, ", %u columns together", format->columns);
    if (format->compression == SDSE_STRUCTURED)
        fprintf(out, ", %u of %u", format->kept, format->group);
}

static void explain_format(struct sdse_story *s, unsigned l, enum sdse_tensor tensor) {
    const struct sdse_model *model = s->model;
    const struct sdse_format *format = &model->arch->level[l].format[tensor];
    const bool rebuilt = model->form.smartdeal && tensor == SDSE_WEIGHTS &&
                         l > model->arch->rebuild.below_level;
    const struct sdse_words words =
        sdse_words_of(model->layer, tensor, rebuilt ? &model->form : NULL);
    const double value_bits = model->plain_bits[l][tensor];
    fprintf(s->x.out, "  %s %s, %s", model->arch->level[l].name,
            sdse_tensor_name(tensor), sdse_compression_names()[format->compression]);
    print_numbers(s->x.out, format);
    if (!sdse_words_coded(format, value_bits, &words)) {
        fprintf(s->x.out, ": not of this layer's words (%s), %s bits\n",
                words.plain                               ? "the layer says so"
                : format->other_layers >> words.kind & 1u ? "not of its kind"
                                                          : "they would be longer",
                sdse_digits_f64(value_bits).text);
        return;
    }
    fprintf(s->x.out, ": %s of the words are not zero%s, %s bits of a word of %s",
            sdse_digits_f64(words.density).text,
            words.together > 1 ? " (whole rows of coefficients)" : "",
            sdse_digits_f64(model->bits[l][tensor]).text,
            sdse_digits_f64(value_bits).text);
    if (format->worst)
        fprintf(s->x.out, "; its place %s, whatever they are",
                sdse_digits_f64(model->place_bits[l][tensor]).text);
    fputc('\n', s->x.out);
}

void sdse_explain_formats(struct sdse_story *s) {
    const struct sdse_arch *arch = s->model->arch;
    bool first = true;
    for (unsigned l = 0; l < arch->level_count; l++) {
        for (enum sdse_tensor t = SDSE_WEIGHTS; t < SDSE_TENSORS; t++) {
            // Above its engine a form's weights are coded by the form.
            const bool form = s->model->form.smartdeal && t == SDSE_WEIGHTS &&
                              l <= arch->rebuild.below_level;
            if (form || arch->level[l].format[t].compression == SDSE_UNCOMPRESSED ||
                !(s->mapping->keeps[l] >> t & 1u))
                continue;
            if (first)
                fputs("\nFormats\n", s->x.out);
            first = false;
            explain_format(s, l, t);
        }
    }
}
