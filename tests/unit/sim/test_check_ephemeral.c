// SPDX-License-Identifier: Apache-2.0
//
// Ephemerals: gone with their session and not before.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/sim/tale.h"

static int set_up(void **state)
{
    static struct tale tale;
    tale_begin(&tale);
    *state = &tale;
    return 0;
}

static int tear_down(void **state)
{
    tale_end(*state);
    return 0;
}

enum { FIRST = 0x1000 }; // the session of client 0

static void show(struct tale *t, int32_t client, int64_t owner, int64_t zxid)
{
    tale_read(t, client, "/e", 10, 10, 0, 0, zxid)->stat.ephemeral_owner = owner;
}

static void close_session(struct tale *t, int32_t client, int64_t zxid)
{
    int32_t call = tale_call(t, client, (struct annals_part){.type = OP_CLOSE_SESSION}, "/");
    (void)tale_answer(t, call, zxid, ZK_OK);
}

static void an_ephemeral_lives_and_goes_with_its_session(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    show(t, 1, FIRST, 11);
    close_session(t, 0, 12);
    tale_missing(t, 1, "/e", 12);
    tale_holds(t, check_ephemeral);
}

static void one_that_outlives_close_session_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    close_session(t, 0, 12);
    show(t, 1, FIRST, 13);
    tale_breaks(t, check_ephemeral, "after its session");
}

static void one_that_outlives_expiry_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    tale_lost(t, 0);
    t->now_ms += 3 * TALE_TIMEOUT_MS;
    tale_open(t, 0, true);
    show(t, 1, FIRST, 13);
    tale_breaks(t, check_ephemeral, "after its session");
}

static void one_that_goes_too_early_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    t->now_ms += TALE_TIMEOUT_MS / 2;
    tale_missing(t, 1, "/e", 11);
    tale_breaks(t, check_ephemeral, "though its session");
}

static void one_may_go_when_its_session_was_silent(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    t->now_ms += TALE_TIMEOUT_MS + 1;
    tale_missing(t, 1, "/e", 11);
    tale_holds(t, check_ephemeral);
}

static void one_may_go_when_it_was_deleted(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    (void)tale_call(t, 2, (struct annals_part){.type = OP_DELETE, .version = -1}, "/e");
    tale_missing(t, 1, "/e", 12);
    tale_holds(t, check_ephemeral);
}

static void one_of_a_session_that_is_away_for_long_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    tale_lost(t, 0);
    t->now_ms += 3 * TALE_TIMEOUT_MS;
    show(t, 1, FIRST, 12);
    tale_breaks(t, check_ephemeral, "is away for long");
}

static void an_owner_that_nobody_is_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    show(t, 1, 0x77, 12);
    tale_breaks(t, check_ephemeral, "which nobody has");
}

static void list_ephemerals(struct tale *t, int32_t client, const char *path, int64_t zxid)
{
    int32_t call = tale_call(t, client, (struct annals_part){.type = OP_GET_EPHEMERALS}, "/");
    struct annals_part names = {0};
    if (path != NULL) {
        names.first_name = annals_add_name(&t->h, annals_node(&t->h, slice_str(path)));
        names.name_count = 1;
    }
    struct annals_part *p = tale_answer(t, call, zxid, ZK_OK);
    p->has_names = true;
    p->first_name = names.first_name;
    p->name_count = names.name_count;
}

static void lists_of_ephemerals_hold(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    list_ephemerals(t, 0, "/e", 11);
    list_ephemerals(t, 1, NULL, 11);
    tale_holds(t, check_ephemeral);
}

static void one_that_is_not_listed_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    list_ephemerals(t, 0, NULL, 11);
    tale_breaks(t, check_ephemeral, "is not listed for its session");
}

static void one_that_is_listed_for_another_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/e", CREATE_EPHEMERAL, 10);
    show(t, 0, FIRST, 12);
    list_ephemerals(t, 1, "/e", 11);
    tale_breaks(t, check_ephemeral, "for another session");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_ephemeral_lives_and_goes_with_its_session),
        T(one_that_outlives_close_session_is_caught),
        T(one_that_outlives_expiry_is_caught),
        T(one_that_goes_too_early_is_caught),
        T(one_may_go_when_its_session_was_silent),
        T(one_may_go_when_it_was_deleted),
        T(one_of_a_session_that_is_away_for_long_is_caught),
        T(an_owner_that_nobody_is_is_caught),
        T(lists_of_ephemerals_hold),
        T(one_that_is_not_listed_is_caught),
        T(one_that_is_listed_for_another_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
