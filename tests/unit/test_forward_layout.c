// Layout, reductions and resizing on random shapes, against plain loops.
#include "support/forward_case.h"

static struct tensor random_of(unsigned rank, int64_t most) {
    int64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned d = 0; d < rank; d++)
        dims[d] = pick(1, most);
    return random_tensor(rank, dims);
}

static void numbers_are_moved_where_they_belong(void **state) {
    (void)state;
    case_random = 28;
    for (unsigned round = 0; round < 1200; round++) {
        struct tensor x = random_of(3, 5);
        int64_t perm[3] = {0, 1, 2}, starts[3], steps[3], ends[3], axes[3] = {0, 1, 2};
        int64_t pads[6], out[3], parts[2] = {0, 0}, index[4], concat[3];
        unsigned kind = round % 6, axis = (unsigned)pick(0, 2);
        struct forward_case c;
        static const char *const ops[] = {"Transpose", "Slice",  "Pad",
                                          "Concat",    "Gather", "Split"};
        case_begin(&c, ops[kind]);
        case_add(&c, x);
        memcpy(out, x.dim, sizeof out);
        memcpy(concat, x.dim, sizeof concat);
        concat[axis] = pick(1, 3);
        switch (kind) {
        case 0:
            for (unsigned d = 0; d < 3; d++) {
                unsigned other = (unsigned)pick(d, 2);
                int64_t t = perm[d];
                perm[d] = perm[other];
                perm[other] = t;
            }
            onnx_set_ints(&c.b, c.node, "perm", 3, perm);
            for (unsigned d = 0; d < 3; d++)
                out[d] = x.dim[perm[d]];
            break;
        case 1:
            for (unsigned d = 0; d < 3; d++) {
                steps[d] = pick(0, 1) ? pick(1, 2) : -pick(1, 2);
                starts[d] = pick(0, x.dim[d] - 1);
                out[d] = steps[d] > 0 ? (x.dim[d] - 1 - starts[d]) / steps[d] + 1
                                      : starts[d] / -steps[d] + 1;
                ends[d] = ((int64_t)1 << 40) * (steps[d] > 0 ? 1 : -1);
            }
            case_add(&c, list_tensor(3, starts));
            case_add(&c, list_tensor(3, ends));
            case_add(&c, list_tensor(3, axes));
            case_add(&c, list_tensor(3, steps));
            break;
        case 2:
            for (unsigned d = 0; d < 3; d++) {
                pads[d] = pick(0, 2);
                pads[3 + d] = pick(0, 2);
                out[d] += pads[d] + pads[3 + d];
            }
            case_add(&c, list_tensor(6, pads));
            onnx_set_text(&c.b, c.node, "mode", round % 12 < 6 ? "edge" : "constant");
            break;
        case 3:
            case_add(&c, random_tensor(3, concat));
            onnx_set_int(&c.b, c.node, "axis", axis);
            out[axis] += concat[axis];
            break;
        case 4:
            for (unsigned i = 0; i < 4; i++)
                index[i] = pick(-x.dim[axis], x.dim[axis] - 1);
            case_add(&c, list_tensor(4, index));
            onnx_set_int(&c.b, c.node, "axis", axis);
            out[axis] = 4;
            break;
        default:
            parts[0] = pick(0, x.dim[axis]);
            parts[1] = x.dim[axis] - parts[0];
            case_add(&c, list_tensor(2, parts));
            onnx_set_int(&c.b, c.node, "axis", axis);
            c.outputs = 2;
            out[axis] = parts[1];
        }
        case_expect_run(&c);
        struct sdse_onnx_numbers *y = &c.out[kind == 5];
        expect_shape(y, 3, out);
        for (size_t i = 0; i < y->count; i++) {
            int64_t at[3], from[3];
            bool outside = false, second = false;
            place_to_at(3, out, i, at);
            memcpy(from, at, sizeof from);
            for (unsigned d = 0; d < 3; d++) {
                if (kind == 0)
                    from[perm[d]] = at[d];
                if (kind == 1)
                    from[d] = starts[d] + at[d] * steps[d];
                if (kind == 2) {
                    from[d] = at[d] - pads[d];
                    outside |= from[d] < 0 || from[d] >= x.dim[d];
                    from[d] = from[d] < 0           ? 0
                              : from[d] >= x.dim[d] ? x.dim[d] - 1
                                                    : from[d];
                }
            }
            if (kind == 3 && at[axis] >= x.dim[axis]) {
                second = true;
                from[axis] -= x.dim[axis];
            }
            if (kind == 4)
                from[axis] = index[at[axis]] + (index[at[axis]] < 0 ? x.dim[axis] : 0);
            if (kind == 5)
                from[axis] += parts[0];
            const struct tensor *t = second ? &c.in[1] : &c.in[0];
            double wanted = t->data[at_to_place(3, t->dim, from)];
            expect_near(y->data[i], outside && round % 12 >= 6 ? 0 : wanted);
        }
        case_end(&c);
    }
}

