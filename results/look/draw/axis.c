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

// ---- named values ----

enum { MOST_TICKS = 64, CHAR_PX = 13, LINE_PX = 34, DEFAULT_PX = 1100 };

struct ticks {
    size_t count;
    bool lost; // more than there is room for
    double at[MOST_TICKS];
};

static void add_tick(struct ticks *ticks, double at) {
    ticks->lost = ticks->lost || ticks->count == MOST_TICKS;
    if (ticks->count < MOST_TICKS)
        ticks->at[ticks->count++] = at;
}

static unsigned length_of(const struct sdse_axis *axis) {
    return axis->length_px ? axis->length_px : DEFAULT_PX;
}

// What the text of a value takes of the axis, with a gap to the next.
static double tick_px(const struct sdse_axis *axis, double at) {
    char text[32];
    return axis->letter == 'x' ? CHAR_PX * (1 + snprintf(text, sizeof text, "%.6g", at))
                               : LINE_PX;
}

// Whether no text reaches into the next.
static bool fits(const struct sdse_axis *axis, const struct ticks *ticks, double low,
                 double high) {
    const double px = length_of(axis);
    for (size_t i = 1; i < ticks->count; i++) {
        const double a = ticks->at[i - 1], b = ticks->at[i];
        const double apart =
            axis->log ? log(b / a) / log(high / low) : (b - a) / (high - low);
        if (apart * px < (tick_px(axis, a) + tick_px(axis, b)) / 2)
            return false;
    }
    return !ticks->lost;
}

static struct ticks even_ticks(double step, double low, double high) {
    struct ticks ticks = {0};
    const double from = ceil(low / step), to = floor(high / step);
    for (double n = from; n <= to && !ticks.lost; n++)
        add_tick(&ticks, n * step);
    return ticks;
}

// The least of 1, 2, 5, 10, … that leaves room between the texts; at most nine of them.
static double even_step(const struct sdse_axis *axis, double low, double high) {
    static const double digits[] = {1, 2, 5};
    const double least = (high - low) / 10;
    double power = pow(10, floor(log10(least)));
    if (axis->whole)
        power = fmax(power, 1);
    for (;; power *= 10) {
        for (size_t d = 0; d < sizeof digits / sizeof *digits; d++) {
            const double step = digits[d] * power;
            const struct ticks ticks = even_ticks(step, low, high);
            if (ticks.count <= 9 && fits(axis, &ticks, low, high))
                return step;
        }
    }
}

// Labels of a logarithmic axis within each decade, from many to few.
static const struct steps {
    double from; // the least ratio of the axis' ends that does without the one before
    size_t count;
    double step[7];
} decade_steps[] = {
    {2, 7, {1, 1.5, 2, 3, 4, 5, 7}}, {12, 3, {1, 2, 5}}, {1000, 1, {1}}};

// Every stride-th decade.
static struct ticks decade_ticks(const struct steps *steps, int stride, double low,
                                 double high) {
    struct ticks ticks = {0};
    const int last = (int)floor(log10(high));
    for (int decade = (int)floor(log10(low)); decade <= last; decade++) {
        for (size_t i = 0; decade % stride == 0 && i < steps->count; i++) {
            const double at = steps->step[i] * pow(10, decade);
            if (at >= low && at <= high)
                add_tick(&ticks, at);
        }
    }
    return ticks;
}

static struct ticks log_ticks(const struct sdse_axis *axis, double ratio, double low,
                              double high) {
    enum { KINDS = sizeof decade_steps / sizeof *decade_steps };
    for (int k = 0; ratio > 2 && k < KINDS; k++) {
        if (k + 1 < KINDS && ratio > decade_steps[k + 1].from)
            continue;
        const struct ticks ticks = decade_ticks(&decade_steps[k], 1, low, high);
        if (ticks.count > 1 && fits(axis, &ticks, low, high))
            return ticks;
    }
    for (int stride = 2; high / low > 1e4 && stride < 100; stride++) {
        const struct ticks ticks =
            decade_ticks(&decade_steps[KINDS - 1], stride, low, high);
        if (ticks.count > 1 && fits(axis, &ticks, low, high))
            return ticks;
    }
    return even_ticks(even_step(axis, low, high), low, high);
}

// ---- ends ----

struct ends {
    double low, high;
};

static struct ends log_ends(const struct sdse_axis *axis, double room_low,
                            double room_high, double *ratio) {
    const double least = axis->range.least_positive, greatest = axis->range.greatest;
    *ratio = greatest > 1.001 * least ? greatest / least : 1.2;
    return (struct ends){least / pow(*ratio, room_low),
                         greatest * pow(*ratio, room_high)};
}

static struct ends linear_ends(const struct sdse_axis *axis, double room_low,
                               double room_high) {
    const double least = axis->range.least, greatest = axis->range.greatest;
    double span = greatest - least;
    if (!(span > 0))
        span = greatest != 0 ? fabs(greatest) : 1;
    double low = least - room_low * span;
    if (least >= 0 && (least < greatest / 3 || low < 0))
        low = 0;
    return (struct ends){low, greatest + room_high * span};
}

static struct ends ends_of(const struct sdse_axis *axis, double *ratio) {
    const double room_low = axis->room_low > 0 ? axis->room_low : ROOM;
    const double room_high = axis->room_high > 0 ? axis->room_high : ROOM;
    return axis->log ? log_ends(axis, room_low, room_high, ratio)
                     : linear_ends(axis, room_low, room_high);
}

double sdse_axis_place(const struct sdse_axis *axis, double value) {
    double ratio;
    const struct ends ends = ends_of(axis, &ratio);
    return axis->log ? log(value / ends.low) / log(ends.high / ends.low)
                     : (value - ends.low) / (ends.high - ends.low);
}

double sdse_axis_value(const struct sdse_axis *axis, double share) {
    double ratio;
    const struct ends ends = ends_of(axis, &ratio);
    return axis->log ? ends.low * pow(ends.high / ends.low, share)
                     : ends.low + share * (ends.high - ends.low);
}

void sdse_axis_write(const struct sdse_axis *axis, FILE *out) {
    const char c = axis->letter;
    double ratio = 0;
    const struct ends ends = ends_of(axis, &ratio);
    fprintf(out, "set %clabel ", c);
    sdse_gnuplot_quote(axis->label, out);
    fprintf(out, "\n%sset logscale %c%s\nset %crange [%.6g:%.6g]\n",
            axis->log ? "" : "un", c, axis->log ? " 10" : "", c, ends.low, ends.high);
    if (!axis->log) {
        fprintf(out, "set %ctics %.6g\n", c, even_step(axis, ends.low, ends.high));
        return;
    }
    const struct ticks ticks = log_ticks(axis, ratio, ends.low, ends.high);
    fprintf(out, "set %ctics (", c);
    for (size_t i = 0; i < ticks.count; i++)
        fprintf(out, "%s%.6g", i ? ", " : "", ticks.at[i]);
    fputs(")\n", out);
}
