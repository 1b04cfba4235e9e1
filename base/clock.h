// Seconds of the machine's clocks: only differences mean something.
#ifndef SDSE_BASE_CLOCK_H
#define SDSE_BASE_CLOCK_H

// Of time as it passes: never set back. [s]
double sdse_seconds_now(void);

// Of the processor, spent by this thread. [s]
double sdse_cpu_seconds_now(void);

#endif
