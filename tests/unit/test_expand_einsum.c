// Einsum against its definition: every label runs over its extent, whatever the
// equation.
#include "support/forward_case.h"

enum { ROUNDS = 600, MOST_OPERANDS = 3, LABELS = 6 };

static void begin(struct forward_case *c, const char *equation) {
    case_begin(c, "Einsum");
    onnx_set_text(&c->b, c->node, "equation", equation);
}

// The numbers of "ab,bc->ac" by one loop over all labels.
static double *sum_all(const struct forward_case *c, const char *equation,
                       const int64_t *extent, size_t *count) {
    const char *out = strstr(equation, "->") + 2;
    int64_t all = 1;
    *count = 1;
    for (int l = 0; l < LABELS; l++)
        all *= strchr(equation, 'a' + l) ? extent[l] : 1;
    for (const char *at = out; *at; at++)
        *count *= (size_t)extent[*at - 'a'];
    double *sum = calloc(*count, sizeof *sum);
    for (int64_t i = 0; i < all; i++) {
        int64_t at[LABELS] = {0}, rest = i;
        for (int l = 0; l < LABELS; l++) {
            if (!strchr(equation, 'a' + l))
                continue;
            at[l] = rest % extent[l];
            rest /= extent[l];
        }
        double term = 1;
        const char *text = equation;
        for (unsigned o = 0; o < c->inputs; o++, text++) {
            size_t place = 0;
            for (; *text >= 'a'; text++)
                place = place * (size_t)extent[*text - 'a'] + (size_t)at[*text - 'a'];
            term *= c->in[o].data[place];
        }
        size_t place = 0;
        for (const char *o = out; *o; o++)
            place = place * (size_t)extent[*o - 'a'] + (size_t)at[*o - 'a'];
        sum[place] += term;
    }
    return sum;
}

static void any_equation(void **state) {
    (void)state;
    case_random = 91;
    unsigned weights = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const unsigned operands = (unsigned)pick(1, MOST_OPERANDS);
        char equation[64] = "", seen[LABELS + 1] = "";
        int64_t extent[LABELS];
        for (int l = 0; l < LABELS; l++)
            extent[l] = pick(1, 3);
        for (unsigned o = 0; o < operands; o++) {
            strcat(equation, o ? "," : "");
            for (int l = 0; l < LABELS; l++) {
                // In any order: from one letter on and round.
                const char label[2] = {(char)('a' + (l + (int)o * 2) % LABELS), 0};
                if (pick(0, 1) == 0)
                    continue;
                strcat(equation, label);
                if (!strchr(seen, label[0]))
                    strcat(seen, label);
            }
        }
        strcat(equation, "->");
        for (size_t i = strlen(seen); i-- > 0;)
            if (pick(0, 1))
                strncat(equation, &seen[i], 1);
        struct forward_case c;
        begin(&c, equation);
        const char *text = equation;
        for (unsigned o = 0; o < operands; o++, text++) {
            int64_t dims[LABELS];
            unsigned rank = 0;
            for (; *text >= 'a'; text++)
                dims[rank++] = extent[*text - 'a'];
            struct tensor t = random_tensor(rank, dims);
            t.stored = o == 1 && pick(0, 1);
            case_add(&c, t);
            weights += t.stored;
        }
        size_t count;
        double *wanted = sum_all(&c, equation, extent, &count);
        if (case_run(&c) != SDSE_OK) {
            sdse_diags_print(&c.diags, stderr, false);
            fail_msg("%s", equation);
        }
        assert_int_equal(c.out[0].count, count);
        for (size_t i = 0; i < count; i++)
            if (!(fabs(c.out[0].data[i] - wanted[i]) <=
                  1e-4 * fmax(1, fabs(wanted[i]))))
                fail_msg("%s: number %zu is %.9g, wanted %.9g", equation, i,
                         c.out[0].data[i], wanted[i]);
        free(wanted);
        case_end(&c);
    }
    assert_in_range(weights, 100, ROUNDS);
}

