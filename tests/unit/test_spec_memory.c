// Out of memory at every allocation in turn: loading, writing and drawing end with
// SDSE_NO_MEMORY or NULL, never with a crash, a leak (under ASan) or a wrong answer.
// The linker routes the allocations of the library through the __wrap_ functions here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/load.h"
#include "spec/write.h"

#define FOLDER SDSE_SOURCE_DIR "/tests/spec-bad/"

// Allocations until the first that fails; negative: none does. From then on all fail,
// or only that one.
static long left = -1;
static bool fail_once;
static bool failed;

static bool may_allocate(void) {
    if (left < 0 || left-- > 0)
        return true;
    failed = true;
    if (!fail_once)
        left = 0;
    return false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_sdse_arena_alloc(struct sdse_arena *arena, size_t count, size_t size);
char *__real_sdse_arena_copy(struct sdse_arena *arena, const char *text, size_t length);
char *__real_sdse_arena_strdup(struct sdse_arena *arena, const char *text);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_sdse_arena_alloc(struct sdse_arena *arena, size_t count, size_t size);
char *__wrap_sdse_arena_copy(struct sdse_arena *arena, const char *text, size_t length);
char *__wrap_sdse_arena_strdup(struct sdse_arena *arena, const char *text);
char *__wrap_sdse_arena_printf(struct sdse_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void *__wrap_malloc(size_t size) { return may_allocate() ? __real_malloc(size) : NULL; }

void *__wrap_calloc(size_t count, size_t size) {
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size) {
    return may_allocate() ? __real_realloc(old, size) : NULL;
}

void *__wrap_sdse_arena_alloc(struct sdse_arena *arena, size_t count, size_t size) {
    return may_allocate() ? __real_sdse_arena_alloc(arena, count, size) : NULL;
}

char *__wrap_sdse_arena_copy(struct sdse_arena *arena, const char *text,
                             size_t length) {
    return may_allocate() ? __real_sdse_arena_copy(arena, text, length) : NULL;
}

char *__wrap_sdse_arena_strdup(struct sdse_arena *arena, const char *text) {
    return may_allocate() ? __real_sdse_arena_strdup(arena, text) : NULL;
}

char *__wrap_sdse_arena_printf(struct sdse_arena *arena, const char *format, ...) {
    if (!may_allocate())
        return NULL;
    va_list args;
    va_start(args, format);
    char *text = sdse_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

struct world {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch *arch; // loaded before memory runs out
    struct sdse_workload *net;
};

typedef enum sdse_status (*job)(struct world *world);

static enum sdse_status load_arch(struct world *w) {
    struct sdse_arch *arch = NULL;
    enum sdse_status status = sdse_arch_load(
        w->arena, SDSE_SOURCE_DIR "/archs/eyeriss.yaml", &w->diags, &arch);
    if (status == SDSE_OK && !sdse_arch_text(w->arena, arch))
        status = SDSE_NO_MEMORY;
    return status;
}

static enum sdse_status override_arch(struct world *w) {
    static const struct sdse_set set = {"GLB.leakage_mw", "3", {"s", 2, 1}};
    struct sdse_node *root = NULL;
    struct sdse_arch *arch = NULL;
    enum sdse_status status =
        sdse_tree_parse_file(w->arena, FOLDER "good-arch.yaml", &w->diags, &root);
    if (status != SDSE_OK)
        return status;
    return sdse_arch_from_tree(w->arena, root, &set, 1, &w->diags, &arch);
}

static enum sdse_status load_net(struct world *w) {
    struct sdse_workload *net = NULL;
    enum sdse_status status =
        sdse_workload_load(w->arena, FOLDER "good-workload.yaml", &w->diags, &net);
    if (status == SDSE_OK && !sdse_workload_text(w->arena, net))
        status = SDSE_NO_MEMORY;
    return status;
}

static enum sdse_status load_mapping(struct world *w) {
    struct sdse_mapping *mapping = NULL;
    enum sdse_status status =
        sdse_mapping_load(w->arena, FOLDER "good-mapping.yaml", w->arch,
                          &w->net->layers[0], &w->diags, &mapping);
    if (status == SDSE_OK && !sdse_mapping_text(w->arena, w->arch, NULL, mapping))
        status = SDSE_NO_MEMORY;
    return status;
}

static enum sdse_status load_sweep(struct world *w) {
    struct sdse_sweep *sweep = NULL;
    enum sdse_status status =
        sdse_sweep_load(w->arena, FOLDER "good-sweep.yaml", &w->diags, &sweep);
    if (status == SDSE_OK &&
        !sdse_sweep_text(w->arena, sweep, sweep->workloads, sweep->archs))
        status = SDSE_NO_MEMORY;
    return status;
}

static enum sdse_status load_faulty(struct world *w) {
    struct sdse_arch *arch = NULL;
    enum sdse_status status =
        sdse_arch_load(w->arena, FOLDER "many-faults-at-once.yaml", &w->diags, &arch);
    // Refused either way, whether there was memory to say why or not.
    if (status == SDSE_INVALID)
        assert_true(w->diags.errors > 0);
    return status;
}

// Fails allocation 0, 1, 2 … until the job ends without a failure.
static void sweep_failures(job run, enum sdse_status expected, bool once) {
    long failing = 0;
    do {
        struct world w = {.arena = sdse_arena_new()};
        sdse_diags_init(&w.diags, w.arena);
        sdse_arch_load(w.arena, FOLDER "good-arch.yaml", &w.diags, &w.arch);
        sdse_workload_load(w.arena, FOLDER "good-workload.yaml", &w.diags, &w.net);
        assert_int_equal(w.diags.errors, 0);
        fail_once = once;
        failed = false;
        left = failing++;
        enum sdse_status status = run(&w);
        left = -1;
        if (status != expected && !(failed && status == SDSE_NO_MEMORY))
            sdse_diags_print(&w.diags, stderr, false);
        assert_true(status == expected || (failed && status == SDSE_NO_MEMORY));
        sdse_arena_free(w.arena);
        assert_true(failing < 100000);
    } while (failed);
    assert_true(failing > 20);
}

static void arch_survives(void **state) {
    (void)state;
    sweep_failures(load_arch, SDSE_OK, false);
    sweep_failures(load_arch, SDSE_OK, true);
}
static void override_survives(void **state) {
    (void)state;
    sweep_failures(override_arch, SDSE_OK, false);
    sweep_failures(override_arch, SDSE_OK, true);
}
static void workload_survives(void **state) {
    (void)state;
    sweep_failures(load_net, SDSE_OK, false);
    sweep_failures(load_net, SDSE_OK, true);
}
static void mapping_survives(void **state) {
    (void)state;
    sweep_failures(load_mapping, SDSE_OK, false);
    sweep_failures(load_mapping, SDSE_OK, true);
}
static void sweep_survives(void **state) {
    (void)state;
    sweep_failures(load_sweep, SDSE_OK, false);
    sweep_failures(load_sweep, SDSE_OK, true);
}
static void faults_survive(void **state) {
    (void)state;
    sweep_failures(load_faulty, SDSE_INVALID, false);
    sweep_failures(load_faulty, SDSE_INVALID, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arch_survives),     cmocka_unit_test(override_survives),
        cmocka_unit_test(workload_survives), cmocka_unit_test(mapping_survives),
        cmocka_unit_test(sweep_survives),    cmocka_unit_test(faults_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
