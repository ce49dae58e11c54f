// SPDX-License-Identifier: Apache-2.0
//
// The ring of the last trace lines: fixed slots, the oldest overwritten, readable from a signal
// handler or a failing assertion because nothing in it is ever freed or moved. A line takes its
// slot by one atomic step; that two threads meet in one slot would need a whole ring of lines
// during the copy of one, and a dump beside a writer may show one line torn.
#include "base/trace.h"

#include <stdatomic.h>
#include <stdbool.h>
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
    struct trace_slot {
        int64_t ms;
        const char *literal; // of trace_numbers; NULL: `text` is the line
        union {
            uint64_t numbers[TRACE_NUMBERS];
            char text[TRACE_LINE_MAX];
        };
    } lines[TRACE_RING_LINES];
};

// Digits of `value` in `base`, at least `digits_min` of them; returns the end. Not by printf, which
// a signal handler may not call.
static char *put_number(char *to, uint64_t value, uint64_t base, size_t digits_min)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0 || count < digits_min);
    while (count > 0) {
        *to++ = digits[--count];
    }
    return to;
}

// Both kinds of place, and the literal around them: at most TRACE_LINE_MAX - 1 bytes and a zero.
static void put_numbers(char to[TRACE_LINE_MAX], const char *literal, const uint64_t *numbers)
{
    enum { NUMBER_BYTES = 20 };
    const uint64_t *left = numbers;
    char *at = to;
    for (; *literal != 0 && at < to + TRACE_LINE_MAX - NUMBER_BYTES; literal++) {
        bool is_place = *literal == '@' || *literal == '#';
        if (is_place && left < numbers + TRACE_NUMBERS) {
            at = put_number(at, *left++, *literal == '@' ? 16 : 10, 1);
        } else {
            *at++ = *literal;
        }
    }
    *at = 0;
}

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

void trace_numbers(struct trace_sink *sink, const char *text, uint64_t a, uint64_t b, uint64_t c)
{
    if (sink == NULL) {
        return;
    }
    const uint64_t numbers[TRACE_NUMBERS] = {a, b, c};
    if (sink->numbers != NULL) {
        sink->numbers(sink, text, numbers);
        return;
    }
    char line[TRACE_LINE_MAX];
    put_numbers(line, text, numbers);
    sink->line(sink, line);
}

// ---- the ring ----

static struct trace_slot *next_slot(struct trace_ring *ring)
{
    uint64_t number = atomic_fetch_add(&ring->line_count, 1);
    struct trace_slot *slot = &ring->lines[number % TRACE_RING_LINES];
    slot->ms = ring->now_ms(ring->ctx);
    return slot;
}

static void ring_line(struct trace_sink *sink, const char *text)
{
    struct trace_slot *slot = next_slot(CONTAINER_OF(sink, struct trace_ring, sink));
    size_t len = strnlen(text, TRACE_LINE_MAX - 1);
    slot->literal = NULL;
    memcpy(slot->text, text, len);
    slot->text[len] = 0;
}

static void ring_numbers(struct trace_sink *sink, const char *text, const uint64_t *numbers)
{
    struct trace_slot *slot = next_slot(CONTAINER_OF(sink, struct trace_ring, sink));
    memcpy(slot->numbers, numbers, sizeof(slot->numbers));
    slot->literal = text;
}

struct trace_ring *trace_ring_new(int64_t (*now_ms)(void *ctx), void *ctx)
{
    struct trace_ring *ring = mem_zalloc(sizeof(*ring));
    ring->sink.line = ring_line;
    ring->sink.numbers = ring_numbers;
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

// A dump is a last gasp: a short or failed write has nobody to tell.
static void write_line(int fd, int64_t ms, const char *text)
{
    static const char start[] = "trace ";
    char line[sizeof(start) + 32 + TRACE_LINE_MAX];
    memcpy(line, start, sizeof(start) - 1);
    char *to = put_number(line + sizeof(start) - 1, (uint64_t)ms / 1000, 10, 1);
    *to++ = '.';
    to = put_number(to, (uint64_t)ms % 1000, 10, 3);
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
        const struct trace_slot *slot = &ring->lines[i % TRACE_RING_LINES];
        char line[TRACE_LINE_MAX];
        if (slot->literal != NULL) {
            put_numbers(line, slot->literal, slot->numbers);
        }
        write_line(fd, slot->ms, slot->literal != NULL ? line : slot->text);
    }
}
