// Checks of a file of validation/.
#include <string.h>

#include "spec/check_list.h"
#include "spec/validation.h"

void sdse_check_anchors_present(struct sdse_subject *s) {
    const struct sdse_node *list = sdse_node_get(s->root, "anchors");
    if (list && list->kind == SDSE_NODE_SEQUENCE && !list->count)
        sdse_check_report(s, list->key_loc, "the list of anchors is empty");
}

void sdse_check_anchor_names(struct sdse_subject *s) {
    const struct sdse_validation *validation = s->validation;
    for (size_t i = 0; i < validation->anchor_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct sdse_anchor *one = &validation->anchors[i],
                                     *other = &validation->anchors[j];
            if (!one->id || !other->id || strcmp(one->id, other->id) != 0)
                continue;
            sdse_check_report(s, one->loc, "two anchors are called '%.80s'", one->id);
            break;
        }
}

// What is missing has a reason; what is asked of a missing case cannot be answered.
void sdse_check_anchor_why(struct sdse_subject *s) {
    for (size_t i = 0; i < s->validation->anchor_count; i++) {
        const struct sdse_anchor *anchor = &s->validation->anchors[i];
        const char *id = anchor->id ? anchor->id : "?";
        if (!anchor->known && !anchor->why)
            sdse_check_report(s, anchor->loc, "'%.80s': published: null needs a 'why'",
                              id);
        else if (!anchor->modelled && !anchor->why)
            sdse_check_report(s, anchor->loc,
                              "'%.80s': without a case there is nothing of ours: name "
                              "one, or say why not ('why')",
                              id);
        if (!anchor->modelled && (anchor->ratio || anchor->assumption))
            sdse_check_report(s, anchor->loc,
                              "'%.80s': 'over' and 'alternative' need a case", id);
    }
}
