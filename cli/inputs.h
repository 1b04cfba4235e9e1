// The files a verb works on: named by a path, or by the name of a shipped one.
#ifndef SDSE_CLI_INPUTS_H
#define SDSE_CLI_INPUTS_H

#include "cli/cli.h"
#include "dse/sweep/shipped.h"
#include "results/store/reader.h"
#include "results/store/store.h"
#include "spec/load.h"
#include "spec/types/arch.h"
#include "spec/types/workload.h"

// The path of an accelerator (folder "archs"), network ("workloads"), sweep ("sweeps")
// or file of published figures ("validation").
//
// A name that is a file, has a '/' or ends in .yaml or .json is a path. Any other is
// looked up as folder/NAME.yaml where shipped data is (cli/data_folders.h). The result
// lives in the arena; NULL after an error that names the nearest shipped ones.
const char *cli_find_input(struct cli *cli, const char *folder, const char *name);

// The names of the files folder/NAME.yaml in all these places, sorted, each once; how
// many there are.
enum { CLI_MOST_SHIPPED = 256 };
size_t cli_list_shipped(struct cli *cli, const char *folder,
                        const char *names[CLI_MOST_SHIPPED]);

// The same places, for the names in a sweep; NULL when memory is out, noted.
const struct sdse_shipped *cli_shipped(struct cli *cli);

// The first of the same places that has a folder of this name; NULL after an error.
const char *cli_find_folder(struct cli *cli, const char *folder);

// Loads and completes what the user named. SDSE_INVALID after a diagnostic or a
// message; *out is untouched then.
enum sdse_status cli_load_arch(struct cli *cli, const char *name,
                               struct sdse_arch **out);
// The same with numbers of its file replaced (spec/load.h).
enum sdse_status cli_load_arch_with(struct cli *cli, const char *name,
                                    const struct sdse_set *sets, size_t set_count,
                                    struct sdse_arch **out);
enum sdse_status cli_load_workload(struct cli *cli, const char *name,
                                   struct sdse_workload **out);

// The layer called `name`; with NULL the only layer. NULL after an error.
const struct sdse_layer *
cli_find_layer(struct cli *cli, const struct sdse_workload *workload, const char *name);

// Whether the user's file is there; says so if not.
bool cli_file_exists(struct cli *cli, const char *path);

// Names a file that the verb reads: it may not be its output. The loaders below and
// above do so themselves. False, said, when memory is out.
bool cli_is_input(struct cli *cli, const char *path);
// The same for the weight files of a network.
bool cli_weights_are_inputs(struct cli *cli, const struct sdse_workload *workload);

// Whether a folder for output files is there, or can be made: asked before long work.
// Says why not. Nothing is made or changed.
bool cli_may_make_folder(struct cli *cli, const char *path);

// Makes a folder for output files, unless it is there. SDSE_IO, said, if it cannot be.
enum sdse_status cli_make_folder(struct cli *cli, const char *path);

// Opens a results.db for reading, or says why not and returns NULL with the exit status
// in *status.
struct sdse_reader *cli_open_results(struct cli *cli, const char *path,
                                     enum cli_exit *status);

// The same, whatever the file holds: for who says what is wrong with it.
struct sdse_reader *cli_open_results_unchecked(struct cli *cli, const char *path,
                                               enum cli_exit *status);

// Closes the store of a verb that changes the results.db at `path`, and says what a
// failure was that no diagnostic explains. NULL: it was not opened.
void cli_close_store(struct cli *cli, const char *path, struct sdse_store *store,
                     enum sdse_status status);

#endif
