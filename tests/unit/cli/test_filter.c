// SPDX-License-Identifier: Apache-2.0
//
// Conditions of `find`, on nodes made by hand.
#include "cli/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct paddock_acl open_acl[] = {{PADDOCK_ALL, "world", "anyone"}};
static const struct paddock_acl own_acl[] = {{PADDOCK_READ, "world", "anyone"},
                                             {PADDOCK_ALL, "digest", "joe:hash"}};

static struct subtree_node node(const char *path)
{
    return (struct subtree_node){
        .path = path,
        .name = strrchr(path, '/') + 1,
        .has_stat = true,
        .stat = {.ctime_ms = 1000, .mtime_ms = 5000, .data_length = 10, .num_children = 1},
        .has_acl = true,
        .acl = open_acl,
        .acl_count = 1};
}

static void nothing_asked_lets_all_pass(void **state)
{
    (void)state;
    struct filter f = {0};
    struct subtree_node n = node("/a/b"), bare = {.path = "/", .name = ""};
    assert_true(filter_passes(&f, &n));
    assert_true(filter_passes(&f, &bare));
    filter_fini(&f);
}

static void a_glob_means_the_whole_last_part(void **state)
{
    (void)state;
    struct subtree_node n = node("/locks/job-0000000012");
    static const struct {
        const char *glob;
        bool passes;
    } rows[] = {{"job-*", true},  {"job", false}, {"*12", true},   {"job-?????????[12]", true},
                {"locks", false}, {"*", true},    {"[!j]*", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct filter f = {.name = rows[i].glob};
        assert_int_equal(filter_passes(&f, &n), rows[i].passes);
    }
}

static void a_path_is_searched_by_a_regular_expression(void **state)
{
    (void)state;
    char why[FILTER_WHY_BYTES];
    struct filter f = {0};
    struct subtree_node in = node("/app/7/state"), out = node("/app/x/state");
    assert_true(filter_set_path(&f, "/[0-9]+/", why));
    assert_true(filter_passes(&f, &in));
    assert_false(filter_passes(&f, &out));
    filter_fini(&f);
    assert_false(filter_set_path(&f, "(", why));
    assert_true(strlen(why) > 0);
    filter_fini(&f);
}

static void ages_and_moments_meet_the_last_change_or_the_creation(void **state)
{
    (void)state;
    char why[FILTER_WHY_BYTES];
    struct subtree_node n = node("/a");
    struct filter f = {.has_older = true};
    assert_true(filter_set_time(10000, "4s", &f.older_ms, why));
    assert_int_equal(f.older_ms, 6000);
    assert_true(filter_passes(&f, &n)); // 5 s old
    assert_true(filter_set_time(10000, "5s", &f.older_ms, why));
    assert_false(filter_passes(&f, &n));
    f.uses_ctime = true; // 9 s old
    assert_true(filter_passes(&f, &n));
    struct filter newer = {.has_newer = true, .newer_ms = 5000};
    assert_true(filter_passes(&newer, &n));
    newer.newer_ms = 5001;
    assert_false(filter_passes(&newer, &n));
    assert_true(filter_set_time(0, "@5", &newer.newer_ms, why));
    assert_int_equal(newer.newer_ms, 5000);
    assert_false(filter_set_time(0, "yesterday", &newer.newer_ms, why));
    assert_non_null(strstr(why, "yesterday"));
}

static void sizes_are_strict_and_empty_means_no_children_either(void **state)
{
    (void)state;
    struct subtree_node n = node("/a");
    struct filter larger = {.has_larger = true, .larger = 9};
    struct filter smaller = {.has_smaller = true, .smaller = 11};
    struct filter empty = {.wants_empty = true};
    assert_true(filter_passes(&larger, &n));
    assert_true(filter_passes(&smaller, &n));
    larger.larger = smaller.smaller = 10;
    assert_false(filter_passes(&larger, &n));
    assert_false(filter_passes(&smaller, &n));
    n.stat.data_length = 0;
    assert_false(filter_passes(&empty, &n));
    n.stat.num_children = 0;
    assert_true(filter_passes(&empty, &n));
}

static void owners_are_sessions_or_nobody(void **state)
{
    (void)state;
    char why[FILTER_WHY_BYTES];
    struct subtree_node plain = node("/a"), held = node("/b");
    held.stat.ephemeral_owner = 0x10000a4c5d50001;
    struct filter f = {0};
    assert_true(filter_set_owner(&f, "ephemeral", why));
    assert_true(filter_passes(&f, &held));
    assert_false(filter_passes(&f, &plain));
    assert_true(filter_set_owner(&f, "persistent", why));
    assert_false(filter_passes(&f, &held));
    assert_true(filter_passes(&f, &plain));
    assert_true(filter_set_owner(&f, "0x10000a4c5d50001", why));
    assert_true(filter_passes(&f, &held));
    assert_true(filter_set_owner(&f, "0x10000a4c5d50002", why));
    assert_false(filter_passes(&f, &held));
    assert_false(filter_set_owner(&f, "container", why));
    assert_non_null(strstr(why, "paddock snapshot"));
    assert_false(filter_set_owner(&f, "bob", why));
}

static void one_entry_of_an_acl_has_to_meet_all_that_is_asked(void **state)
{
    (void)state;
    char why[FILTER_WHY_BYTES];
    struct subtree_node open = node("/open"), own = node("/own");
    own.acl = own_acl;
    own.acl_count = 2;
    struct filter f = {0};
    assert_true(filter_set_acl(&f, "world:anyone", why));
    assert_true(filter_passes(&f, &open));
    assert_true(filter_passes(&f, &own));
    assert_true(filter_set_acl(&f, "w", why));
    assert_true(filter_passes(&f, &open));
    assert_false(filter_passes(&f, &own)); // world may only read it
    struct filter digest = {0};
    assert_true(filter_set_acl(&digest, "digest:", why));
    assert_false(filter_passes(&digest, &open));
    assert_true(filter_passes(&digest, &own));
    assert_true(filter_set_acl(&digest, "digest:joe:other", why));
    assert_false(filter_passes(&digest, &own));
    assert_false(filter_set_acl(&digest, "xyz", why));
    assert_false(filter_set_acl(&digest, ":anyone", why));
}

static void what_is_not_known_meets_no_condition(void **state)
{
    (void)state;
    struct subtree_node bare = {.path = "/a", .name = "a"};
    struct filter filters[] = {{.has_older = true, .older_ms = INT64_MAX},
                               {.has_smaller = true, .smaller = 100},
                               {.wants_empty = true},
                               {.owner = OWNER_NONE},
                               {.wants_acl = true}};
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        assert_false(filter_passes(&filters[i], &bare));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked_lets_all_pass),
        cmocka_unit_test(a_glob_means_the_whole_last_part),
        cmocka_unit_test(a_path_is_searched_by_a_regular_expression),
        cmocka_unit_test(ages_and_moments_meet_the_last_change_or_the_creation),
        cmocka_unit_test(sizes_are_strict_and_empty_means_no_children_either),
        cmocka_unit_test(owners_are_sessions_or_nobody),
        cmocka_unit_test(one_entry_of_an_acl_has_to_meet_all_that_is_asked),
        cmocka_unit_test(what_is_not_known_meets_no_condition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
