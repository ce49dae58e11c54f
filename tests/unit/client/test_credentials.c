// SPDX-License-Identifier: Apache-2.0
//
// Credentials that are told again.
#include "base/mem.h"
#include "client/credentials.h"
#include "tests/unit/client/unit.h"

static void add(struct credentials *cs, const char *frame)
{
    struct credential *c = credential_new(slice_str(frame));
    assert_non_null(c);
    credentials_add(cs, c);
}

static void frames_are_told_in_order_and_twins_once(void **state)
{
    (void)state;
    struct credentials cs;
    struct buf out = {0};
    credentials_init(&cs);
    assert_int_equal(credentials_tell(&cs, &out), ERR_OK);
    assert_int_equal(out.len, 0);
    add(&cs, "one.");
    add(&cs, "two.");
    add(&cs, "one.");
    add(&cs, "three.");
    assert_int_equal(cs.count, 3);
    assert_int_equal(credentials_tell(&cs, &out), ERR_OK);
    assert_string_equal(buf_cstr(&out), "one.two.three.");
    credentials_fini(&cs);
    buf_fini(&out);
}

static void lack_of_memory_appends_nothing(void **state)
{
    (void)state;
    struct credentials cs;
    struct buf out = {0};
    credentials_init(&cs);
    add(&cs, "one.");
    (void)mem_fail_after(1);
    assert_int_equal(credentials_tell(&cs, &out), ERR_NO_MEMORY);
    assert_int_equal(out.len, 0);
    (void)mem_fail_after(1);
    assert_null(credential_new(slice_str("x")));
    credentials_fini(&cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_told_in_order_and_twins_once),
        cmocka_unit_test(lack_of_memory_appends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
