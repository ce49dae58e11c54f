// SPDX-License-Identifier: Apache-2.0
//
// The ring of the last trace lines: fixed slots, the oldest overwritten, readable from a signal
// handler or a failing assertion because nothing in it is ever freed or moved. A line takes its
// slot by one atomic step; that two threads meet in one slot would need a whole ring of lines
// during the copy of one, and a dump beside a writer may show one line torn.
#include "base/trace.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"

struct trace_ring {
    struct trace_sink sink;
    int64_t (*now_ms)(void *ctx);
    void *ctx;
    _Atomic uint64_t line_count; // ever; the next line goes to slot line_count % TRACE_RING_LINES
    struct {
        int64_t ms;
        char text[TRACE_LINE_MAX];
    } lines[TRACE_RING_LINES];
};

void trace(struct trace_sink *sink, const char *format, ...)
{
    if (sink == NULL) {
        return;
    }
    char text[TRACE_LINE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    sink->line(sink, text);
}

static void ring_line(struct trace_sink *sink, const char *text)
{
    struct trace_ring *ring = CONTAINER_OF(sink, struct trace_ring, sink);
    uint64_t number = atomic_fetch_add(&ring->line_count, 1);
    size_t len = strnlen(text, TRACE_LINE_MAX - 1);
    char *to = ring->lines[number % TRACE_RING_LINES].text;
    ring->lines[number % TRACE_RING_LINES].ms = ring->now_ms(ring->ctx);
    memcpy(to, text, len);
    to[len] = 0;
}

struct trace_ring *trace_ring_new(int64_t (*now_ms)(void *ctx), void *ctx)
{
    struct trace_ring *ring = mem_zalloc(sizeof(*ring));
    ring->sink.line = ring_line;
    ring->now_ms = now_ms;
    ring->ctx = ctx;
    return ring;
}

void trace_ring_free(struct trace_ring *ring)
{
    mem_free(ring);
}

struct trace_sink *trace_ring_sink(struct trace_ring *ring)
{
    return &ring->sink;
}

// Digits of `value`, at least `digits_min` of them; returns the end. Not by printf, which a signal
// handler may not call.
static char *put_number(char *to, uint64_t value, size_t digits_min)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || count < digits_min);
    while (count > 0) {
        *to++ = digits[--count];
    }
    return to;
}

// A dump is a last gasp: a short or failed write has nobody to tell.
static void write_line(int fd, int64_t ms, const char *text)
{
    static const char start[] = "trace ";
    char line[sizeof(start) + 32 + TRACE_LINE_MAX];
    memcpy(line, start, sizeof(start) - 1);
    char *to = put_number(line + sizeof(start) - 1, (uint64_t)ms / 1000, 1);
    *to++ = '.';
    to = put_number(to, (uint64_t)ms % 1000, 3);
    *to++ = ' ';
    size_t len = strnlen(text, TRACE_LINE_MAX - 1);
    memcpy(to, text, len);
    to[len] = '\n';
    ssize_t written = write(fd, line, (size_t)(to + len + 1 - line));
    (void)written;
}

void trace_ring_dump(const struct trace_ring *ring, int fd)
{
    uint64_t end = atomic_load(&ring->line_count);
    uint64_t first = end > TRACE_RING_LINES ? end - TRACE_RING_LINES : 0;
    for (uint64_t i = first; i < end; i++) {
        write_line(fd, ring->lines[i % TRACE_RING_LINES].ms,
                   ring->lines[i % TRACE_RING_LINES].text);
    }
}
