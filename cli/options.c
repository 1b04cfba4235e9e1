#include "cli/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "cli/plain_stdout.h"

// Long-only options and --help get values that no letter has.
enum { FIRST_LONG = 256, HELP = FIRST_LONG + CLI_MOST_OPTIONS };

static int option_value(const struct cli_option *options, int i) {
    return options[i].letter ? options[i].letter : FIRST_LONG + i;
}

static int option_index(const struct cli_option *options, int count, int value) {
    for (int i = 0; i < count; i++)
        if (option_value(options, i) == value)
            return i;
    return -1;
}

static bool as_count(const char *text, uint64_t *out) {
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || value < 1)
        return false;
    *out = value;
    return true;
}

// What a text that is no count should be; NULL: it is one.
static const char *count_wanted(const char *text) {
    uint64_t count;
    if (as_count(text, &count))
        return NULL;
    const size_t digits = strspn(text, "0123456789");
    return digits && !text[digits] && strspn(text, "0") < digits
               ? "a whole number of at most 18446744073709551615"
               : "a whole number of at least 1";
}

static bool as_percent(const char *text, uint64_t *out) {
    char *end;
    const unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || strcmp(end + (*end == '%'), "") != 0 ||
        value < 1 || value > 100)
        return false;
    *out = value;
    return true;
}

static bool as_real(const char *text, double *out) {
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value < 0)
        return false;
    *out = value;
    return true;
}

// Index of `text` among the words of "a|b|c", or -1.
static int word_index(const char *words, const char *text) {
    const size_t length = strlen(text);
    for (int i = 0; words; i++) {
        const char *bar = strchr(words, '|');
        const size_t word = bar ? (size_t)(bar - words) : strlen(words);
        if (word == length && strncmp(words, text, length) == 0)
            return i;
        words = bar ? bar + 1 : NULL;
    }
    return -1;
}

bool cli_option_accepts(const char *verb, const struct cli_option *option,
                        const char *text, FILE *err) {
    uint64_t percent;
    double real;
    const char *wanted = NULL;
    switch (option->kind) {
    case CLI_FLAG:
        return true;
    case CLI_TEXT:
        wanted = !*text ? "a text that is not empty"
                 : option->letter == 'o' && strcmp(text, "-") == 0
                     ? "a name; that of standard output is /dev/stdout, of a file "
                       "called - ./-"
                     : NULL;
        break;
    case CLI_COUNT:
        wanted = count_wanted(text);
        break;
    case CLI_PERCENT:
        wanted = as_percent(text, &percent) ? NULL : "a whole percentage from 1 to 100";
        break;
    case CLI_REAL:
        wanted = as_real(text, &real) ? NULL : "a number of at least 0";
        break;
    case CLI_CHOICE:
        wanted = word_index(option->value, text) >= 0 ? NULL : option->value;
        break;
    }
    if (!wanted)
        return true;
    fprintf(err, "sdse %s: --%s ", verb, option->name);
    cli_print_plain(*text ? text : "''", err);
    fprintf(err, ": expected %s%s\n", option->kind == CLI_CHOICE ? "one of " : "",
            wanted);
    return false;
}

static void report_unknown(const char *verb, const struct cli_option *options,
                           int count, const char *word, FILE *err) {
    fprintf(err, "sdse %s: unknown option '", verb);
    cli_print_plain(word, err);
    fputc('\'', err);
    const char *names[CLI_MOST_OPTIONS + 1];
    for (int i = 0; i < count; i++)
        names[i] = options[i].name;
    names[count] = "help";
    char name[64];
    if (strncmp(word, "--", 2) == 0) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
        const char *nearest = sdse_nearest(name, names, (size_t)count + 1);
        if (nearest)
            fprintf(err, "; did you mean '--%s'?", nearest);
    }
    fputc('\n', err);
}

struct tables {
    struct option long_options[CLI_MOST_OPTIONS + 2];
    char letters[2 * CLI_MOST_OPTIONS + 4];
};

static void build_tables(const struct cli_option *options, int count,
                         struct tables *tables) {
    char *letter = tables->letters;
    *letter++ = ':';
    *letter++ = 'h';
    for (int i = 0; i < count; i++) {
        const int has_value =
            options[i].kind == CLI_FLAG ? no_argument : required_argument;
        tables->long_options[i] =
            (struct option){options[i].name, has_value, NULL, option_value(options, i)};
        if (!options[i].letter)
            continue;
        *letter++ = options[i].letter;
        if (has_value == required_argument)
            *letter++ = ':';
    }
    *letter = '\0';
    tables->long_options[count] = (struct option){"help", no_argument, NULL, HELP};
    tables->long_options[count + 1] = (struct option){NULL, 0, NULL, 0};
}

