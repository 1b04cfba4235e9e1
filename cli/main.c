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
#include "cli/verbs.h"

const struct cli_verb *const cli_verbs[] = {
    &cli_verb_check,      &cli_verb_lint,      &cli_verb_show,    &cli_verb_map,
    &cli_verb_eval,       &cli_verb_explain,   &cli_verb_why_not, &cli_verb_plan,
    &cli_verb_sweep,      &cli_verb_status,    &cli_verb_pareto,  &cli_verb_compare,
    &cli_verb_costs,      &cli_verb_plot,      &cli_verb_report,  &cli_verb_query,
    &cli_verb_export,     &cli_verb_decompose, &cli_verb_import,  &cli_verb_trace,
    &cli_verb_workload,   &cli_verb_validate,  &cli_verb_merge,   &cli_verb_verify,
    &cli_verb_reproduce,  &cli_verb_tag,       &cli_verb_rename,  &cli_verb_prune,
    &cli_verb_train,      &cli_verb_convert,   &cli_verb_init,    &cli_verb_help,
    &cli_verb_completion,
};
const int cli_verb_count = CLI_COUNT_OF(cli_verbs);

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
        cli_help_print_verb(verb, stdout);
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
        cli_help_print(stderr);
        return CLI_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return run_verb(argv[0], &cli_verb_help, argc - 1, argv + 1);
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        puts("sdse " SDSE_VERSION);
        return CLI_OK;
    }
    const struct cli_verb *verb = cli_verb_find(word);
    return verb ? run_verb(argv[0], verb, argc - 1, argv + 1) : cli_verb_refuse(word);
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
