#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "costmodel/model.h"
#include "dse/schedule/reading.h"
#include "spec/flow.h"

struct printer {
    FILE *out;
    struct sdse_arena *arena;
    const struct sdse_arch *arch;
    const struct sdse_workload *net;
    bool failed; // memory is out
};

static void print_name(const struct printer *p, size_t layer) {
    sdse_print_word(p->out, p->net->layers[layer].name);
}

// Lines of a text, each behind `indent`.
static void print_indented(struct printer *p, const char *text, const char *indent) {
    if (!text)
        p->failed = true;
    for (const char *line = text; line && *line;) {
        const char *end = strchr(line, '\n');
        const size_t bytes = end ? (size_t)(end - line) : strlen(line);
        fprintf(p->out, "%s%.*s\n", indent, (int)bytes, line);
        line = end ? end + 1 : NULL;
    }
}

static void print_mapping(struct printer *p, const struct sdse_layer *layer,
                          const struct sdse_mapping *mapping, const char *indent) {
    print_indented(p,
                   sdse_placed_mapping_text(p->arena, p->arch, &layer->nest, mapping,
                                            layer->residence),
                   indent);
}

// --- A group ---

static void print_memory(struct printer *p, unsigned memory) {
    unsigned level[SDSE_MOST_SHARED];
    sdse_shared_levels(p->arch, level);
    const char *name = sdse_memory_name(p->arena, p->arch, level[memory]);
    if (name)
        sdse_print_word(p->out, name);
    p->failed |= !name;
}

static bool are_several(const struct printer *p) {
    unsigned level[SDSE_MOST_SHARED];
    return sdse_shared_levels(p->arch, level) > 1;
}

// The memories that the group's input is in: maps of an addition may be in several.
static void print_input(struct printer *p, const struct sdse_place_question *question) {
    unsigned found = 0;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        found += question->in[m].operands > 0;
    fputs(!found ? "outer" : found > 1 ? "[" : "", p->out);
    const char *comma = "";
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++) {
        if (!question->in[m].operands)
            continue;
        fputs(comma, p->out);
        print_memory(p, m);
        comma = ", ";
    }
    fputs(found > 1 ? "]" : "", p->out);
}

static void print_output(struct printer *p, enum sdse_place outputs) {
    if (outputs == SDSE_PLACE_OUTERMOST ||
        (!are_several(p) && outputs == SDSE_PLACE_BOTH)) {
        fputs(outputs ? "both" : "outer", p->out);
        return;
    }
    const bool both = sdse_place_is_both(outputs);
    fputs(both ? "[" : "", p->out);
    print_memory(p, sdse_place_memory(outputs));
    fputs(both ? ", outer]" : "", p->out);
}

const char *const sdse_banded_word = "band";

// "tensors" or "weights": a word for each member of the group that has such, whether it
// is of a set, or of none; of tensors the last one's is none of the group.
static void print_set(struct printer *p, const struct sdse_fused_group *group,
                      bool weights, unsigned set, const char *in, const char *out) {
    const unsigned banded = weights ? 0 : group->config.banded >> 1;
    const char *comma = "";
    fprintf(p->out, "    %s: {", weights ? "weights" : "tensors");
    for (size_t i = 0; i < group->layer_count; i++) {
        const bool has = weights ? !sdse_layer_moves(&p->net->layers[group->layer[i]])
                                 : i + 1 < group->layer_count;
        if (!has)
            continue;
        fputs(comma, p->out);
        print_name(p, group->layer[i]);
        fprintf(p->out, ": %s",
                set >> i & 1u      ? in
                : banded >> i & 1u ? sdse_banded_word
                                   : out);
        comma = ", ";
    }
    fputs("}\n", p->out);
}

static void print_ends(struct printer *p, const struct sdse_fused_group *group) {
    fputs("    input: ", p->out);
    if (group->config.buffered)
        fputs(group->config.banded & 1u ? sdse_banded_word
              : group->config.for_all   ? "buffered for all"
                                        : "buffered",
              p->out);
    else
        print_input(p, &group->question);
    fputs("\n    output: ", p->out);
    print_output(p, group->question.outputs);
    fputs("\n", p->out);
}

const char *const sdse_fused_part_words[SDSE_FUSED_PARTS] = {"first", "middle", "last"};

unsigned sdse_fused_part(const struct sdse_fused_kind *kind) {
    return !kind->continues ? 0 : kind->unfinished ? 1 : 2;
}

uint64_t sdse_fused_weight_words(const struct sdse_layer *part) {
    const struct sdse_residence *at = sdse_residence_of(part->residence, SDSE_WEIGHTS);
    return at && at->loads_weights
               ? sdse_tile_words(&part->nest, SDSE_WEIGHTS, part->nest.bound)
               : 0;
}

