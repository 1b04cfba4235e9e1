#include "oracle/support_fusionbrute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "oracle/support_schedule.h"
#include "support/close.h"

static void assert_close(double a, double b) { assert_double_within(a, b, 1e-9); }

static struct brute_points truth;

// Whether a layer of a group, or several, read what others of it make.
static void note_branches(const struct brute_problem *p,
                          const struct sdse_fused_group *group, struct compared *seen) {
    size_t readers[BRUTE_LAYERS] = {0}, added = 0, ranges = 0;
    bool branches = false;
    for (size_t e = 0; e < p->net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &p->net->edges[e];
        if (edge->from < group->first || edge->to > group->last)
            continue;
        readers[edge->from]++;
        added += p->net->layers[edge->to].kind == SDSE_ADD;
        ranges += edge->use == SDSE_EDGE_CONCAT;
    }
    for (size_t l = 0; l < BRUTE_LAYERS; l++)
        branches |= readers[l] > 1;
    seen->branching += branches;
    seen->additions += added > 0;
    seen->together += ranges > 0;
}

// Where a group is, and what else it has elsewhere.
static void note_memories(const struct sdse_fused_group *group, struct compared *seen) {
    const unsigned memory = group->config.memory;
    const enum sdse_place out = group->question.outputs;
    bool elsewhere = out && sdse_place_memory(out) != memory;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++) {
        const struct sdse_place_found *in = &group->question.in[m];
        elsewhere |= m != memory && (in->operands || in->group_inputs ||
                                     in->group_addends || in->group_weights);
    }
    seen->inner += memory > 0;
    seen->elsewhere += elsewhere;
    for (size_t k = 0; k < group->kind_count; k++)
        for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
            seen->sums_elsewhere +=
                m != memory && group->kind[k].residence[m].continues;
}

static void check_picked(const struct brute_problem *p,
                         const struct sdse_fusion_request *request,
                         const struct sdse_fusion *fusion, size_t element,
                         struct compared *seen) {
    struct sdse_resident_layer layer[BRUTE_LAYERS];
    enum sdse_place place[BRUTE_LAYERS];
    struct sdse_fused_group *group;
    size_t count;
    assert_int_equal(
        sdse_fusion_pick(request, fusion, element, layer, place, &group, &count),
        SDSE_OK);
    double energy = 0, cycles = 0;
    uint64_t macs[BRUTE_LAYERS] = {0};
    for (size_t l = 0; l < p->net->layer_count; l++) {
        if (!layer[l].point)
            continue;
        layer[l].layer.residence = layer[l].residence;
        energy += layer[l].point->totals.energy_pj;
        cycles += layer[l].point->totals.latency_cycles;
        macs[l] = sdse_layer_macs(&layer[l].layer);
    }
    for (size_t g = 0; g < count; g++) {
        seen->groups++;
        seen->retained += group[g].config.retained != 0;
        seen->recomputed += group[g].config.retained == 0;
        seen->kept += group[g].config.kept != 0;
        seen->buffered += group[g].config.buffered;
        seen->for_all += group[g].config.for_all;
        note_branches(p, &group[g], seen);
        seen->heads += group[g].config.tile_heads > 0;
        seen->columns += group[g].config.tile_columns > 0;
        seen->banded += group[g].config.banded > 0;
        seen->keys += group[g].config.tile_keys > 0;
        seen->channels += group[g].config.tile_channels > 0;
        seen->overlapped += group[g].config.overlaps;
        seen->overlapped_inside +=
            group[g].config.overlaps && group[g].config.memory > 0;
        note_memories(&group[g], seen);
        // Of a tile of a run where the outermost memory works ahead.
        double outer = 0, inner = 0, end = 0, runs = 0, more = 0;
        for (size_t k = 0; k < group[g].kind_count; k++) {
            const struct sdse_fused_kind *kind = &group[g].kind[k];
            struct sdse_model *model;
            seen->adding += kind->part.addends > 0;
            for (unsigned m = 0; m < SDSE_MOST_SHARED; m++) {
                const struct sdse_residence *at = &kind->residence[m];
                seen->weights_there += at->tensors >> SDSE_WEIGHTS & 1u &&
                                       kind->part.kind == SDSE_MATMUL &&
                                       group[g].question.in[m].group_weights;
                seen->added_there += at->addends > 0;
            }
            struct sdse_layer part = kind->part;
            part.residence = part.residence ? kind->residence : NULL;
            assert_int_equal(sdse_model_new(p->arch, &part, NULL, p->arena, &model),
                             SDSE_OK);
            assert_int_equal(sdse_mapping_verdict(model, &kind->point->mapping, NULL),
                             SDSE_VALID);
            const struct sdse_totals totals =
                sdse_evaluate(model, &kind->point->mapping);
            energy += (double)kind->times * totals.energy_pj;
            assert_true(kind->turn + kind->steady <= kind->times);
            assert_true(group[g].config.overlaps || !kind->turn);
            cycles += (double)(kind->times - kind->turn - kind->steady) *
                      totals.latency_cycles;
            if (kind->turn) {
                assert_true(runs == 0 || runs == (double)kind->turn);
                runs = (double)kind->turn;
                more = (double)kind->steady / runs;
                outer += totals.outer_cycles;
                inner += totals.inner_cycles;
                end = fmax(end + totals.inner_cycles, outer);
            }
            macs[kind->layer] += kind->times * sdse_layer_macs(&part);
        }
        cycles += runs * (end + more * fmax(outer, inner));
    }
    struct sdse_copies copies;
    assert_int_equal(sdse_residency_copies(&fusion->residency, element, &copies),
                     SDSE_OK);
    for (size_t l = 0; l < p->net->layer_count; l++) {
        struct sdse_tradeoff more = {0, 0};
        sdse_copies_add_cost(&fusion->residency.placing, &copies, l, &more);
        energy += more.energy_pj;
        cycles += more.latency_cycles;
        seen->brought += more.energy_pj > 0;
    }
    seen->copies += copies.count;
    for (size_t i = 0; i < copies.count; i++)
        seen->passed += copies.copy[i].source > 0;
    const struct sdse_tradeoff *at = &fusion->residency.places.elements[element];
    assert_close(energy, at->energy_pj);
    assert_close(cycles, at->latency_cycles);
    // Rows may be made again; only rows that nobody reads are not made.
    for (size_t g = 0; g < count; g++) {
        for (size_t i = 0; i < group[g].layer_count; i++) {
            const size_t l = group[g].layer[i];
            const uint64_t once = sdse_layer_macs(&p->net->layers[l]);
            seen->functions += p->net->layers[l].kind > SDSE_POOL;
            seen->pools += p->net->layers[l].kind == SDSE_POOL;
            assert_true(l == group[g].last
                            ? macs[l] == once
                            : !(group[g].config.retained >> (i + 1) & 1u) ||
                                  macs[l] <= once);
            seen->again += macs[l] > once;
        }
    }
    seen->fused += count > 0;
    const struct sdse_schedule schedule = {.level = fusion->residency.level,
                                           .placing = fusion->residency.placing,
                                           .place = place,
                                           .copies = copies,
                                           .layer = layer,
                                           .group_count = count,
                                           .group = group,
                                           .at = *at};
    oracle_read_back(request, &schedule, p->arena);
}