static void reductions_run_along_their_dimensions(void **state) {
    static const char *const ops[] = {
        "ReduceSum",       "ReduceMean",     "ReduceMax",  "ReduceMin",
        "ReduceL1",        "ReduceL2",       "ReduceProd", "ReduceLogSum",
        "ReduceLogSumExp", "ReduceSumSquare"};
    (void)state;
    case_random = 29;
    for (unsigned round = 0; round < 600; round++) {
        unsigned kind = round % 10, set = (unsigned)pick(1, 7), count = 0;
        struct tensor x = random_of(3, 4);
        int64_t axes[3];
        for (unsigned d = 0; d < 3; d++)
            if (set >> d & 1)
                axes[count++] = (int64_t)d - (pick(0, 1) ? 3 : 0);
        for (size_t i = 0; kind == 7 && i < x.count; i++)
            x.data[i] = fabs(x.data[i]) + 0.5;
        struct forward_case c;
        case_begin(&c, ops[kind]);
        case_add(&c, x);
        case_add(&c, list_tensor(count, axes));
        case_expect_run(&c);
        for (size_t i = 0; i < c.out[0].count; i++) {
            int64_t here[3], there[3], out[3];
            for (unsigned d = 0; d < 3; d++)
                out[d] = set >> d & 1 ? 1 : x.dim[d];
            expect_shape(&c.out[0], 3, out);
            place_to_at(3, out, i, here);
            double sum = 0, most = (double)-INFINITY, least = (double)INFINITY, one = 0,
                   square = 0, product = 1, exponents = 0, n = 0;
            for (size_t j = 0; j < x.count; j++) {
                bool together = true;
                place_to_at(3, x.dim, j, there);
                for (unsigned d = 0; d < 3; d++)
                    together &= set >> d & 1 || here[d] == there[d];
                if (!together)
                    continue;
                double v = x.data[j];
                sum += v, one += fabs(v), square += v * v, product *= v, n++;
                exponents += exp(v);
                most = v > most ? v : most;
                least = v < least ? v : least;
            }
            const double wanted[] = {
                sum,          sum / n, most,     least,          one,
                sqrt(square), product, log(sum), log(exponents), square};
            expect_near(c.out[0].data[i], wanted[kind]);
        }
        case_end(&c);
    }
}

// By sizes, in the two modes and the common ways of placing coordinates.
static void resizing_takes_the_nearest_or_between(void **state) {
    static const char *const modes[] = {"half_pixel", "asymmetric", "align_corners",
                                        "pytorch_half_pixel"};
    static const char *const rounds[] = {"round_prefer_floor", "round_prefer_ceil",
                                         "floor", "ceil"};
    (void)state;
    case_random = 30;
    for (unsigned round = 0; round < 800; round++) {
        unsigned mode = (unsigned)pick(0, 3), nearest = (unsigned)pick(0, 3);
        bool linear = pick(0, 1);
        struct tensor x =
            random_tensor(3, (int64_t[]){pick(1, 2), pick(1, 5), pick(1, 5)});
        int64_t out[3] = {x.dim[0], pick(1, 9), pick(1, 9)};
        struct forward_case c;
        case_begin(&c, "Resize");
        case_add(&c, x);
        case_skip(&c);
        case_skip(&c);
        case_add(&c, list_tensor(3, out));
        onnx_set_text(&c.b, c.node, "coordinate_transformation_mode", modes[mode]);
        onnx_set_text(&c.b, c.node, "nearest_mode", rounds[nearest]);
        onnx_set_text(&c.b, c.node, "mode", linear ? "linear" : "nearest");
        case_expect_run(&c);
        expect_shape(&c.out[0], 3, out);
        for (size_t i = 0; i < c.out[0].count; i++) {
            int64_t at[3];
            double low[3], high[3], share[3];
            place_to_at(3, out, i, at);
            for (unsigned d = 0; d < 3; d++) {
                double in = (double)x.dim[d], scale = (double)out[d] / in,
                       o = (double)at[d], s;
                s = mode == 1   ? o / scale
                    : mode == 2 ? (out[d] > 1 ? o * (in - 1) / ((double)out[d] - 1) : 0)
                    : mode == 3 && out[d] == 1 ? 0
                                               : (o + 0.5) / scale - 0.5;
                if (out[d] == x.dim[d])
                    s = o;
                if (!linear) {
                    const bool half = s - floor(s) == 0.5;
                    s = nearest == 0   ? (half ? floor(s) : floor(s + 0.5))
                        : nearest == 1 ? floor(s + 0.5)
                        : nearest == 2 ? floor(s)
                                       : ceil(s);
                }
                s = s < 0 ? 0 : s > in - 1 ? in - 1 : s;
                low[d] = floor(s);
                high[d] = low[d] + 1 > in - 1 ? in - 1 : low[d] + 1;
                share[d] = s - low[d];
            }
            double sum = 0;
            for (unsigned corner = 0; corner < 8; corner++) {
                double weight = 1;
                int64_t from[3];
                for (unsigned d = 0; d < 3; d++) {
                    bool up = corner >> d & 1;
                    weight *= up ? share[d] : 1 - share[d];
                    from[d] = (int64_t)(up ? high[d] : low[d]);
                }
                sum += weight * x.data[at_to_place(3, x.dim, from)];
            }
            expect_near(c.out[0].data[i], sum);
        }
        case_end(&c);
    }
}

