#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

// A signal handler can reach nothing but a global.
static atomic_bool asked_to_stop;

static void ask_to_stop(int signal_number) {
    (void)signal_number;
    atomic_store(&asked_to_stop, 1);
}

const atomic_bool *cli_interrupt_arm(void) {
    struct sigaction action = {.sa_handler = ask_to_stop,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &asked_to_stop;
}

void cli_interrupt_forget(void) { atomic_store(&asked_to_stop, 0); }
