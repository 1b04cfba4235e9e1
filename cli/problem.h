// One layer on one accelerator in one weight form: what -a, -w, -l and --form name.
#ifndef SDSE_CLI_PROBLEM_H
#define SDSE_CLI_PROBLEM_H

#include "cli/cli.h"
#include "costmodel/evaluate.h"
#include "spec/place.h"
#include "spec/types/form.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

#define CLI_OPTION_LAYER                                                         \
    {                                                                            \
        "layer", 'l', CLI_TEXT, "LAYER",                                         \
            "its layer; may be left out when the mapping names it, or there is " \
            "only one",                                                          \
            NULL, false                                                          \
    }
#define CLI_OPTION_FORM                                                            \
    {                                                                              \
        "form", 0, CLI_TEXT, "FORM",                                               \
            "weights: raw, smartdeal, or settings like \"basis_size: 3, density: " \
            "0.5\"",                                                               \
            "raw", false                                                           \
    }

struct cli_problem {
    struct sdse_arch *arch;
    struct sdse_workload *workload;
    const char *form_text; // as asked for
    struct sdse_form_setting setting;
    struct sdse_placement placement; // of the mapping that was loaded
};

// The forms that a text means: raw, smartdeal, or settings, with or without braces, or
// a list of such; a list in place of a value makes one for each. Only the forms of *out
// are set. False after diagnostics, whose file is "--form".
bool cli_read_forms(struct cli *cli, const char *text, struct sdse_diags *diags,
                    struct sdse_sweep *out);

// Loads what the options name; memories that the accelerator's file calls uneven are
// split (spec/split.h). False after messages.
bool cli_load_problem(struct cli *cli, const char *arch, const char *workload,
                      const char *form, struct cli_problem *problem);

// Splits the memories of a set of levels; false after a message.
bool cli_split_memories(struct cli *cli, unsigned levels, struct cli_problem *problem);

// The weight form of one layer under the setting: declared, or measured now on its
// weights. False after messages.
bool cli_layer_form(struct cli *cli, const struct cli_problem *problem,
                    const struct sdse_layer *layer, struct sdse_weight_form *form);

// Whether the accelerator has what the layers need that multiply nothing
// (costmodel/stream.h); says what is missing.
bool cli_streams(struct cli *cli, const struct sdse_arch *arch,
                 const struct sdse_layer *layers, size_t count);

// The model of one layer in a form, or in the form of the setting. NULL after a
// message.
struct sdse_model *cli_form_model(struct cli *cli, const struct cli_problem *problem,
                                  const struct sdse_layer *layer,
                                  const struct sdse_weight_form *form);
struct sdse_model *cli_layer_model(struct cli *cli, const struct cli_problem *problem,
                                   const struct sdse_layer *layer);

// The layer, and its mapping from a file, of the layer alone or of its network
// (dse/schedule/); a layer that is not named may stand in the
// file. A file that names positions of a memory splits the problem's accelerator
// (spec/split.h); one that says places gives the layer its residence, in the problem's
// placement. False after messages.
bool cli_load_mapping(struct cli *cli, struct cli_problem *problem,
                      const char *layer_name, const char *path,
                      const struct sdse_layer **layer, struct sdse_mapping **mapping);

// The mapping of a layer that only moves words. NULL after a message.
struct sdse_mapping *cli_streamed_mapping(struct cli *cli,
                                          const struct sdse_arch *arch);

// Whether the mapping is valid; says why not.
bool cli_accept_mapping(struct cli *cli, const struct cli_problem *problem,
                        const struct sdse_model *model,
                        const struct sdse_mapping *mapping);

#endif
