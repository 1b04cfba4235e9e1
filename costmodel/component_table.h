// Private to costmodel/: the rows of tech/components.csv, which the build embeds.
#ifndef SDSE_COSTMODEL_COMPONENT_TABLE_H
#define SDSE_COSTMODEL_COMPONENT_TABLE_H

#include <stddef.h>

#include "costmodel/component.h"

extern const struct sdse_component sdse_component_rows[];
extern const size_t sdse_component_row_count;

#endif
