#include "dse/search/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dse/search/nsga2.h"
#include "dse/search/random.h"
#include "dse/search/sobol.h"
#include "dse/search/visited.h"

// Draws of one design before the next number is taken that was not asked for.
enum { DRAWS = 64, MUTATIONS = 16 };

struct sdse_search {
    struct sdse_search_space space;
    struct sdse_search_axis *axes;
    struct sdse_search_setting setting;
    uint64_t designs, total, asked, told;
    struct sdse_visited visited;
    struct sdse_sobol sobol;
    uint64_t next_point; // of the sequence
    // nsga2: the population, then its children, in the order in which they are asked.
    struct sdse_nsga2_member *members;
    uint64_t *values; // theirs
    size_t *room;
    size_t parents, children;
};

enum sdse_status sdse_search_new(const struct sdse_search_space *space,
                                 const struct sdse_search_setting *setting,
                                 struct sdse_search **search) {
    uint64_t designs;
    if (!sdse_search_designs(space, &designs))
        return SDSE_OVERFLOW;
    struct sdse_search *made = calloc(1, sizeof *made);
    if (!made)
        return SDSE_NO_MEMORY;
    const size_t axes = space->axis_count;
    made->setting = *setting;
    made->designs = designs;
    made->total = setting->evaluations < designs ? setting->evaluations : designs;
    if (made->setting.population > made->total)
        made->setting.population = made->total;
    const size_t most =
        setting->method == SDSE_SEARCH_NSGA2 ? 2 * (size_t)made->setting.population : 0;
    made->axes = calloc(axes, sizeof *made->axes);
    made->members = calloc(most + 1, sizeof *made->members);
    made->values = calloc(most * axes + 1, sizeof *made->values);
    made->room = calloc(2 * most + 1, sizeof *made->room);
    if (!made->axes || !made->members || !made->values || !made->room) {
        sdse_search_free(made);
        return SDSE_NO_MEMORY;
    }
    memcpy(made->axes, space->axes, axes * sizeof *made->axes);
    made->space = (struct sdse_search_space){axes, made->axes};
    for (size_t i = 0; i < most; i++)
        made->members[i].value = made->values + i * axes;
    sdse_sobol_begin(&made->sobol);
    *search = made;
    return SDSE_OK;
}

void sdse_search_free(struct sdse_search *search) {
    if (!search)
        return;
    sdse_visited_free(&search->visited);
    free(search->axes);
    free(search->members);
    free(search->values);
    free(search->room);
    free(search);
}

uint64_t sdse_search_total(const struct sdse_search *search) { return search->total; }

static bool has_generations(const struct sdse_search *search) {
    return search->setting.method == SDSE_SEARCH_NSGA2;
}

uint64_t sdse_search_ready(const struct sdse_search *search) {
    const uint64_t left = search->total - search->asked;
    if (!has_generations(search))
        return left;
    const uint64_t room = search->setting.population - search->children;
    return room < left ? room : left;
}

// --- Drawing ---

// Coordinate of a point of the sequence; in the dimensions that it has not, random.
static uint64_t coordinate(const struct sdse_search *search, size_t axis) {
    const uint64_t seed = search->setting.seed;
    if (axis < SDSE_SOBOL_AXES)
        return sdse_sobol_scrambled(&search->sobol, search->next_point, axis, seed);
    return sdse_search_stream(seed ^ axis << 32, search->next_point) >> 32;
}

static void draw_sobol(struct sdse_search *search, uint64_t *value) {
    for (size_t i = 0; i < search->space.axis_count; i++)
        value[i] = coordinate(search, i) * search->axes[i].length >> 32;
    search->next_point++;
}

static void draw_random(const struct sdse_search *search, uint64_t *stream,
                        uint64_t *value) {
    sdse_search_design(&search->space, sdse_search_draw(stream, search->designs),
                       value);
}

static bool is_new(const struct sdse_search *search, const uint64_t *value) {
    return !sdse_visited_has(&search->visited,
                             sdse_search_number(&search->space, value));
}

// The next number that was not asked for; there is one.
static void go_on(const struct sdse_search *search, uint64_t *value) {
    uint64_t number = sdse_search_number(&search->space, value);
    while (sdse_visited_has(&search->visited, number))
        number = (number + 1) % search->designs;
    sdse_search_design(&search->space, number, value);
}

static void draw_child(struct sdse_search *search, uint64_t *stream, uint64_t *value) {
    sdse_nsga2_cross(&search->space, search->members, search->parents, stream, value);
    sdse_nsga2_mutate(&search->space, false, stream, value);
    for (int i = 0; i < MUTATIONS && !is_new(search, value); i++)
        sdse_nsga2_mutate(&search->space, true, stream, value);
}

enum sdse_status sdse_search_ask(struct sdse_search *search, uint64_t *value) {
    assert(sdse_search_ready(search) > 0);
    const uint64_t next = search->next_point;
    uint64_t stream = sdse_search_stream(search->setting.seed, search->asked);
    if (has_generations(search) && search->parents)
        draw_child(search, &stream, value);
    else if (search->setting.method == SDSE_SEARCH_RANDOM)
        draw_random(search, &stream, value);
    else
        draw_sobol(search, value);
    for (int i = 0; i < DRAWS && !is_new(search, value); i++) {
        if (search->parents || search->setting.method == SDSE_SEARCH_RANDOM)
            draw_random(search, &stream, value);
        else
            draw_sobol(search, value);
    }
    go_on(search, value);
    const uint64_t number = sdse_search_number(&search->space, value);
    sdse_search_design(&search->space, number, value); // what does not count is 0
    if (!sdse_visited_add(&search->visited, number)) {
        search->next_point = next;
        return SDSE_NO_MEMORY;
    }
    search->asked++;
    if (has_generations(search))
        memcpy(search->members[search->parents + search->children++].value, value,
               search->space.axis_count * sizeof *value);
    return SDSE_OK;
}

// --- Generations ---

void sdse_search_tell(struct sdse_search *search,
                      const struct sdse_search_score *score) {
    assert(search->told < search->asked);
    if (!has_generations(search)) {
        search->told++;
        return;
    }
    const size_t told = search->children - (size_t)(search->asked - search->told);
    search->members[search->parents + told].score = *score;
    search->told++;
    const bool complete =
        search->told == search->asked && search->children == search->setting.population;
    if (!complete)
        return;
    const size_t all = search->parents + search->children;
    const size_t keep = (size_t)search->setting.population;
    sdse_nsga2_select(search->members, all, keep, search->setting.objectives,
                      search->room);
    search->parents = keep;
    search->children = 0;
}
