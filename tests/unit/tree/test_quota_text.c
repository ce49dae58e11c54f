// SPDX-License-Identifier: Apache-2.0
//
// The text of quota nodes: what Java reads, what it refuses, what it writes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree/quota_text.h"

static void expect_text(const char *text, const char *printed)
{
    struct quota_text q;
    assert_int_equal(quota_text_parse(slice_str(text), &q), ERR_OK);
    struct buf out = {0};
    quota_text_print(&q, &out);
    assert_string_equal(buf_cstr(&out), printed);
    buf_fini(&out);
    quota_text_fini(&q);
}

static void legal_text_is_printed_in_canonical_form(void **state)
{
    (void)state;
    expect_text("", "count=-1,bytes=-1");
    expect_text(",;,", "count=-1,bytes=-1");
    expect_text("count=5,bytes=10", "count=5,bytes=10");
    expect_text("bytes=10,;,count=+5,,", "count=5,bytes=10");
    expect_text("count==7,bytes=1=2=3", "count=-1,bytes=1");
    expect_text("count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3",
                "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3");
    expect_text("z=1;a=2;z=3,count=9223372036854775807",
                "count=9223372036854775807,bytes=-1=;a=2;z=3");
    expect_text("=4;ab=1;a=2;bytes=-9223372036854775808",
                "count=-1,bytes=-9223372036854775808=;=4;a=2;ab=1");
}

static void malformed_text_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"garbage",
                                        "count=x",
                                        "count=",
                                        "count",
                                        ";count=1",
                                        "=",
                                        "count= 1",
                                        "count=1 ",
                                        "a=-",
                                        "a=+",
                                        "count=9223372036854775808",
                                        "count=1;bytes=99999999999999999999",
                                        "a=1;b",
                                        "a=0x1",
                                        "a=-9223372036854775809"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct quota_text q;
        assert_int_equal(quota_text_parse(slice_str(texts[i]), &q), ERR_MALFORMED);
        quota_text_fini(&q);
    }
    struct quota_text q;
    assert_int_equal(quota_text_parse(slice_null(), &q), ERR_MALFORMED);
    quota_text_fini(&q);
}

static void other_keys_are_found_by_name(void **state)
{
    (void)state;
    struct quota_text q;
    assert_int_equal(quota_text_parse(slice_str("countHardLimit=3,count=2"), &q), ERR_OK);
    assert_int_equal(quota_text_value(&q, "countHardLimit"), 3);
    assert_int_equal(quota_text_value(&q, "byteHardLimit"), -1);
    assert_int_equal(q.count, 2);
    assert_int_equal(q.bytes, -1);
    quota_text_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legal_text_is_printed_in_canonical_form),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(other_keys_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
