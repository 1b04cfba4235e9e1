// Operators that move words and multiply nothing, as layers: what the import of ONNX
// models makes of the same.
#include <inttypes.h>

#include "base/checked.h"
#include "import/tflite/operators.h"
#include "import/tflite/reading.h"

// A map as a layer has it: channels, which are last in the file, rows and columns of
// one of the batch's samples. Where these cannot be told apart, all words are channels.
struct map {
    uint64_t channels, rows, columns;
    bool flat;
};

static bool multiply(uint64_t *product, uint64_t factor) {
    return sdse_mul_u64(*product, factor, product);
}

static bool take_map(const struct sdse_tflite_reader *r,
                     const struct tflite_tensor *tensor, struct map *map) {
    const unsigned rank = tensor->rank;
    const uint64_t *shape = tensor->shape, batch = r->m.batch;
    *map = (struct map){1, 1, 1, rank < 2 || shape[0] % batch != 0};
    for (unsigned i = 0; i < rank; i++) {
        const uint64_t extent = i == 0 && !map->flat ? shape[0] / batch : shape[i];
        uint64_t *to = map->flat || i == rank - 1   ? &map->channels
                       : rank >= 4 && i == rank - 2 ? &map->columns
                                                    : &map->rows;
        if (!multiply(to, extent))
            return false;
    }
    if (map->flat)
        map->channels = sdse_ceil_div_u64(map->channels, batch);
    uint64_t words = map->channels;
    return multiply(&words, map->rows) && multiply(&words, map->columns);
}

bool sdse_tflite_skip_move(struct sdse_tflite_reader *r, const char *name) {
    if (!r->skipped++)
        r->first_skipped = name;
    return true;
}

bool sdse_tflite_is_move(struct sdse_tflite_reader *r,
                         const struct tflite_operator *op) {
    const struct tflite_tensor *out = sdse_tflite_output(&r->m, op, 0);
    return sdse_tflite_role(op->code) >= TFLITE_POOL && out && out->moving;
}

// --- One map ---

static bool add_words(struct sdse_tflite_reader *r, const struct tflite_operator *op,
                      const char *name, const char *kind) {
    const struct tflite_tensor *out = sdse_tflite_output(&r->m, op, 0);
    struct map map;
    if (!out->known || !take_map(r, out, &map))
        return sdse_tflite_skip_move(r, name);
    sdse_tflite_begin_layer(r, name);
    fprintf(r->layers.out, ", kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]}\n",
            kind, map.channels, map.rows, map.columns);
    return true;
}

// Over the whole map of each channel, or windows of words in a row.
static bool add_reduction(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name) {
    const struct tflite_tensor *x = sdse_tflite_input(&r->m, op, 0),
                               *y = sdse_tflite_output(&r->m, op, 0);
    if (!x || !x->known || !y->known)
        return sdse_tflite_skip_move(r, name);
    const uint64_t words = sdse_tflite_count(x, x->rank),
                   outputs = sdse_tflite_count(y, y->rank), batch = r->m.batch;
    if (!words || !outputs || words % outputs)
        return sdse_tflite_skip_move(r, name);
    if (words == outputs)
        return true;
    const bool whole = x->rank == 4 && x->shape[0] == batch && y->shape[0] == batch &&
                       y->rank >= 2 && y->shape[y->rank - 1] == x->shape[3] &&
                       outputs == batch * x->shape[3];
    uint64_t channels = sdse_ceil_div_u64(outputs, batch), taps = words / outputs;
    if (outputs % batch && taps % batch == 0) { // over the samples, too
        channels = outputs;
        taps /= batch;
    }
    const uint64_t rows = whole ? x->shape[1] : 1, columns = whole ? x->shape[2] : taps;
    sdse_tflite_begin_layer(r, name);
    fprintf(r->layers.out,
            ", kind: pool, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64
            "], kernel: [%" PRIu64 ", %" PRIu64 "]}\n",
            channels, rows, columns, rows, columns);
    return true;
}