// What is missing after all words have been read; true if nothing is.
static bool accept_whole(const char *verb, const struct cli_option *options, int count,
                         const struct cli_operands *operands,
                         const struct cli_args *args, FILE *err) {
    bool accepted = true;
    for (int i = 0; i < count; i++) {
        if (!options[i].required || args->value[i])
            continue;
        fprintf(err, "sdse %s: missing ", verb);
        if (options[i].letter)
            fprintf(err, "-%c %s", options[i].letter, options[i].value);
        else
            fprintf(err, "--%s %s", options[i].name, options[i].value);
        fprintf(err, " (%s)\n", options[i].help);
        accepted = false;
    }
    if (args->operand_count < operands->least) {
        fprintf(err, "sdse %s: missing %s\n", verb, operands->usage);
        accepted = false;
    } else if (operands->most >= 0 && args->operand_count > operands->most) {
        fprintf(err, "sdse %s: unexpected '", verb);
        cli_print_plain(args->operands[operands->most], err);
        fputs("'\n", err);
        accepted = false;
    }
    return accepted;
}

// The word getopt has refused with ':' or '?', having read on from word `at`.
static void report_refused(const char *verb, const struct cli_option *options,
                           int option_count, int value, char *const *argv, int at,
                           FILE *err) {
    const char *word = argv[optind - 1];
    const char letter[3] = {'-', (char)optopt, '\0'};
    const int known = option_index(options, option_count, optopt);
    if (value == ':') {
        fprintf(err, "sdse %s: --%s needs a value: %s\n", verb, options[known].name,
                options[known].value);
    } else if (known >= 0) {
        fprintf(err, "sdse %s: --%s takes no value\n", verb, options[known].name);
    } else {
        const bool is_letter = optopt && (at == optind || strncmp(word, "--", 2) != 0);
        report_unknown(verb, options, option_count, is_letter ? letter : word, err);
    }
}

static bool accept_option(const char *verb, const struct cli_option *option,
                          const char **value, FILE *err) {
    bool accepted = !optarg || cli_option_accepts(verb, option, optarg, err);
    if (optarg && *value) {
        fprintf(err, "sdse %s: --%s is given twice\n", verb, option->name);
        accepted = false;
    }
    *value = optarg ? optarg : "";
    return accepted;
}

enum cli_parsed cli_options_parse(const char *verb, const struct cli_option *options,
                                  int option_count, const struct cli_operands *operands,
                                  int argc, char **argv, struct cli_args *args,
                                  FILE *err) {
    assert(option_count <= CLI_MOST_OPTIONS);
    struct tables tables = {0};
    build_tables(options, option_count, &tables);
    memset(args, 0, sizeof *args);
    bool accepted = true;
    opterr = 0;
    for (;;) {
        const int at = optind; // the word getopt is about to read
        const int value =
            // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread is started
            getopt_long(argc, argv, tables.letters, tables.long_options, NULL);
        if (value == -1)
            break;
        if (value == 'h' || value == HELP)
            return CLI_HELP_ASKED;
        const int i = option_index(options, option_count, value);
        if (i >= 0) {
            accepted &= accept_option(verb, &options[i], &args->value[i], err);
            continue;
        }
        accepted = false;
        report_refused(verb, options, option_count, value, argv, at, err);
    }
    args->operand_count = argc - optind;
    args->operands = argv + optind;
    accepted &= accept_whole(verb, options, option_count, operands, args, err);
    for (int i = 0; i < option_count; i++)
        if (!args->value[i])
            args->value[i] = options[i].fallback;
    return accepted ? CLI_PARSED : CLI_REFUSED;
}

// "  -a, --arch ARCH": returns the columns used; out NULL only measures.
static int print_name(const struct cli_option *option, FILE *out) {
    char text[128];
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(text, sizeof text, "  %s--%s%s%s", letter, option->name,
             option->value ? " " : "", option->value ? option->value : "");
    if (out)
        fputs(text, out);
    return (int)strlen(text);
}

void cli_options_print(const struct cli_option *options, int option_count, FILE *out) {
    static const struct cli_option help = {
        .name = "help", .letter = 'h', .help = "this text"};
    enum { WIDEST = 34 };
    int width = 0;
    for (int i = 0; i < option_count; i++) {
        const int used = print_name(&options[i], NULL);
        if (used > width && used <= WIDEST)
            width = used;
    }
    fputs("Options:\n", out);
    for (int i = 0; i <= option_count; i++) {
        const struct cli_option *option = i < option_count ? &options[i] : &help;
        const int used = print_name(option, out);
        if (used > width)
            fprintf(out, "\n%*s", width, "");
        else
            fprintf(out, "%*s", width - used, "");
        fprintf(out, "  %s", option->help);
        if (option->fallback)
            fprintf(out, " [%s]", option->fallback);
        fputc('\n', out);
    }
}

uint64_t cli_count(const struct cli_args *args, int option, uint64_t otherwise) {
    uint64_t value = otherwise;
    if (args->value[option])
        as_count(args->value[option], &value);
    return value;
}

unsigned cli_percent(const struct cli_args *args, int option, unsigned otherwise) {
    uint64_t value = otherwise;
    if (args->value[option])
        as_percent(args->value[option], &value);
    return (unsigned)value;
}

double cli_real(const struct cli_args *args, int option, double otherwise) {
    double value = otherwise;
    if (args->value[option])
        as_real(args->value[option], &value);
    return value;
}

int cli_choice(const struct cli_args *args, const struct cli_option *options,
               int option) {
    return word_index(options[option].value, args->value[option]);
}
