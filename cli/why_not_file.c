#include "cli/why_not_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/network_mapping.h"
#include "cli/room_text.h"
#include "dse/schedule/held_text.h"

// A nest of a group, or a layer by itself; or what is done before one.
struct nest {
    const struct sdse_fused_group *group; // NULL: none
    size_t layer;
    const char *rows; // NULL: all
    uint64_t times, needed_bits;
    struct cli_room_taken taken;
    struct sdse_held_term held;    // all that is beside a layer by itself
    struct sdse_residence passing; // of no nest: tensors that pass before a layer
};

struct looking {
    struct cli *cli;
    const struct cli_problem *problem;
    unsigned shared, level; // the memory that is asked about: which that shares, where
    const char *memory;
    uint64_t capacity_bits; // 0: unlimited
    struct sdse_schedule schedule;
    struct cli_network network;
    size_t count, largest;
    struct nest *nest;
};

static const char *name_of(const struct looking *k, size_t layer) {
    return k->network.workload->layers[layer].name;
}

static uint64_t needed(const struct looking *k) {
    return k->nest[k->largest].needed_bits;
}

static uint64_t over(const struct looking *k, const struct nest *nest) {
    return k->capacity_bits && nest->needed_bits > k->capacity_bits
               ? nest->needed_bits - k->capacity_bits
               : 0;
}

// --- What each needs ---

// layer  what is mapped, with its residence
static bool weigh(struct looking *k, struct sdse_layer layer,
                  const struct sdse_residence *residence,
                  const struct sdse_mapping *mapping, struct nest *nest) {
    layer.residence = layer.residence ? residence : NULL;
    const struct sdse_model *model =
        cli_form_model(k->cli, k->problem, &layer, k->network.layer[nest->layer].form);
    if (!model)
        return false;
    nest->taken.memory = k->shared;
    nest->taken.residence = &residence[k->shared];
    nest->taken.tiles_bits = sdse_mapping_taken_bits(model, mapping, k->level);
    nest->needed_bits =
        (uint64_t)ceil(nest->taken.tiles_bits + residence[k->shared].reserved_bits);
    if (nest->needed_bits > needed(k))
        k->largest = (size_t)(nest - k->nest);
    return true;
}

static bool weigh_group(struct looking *k, const struct sdse_fused_group *group) {
    for (size_t i = 0; i < group->kind_count; i++) {
        const struct sdse_fused_kind *kind = &group->kind[i];
        struct nest *nest = &k->nest[k->count++];
        *nest = (struct nest){
            .group = group,
            .layer = kind->layer,
            .rows = sdse_kind_text(k->cli->arena, &group->config, kind),
            .times = kind->times,
            .taken = {.term_count = kind->term_count, .term = kind->term}};
        if (!weigh(k, kind->part, kind->residence, &kind->point->mapping, nest))
            return false;
    }
    return true;
}

static bool weigh_alone(struct looking *k, size_t l) {
    const struct sdse_resident_layer *layer = &k->schedule.layer[l];
    struct nest *nest = &k->nest[k->count++];
    *nest = (struct nest){.layer = l, .times = layer->layer.repeat};
    nest->held =
        (struct sdse_held_term){.what = SDSE_HELD_TENSORS,
                                .layer = l,
                                .bits = layer->residence[k->shared].reserved_bits,
                                .memory = k->shared};
    nest->taken.term_count = nest->held.bits > 0;
    nest->taken.term = &nest->held;
    return weigh(k, layer->layer, layer->residence, &layer->point->mapping, nest);
}

// Tensors that pass to the memory from another one have a place in both.
static void weigh_passing(struct looking *k, size_t l) {
    const double bits = sdse_passing_bits(&k->schedule.placing, k->schedule.place,
                                          &k->schedule.copies, l, k->shared);
    if (bits == 0)
        return;
    struct nest *nest = &k->nest[k->count++];
    *nest = (struct nest){.layer = l,
                          .rows = "before it, while tensors pass",
                          .times = 1,
                          .needed_bits = (uint64_t)ceil(bits),
                          .held = {.what = SDSE_HELD_TENSORS,
                                   .layer = l,
                                   .bits = bits,
                                   .memory = k->shared},
                          .passing = {.level = k->level, .reserved_bits = bits}};
    nest->taken = (struct cli_room_taken){.memory = k->shared,
                                          .residence = &nest->passing,
                                          .term_count = 1,
                                          .term = &nest->held};
    if (nest->needed_bits > needed(k))
        k->largest = (size_t)(nest - k->nest);
}

// False after a message.
static bool weigh_all(struct looking *k) {
    size_t most = 2 * k->schedule.placing.layer_count, next = 0;
    for (size_t g = 0; g < k->schedule.group_count; g++)
        most += k->schedule.group[g].kind_count;
    k->nest = SDSE_ARENA_ARRAY(k->cli->arena, struct nest, most + 1);
    if (!k->nest) {
        cli_note(k->cli, SDSE_NO_MEMORY);
        return false;
    }
    for (size_t l = 0; l < k->schedule.placing.layer_count; l++) {
        const struct sdse_place_question *question = &k->schedule.layer[l].question;
        if (question->inside)
            continue;
        weigh_passing(k, l);
        if (!(question->more ? weigh_group(k, &k->schedule.group[next++])
                             : weigh_alone(k, l)))
            return false;
    }
    return true;
}

