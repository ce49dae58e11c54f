// SPDX-License-Identifier: Apache-2.0
//
// One SVG without anything from outside: the latency at each percentile, on logarithmic axes of
// which the horizontal one gives each further nine the same width; below it, over one time axis,
// the rate and the longest latency. Times without an answer are shaded, so that a stall is seen
// before any number is read. Colours follow the reader's light or dark scheme.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/bench.h"
#include "cli/progress.h"

enum {
    WIDTH = 860,
    LEFT = 84,
    PLOT = 600, // width of a plot; the legend stands on its right
    TOP = 84,
    PANEL_GAP = 74,
    PERCENTILE_HEIGHT = 250,
    TIME_HEIGHT = 150,
    TICKS_MAX = 6,
    TIME_BYTES = 16,
    TEXT_BYTES = 32,
};

static const char *const colours[] = {"#2f7ed8", "#e4572e", "#3a9d5d", "#9b5de5", "#d19a00",
                                      "#00a3a3", "#c2477f", "#7a8b99", "#6b8e23", "#8a8a8a"};

struct panel {
    double top, height;
    double min, max; // of the vertical axis
    bool is_log;
};

static double y_of(const struct panel *p, double value)
{
    double part = p->is_log ? (log10(value > p->min ? value : p->min) - log10(p->min)) /
                                  (log10(p->max) - log10(p->min))
                            : (value - p->min) / (p->max - p->min);
    return p->top + p->height * (1 - part);
}

static void frame(const struct panel *p, const char *title, FILE *to)
{
    (void)fprintf(to, "<text class=\"h\" x=\"%d\" y=\"%.1f\">%s</text>\n", LEFT, p->top - 12,
                  title);
    (void)fprintf(to, "<rect class=\"f\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>\n",
                  LEFT, p->top, PLOT, p->height);
}

static void tick_y(const struct panel *p, double value, const char *label, FILE *to)
{
    double y = y_of(p, value);
    (void)fprintf(to,
                  "<path class=\"g\" d=\"M%d %.1fH%d\"/><text class=\"e\" x=\"%d\" y=\"%.1f\">"
                  "%s</text>\n",
                  LEFT, y, LEFT + PLOT, LEFT - 8, y + 4, label);
}

static void tick_x(const struct panel *p, double x, const char *label, FILE *to)
{
    (void)fprintf(to,
                  "<path class=\"g\" d=\"M%.1f %.1fv%.1f\"/><text class=\"m\" x=\"%.1f\" "
                  "y=\"%.1f\">%s</text>\n",
                  x, p->top, p->height, x, p->top + p->height + 18, label);
}

static void axis_name(const struct panel *p, const char *name, FILE *to)
{
    (void)fprintf(to, "<text class=\"m\" x=\"%d\" y=\"%.1f\">%s</text>\n", LEFT + PLOT / 2,
                  p->top + p->height + 36, name);
}

// The step of 1, 2 or 5 times a power of ten that parts `range` into at most TICKS_MAX.
static double step_for(double range)
{
    double step = pow(10, floor(log10(range / TICKS_MAX)));
    static const double times[] = {1, 2, 5, 10};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (range / (step * times[i]) <= TICKS_MAX) {
            return step * times[i];
        }
    }
    return step * 10;
}

// A time of few digits: "100 ms".
static const char *round_time(double ns, char *to)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    size_t unit = 0;
    while (ns >= 999.9 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        ns /= 1000;
        unit++;
    }
    (void)snprintf(to, TIME_BYTES, "%.4g %s", ns, units[unit]);
    return to;
}

// ---- percentiles ----

static double nines(double percent)
{
    return -log10(1 - percent / 100); // 90 is 1, 99 is 2
}

// As far as there are values: with 1,000 of them the last is at 99.9 %.
static double nines_shown(uint64_t most)
{
    double n = most > 1 ? log10((double)most) : 1;
    return n < 1 ? 1 : n > 6 ? 6 : n;
}

static double x_of_nines(double n, double shown)
{
    return LEFT + PLOT * n / shown;
}

static void percentile_line(const struct panel *p, const struct histogram *h, double shown,
                            const char *colour, FILE *to)
{
    enum { POINTS = 240 };
    double own = nines_shown(h->count);
    (void)fprintf(to, "<path class=\"l\" stroke=\"%s\" d=\"", colour);
    for (int i = 0; i <= POINTS; i++) {
        double n = own * i / POINTS;
        double percent = 100 * (1 - pow(10, -n));
        int64_t ns = i == POINTS ? h->max : histogram_percentile(h, percent);
        (void)fprintf(to, "%s%.1f %.1f", i == 0 ? "M" : "L", x_of_nines(n, shown),
                      y_of(p, (double)(ns > 0 ? ns : 1)));
    }
    (void)fprintf(to, "\"/>\n");
}

