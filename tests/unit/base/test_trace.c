// SPDX-License-Identifier: Apache-2.0
//
// Traces: a sink gets whole lines, the ring keeps the newest.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/trace.h"

struct collector {
    struct trace_sink sink; // first
    struct buf text;
};

static void collect(struct trace_sink *sink, const char *text)
{
    struct collector *c = (struct collector *)(void *)sink;
    buf_printf(&c->text, "[%s]", text);
}

static void sink_gets_formatted_lines(void **state)
{
    (void)state;
    struct collector c = {.sink = {.line = collect}};
    trace(&c.sink, "ack zxid=%d", 5);
    trace(&c.sink, "commit");
    assert_string_equal(buf_cstr(&c.text), "[ack zxid=5][commit]");
    buf_fini(&c.text);
}

static void no_sink_is_legal(void **state)
{
    (void)state;
    trace(NULL, "dropped %d", 1);
}

static void long_line_is_cut(void **state)
{
    (void)state;
    struct collector c = {.sink = {.line = collect}};
    char text[2 * TRACE_LINE_MAX];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    trace(&c.sink, "%s", text);
    assert_int_equal(c.text.len, TRACE_LINE_MAX - 1 + 2);
    buf_fini(&c.text);
}

// The ring's dump as text; the caller frees.
static char *dump_of(const struct trace_ring *ring)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    trace_ring_dump(ring, fileno(file));
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    (void)fclose(file);
    return text;
}

// A clock that goes on at every look.
static int64_t tick(void *ctx)
{
    return ++*(int64_t *)ctx;
}

static void ring_dumps_oldest_first(void **state)
{
    (void)state;
    int64_t now_ms = 61000;
    struct trace_ring *ring = trace_ring_new(tick, &now_ms);
    trace(trace_ring_sink(ring), "one");
    trace(trace_ring_sink(ring), "two");
    char *text = dump_of(ring);
    assert_string_equal(text, "trace 61.001 one\ntrace 61.002 two\n");
    free(text);
    trace_ring_free(ring);
}

static void ring_keeps_the_newest_lines(void **state)
{
    (void)state;
    int64_t now_ms = 61000;
    struct trace_ring *ring = trace_ring_new(tick, &now_ms);
    for (int i = 0; i < TRACE_RING_LINES + 3; i++) {
        trace(trace_ring_sink(ring), "line %d", i);
    }
    char *text = dump_of(ring);
    char last[64];
    (void)snprintf(last, sizeof(last), "trace 61.%d line %d\n", TRACE_RING_LINES + 3,
                   TRACE_RING_LINES + 2);
    assert_int_equal(strncmp(text, "trace 61.004 line 3\n", 20), 0);
    assert_string_equal(text + strlen(text) - strlen(last), last);
    free(text);
    trace_ring_free(ring);
}

static void numbers_become_text_when_they_are_read(void **state)
{
    (void)state;
    int64_t now_ms = 61000;
    struct trace_ring *ring = trace_ring_new(tick, &now_ms);
    struct collector c = {.sink = {.line = collect}};
    struct trace_sink *const sinks[] = {trace_ring_sink(ring), &c.sink, NULL};
    for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
        trace_numbers(sinks[i], "batch 0x@: # of #", UINT64_MAX, 0, 12);
        trace_numbers(sinks[i], "# # # # @", 1, 2, 3);
    }
    char *text = dump_of(ring);
    assert_string_equal(text, "trace 61.001 batch 0xffffffffffffffff: 0 of 12\n"
                              "trace 61.002 1 2 3 # @\n");
    assert_string_equal(buf_cstr(&c.text), "[batch 0xffffffffffffffff: 0 of 12][1 2 3 # @]");
    buf_fini(&c.text);
    free(text);
    trace_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sink_gets_formatted_lines),
        cmocka_unit_test(no_sink_is_legal),
        cmocka_unit_test(long_line_is_cut),
        cmocka_unit_test(ring_dumps_oldest_first),
        cmocka_unit_test(ring_keeps_the_newest_lines),
        cmocka_unit_test(numbers_become_text_when_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
