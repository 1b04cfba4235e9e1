// The story of words and energies from its first line to its sum, in the order in which
// the evaluator charges; and whether the two agree.

#include "costmodel/explain.h"

#include <string.h>

#include "costmodel/explain_story.h"
#include "costmodel/model.h"
#include "costmodel/stream.h"

static bool agree(struct sdse_story *s, const char *where, const char *part,
                  bool same) {
    if (!same)
        fprintf(s->x.out, "DISAGREES with the evaluator: %s %s\n", where, part);
    return same;
}

static bool same_flow(const struct sdse_flow_cost *a, const struct sdse_flow_cost *b) {
    return a->reads == b->reads && a->fills == b->fills && a->updates == b->updates &&
           a->drain_reads == b->drain_reads && a->read_pj == b->read_pj &&
           a->fill_pj == b->fill_pj && a->update_pj == b->update_pj;
}

static bool check_lines(struct sdse_story *s) {
    const struct sdse_cost *seen = &s->x.seen, *cost = s->cost;
    bool same = agree(
        s, "energy", "",
        seen->energy_pj == cost->energy_pj && seen->mac_pj == cost->mac_pj &&
            seen->vector_pj == cost->vector_pj &&
            memcmp(seen->engine_pj, cost->engine_pj, sizeof seen->engine_pj) == 0 &&
            seen->sum_pj == cost->sum_pj && seen->rebuild_pj == cost->rebuild_pj &&
            seen->shift_adds == cost->shift_adds &&
            seen->basis_words_loaded == cost->basis_words_loaded);
    for (unsigned l = 0; l < cost->level_count; l++) {
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_network_cost *a = &seen->level[l].network[part],
                                           *b = &cost->level[l].network[part];
            same &= agree(
                s, s->model->arch->level[l].name, sdse_part_name(part),
                same_flow(&seen->level[l].flow[part], &cost->level[l].flow[part]) &&
                    a->words == b->words && a->adds == b->adds &&
                    a->energy_pj == b->energy_pj);
        }
    }
    if (same)
        fprintf(s->x.out,
                "\nSum of the %u lines: %s pJ, exactly the evaluator's energy.\n",
                s->x.lines, sdse_digits_f64(seen->energy_pj).text);
    return same;
}

enum sdse_status sdse_explain_write(const struct sdse_model *model,
                                    const struct sdse_mapping *mapping, FILE *out) {
    struct sdse_cost cost;
    if (!sdse_evaluate_full(model, mapping, &cost))
        return SDSE_NO_MEMORY;
    struct sdse_story story = {.x = {.out = out, .model = model},
                               .model = model,
                               .mapping = mapping,
                               .cost = &cost};
    const bool streamed = sdse_layer_moves(model->layer);
    memcpy(story.keeps, mapping->keeps, sizeof story.keeps);
    sdse_residence_keeps(model->arch, model->layer->residence, story.keeps);
    sdse_view_init(&story.view, model->arch,
                   streamed ? &sdse_stream_nest : &model->layer->nest, mapping);
    if (streamed)
        sdse_explain_stream(&story);
    else
        fprintf(out, "%s MACs; %s\n", sdse_digits_u64(model->macs).text,
                story.view.perfect ? "all factors divide their bounds"
                                   : "some factors do not divide their bounds");
    sdse_explain_places(&story);
    sdse_explain_formats(&story);
    if (!streamed)
        sdse_explain_moves(&story);
    sdse_explain_compute(&story);
    if (story.out_of_memory)
        return SDSE_NO_MEMORY;
    bool agrees = check_lines(&story);
    agrees &= agree(&story, "cycles", "", sdse_explain_cycles(&story));
    sdse_explain_sources(&story.x);
    if (ferror(out))
        return SDSE_IO;
    return agrees ? SDSE_OK : SDSE_INVALID;
}
