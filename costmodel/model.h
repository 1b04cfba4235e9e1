// A prepared model: what evaluate.c needs of an accelerator, a layer and a weight form.
// Private to costmodel/.
#ifndef SDSE_COSTMODEL_MODEL_H
#define SDSE_COSTMODEL_MODEL_H

#include "costmodel/effects.h"
#include "costmodel/evaluate.h"
#include "costmodel/view.h"
#include "spec/types/residence.h"

enum { SDSE_MAX_FLOWS = 5 };

// A flow: words that travel together down (or up) one chain of memories. Raw layers
// have three, the tensors. SmartDeal weights are three flows above the rebuild engine
// (coefficients, basis, index), each with memories of its own, that meet in it; below
// it the first of them stands for the rebuilt words.
struct sdse_flow {
    enum sdse_tensor tensor;
    enum sdse_part part;
    bool ends_in_engine; // basis and index: nothing of them exists below the engine
};

struct sdse_model {
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    struct sdse_weight_form form;
    unsigned flow_count;
    struct sdse_flow flow[SDSE_MAX_FLOWS];
    // Stored bits of one word of each part at each level (basis: of one basis word).
    double bits[SDSE_MAX_LEVELS][SDSE_PARTS];
    // Bits of the place of one: the same, but where a format provides for the worst.
    double place_bits[SDSE_MAX_LEVELS][SDSE_PARTS];
    double plain_bits[SDSE_MAX_LEVELS][SDSE_TENSORS]; // the same, before it is coded
    double partial_bits[SDSE_MAX_LEVELS]; // of one partial sum at each level
    uint64_t macs;
    struct sdse_effects effects;
    double mac_pj;                      // of all of them, gated ones left out
    double engine_pj[SDSE_MAX_ENGINES]; // of all events of each engine
    double sum_pj;                      // of all sums of products made first
    // Of a weight below each level, where products are made first.
    double weight_wire_bits[SDSE_MAX_LEVELS];
    double shift_adds_per_weight;
    double pass_cycles[SDSE_MAX_LEVELS]; // lost by each pass of the loops outside
    double leakage_mw[SDSE_MAX_LEVELS];  // all instances; 0 where a memory is shared
    double compute_leakage_mw;
    bool has_overheads;
    // Whether lives of tiles matter: some memory forgets, or limits them.
    bool counts_lives;
};

// The parts of SmartDeal weights, as a set.
#define SDSE_SMARTDEAL_PARTS                                        \
    (SDSE_BIT(SDSE_PART_COEFFICIENTS) | SDSE_BIT(SDSE_PART_BASIS) | \
     SDSE_BIT(SDSE_PART_INDEX))

// Bits of a word of a tensor on the network below level `l`, outside of SmartDeal's
// parts: as wide as level `holder`, which it comes from, stores plain ones.
static inline double sdse_model_wire_bits(const struct sdse_model *model,
                                          enum sdse_tensor tensor, unsigned holder,
                                          unsigned l) {
    return tensor == SDSE_WEIGHTS && model->form.first
               ? model->weight_wire_bits[l]
               : model->plain_bits[holder][tensor];
}

// The engine that makes products first; NULL if there is none.
const struct sdse_engine *sdse_products_engine(const struct sdse_arch *arch);

// Words that the layer puts out.
uint64_t sdse_model_output_words(const struct sdse_model *model);

// The level at which a tensor is as a whole: where its chain of keepers starts.
unsigned sdse_model_home(const struct sdse_model *model, enum sdse_tensor tensor);

// The level that a tensor's words are brought in from to where it is at home.
unsigned sdse_model_source(const struct sdse_model *model, enum sdse_tensor tensor);

// Words that a residence brings in from the outermost memory to the shared one, as the
// part that a flow is out there: of weights all, of inputs as many as it says.
uint64_t sdse_model_brought_words(const struct sdse_model *model,
                                  const struct sdse_flow *flow);

// Bits that the tiles of one copy of the memory at level `l` may take on `arch` (the
// model's, or one that differs in capacities), whatever is reserved there left out; of
// the place of outputs at home the least that it can be. INFINITY: unlimited; negative:
// what is reserved does not fit.
double sdse_model_room_bits(const struct sdse_model *model,
                            const struct sdse_arch *arch, unsigned l);

// Whether level `l` keeps the words of a flow. A memory that keeps plain "weights"
// above the rebuild engine keeps all parts of them.
bool sdse_model_keeps(const struct sdse_model *model, const unsigned *mapping_keeps,
                      const struct sdse_flow *flow, unsigned l);

// The part a flow is at level `l`: below the engine the rebuilt words.
enum sdse_part sdse_model_part_at(const struct sdse_model *model,
                                  const struct sdse_flow *flow, unsigned l);

#endif
