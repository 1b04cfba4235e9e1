// Recurrent layers as the products that they are: of what they read, all time steps at
// once, and of their state, one step after the other.
#include "spec/workload_reader.h"

// Gates of a cell and what it does to each word of its state beside the products: sums
// of the two products, functions of a word, products and sums of gates.
//     lstm  4 sums, 5 functions, 3 products and 1 sum
//     gru   3 sums, 3 functions, 3 products, 1 difference and 1 sum
enum { LSTM_GATES = 4, LSTM_OPERATIONS = 13, GRU_GATES = 3, GRU_OPERATIONS = 11 };

void sdse_layer_read_recurrent(struct sdse_layer_reader *r) {
    struct sdse_layer *input = r->layer;
    const bool lstm = r->kind == SDSE_WRITTEN_LSTM;
    const uint64_t in = sdse_layer_count(r, "in", 0);
    const uint64_t hidden = sdse_layer_count(r, "hidden", 0);
    const uint64_t steps = sdse_layer_count(r, "steps", 0);
    const uint64_t each = r->batch * sdse_layer_count(r, "batch", 1);
    struct sdse_layer *more = SDSE_ARENA_ARRAY(r->arena, struct sdse_layer, 2);
    if (!more) {
        r->out_of_memory = true;
        return;
    }
    const char *name = input->name;
    uint64_t *bound = input->nest.bound;
    bound[SDSE_N] = each;
    bound[SDSE_C] = in;
    bound[SDSE_K] = hidden * (lstm ? LSTM_GATES : GRU_GATES);
    struct sdse_layer *state = &more[0], *gates = &more[1];
    *state = *input;
    state->nest.bound[SDSE_C] = hidden;
    state->steps = steps;
    state->repeat *= steps;
    bound[SDSE_P] = input->in_height = steps;
    // The cell works while the products come: nothing of it moves through memories.
    *gates = *input;
    gates->kind = SDSE_ACT;
    gates->activations = NULL;
    gates->weight_digits = NULL;
    gates->nest.bound[SDSE_C] = gates->nest.bound[SDSE_K] = 1;
    gates->nest.bound[SDSE_G] = hidden;
    gates->nest.map[0] = steps;
    gates->nest.map[1] = 1;
    gates->move =
        (struct sdse_move){.fused = true,
                           .addends = 1,
                           .passes = 1,
                           .operations = lstm ? LSTM_OPERATIONS : GRU_OPERATIONS};
    input->name = sdse_arena_printf(r->arena, "%s.in", name);
    state->name = sdse_arena_printf(r->arena, "%s.state", name);
    gates->name = sdse_arena_printf(r->arena, "%s.gates", name);
    r->out_of_memory |= !input->name || !state->name || !gates->name;
    r->more = more;
    r->more_count = 2;
}
