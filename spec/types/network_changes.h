// Keys of a network, or of its layers, that are written anew, and layers by name.
#ifndef SDSE_SPEC_TYPES_NETWORK_CHANGES_H
#define SDSE_SPEC_TYPES_NETWORK_CHANGES_H

#include <stddef.h>

#include "base/diag.h"

struct sdse_node;

// A name written in the file, and its place.
struct sdse_named {
    const char *text;
    struct sdse_loc loc;
};

struct sdse_network_change {
    const char *layer; // NULL = the network's own
    const struct sdse_node *value;
    struct sdse_loc loc; // of the layer's name, or the key
};

struct sdse_network_changes {
    size_t count;
    struct sdse_network_change *changes;
};

#endif
