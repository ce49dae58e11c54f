// SPDX-License-Identifier: Apache-2.0
//
// Traces: one short line of text per step that a reader of a crash wants to know, given to an
// injected sink. In production the sink is a ring that a failed assertion dumps; tests collect the
// lines as text. Not for single reads and writes: a formatted line costs a third of a microsecond.
#ifndef PADDOCK_BASE_TRACE_H
#define PADDOCK_BASE_TRACE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_NUMBERS = 3 };

struct trace_sink {
    void (*line)(struct trace_sink *sink, const char *text); // `text` is valid during the call
    // See trace_numbers; NULL: `line` gets the finished text.
    void (*numbers)(struct trace_sink *sink, const char *text, const uint64_t *numbers);
};

// Format a line of at most TRACE_LINE_MAX bytes and hand it to `sink`; NULL drops it at no cost.
void trace(struct trace_sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The same for steps that come thousands of times a second: made into text only when the ring is
// dumped. `text` is a literal; its '@' take the numbers in hexadecimal, its '#' in decimal, in
// order.
void trace_numbers(struct trace_sink *sink, const char *text, uint64_t a, uint64_t b, uint64_t c);

// The ring: the last TRACE_RING_LINES lines, each with the time that `now_ms` told when it came.
// Thread: lines may come from any thread, if `now_ms` may be asked on any.
enum { TRACE_LINE_MAX = 160, TRACE_RING_LINES = 512 };
struct trace_ring;
struct trace_ring *trace_ring_new(int64_t (*now_ms)(void *ctx), void *ctx);
void trace_ring_free(struct trace_ring *ring);
struct trace_sink *trace_ring_sink(struct trace_ring *ring);
// Write "trace <seconds> <text>" for each line to `fd`, oldest first; async-signal-safe.
void trace_ring_dump(const struct trace_ring *ring, int fd);

#endif
