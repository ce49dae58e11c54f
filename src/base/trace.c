// SPDX-License-Identifier: Apache-2.0
//
// The ring of the last trace lines: fixed slots, the oldest overwritten, readable from a signal
// handler or a failing assertion because nothing in it is ever freed or moved.
#include "base/trace.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"

struct trace_ring {
    struct trace_sink sink;
    uint64_t line_count; // ever; the next line goes to slot line_count % TRACE_RING_LINES
    char lines[TRACE_RING_LINES][TRACE_LINE_MAX];
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
    char *slot = ring->lines[ring->line_count % TRACE_RING_LINES];
    size_t len = strnlen(text, TRACE_LINE_MAX - 1);
    memcpy(slot, text, len);
    slot[len] = 0;
    ring->line_count++;
}

struct trace_ring *trace_ring_new(void)
{
    struct trace_ring *ring = mem_zalloc(sizeof(*ring));
    ring->sink.line = ring_line;
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
static void write_line(int fd, const char *text)
{
    char line[TRACE_LINE_MAX + 1];
    size_t len = strnlen(text, TRACE_LINE_MAX - 1);
    memcpy(line, text, len);
    line[len] = '\n';
    ssize_t written = write(fd, line, len + 1);
    (void)written;
}

void trace_ring_dump(const struct trace_ring *ring, int fd)
{
    uint64_t first = ring->line_count > TRACE_RING_LINES ? ring->line_count - TRACE_RING_LINES : 0;
    for (uint64_t i = first; i < ring->line_count; i++) {
        write_line(fd, ring->lines[i % TRACE_RING_LINES]);
    }
}
