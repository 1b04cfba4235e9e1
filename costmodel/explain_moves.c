// One file, though long: the words that move and what they cost, told in the order in
// which the evaluator charges (costmodel/charge.c).

#include "costmodel/explain_story.h"
#include "costmodel/model.h"
#include "costmodel/pattern.h"
#include "costmodel/rebuild.h"
#include "costmodel/stream.h"
#include "costmodel/traffic.h"
#include "costmodel/walk.h"

static const char *child_name(const struct sdse_story *s, unsigned level) {
    return level < s->view.level_count ? s->model->arch->level[level].name
                                       : "the multipliers";
}

// --- How many words move ---

// "DRAM P8 K2, GLB C4 Q56": the temporal loops outside a level, outermost first.
static void print_loops(struct sdse_story *s, unsigned level) {
    const struct sdse_view *view = &s->view;
    unsigned at = SDSE_MAX_LEVELS;
    for (unsigned i = view->loop_count; i-- > view->first[level];) {
        const struct sdse_view_loop *loop = &view->loop[i];
        if (loop->level != at)
            fprintf(s->x.out, "%s%s", at == SDSE_MAX_LEVELS ? "" : ", ",
                    s->model->arch->level[loop->level].name);
        at = loop->level;
        fprintf(s->x.out, " %c%s", sdse_dim_letters[loop->dim],
                sdse_digits_u64(loop->factor).text);
    }
}

// Words of one tile, and those that a move of it takes, as if all lay on the map.
static bool tile_and_new_words(const struct sdse_view *view,
                               const struct sdse_edge *edge,
                               const struct sdse_visits *visits, uint64_t *tile,
                               uint64_t *fresh) {
    const uint64_t *size = view->tile[edge->child];
    if (edge->tensor != SDSE_INPUTS) {
        *tile = *fresh = sdse_tile_words(view->nest, edge->tensor, size);
        return true;
    }
    *tile = *fresh = size[SDSE_N] * size[SDSE_G] * size[SDSE_C];
    for (unsigned a = 0; a < 2; a++) {
        const struct sdse_axis axis = sdse_axis_of(view->nest, a);
        struct sdse_pattern pattern;
        if (!sdse_pattern_init(&pattern, &axis, size[a ? SDSE_Q : SDSE_P],
                               size[a ? SDSE_S : SDSE_R],
                               view->arch->level[edge->child].fetch_gaps))
            return false;
        *tile *= pattern.count;
        const bool moves = visits->credited && a == visits->axis;
        const bool ok = !moves || sdse_pattern_keep_new(&pattern, visits->shift);
        *fresh *= pattern.count;
        sdse_pattern_clear(&pattern);
        if (!ok)
            return false;
    }
    return true;
}

// What of `all` words is not taken after all.
static void print_padding(struct sdse_story *s, const struct sdse_edge *edge,
                          uint64_t all) {
    if (all != edge->taken)
        fprintf(s->x.out,
                "  %s of them are padding, which is not taken: %s are "
                "taken\n",
                sdse_digits_u64(all - edge->taken).text,
                sdse_digits_u64(edge->taken).text);
}

// Visits of one child that keeps its tile, and the words they take.
static void print_visits(struct sdse_story *s, const struct sdse_edge *edge) {
    const struct sdse_view *view = &s->view;
    const struct sdse_visits visits =
        sdse_child_visits(view, edge->tensor, edge->child);
    uint64_t tile, fresh;
    if (!tile_and_new_words(view, edge, &visits, &tile, &fresh)) {
        s->out_of_memory = true;
        return;
    }
    const uint64_t words = visits.whole * tile + visits.credited * fresh;
    const uint64_t passes = view->outside[edge->child];
    const uint64_t stays = passes - visits.whole - visits.credited;
    const bool outputs = edge->tensor == SDSE_OUTPUTS;
    static const char *const axes[2][2] = {{"row", "rows"}, {"column", "columns"}};
    fprintf(s->x.out, "  %s passes of the loops outside", sdse_digits_u64(passes).text);
    if (passes > 1) {
        fputs(" (", s->x.out);
        print_loops(s, edge->child);
        fputc(')', s->x.out);
    }
    if (stays)
        fprintf(s->x.out, "; in %s of them the tile stays",
                sdse_digits_u64(stays).text);
    fprintf(s->x.out, "\n  each %s %s %s tile%s x %s words", child_name(s, edge->child),
            outputs ? "gives up" : "takes", sdse_digits_u64(visits.whole).text,
            visits.whole == 1 ? "" : "s", sdse_digits_u64(tile).text);
    if (visits.credited) {
        fprintf(s->x.out, " + %s tiles moved by %s %s x %s new words",
                sdse_digits_u64(visits.credited).text,
                sdse_digits_u64(visits.shift).text,
                axes[visits.axis][visits.shift != 1], sdse_digits_u64(fresh).text);
    }
    const uint64_t all = words * view->used[edge->child];
    fprintf(s->x.out, " = %s words; x %s used = %s\n", sdse_digits_u64(words).text,
            sdse_digits_u64(view->used[edge->child]).text, sdse_digits_u64(all).text);
    print_padding(s, edge, all);
}

