// SPDX-License-Identifier: Apache-2.0
//
// The report of a benchmark as text and as JSON.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "cli/bench.h"

static const int64_t MS = 1000000;
static struct bench_result r;
static const struct bench_options options = {.sessions = 2,
                                             .outstanding = 3,
                                             .workers = 1,
                                             .mix_text = "get=1",
                                             .keys = 10,
                                             .size_bytes = 4,
                                             .duration_ms = 2000,
                                             .root = "/b"};

static int set_up(void **state)
{
    (void)state;
    r = (struct bench_result){.slice_ns = 100 * MS};
    return 0;
}

static void times_have_three_digits_and_a_unit(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0ns"},
        {999, "999ns"},
        {1000, "1.00us"},
        {12340, "12.3us"},
        {99960, "100us"},
        {999499, "999us"},
        {999600, "1.00ms"},
        {1000000, "1.00ms"},
        {9996000, "10.0ms"},
        {567 * MS, "567ms"},
        {1500 * MS, "1.50s"},
        {30000 * MS, "30.0s"},
        {3600000 * MS, "3600s"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[16];
        assert_string_equal(bench_time(cases[i].ns, text), cases[i].text);
    }
}

static char *print(void)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct cli c = {.out = out, .is_quiet = true};
    bench_print(&options, &r, &c);
    (void)fclose(out);
    return text;
}

static size_t widest_line(const char *text)
{
    size_t widest = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        widest = len > widest ? len : widest;
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    return widest;
}

static void the_table_has_a_row_for_each_kind_and_the_sum(void **state)
{
    (void)state;
    for (int i = 0; i < 1998; i++) {
        bench_result_note(&r, MIX_GET, PADDOCK_OK, 0, 2 * MS);
    }
    bench_result_note(&r, MIX_SET, PADDOCK_NO_NODE, 0, 500 * MS);
    bench_result_note(&r, MIX_SET, PADDOCK_OK, 1000 * MS, 1500 * MS);
    char *text = print();
    assert_non_null(strstr(text, "get              999       0  2.00ms 2.00ms"));
    assert_non_null(strstr(text, "set                1       1   500ms  500ms"));
    assert_non_null(strstr(text, "all            1,000       1"));
    assert_null(strstr(text, "event"));
    assert_non_null(strstr(text, "set ended 1 times with NoNode"));
    assert_non_null(strstr(text, " 5.00ms ####"));
    assert_non_null(strstr(text, "  1.00s #"));
    assert_true(widest_line(text) <= 80);
    free(text);
}

static void an_answer_behind_the_window_lengthens_it(void **state)
{
    (void)state;
    bench_result_note(&r, MIX_GET, PADDOCK_OK, 0, 10000 * MS);
    for (int i = 0; i < 99; i++) {
        bench_result_note(&r, MIX_GET, PADDOCK_OK, 0, MS);
    }
    char *text = print();
    assert_non_null(strstr(text, "get               10       0")); // 100 in 10 s, not in 2
    free(text);
}

static void nothing_answered_is_a_report_too(void **state)
{
    (void)state;
    char *text = print();
    assert_non_null(strstr(text, "request"));
    free(text);
}

static void remarks_tell_what_a_table_cannot(void **state)
{
    (void)state;
    bench_result_note(&r, MIX_GET, PADDOCK_OK, 0, MS);
    r.unsent = 1234;
    r.sessions_lost = 2;
    char *text = print();
    assert_non_null(strstr(text, "1,234 requests were due and never sent"));
    assert_non_null(strstr(text, "2 sessions expired"));
    free(text);
}

static int64_t int_at(const struct json *j, const char *a, const char *b)
{
    int64_t value = -1;
    assert_true(json_int_of(json_get(json_get(j, a), b), &value));
    return value;
}

static void json_has_every_number(void **state)
{
    (void)state;
    bench_result_note(&r, MIX_GET, PADDOCK_OK, 0, 2 * MS);
    bench_result_note(&r, MIX_GET, PADDOCK_NO_NODE, 0, 250 * MS);
    struct json *j = bench_json(&options, &r);
    assert_int_equal(int_at(j, "all", "count"), 2);
    assert_int_equal(int_at(j, "all", "errors"), 1);
    assert_int_equal(int_at(j, "options", "sessions"), 2);
    const struct json *get = json_get(json_get(j, "requests"), "get");
    assert_int_equal(int_at(get, "error_codes", "NoNode"), 1);
    double us = 0;
    assert_true(json_real_of(json_get(get, "max_us"), &us));
    assert_true(us == 250000);
    assert_true(json_null_of(json_get(json_get(j, "options"), "rate"))); // a closed loop
    assert_int_equal(json_count(json_get(j, "slices")), 3);
    assert_null(json_get(json_get(j, "requests"), "set"));
    json_free(j);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(times_have_three_digits_and_a_unit),
        TEST(the_table_has_a_row_for_each_kind_and_the_sum),
        TEST(an_answer_behind_the_window_lengthens_it),
        TEST(nothing_answered_is_a_report_too),
        TEST(remarks_tell_what_a_table_cannot),
        TEST(json_has_every_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