// Equations as people write them: MACs, weights and kinds of their layers.
static void products_are_layers(void **state) {
    (void)state;
    static const struct {
        const char *equation;
        int64_t a[4], b[4];
        unsigned rank_a, rank_b;
        int stored; // which operand is weights; 2: none
        enum sdse_layer_kind kind;
        uint64_t macs, weights;
    } cases[] = {
        {"bsd,dh->bsh", {1, 5, 6}, {6, 7}, 3, 2, 1, SDSE_FC, 5 * 6 * 7, 42},
        {"bsd,hd->bsh", {1, 5, 6}, {7, 6}, 3, 2, 1, SDSE_FC, 5 * 6 * 7, 42},
        {"dh,bsd->bsh", {6, 7}, {1, 5, 6}, 2, 3, 0, SDSE_FC, 5 * 6 * 7, 42},
        {"bsd,dnh->bsnh", {1, 5, 6}, {6, 2, 4}, 3, 3, 1, SDSE_FC, 5 * 6 * 8, 48},
        {"bsnh,nhd->bsd", {1, 5, 2, 4}, {2, 4, 6}, 4, 3, 1, SDSE_FC, 5 * 8 * 6, 48},
        {"bqnh,bknh->bnqk",
         {1, 5, 2, 4},
         {1, 3, 2, 4},
         4,
         4,
         2,
         SDSE_MATMUL,
         2 * 5 * 3 * 4,
         0},
        {"... i , i j -> ... j", {1, 2, 3, 4}, {4, 5}, 4, 2, 1, SDSE_FC, 6 * 20, 20},
        {"ij,jk", {3, 4}, {4, 5}, 2, 2, 1, SDSE_FC, 60, 20},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct forward_case c;
        begin(&c, cases[i].equation);
        struct tensor a = random_tensor(cases[i].rank_a, cases[i].a),
                      b = random_tensor(cases[i].rank_b, cases[i].b);
        a.stored = cases[i].stored == 0;
        b.stored = cases[i].stored == 1;
        case_add(&c, a), case_add(&c, b);
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.layers.count, 1);
        assert_int_equal(made.layers.layer[0].kind, cases[i].kind);
        assert_int_equal(made.macs, cases[i].macs);
        assert_int_equal(made.weights, cases[i].weights);
        assert_string_equal(made.layers.layer[0].name, "node");
        case_end(&c);
    }
}

// Diagonals, operands that broadcast, and what is no equation stay a node.
static void other_equations_are_said(void **state) {
    (void)state;
    static const char *const equations[] = {"ii,ij->j",  "ij,kj->ik",  "ij,jk->iz",
                                            "ij.jk->ik", "ij,jk,k->i", "ij,jk->ii",
                                            "i1,jk->ik", "ijk,jk->ik", ""};
    for (size_t i = 0; i < sizeof equations / sizeof *equations; i++) {
        struct forward_case c;
        begin(&c, equations[i]);
        struct tensor a = random_tensor(2, (int64_t[]){3, i == 0 ? 3 : 4}),
                      b = random_tensor(2, (int64_t[]){i == 0 ? 3 : 4, 5});
        a.stored = b.stored = false;
        case_add(&c, a), case_add(&c, b);
        struct sdse_onnx_graph graph;
        struct sdse_onnx_layers layers;
        case_graph(&c, &graph);
        case_make_layers(&graph, &layers);
        if (layers.not_modelled_count != 1)
            fail_msg("%s is taken for an equation", equations[i]);
        assert_string_equal(layers.not_modelled[0].op, "Einsum");
        case_end(&c);
    }
}

// More dimensions than a value may have stay a node too.
static void too_many_labels_are_said(void **state) {
    (void)state;
    struct forward_case c;
    begin(&c, "abcdefgh,ijkl->abcdefghijkl");
    case_add(&c, random_tensor(8, (int64_t[]){1, 2, 1, 2, 1, 2, 1, 2}));
    case_add(&c, random_tensor(4, (int64_t[]){2, 1, 2, 1}));
    c.in[0].stored = c.in[1].stored = false;
    struct sdse_onnx_graph graph;
    struct sdse_onnx_layers layers;
    case_graph(&c, &graph);
    case_make_layers(&graph, &layers);
    assert_int_equal(layers.not_modelled_count, 1);
    case_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_equation),
        cmocka_unit_test(products_are_layers),
        cmocka_unit_test(other_equations_are_said),
        cmocka_unit_test(too_many_labels_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