static void print_steps(struct sdse_story *s, const struct sdse_edge *edge) {
    const struct sdse_view *view = &s->view;
    const uint64_t all = view->outside[edge->child] * view->used[edge->child];
    fprintf(s->x.out, "  %s steps x %s multipliers, one word each = %s\n",
            sdse_digits_u64(view->outside[edge->child]).text,
            sdse_digits_u64(view->used[edge->child]).text, sdse_digits_u64(all).text);
    print_padding(s, edge, all);
}

static void print_sharing(struct sdse_story *s, const struct sdse_edge *edge) {
    uint64_t below = edge->taken;
    for (unsigned l = edge->child; l-- > edge->parent;) {
        if (edge->merged[l] != below) {
            fprintf(s->x.out,
                    edge->tensor == SDSE_OUTPUTS
                        ? "  sums for the same word are added below %s: %s arrive\n"
                        : "  children below %s that need the same words share a read: "
                          "%s leave\n",
                    s->model->arch->level[l].name,
                    sdse_digits_u64(edge->merged[l]).text);
        }
        below = edge->merged[l];
    }
}

static void print_movement(struct sdse_story *s, const char *what,
                           const struct sdse_edge *edge) {
    fprintf(s->x.out, "\n%s: %s %s %s\n", what, child_name(s, edge->parent),
            edge->tensor == SDSE_OUTPUTS ? "<-" : "->", child_name(s, edge->child));
    if (!s->view.perfect) {
        fprintf(s->x.out,
                "  factors do not divide the bounds: the walk counts %s words in %s "
                "visits\n",
                sdse_digits_u64(edge->taken).text, sdse_digits_u64(edge->visits).text);
    } else if (edge->child < s->view.level_count) {
        print_visits(s, edge);
    } else {
        print_steps(s, edge);
    }
    print_sharing(s, edge);
}

// --- What they cost ---

// Bits of an output word that crosses at `level`.
static double sum_bits(const struct sdse_story *s, unsigned level, bool finished) {
    return finished ? s->model->bits[level][SDSE_PART_OUTPUTS]
                    : s->model->partial_bits[level];
}

// What of an edge's words is left is left of each of its transfers.
static void leave_share(struct sdse_story *s, double share) {
    if (s->x.transfers)
        sdse_edge_transfers_scale(s->x.transfers, share);
}

// Share of an edge's words that engines leave; said where it is not all.
static double print_left(struct sdse_story *s, const struct sdse_edge *edge) {
    const double share = sdse_effects_share(&s->model->effects, s->model->arch,
                                            edge->tensor, edge->parent, edge->child);
    if (share != 1)
        fprintf(s->x.out, "  engines leave %s of them\n", sdse_digits_f64(share).text);
    leave_share(s, share);
    return share;
}

