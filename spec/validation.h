// Published figures, and the conditions under which ours are taken: one file of
// validation/.
#ifndef SDSE_SPEC_VALIDATION_H
#define SDSE_SPEC_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "spec/load.h"
#include "spec/types/form.h"
#include "spec/types/network_changes.h"
#include "spec/types/quantity.h"
#include "spec/types/sweep.h"

// How a figure is known.
#define SDSE_ANCHOR_MARK_MAP(X)                                            \
    X(PUBLISHED, "published")     /* read in the source's text or table */ \
    X(DERIVED, "derived")         /* arithmetic on published figures */    \
    X(READ_OFF, "read off")       /* measured in a figure of the source */ \
    X(SECOND_HAND, "second hand") /* read in notes on the source */        \
    X(RECALLED, "recalled")       /* not verified: shown, never judged */
enum sdse_anchor_mark {
#define SDSE_ANCHOR_MARK_ENUM(name, word) SDSE_ANCHOR_##name,
    SDSE_ANCHOR_MARK_MAP(SDSE_ANCHOR_MARK_ENUM)
#undef SDSE_ANCHOR_MARK_ENUM
        SDSE_ANCHOR_MARKS
};

// How the figures of several layers, or of several cases, become one.
enum sdse_combine {
    SDSE_COMBINE_SUM, // of a ratio: the ratio of the sums
    SDSE_COMBINE_MEAN,
    SDSE_COMBINE_GEOMEAN,
    SDSE_COMBINE_LEAST,
    SDSE_COMBINE_MOST,
    SDSE_COMBINES
};

// A file of a layer's mapping.
struct sdse_case_mapping {
    const char *layer, *path;
    struct sdse_loc loc;
};

// What is evaluated: an accelerator, a network, and how its layers are mapped. Lists
// hold what `like` takes over first, so later entries win.
struct sdse_case {
    const char *name;
    const char *arch, *workload; // paths; NULL = none
    struct sdse_loc arch_loc, workload_loc;
    size_t override_count, mapping_count;
    struct sdse_set *overrides;
    struct sdse_network_changes network; // what is written anew in it
    struct sdse_case_mapping *mappings;
    bool searched; // layers without a mapping file are mapped by the search
    enum sdse_objective objective;
    bool uneven, free_bypass; // as in a sweep's `mapper`
    unsigned imperfect_percent;
    struct sdse_form_setting form; // raw, or declared
    size_t layer_count;
    struct sdse_named *layers; // what it is about: names, or kinds; none = all that
                               // multiply
    struct sdse_loc loc;
};

// One quantity of the layers of one case or of several.
struct sdse_take {
    enum sdse_quantity quantity;
    unsigned components, tensors, actions; // sets; 0 = all
    size_t level_count, without_count, case_count, layer_count;
    struct sdse_named *levels;  // none = all
    struct sdse_named *without; // of them not these
    size_t *cases;              // indices into the file's
    struct sdse_named *layers;  // names, or kinds; none = the case's
    struct sdse_loc loc;
};

struct sdse_anchor {
    const char *id, *source;
    enum sdse_anchor_mark mark;
    bool modelled;         // there is a case to take it from
    bool ratio;            // `over` divides it
    bool known;            // a figure was published
    bool restates;         // follows from the description's own constants: no evidence
    struct sdse_take take; // if modelled
    struct sdse_take over; // if ratio
    enum sdse_combine combine;
    const char *unit;       // as written
    double per_unit;        // base units in one of `unit`
    double low, high;       // published, in `unit`: equal, or the ends of a range
    double band_percent;    // error that is accepted
    const char *calibrated; // the constant that was fitted to it; NULL = none
    const char *why;        // not known, or not modelled
    const char *note;       // what else there is to say; NULL = nothing
    // One assumption, and the case in which it is another; NULL = none.
    const char *assumption;
    size_t alternative_count, over_alternative_count;
    size_t *alternative, *over_alternative; // cases in the place of take's and over's
    struct sdse_loc loc;
};

struct sdse_validation {
    const char *name, *file;
    size_t case_count, anchor_count;
    struct sdse_case *cases;
    struct sdse_anchor *anchors;
    struct sdse_loc loc;
};

#endif
