// SPDX-License-Identifier: Apache-2.0
//
// ACLs to text and back, and what zkCli says of bad ones.
#include "cli/acl_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void perms_come_in_one_order(void **state)
{
    (void)state;
    char text[PERMS_TEXT_BYTES];
    assert_string_equal(perms_text(PADDOCK_ALL, text), "cdrwa");
    assert_string_equal(perms_text(PADDOCK_WRITE | PADDOCK_READ, text), "rw");
    assert_string_equal(perms_text(0, text), "");
    assert_string_equal(perms_text(64, text), "");
}

// The list as text again, and what was said on stderr.
static void assert_parsed(const char *text, size_t bad, const char *list_text, const char *said)
{
    char *err = NULL;
    size_t len;
    FILE *to = open_memstream(&err, &len);
    struct acl_list list;
    assert_int_equal(acl_list_parse(text, to, &list), bad);
    (void)fclose(to);
    struct buf again = {0};
    acl_list_text(list.items, list.count, &again);
    assert_string_equal(buf_cstr(&again), list_text);
    assert_string_equal(err, said);
    buf_fini(&again);
    acl_list_fini(&list);
    free(err);
}

static void entries_are_parted_by_commas_and_ids_may_hold_colons(void **state)
{
    (void)state;
    assert_parsed("world:anyone:r", 0, "world:anyone:r", "");
    assert_parsed("digest:u:p=:awrdc,ip:1.2.3.4:", 0, "digest:u:p=:cdrwa,ip:1.2.3.4:", "");
    assert_parsed("ip:::1:r", 0, "ip:::1:r", "");
    assert_parsed("auth::cdrwa", 0, "auth::cdrwa", "");
}

static void what_has_no_two_colons_is_said_and_left_out(void **state)
{
    (void)state;
    assert_parsed("nonsense", 1, "", "nonsense does not have the form scheme:id:perm\n");
    assert_parsed("world:anyone:r,a:b,world:anyone:w", 1, "world:anyone:r,world:anyone:w",
                  "a:b does not have the form scheme:id:perm\n");
}

static void empty_entries_count_but_at_the_end(void **state)
{
    (void)state;
    static const char said[] = " does not have the form scheme:id:perm\n";
    assert_parsed("", 1, "", said);
    assert_parsed("a:b:r,,", 0, "a:b:r", "");
    assert_parsed(",a:b:r", 1, "a:b:r", said);
    assert_parsed("a:b:r,,c:d:w", 1, "a:b:r,c:d:w", said);
    assert_parsed(",", 0, "", "");
    assert_parsed(",,,", 0, "", "");
}

static void each_unknown_letter_is_said(void **state)
{
    (void)state;
    assert_parsed("a:b:xrz", 2, "a:b:r", "Unknown perm type: x\nUnknown perm type: z\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perms_come_in_one_order),
        cmocka_unit_test(entries_are_parted_by_commas_and_ids_may_hold_colons),
        cmocka_unit_test(what_has_no_two_colons_is_said_and_left_out),
        cmocka_unit_test(empty_entries_count_but_at_the_end),
        cmocka_unit_test(each_unknown_letter_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
