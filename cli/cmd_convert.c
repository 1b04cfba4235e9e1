// sdse convert: an accelerator, a layer and a mapping as another tool's files.
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/problem.h"
#include "cli/text_files.h"
#include "costmodel/resolve.h"
#include "export/timeloop/timeloop.h"
#include "export/zigzag/zigzag.h"

enum { ARCH, WORKLOAD, LAYER, MAPPING, TO, OUTPUT, FORCE, LOSSY };

static const struct cli_option options[] = {
    [ARCH] = CLI_OPTION_ARCH,
    [WORKLOAD] = {"workload", 'w', CLI_TEXT, "NET",
                  "network: a file, or a shipped name", NULL, false},
    [LAYER] = CLI_OPTION_LAYER,
    [MAPPING] = {"mapping", 'm', CLI_TEXT, "FILE", "a mapping of the layer", NULL,
                 false},
    [TO] = {"to", 0, CLI_CHOICE, "timeloop|zigzag", "whose files", NULL, true},
    [OUTPUT] = {"output", 'o', CLI_TEXT, "DIR",
                "folder for the files: the accelerator, the layer, the mapping", NULL,
                true},
    [FORCE] = CLI_OPTION_FORCE,
    [LOSSY] = {"lossy", 0, CLI_FLAG, NULL,
               "what the other tool cannot hold is a warning", NULL, false},
};

static const struct sdse_output_kind kind = {"a file written by sdse convert",
                                             {"# Written by sdse convert.\n"}};

struct converted {
    const char *name; // of the file
    const char *text; // NULL: there is none
};

static enum sdse_status write_files(struct cli *cli, const char *folder,
                                    const struct converted files[3]) {
    struct cli_text_file written[3];
    if (!cli_may_make_folder(cli, folder))
        return SDSE_INVALID;
    for (int i = 0; i < CLI_COUNT_OF(written); i++) {
        written[i].path = sdse_arena_printf(cli->arena, "%s/%s", folder, files[i].name);
        written[i].text = files[i].text;
        if (!written[i].path)
            return SDSE_NO_MEMORY;
    }
    const enum sdse_status status = cli_make_folder(cli, folder);
    return status ? status : cli_write_texts(cli, &kind, written, 3);
}

// What the options name: a layer and a mapping may be left out. False after messages.
static bool load(struct cli *cli, const struct cli_args *args,
                 struct cli_problem *problem, const struct sdse_layer **layer,
                 struct sdse_mapping **mapping) {
    if (!args->value[WORKLOAD])
        return cli_note(cli, cli_load_arch(cli, args->value[ARCH], &problem->arch)) ==
               SDSE_OK;
    if (!cli_load_problem(cli, args->value[ARCH], args->value[WORKLOAD], "raw",
                          problem))
        return false;
    if (args->value[MAPPING])
        return cli_load_mapping(cli, problem, args->value[LAYER], args->value[MAPPING],
                                layer, mapping);
    *layer = cli_find_layer(cli, problem->workload, args->value[LAYER]);
    return *layer != NULL;
}

enum tool { TIMELOOP, ZIGZAG }; // as --to says them

static enum sdse_status convert(struct cli *cli, enum tool tool,
                                const struct cli_problem *problem,
                                const struct sdse_layer *layer,
                                const struct sdse_mapping *mapping, bool lossy,
                                struct converted files[3]) {
    struct sdse_timeloop_texts timeloop = {0};
    struct sdse_zigzag_texts zigzag = {0};
    enum sdse_status status;
    if (tool == ZIGZAG)
        status = sdse_zigzag_export(problem->arch, layer, mapping, lossy, cli->arena,
                                    &cli->diags, &zigzag);
    else
        status = sdse_timeloop_export(problem->arch, layer, mapping, lossy, cli->arena,
                                      &cli->diags, &timeloop);
    const bool is_zigzag = tool == ZIGZAG;
    files[0] = is_zigzag ? (struct converted){"hardware.yaml", zigzag.hardware}
                         : (struct converted){"arch.yaml", timeloop.arch};
    files[1] = is_zigzag ? (struct converted){"workload.yaml", zigzag.workload}
                         : (struct converted){"problem.yaml", timeloop.problem};
    files[2] = (struct converted){"mapping.yaml",
                                  is_zigzag ? zigzag.mapping : timeloop.mapping};
    return status;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct cli_problem problem = {0};
    const struct sdse_layer *layer = NULL;
    struct sdse_mapping *mapping = NULL;
    struct converted files[3] = {{0}};
    const int needy[] = {LAYER, MAPPING};
    bool good = true;
    for (int i = 0; i < CLI_COUNT_OF(needy); i++) {
        if (!args->value[needy[i]] || args->value[WORKLOAD])
            continue;
        cli_error(cli, "--%s is of a network: --workload names it",
                  options[needy[i]].name);
        good = false;
    }
    if (!good)
        return CLI_USAGE;
    cli->outputs.force = args->value[FORCE] != NULL;
    if (args->value[MAPPING] && !cli_is_input(cli, args->value[MAPPING]))
        return CLI_SYSTEM;
    if (!load(cli, args, &problem, &layer, &mapping))
        return cli_finish(cli, cli->fault ? cli->fault : SDSE_INVALID);
    enum sdse_status status =
        convert(cli, (enum tool)cli_choice(args, options, TO), &problem, layer, mapping,
                args->value[LOSSY] != NULL, files);
    if (status == SDSE_OK)
        status = write_files(cli, args->value[OUTPUT], files);
    const enum cli_exit result = cli_finish(cli, status);
    if (result != CLI_OK)
        return result;
    printf("written: ");
    for (int i = 0; i < CLI_COUNT_OF(files); i++)
        if (files[i].text)
            printf("%s%s/%s", i ? ", " : "", args->value[OUTPUT], files[i].name);
    printf("; read back by sdse import\n");
    return CLI_OK;
}

const struct cli_verb cli_verb_convert = {
    .name = "convert",
    .summary = "writes an accelerator, a layer and a mapping as Timeloop's or ZigZag's "
               "files",
    .operands = {"", 0, 0},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes = "What the other tool cannot hold is refused by name, or with --lossy left "
             "out and named.\ndocs/import.md has both directions, construct by "
             "construct.",
    .example = "sdse convert -a eyeriss -w resnet18 -l conv1 -m mapping.yaml --to "
               "timeloop -o tl --lossy",
    .run = run,
};
