#include "engines/expect/sample.h"

#include <math.h>
#include <stdlib.h>

uint64_t sdse_draw_u64(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double sdse_draw_unit(uint64_t *state) {
    return (double)(sdse_draw_u64(state) >> 11) * 0x1p-53;
}

bool sdse_draw_make(struct sdse_draw *draw, const struct sdse_chance *chance) {
    const size_t count = chance->count;
    size_t *small = malloc(count * sizeof *small),
           *large = malloc(count * sizeof *large);
    size_t smalls = 0, larges = 0;
    *draw = (struct sdse_draw){chance->least, count, malloc(count * sizeof(double)),
                               calloc(count, sizeof(size_t))};
    const bool whole = small && large && draw->keep && draw->other;
    for (size_t i = 0; whole && i < count; i++) {
        draw->keep[i] = chance->p[i] * (double)count;
        if (draw->keep[i] < 1)
            small[smalls++] = i;
        else
            large[larges++] = i;
    }
    while (whole && smalls > 0 && larges > 0) {
        const size_t low = small[--smalls], high = large[larges - 1];
        draw->other[low] = high;
        draw->keep[high] -= 1 - draw->keep[low];
        if (draw->keep[high] < 1) {
            larges--;
            small[smalls++] = high;
        }
    }
    while (whole && smalls > 0)
        draw->keep[small[--smalls]] = 1;
    free(small);
    free(large);
    return whole;
}

void sdse_draw_free(struct sdse_draw *draw) {
    free(draw->keep);
    free(draw->other);
    *draw = (struct sdse_draw){0};
}

uint64_t sdse_draw_value(const struct sdse_draw *draw, uint64_t *state) {
    if (draw->count == 1)
        return draw->least;
    const double at = sdse_draw_unit(state) * (double)draw->count;
    const size_t i = (size_t)at;
    return draw->least + (at - (double)i < draw->keep[i] ? i : draw->other[i]);
}

void sdse_tally_add(struct sdse_tally *tally, double value, double control) {
    const double n = (double)++tally->count;
    const double dv = value - tally->value, dc = control - tally->control;
    tally->value += dv / n;
    tally->control += dc / n;
    tally->value2 += dv * (value - tally->value);
    tally->control2 += dc * (control - tally->control);
    tally->both += dv * (control - tally->control);
}

enum { ENOUGH = 16 };

static bool controlled(const struct sdse_tally *tally) {
    return tally->count >= ENOUGH && tally->control2 > 0;
}

double sdse_tally_mean(const struct sdse_tally *tally, double known_control) {
    if (!controlled(tally))
        return tally->value;
    return tally->value +
           tally->both / tally->control2 * (known_control - tally->control);
}

double sdse_tally_standard_error(const struct sdse_tally *tally) {
    if (tally->count < 2)
        return 0;
    double rest = tally->value2;
    if (controlled(tally))
        rest -= tally->both * tally->both / tally->control2;
    const double n = (double)tally->count;
    return sqrt(fmax(rest, 0) / (n * (n - 1)));
}
