// The data that a plot's script holds.
#ifndef SDSE_TESTS_PLOT_SCRIPT_H
#define SDSE_TESTS_PLOT_SCRIPT_H

#include <string.h>

#define PLOT_DATA_BEGIN "\n$data << END_OF_DATA\n"
#define PLOT_DATA_END "\nEND_OF_DATA\n"

// Ends the script's text behind its data, and returns where the data begins. NULL: it
// holds none.
static inline char *plot_data(char *script) {
    char *begin = strstr(script, PLOT_DATA_BEGIN);
    char *end = begin ? strstr(begin, PLOT_DATA_END) : NULL;
    if (!end)
        return NULL;
    end[1] = '\0';
    return begin + strlen(PLOT_DATA_BEGIN);
}

#endif
