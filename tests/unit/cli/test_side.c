// SPDX-License-Identifier: Apache-2.0
//
// What a word names: servers, a snapshot, an export.
#include "cli/side.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool is_file(void *ctx, const char *path)
{
    (void)ctx;
    return strcmp(path, "/d/snapshot.1f") == 0 || strcmp(path, "app.jsonl") == 0 ||
           strcmp(path, "odd:/name") == 0;
}

static void assert_side(const char *word, enum side_kind kind, const char *where, const char *root)
{
    struct side s;
    assert_true(side_parse(word, is_file, NULL, &s));
    assert_int_equal(s.kind, kind);
    if (where == NULL) {
        assert_null(s.where);
    } else {
        assert_string_equal(s.where, where);
    }
    assert_string_equal(s.root, root);
    side_fini(&s);
}

static void servers_come_with_a_path_or_without(void **state)
{
    (void)state;
    assert_side("zk:2181", SIDE_SERVER, "2181", "/"); // the mark zk: goes
    assert_side("a:2181", SIDE_SERVER, "a:2181", "/");
    assert_side("a:2181,b:2182/app/x", SIDE_SERVER, "a:2181,b:2182", "/app/x");
    assert_side("[::1]:2181/app", SIDE_SERVER, "[::1]:2181", "/app");
    assert_side("/app", SIDE_SERVER, NULL, "/app");
    assert_side("zk:app.jsonl", SIDE_SERVER, "app.jsonl", "/");
}

static void files_win_where_they_are(void **state)
{
    (void)state;
    assert_side("/d/snapshot.1f", SIDE_SNAPSHOT, "/d/snapshot.1f", "/");
    assert_side("/d/snapshot.1f:/app", SIDE_SNAPSHOT, "/d/snapshot.1f", "/app");
    assert_side("app.jsonl", SIDE_EXPORT, "app.jsonl", "/");
    assert_side("odd:/name", SIDE_EXPORT, "odd:/name", "/");
    assert_side("odd:/name:/x", SIDE_EXPORT, "odd:/name", "/x");
    assert_side("file:/d/gone", SIDE_EXPORT, "/d/gone", "/");
}

static void a_word_that_names_neither_is_refused(void **state)
{
    (void)state;
    struct side s;
    assert_false(side_parse("app.json", is_file, NULL, &s));
    side_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_come_with_a_path_or_without),
        cmocka_unit_test(files_win_where_they_are),
        cmocka_unit_test(a_word_that_names_neither_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
