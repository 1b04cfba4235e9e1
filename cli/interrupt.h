// Ctrl-C and termination, turned into a flag that long computations look at.
#ifndef SDSE_CLI_INTERRUPT_H
#define SDSE_CLI_INTERRUPT_H

#include <stdatomic.h>

// From now on the first SIGINT or SIGTERM sets the flag that is returned; a second one
// ends the process at once.
const atomic_bool *cli_interrupt_arm(void);

// Forgets that one came: for who goes on after it.
void cli_interrupt_forget(void);

#endif
