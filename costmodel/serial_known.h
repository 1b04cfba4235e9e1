// What bit-serial multipliers are expected to take, kept for the layers that follow:
// many have the digits of one network. For one thread.
#ifndef SDSE_COSTMODEL_SERIAL_KNOWN_H
#define SDSE_COSTMODEL_SERIAL_KNOWN_H

#include "base/status.h"

// engines/expect/serial.h
struct sdse_serial;
struct sdse_serial_stats;
struct sdse_serial_means;
struct sdse_serial_known;

struct sdse_serial_known *sdse_serial_known_new(void); // NULL: no memory
void sdse_serial_known_free(struct sdse_serial_known *known);

// As sdse_serial_expect, to the last bit. known == NULL: nothing is kept.
enum sdse_status sdse_serial_known_expect(struct sdse_serial_known *known,
                                          const struct sdse_serial *engine,
                                          const struct sdse_serial_stats *stats,
                                          struct sdse_serial_means *means);

#endif
