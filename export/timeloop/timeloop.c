#include "export/timeloop/timeloop.h"

#include "base/text.h"
#include "export/timeloop/writing.h"

static const char *print(struct sdse_tlx *x, void (*file)(FILE *, struct sdse_tlx *)) {
    struct sdse_text text;
    if (!sdse_text_begin(&text)) {
        x->out_of_memory = true;
        return NULL;
    }
    file(text.out, x);
    const char *made = sdse_text_end(&text, x->arena);
    x->out_of_memory |= !made;
    return made;
}

enum sdse_status sdse_timeloop_export(const struct sdse_arch *arch,
                                      const struct sdse_layer *layer,
                                      const struct sdse_mapping *mapping, bool lossy,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags,
                                      struct sdse_timeloop_texts *texts) {
    struct sdse_tlx x = {arch, layer, mapping, arena, diags, lossy, false, false};
    struct sdse_timeloop_texts made = {0};
    sdse_tlx_check_arch(&x);
    if (layer)
        sdse_tlx_check_layer(&x);
    if (layer && mapping)
        sdse_tlx_check_mapping(&x);
    if (x.failed)
        return SDSE_INVALID;
    made.arch = print(&x, sdse_tlx_print_arch);
    if (layer)
        made.problem = print(&x, sdse_tlx_print_problem);
    if (layer && mapping)
        made.mapping = print(&x, sdse_tlx_print_mapping);
    if (x.out_of_memory)
        return SDSE_NO_MEMORY;
    *texts = made;
    return SDSE_OK;
}
