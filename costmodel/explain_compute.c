// What is charged beside words that move: MACs and engines, leakage, clocks, refreshes.

#include "costmodel/explain_story.h"
#include "costmodel/latency.h"
#include "costmodel/model.h"
#include "costmodel/overhead.h"

static void print_overhead(struct sdse_story *s, const char *who, const char *what,
                           const char *how, double pj, const struct sdse_number *number,
                           const char *unit) {
    s->x.seen.energy_pj += pj;
    if (!(pj > 0))
        return;
    char label[96];
    snprintf(label, sizeof label, "%s %s", who, what);
    fprintf(s->x.out, "  %-22s %s %s, %s = %s pJ", label,
            sdse_digits_f64(number->value).text, unit, how, sdse_digits_f64(pj).text);
    sdse_explain_cite(&s->x, number);
    s->x.lines++;
}

// Clocks, static power and control; `dynamic_pj` is what the lines so far add up to.
static void explain_overheads(struct sdse_story *s, double dynamic_pj) {
    const struct sdse_arch *arch = s->model->arch;
    const unsigned levels = arch->level_count;
    struct sdse_activity activity = {
        .latency_cycles = (double)s->cost->latency_cycles,
        .compute_cycles = (double)s->cost->compute_cycles,
        .mac_pj = s->x.seen.mac_pj,
        .dynamic_pj = dynamic_pj,
    };
    for (unsigned l = 0; l <= levels; l++)
        activity.used[l] = (double)sdse_working_instances(&s->view, l);
    if (sdse_layer_moves(s->model->layer))
        activity.used[levels] = 0; // the multipliers rest
    for (unsigned l = 0; l < levels; l++) {
        activity.level_cycles[l] = (double)s->cost->level[l].cycles;
        activity.access_pj[l] = s->x.access_pj[l];
    }
    for (unsigned i = 0; i <= levels + 1; i++) {
        const struct sdse_overhead *overhead = sdse_overhead_of(arch, i);
        const struct sdse_overhead_cost pj = sdse_overhead_cost(s->model, i, &activity);
        const char *who = i < levels    ? arch->level[i].name
                          : i == levels ? "multiplier"
                                        : "chip";
        char all[96], some[112];
        snprintf(all, sizeof all, "%s instances over the latency",
                 sdse_digits_u64(i <= levels ? sdse_arch_instances(arch, i) : 1).text);
        snprintf(some, sizeof some, "gated: %s used instances while they work",
                 sdse_digits_f64(i <= levels ? activity.used[i] : 1).text);
        print_overhead(s, who, "clock", overhead->gated ? some : all, pj.clock_pj,
                       &overhead->clock_mw, "mW");
        print_overhead(s, who, "static", all, pj.static_pj, &overhead->static_mw, "mW");
        print_overhead(s, who, "control",
                       i <= levels ? "of its dynamic energy"
                                   : "of all dynamic energy but that of DRAMs",
                       pj.control_pj, &overhead->control_percent, "%");
    }
}

// What filters that share an index selector can leave out together.
static void explain_sharing(struct sdse_story *s, const struct sdse_engine *engine) {
    const struct sdse_effects *effects = &s->model->effects;
    if (engine->kind == SDSE_ENGINE_SELECTOR && effects->joint_filters > 1 &&
        engine->operands != SDSE_OPERANDS_INPUTS)
        fprintf(s->x.out, "  rows that some of %u filters needs: %s, %s\n",
                effects->joint_filters, sdse_digits_f64(effects->joint_density).text,
                effects->joint_measured ? "measured on the weights"
                                        : "as if filters were independent");
}

// What a bit-serial engine takes one by one, and how long that is.
static void explain_digits(struct sdse_story *s, const struct sdse_engine *engine) {
    const struct sdse_effects *effects = &s->model->effects;
    const bool weights = engine->operands == SDSE_OPERANDS_WEIGHTS;
    if (engine->kind != SDSE_ENGINE_BIT_SERIAL || effects->most_digits)
        return;
    fprintf(s->x.out, "  a value of the %s has %s digits (%s, %s)\n",
            weights ? "weights" : "inputs",
            sdse_digits_f64(effects->digits_per_value).text,
            sdse_encoding_name((enum sdse_encoding)engine->encoding),
            !weights                   ? s->model->layer->activations->mark
            : s->model->form.smartdeal ? "measured on the rebuilt words"
                                       : s->model->layer->weight_digits->mark);
}

