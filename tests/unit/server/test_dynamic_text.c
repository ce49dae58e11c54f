// SPDX-License-Identifier: Apache-2.0
//
// The dynamic file byte for byte as Java writes it, and a zoo.cfg that keeps what was the user's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "server/dynamic_text.h"

static const char canonical[] = "server.2=b:1:2:participant\n"
                                "server.10=[::1]:1:2:observer;[::]:2181\n"
                                "server.1=a:1:2:participant;0.0.0.0:2181\n"
                                "version=1f00000001";

static void expect_print(const char *text, bool has_version, const char *expect)
{
    struct buf out = {0};
    assert_int_equal(dynamic_text_print(slice_str(text), has_version, &out), ERR_OK);
    assert_string_equal(buf_cstr(&out), expect);
    buf_fini(&out);
}

static void lines_are_sorted_as_text_and_end_without_a_newline(void **state)
{
    (void)state;
    expect_print(canonical, false,
                 "server.10=[::1]:1:2:observer;[::]:2181\n"
                 "server.1=a:1:2:participant;0.0.0.0:2181\n"
                 "server.2=b:1:2:participant");
    expect_print("version=0", false, "");
    expect_print("server.1=\xc3\xa9:1:2:participant", false, "server.1=\\u00e9:1:2:participant");
}

static void the_last_seen_one_has_its_version(void **state)
{
    (void)state;
    expect_print("server.1=a:1:2:participant\ngroup.1=1\nweight.1=1\nversion=7", true,
                 "group.1=1\nserver.1=a:1:2:participant\nversion=7\nweight.1=1");
}

static void what_is_no_text_of_lines_is_refused(void **state)
{
    (void)state;
    struct buf out = {0};
    assert_int_equal(dynamic_text_print(slice_str("server.1=\\u00"), true, &out), ERR_MALFORMED);
    assert_int_equal(dynamic_text_rewrite(slice_str("a=1\nb=\\u00\n"), "/d", false, &out),
                     ERR_MALFORMED);
    assert_int_equal(out.len, 0);
    buf_fini(&out);
}

static void expect_rewrite(const char *old, bool drops_client_port, const char *expect)
{
    struct buf out = {0};
    assert_int_equal(
        dynamic_text_rewrite(slice_str(old), "/conf/zoo.cfg.dynamic.1", drops_client_port, &out),
        ERR_OK);
    assert_string_equal(buf_cstr(&out), expect);
    buf_fini(&out);
}

static void members_leave_the_static_file_and_comments_stay(void **state)
{
    (void)state;
    expect_rewrite("# ours\ndataDir=/d\n  server.1 = a:1:2\n# of 2\nserver.2=\\\n   b:1:2\r\n"
                   "peerType=observer\ngroup.1=1:2\nweight.1:2\n\ntickTime 2000\n# end",
                   false,
                   "# ours\ndataDir=/d\n# of 2\n\ntickTime 2000\n# end\n"
                   "dynamicConfigFile=/conf/zoo.cfg.dynamic.1\n");
}

static void the_pointer_is_replaced(void **state)
{
    (void)state;
    expect_rewrite("dynamicConfigFile=/conf/zoo.cfg.dynamic.0\nclientPort=1\n", false,
                   "clientPort=1\ndynamicConfigFile=/conf/zoo.cfg.dynamic.1\n");
}

static void the_client_port_leaves_only_when_a_server_line_has_it(void **state)
{
    (void)state;
    static const char old[] =
        "clientPort=2181\nclientPortAddress=h\nclientPortListenBacklog=9\nsecureClientPort=2\n";
    expect_rewrite(old, true,
                   "clientPortListenBacklog=9\nsecureClientPort=2\n"
                   "dynamicConfigFile=/conf/zoo.cfg.dynamic.1\n");
    struct buf whole = {0};
    buf_printf(&whole, "%sdynamicConfigFile=/conf/zoo.cfg.dynamic.1\n", old);
    expect_rewrite(old, false, buf_cstr(&whole));
    buf_fini(&whole);
}

static void the_last_entry_is_not_continued(void **state)
{
    (void)state;
    expect_rewrite("a=1", false, "a=1\ndynamicConfigFile=/conf/zoo.cfg.dynamic.1\n");
    expect_rewrite("a=1\\", false, "a=1\\\n\ndynamicConfigFile=/conf/zoo.cfg.dynamic.1\n");
    expect_rewrite("", false, "dynamicConfigFile=/conf/zoo.cfg.dynamic.1\n");
}

// Whatever the path, it is read back as it was.
static void a_path_of_any_characters_survives(void **state)
{
    (void)state;
    static const char path[] = "/caf\xc3\xa9/a\\b/\xe2\x82\xac/\xf0\x9f\x90\x98/zoo.cfg.dynamic.1f";
    struct buf out = {0};
    assert_int_equal(dynamic_text_rewrite(slice_str("dataDir=/d\n"), path, false, &out), ERR_OK);
    struct config *cfg = config_new();
    config_parse_file(cfg, "zoo.cfg", buf_slice(&out));
    config_finish(cfg);
    assert_string_equal(cfg->dynamic_config_file, path);
    config_free(cfg);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_sorted_as_text_and_end_without_a_newline),
        cmocka_unit_test(the_last_seen_one_has_its_version),
        cmocka_unit_test(what_is_no_text_of_lines_is_refused),
        cmocka_unit_test(members_leave_the_static_file_and_comments_stay),
        cmocka_unit_test(the_pointer_is_replaced),
        cmocka_unit_test(the_client_port_leaves_only_when_a_server_line_has_it),
        cmocka_unit_test(the_last_entry_is_not_continued),
        cmocka_unit_test(a_path_of_any_characters_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
