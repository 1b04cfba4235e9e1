#include "spec/activations.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "spec/flow.h"

static void print_number(FILE *out, double value) {
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, out);
}

static void print_list(FILE *out, const char *key, const double *numbers,
                       size_t count) {
    fprintf(out, "%s: [", key);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", out);
        print_number(out, numbers[i]);
    }
    fputc(']', out);
}

static void print_digits(FILE *out, const unsigned bins[SDSE_ENCODINGS],
                         const double (*digits)[SDSE_ACTIVATION_DIGITS + 1]) {
    const char *between = ", digits: {";
    for (unsigned e = 0; e < SDSE_ENCODINGS; e++) {
        if (!bins[e])
            continue;
        fputs(between, out);
        print_list(out, sdse_encoding_name((enum sdse_encoding)e), digits[e], bins[e]);
        between = ", ";
    }
    fputs(strlen(between) == 2 ? "}" : "", out);
}

void sdse_print_weight_digits(FILE *out, const struct sdse_weight_digits *w) {
    if (!w)
        return;
    fputs(", weight_digits: {mark: ", out);
    sdse_print_word(out, w->mark);
    if (w->source) {
        fputs(", source: ", out);
        sdse_print_word(out, w->source);
    }
    fprintf(out, ", bits: %" PRIu32, w->bits);
    print_digits(out, w->bins, w->digits);
    if (w->channels) {
        fputs(", ", out);
        print_list(out, "channels", w->channel_density, w->channels);
    }
    fputc('}', out);
}

void sdse_print_activations(FILE *out, const struct sdse_activations *a) {
    if (!a)
        return;
    fputs(", activations: {mark: ", out);
    sdse_print_word(out, a->mark);
    if (a->source) {
        fputs(", source: ", out);
        sdse_print_word(out, a->source);
    }
    if (a->measured) {
        fprintf(out, ", inputs: %" PRIu64 ", inputs_hash: ", a->inputs);
        sdse_print_quoted(out, a->inputs_hash ? a->inputs_hash : "");
    }
    fprintf(out, ", bits: %" PRIu32 ", signed: %s, density: ", a->bits,
            a->is_signed ? "true" : "false");
    print_number(out, a->density);
    if (a->rows_known) {
        fputs(", row_density: ", out);
        print_number(out, a->row_density);
    }
    print_digits(out, a->bins, a->digits);
    if (a->channels) {
        fputs(", ", out);
        print_list(out, "channels", a->channel_density, a->channels);
    }
    fputc('}', out);
}

static void show_digits(FILE *out, const struct sdse_activations *a,
                        enum sdse_encoding encoding) {
    if (a->bins[encoding])
        fprintf(out, " %7.3f", sdse_digit_mean(a, encoding));
    else
        fprintf(out, " %7s", "-");
}

static void show_layer(FILE *out, int width, const struct sdse_layer *layer) {
    const struct sdse_activations *a = layer->activations;
    fprintf(out, "%-*.*s %3" PRIu32 "%c %9.2f", width, width, layer->name, a->bits,
            a->is_signed ? 's' : 'u', 100 * a->density);
    if (a->rows_known)
        fprintf(out, " %8.2f", 100 * a->row_density);
    else
        fprintf(out, " %8s", "-");
    for (unsigned e = 0; e < SDSE_ENCODINGS; e++)
        show_digits(out, a, (enum sdse_encoding)e);
    fprintf(out, "  %s", a->mark);
    if (a->measured)
        fprintf(out, ", %" PRIu64 " input%s %.8s", a->inputs, a->inputs == 1 ? "" : "s",
                a->inputs_hash ? a->inputs_hash : "");
    if (a->source)
        fprintf(out, ", %s", a->source);
    fputc('\n', out);
}

void sdse_show_activations(FILE *out, int width, const struct sdse_workload *net) {
    bool any = false;
    for (size_t i = 0; i < net->layer_count; i++) {
        if (!net->layers[i].activations)
            continue;
        if (!any)
            fprintf(out,
                    "\n%-*s bits non-zero     rows       digits of a value\n%-*s      "
                    "    [%%]      [%%]   plain  booth4     csd  mark\n",
                    width, "activations", width, "");
        any = true;
        show_layer(out, width, &net->layers[i]);
    }
}
