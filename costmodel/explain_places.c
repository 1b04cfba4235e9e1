// Tensors that stay in a memory between layers: what of them does not cross, and what
// that memory holds beside the layer's tiles.
#include <string.h>

#include "costmodel/explain_story.h"
#include "costmodel/model.h"
#include "costmodel/unshared.h"
#include "spec/types/memory_name.h"

// The memory that holds them, as files name it: so many bytes of its level's name.
static const char *name(const struct sdse_story *s, const struct sdse_residence *at) {
    return s->model->arch->level[at->level].name;
}

static int name_bytes(const struct sdse_story *s, const struct sdse_residence *at) {
    return sdse_memory_name_bytes(s->model->arch, at->level);
}

static void print_inputs(struct sdse_story *s, const struct sdse_residence *at) {
    const struct sdse_move *move = &s->model->layer->move;
    const bool some = sdse_layer_moves(s->model->layer) && at->operands < move->addends;
    if (some)
        fprintf(s->x.out, "  %u of %u maps of inputs stay in %.*s", at->operands,
                move->addends, name_bytes(s, at), name(s, at));
    else
        fprintf(s->x.out, "  inputs stay in %.*s", name_bytes(s, at), name(s, at));
}

// What is read in the outermost memory of a tensor some or all of which stays.
static void print_reads(struct sdse_story *s, const struct sdse_cost *unshared,
                        enum sdse_part part) {
    fprintf(s->x.out, ": %s %s words instead of %s read\n",
            sdse_digits_u64(s->cost->level[0].flow[part].reads).text,
            s->model->arch->level[0].name,
            sdse_digits_u64(unshared->level[0].flow[part].reads).text);
}

static void print_outputs(struct sdse_story *s, const struct sdse_residence *at,
                          const struct sdse_cost *unshared) {
    const struct sdse_flow_cost *now = &s->cost->level[0].flow[SDSE_PART_OUTPUTS],
                                *then = &unshared->level[0].flow[SDSE_PART_OUTPUTS];
    fprintf(s->x.out, "  outputs stay in %.*s%s: %s %s words instead of %s written",
            name_bytes(s, at), name(s, at),
            at->writes_through ? " until their first use" : "",
            sdse_digits_u64(now->updates).text, s->model->arch->level[0].name,
            sdse_digits_u64(then->updates).text);
    if (then->reads)
        fprintf(s->x.out, " and %s read back", sdse_digits_u64(then->reads).text);
    fputc('\n', s->x.out);
}

// Tiles, what is reserved, and the capacity that both share.
static void print_room(struct sdse_story *s, const struct sdse_residence *at) {
    const struct sdse_level *level = &s->model->arch->level[at->level];
    const double taken = sdse_mapping_taken_bits(s->model, s->mapping, at->level);
    fprintf(s->x.out, "  %.*s: %s bits held through the layer + %s of its tiles",
            name_bytes(s, at), name(s, at), sdse_digits_f64(at->reserved_bits).text,
            sdse_digits_f64(taken).text);
    if (level->buffering > 1)
        fprintf(s->x.out, " (%u buffers)", (unsigned)level->buffering);
    if (at->tensors & SDSE_BIT(SDSE_OUTPUTS))
        fputs(" and of the place of its outputs", s->x.out);
    fprintf(s->x.out, " = %s", sdse_digits_f64(at->reserved_bits + taken).text);
    if (level->capacity_bits)
        fprintf(s->x.out, ", of %s", sdse_digits_u64(level->capacity_bits).text);
    fputc('\n', s->x.out);
}

// Tensors, in the order in which they were read and made; then maps that are added.
static void print_tensors(struct sdse_story *s, const struct sdse_cost *unshared) {
    const struct sdse_residence *const first = s->model->layer->residence, *at;
    for (at = first; at; at = at->also) {
        if (!(at->tensors & SDSE_BIT(SDSE_INPUTS)))
            continue;
        print_inputs(s, at);
        print_reads(s, unshared, SDSE_PART_INPUTS);
    }
    if ((at = sdse_residence_of(first, SDSE_OUTPUTS)))
        print_outputs(s, at, unshared);
    if ((at = sdse_residence_of(first, SDSE_WEIGHTS))) {
        fprintf(s->x.out, "  weights stay in %.*s", name_bytes(s, at), name(s, at));
        print_reads(s, unshared, SDSE_PART_WEIGHTS);
    }
    for (at = first; at; at = at->also)
        if (at->addends)
            fprintf(s->x.out, "  %u of %u maps that are added stay in %.*s\n",
                    at->addends, s->model->layer->addends, name_bytes(s, at),
                    name(s, at));
}

void sdse_explain_places(struct sdse_story *s) {
    struct sdse_cost unshared;
    if (!s->model->layer->residence)
        return;
    if (!sdse_evaluate_unshared(s->model, s->mapping, &unshared)) {
        s->out_of_memory = true;
        return;
    }
    fputs("\nPlaces (beside them: the same loops, tensors in the outermost memory)\n",
          s->x.out);
    print_tensors(s, &unshared);
    for (const struct sdse_residence *at = s->model->layer->residence; at;
         at = at->also)
        print_room(s, at);
}