static void legend(double top, size_t place, const char *colour, const char *name, FILE *to)
{
    double y = top + 14 + 20 * (double)place;
    (void)fprintf(to,
                  "<path class=\"l\" stroke=\"%s\" d=\"M%d %.1fh18\"/><text x=\"%d\" y=\"%.1f\">"
                  "%s</text>\n",
                  colour, LEFT + PLOT + 16, y - 4, LEFT + PLOT + 40, y, name);
}

static void percentile_axes(const struct panel *p, double shown, FILE *to)
{
    static const double marks[] = {0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999};
    frame(p, "Latency by percentile", to);
    double v = p->min;
    while (v <= p->max * 1.001) {
        char label[TIME_BYTES];
        tick_y(p, v, round_time(v, label), to);
        v *= 10;
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (nines(marks[i]) <= shown * 1.001) {
            char label[TEXT_BYTES];
            (void)snprintf(label, sizeof(label), "%.7g %%", marks[i]);
            tick_x(p, x_of_nines(nines(marks[i]), shown), label, to);
        }
    }
    axis_name(p, "share of requests that took at most this long", to);
}

static void percentile_panel(const struct bench_result *r, double top, FILE *to)
{
    struct panel p = {.top = top, .height = PERCENTILE_HEIGHT, .is_log = true};
    double least = 1e18, most = 1;
    uint64_t count = 0;
    for (size_t i = 0; i < BENCH_ROWS; i++) {
        const struct histogram *h = &r->rows[i].latency;
        if (h->count > 0) {
            least = fmin(least, (double)(h->min > 0 ? h->min : 1));
            most = fmax(most, (double)h->max);
            count = h->count > count ? h->count : count;
        }
    }
    p.min = pow(10, floor(log10(fmin(least, most))));
    p.max = pow(10, ceil(log10(most * 1.001)));
    p.max = p.max > p.min ? p.max : p.min * 10;
    double shown = nines_shown(count);
    percentile_axes(&p, shown, to);
    size_t lines = 0;
    for (size_t i = 0; i < BENCH_ROWS; i++) {
        if (r->rows[i].latency.count > 0) {
            const char *colour = colours[i % (sizeof(colours) / sizeof(colours[0]))];
            percentile_line(&p, &r->rows[i].latency, shown, colour, to);
            legend(top, lines++, colour,
                   i == BENCH_EVENT ? "set to event" : mix_name((enum mix_op)i), to);
        }
    }
}

// ---- over time ----

static double x_of_slice(const struct bench_result *r, double slice)
{
    return LEFT + PLOT * slice / (double)r->slice_count;
}

static void time_axis(const struct bench_result *r, const struct panel *p, FILE *to)
{
    double seconds = (double)r->slice_count * (double)r->slice_ns / 1e9;
    double step = step_for(seconds);
    for (int i = 0; i * step <= seconds * 1.0001; i++) {
        double s = i * step;
        char label[TEXT_BYTES];
        (void)snprintf(label, sizeof(label), "%g s", s);
        tick_x(p, LEFT + PLOT * s / seconds, label, to);
    }
}

// A slice without an answer is a stall when answers come behind it; they always do, since the last
// slice is that of the last answer.
static void shade_silence(const struct bench_result *r, const struct panel *p, FILE *to)
{
    for (size_t i = 0; i < r->slice_count; i++) {
        size_t from = i;
        while (i < r->slice_count && r->slices[i].count == 0) {
            i++;
        }
        if (i > from) {
            (void)fprintf(to,
                          "<rect class=\"s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                          "<title>no answer</title></rect>\n",
                          x_of_slice(r, (double)from), p->top,
                          x_of_slice(r, (double)i) - x_of_slice(r, (double)from), p->height);
        }
    }
}

// The last slice may have been cut short by the end of the run: its rate says nothing then.
static size_t whole_slices(const struct bench_result *r)
{
    return r->slice_count > 1 ? r->slice_count - 1 : r->slice_count;
}

static double rate_of(const struct bench_result *r, size_t slice)
{
    return (double)r->slices[slice].count * 1e9 / (double)r->slice_ns;
}

static double max_of(const struct bench_result *r, size_t slice)
{
    return (double)r->slices[slice].max_ns;
}

