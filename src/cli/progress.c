// SPDX-License-Identifier: Apache-2.0
//
// The progress line. The clock is read once in 64 calls, the line drawn once in 100 ms.
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

enum { TEXT_BYTES = 32, CALLS_PER_LOOK = 64, BAR_COLUMNS = 20 };
static const int64_t redraw_ns = 100 * INT64_C(1000000);
static const int64_t second_ns = INT64_C(1000000000);

// ---- numbers for people ----

const char *progress_count(uint64_t n, char *to)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            to[at++] = ',';
        }
        to[at++] = digits[i];
    }
    to[at] = '\0';
    return to;
}

const char *progress_bytes(uint64_t n, char *to)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)n;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        unit++;
    }
    (void)snprintf(to, TEXT_BYTES, unit > 0 && value < 10 ? "%.1f %s" : "%.0f %s", value,
                   units[unit]);
    return to;
}

const char *progress_time(int64_t ms, char *to)
{
    int64_t s = ms / 1000;
    if (ms < 1000) {
        (void)snprintf(to, TEXT_BYTES, "%" PRId64 " ms", ms);
    } else if (s < 60) {
        (void)snprintf(to, TEXT_BYTES, "%" PRId64 " s", s);
    } else if (s < 3600) {
        (void)snprintf(to, TEXT_BYTES, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    } else {
        (void)snprintf(to, TEXT_BYTES, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    }
    return to;
}

// ---- the line ----

void progress_begin(struct progress *p, struct cli *c, const char *what, const char *noun,
                    uint64_t total)
{
    *p = (struct progress){.cli = c, .what = what, .noun = noun, .total = total};
    p->is_wanted = c->host->err_is_tty && !c->is_quiet;
    p->begun_ns = clock_mono_ns(c->host->clock);
    p->drawn_ns = p->begun_ns;
}

static void draw_bar(const struct progress *p, uint64_t count, char *to)
{
    uint64_t done = count >= p->total ? BAR_COLUMNS : count * BAR_COLUMNS / p->total;
    for (uint64_t i = 0; i < BAR_COLUMNS; i++) {
        to[i] = i < done ? '#' : '.';
    }
    to[BAR_COLUMNS] = '\0';
}

static void draw(struct progress *p, uint64_t count, uint64_t bytes, int64_t now_ns)
{
    char n[TEXT_BYTES], total[TEXT_BYTES], size[TEXT_BYTES], rate[TEXT_BYTES], left[TEXT_BYTES];
    char line[300], bar[BAR_COLUMNS + 1];
    double seconds = (double)(now_ns - p->begun_ns) / (double)second_ns;
    double per_second = seconds > 0 ? (double)count / seconds : 0;
    int len;
    if (p->total > 0) {
        draw_bar(p, count, bar);
        uint64_t rest = count < p->total ? p->total - count : 0;
        int64_t left_ms = per_second > 0 ? (int64_t)((double)rest / per_second * 1000) : 0;
        len = snprintf(line, sizeof(line), "%s  [%s]  %s of %s %s  %s  %s/s  %s left", p->what, bar,
                       progress_count(count, n), progress_count(p->total, total), p->noun,
                       progress_bytes(bytes, size), progress_count((uint64_t)per_second, rate),
                       progress_time(left_ms, left));
    } else {
        len = snprintf(line, sizeof(line), "%s  %s %s  %s  %s/s", p->what, progress_count(count, n),
                       p->noun, progress_bytes(bytes, size),
                       progress_count((uint64_t)per_second, rate));
    }
    int columns = p->cli->host->columns();
    int shown = len < columns - 1 ? len : columns - 1;
    (void)fprintf(p->cli->err, "\r\033[K%.*s", shown, line);
    (void)fflush(p->cli->err);
    p->drawn_ns = now_ns;
    p->is_shown = true;
}

void progress_at(struct progress *p, uint64_t count, uint64_t bytes)
{
    if (!p->is_wanted || p->calls++ % CALLS_PER_LOOK != 0) {
        return;
    }
    int64_t now_ns = clock_mono_ns(p->cli->host->clock);
    if (now_ns - p->drawn_ns >= redraw_ns) {
        draw(p, count, bytes, now_ns);
    }
}

void progress_end(struct progress *p)
{
    if (p->is_shown) {
        (void)fprintf(p->cli->err, "\r\033[K");
        (void)fflush(p->cli->err);
        p->is_shown = false;
    }
}
