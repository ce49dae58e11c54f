// SPDX-License-Identifier: Apache-2.0
//
// Counting what ended, and adding up the workers.
#include "base/assert.h"
#include "cli/bench.h"

static void note_code(struct bench_row *row, int code, uint64_t count)
{
    row->errors += count;
    for (size_t i = 0; i < BENCH_CODES_MAX; i++) {
        struct bench_error *e = &row->codes[i];
        if (e->count == 0 || e->code == code || i + 1 == BENCH_CODES_MAX) {
            e->code = code; // the last place takes all further ones
            e->count += count;
            return;
        }
    }
}

void bench_result_note(struct bench_result *r, size_t row, int code, int64_t start_ns,
                       int64_t end_ns)
{
    ASSERT(row < BENCH_ROWS && r->slice_ns > 0);
    int64_t took = end_ns - start_ns;
    histogram_record(&r->rows[row].latency, took);
    if (code != PADDOCK_OK) {
        note_code(&r->rows[row], code, 1);
    }
    r->last_ns = end_ns > r->last_ns ? end_ns : r->last_ns;
    if (row == BENCH_EVENT || end_ns < 0) {
        return;
    }
    size_t at = (size_t)(end_ns / r->slice_ns);
    at = at < BENCH_SLICES_MAX ? at : BENCH_SLICES_MAX - 1;
    struct bench_slice *slice = &r->slices[at];
    slice->count++;
    slice->errors += code != PADDOCK_OK ? 1 : 0;
    slice->max_ns = took > slice->max_ns ? took : slice->max_ns;
    r->slice_count = at >= r->slice_count ? at + 1 : r->slice_count;
}

static void add_row(struct bench_row *to, const struct bench_row *more)
{
    histogram_add(&to->latency, &more->latency);
    for (size_t i = 0; i < BENCH_CODES_MAX && more->codes[i].count > 0; i++) {
        note_code(to, more->codes[i].code, more->codes[i].count);
    }
}

void bench_result_add(struct bench_result *r, const struct bench_result *more)
{
    for (size_t i = 0; i < BENCH_ROWS; i++) {
        add_row(&r->rows[i], &more->rows[i]);
    }
    for (size_t i = 0; i < more->slice_count; i++) {
        struct bench_slice *to = &r->slices[i];
        to->count += more->slices[i].count;
        to->errors += more->slices[i].errors;
        to->max_ns = more->slices[i].max_ns > to->max_ns ? more->slices[i].max_ns : to->max_ns;
    }
    r->slice_ns = more->slice_ns;
    r->slice_count = more->slice_count > r->slice_count ? more->slice_count : r->slice_count;
    r->last_ns = more->last_ns > r->last_ns ? more->last_ns : r->last_ns;
    r->events += more->events;
    r->sessions_lost += more->sessions_lost;
    r->unsent += more->unsent;
}
