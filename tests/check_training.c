// check_training CASE.json...: bucket-switching training against recorded steps, and
// storage against recorded accounts (tests/data/training).
//
// A case of a layer: slicing, smallest coefficient, start and every step's
// coefficients, counters, hits and non-zeros exactly, the basis to 1e-6. A list:
// storage, exactly. Prints each mismatch as `case: what`, then `N cases, M mismatches`.
// What is missing from a case or not known here is a mismatch. Exit status 1 if there
// is any mismatch or unreadable file.
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "smartdeal/train/bucket.h"
#include "smartdeal/train/layout.h"
#include "spec/tree.h"
#include "spec/value.h"

struct check {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    const char *name;
    unsigned mismatches;
};

__attribute__((format(printf, 2, 3))) static void wrong(struct check *check,
                                                        const char *format, ...) {
    va_list args;
    printf("%s: ", check->name);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    check->mismatches++;
}

static double number(struct check *check, const struct sdse_node *in, const char *key,
                     double otherwise) {
    const struct sdse_node *node = sdse_node_get(in, key);
    double value = otherwise;
    if (node && sdse_node_is_null(node))
        return otherwise;
    if (!node ? isnan(otherwise) : !sdse_node_as_double(node, &value))
        wrong(check, "'%s' must be a number", key);
    return isnan(value) ? 0 : value;
}

static uint64_t whole(struct check *check, const struct sdse_node *in, const char *key,
                      int64_t otherwise) {
    const struct sdse_node *node = sdse_node_get(in, key);
    uint64_t value = otherwise < 0 ? 0 : (uint64_t)otherwise;
    if (!node ? otherwise < 0 : !sdse_node_as_u64(node, &value))
        wrong(check, "'%s' must be a whole number", key);
    return value;
}

// A list of exactly `count` numbers.
static double *numbers(struct check *check, const struct sdse_node *in, const char *key,
                       uint64_t count) {
    const struct sdse_node *node = sdse_node_get(in, key);
    double *list = SDSE_ARENA_ARRAY(check->arena, double, count + 1);
    if (!list || !node || node->kind != SDSE_NODE_SEQUENCE || node->count != count) {
        wrong(check, "'%s' must be a list of %llu numbers", key,
              (unsigned long long)count);
        return NULL;
    }
    uint64_t i = 0;
    for
        SDSE_EACH_CHILD(child, node) {
            if (!sdse_node_as_double(child, &list[i++])) {
                wrong(check, "'%s' must be a list of numbers", key);
                return NULL;
            }
        }
    return list;
}

static void same(struct check *check, const char *what, double expected, double got) {
    if (expected != got)
        wrong(check, "%s: expected %.17g, got %.17g", what, expected, got);
}

// ---- steps ------------------------------------------------------------------

static bool shape_of(struct check *check, const struct sdse_node *layer,
                     struct sdse_train_shape *shape) {
    const struct sdse_node *type = sdse_node_get(layer, "type");
    const bool fc = type && type->text && strcmp(type->text, "fc") == 0;
    const uint64_t square = whole(check, layer, "kernel", 1);
    const uint64_t groups = whole(check, layer, "groups", 1);
    *shape = (struct sdse_train_shape){
        .filters = whole(check, layer, "K", -1),
        .channels = whole(check, layer, "C", -1) / (groups ? groups : 1),
        .kernel_rows = fc ? 1 : whole(check, layer, "R", (int64_t)square),
        .kernel_columns = fc ? 1 : whole(check, layer, "S", (int64_t)square),
    };
    return check->mismatches == 0;
}

static bool layout_of(struct check *check, const struct sdse_node *layer,
                      struct sdse_train_layout *layout) {
    struct sdse_train_shape shape;
    if (!shape_of(check, layer, &shape))
        return false;
    if (sdse_train_layout_of(&shape, (struct sdse_loc){.file = check->name},
                             &check->diags, layout) == SDSE_OK)
        return true;
    sdse_diags_print(&check->diags, stdout, false);
    wrong(check, "the layer is refused");
    return false;
}

static struct sdse_bucket_rule rule_of(struct check *check,
                                       const struct sdse_node *hyper) {
    const double momentum = number(check, hyper, "momentum", NAN);
    return (struct sdse_bucket_rule){
        .theta = number(check, hyper, "theta", NAN),
        .max_coefficient = number(check, hyper, "max_C", 0),
        .switch_bar = (unsigned)whole(check, hyper, "switch_bar", -1),
        .dead_zone = number(check, hyper, "dc_threshold", NAN),
        .momentum_c = momentum,
        .momentum_b = momentum,
        .weight_decay = number(check, hyper, "weight_decay", NAN),
        .reset_every = whole(check, hyper, "reset_every", 0),
    };
}

