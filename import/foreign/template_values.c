// Values of a template.
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "import/foreign/template_reading.h"
#include "spec/value.h"

enum { MOST_BYTES = 1 << 24 };

static const struct sdse_template_value undefined;

void sdse_template_charge(struct sdse_template *x, size_t bytes) {
    x->bytes += bytes;
    if (x->bytes > MOST_BYTES)
        sdse_template_refuse(x, x->cursor.at, "it comes to more than 16 MiB", "", 0);
}

struct sdse_template_value sdse_template_text(struct sdse_template *x, const char *text,
                                              size_t length, bool is_text) {
    sdse_template_charge(x, length + 1);
    if (x->failed)
        return undefined;
    const char *kept = sdse_arena_copy(x->foreign->arena, text, length);
    x->foreign->out_of_memory |= !kept;
    x->failed |= !kept;
    return (struct sdse_template_value){.text = kept, .is_text = is_text};
}

struct sdse_template_value sdse_template_number(struct sdse_template *x,
                                                double number) {
    char text[40];
    if (!isfinite(number))
        sdse_template_refuse(x, x->at, "no finite number", "", 0);
    const int length = snprintf(text, sizeof text, "%.17g", number);
    return sdse_template_text(x, text, (size_t)length, false);
}

struct sdse_template_value sdse_template_list(struct sdse_template *x,
                                              const struct sdse_template_value *item,
                                              size_t count) {
    struct sdse_text text;
    struct sdse_template_value made = {.is_list = true, .count = count, .item = item};
    for (size_t i = 0; i < count && !x->failed; i++)
        sdse_template_charge(x,
                             sizeof *item + (item[i].text ? strlen(item[i].text) : 0));
    if (x->failed)
        return undefined;
    if (sdse_text_begin(&text)) {
        fputc('[', text.out);
        for (size_t i = 0; i < count; i++)
            fprintf(text.out, "%s%s%s%s", i ? ", " : "", item[i].is_text ? "'" : "",
                    item[i].text ? item[i].text : "", item[i].is_text ? "'" : "");
        fputc(']', text.out);
        made.text = sdse_text_end(&text, x->foreign->arena);
    }
    x->foreign->out_of_memory |= !made.text;
    x->failed |= !made.text;
    return made;
}

bool sdse_template_is_number(struct sdse_template_value value, double *number) {
    if (!value.text || value.is_text || value.is_list)
        return false;
    *number = strcmp(value.text, "True") == 0;
    return *number > 0 || strcmp(value.text, "False") == 0 ||
           sdse_text_as_double(value.text, number);
}

bool sdse_template_is_true(struct sdse_template_value value) {
    double number;
    if (value.is_text)
        return *value.text != '\0';
    if (value.is_list)
        return value.count > 0;
    return sdse_template_is_number(value, &number) && number != 0;
}

double sdse_template_as_number(struct sdse_template *x,
                               struct sdse_template_value value) {
    double number = 0;
    if (!sdse_template_is_number(value, &number))
        sdse_template_refuse(x, x->at,
                             !value.text     ? "what is not defined has no value"
                             : value.is_text ? "a text is no number: "
                                             : "no number: ",
                             value.text ? value.text : "",
                             value.text ? strlen(value.text) : 0);
    return number;
}
