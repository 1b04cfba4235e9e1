#include "results/look/draw/axis.h"

#include <math.h>

#include "results/look/draw/gnuplot.h"

static const double ROOM = 0.06;

void sdse_range_take(struct sdse_range *range, double value) {
    if (!isfinite(value))
        return;
    range->least = range->any ? fmin(range->least, value) : value;
    range->greatest = range->any ? fmax(range->greatest, value) : value;
    range->positive = (range->positive || !range->any) && value > 0;
    range->any = true;
    if (value > 0)
        range->least_positive =
            range->least_positive > 0 ? fmin(range->least_positive, value) : value;
}

bool sdse_axis_is_log(enum sdse_plot_log log, char axis,
                      const struct sdse_range *range) {
    if (log == SDSE_LOG_AUTO)
        return range->positive && range->greatest > 100 * range->least;
    const bool asked =
        log == SDSE_LOG_XY || log == (axis == 'x' ? SDSE_LOG_X : SDSE_LOG_Y);
    return asked && range->least_positive > 0;
}

// Labels of a logarithmic axis within each decade: the more, the fewer decades.
struct steps {
    size_t count;
    double step[9];
};

static struct steps steps_for(double ratio) {
    if (ratio > 1000)
        return (struct steps){1, {1}};
    if (ratio > 12)
        return (struct steps){3, {1, 2, 5}};
    if (ratio > 2)
        return (struct steps){7, {1, 1.5, 2, 3, 4, 5, 7}};
    return (struct steps){0, {0}};
}

static void write_log(const struct sdse_axis *axis, double room_low, double room_high,
                      FILE *out) {
    const double least = axis->range.least_positive, greatest = axis->range.greatest;
    const double ratio = greatest > 1.001 * least ? greatest / least : 1.2;
    const double low = least / pow(ratio, room_low);
    const double high = greatest * pow(ratio, room_high);
    fprintf(out, "set logscale %c 10\nset %crange [%.6g:%.6g]\n", axis->letter,
            axis->letter, low, high);
    const struct steps steps = steps_for(ratio);
    const char *comma = "";
    fprintf(out, "set %ctics (", axis->letter);
    if (!steps.count) { // less than an octave: even steps
        const double power = pow(10, floor(log10(high - low)));
        const double step = (high - low) / power > 4 ? power : power / 2;
        for (double at = ceil(low / step) * step; at <= high; at += step) {
            fprintf(out, "%s%.6g", comma, at);
            comma = ", ";
        }
    }
    for (int decade = (int)floor(log10(low)); decade <= (int)floor(log10(high));
         decade++) {
        for (size_t i = 0; i < steps.count; i++) {
            const double at = steps.step[i] * pow(10, decade);
            if (at < low || at > high)
                continue;
            fprintf(out, "%s%.6g", comma, at);
            comma = ", ";
        }
    }
    fputs(")\n", out);
}

static void write_linear(const struct sdse_axis *axis, double room_low,
                         double room_high, FILE *out) {
    const double least = axis->range.least, greatest = axis->range.greatest;
    double span = greatest - least;
    if (!(span > 0))
        span = greatest != 0 ? fabs(greatest) : 1;
    double low = least - room_low * span;
    if (least >= 0 && (least < greatest / 3 || low < 0))
        low = 0;
    fprintf(out, "unset logscale %c\nset %crange [%.6g:%.6g]\nset %ctics autofreq\n",
            axis->letter, axis->letter, low, greatest + room_high * span, axis->letter);
}

void sdse_axis_write(const struct sdse_axis *axis, FILE *out) {
    fprintf(out, "set %clabel ", axis->letter);
    sdse_gnuplot_quote(axis->label, out);
    fputc('\n', out);
    const double room_low = axis->room_low > 0 ? axis->room_low : ROOM;
    const double room_high = axis->room_high > 0 ? axis->room_high : ROOM;
    if (axis->log)
        write_log(axis, room_low, room_high, out);
    else
        write_linear(axis, room_low, room_high, out);
}
