// What is said of verbs: the list of all, each one's help.
#include <string.h>

#include "cli/plain_stdout.h"
#include "cli/verbs.h"

const struct cli_verb *cli_verb_find(const char *name) {
    for (int i = 0; i < cli_verb_count; i++)
        if (strcmp(cli_verbs[i]->name, name) == 0)
            return cli_verbs[i];
    return NULL;
}

enum cli_exit cli_verb_refuse(const char *name) {
    enum { MOST = 64 };
    const char *names[MOST];
    size_t count = 0;
    for (int i = 0; i < cli_verb_count && count < MOST; i++)
        names[count++] = cli_verbs[i]->name;
    const char *nearest = sdse_nearest(name, names, count);
    fputs("sdse: unknown verb '", stderr);
    cli_print_plain(name, stderr);
    fputc('\'', stderr);
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fputs("\n`sdse --help` lists the verbs.\n", stderr);
    return CLI_USAGE;
}

void cli_help_print(FILE *out) {
    fputs("usage: sdse VERB ...\n\n"
          "Explores accelerators, mappings and SmartDeal weight forms for neural "
          "networks.\n\n",
          out);
    for (int i = 0; i < cli_verb_count; i++)
        fprintf(out, "  %-10s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    fputs("\n`sdse VERB --help` explains a verb and gives an example; `sdse --version` "
          "names the version.\n"
          "Exit status: 0 ok, 1 bad input, 2 usage, 3 system, 4 no valid mapping.\n",
          out);
}

void cli_help_print_verb(const struct cli_verb *verb, FILE *out) {
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