static void explain_outputs(struct sdse_story *s, const struct sdse_edge *edge) {
    const unsigned p = edge->parent, c = edge->child;
    const double bits = sum_bits(s, p, edge->arrive_finished);
    const double wire_bits = sum_bits(s, p, edge->leave_finished);
    const uint64_t distinct = sdse_distinct_outputs(&s->view, p);
    const struct sdse_arch *arch = s->model->arch;
    if (edge->merged[p] > distinct) {
        fprintf(s->x.out,
                "  the first sum of each of %s words starts from zero: %s partial sums "
                "return\n",
                sdse_digits_u64(distinct).text,
                sdse_digits_u64(edge->merged[p] - distinct).text);
    }
    const double share = print_left(s, edge);
    sdse_explain_access(&s->x, p, SDSE_ACCESS_UPDATE, SDSE_PART_OUTPUTS,
                        sdse_words_left(share, edge->merged[p]), bits);
    sdse_explain_access(&s->x, p, SDSE_ACCESS_READ, SDSE_PART_OUTPUTS,
                        sdse_words_left(share, edge->merged[p] - distinct), bits);
    if (c < s->view.level_count) {
        const double child_bits = sum_bits(s, c, edge->leave_finished);
        sdse_explain_access(
            &s->x, c, SDSE_ACCESS_FILL, SDSE_PART_OUTPUTS,
            sdse_words_left(share, edge->taken - sdse_distinct_outputs(&s->view, c)),
            child_bits);
        if (arch->count_drain_reads)
            sdse_explain_access(&s->x, c, SDSE_ACCESS_DRAIN, SDSE_PART_OUTPUTS,
                                sdse_words_left(share, edge->taken), child_bits);
    }
    for (unsigned l = p; l < c; l++) {
        const uint64_t below = l + 1 < c ? edge->merged[l + 1] : edge->taken;
        uint64_t back = 0;
        if (!arch->count_return_transfers)
            back = l == 0 ? sdse_words_left(share, edge->merged[p] - distinct) : 0;
        else if (c < s->view.level_count)
            back = sdse_words_left(share, sdse_returned_words(&s->view, edge, l));
        sdse_explain_network(&s->x, l, SDSE_PART_OUTPUTS, SDSE_OUTPUTS, edge,
                             sdse_words_left(share, edge->merged[l]) + back,
                             sdse_words_left(share, below - edge->merged[l]),
                             wire_bits);
    }
}

static void explain_words(struct sdse_story *s, enum sdse_tensor tensor,
                          enum sdse_part part, const struct sdse_edge *edge) {
    const struct sdse_model *model = s->model;
    const unsigned p = edge->parent, c = edge->child;
    const bool coded = part >= SDSE_PART_COEFFICIENTS;
    const double bits = model->bits[p][part];
    const double share = print_left(s, edge);
    sdse_explain_access(&s->x, p, SDSE_ACCESS_READ, part,
                        sdse_words_left(share, edge->merged[p]), bits);
    if (c < s->view.level_count)
        sdse_explain_access(&s->x, c, SDSE_ACCESS_FILL, part,
                            sdse_words_left(share, edge->taken), model->bits[c][part]);
    for (unsigned l = p; l < c; l++)
        sdse_explain_network(&s->x, l, part, tensor, edge,
                             sdse_words_left(share, edge->merged[l]), 0,
                             coded ? bits : sdse_model_wire_bits(model, tensor, p, l));
}

static void explain_basis(struct sdse_story *s, const struct sdse_edge *edge) {
    const struct sdse_model *model = s->model;
    const unsigned p = edge->parent, c = edge->child,
                   engine = model->arch->rebuild.below_level;
    const bool ends = c > engine;
    const uint64_t arriving = ends ? sdse_basis_loads(model, &s->view, engine, c)
                                   : sdse_basis_words(model, &s->view, c, edge->visits);
    const double bits = model->bits[p][SDSE_PART_BASIS];
    // Bases are shared among children as the coefficients they belong to.
    const double share =
        (double)arriving / (double)(ends ? edge->merged[engine] : edge->taken);
    const uint64_t reads = (uint64_t)llround((double)edge->merged[p] * share);
    if (s->x.transfers)
        sdse_edge_transfers_level(s->x.transfers, (double)reads, (double)arriving);
    fprintf(s->x.out,
            "  every block that a tile touches brings its %u x %u basis: %s "
            "basis words\n",
            model->form.basis_size, model->form.basis_size,
            sdse_digits_u64(arriving).text);
    sdse_explain_access(&s->x, p, SDSE_ACCESS_READ, SDSE_PART_BASIS, reads, bits);
    if (!ends)
        sdse_explain_access(&s->x, c, SDSE_ACCESS_FILL, SDSE_PART_BASIS, arriving,
                            bits);
    for (unsigned l = p; l < (ends ? engine : c); l++)
        sdse_explain_network(&s->x, l, SDSE_PART_BASIS, SDSE_WEIGHTS, edge,
                             (uint64_t)llround((double)edge->merged[l] * share), 0,
                             bits);
    if (!ends)
        return;
    const struct sdse_number *write = &model->arch->rebuild.pj_per_basis_write;
    s->x.seen.rebuild_pj +=
        sdse_explain_product(&s->x, "engine register", (double)arriving,
                             "basis words written", write->value, write);
    s->x.seen.basis_words_loaded += arriving;
}