// --- Several maps ---

// Whether an operand is a map of words that the model makes, not a number of them.
static bool is_operand(const struct tflite_tensor *tensor) {
    return tensor && tensor->moving &&
           !(tensor->known && sdse_tflite_count(tensor, tensor->rank) == 1);
}

// Extents of a smaller map beside those of the output, the last with the last; those
// that it lacks are 1. False: they are neither equal nor 1.
static bool widen(const struct tflite_tensor *small, const struct tflite_tensor *out,
                  struct tflite_tensor *wide) {
    *wide = *out;
    if (small->rank > out->rank)
        return false;
    const unsigned missing = out->rank - small->rank;
    for (unsigned i = 0; i < out->rank; i++) {
        wide->shape[i] = i < missing ? 1 : small->shape[i - missing];
        if (wide->shape[i] != 1 && wide->shape[i] != out->shape[i])
            return false;
    }
    return true;
}

static void print_broadcast(struct sdse_tflite_reader *r, struct tflite_tensor *wide,
                            const struct map *of, bool first) {
    const bool shared = r->m.batch > 1 && wide->shape[0] == 1;
    struct map map;
    if (shared && !of->flat) // one sample's, as the others have each their own
        wide->shape[0] = r->m.batch;
    take_map(r, wide, &map); // no larger than the output, which has been taken
    fprintf(r->layers.out, "%s[%s%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]",
            first ? "" : ", ", shared ? "1, " : "", map.channels, map.rows,
            map.columns);
}

// Sums and products of maps; one map and constants are a function of each word.
static bool add_binary(struct sdse_tflite_reader *r, const struct tflite_operator *op,
                       const char *name) {
    const struct tflite_tensor *out = sdse_tflite_output(&r->m, op, 0);
    struct tflite_tensor wide;
    struct map map;
    size_t maps = 0, whole = 0;
    if (!out->known || !take_map(r, out, &map))
        return sdse_tflite_skip_move(r, name);
    for (size_t i = 0; i < op->inputs.count; i++) {
        const struct tflite_tensor *input = sdse_tflite_input(&r->m, op, i);
        if (!is_operand(input))
            continue;
        if (!input->known || !widen(input, out, &wide))
            return sdse_tflite_skip_move(r, name);
        maps++;
        whole +=
            sdse_tflite_count(input, input->rank) == sdse_tflite_count(out, out->rank);
    }
    if (maps < 2)
        return add_words(r, op, name, "act");
    if (map.flat && whole < maps) // what is repeated over what is not told
        return sdse_tflite_skip_move(r, name);
    sdse_tflite_begin_layer(r, name);
    fprintf(r->layers.out,
            ", kind: add, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "], addends: %zu",
            map.channels, map.rows, map.columns, whole);
    bool first = true;
    for (size_t i = 0; whole < maps && i < op->inputs.count; i++) {
        const struct tflite_tensor *input = sdse_tflite_input(&r->m, op, i);
        if (!is_operand(input) ||
            sdse_tflite_count(input, input->rank) == sdse_tflite_count(out, out->rank))
            continue;
        fputs(first ? ", broadcast: [" : "", r->layers.out);
        widen(input, out, &wide);
        print_broadcast(r, &wide, &map, first);
        first = false;
    }
    fputs(first ? "}\n" : "]}\n", r->layers.out);
    return true;
}

bool sdse_tflite_add_move(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name) {
    switch (sdse_tflite_role(op->code)) {
    case TFLITE_POOL:
        return sdse_tflite_add_pool(r, op, name);
    case TFLITE_REDUCE:
        return add_reduction(r, op, name);
    case TFLITE_BINARY:
        return add_binary(r, op, name);
    case TFLITE_NORM:
        return add_words(r, op, name, "norm");
    case TFLITE_SOFTMAX:
        return add_words(r, op, name, "softmax");
    default:
        return add_words(r, op, name, "act");
    }
}
