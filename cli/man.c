// Manual pages in mdoc(7), made from the verbs' tables.
#include <ctype.h>
#include <string.h>

#include "cli/verbs.h"

// --- Text: filled to lines below 80 bytes, a sentence to a line ---

struct filler {
    FILE *out;
    size_t column;
};

// One word. At the start of a line a '.' or '\'' would be a macro; a '\' begins an
// escape everywhere.
static void fill_word(struct filler *filler, const char *word, size_t length) {
    enum { WIDEST = 76 };
    if (filler->column > 0 && filler->column + 1 + length > WIDEST) {
        fputc('\n', filler->out);
        filler->column = 0;
    }
    if (filler->column > 0) {
        fputc(' ', filler->out);
        filler->column++;
    } else if (*word == '.' || *word == '\'') {
        fputs("\\&", filler->out);
    }
    const bool dashes = length == 2 && strncmp(word, "--", 2) == 0; // no em dash
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\\')
            fputs("\\e", filler->out);
        else
            fprintf(filler->out, dashes ? "\\%c" : "%c", word[i]);
    }
    filler->column += length;
}

static void end_line(struct filler *filler) {
    if (filler->column > 0)
        fputc('\n', filler->out);
    filler->column = 0;
}

static void fill(struct filler *filler, const char *text) {
    while (*text) {
        text += strspn(text, " \n");
        const size_t length = strcspn(text, " \n");
        if (length == 0)
            break;
        fill_word(filler, text, length);
        const char last = text[length - 1];
        const char *next = text + length + strspn(text + length, " \n");
        if ((last == '.' || last == '!' || last == '?') &&
            isupper((unsigned char)*next))
            end_line(filler);
        text += length;
    }
}

static void print_text(const char *text, FILE *out) {
    struct filler filler = {.out = out};
    fill(&filler, text);
    end_line(&filler);
}

// A phrase made a sentence.
static void print_sentence(const char *phrase, FILE *out) {
    struct filler filler = {.out = out};
    char first[2] = {(char)toupper((unsigned char)phrase[0]), '\0'};
    fputs(first, out);
    filler.column = 1;
    // The rest of the first word follows without a blank.
    const size_t rest = strcspn(phrase + 1, " \n");
    fprintf(out, "%.*s", (int)rest, phrase + 1);
    filler.column += rest;
    fill(&filler, phrase + 1 + rest);
    fputs(".\n", out);
}

static void print_literal(const char *text, FILE *out) {
    fprintf(out, ".Bd -literal -offset indent\n%s\n.Ed\n", text);
}

// --- Parts that all pages have ---

static void print_head(const char *title, const char *name, const char *summary,
                       FILE *out) {
    fputs(".Dd " SDSE_DATE "\n.Dt ", out);
    for (const char *c = title; *c; c++)
        fputc(toupper((unsigned char)*c), out);
    fprintf(out, " 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", name, summary);
}

static void print_exit_status(FILE *out) {
    static const char *const meanings[] = {
        [CLI_OK] = "Done.",
        [CLI_BAD_INPUT] = "A file, a name or a query is wrong: the messages say where "
                          "and what would be accepted.",
        [CLI_USAGE] = "The command line is wrong.",
        [CLI_SYSTEM] = "The machine failed (memory, disk, a missing program), or the "
                       "run was interrupted.",
        [CLI_NO_MAPPING] = "No valid mapping exists, or every point of a sweep failed.",
    };
    fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
    for (int i = 0; i < CLI_COUNT_OF(meanings); i++) {
        fprintf(out, ".It %d\n", i);
        print_text(meanings[i], out);
    }
    fputs(".El\n", out);
}

// --- A verb ---

static void print_option_name(const struct cli_option *option, FILE *out) {
    if (option->letter)
        fprintf(out, "Fl %c , ", option->letter);
    fprintf(out, "Fl Fl %s", option->name);
    if (option->value)
        fprintf(out, " Ar %s", option->value);
    fputc('\n', out);
}

static void print_option(const struct cli_option *option, FILE *out) {
    fputs(".It ", out);
    print_option_name(option, out);
    print_sentence(option->help, out);
    if (option->required)
        fputs("Required.\n", out);
    if (option->fallback)
        fprintf(out, "The default is\n.Cm %s .\n", option->fallback);
}

static void print_synopsis(const struct cli_verb *verb, FILE *out) {
    fprintf(out, ".Sh SYNOPSIS\n.Nm sdse %s\n", verb->name);
    for (int required = 1; required >= 0; required--)
        for (int i = 0; i < verb->option_count; i++) {
            const struct cli_option *option = &verb->options[i];
            if (option->required != (required == 1))
                continue;
            fputs(required ? "." : ".Op ", out);
            if (option->letter)
                fprintf(out, "Fl %c", option->letter);
            else
                fprintf(out, "Fl Fl %s", option->name);
            if (option->value)
                fprintf(out, " Ar %s", option->value);
            fputc('\n', out);
        }
    if (*verb->operands.usage)
        fprintf(out, ".Ar %s\n", verb->operands.usage);
}

