// What sdse show prints for other programs.
#ifndef SDSE_CLI_SHOW_JSON_H
#define SDSE_CLI_SHOW_JSON_H

#include "cli/cli.h"
#include "spec/place.h"
#include "spec/types/arch.h"

enum cli_exit cli_show_arch_json(struct cli *cli, const struct sdse_arch *arch);
enum cli_exit cli_show_components_json(struct cli *cli);
enum cli_exit cli_show_workload_json(struct cli *cli, const struct sdse_workload *net);
// `layer` may be NULL. The drawing says first where tensors are.
enum cli_exit cli_show_mapping_json(struct cli *cli, const struct sdse_arch *arch,
                                    const struct sdse_layer *layer,
                                    const struct sdse_placement *placement,
                                    const struct sdse_mapping *mapping);

// Members of an object: the layers of a network, with bounds, strides, and work and
// words of one execution, as `sdse show workload` has them; what is not modelled.
void cli_layers_json(struct sdse_json *json, struct sdse_arena *arena,
                     const struct sdse_workload *net);

#endif