// --- The answer ---

static const char *group_text(const struct looking *k, const struct nest *nest) {
    return nest->group ? sdse_arena_printf(k->cli->arena, "%s ... %s",
                                           name_of(k, nest->group->first),
                                           name_of(k, nest->group->last))
                       : "-";
}

static struct sdse_table *nest_table(const struct looking *k, bool people) {
    static const char *const names[] = {"group",       "nest",       "rows",
                                        "times",       "tiles_bits", "held_bits",
                                        "needed_bits", "over_bits"};
    static const char *const titles[] = {"group",        "nest",         "rows",
                                         "times",        "tiles [bits]", "held [bits]",
                                         "needs [bits]", "over [bits]"};
    struct sdse_table *table = sdse_table_new(k->cli->arena);
    for (size_t c = 0; c < sizeof names / sizeof *names; c++)
        sdse_table_add_column(table, names[c], people ? titles[c] : NULL, 5);
    for (size_t i = 0; i < k->count; i++) {
        const struct nest *nest = &k->nest[i];
        if (people && !nest->needed_bits)
            continue;
        sdse_table_add_text(table, group_text(k, nest));
        sdse_table_add_text(table, name_of(k, nest->layer));
        sdse_table_add_text(table, nest->rows ? nest->rows : "-");
        sdse_table_add_u64(table, nest->times);
        sdse_table_add_u64(table, (uint64_t)nest->taken.tiles_bits);
        sdse_table_add_u64(table, (uint64_t)nest->taken.residence->reserved_bits);
        sdse_table_add_u64(table, nest->needed_bits);
        sdse_table_add_u64(table, over(k, nest));
    }
    return table;
}

static struct sdse_table *term_table(const struct looking *k) {
    static const char *const names[] = {"nest", "bits", "term"};
    struct sdse_table *table = sdse_table_new(k->cli->arena);
    sdse_table_add_columns(table, names, sizeof names / sizeof *names);
    for (size_t i = 0; i < k->count; i++)
        for (size_t t = 0; t < k->nest[i].taken.term_count; t++) {
            const struct sdse_held_term *term = &k->nest[i].taken.term[t];
            if (term->memory != k->shared)
                continue;
            sdse_table_add_u64(table, i);
            sdse_table_add_u64(table, (uint64_t)term->bits);
            sdse_table_add_text(
                table, sdse_held_term_text(k->cli->arena, k->network.workload, term));
        }
    return table;
}

static void print_nest(const struct looking *k, const struct nest *nest) {
    printf("\n%s%s%s", name_of(k, nest->layer), nest->rows ? ", " : "",
           nest->rows ? nest->rows : "");
    if (nest->group)
        printf(", of %s", group_text(k, nest));
    if (over(k, nest))
        printf(", needs %" PRIu64 " bits of %s, %" PRIu64 " more than it has:\n",
               nest->needed_bits, k->memory, over(k, nest));
    else
        printf(", needs most of %s:\n", k->memory);
    cli_print_room_taken(k->cli, k->network.workload, &nest->taken, k->capacity_bits);
}

static enum cli_exit print_json(const struct looking *k) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.why-not-network/1", stdout);
    sdse_json_text(&json, "arch", k->network.arch->name);
    sdse_json_text(&json, "network", k->network.workload->name);
    sdse_json_text(&json, "form", k->problem->form_text);
    sdse_json_text(&json, "memory", k->memory);
    sdse_json_u64(&json, "capacity_bits", k->capacity_bits);
    sdse_json_u64(&json, "needed_bits", needed(k));
    sdse_json_flag(&json, "fits", !over(k, &k->nest[k->largest]));
    sdse_json_rows(&json, "nests", nest_table(k, false));
    sdse_json_u64(&json, "largest", k->largest);
    sdse_json_rows(&json, "terms", term_table(k));
    return cli_end_json(k->cli, &json);
}

static enum cli_exit print_text(const struct looking *k) {
    const enum cli_exit exit =
        cli_print_table(k->cli, nest_table(k, true), SDSE_TABLE_TEXT);
    const bool fits = !over(k, &k->nest[k->largest]);
    if (exit != CLI_OK)
        return exit;
    for (size_t i = 0; i < k->count; i++)
        if (fits ? i == k->largest : over(k, &k->nest[i]) > 0)
            print_nest(k, &k->nest[i]);
    putchar('\n');
    cli_print_room_verdict("the mapping", k->memory, k->capacity_bits, needed(k));
    return CLI_OK;
}

enum cli_exit cli_why_not_file(struct cli *cli, struct cli_problem *problem,
                               const char *path, unsigned shared, bool json) {
    struct looking k = {.cli = cli, .problem = problem, .shared = shared};
    unsigned level[SDSE_MOST_SHARED];
    if (!cli_load_roomy_mapping(cli, problem, path, shared, &k.schedule, &k.network,
                                &k.capacity_bits))
        return CLI_BAD_INPUT;
    sdse_shared_levels(problem->arch, level);
    k.level = level[shared];
    if (!weigh_all(&k))
        return CLI_BAD_INPUT;
    k.memory = sdse_memory_name(cli->arena, problem->arch, k.level);
    if (!k.memory)
        return cli_finish(cli, SDSE_NO_MEMORY);
    return json ? print_json(&k) : print_text(&k);
}