static void print_verb(const struct cli_verb *verb, FILE *out) {
    char name[64];
    snprintf(name, sizeof name, "sdse-%s", verb->name);
    print_head(name, name, verb->summary, out);
    print_synopsis(verb, out);
    fputs(".Sh DESCRIPTION\n", out);
    print_sentence(verb->summary, out);
    if (verb->notes) {
        fputs(".Pp\n", out);
        print_text(verb->notes, out);
    }
    static const struct cli_option help = {
        .name = "help", .letter = 'h', .help = "print a summary of this page"};
    fputs(".Pp\nThe options are as follows:\n.Bl -tag -width Ds\n", out);
    for (int i = 0; i < verb->option_count; i++)
        print_option(&verb->options[i], out);
    print_option(&help, out);
    fputs(".El\n", out);
    print_exit_status(out);
    fputs(".Sh EXAMPLES\n", out);
    print_literal(verb->example, out);
    fputs(".Sh SEE ALSO\n.Xr sdse 1\n", out);
}

// --- The program ---

struct paragraph {
    const char *tag, *text;
};

static const struct paragraph environment[] = {
    {"Ev SDSE_DATA",
     "The folder that has archs, workloads, sweeps and validation, asked before the "
     "installed one when an accelerator, a network, a sweep or a file of published "
     "figures is named by its shipped name."},
    {"Ev NO_COLOR", "Where it is set and not empty, messages have no colours."},
    {"Ev TMPDIR", "Where gnuplot and the estimate of a sweep keep passing files."},
};

static void print_paragraphs(const char *title, const struct paragraph *paragraphs,
                             int count, FILE *out) {
    fprintf(out, ".Sh %s\n.Bl -tag -width Ds\n", title);
    for (int i = 0; i < count; i++) {
        fprintf(out, ".It %s\n", paragraphs[i].tag);
        print_text(paragraphs[i].text, out);
    }
    fputs(".El\n", out);
}

// The verb that follows a name in alphabetical order; NULL after the last.
static const struct cli_verb *verb_after(const char *name) {
    const struct cli_verb *next = NULL;
    for (int i = 0; i < cli_verb_count; i++)
        if (strcmp(cli_verbs[i]->name, name) > 0 &&
            (!next || strcmp(cli_verbs[i]->name, next->name) < 0))
            next = cli_verbs[i];
    return next;
}

static void print_program(FILE *out) {
    print_head("sdse", "sdse", "explore accelerators, mappings and weight forms", out);
    fputs(".Sh SYNOPSIS\n.Nm\n.Ar verb\n.Op Ar options\n.Op Ar operands\n"
          ".Nm\n.Fl Fl help\n.Nm\n.Fl Fl version\n.Sh DESCRIPTION\n",
          out);
    print_text("Takes accelerators and networks as YAML, finds the proved optimal "
               "mapping of every layer, models energy, latency and area with an origin "
               "for every picojoule, sweeps spaces of designs on all cores, and keeps "
               "every result in one SQLite file. Results go to standard output, "
               "everything else to standard error.",
               out);
    fputs(".Pp\nThe verbs are as follows; each has a page of its own:\n"
          ".Bl -tag -width Ds\n",
          out);
    for (int i = 0; i < cli_verb_count; i++) {
        fprintf(out, ".It Cm %s\n", cli_verbs[i]->name);
        print_sentence(cli_verbs[i]->summary, out);
    }
    fputs(".El\n", out);
    print_paragraphs("ENVIRONMENT", environment, CLI_COUNT_OF(environment), out);
    print_exit_status(out);
    fputs(".Sh EXAMPLES\n", out);
    print_literal("sdse show arch eyeriss\n"
                  "sdse map -a eyeriss -w resnet50 -l layer1.0.conv2\n"
                  "sdse sweep demo_archs -o results.db\n"
                  "sdse pareto results.db --objectives energy,latency,area",
                  out);
    fputs(".Sh SEE ALSO\n", out);
    // mdoc wants them in alphabetical order.
    for (const struct cli_verb *verb = verb_after(""); verb;) {
        const struct cli_verb *next = verb_after(verb->name);
        fprintf(out, ".Xr sdse-%s 1%s\n", verb->name, next ? " ," : "");
        verb = next;
    }
}

void cli_man_print(const struct cli_verb *verb, FILE *out) {
    if (verb)
        print_verb(verb, out);
    else
        print_program(out);
}
