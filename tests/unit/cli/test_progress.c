// SPDX-License-Identifier: Apache-2.0
//
// Numbers for people, and a line that only people get to see.
#include "cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/fake.h"

enum { TEXT_BYTES = 32, CALLS = 64 };

static void numbers_are_grouped(void **state)
{
    (void)state;
    char to[TEXT_BYTES];
    assert_string_equal(progress_count(0, to), "0");
    assert_string_equal(progress_count(999, to), "999");
    assert_string_equal(progress_count(1000, to), "1,000");
    assert_string_equal(progress_count(UINT64_MAX, to), "18,446,744,073,709,551,615");
}

static void bytes_have_units(void **state)
{
    (void)state;
    char to[TEXT_BYTES];
    assert_string_equal(progress_bytes(1023, to), "1023 B");
    assert_string_equal(progress_bytes(1536, to), "1.5 KiB");
    assert_string_equal(progress_bytes(UINT64_C(48) << 20, to), "48 MiB");
    assert_string_equal(progress_bytes(UINT64_MAX, to), "16 EiB");
}

static void times_have_two_parts_at_most(void **state)
{
    (void)state;
    char to[TEXT_BYTES];
    assert_string_equal(progress_time(999, to), "999 ms");
    assert_string_equal(progress_time(59999, to), "59 s");
    assert_string_equal(progress_time(80000, to), "1 min 20 s");
    assert_string_equal(progress_time(7260000, to), "2 h 1 min");
}

// As many nodes as one look at the clock takes, after `ms`.
static void walk(struct fake *f, struct progress *p, uint64_t *count, int64_t ms)
{
    f->now_ns += ms * 1000000;
    for (int i = 0; i < CALLS; i++) {
        progress_at(p, ++*count, 0);
    }
}

static void a_pipe_and_the_quiet_get_nothing(void **state)
{
    (void)state;
    struct fake f;
    for (int quiet = 0; quiet < 2; quiet++) {
        struct progress p;
        uint64_t count = 0;
        fake_init(&f);
        f.host.err_is_tty = quiet == 1;
        f.cli.is_quiet = quiet == 1;
        progress_begin(&p, &f.cli, "walking", "nodes", 0);
        walk(&f, &p, &count, 1000);
        walk(&f, &p, &count, 1000);
        progress_end(&p);
        assert_string_equal(fake_err(&f), "");
        fake_fini(&f);
    }
}

static void the_line_is_drawn_ten_times_a_second_and_erased(void **state)
{
    (void)state;
    struct fake f;
    struct progress p;
    uint64_t count = 0;
    fake_init(&f);
    f.host.err_is_tty = true;
    progress_begin(&p, &f.cli, "walking", "nodes", 0);
    walk(&f, &p, &count, 1);
    assert_string_equal(fake_err(&f), "");
    walk(&f, &p, &count, 1000);
    assert_non_null(strstr(fake_err(&f), "\r\033[Kwalking  65 nodes  0 B  "));
    size_t shown = strlen(fake_err(&f));
    walk(&f, &p, &count, 50);
    assert_int_equal(strlen(fake_err(&f)), shown);
    progress_end(&p);
    assert_string_equal(fake_err(&f) + shown, "\r\033[K");
    progress_end(&p);
    assert_int_equal(strlen(fake_err(&f)), shown + 4);
    fake_fini(&f);
}

static void a_known_total_gives_a_bar_that_fits(void **state)
{
    (void)state;
    struct fake f;
    struct progress p;
    uint64_t count = 499;
    fake_init(&f);
    f.host.err_is_tty = true;
    progress_begin(&p, &f.cli, "exporting /a/path/that/is/rather/long", "nodes", 1000);
    walk(&f, &p, &count, 1000);
    const char *line = fake_err(&f);
    assert_non_null(strstr(line, "long  [##########..........]  500 of 1,000"));
    assert_int_equal(strlen(line), strlen("\r\033[K") + 79); // the terminal's columns less one
    progress_end(&p);
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_grouped),
        cmocka_unit_test(bytes_have_units),
        cmocka_unit_test(times_have_two_parts_at_most),
        cmocka_unit_test(a_pipe_and_the_quiet_get_nothing),
        cmocka_unit_test(the_line_is_drawn_ten_times_a_second_and_erased),
        cmocka_unit_test(a_known_total_gives_a_bar_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
