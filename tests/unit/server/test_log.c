// SPDX-License-Identifier: Apache-2.0
//
// The log: what a line looks like in both formats, and that nothing in a field can break a line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "server/log.h"

struct world {
    struct port_clock clock;
    int64_t now_ms;
    struct buf out;
    struct log log;
    int lines;
};

static int64_t fake_wall(struct port_clock *clock)
{
    return ((struct world *)clock)->now_ms;
}

static void collect(void *ctx, enum log_level level, const char *line, size_t len)
{
    struct world *w = ctx;
    (void)level;
    buf_append(&w->out, line, len);
    w->lines++;
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->clock.wall_ms = fake_wall;
    w->now_ms = 1795262400123; // 2026-11-21T12:00:00.123Z
    log_init(&w->log, &w->clock, collect, w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    buf_fini(&w->out);
    free(w);
    return 0;
}

static void text_line_has_time_level_event_and_fields(void **state)
{
    struct world *w = *state;
    struct log_line l;
    assert_true(log_begin(&l, &w->log, EVENT_SESSION_EXPIRED));
    log_hex(&l, "session", 0x1000034651d0000);
    log_i64(&l, "timeout_ms", -4000);
    log_str(&l, "reason", "no ping");
    log_str(&l, "who", "");
    log_err(&l, ERR_NO_SPACE);
    log_end(&l);
    assert_string_equal(buf_cstr(&w->out),
                        "2026-11-21T12:00:00.123Z info session_expired session=0x1000034651d0000 "
                        "timeout_ms=-4000 reason=\"no ping\" who=\"\" "
                        "reason=\"no space left on device\"\n");
}

static void json_line_is_one_object(void **state)
{
    struct world *w = *state;
    w->log.format = LOG_JSON;
    struct log_line l;
    assert_true(log_begin(&l, &w->log, EVENT_SESSION_EXPIRED));
    log_hex(&l, "session", -1);
    log_i64(&l, "timeout_ms", 4000);
    log_str(&l, "path", "/a b\"\\\n\x01");
    log_end(&l);
    assert_string_equal(buf_cstr(&w->out),
                        "{\"time\":\"2026-11-21T12:00:00.123Z\",\"level\":\"info\","
                        "\"event\":\"session_expired\",\"session\":\"0xffffffffffffffff\","
                        "\"timeout_ms\":4000,"
                        "\"path\":\"/a b\\\"\\\\\\n\\u0001\"}\n");
}

static void field_from_the_network_cannot_begin_a_line(void **state)
{
    struct world *w = *state;
    log_event_str(&w->log, EVENT_STARTING, "path", "x\n2026-01-01T00:00:00.000Z error forged=1");
    const char *text = buf_cstr(&w->out);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_non_null(strstr(text, "path=\"x\\n2026"));
}

static void text_with_blank_or_equals_sign_is_quoted(void **state)
{
    struct world *w = *state;
    log_event_str(&w->log, EVENT_STARTING, "a", "b=c");
    assert_non_null(strstr(buf_cstr(&w->out), " a=\"b=c\"\n"));
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    struct world *w = *state;
    w->log.format = LOG_JSON;
    struct log_line l;
    assert_true(log_begin(&l, &w->log, EVENT_STARTING));
    log_str(&l, "a", "\xc3\xa9\xff\xc0\xaf\xed\xa0\x80\xe2\x82");
    log_end(&l);
    assert_non_null(strstr(buf_cstr(&w->out),
                           "\"a\":\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef"
                           "\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}"));
}

static void level_below_the_threshold_is_dropped_and_can_change(void **state)
{
    struct world *w = *state;
    struct log_line l;
    assert_false(log_begin(&l, &w->log, EVENT_SESSION_OPENED)); // debug
    w->log.level = LOG_DEBUG;
    assert_true(log_begin(&l, &w->log, EVENT_SESSION_OPENED));
    w->log.level = LOG_ERROR;
    log_event(&w->log, EVENT_STARTING);
    assert_int_equal(w->lines, 0);
    log_event_err(&w->log, EVENT_LOG_FAILED, ERR_IO);
    assert_int_equal(w->lines, 1);
}

static void missing_log_drops_everything(void **state)
{
    (void)state;
    struct log_line l;
    assert_false(log_begin(&l, NULL, EVENT_LOG_FAILED));
    log_event_i64(NULL, EVENT_LOG_FAILED, "a", 1);
}

static void check_long_line(struct world *w, const char *end)
{
    char value[600];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = 0;
    struct log_line l;
    assert_true(log_begin(&l, &w->log, EVENT_STARTING));
    for (int i = 0; i < 20; i++) {
        log_str(&l, "key", value);
        log_i64(&l, "n", i);
    }
    log_end(&l);
    assert_true(w->out.len <= LOG_LINE_MAX);
    const char *text = buf_cstr(&w->out);
    assert_string_equal(text + strlen(text) - strlen(end), end);
    assert_null(strstr(text, "n=3"));
    assert_non_null(strstr(text, w->log.format == LOG_JSON ? "\"n\":2," : "n=2 "));
}

static void full_line_loses_whole_fields_and_says_so(void **state)
{
    struct world *w = *state;
    check_long_line(w, "n=2 truncated=true\n");
    buf_clear(&w->out);
    w->log.format = LOG_JSON;
    check_long_line(w, "\"n\":2,\"truncated\":true}\n");
}

static void long_string_is_cut_with_dots(void **state)
{
    struct world *w = *state;
    static char value[5000];
    memset(value, 'v', sizeof value - 1);
    log_event_str(&w->log, EVENT_STARTING, "a", value);
    assert_non_null(strstr(buf_cstr(&w->out), "v...\"\n"));
    assert_true(w->out.len < LOG_STRING_MAX + 100);
}

static void check_time(struct world *w, int64_t wall_ms, const char *expect)
{
    buf_clear(&w->out);
    w->now_ms = wall_ms;
    log_event(&w->log, EVENT_STARTING);
    assert_memory_equal(buf_cstr(&w->out), expect, strlen(expect));
}

static void dates_follow_the_calendar(void **state)
{
    struct world *w = *state;
    check_time(w, 0, "1970-01-01T00:00:00.000Z");
    check_time(w, -1, "1969-12-31T23:59:59.999Z");
    check_time(w, 951782400000, "2000-02-29T00:00:00.000Z");
    check_time(w, 951868799999, "2000-02-29T23:59:59.999Z");
    check_time(w, 4107542400000, "2100-03-01T00:00:00.000Z");
    check_time(w, 1735689599000, "2024-12-31T23:59:59.000Z");
}

static void names_parse_back(void **state)
{
    (void)state;
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        enum log_level level = LOG_ERROR;
        assert_true(log_level_parse(log_level_name((enum log_level)i), &level));
        assert_int_equal(level, i);
    }
    enum log_level level = LOG_WARN;
    assert_false(log_level_parse("loud", &level));
    assert_int_equal(level, LOG_WARN);
    enum log_format format = LOG_TEXT;
    assert_true(log_format_parse("json", &format));
    assert_int_equal(format, LOG_JSON);
    assert_false(log_format_parse("xml", &format));
}

static void event_names_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_COUNT; i++) {
        const char *name = log_event_name((enum log_event)i);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(name, log_event_name((enum log_event)j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_line_has_time_level_event_and_fields, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(json_line_is_one_object, set_up, tear_down),
        cmocka_unit_test_setup_teardown(field_from_the_network_cannot_begin_a_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(text_with_blank_or_equals_sign_is_quoted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bytes_that_are_not_utf8_are_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(level_below_the_threshold_is_dropped_and_can_change, set_up,
                                        tear_down),
        cmocka_unit_test(missing_log_drops_everything),
        cmocka_unit_test_setup_teardown(full_line_loses_whole_fields_and_says_so, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(long_string_is_cut_with_dots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dates_follow_the_calendar, set_up, tear_down),
        cmocka_unit_test(names_parse_back),
        cmocka_unit_test(event_names_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
