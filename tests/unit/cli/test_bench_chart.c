// SPDX-License-Identifier: Apache-2.0
//
// The chart as text: it is whole, stands alone, keeps within its picture, and shows a stall.
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/bench.h"

static const int64_t MS = 1000000;
static struct bench_result r;
static struct bench_options options;

static int set_up(void **state)
{
    (void)state;
    r = (struct bench_result){.slice_ns = 100 * MS};
    options = (struct bench_options){.sessions = 1000,
                                     .outstanding = 1,
                                     .workers = 1,
                                     .mix_text = "get=1",
                                     .keys = 10,
                                     .duration_ms = 4000};
    return 0;
}

static char *draw(void)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    bench_chart(&options, &r, out);
    (void)fclose(out);
    return text;
}

// Every millisecond one request; between `from` and `to` (ms) none is answered, those that were due
// are at `to`.
static void run_with_stall(int64_t from, int64_t to)
{
    for (int64_t ms = 0; ms < 4000; ms++) {
        int64_t answered = ms >= from && ms < to ? to : ms;
        bench_result_note(&r, MIX_GET, PADDOCK_OK, ms * MS, answered * MS + 200000);
    }
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++) {
        count++;
    }
    return count;
}

static void a_stall_is_shaded_and_has_its_height(void **state)
{
    (void)state;
    run_with_stall(1500, 2000);
    char *text = draw();
    assert_int_equal(count_of(text, "<title>no answer</title>"), 2); // in both panels over time
    assert_non_null(strstr(text, ">400 ms</text>"));                 // the axis reaches it
    // Five slices of forty of a plot of 600, behind fifteen of them.
    assert_non_null(strstr(text, "<rect class=\"s\" x=\"309.0\""));
    assert_non_null(strstr(text, "width=\"75.0\""));
    free(text);
}

static void a_run_without_one_has_no_shade(void **state)
{
    (void)state;
    run_with_stall(0, 0);
    char *text = draw();
    assert_int_equal(count_of(text, "no answer</title>"), 0);
    assert_null(strstr(text, ">400 ms</text>"));
    free(text);
}

static void the_chart_stands_alone_and_is_whole(void **state)
{
    (void)state;
    options.mix_text = "a<b&c";
    run_with_stall(100, 200);
    bench_result_note(&r, MIX_SET, PADDOCK_OK, 0, 3 * MS);
    bench_result_note(&r, BENCH_EVENT, PADDOCK_OK, 0, 3 * MS);
    char *text = draw();
    assert_int_equal(strncmp(text, "<svg xmlns=", 11), 0);
    assert_string_equal(text + strlen(text) - 7, "</svg>\n");
    assert_null(strstr(text, "href"));
    assert_null(strstr(text, "url("));
    assert_int_equal(count_of(text, "<text"), count_of(text, "</text>"));
    assert_non_null(strstr(text, "a&lt;b&amp;c"));
    assert_non_null(strstr(text, ">set to event</text>"));
    assert_non_null(strstr(text, "prefers-color-scheme:dark"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    free(text);
}

// Every number behind M, L or H of a line's path lies within the picture.
static void lines_stay_within_the_picture(void **state)
{
    (void)state;
    run_with_stall(500, 1900);
    char *text = draw();
    const char *at = text;
    size_t numbers = 0;
    while ((at = strstr(at, "class=\"l\"")) != NULL) {
        at = strstr(at, " d=\"") + 4;
        while (*at != '"') {
            char *end;
            double value = strtod(at, &end);
            if (end == at) {
                at++;
                continue;
            }
            assert_true(value >= 0 && value <= 900);
            numbers++;
            at = end;
        }
    }
    assert_true(numbers > 500);
    free(text);
}

static void a_run_of_no_or_one_answer_is_drawn(void **state)
{
    (void)state;
    char *text = draw();
    assert_non_null(strstr(text, "No request was answered."));
    free(text);
    bench_result_note(&r, MIX_GET, PADDOCK_OK, 0, 0);
    text = draw();
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    free(text);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stall_is_shaded_and_has_its_height), TEST(a_run_without_one_has_no_shade),
        TEST(the_chart_stands_alone_and_is_whole),  TEST(lines_stay_within_the_picture),
        TEST(a_run_of_no_or_one_answer_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
