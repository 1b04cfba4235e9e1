// Private to export/zigzag/: the three files.
#ifndef SDSE_EXPORT_ZIGZAG_WRITE_H
#define SDSE_EXPORT_ZIGZAG_WRITE_H

#include <stdio.h>

#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/workload.h"

void sdse_zigzag_print_hardware(FILE *out, const struct sdse_arch *arch);
void sdse_zigzag_print_workload(FILE *out, const struct sdse_arch *arch,
                                const struct sdse_layer *layer);
void sdse_zigzag_print_mapping(FILE *out, const struct sdse_arch *arch,
                               const struct sdse_mapping *mapping);

#endif