static void explain_rebuild(struct sdse_story *s, const struct sdse_edge *edge) {
    const struct sdse_rebuild *rebuild = &s->model->arch->rebuild;
    const uint64_t words = edge->merged[rebuild->below_level];
    const double shift_adds = (double)words * s->model->shift_adds_per_weight *
                              s->model->effects.rebuild_share;
    fprintf(
        s->x.out,
        "  the engine rebuilds %s words, %s shift-adds each (basis size x density), "
        "each reads a basis word\n",
        sdse_digits_u64(words).text,
        sdse_digits_f64(s->model->shift_adds_per_weight).text);
    s->x.seen.rebuild_pj += sdse_explain_product(
        &s->x, "engine", shift_adds, "shift-adds",
        rebuild->pj_per_shift_add.value + rebuild->pj_per_basis_read.value,
        &rebuild->pj_per_shift_add);
    s->x.seen.shift_adds += (uint64_t)llround(shift_adds);
}

// Coefficients and index up to the engine; the rebuilt words go on from there.
static void explain_through_engine(struct sdse_story *s, const struct sdse_flow *flow,
                                   const struct sdse_edge *edge) {
    const struct sdse_model *model = s->model;
    const unsigned p = edge->parent, c = edge->child,
                   engine = model->arch->rebuild.below_level;
    const double bits = model->bits[p][flow->part];
    const double share = print_left(s, edge);
    sdse_explain_access(&s->x, p, SDSE_ACCESS_READ, flow->part,
                        sdse_words_left(share, edge->merged[p]), bits);
    for (unsigned l = p; l < engine; l++)
        sdse_explain_network(&s->x, l, flow->part, SDSE_WEIGHTS, edge,
                             sdse_words_left(share, edge->merged[l]), 0, bits);
    if (flow->ends_in_engine)
        return;
    for (unsigned l = engine; l < c; l++)
        sdse_explain_network(&s->x, l, SDSE_PART_WEIGHTS, SDSE_WEIGHTS, edge,
                             sdse_words_left(share, edge->merged[l]), 0,
                             model->arch->bits[SDSE_WEIGHTS]);
    if (c < s->view.level_count)
        sdse_explain_access(&s->x, c, SDSE_ACCESS_FILL, SDSE_PART_WEIGHTS,
                            sdse_words_left(share, edge->taken),
                            model->bits[c][SDSE_PART_WEIGHTS]);
    explain_rebuild(s, edge);
}

static void explain_edge(struct sdse_story *s, const struct sdse_flow *flow,
                         const struct sdse_edge *edge) {
    const bool smartdeal = s->model->form.smartdeal && flow->tensor == SDSE_WEIGHTS;
    const unsigned engine = s->model->arch->rebuild.below_level;
    const enum sdse_part part = sdse_model_part_at(s->model, flow, edge->parent);
    print_movement(s, sdse_part_name(part), edge);
    if (flow->tensor == SDSE_OUTPUTS)
        explain_outputs(s, edge);
    else if (smartdeal && flow->part == SDSE_PART_BASIS)
        explain_basis(s, edge);
    else if (smartdeal && edge->parent <= engine && engine < edge->child)
        explain_through_engine(s, flow, edge);
    else
        explain_words(s, flow->tensor, part, edge);
}

static void explain_flow(struct sdse_story *s, const struct sdse_flow *flow) {
    const unsigned levels = s->view.level_count;
    for (unsigned p = sdse_model_home(s->model, flow->tensor), c; p < levels; p = c) {
        for (c = p + 1;
             c < levels && !sdse_model_keeps(s->model, s->mapping->keeps, flow, c);)
            c++;
        struct sdse_edge edge;
        if (!sdse_edge_count(&s->view, flow->tensor, p, c, true, &edge)) {
            s->out_of_memory = true;
            return;
        }
        struct sdse_edge_transfers transfers;
        if (sdse_edge_pads(s->model->arch, &edge)) {
            if (!sdse_edge_transfers(&s->view, &edge, &transfers)) {
                s->out_of_memory = true;
                return;
            }
            s->x.transfers = &transfers;
        }
        explain_edge(s, flow, &edge);
        s->x.transfers = NULL;
        if (flow->ends_in_engine && c > s->model->arch->rebuild.below_level)
            return;
    }
}