static void blocks_go_to_depth_and_back(void **state) {
    (void)state;
    case_random = 31;
    for (unsigned round = 0; round < 150; round++) {
        int64_t s = pick(1, 3), ch = pick(1, 3), h = pick(1, 3), w = pick(1, 3);
        bool deep = round % 3 == 0, crd = round % 3 == 1;
        struct tensor x = deep ? random_tensor(4, (int64_t[]){2, ch, h * s, w * s})
                               : random_tensor(4, (int64_t[]){2, ch * s * s, h, w});
        struct forward_case c;
        case_begin(&c, deep ? "SpaceToDepth" : "DepthToSpace");
        case_add(&c, x);
        onnx_set_int(&c.b, c.node, "blocksize", s);
        if (crd)
            onnx_set_text(&c.b, c.node, "mode", "CRD");
        case_expect_run(&c);
        // [2][by][bx][ch][h][w], or [2][ch][by][bx][h][w], is [2][ch][h][by][w][bx].
        const int64_t wide[4] = {2, ch, h * s, w * s}, flat[4] = {2, ch * s * s, h, w};
        for (int64_t n = 0; n < 2; n++)
            for (int64_t k = 0; k < ch; k++)
                for (int64_t y = 0; y < h * s; y++)
                    for (int64_t z = 0; z < w * s; z++) {
                        int64_t block = y % s * s + z % s;
                        int64_t channel = crd ? k * s * s + block : block * ch + k;
                        size_t a = at_to_place(4, wide, (int64_t[]){n, k, y, z});
                        size_t b =
                            at_to_place(4, flat, (int64_t[]){n, channel, y / s, z / s});
                        expect_near(c.out[0].data[deep ? b : a], x.data[deep ? a : b]);
                    }
        case_end(&c);
    }
}

static void the_largest_are_found(void **state) {
    (void)state;
    case_random = 32;
    for (unsigned round = 0; round < 300; round++) {
        struct tensor x = random_of(3, 5);
        unsigned axis = (unsigned)pick(0, 2);
        bool top = round % 2, most = pick(0, 1);
        int64_t k = pick(1, x.dim[axis]), index;
        struct forward_case c;
        for (size_t i = 0; i < x.count; i++)
            x.data[i] = (double)pick(0, 6); // some are equal
        case_begin(&c, top ? "TopK" : most ? "ArgMax" : "ArgMin");
        case_add(&c, x);
        onnx_set_int(&c.b, c.node, "axis", axis);
        onnx_set_int(&c.b, c.node, "largest", most);
        onnx_set_int(&c.b, c.node, "keepdims", 1);
        if (top) {
            case_add(&c, list_tensor(1, &k));
            c.outputs = 2;
        }
        case_expect_run(&c);
        int64_t out[3] = {x.dim[0], x.dim[1], x.dim[2]};
        out[axis] = top ? k : 1;
        const struct sdse_onnx_numbers *places = &c.out[top];
        expect_shape(places, 3, out);
        for (size_t i = 0; i < places->count; i++) {
            int64_t at[3], before = 0;
            place_to_at(3, out, i, at);
            int64_t rank = at[axis];
            at[axis] = index = (int64_t)places->data[i];
            double value = x.data[at_to_place(3, x.dim, at)];
            // As many stand before it as its place says: larger, or equal and earlier.
            for (int64_t j = 0; j < x.dim[axis]; j++) {
                at[axis] = j;
                double other = x.data[at_to_place(3, x.dim, at)];
                before += most ? other > value : other < value;
                before += other == value && j < index;
            }
            assert_int_equal(before, rank);
            if (top)
                assert_true(c.out[0].data[i] == value);
        }
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_moved_where_they_belong),
        cmocka_unit_test(reductions_run_along_their_dimensions),
        cmocka_unit_test(resizing_takes_the_nearest_or_between),
        cmocka_unit_test(blocks_go_to_depth_and_back),
        cmocka_unit_test(the_largest_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
