// What is known of the layers under places: answers, each valid in an interval of room
// of each memory that shares. Private to dse/residency/.
#ifndef SDSE_DSE_RESIDENCY_ANSWERS_H
#define SDSE_DSE_RESIDENCY_ANSWERS_H

#include "dse/residency/residency.h"

struct sdse_answer {
    const struct sdse_answer *next; // of the same shape
    struct sdse_place_question of;  // a question that it answers
    // Where it is the answer, in each memory.
    double least_room_bits[SDSE_MOST_SHARED], most_room_bits[SDSE_MOST_SHARED];
    struct sdse_map_answer answer;
    struct sdse_layer_front front;
    struct sdse_arena *arena; // owns it; NULL: somebody else
};

struct sdse_answers {
    const struct sdse_residency_request *request;
    unsigned memory_count; // that share
    unsigned level[SDSE_MOST_SHARED];
    double capacity_bits[SDSE_MOST_SHARED]; // INFINITY: unlimited
    const uint32_t *parts; // of each layer: ranges of channels put together; 0: none
    const struct sdse_answer **known; // [shape]
    uint64_t searches;
    bool stopped;
    struct sdse_arena *arena;
};

// Knows what each layer answers without sharing. SDSE_NO_MEMORY.
enum sdse_status sdse_answers_init(const struct sdse_residency_request *request,
                                   struct sdse_arena *arena,
                                   struct sdse_answers *answers);
void sdse_answers_free(struct sdse_answers *answers);

// Whether what is held alone fits. own_bits: more of the memory that the outputs are
// in.
bool sdse_answers_hold(const struct sdse_answers *answers,
                       const struct sdse_place_question *question, double own_bits);

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
