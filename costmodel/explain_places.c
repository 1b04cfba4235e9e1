// Tensors that stay in a memory between layers: what of them does not cross, and what
// that memory holds beside the layer's tiles.
#include <string.h>

#include "costmodel/explain_story.h"
#include "costmodel/model.h"
#include "costmodel/unshared.h"
#include "spec/types/memory_name.h"

// The memory that holds them, as files name it: so many bytes of its level's name.
static const char *name(const struct sdse_story *s) {
    return s->model->arch->level[s->model->layer->residence->level].name;
}

static int name_bytes(const struct sdse_story *s) {
    return sdse_memory_name_bytes(s->model->arch, s->model->layer->residence->level);
}

static void print_inputs(struct sdse_story *s, const struct sdse_cost *unshared) {
    const struct sdse_arch *arch = s->model->arch;
    const struct sdse_residence *residence = s->model->layer->residence;
    const struct sdse_move *move = &s->model->layer->move;
    const bool some =
        sdse_layer_moves(s->model->layer) && residence->operands < move->addends;
    if (some)
        fprintf(s->x.out, "  %u of %u maps of inputs stay in %.*s", residence->operands,
                move->addends, name_bytes(s), name(s));
    else
        fprintf(s->x.out, "  inputs stay in %.*s", name_bytes(s), name(s));
    fprintf(s->x.out, ": %s %s words instead of %s read\n",
            sdse_digits_u64(s->cost->level[0].flow[SDSE_PART_INPUTS].reads).text,
            arch->level[0].name,
            sdse_digits_u64(unshared->level[0].flow[SDSE_PART_INPUTS].reads).text);
}

static void print_outputs(struct sdse_story *s, const struct sdse_cost *unshared) {
    const struct sdse_arch *arch = s->model->arch;
    const struct sdse_residence *residence = s->model->layer->residence;
    const struct sdse_flow_cost *now = &s->cost->level[0].flow[SDSE_PART_OUTPUTS],
                                *then = &unshared->level[0].flow[SDSE_PART_OUTPUTS];
    fprintf(s->x.out, "  outputs stay in %.*s%s: %s %s words instead of %s written",
            name_bytes(s), name(s),
            residence->writes_through ? " until their first use" : "",
            sdse_digits_u64(now->updates).text, arch->level[0].name,
            sdse_digits_u64(then->updates).text);
    if (then->reads)
        fprintf(s->x.out, " and %s read back", sdse_digits_u64(then->reads).text);
    fputc('\n', s->x.out);
}

// What is read as weights, and maps that are added to the outputs.
static void print_others(struct sdse_story *s, const struct sdse_cost *unshared) {
    const struct sdse_arch *arch = s->model->arch;
    const struct sdse_residence *residence = s->model->layer->residence;
    if (residence->tensors & SDSE_BIT(SDSE_WEIGHTS))
        fprintf(s->x.out, "  weights stay in %.*s: %s %s words instead of %s read\n",
                name_bytes(s), name(s),
                sdse_digits_u64(s->cost->level[0].flow[SDSE_PART_WEIGHTS].reads).text,
                arch->level[0].name,
                sdse_digits_u64(unshared->level[0].flow[SDSE_PART_WEIGHTS].reads).text);
    if (residence->addends)
        fprintf(s->x.out, "  %u of %u maps that are added stay in %.*s\n",
                residence->addends, s->model->layer->addends, name_bytes(s), name(s));
}

// Tiles, what is reserved, and the capacity that both share.
static void print_room(struct sdse_story *s) {
    const struct sdse_residence *residence = s->model->layer->residence;
    const struct sdse_level *level = &s->model->arch->level[residence->level];
    const double taken =
        sdse_mapping_taken_bits(s->model, s->mapping, residence->level);
    fprintf(s->x.out, "  %.*s: %s bits held through the layer + %s of its tiles",
            name_bytes(s), name(s), sdse_digits_f64(residence->reserved_bits).text,
            sdse_digits_f64(taken).text);
    if (level->buffering > 1)
        fprintf(s->x.out, " (%u buffers)", (unsigned)level->buffering);
    if (residence->tensors & SDSE_BIT(SDSE_OUTPUTS))
        fputs(" and of the place of its outputs", s->x.out);
    fprintf(s->x.out, " = %s", sdse_digits_f64(residence->reserved_bits + taken).text);
    if (level->capacity_bits)
        fprintf(s->x.out, ", of %s", sdse_digits_u64(level->capacity_bits).text);
    fputc('\n', s->x.out);
}

void sdse_explain_places(struct sdse_story *s) {
    const struct sdse_residence *residence = s->model->layer->residence;
    struct sdse_cost unshared;
    if (!residence)
        return;
    if (!sdse_evaluate_unshared(s->model, s->mapping, &unshared)) {
        s->out_of_memory = true;
        return;
    }
    fputs("\nPlaces (beside them: the same loops, tensors in the outermost memory)\n",
          s->x.out);
    if (residence->tensors & SDSE_BIT(SDSE_INPUTS))
        print_inputs(s, &unshared);
    if (residence->tensors & SDSE_BIT(SDSE_OUTPUTS))
        print_outputs(s, &unshared);
    print_others(s, &unshared);
    print_room(s);
}