static void explain_macs(struct sdse_story *s) {
    const struct sdse_arch *arch = s->model->arch;
    const struct sdse_effects *effects = &s->model->effects;
    const double macs = (double)s->model->macs;
    if (s->model->form.first)
        fputs("  products are made first: no MAC is done\n", s->x.out);
    else if (effects->mac_share != 1)
        fprintf(
            s->x.out,
            "  engines leave %s of the MACs: %s of the inputs and %s of the weights "
            "are not zero\n",
            sdse_digits_f64(effects->mac_share).text,
            sdse_digits_f64(effects->input_density).text,
            sdse_digits_f64(effects->weight_density).text);
    if (effects->pair_density > 0)
        fprintf(s->x.out,
                "  pairs of an input and a weight that are both not zero: %s, %s\n",
                sdse_digits_f64(effects->pair_density).text,
                effects->pair_measured ? "by the densities of each channel"
                                       : "the product of the means");
    s->x.seen.mac_pj =
        sdse_explain_product(&s->x, "MAC", macs * effects->mac_share, "MACs",
                             arch->compute.pj_per_mac.value, &arch->compute.pj_per_mac);
    for (unsigned i = 0; i < arch->engine_count; i++) {
        const struct sdse_engine *engine = &arch->engine[i];
        if (effects->working >> i & 1u)
            explain_sharing(s, engine), explain_digits(s, engine);
        char events[64];
        snprintf(events, sizeof events, "%ss", sdse_engine_event(engine->kind));
        if (!(effects->working >> i & 1u)) {
            fprintf(s->x.out, "  %s does nothing to this layer\n", engine->name);
            continue;
        }
        if (engine->kind == SDSE_ENGINE_BIT_SERIAL && effects->most_digits)
            fprintf(s->x.out,
                    "  %s: no histogram of its %ss' digits is known, so a MAC takes "
                    "the cycles declared, and %s that is not zero has all %u digits\n",
                    engine->name,
                    engine->operands == SDSE_OPERANDS_WEIGHTS ? "weight" : "input",
                    engine->operands == SDSE_OPERANDS_WEIGHTS ? "a weight" : "an input",
                    effects->most_digits);
        if (effects->without_rows >> i & 1u)
            fprintf(s->x.out,
                    "  %s takes this layer as dense: two strides, a dilation or no map "
                    "leave it no plain rows\n",
                    engine->name);
        s->x.seen.engine_pj[i] =
            sdse_explain_product(&s->x, engine->name, effects->events[i], events,
                                 engine->pj_per_event.value, &engine->pj_per_event);
        if (engine->kind == SDSE_ENGINE_PRODUCTS)
            s->x.seen.sum_pj = sdse_explain_product(
                &s->x, engine->name, effects->sums, "products read and added",
                engine->pj_per_sum.value, &engine->pj_per_sum);
    }
}

static void count_refresh(struct sdse_story *s) {
    const struct sdse_arch *arch = s->model->arch;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        double pj = 0;
        if (level->memory_class != SDSE_EDRAM)
            continue;
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++)
            pj += s->cost->level[l].flow[part].refresh_bits *
                  level->edram.refresh_pj_per_bit.value;
        s->x.seen.energy_pj += pj;
    }
}

// What lives longer than its cells hold it.
static void explain_refresh(struct sdse_story *s) {
    const struct sdse_arch *arch = s->model->arch;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        const struct sdse_edram *edram = &level->edram;
        bool headed = false;
        if (level->memory_class != SDSE_EDRAM)
            continue;
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &s->cost->level[l].flow[part];
            const double part_pj = flow->refresh_bits * edram->refresh_pj_per_bit.value;
            if (!flow->life_steps)
                continue;
            if (!headed)
                fprintf(s->x.out, "\nLives in %s, whose cells hold %s us\n",
                        level->name, sdse_digits_f64(edram->retention_us.value).text);
            headed = true;
            fprintf(s->x.out,
                    "  %-22s %s of %s steps x %s cycles / %s GHz = %s us: %s "
                    "refresh%s",
                    sdse_part_name(part), sdse_digits_u64(flow->life_steps).text,
                    sdse_digits_u64(s->view.outside[arch->level_count]).text,
                    sdse_digits_u64(s->cost->schedule_cycles).text,
                    sdse_digits_f64(arch->clock_ghz).text,
                    sdse_digits_f64(flow->lifetime_us).text,
                    sdse_digits_u64(flow->refreshes).text,
                    flow->refreshes == 1 ? "" : "es");
            if (flow->refreshes) {
                fprintf(s->x.out, " of all that arrives, %s bit x %s pJ = %s pJ",
                        sdse_digits_f64(flow->refresh_bits).text,
                        sdse_digits_f64(edram->refresh_pj_per_bit.value).text,
                        sdse_digits_f64(part_pj).text);
                sdse_explain_cite(&s->x, &edram->refresh_pj_per_bit);
            } else {
                fputc('\n', s->x.out);
            }
            s->x.lines++;
        }
    }
}

void sdse_explain_compute(struct sdse_story *s) {
    const struct sdse_arch *arch = s->model->arch;
    const bool streamed = sdse_layer_moves(s->model->layer);
    fputs(streamed ? "\nLeakage\n" : "\nMACs and leakage\n", s->x.out);
    if (!streamed)
        explain_macs(s);
    const double cycles = (double)s->cost->latency_cycles, ghz = arch->clock_ghz;
    const double dynamic_pj = s->x.seen.energy_pj;
    count_refresh(s);
    for (unsigned l = 0; l <= arch->level_count; l++) {
        const bool memory = l < arch->level_count;
        const double mw =
            memory ? s->model->leakage_mw[l] : s->model->compute_leakage_mw;
        const struct sdse_number *number =
            memory ? &arch->level[l].leakage_mw : &arch->compute.leakage_mw;
        const double pj = mw * cycles / ghz;
        s->x.seen.energy_pj += pj;
        if (!(pj > 0))
            continue;
        char label[96];
        snprintf(label, sizeof label, "%s leakage",
                 memory ? arch->level[l].name : "multiplier");
        const uint64_t instances = sdse_arch_instances(arch, l);
        fprintf(s->x.out, "  %-22s %s instance%s: %s mW x %s cycles / %s GHz = %s pJ",
                label, sdse_digits_u64(instances).text, instances == 1 ? "" : "s",
                sdse_digits_f64(mw).text, sdse_digits_f64(cycles).text,
                sdse_digits_f64(ghz).text, sdse_digits_f64(pj).text);
        sdse_explain_cite(&s->x, number);
        s->x.lines++;
    }
    if (s->model->has_overheads)
        explain_overheads(s, dynamic_pj);
    explain_refresh(s);
}
