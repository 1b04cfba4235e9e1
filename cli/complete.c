// Completion of command lines, from the verbs' tables: what a word may be is said by
// its place and by what --help calls the value there.
#include <ctype.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/verbs.h"

struct completion {
    struct cli *cli;
    FILE *out;
    const char *prefix; // what the word has so far
    const char *before; // what is printed before each candidate: "--form="
    char *const *words; // all of the line, and how many
    int word_count;
    // What else may stand there: files, of an ending, or folders.
    bool files, folders;
    char ending[16];
    bool candidates_only; // the second of two passes
};

static void offer(const struct completion *c, const char *text, size_t length,
                  const char *what) {
    const size_t wanted = strlen(c->prefix);
    if (!c->candidates_only || length < wanted || strncmp(text, c->prefix, wanted) != 0)
        return;
    fprintf(c->out, "%s%.*s\t%s\n", c->before, (int)length, text, what);
}

static void offer_shipped(const struct completion *c, const char *folder,
                          const char *what) {
    if (!c->candidates_only)
        return;
    const char *names[CLI_MOST_SHIPPED];
    const size_t count = cli_list_shipped(c->cli, folder, names);
    for (size_t i = 0; i < count; i++)
        offer(c, names[i], strlen(names[i]), what);
}

// The value of -w, if the line has one.
static const char *workload_of(const struct completion *c) {
    for (int i = 1; i + 1 < c->word_count; i++) {
        if (strcmp(c->words[i], "-w") == 0)
            return c->words[i + 1];
        if (strcmp(c->words[i], "--workload") == 0) {
            const bool split = strcmp(c->words[i + 1], "=") == 0;
            return split && i + 2 < c->word_count ? c->words[i + 2] : c->words[i + 1];
        }
        if (strncmp(c->words[i], "--workload=", 11) == 0)
            return c->words[i] + 11;
        if (strncmp(c->words[i], "-w", 2) == 0)
            return c->words[i] + 2;
    }
    return NULL;
}

static void offer_layers(const struct completion *c) {
    const char *name = c->candidates_only ? workload_of(c) : NULL;
    struct sdse_workload *workload;
    if (!name || cli_load_workload(c->cli, name, &workload) != SDSE_OK)
        return;
    for (size_t i = 0; i < workload->layer_count; i++)
        offer(c, workload->layers[i].name, strlen(workload->layers[i].name), "layer");
}

static void offer_verbs(const struct completion *c) {
    for (int i = 0; i < cli_verb_count; i++)
        offer(c, cli_verbs[i]->name, strlen(cli_verbs[i]->name), cli_verbs[i]->summary);
}

static void allow_files(struct completion *c, const char *ending, size_t length) {
    // Two endings are any.
    if (c->files &&
        (strlen(c->ending) != length || strncmp(c->ending, ending, length) != 0))
        length = 0;
    c->files = true;
    snprintf(c->ending, sizeof c->ending, "%.*s", (int)length, ending);
}

// Offers what one alternative of a value's name stands for: "ARCH", "FILE", "DIR",
// "OUT.db", "csv". What is none of them (a number, a query) is the user's to write.
static void offer_alternative(struct completion *c, const char *name, size_t length,
                              const char *operand_before) {
    const char *dot = memchr(name, '.', length);
    const size_t stem = dot ? (size_t)(dot - name) : length;
#define IS(word) (stem == strlen(word) && strncmp(name, word, stem) == 0)
    if (IS("ARCH") || (IS("FILE") && strcmp(operand_before, "arch") == 0)) {
        offer_shipped(c, "archs", "accelerator");
        allow_files(c, ".yaml", strlen(".yaml"));
    } else if (IS("NET") || (IS("FILE") && strcmp(operand_before, "workload") == 0)) {
        offer_shipped(c, "workloads", "network");
        allow_files(c, ".yaml", strlen(".yaml"));
    } else if (IS("SWEEP")) {
        offer_shipped(c, "sweeps", "sweep");
        allow_files(c, ".yaml", strlen(".yaml"));
    } else if (IS("LAYER")) {
        offer_layers(c);
    } else if (IS("VERB")) {
        offer_verbs(c);
    } else if (IS("DIR") || IS("FOLDER")) {
        c->folders = true;
    } else if (dot) {
        size_t end = 1;
        while (stem + end < length && isalnum((unsigned char)dot[end]))
            end++;
        allow_files(c, dot, end);
    } else if (IS("FILE") || IS("PATH")) {
        allow_files(c, "", 0);
    } else if (islower((unsigned char)*name)) {
        offer(c, name, length, "");
    }
#undef IS
}