// config  of its group
static void print_nest(struct printer *p, const struct sdse_fused_kind *kind,
                       const struct sdse_fusion_config *config) {
    const struct sdse_residence *at = kind->residence;
    const uint64_t weights = sdse_fused_weight_words(&kind->part),
                   inputs = at[config->memory].loaded_inputs;
    struct sdse_layer part = kind->part; // wherever the group was copied to
    part.residence = part.residence ? at : NULL;
    fputs("      - layer: ", p->out);
    print_name(p, kind->layer);
    fprintf(p->out, "\n        rows: %" PRIu64 "\n        from: %" PRIu64 "\n",
            kind->rows.count, kind->rows.first);
    if (kind->rows.count > 1 && kind->rows.step > 1)
        fprintf(p->out, "        step: %" PRIu64 "\n", kind->rows.step);
    if (kind->columns.count)
        fprintf(p->out,
                "        columns: %" PRIu64 "\n        columns_from: %" PRIu64 "\n",
                kind->columns.count, kind->columns.first);
    if (kind->columns.count > 1 && kind->columns.step > 1)
        fprintf(p->out, "        columns_step: %" PRIu64 "\n", kind->columns.step);
    if (config->tile_heads)
        fprintf(p->out, "        heads: %" PRIu64 "\n", kind->heads);
    if (kind->channels)
        fprintf(p->out, "        %s: %" PRIu64 "\n        part: %s\n",
                config->tile_keys ? "keys" : "channels", kind->channels,
                sdse_fused_part_words[sdse_fused_part(kind)]);
    fprintf(p->out, "        times: %" PRIu64 "\n", kind->times);
    if (weights || inputs) {
        fputs("        brings: {", p->out);
        if (weights)
            fprintf(p->out, "weights: %" PRIu64 "%s", weights, inputs ? ", " : "");
        if (inputs)
            fprintf(p->out, "inputs: %" PRIu64, inputs);
        fputs("}\n", p->out);
    }
    print_mapping(p, &part, &kind->point->mapping, "        ");
}

static void print_group(struct printer *p, const struct sdse_fused_group *group) {
    fputs("  - layers: [", p->out);
    for (size_t l = group->first; l <= group->last; l++) {
        fputs(l > group->first ? ", " : "", p->out);
        print_name(p, l);
    }
    fputs("]\n", p->out);
    if (are_several(p)) {
        fputs("    memory: ", p->out);
        print_memory(p, group->config.memory);
        fputs("\n", p->out);
    }
    fprintf(p->out, "    tile: P%" PRIu64, group->config.tile_rows);
    if (group->config.tile_columns)
        fprintf(p->out, " Q%" PRIu64, group->config.tile_columns);
    fputs("\n", p->out);
    if (group->config.tile_heads)
        fprintf(p->out, "    heads: %" PRIu64 "\n", group->config.tile_heads);
    if (group->config.tile_keys)
        fprintf(p->out, "    keys: %" PRIu64 "\n", group->config.tile_keys);
    if (group->config.tile_channels)
        fprintf(p->out, "    channels: %" PRIu64 "\n", group->config.tile_channels);
    print_set(p, group, false, group->config.retained >> 1, "retain", "recompute");
    print_set(p, group, true, group->config.kept, "kept", "streamed");
    print_ends(p, group);
    if (group->config.overlaps)
        fputs("    overlap: outer\n", p->out);
    fputs("    nests:\n", p->out);
    for (size_t k = 0; k < group->kind_count; k++)
        print_nest(p, &group->kind[k], &group->config);
}

// --- All of it ---

// A list of one line each.
static void print_copies(struct printer *p, const struct sdse_schedule *schedule) {
    for (size_t i = 0; i < schedule->copies.count; i++) {
        const struct sdse_copy *copy = &schedule->copies.copy[i];
        const size_t maker = schedule->placing.tensor[copy->tensor].maker;
        fputs(i ? "  - {of: " : "copies:\n  - {of: ", p->out);
        print_name(p, maker);
        if (copy->from != maker) {
            fputs(", before: ", p->out);
            print_name(p, copy->from);
        }
        if (copy->from != maker && are_several(p)) {
            fputs(", to: ", p->out);
            print_memory(p, copy->memory);
        }
        if (!copy->source) {
            fputs(", until: ", p->out);
            print_name(p, copy->until);
        }
        fputs("}\n", p->out);
    }
}

char *sdse_fused_group_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                            const struct sdse_workload *net,
                            const struct sdse_fused_group *group) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    struct printer p = {text.out, arena, arch, net, false};
    print_group(&p, group);
    char *made = sdse_text_end(&text, arena);
    return p.failed ? NULL : made;
}

char *sdse_schedule_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                         const struct sdse_workload *net,
                         const struct sdse_schedule *schedule) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    struct printer p = {text.out, arena, arch, net, false};
    bool any = false;
    for (size_t l = 0; l < net->layer_count; l++) {
        const struct sdse_resident_layer *layer = &schedule->layer[l];
        struct sdse_layer there = layer->layer;
        if (!layer->point)
            continue;
        there.residence = layer->residence;
        fprintf(p.out, "%s  - layer: ", any ? "" : "mappings:\n");
        print_name(&p, l);
        fputs("\n", p.out);
        print_mapping(&p, &there, &layer->point->mapping, "    ");
        any = true;
    }
    fputs(schedule->group_count ? "groups:\n" : "groups: []\n", p.out);
    for (size_t g = 0; g < schedule->group_count; g++)
        print_group(&p, &schedule->group[g]);
    print_copies(&p, schedule);
    char *made = sdse_text_end(&text, arena);
    return p.failed ? NULL : made;
}