// Finished outputs that are at home in a shared memory and go on to the outermost one.
static void explain_write_through(struct sdse_story *s) {
    const struct sdse_model *model = s->model;
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, SDSE_OUTPUTS);
    if (!residence || !residence->writes_through)
        return;
    const unsigned home = residence->level;
    const uint64_t words = sdse_model_output_words(model);
    fprintf(s->x.out, "\noutputs: %s <- %s, every finished word once\n",
            model->arch->level[0].name, model->arch->level[home].name);
    if (model->arch->count_drain_reads)
        sdse_explain_access(&s->x, home, SDSE_ACCESS_DRAIN, SDSE_PART_OUTPUTS, words,
                            model->bits[home][SDSE_PART_OUTPUTS]);
    sdse_explain_access(&s->x, 0, SDSE_ACCESS_UPDATE, SDSE_PART_OUTPUTS, words,
                        model->bits[0][SDSE_PART_OUTPUTS]);
    for (unsigned l = 0; l < home; l++) {
        struct sdse_edge edge;
        if (!sdse_edge_count(&s->view, SDSE_OUTPUTS, l, l + 1, true, &edge)) {
            s->out_of_memory = true;
            return;
        }
        sdse_explain_network(&s->x, l, SDSE_PART_OUTPUTS, SDSE_OUTPUTS, &edge, words, 0,
                             model->bits[0][SDSE_PART_OUTPUTS]);
    }
}

static void explain_vector(struct sdse_story *s, uint64_t operations) {
    const struct sdse_number *pj = &s->model->arch->vector.pj_per_op;
    s->x.seen.vector_pj += sdse_explain_product(
        &s->x, "vector unit", (double)operations, "operations", pj->value, pj);
}

// Partial sums of nests before this one.
static void explain_continued(struct sdse_story *s) {
    const struct sdse_model *model = s->model;
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, SDSE_OUTPUTS);
    if (!residence || !residence->continues)
        return;
    const unsigned home = residence->level;
    const double bits = model->partial_bits[home];
    const uint64_t rescaled = sdse_rescaled_words(model->layer);
    fprintf(s->x.out, "\noutputs: partial sums in %s, added to%s\n",
            model->arch->level[home].name,
            rescaled ? ", each multiplied before by the vector unit" : "");
    sdse_explain_access(&s->x, home, SDSE_ACCESS_READ, SDSE_PART_OUTPUTS,
                        sdse_model_output_words(model), bits);
    if (!rescaled)
        return;
    sdse_explain_access(&s->x, home, SDSE_ACCESS_READ, SDSE_PART_OUTPUTS, rescaled,
                        bits);
    sdse_explain_access(&s->x, home, SDSE_ACCESS_UPDATE, SDSE_PART_OUTPUTS, rescaled,
                        bits);
    explain_vector(s, rescaled);
}

// Words of a flow that are brought in to where they are at home.
static void explain_brought(struct sdse_story *s, const struct sdse_flow *flow) {
    const struct sdse_model *model = s->model;
    const uint64_t words = sdse_model_brought_words(model, flow);
    const unsigned home = sdse_model_home(model, flow->tensor);
    if (!words)
        return;
    fprintf(s->x.out, "\n%s: %s -> %s, brought in once\n",
            sdse_tensor_name(flow->tensor), model->arch->level[0].name,
            model->arch->level[home].name);
    sdse_explain_access(&s->x, 0, SDSE_ACCESS_READ, flow->part, words,
                        model->bits[0][flow->part]);
    sdse_explain_access(&s->x, home, SDSE_ACCESS_FILL, flow->part, words,
                        model->bits[home][flow->part]);
    for (unsigned l = 0; l < home; l++) {
        struct sdse_edge edge;
        if (!sdse_edge_count(&s->view, flow->tensor, l, l + 1, true, &edge)) {
            s->out_of_memory = true;
            return;
        }
        sdse_explain_network(&s->x, l, flow->part, flow->tensor, &edge, words, 0,
                             flow->part < SDSE_PART_COEFFICIENTS
                                 ? sdse_model_wire_bits(model, flow->tensor, 0, l)
                                 : model->bits[0][flow->part]);
    }
}

