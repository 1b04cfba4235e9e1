// What is known of the layers under places: answers, each valid in an interval of room.
// Private to dse/residency/.
#ifndef SDSE_DSE_RESIDENCY_ANSWERS_H
#define SDSE_DSE_RESIDENCY_ANSWERS_H

#include "dse/residency/residency.h"

struct sdse_answer {
    const struct sdse_answer *next;         // of the same shape, operands and place
    double least_room_bits, most_room_bits; // where it is the answer
    struct sdse_map_answer answer;
    struct sdse_layer_front front;
    struct sdse_arena *arena; // owns it; NULL: somebody else
};

struct sdse_answers {
    const struct sdse_residency_request *request;
    unsigned level;
    double capacity_bits;  // INFINITY: unlimited
    uint32_t operands;     // most of a layer
    uint32_t addends;      // likewise
    const uint32_t *parts; // of each layer: ranges of channels put together; 0: none
    // [shape][operands at home, 0 first][addends at home][weights at home][outputs]
    const struct sdse_answer **known;
    uint64_t searches;
    bool stopped;
    struct sdse_arena *arena;
};

// Knows what each layer answers without sharing. SDSE_NO_MEMORY.
enum sdse_status sdse_answers_init(const struct sdse_residency_request *request,
                                   unsigned level, uint32_t operands, uint32_t addends,
                                   struct sdse_arena *arena,
                                   struct sdse_answers *answers);
void sdse_answers_free(struct sdse_answers *answers);

// The answer to a question: a known one, or the mapper's.
enum sdse_status sdse_answers_get(struct sdse_answers *answers,
                                  const struct sdse_place_question *question,
                                  const struct sdse_answer **answer);

// Asks many questions at once, by the request's threads; of those about one
// shape in the same places the one with the most room.
enum sdse_status sdse_answers_prepare(struct sdse_answers *answers,
                                      const struct sdse_place_question *question,
                                      size_t count);

#endif
