// sdse completion: what makes a shell complete sdse's words.
#include <string.h>

#include "cli/verbs.h"

// Each script hands the line to `sdse completion candidates`, so that a shell knows
// what the program of that line knows: verbs, options, words of choice, shipped names,
// layers.
static const char bash_script[] =
    "# Completion of sdse for bash.\n"
    "_sdse() {\n"
    "    local line directive= cur=${COMP_WORDS[COMP_CWORD]} "
    "program=${COMP_WORDS[0]/#\\~/$HOME}\n"
    "    local IFS=$'\\n'\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        if [[ -z $directive ]]; then directive=$line; else "
    "COMPREPLY+=(\"${line%%$'\\t'*}\"); fi\n"
    "    done < <(\"$program\" completion candidates -- "
    "\"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "    [[ $cur != = ]] || cur=\n"
    "    case $directive in\n"
    "    '@files '*)\n"
    "        compopt -o filenames\n"
    "        COMPREPLY+=($(compgen -d -- \"$cur\") "
    "$(compgen -f -X \"!*${directive#@files }\" -- \"$cur\"))\n"
    "        ;;\n"
    "    @files)\n"
    "        compopt -o filenames\n"
    "        COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
    "        ;;\n"
    "    @folders)\n"
    "        compopt -o filenames\n"
    "        COMPREPLY+=($(compgen -d -- \"$cur\"))\n"
    "        ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _sdse sdse\n";

static const char zsh_script[] =
    "#compdef sdse\n"
    "# Completion of sdse for zsh.\n"
    "_sdse() {\n"
    "    local -a lines candidates\n"
    "    local line directive\n"
    "    lines=(\"${(@f)$(${~words[1]} completion candidates -- "
    "\"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
    "    directive=$lines[1]\n"
    "    for line in \"${(@)lines[2,-1]}\"; do\n"
    "        candidates+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
    "    done\n"
    "    (( ! $#candidates )) || _describe sdse candidates\n"
    "    case $directive in\n"
    "    '@files '*) _files -g \"*${directive#@files }\" ;;\n"
    "    @files) _files ;;\n"
    "    @folders) _files -/ ;;\n"
    "    esac\n"
    "}\n"
    "if [[ $funcstack[1] == _sdse ]]; then _sdse \"$@\"; else compdef _sdse sdse; "
    "fi\n";

static const char fish_script[] =
    "# Completion of sdse for fish.\n"
    "function __sdse_candidates\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    set -l lines ($words[1] completion candidates -- $words[2..-1] \"$current\" "
    "2>/dev/null)\n"
    "    for line in $lines[2..-1]\n"
    "        echo $line\n"
    "    end\n"
    "    switch \"$lines[1]\"\n"
    "        case '@files *'\n"
    "            __fish_complete_suffix \"$current\" (string sub -s 8 -- $lines[1])\n"
    "        case @files\n"
    "            __fish_complete_path \"$current\"\n"
    "        case @folders\n"
    "            __fish_complete_directories \"$current\"\n"
    "    end\n"
    "end\n"
    "complete -c sdse -f -a '(__sdse_candidates)'\n";

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    static const struct {
        const char *shell, *script;
    } scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
    const char *what = args->operands[0];
    const int words = args->operand_count - 1;
    if (strcmp(what, "candidates") == 0 && words > 0) {
        cli_complete_print(cli, words, args->operands + 1, stdout);
        // A network that does not load has no layers to offer, that is all.
        cli->reported = false;
        sdse_diags_init(&cli->diags, cli->arena);
        return CLI_OK;
    }
    for (int i = 0; i < CLI_COUNT_OF(scripts); i++)
        if (strcmp(what, scripts[i].shell) == 0 && words == 0) {
            fputs(scripts[i].script, stdout);
            return CLI_OK;
        }
    cli_error(cli, "expected bash, zsh or fish, or candidates and a line's words");
    return CLI_USAGE;
}

const struct cli_verb cli_verb_completion = {
    .name = "completion",
    .summary = "prints what makes bash, zsh or fish complete sdse's words",
    .operands = {"bash|zsh|fish|candidates [WORD...]", 1, -1},
    .notes =
        "Read it with `. <(sdse completion bash)`, or `sdse completion fish | source`. "
        "The scripts ask\n`sdse completion candidates -- WORD...`: the first line says "
        "which files may stand for the last\nword (@files, @files .yaml, @folders, "
        "@none), each other one is a candidate and what it is.",
    .example = "sdse completion bash > ~/.local/share/bash-completion/completions/sdse",
    .run = run,
};
