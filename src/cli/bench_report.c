// SPDX-License-Identifier: Apache-2.0
//
// How a benchmark was, as a table of 78 columns with a histogram, and as JSON.
#include <inttypes.h>
#include <stdio.h>

#include "cli/bench.h"
#include "cli/json.h"
#include "cli/progress.h"

enum { TEXT_BYTES = 32, TIME_BYTES = 16, BAR_COLUMNS = 44 };

static const double percents[] = {50, 90, 99, 99.9, 99.99};
static const char *const percent_names[] = {"p50", "p90", "p99", "p99.9", "p99.99"};
enum { PERCENTS = sizeof(percents) / sizeof(percents[0]) };

const char *bench_time(int64_t ns, char *to)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    double value = (double)ns;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    (void)snprintf(to, TIME_BYTES, "%.*f%s", digits, value, units[unit]);
    return to;
}

static const char *row_name(size_t row)
{
    return row == BENCH_EVENT ? "event" : mix_name((enum mix_op)row);
}

// What the rate refers to: the window, or longer when its last answer came behind it.
static double seconds_of(const struct bench_options *o, const struct bench_result *r)
{
    double window = (double)o->duration_ms / 1000;
    double last = (double)r->last_ns / 1e9;
    return last > window ? last : window;
}

// All requests, without the events. Memory: `to` is the caller's.
static void sum_up(const struct bench_result *r, struct bench_row *to)
{
    *to = (struct bench_row){0};
    for (size_t i = 0; i < MIX_OP_COUNT; i++) {
        histogram_add(&to->latency, &r->rows[i].latency);
        to->errors += r->rows[i].errors;
    }
}

// ---- text ----

static void print_row(const char *name, const struct bench_row *row, double seconds, FILE *to)
{
    const struct histogram *h = &row->latency;
    char rate[TEXT_BYTES], time[TIME_BYTES];
    (void)fprintf(to, "%-9s %10s %7" PRIu64 " %7s", name,
                  progress_count((uint64_t)((double)h->count / seconds + 0.5), rate), row->errors,
                  bench_time((int64_t)histogram_mean(h), time));
    for (size_t i = 0; i < PERCENTS; i++) {
        (void)fprintf(to, " %6s", bench_time(histogram_percentile(h, percents[i]), time));
    }
    (void)fprintf(to, " %6s\n", bench_time(h->max, time));
}

static void print_table(const struct bench_options *o, const struct bench_result *r,
                        const struct bench_row *all, struct cli *c)
{
    (void)fprintf(c->out, "%s%-9s %10s %7s %7s", cli_colour(c, 'B'), "request", "rate/s", "errors",
                  "mean");
    for (size_t i = 0; i < PERCENTS; i++) {
        (void)fprintf(c->out, " %6s", percent_names[i]);
    }
    (void)fprintf(c->out, " %6s%s\n", "max", cli_colour(c, '0'));
    double seconds = seconds_of(o, r);
    size_t kinds = 0;
    for (size_t i = 0; i < MIX_OP_COUNT; i++) {
        if (r->rows[i].latency.count > 0) {
            print_row(row_name(i), &r->rows[i], seconds, c->out);
            kinds++;
        }
    }
    if (kinds > 1) {
        print_row("all", all, seconds, c->out);
    }
    if (r->rows[BENCH_EVENT].latency.count > 0) {
        print_row(row_name(BENCH_EVENT), &r->rows[BENCH_EVENT], seconds, c->out);
    }
}

static void print_errors(const struct bench_result *r, FILE *to)
{
    for (size_t i = 0; i < BENCH_ROWS; i++) {
        const struct bench_row *row = &r->rows[i];
        for (size_t k = 0; k < BENCH_CODES_MAX && row->codes[k].count > 0; k++) {
            (void)fprintf(to, "%s ended %" PRIu64 " times with %s\n", row_name(i),
                          row->codes[k].count, paddock_code_name(row->codes[k].code));
        }
    }
}

// 1, 2, 5, 10, ...
static int64_t next_step(int64_t step)
{
    int64_t first = step;
    while (first >= 10) {
        first /= 10;
    }
    return first == 2 ? step / 2 * 5 : step * 2;
}

static uint64_t step_count(const struct histogram *h, int64_t from, int64_t to)
{
    return histogram_count_to(h, to) - (from > 0 ? histogram_count_to(h, from) : 0);
}

// The step that holds the least of `h`, as its lower end (0 for the first).
static int64_t first_step(const struct histogram *h, int64_t *ret_to)
{
    int64_t from = 0, to = 1000;
    while (histogram_count_to(h, to) == 0 && to < INT64_MAX / 10) {
        from = to;
        to = next_step(to);
    }
    *ret_to = to;
    return from;
}

// There are values above `from`.
static bool goes_on(const struct histogram *h, int64_t from)
{
    bool has_more = from == 0 || histogram_count_to(h, from) < h->count;
    return has_more && from < INT64_MAX / 10;
}

static void print_histogram(const struct histogram *h, FILE *to)
{
    int64_t step_to, from = first_step(h, &step_to);
    uint64_t most = 1;
    for (int64_t a = from, b = step_to; goes_on(h, a); a = b, b = next_step(b)) {
        uint64_t n = step_count(h, a, b);
        most = n > most ? n : most;
    }
    (void)fprintf(to, "\nup to\n");
    for (int64_t a = from, b = step_to; goes_on(h, a); a = b, b = next_step(b)) {
        uint64_t n = step_count(h, a, b);
        char time[TIME_BYTES], count[TEXT_BYTES], bar[BAR_COLUMNS + 1];
        size_t len = (size_t)((double)n / (double)most * BAR_COLUMNS + 0.5);
        len = len == 0 && n > 0 ? 1 : len;
        memset(bar, '#', len);
        bar[len] = '\0';
        (void)fprintf(to, "%7s %-*s %12s  %6.2f %%\n", bench_time(b, time), BAR_COLUMNS, bar,
                      progress_count(n, count), (double)n / (double)h->count * 100);
    }
    (void)fputc('\n', to);
}