static void check_slicing(struct check *check, const struct sdse_node *slicing,
                          const struct sdse_train_layout *l) {
    same(check, "blocks_per_filter",
         (double)whole(check, slicing, "blocks_per_filter", -1), (double)l->blocks);
    same(check, "rows", (double)whole(check, slicing, "rows", -1), (double)l->rows);
    same(check, "n", (double)whole(check, slicing, "n", -1), l->n);
    same(check, "blocks", (double)whole(check, slicing, "blocks", -1),
         (double)(l->filters * l->blocks));
}

// The start is recorded before what rounding left below theta becomes 0.
static void check_start(struct check *check, const struct sdse_node *initial,
                        const struct sdse_bucket_layer *layer) {
    const uint64_t count = sdse_train_coefficients(&layer->layout);
    const double *c = numbers(check, initial, "C", count);
    const double *mask = numbers(check, initial, "mask", count);
    for (uint64_t i = 0; c && mask && i < count; i++) {
        const double kept = fabs(c[i]) < layer->rule.theta - 1e-5 ? 0 : c[i];
        if (kept != layer->c[i] || mask[i] != layer->mask[i]) {
            wrong(check, "start, entry %llu: expected %g in mask %g, got %g in %d",
                  (unsigned long long)i, kept, mask[i], layer->c[i], layer->mask[i]);
            return;
        }
    }
}

static void check_after(struct check *check, const struct sdse_node *step,
                        const struct sdse_bucket_layer *layer, uint64_t hits) {
    const unsigned index = (unsigned)step->index;
    const uint64_t count = sdse_train_coefficients(&layer->layout);
    const uint64_t words = sdse_train_basis_words(&layer->layout);
    const double *c = numbers(check, step, "C", count);
    const double *counter = numbers(check, step, "counter", count);
    const double *basis = numbers(check, step, "B", words);
    const uint64_t read = whole(check, step, "read", -1);
    const uint64_t expected = whole(check, step, "hits", -1);
    unsigned different = 0;
    for (uint64_t i = 0; c && counter && i < count; i++)
        if ((c[i] != layer->c[i] || counter[i] != layer->counter[i]) && !different++)
            wrong(check, "step %u, entry %llu: expected %g and counter %g, got %g, %d",
                  index, (unsigned long long)i, c[i], counter[i], layer->c[i],
                  layer->counter[i]);
    different = 0;
    for (uint64_t i = 0; basis && i < words; i++)
        if (!(fabs(basis[i] - layer->basis[i]) <= 1e-6) && !different++)
            wrong(check, "step %u, B %llu: expected %.9g, got %.9g", index,
                  (unsigned long long)i, basis[i], layer->basis[i]);
    if (read != sdse_bucket_nonzeros(layer) || expected != hits)
        wrong(
            check, "step %u: expected %llu hits and %llu non-zeros, got %llu and %llu",
            index, (unsigned long long)expected, (unsigned long long)read,
            (unsigned long long)hits, (unsigned long long)sdse_bucket_nonzeros(layer));
}

static void check_steps(struct check *check, const struct sdse_node *steps,
                        struct sdse_bucket_layer *layer) {
    const uint64_t words = sdse_train_weights(&layer->layout);
    float *gradient = SDSE_ARENA_ARRAY(check->arena, float, words);
    if (!gradient || !steps || steps->count == 0) {
        wrong(check, "no steps");
        return;
    }
    for
        SDSE_EACH_CHILD(step, steps) {
            const double *g = numbers(check, step, "gW", words);
            for (uint64_t i = 0; g && i < words; i++)
                gradient[i] = (float)g[i];
            if (g)
                check_after(
                    check, step, layer,
                    sdse_bucket_step(layer, gradient, number(check, step, "lr", NAN))
                        .hits);
        }
}