static void time_panel(const struct bench_result *r, double top, const char *title,
                       double (*value)(const struct bench_result *r, size_t slice), bool is_time,
                       const char *colour, size_t count, FILE *to)
{
    struct panel p = {.top = top, .height = TIME_HEIGHT};
    for (size_t i = 0; i < count; i++) {
        p.max = fmax(p.max, value(r, i));
    }
    p.max = p.max > 0 ? p.max * 1.05 : 1;
    frame(&p, title, to);
    shade_silence(r, &p, to);
    double step = step_for(p.max);
    for (int i = 0; i * step <= p.max; i++) {
        double v = i * step;
        char label[TEXT_BYTES];
        tick_y(&p, v,
               v == 0    ? "0"
               : is_time ? round_time(v, label)
                         : progress_count((uint64_t)v, label),
               to);
    }
    time_axis(r, &p, to);
    (void)fprintf(to, "<path class=\"l\" stroke=\"%s\" d=\"", colour);
    for (size_t i = 0; i < count; i++) { // steps: a slice has one value
        (void)fprintf(to, "%s%.1f %.1fH%.1f", i == 0 ? "M" : "L", x_of_slice(r, (double)i),
                      y_of(&p, value(r, i)), x_of_slice(r, (double)(i + 1)));
    }
    (void)fprintf(to, "\"/>\n");
}

// ---- the whole ----

static const char style[] =
    "<style>\n"
    "text{font:12px system-ui,sans-serif;fill:#333}\n"
    ".t{font-size:16px;font-weight:600}.h{font-weight:600}\n"
    ".e{text-anchor:end}.m{text-anchor:middle}\n"
    ".f{fill:none;stroke:#999}.g{stroke:#888;stroke-opacity:.25}\n"
    ".l{fill:none;stroke-width:1.6;stroke-linejoin:round}.s{fill:#e4572e;fill-opacity:.22}\n"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}}\n"
    "</style>\n";

static void escape(const char *text, FILE *to)
{
    for (; *text != '\0'; text++) {
        const char *entity = *text == '<' ? "&lt;" : *text == '&' ? "&amp;" : NULL;
        if (entity != NULL) {
            (void)fputs(entity, to);
        } else {
            (void)fputc(*text, to);
        }
    }
}

static void print_heading(const struct bench_options *o, FILE *to)
{
    char sessions[TEXT_BYTES], keys[TEXT_BYTES], rate[TEXT_BYTES];
    (void)fprintf(to, "<text class=\"t\" x=\"%d\" y=\"24\">paddock bench: ", LEFT);
    escape(o->mix_text, to);
    (void)fprintf(to, "</text>\n<text x=\"%d\" y=\"42\">%s sessions with %u outstanding, ", LEFT,
                  progress_count(o->sessions, sessions), (unsigned)o->outstanding);
    (void)fprintf(to, "%s keys of %u bytes, ", progress_count(o->keys, keys),
                  (unsigned)o->size_bytes);
    if (o->rate > 0) {
        (void)fprintf(to, "open loop of %s requests a second</text>\n",
                      progress_count((uint64_t)(o->rate + 0.5), rate));
    } else {
        (void)fprintf(to, "closed loop</text>\n");
    }
}

void bench_chart(const struct bench_options *o, const struct bench_result *r, FILE *to)
{
    double rate_top = TOP + PERCENTILE_HEIGHT + PANEL_GAP;
    double max_top = rate_top + TIME_HEIGHT + PANEL_GAP - 18;
    int height = (int)max_top + TIME_HEIGHT + 50;
    (void)fprintf(to,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                  "height=\"%d\" role=\"img\">\n<title>paddock bench</title>\n%s",
                  WIDTH, height, WIDTH, height, style);
    print_heading(o, to);
    if (r->slice_count == 0) {
        (void)fprintf(to, "<text x=\"%d\" y=\"%d\">No request was answered.</text>\n</svg>\n", LEFT,
                      TOP);
        return;
    }
    percentile_panel(r, TOP, to);
    time_panel(r, rate_top, "Answers a second", rate_of, false, colours[0], whole_slices(r), to);
    time_panel(r, max_top, "Longest latency among the answers of a moment", max_of, true,
               colours[1], r->slice_count, to);
    struct panel last = {.top = max_top, .height = TIME_HEIGHT};
    axis_name(&last, "time since the end of the warm-up; shaded: no answer came", to);
    (void)fprintf(to, "</svg>\n");
}
