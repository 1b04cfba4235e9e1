// sdse: the command line. One file per verb; only this one exits.
#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/errno_text.h"
#include "cli/cli.h"
#include "cli/plain_stdout.h"

static const struct cli_verb *const verbs[] = {
    &cli_verb_check,    &cli_verb_show,      &cli_verb_map,    &cli_verb_eval,
    &cli_verb_explain,  &cli_verb_plan,      &cli_verb_sweep,  &cli_verb_status,
    &cli_verb_pareto,   &cli_verb_costs,     &cli_verb_plot,   &cli_verb_query,
    &cli_verb_export,   &cli_verb_decompose, &cli_verb_import, &cli_verb_trace,
    &cli_verb_validate, &cli_verb_merge,     &cli_verb_verify, &cli_verb_reproduce,
    &cli_verb_train,
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void print_help(FILE *out) {
    fputs("usage: sdse VERB ...\n\n"
          "Explores accelerators, mappings and SmartDeal weight forms for neural "
          "networks.\n\n",
          out);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(out, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\n`sdse VERB --help` explains a verb and gives an example; `sdse --version` "
          "names the version.\n"
          "Exit status: 0 ok, 1 bad input, 2 usage, 3 system, 4 no valid mapping.\n",
          out);
}

static void print_verb_help(const struct cli_verb *verb, FILE *out) {
    fprintf(out, "usage: sdse %s", verb->name);
    bool optional = false;
    for (int i = 0; i < verb->option_count; i++) {
        const struct cli_option *option = &verb->options[i];
        optional |= !option->required;
        if (option->required && option->letter)
            fprintf(out, " -%c %s", option->letter, option->value);
        else if (option->required)
            fprintf(out, " --%s %s", option->name, option->value);
    }
    fprintf(out, "%s%s%s\n\n", optional ? " [options]" : "",
            *verb->operands.usage ? " " : "", verb->operands.usage);
    // The summary is a phrase for the list of verbs; here it is a sentence.
    fprintf(out, "%c%s.\n", verb->summary[0] - 'a' + 'A', verb->summary + 1);
    if (verb->notes)
        fprintf(out, "%s\n", verb->notes);
    fputc('\n', out);
    cli_options_print(verb->options, verb->option_count, out);
    fprintf(out, "\nExample:\n  %s\n", verb->example);
}

static const struct cli_verb *find_verb(const char *name) {
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

static enum cli_exit refuse_verb(const char *name) {
    const char *names[VERBS];
    for (size_t i = 0; i < VERBS; i++)
        names[i] = verbs[i]->name;
    const char *nearest = sdse_nearest(name, names, VERBS);
    fputs("sdse: unknown verb '", stderr);
    cli_print_plain(name, stderr);
    fputc('\'', stderr);
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fputs("\n`sdse --help` lists the verbs.\n", stderr);
    return CLI_USAGE;
}

static bool wants_colour(void) {
    // No thread changes the environment.
    const char *term = getenv("TERM");          // NOLINT(concurrency-mt-unsafe)
    const char *no_colour = getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe)
    return isatty(STDERR_FILENO) && !(no_colour && *no_colour) && term &&
           strcmp(term, "dumb") != 0;
}

static enum cli_exit run_verb(const char *program, const struct cli_verb *verb,
                              int argc, char **argv) {
    struct cli_args args;
    switch (cli_options_parse(verb->name, verb->options, verb->option_count,
                              &verb->operands, argc, argv, &args, stderr)) {
    case CLI_HELP_ASKED:
        print_verb_help(verb, stdout);
        return CLI_OK;
    case CLI_REFUSED:
        fprintf(stderr, "`sdse %s --help` explains it.\n", verb->name);
        return CLI_USAGE;
    case CLI_PARSED:
        break;
    }
    struct cli cli = {.program = program, .verb = verb, .colour = wants_colour()};
    cli.arena = sdse_arena_new();
    if (!cli.arena) {
        fprintf(stderr, "sdse %s: error: %s\n", verb->name,
                sdse_status_text(SDSE_NO_MEMORY));
        return CLI_SYSTEM;
    }
    sdse_diags_init(&cli.diags, cli.arena);
    const enum cli_exit status = cli_end(&cli, verb->run(&cli, &args));
    sdse_arena_free(cli.arena);
    return status;
}

static enum cli_exit run(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    const char *word = argv[1];
    const bool help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
                      strcmp(word, "help") == 0;
    if (help && argc > 2) {
        const struct cli_verb *verb = find_verb(argv[2]);
        if (!verb)
            return refuse_verb(argv[2]);
        print_verb_help(verb, stdout);
        return CLI_OK;
    }
    if (help) {
        print_help(stdout);
        return CLI_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        puts("sdse " SDSE_VERSION);
        return CLI_OK;
    }
    const struct cli_verb *verb = find_verb(word);
    return verb ? run_verb(argv[0], verb, argc - 1, argv + 1) : refuse_verb(word);
}

// What was printed must have arrived: a full disk is an error, a reader that has seen
// enough (head) is not.
static enum cli_exit close_stdout(enum cli_exit status) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    const int error = cli_plain_stdout_error();
    if (error == EPIPE)
        return status;
    fprintf(stderr, "sdse: error: writing the output failed: %s\n",
            sdse_errno_text(error).text);
    return status == CLI_OK ? CLI_SYSTEM : status;
}

// A search gives its memory back and asks for it again at once: kept in between, its
// pages need not be cleared each time.
static void keep_memory(void) {
#ifdef __GLIBC__
    enum { MIB = 1 << 20 };
    mallopt(M_MMAP_THRESHOLD, 32 * MIB);
    mallopt(M_TRIM_THRESHOLD, 256 * MIB);
#endif
}

int main(int argc, char **argv) {
    keep_memory();
    if (!cli_plain_stdout()) {
        fprintf(stderr, "sdse: error: %s\n", sdse_status_text(SDSE_NO_MEMORY));
        return CLI_SYSTEM;
    }
    return (int)close_stdout(run(argc, argv));
}