static void check_layer(struct check *check, const struct sdse_node *root) {
    struct sdse_train_layout layout;
    struct sdse_bucket_layer layer;
    const struct sdse_node *hyper = sdse_node_get(root, "hyper");
    const struct sdse_node *initial = sdse_node_get(root, "initial");
    if (!layout_of(check, sdse_node_get(root, "layer"), &layout))
        return;
    check_slicing(check, sdse_node_get(root, "slicing"), &layout);
    const struct sdse_bucket_rule rule = rule_of(check, hyper);
    if (sdse_bucket_check(&rule, (struct sdse_loc){.file = check->name},
                          &check->diags) != SDSE_OK) {
        sdse_diags_print(&check->diags, stdout, false);
        wrong(check, "the rule is refused");
        return;
    }
    same(check, "min_C", number(check, hyper, "min_C", NAN),
         sdse_bucket_least(rule.theta));
    const double *raw =
        numbers(check, initial, "C_raw", sdse_train_coefficients(&layout));
    const double *basis = numbers(check, initial, "B", sdse_train_basis_words(&layout));
    if (!raw || !basis)
        return;
    if (sdse_bucket_start(&layout, &rule, raw, basis, &layer) == SDSE_OK) {
        check_start(check, initial, &layer);
        check_steps(check, sdse_node_get(root, "steps"), &layer);
    } else {
        wrong(check, "out of memory");
    }
    sdse_bucket_free(&layer);
}

// ---- storage ----------------------------------------------------------------

static void check_account(struct check *check, const struct sdse_node *node) {
    const struct sdse_node *expect = sdse_node_get(node, "expect");
    const struct sdse_node *single = sdse_node_get(node, "layer");
    struct sdse_train_storage s;
    struct sdse_train_layout layout;
    const struct sdse_train_counts counts = {
        .coefficients = whole(check, node, "coefficients", -1),
        .nonzeros = whole(check, node, "nonzeros", -1),
        .basis_words = whole(check, node, "basis_words", -1),
        .weights = whole(check, node, "weights", -1),
        .magnitudes = whole(check, node, "distinct_magnitudes", -1),
        .basis_word_bits = (uint32_t)whole(check, node, "basis_word_bits", -1),
    };
    if (single && layout_of(check, single, &layout)) {
        same(check, "coefficients", (double)counts.coefficients,
             (double)sdse_train_coefficients(&layout));
        same(check, "basis_words", (double)counts.basis_words,
             (double)sdse_train_basis_words(&layout));
        same(check, "weights", (double)counts.weights,
             (double)sdse_train_weights(&layout));
    }
    if (sdse_train_storage_of(&counts, &s) != SDSE_OK) {
        wrong(check, "64 bits do not do");
        return;
    }
    const double mib = 8.0 * 1024 * 1024;
    const struct {
        const char *name;
        double got;
    } account[] = {
        {"coefficient_bits", s.coefficient_bits},
        {"Ce_bits", (double)s.ce_bits},
        {"index_bits", (double)s.index_bits},
        {"basis_bits", (double)s.basis_bits},
        {"total_bits", (double)s.total_bits},
        {"Ce_MiB", (double)s.ce_bits / mib},
        {"index_MiB", (double)s.index_bits / mib},
        {"basis_MiB", (double)s.basis_bits / mib},
        {"total_MiB", (double)s.total_bits / mib},
        {"fp32_MiB", 32 * (double)counts.weights / mib},
        {"ratio", s.ratio},
    };
    enum { ACCOUNTS = sizeof account / sizeof account[0] };
    for (unsigned i = 0; i < ACCOUNTS; i++)
        same(check, account[i].name, number(check, expect, account[i].name, NAN),
             account[i].got);
    if (expect && expect->count != ACCOUNTS)
        wrong(check, "expects something that is not known here");
}

static const char *name_of(const struct sdse_node *node, const char *otherwise) {
    const struct sdse_node *name = sdse_node_get(node, "name");
    return name && name->text ? name->text : otherwise;
}

static unsigned check_file(const char *path, unsigned *cases) {
    struct check check = {.arena = sdse_arena_new(), .name = path};
    struct sdse_node *root;
    if (!check.arena) {
        printf("%s: out of memory\n", path);
        return 1;
    }
    sdse_diags_init(&check.diags, check.arena);
    if (sdse_tree_parse_file(check.arena, path, &check.diags, &root) != SDSE_OK) {
        sdse_diags_print(&check.diags, stdout, false);
        check.mismatches = 1;
        ++*cases;
    } else if (root->kind == SDSE_NODE_SEQUENCE) {
        unsigned mismatches = 0;
        for
            SDSE_EACH_CHILD(child, root) {
                check.name = name_of(child, path);
                check.mismatches = 0;
                check_account(&check, child);
                mismatches += check.mismatches;
                ++*cases;
            }
        check.mismatches = mismatches;
    } else {
        check.name = name_of(root, path);
        check_layer(&check, root);
        ++*cases;
    }
    sdse_arena_free(check.arena);
    return check.mismatches;
}

int main(int argc, char **argv) {
    unsigned mismatches = 0, cases = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: check_training CASE.json...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        mismatches += check_file(argv[i], &cases);
    printf("%u cases, %u mismatches\n", cases, mismatches);
    return mismatches > 0;
}