// Offers what a value's or an operand's name, up to `end`, stands for.
static void offer_values(struct completion *c, const char *name, const char *end,
                         const char *operand_before) {
    while (name < end) {
        while (name < end && strchr("[|.", *name))
            name++;
        const char *stop = name;
        while (stop < end && *stop != '|' && *stop != ']' && *stop != '[')
            stop++;
        size_t length = (size_t)(stop - name);
        while (length && name[length - 1] == '.') // "FILE..."
            length--;
        if (length)
            offer_alternative(c, name, length, operand_before);
        name = stop + (stop < end);
    }
}

static void offer_option_value(struct completion *c, const struct cli_option *option) {
    if (option->kind == CLI_TEXT || option->kind == CLI_CHOICE)
        offer_values(c, option->value, option->value + strlen(option->value), "");
}

static void offer_options(const struct completion *c, const struct cli_verb *verb) {
    for (int i = 0; i < verb->option_count; i++) {
        char name[64];
        const int length = snprintf(name, sizeof name, "--%s", verb->options[i].name);
        offer(c, name, (size_t)length, verb->options[i].help);
    }
    offer(c, "--help", strlen("--help"), "explain this verb");
}

// The n-th of the operands' names, or the last if it repeats.
static void offer_operand(struct completion *c, const struct cli_verb *verb, int n,
                          const char *before) {
    const char *name = verb->operands.usage;
    for (int i = 0; *name; i++) {
        const char *end = name + strcspn(name, " ");
        if (i == n || (!*end && verb->operands.most < 0)) {
            offer_values(c, name, end, before);
            return;
        }
        name = end + strspn(end, " ");
    }
}

static const struct cli_option *long_option(const struct cli_verb *verb,
                                            const char *name, size_t length) {
    for (int i = 0; i < verb->option_count; i++)
        if (strlen(verb->options[i].name) == length &&
            strncmp(verb->options[i].name, name, length) == 0)
            return &verb->options[i];
    return NULL;
}

// The option that a word leaves waiting for a value in the next one; NULL if none.
static const struct cli_option *waiting_option(const struct cli_verb *verb,
                                               const char *word) {
    if (strncmp(word, "--", 2) == 0) {
        const struct cli_option *option = long_option(verb, word + 2, strlen(word + 2));
        return option && option->kind != CLI_FLAG ? option : NULL;
    }
    for (const char *letter = word + 1; *letter; letter++)
        for (int i = 0; i < verb->option_count; i++)
            if (verb->options[i].letter == *letter && verb->options[i].kind != CLI_FLAG)
                return letter[1] ? NULL : &verb->options[i];
    return NULL;
}

static void complete_verb(struct completion *c, const struct cli_verb *verb) {
    const struct cli_option *waiting = NULL;
    const char *operand = "";
    int operands = 0;
    bool only_operands = false;
    for (int i = 1; i + 1 < c->word_count; i++) {
        const char *word = c->words[i];
        if (waiting && strcmp(word, "=") == 0)
            continue;
        if (waiting) {
            waiting = NULL;
        } else if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (!only_operands && word[0] == '-' && word[1]) {
            waiting = waiting_option(verb, word);
        } else {
            operand = word;
            operands++;
        }
    }
    const char *word = c->words[c->word_count - 1];
    const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    const struct cli_option *named =
        equals ? long_option(verb, word + 2, (size_t)(equals - word) - 2) : NULL;
    if (waiting) {
        c->prefix = strcmp(word, "=") == 0 ? "" : word;
        offer_option_value(c, waiting);
    } else if (named) {
        c->prefix = equals + 1;
        c->before = sdse_arena_copy(c->cli->arena, word, (size_t)(equals - word) + 1);
        if (c->before)
            offer_option_value(c, named);
    } else if (word[0] == '-' && !only_operands) {
        offer_options(c, verb);
    } else {
        offer_operand(c, verb, operands, operand);
    }
}

static void complete(struct completion *c) {
    if (c->word_count == 1) {
        offer_verbs(c);
        offer(c, "--help", strlen("--help"), "list the verbs");
        offer(c, "--version", strlen("--version"), "name the version");
        return;
    }
    const struct cli_verb *verb = cli_verb_find(c->words[0]);
    if (verb)
        complete_verb(c, verb);
}

void cli_complete_print(struct cli *cli, int word_count, char *const *words,
                        FILE *out) {
    // Files are said first, candidates after; both are known only at the end.
    struct completion c = {.cli = cli,
                           .out = out,
                           .prefix = words[word_count - 1],
                           .before = "",
                           .words = words,
                           .word_count = word_count};
    complete(&c);
    if (c.files && c.folders)
        *c.ending = '\0';
    fprintf(out, "@%s%s%s\n",
            c.files     ? "files"
            : c.folders ? "folders"
                        : "none",
            c.files && *c.ending ? " " : "", c.files ? c.ending : "");
    c.candidates_only = true;
    complete(&c);
}