// Leaves out points that another beats but for rounding: sums in another order.
static size_t leave_rounding(struct sdse_tradeoff *at, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || at[i].energy_pj < at[i + 1].energy_pj * (1 - 1e-10))
            at[kept++] = at[i];
    return kept;
}

static double least_edp(const struct sdse_tradeoff *at, size_t count) {
    double least = (double)INFINITY;
    for (size_t i = 0; i < count; i++)
        least = fmin(least, at[i].energy_pj * at[i].latency_cycles);
    return least;
}

static double least_weighted(const struct sdse_tradeoff *at, size_t count,
                             double pj_per_cycle) {
    double least = (double)INFINITY;
    for (size_t i = 0; i < count; i++)
        least = fmin(least, at[i].energy_pj + pj_per_cycle * at[i].latency_cycles);
    return least;
}

// Corners of the hull are least where energy and latency are weighed in some way: those
// between neighbours of the front, at most so many.
static void check_hull(const struct sdse_places *places) {
    enum { WAYS = 16 };
    const size_t step = truth.count / WAYS + 1;
    for (size_t i = 0; i + step < truth.count; i += step) {
        const struct sdse_tradeoff *a = &truth.at[i], *b = &truth.at[i + step];
        const double weight =
            (b->energy_pj - a->energy_pj) / (a->latency_cycles - b->latency_cycles);
        assert_close(least_weighted(places->elements, places->count, weight),
                     least_weighted(truth.at, truth.count, weight));
    }
}

// Functions that are written alike are of one shape, whatever layers they stand behind.
static size_t shape_of(const struct brute_problem *p, size_t layer) {
    const struct sdse_layer *at = &p->net->layers[layer];
    size_t first = 0;
    while (first < layer &&
           !(at->kind == SDSE_ACT && p->net->layers[first].kind == SDSE_ACT &&
             at->move.fused == p->net->layers[first].move.fused &&
             memcmp(&at->nest, &p->net->layers[first].nest, sizeof at->nest) == 0))
        first++;
    return first;
}

