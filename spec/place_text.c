// Places as a mapping's file says them.

#include "base/text.h"
#include "spec/flow.h"
#include "spec/load.h"
#include "spec/place.h"
#include "spec/reading.h"
#include "spec/write.h"

struct writer {
    FILE *out;
    struct sdse_arena *arena;
    const struct sdse_arch *arch;
    bool several; // memories share: their names are said
    const char *separator;
    bool out_of_memory;
};

static void begin_key(struct writer *w, const char *key) {
    fprintf(w->out, "%s%s: ", w->separator, key);
    w->separator = ", ";
}

static void print_memory(struct writer *w, unsigned level) {
    const char *name = sdse_memory_name(w->arena, w->arch, level);
    w->out_of_memory |= !name;
    if (name)
        sdse_print_word(w->out, name);
}

// The memories that a tensor is in, a list if there are several.
static void print_tensor(struct writer *w, const struct sdse_residence *residence,
                         unsigned tensor) {
    const struct sdse_residence *at = sdse_residence_of(residence, tensor);
    if (!at)
        return;
    const bool through = tensor == SDSE_OUTPUTS && at->writes_through,
               list = through || sdse_residence_of(at->also, tensor);
    begin_key(w, sdse_tensor_words[tensor]);
    if (through && !w->several) {
        fputs("both", w->out);
        return;
    }
    fputs(list ? "[" : "", w->out);
    for (bool next = false; at; at = sdse_residence_of(at->also, tensor), next = true) {
        fputs(next ? ", " : "", w->out);
        print_memory(w, at->level);
    }
    fprintf(w->out, "%s%s", through ? ", outer" : "", list ? "]" : "");
}

enum number { OPERANDS, ADDENDS, RESERVED };

static double number_of(const struct sdse_residence *at, enum number which) {
    return which == OPERANDS  ? at->tensors & SDSE_BIT(SDSE_INPUTS) ? at->operands : 0
           : which == ADDENDS ? at->addends
                              : at->reserved_bits;
}

// A number where one memory shares, else a map of those that are not 0; nothing if all
// are, but for bits that are reserved in the only memory.
static void print_number(struct writer *w, const struct sdse_residence *residence,
                         enum number which) {
    static const char *const keys[] = {"operands", "addends", "reserved_bits"};
    bool any = which == RESERVED && !w->several, next = false;
    for (const struct sdse_residence *at = residence; at; at = at->also)
        any |= number_of(at, which) > 0;
    if (!any)
        return;
    begin_key(w, keys[which]);
    fputs(w->several ? "{" : "", w->out);
    for (const struct sdse_residence *at = residence; at; at = at->also) {
        const double number = number_of(at, which);
        if (w->several && !(number > 0))
            continue;
        fputs(next ? ", " : "", w->out);
        if (w->several) {
            print_memory(w, at->level);
            fputs(": ", w->out);
        }
        fprintf(w->out, "%.17g", number);
        next = true;
    }
    fputs(w->several ? "}" : "", w->out);
}

static void print_places(struct writer *w, const struct sdse_residence *residence) {
    fputs("place: {", w->out);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        print_tensor(w, residence, t);
    for (int which = OPERANDS; which <= RESERVED; which++)
        print_number(w, residence, (enum number)which);
    fputs("}\n", w->out);
}

char *sdse_placed_mapping_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                               const struct sdse_nest *nest,
                               const struct sdse_mapping *mapping,
                               const struct sdse_residence *residence) {
    char *rest = sdse_mapping_text(arena, arch, nest, mapping);
    struct sdse_text text;
    if (!rest || !sdse_residence_says(residence))
        return rest;
    if (!sdse_text_begin(&text))
        return NULL;
    unsigned level[SDSE_MOST_SHARED];
    struct writer w = {.out = text.out,
                       .arena = arena,
                       .arch = arch,
                       .several = sdse_shared_levels(arch, level) > 1,
                       .separator = ""};
    print_places(&w, residence);
    fputs(rest, text.out);
    rest = sdse_text_end(&text, arena);
    return w.out_of_memory ? NULL : rest;
}
