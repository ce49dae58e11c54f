// SPDX-License-Identifier: Apache-2.0
//
// The line of progress is for people at a terminal; its numbers are for people, too.
#include "cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/fake.h"

static void counts_have_commas(void **state)
{
    (void)state;
    char to[32];
    assert_string_equal(progress_count(0, to), "0");
    assert_string_equal(progress_count(999, to), "999");
    assert_string_equal(progress_count(1234567, to), "1,234,567");
    assert_string_equal(progress_count(UINT64_MAX, to), "18,446,744,073,709,551,615");
}

static void sizes_and_times_have_units(void **state)
{
    (void)state;
    char to[32];
    assert_string_equal(progress_bytes(1023, to), "1023 B");
    assert_string_equal(progress_bytes(1536, to), "1.5 KiB");
    assert_string_equal(progress_bytes(48 << 20, to), "48 MiB");
    assert_string_equal(progress_bytes(UINT64_MAX, to), "16 EiB");
    assert_string_equal(progress_time(999, to), "999 ms");
    assert_string_equal(progress_time(59999, to), "59 s");
    assert_string_equal(progress_time(80000, to), "1 min 20 s");
    assert_string_equal(progress_time(7320000, to), "2 h 2 min");
}

// More calls than it takes to look at the clock, over more than the time between two lines.
static void work(struct progress *p, struct fake *f)
{
    for (uint64_t i = 0; i < 1000; i++) {
        f->now_ns += INT64_C(1000000);
        progress_at(p, i, i * 10);
    }
}

static void a_pipe_sees_nothing(void **state)
{
    (void)state;
    struct fake f;
    struct progress p;
    fake_init(&f);
    progress_begin(&p, &f.cli, "counting", "nodes", 0);
    work(&p, &f);
    progress_end(&p);
    assert_string_equal(fake_err(&f), "");
    fake_fini(&f);
}

static void a_terminal_sees_a_line_that_goes_at_the_end(void **state)
{
    (void)state;
    struct fake f;
    struct progress p;
    fake_init(&f);
    f.host.err_is_tty = true;
    progress_begin(&p, &f.cli, "counting", "nodes", 1000);
    work(&p, &f);
    progress_end(&p);
    const char *text = fake_err(&f);
    assert_non_null(strstr(text, "\r\033[Kcounting  [#"));
    assert_non_null(strstr(text, " of 1,000 nodes"));
    assert_string_equal(text + strlen(text) - 4, "\r\033[K");
    for (const char *line = text; (line = strstr(line, "\r\033[K")) != NULL;) {
        line += 4;
        assert_in_range(strcspn(line, "\r"), 0, 79); // the fake's terminal has 80 columns
    }
    fake_fini(&f);
}

static void quiet_is_quiet(void **state)
{
    (void)state;
    struct fake f;
    struct progress p;
    fake_init(&f);
    f.host.err_is_tty = true;
    f.cli.is_quiet = true;
    progress_begin(&p, &f.cli, "counting", "nodes", 0);
    work(&p, &f);
    progress_end(&p);
    assert_string_equal(fake_err(&f), "");
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_have_commas),
        cmocka_unit_test(sizes_and_times_have_units),
        cmocka_unit_test(a_pipe_sees_nothing),
        cmocka_unit_test(a_terminal_sees_a_line_that_goes_at_the_end),
        cmocka_unit_test(quiet_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