static void check_goal(const struct brute_problem *p, enum sdse_places_goal goal,
                       struct compared *seen) {
    static const enum sdse_map_objective objectives[] = {
        [SDSE_PLACES_FRONT] = SDSE_MAP_FRONT,
        [SDSE_PLACES_CORNERS] = SDSE_MAP_FRONT,
        [SDSE_PLACES_ENERGY] = SDSE_MAP_ENERGY,
        [SDSE_PLACES_LATENCY] = SDSE_MAP_LATENCY};
    const size_t layers = p->net->layer_count;
    struct sdse_residency_layer asked[BRUTE_LAYERS];
    struct sdse_map_answer alone[BRUTE_LAYERS];
    for (size_t l = 0; l < layers; l++) {
        const struct sdse_map_request request = {.arch = p->arch,
                                                 .layer = &p->net->layers[l],
                                                 .objective = objectives[goal]};
        assert_int_equal(sdse_map(&request, p->arena, &alone[l]), SDSE_OK);
        asked[l] = (struct sdse_residency_layer){.layer = &p->net->layers[l],
                                                 .shape = shape_of(p, l),
                                                 .unshared = &alone[l]};
    }
    const struct sdse_fusion_request request = {
        .residency = {.arch = p->arch,
                      .workload = p->net,
                      .layer = asked,
                      .objective = objectives[goal],
                      .goal = goal,
                      .copies = p->moves,
                      .threads = 1 + (unsigned)(p->depth + goal) % 3},
        .depth = p->depth,
        .tiles = p->tiles,
        .columns = p->columns,
        .overlap = p->overlap};
    struct sdse_fusion fusion;
    assert_int_equal(sdse_fusion_find(&request, p->arena, &fusion), SDSE_OK);
    const struct sdse_places *places = &fusion.residency.places;
    assert_true((places->count == 0) == (truth.count == 0));
    if (places->count) {
        const struct sdse_tradeoff *first = &places->elements[0],
                                   *last = &truth.at[truth.count - 1];
        switch (goal) {
        case SDSE_PLACES_FRONT:
            for (size_t i = 0; i < places->count; i++)
                check_picked(p, &request, &fusion, i, seen);
            truth.count = leave_rounding(truth.at, truth.count);
            assert_int_equal(leave_rounding(places->elements, places->count),
                             truth.count);
            for (size_t i = 0; i < truth.count; i++) {
                assert_close(places->elements[i].energy_pj, truth.at[i].energy_pj);
                assert_close(places->elements[i].latency_cycles,
                             truth.at[i].latency_cycles);
            }
            seen->points += truth.count;
            break;
        case SDSE_PLACES_CORNERS:
            assert_close(least_edp(places->elements, places->count),
                         least_edp(truth.at, truth.count));
            check_hull(places);
            break;
        case SDSE_PLACES_ENERGY:
            assert_close(first->energy_pj, truth.at[0].energy_pj);
            check_picked(p, &request, &fusion, 0, seen);
            break;
        default:
            assert_close(first->latency_cycles, last->latency_cycles);
            assert_close(first->energy_pj, last->energy_pj);
            check_picked(p, &request, &fusion, 0, seen);
        }
    }
    seen->counts.groups = fusion.counts.groups; // of the last
    seen->counts.configurations += fusion.counts.configurations;
    seen->counts.too_big += fusion.counts.too_big;
    seen->counts.cut += fusion.counts.cut;
    seen->counts.summed += fusion.counts.summed;
    seen->counts.asked += fusion.counts.asked;
    seen->counts.searches += fusion.counts.searches;
    sdse_fusion_free(&fusion);
}

void compare_with_brute_force(const struct brute_problem *p, struct compared *seen) {
    const struct brute_points *found = brute_find(p);
    truth.count = found->count;
    memcpy(truth.at, found->at, found->count * sizeof *truth.at);
    seen->networks++;
    seen->none += truth.count == 0;
    for (int goal = SDSE_PLACES_FRONT; goal <= SDSE_PLACES_LATENCY; goal++)
        check_goal(p, (enum sdse_places_goal)goal, seen);
}

void compare_problems(bool (*make)(uint64_t seed, struct brute_problem *p),
                      uint64_t first, uint64_t count, uint64_t *seed,
                      struct compared *seen) {
    uint64_t run = 0;
    for (uint64_t next = first; run < count; next++) {
        struct brute_problem p;
        *seed = next;
        if (make(next, &p)) {
            run++;
            compare_with_brute_force(&p, seen);
        }
        sdse_arena_free(p.arena);
    }
}

void compare_print(const char *what, uint64_t networks, const struct compared *seen) {
    printf(
        "## %s: %llu networks equal brute force over %llu partitions and places (%llu "
        "nests asked), every objective; %llu have none; %llu points, %llu answers "
        "fused: %llu groups",
        what, (unsigned long long)networks, (unsigned long long)brute_seen()->ways,
        (unsigned long long)brute_seen()->asked, (unsigned long long)seen->none,
        (unsigned long long)seen->points, (unsigned long long)seen->fused,
        (unsigned long long)seen->groups);
}