static void print_remarks(const struct bench_options *o, const struct bench_result *r,
                          uint64_t requests, struct cli *c)
{
    char a[TEXT_BYTES];
    if (o->watches > 0) {
        (void)fprintf(c->out, "%s events came\n", progress_count(r->events, a));
    }
    if (r->sessions_lost > 0) {
        (void)fprintf(c->out, "%s sessions expired and were opened again\n",
                      progress_count(r->sessions_lost, a));
    }
    if (r->unsent > 0) {
        (void)fprintf(c->out,
                      "%s requests were due and never sent: the servers or this machine cannot "
                      "keep up with --rate\n",
                      progress_count(r->unsent, a));
    }
    if (!c->is_quiet && requests > 0) {
        (void)fprintf(c->err,
                      "%s sessions opened in %.2f s; paddock itself took %.2f s of CPU, %.2f us "
                      "a request%s\n",
                      progress_count(o->sessions, a), r->connect_s, r->cpu_s,
                      r->cpu_s * 1e6 / (double)requests,
                      o->rate > 0 ? ", waiting for the next one included" : "");
    }
}

void bench_print(const struct bench_options *o, const struct bench_result *r, struct cli *c)
{
    struct bench_row all;
    sum_up(r, &all);
    print_table(o, r, &all, c);
    if (all.latency.count > 0) {
        print_histogram(&all.latency, c->out);
    }
    print_errors(r, c->out);
    print_remarks(o, r, all.latency.count, c);
}

// ---- JSON ----

static struct json *microseconds(int64_t ns)
{
    return json_new_real((double)ns / 1000);
}

static struct json *json_of_row(const struct bench_row *row, double seconds)
{
    const struct histogram *h = &row->latency;
    struct json *o = json_new_object();
    json_put(o, "count", json_new_int((int64_t)h->count));
    json_put(o, "rate", json_new_real((double)h->count / seconds));
    json_put(o, "errors", json_new_int((int64_t)row->errors));
    json_put(o, "min_us", microseconds(h->min));
    json_put(o, "mean_us", json_new_real(histogram_mean(h) / 1000));
    for (size_t i = 0; i < PERCENTS; i++) {
        char name[TIME_BYTES];
        (void)snprintf(name, sizeof(name), "%s_us", percent_names[i]);
        json_put(o, name, microseconds(histogram_percentile(h, percents[i])));
    }
    json_put(o, "max_us", microseconds(h->max));
    struct json *codes = json_new_object();
    for (size_t k = 0; k < BENCH_CODES_MAX && row->codes[k].count > 0; k++) {
        json_put(codes, paddock_code_name(row->codes[k].code),
                 json_new_int((int64_t)row->codes[k].count));
    }
    json_put(o, "error_codes", codes);
    return o;
}

static struct json *json_of_options(const struct bench_options *o)
{
    struct json *j = json_new_object();
    json_put(j, "sessions", json_new_int(o->sessions));
    json_put(j, "outstanding", json_new_int(o->outstanding));
    json_put(j, "threads", json_new_int(o->workers));
    json_put(j, "mix", json_new_cstr(o->mix_text));
    json_put(j, "size", json_new_int(o->size_bytes));
    json_put(j, "keys", json_new_int(o->keys));
    json_put(j, "watches", json_new_int(o->watches));
    json_put(j, "rate", o->rate > 0 ? json_new_real(o->rate) : json_new_null());
    json_put(j, "duration_s", json_new_real((double)o->duration_ms / 1000));
    json_put(j, "warmup_s", json_new_real((double)o->warmup_ms / 1000));
    json_put(j, "path", json_new_cstr(o->root));
    json_put(j, "seed", json_new_int((int64_t)o->seed));
    return j;
}

static struct json *json_of_slices(const struct bench_result *r)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < r->slice_count; i++) {
        const struct bench_slice *s = &r->slices[i];
        struct json *o = json_new_object();
        json_put(o, "s", json_new_real((double)(i * (uint64_t)r->slice_ns) / 1e9));
        json_put(o, "count", json_new_int((int64_t)s->count));
        json_put(o, "errors", json_new_int((int64_t)s->errors));
        json_put(o, "max_us", microseconds(s->max_ns));
        json_append(list, o);
    }
    return list;
}

struct json *bench_json(const struct bench_options *o, const struct bench_result *r)
{
    struct bench_row all;
    sum_up(r, &all);
    double seconds = seconds_of(o, r);
    struct json *j = json_new_object();
    json_put(j, "options", json_of_options(o));
    struct json *rows = json_new_object();
    for (size_t i = 0; i < BENCH_ROWS; i++) {
        if (r->rows[i].latency.count > 0) {
            json_put(rows, row_name(i), json_of_row(&r->rows[i], seconds));
        }
    }
    json_put(j, "requests", rows);
    json_put(j, "all", json_of_row(&all, seconds));
    json_put(j, "events", json_new_int((int64_t)r->events));
    json_put(j, "sessions_lost", json_new_int((int64_t)r->sessions_lost));
    json_put(j, "unsent", json_new_int((int64_t)r->unsent));
    json_put(j, "connect_s", json_new_real(r->connect_s));
    json_put(j, "cpu_s", json_new_real(r->cpu_s));
    json_put(j, "slice_s", json_new_real((double)r->slice_ns / 1e9));
    json_put(j, "slices", json_of_slices(r));
    return j;
}