// Maps that are added to finished outputs, or multiplied with them.
static void explain_addends(struct sdse_story *s) {
    const struct sdse_model *model = s->model;
    struct sdse_stream_step steps[SDSE_MOST_STREAM_STEPS];
    const unsigned count = sdse_addend_steps(model->arch, model->layer, steps);
    if (count == 0)
        return;
    fprintf(s->x.out,
            "\n%u map%s added to finished outputs: each word read once, past the "
            "memories on the way to the vector unit\n",
            model->layer->addends, model->layer->addends == 1 ? "" : "s");
    for (unsigned i = 0; i < count; i++) {
        const unsigned l = steps[i].level;
        const double bits =
            sdse_arch_word_bits(model->arch, steps[i].holder, SDSE_INPUTS);
        struct sdse_edge edge;
        if (steps[i].action == SDSE_STREAM_READ) {
            sdse_explain_access(&s->x, l, SDSE_ACCESS_READ, SDSE_PART_INPUTS,
                                steps[i].words, bits);
            continue;
        }
        if (!sdse_edge_count(&s->view, SDSE_INPUTS, l, l + 1, true, &edge)) {
            s->out_of_memory = true;
            return;
        }
        sdse_explain_network(&s->x, l, SDSE_PART_INPUTS, SDSE_INPUTS, &edge,
                             steps[i].words, 0, bits);
    }
    explain_vector(s, sdse_addend_operations(model->layer));
}

void sdse_explain_stream(struct sdse_story *s) {
    const struct sdse_model *model = s->model;
    const struct sdse_arch *arch = model->arch;
    const struct sdse_move *move = &model->layer->move;
    const struct sdse_stream stream = sdse_stream_on(model->arch, model->layer);
    struct sdse_stream_step steps[SDSE_MOST_STREAM_STEPS];
    const unsigned count = sdse_stream_steps(arch, model->layer, s->keeps, steps);
    if (move->fused)
        fputs(
            "\nFused into the layer before it: no word moves, and it takes no time of "
            "its own\n",
            s->x.out);
    else
        fprintf(s->x.out,
                "\nEvery word once through each memory to the vector unit\n"
                "  %s words in: %u map%s, each read in %u pass%s; %s words out\n",
                sdse_digits_u64(stream.in).text, move->addends,
                move->addends == 1 ? "" : "s", move->passes,
                move->passes == 1 ? "" : "es", sdse_digits_u64(stream.out).text);
    for (unsigned i = 0; i < count; i++) {
        const struct sdse_stream_step *step = &steps[i];
        const enum sdse_part part = (enum sdse_part)step->tensor;
        static const enum sdse_access accesses[] = {
            [SDSE_STREAM_READ] = SDSE_ACCESS_READ,
            [SDSE_STREAM_FILL] = SDSE_ACCESS_FILL,
            [SDSE_STREAM_UPDATE] = SDSE_ACCESS_UPDATE,
            [SDSE_STREAM_DRAIN] = SDSE_ACCESS_DRAIN};
        if (step->action != SDSE_STREAM_CROSS) {
            sdse_explain_access(&s->x, step->level, accesses[step->action], part,
                                step->words, model->bits[step->level][part]);
            continue;
        }
        struct sdse_edge edge;
        sdse_edge_count(&s->view, step->tensor, step->level, step->level + 1, true,
                        &edge);
        sdse_explain_network(&s->x, step->level, part, step->tensor, &edge, step->words,
                             0, model->plain_bits[step->holder][step->tensor]);
    }
    fprintf(s->x.out, "\nVector operations: %s %s x %u\n",
            sdse_digits_u64(stream.operations / move->operations).text,
            model->layer->kind == SDSE_UPDATE ? "weights" : "words out",
            move->operations);
    explain_vector(s, stream.operations);
}

void sdse_explain_moves(struct sdse_story *s) {
    for (unsigned f = 0; f < s->model->flow_count; f++)
        explain_flow(s, &s->model->flow[f]);
    for (unsigned f = 0; f < s->model->flow_count; f++)
        explain_brought(s, &s->model->flow[f]);
    explain_write_through(s);
    explain_continued(s);
    explain_addends(s);
}
