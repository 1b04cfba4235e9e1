// libsdse: the SmartDeal design-space explorer as a library. One header for all of it.
#ifndef SDSE_H
#define SDSE_H

#include "base/diag.h"

#endif
