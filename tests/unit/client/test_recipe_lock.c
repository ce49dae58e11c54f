// SPDX-License-Identifier: Apache-2.0
//
// Locks among handles in a simulated world: turns, trouble at every byte, loss.
#include <stdio.h>

#include "base/mem.h"
#include "tests/unit/client/crowd.h"

static struct paddock_lock *new_lock(struct crowd *c, size_t i, enum paddock_lock_kind kind,
                                     struct holds *holds)
{
    struct paddock_lock_options o = {.path = "/app/lock",
                                     .kind = kind,
                                     .on_hold = holds != NULL ? holds_hear : NULL,
                                     .ctx = holds};
    struct paddock_lock *l;
    assert_int_equal(paddock_lock_new(crowd_be(c, i), &o, &l), PADDOCK_OK);
    return l;
}

static int acquire(struct crowd *c, size_t i, struct paddock_lock *l, int timeout_ms)
{
    (void)crowd_be(c, i);
    return paddock_lock_acquire(l, timeout_ms);
}

static void release(struct crowd *c, size_t i, struct paddock_lock *l)
{
    (void)crowd_be(c, i);
    assert_int_equal(paddock_lock_release(l, 1000), PADDOCK_OK);
}

static void free_lock(struct crowd *c, size_t i, struct paddock_lock *l)
{
    (void)crowd_be(c, i);
    paddock_lock_free(l);
}

static void lock_goes_from_one_to_the_next(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 1, 2, 0);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, NULL);
    struct paddock_lock *b = new_lock(&c, 1, PADDOCK_LOCK_MUTEX, NULL);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_BAD_ARGUMENTS);
    assert_int_equal(paddock_lock_hold(a), PADDOCK_HELD);
    assert_true(strncmp(paddock_lock_node(a), "/app/lock/_c_", 13) == 0);
    assert_non_null(strstr(paddock_lock_node(a), "-lock-0000000000"));
    int64_t fence = paddock_lock_fence(a);
    assert_true(fence > 0);
    int64_t start_ms = scene_now_ms(&c.sc);
    assert_int_equal(acquire(&c, 1, b, 700), PADDOCK_OPERATION_TIMEOUT);
    assert_in_range(scene_now_ms(&c.sc) - start_ms, 700, 720);
    assert_int_equal(paddock_lock_hold(b), PADDOCK_LOST);
    crowd_run(&c, 500);
    assert_int_equal(crowd_count(&c, 0, "/app/lock"), 1); // nothing of b is left
    assert_int_equal(acquire(&c, 1, b, 0), PADDOCK_OPERATION_TIMEOUT);
    release(&c, 0, a);
    assert_int_equal(acquire(&c, 1, b, 0), PADDOCK_OK);
    assert_true(paddock_lock_fence(b) > fence);
    release(&c, 1, b);
    assert_int_equal(crowd_count(&c, 0, "/app/lock"), 0);
    free_lock(&c, 0, a);
    free_lock(&c, 1, b);
    crowd_close(&c);
}

static void waiting_keeps_the_place_in_the_queue(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 12, 3, 0);
    struct paddock_lock *l[3];
    for (size_t i = 0; i < 3; i++) {
        l[i] = new_lock(&c, i, PADDOCK_LOCK_MUTEX, NULL);
    }
    assert_int_equal(acquire(&c, 0, l[0], 1000), PADDOCK_OK);
    for (int i = 0; i < 3; i++) {
        (void)crowd_be(&c, 1);
        assert_int_equal(paddock_lock_wait(l[1], 50), PADDOCK_OPERATION_TIMEOUT);
        (void)crowd_be(&c, 2);
        assert_int_equal(paddock_lock_wait(l[2], 50), PADDOCK_OPERATION_TIMEOUT);
        assert_int_equal(crowd_count(&c, 0, "/app/lock"), 3);
    }
    release(&c, 0, l[0]);
    (void)crowd_be(&c, 2);
    assert_int_equal(paddock_lock_wait(l[2], 50), PADDOCK_OPERATION_TIMEOUT); // 1 was first
    (void)crowd_be(&c, 1);
    assert_int_equal(paddock_lock_wait(l[1], 50), PADDOCK_OK);
    release(&c, 1, l[1]);
    release(&c, 2, l[2]); // leaves the queue
    assert_int_equal(crowd_count(&c, 0, "/app/lock"), 0);
    free_lock(&c, 0, l[0]);
    free_lock(&c, 1, l[1]);
    free_lock(&c, 2, l[2]);
    crowd_close(&c);
}

static void free_releases(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 2, 2, 0);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, NULL);
    struct paddock_lock *b = new_lock(&c, 1, PADDOCK_LOCK_MUTEX, NULL);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    free_lock(&c, 0, a);
    crowd_run(&c, 200);
    assert_int_equal(acquire(&c, 1, b, 100), PADDOCK_OK);
    free_lock(&c, 1, b);
    crowd_close(&c);
}

static void readers_share_and_writers_do_not(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 3, 3, 0);
    struct paddock_lock *r1 = new_lock(&c, 0, PADDOCK_LOCK_READ, NULL);
    struct paddock_lock *r2 = new_lock(&c, 1, PADDOCK_LOCK_READ, NULL);
    struct paddock_lock *w = new_lock(&c, 2, PADDOCK_LOCK_WRITE, NULL);
    assert_int_equal(acquire(&c, 0, r1, 1000), PADDOCK_OK);
    assert_int_equal(acquire(&c, 1, r2, 1000), PADDOCK_OK);
    assert_int_equal(acquire(&c, 2, w, 500), PADDOCK_OPERATION_TIMEOUT);
    release(&c, 0, r1);
    assert_int_equal(acquire(&c, 2, w, 500), PADDOCK_OPERATION_TIMEOUT);
    release(&c, 1, r2);
    assert_int_equal(acquire(&c, 2, w, 500), PADDOCK_OK);
    assert_int_equal(acquire(&c, 0, r1, 500), PADDOCK_OPERATION_TIMEOUT);
    free_lock(&c, 0, r1);
    free_lock(&c, 1, r2);
    free_lock(&c, 2, w);
    crowd_close(&c);
}

// Connections of the contender break at every byte of an acquire and a release: it gets the lock,
// once, and leaves nothing.
static void cut_at_every_byte_leaves_one_node_and_then_none(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 4, 2, 0);
    struct holds holds = {0};
    struct paddock_lock *l = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, &holds);
    bool is_through = false;
    uint64_t cut = 1;
    for (; !is_through; cut += cut < 600 ? 1 : 7) {
        crowd_net(&c, 0)->break_after_bytes = cut;
        int code = acquire(&c, 0, l, 60000);
        assert_int_equal(code, PADDOCK_OK);
        assert_int_equal(crowd_count(&c, 1, "/app/lock"), 1);
        assert_int_not_equal(paddock_lock_hold(l), PADDOCK_LOST);
        assert_int_equal(paddock_lock_release(l, 60000), PADDOCK_OK);
        assert_int_equal(crowd_count(&c, 1, "/app/lock"), 0);
        is_through = crowd_net(&c, 0)->break_after_bytes != 0;
        crowd_net(&c, 0)->break_after_bytes = 0;
        holds = (struct holds){0};
        crowd_run(&c, 50);
    }
    assert_true(cut > 300);
    free_lock(&c, 0, l);
    crowd_close(&c);
}

// The same while somebody else holds, and the acquire gives up: nothing of it may stay.
static void giving_up_leaves_nothing_wherever_it_was_cut(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 5, 2, 0);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, NULL);
    struct paddock_lock *b = new_lock(&c, 1, PADDOCK_LOCK_MUTEX, NULL);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    for (uint64_t cut = 1; cut < 420; cut += 3) {
        crowd_net(&c, 1)->break_after_bytes = cut;
        assert_int_equal(acquire(&c, 1, b, (int)(cut % 5) + 1), PADDOCK_OPERATION_TIMEOUT);
        crowd_run(&c, 3000);
        crowd_net(&c, 1)->break_after_bytes = 0;
        assert_int_equal(crowd_count(&c, 0, "/app/lock"), 1);
    }
    free_lock(&c, 0, a);
    free_lock(&c, 1, b);
    crowd_close(&c);
}

static void holder_is_told_before_another_can_hold(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 6, 2, 0);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, &holds);
    struct paddock_lock *b = new_lock(&c, 1, PADDOCK_LOCK_MUTEX, NULL);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    net_cut_off(crowd_net(&c, 0), true);
    assert_int_equal(acquire(&c, 1, b, 20000), PADDOCK_OK);
    assert_string_equal(holds.text, "UL");
    (void)crowd_be(&c, 0);
    assert_int_equal(paddock_lock_hold(a), PADDOCK_LOST);
    net_cut_off(crowd_net(&c, 0), false);
    crowd_run(&c, 3000);
    assert_int_equal(paddock_state(c.members[0].zk), PADDOCK_STATE_EXPIRED);
    assert_int_equal(acquire(&c, 0, a, 100), PADDOCK_SESSION_EXPIRED);
    assert_string_equal(holds.text, "UL");
    free_lock(&c, 0, a);
    free_lock(&c, 1, b);
    crowd_close(&c);
}

static void short_trouble_is_unsure_and_held_again(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 7, 1, 0);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, &holds);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    crowd_run(&c, 20000);
    assert_string_equal(holds.text, ""); // pings are enough
    net_break(crowd_net(&c, 0));
    crowd_run(&c, 1000);
    assert_string_equal(holds.text, "UH");
    free_lock(&c, 0, a);
    crowd_close(&c);
}

static void deleted_node_is_a_lost_lock(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 8, 2, 0);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, &holds);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    char path[128];
    (void)snprintf(path, sizeof(path), "%s", paddock_lock_node(a));
    assert_int_equal(paddock_delete(crowd_be(&c, 1), path, -1), PADDOCK_OK);
    crowd_run(&c, 100);
    assert_string_equal(holds.text, "L");
    assert_int_equal(acquire(&c, 0, a, 1000), PADDOCK_OK);
    assert_int_equal(paddock_lock_hold(a), PADDOCK_HELD);
    free_lock(&c, 0, a);
    crowd_close(&c);
}

static void renewed_session_takes_the_lock_again(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 9, 2, PADDOCK_RENEW);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_LEADER, &holds);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    net_cut_off(crowd_net(&c, 0), true);
    crowd_run(&c, 12000);
    assert_string_equal(holds.text, "UL");
    net_cut_off(crowd_net(&c, 0), false);
    assert_int_equal(acquire(&c, 0, a, 10000), PADDOCK_OK);
    assert_int_equal(crowd_count(&c, 1, "/app/lock"), 1);
    free_lock(&c, 0, a);
    crowd_close(&c);
}

// Who waits watches its predecessor only: others that come and go do not wake it.
static void waiters_are_not_woken_in_herds(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 10, 3, 0);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, NULL);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    char first[128];
    (void)snprintf(first, sizeof(first), "%s", paddock_lock_node(a));
    // A second contender, by hand; then a third that waits for the second.
    struct paddock_result *r;
    assert_int_equal(paddock_create(crowd_be(&c, 1), "/app/lock/x-lock-", paddock_text(""),
                                    PADDOCK_EPHEMERAL_SEQUENTIAL, &r),
                     PADDOCK_OK);
    struct paddock_lock *b = new_lock(&c, 2, PADDOCK_LOCK_MUTEX, NULL);
    release(&c, 0, a);
    assert_int_equal(acquire(&c, 2, b, 500), PADDOCK_OPERATION_TIMEOUT);
    const struct watchers *ws = &c.members[2].zk->session.watchers;
    struct paddock_watch any = {0};
    assert_int_equal(
        watchers_find(ws, slice_of((const uint8_t *)first, strlen(first)), WATCHER_SET_ALL, any),
        0);
    assert_int_not_equal(watchers_find(ws, slice_of((const uint8_t *)r->path, strlen(r->path)),
                                       WATCHER_SET_ALL, any),
                         0);
    assert_int_equal(paddock_delete(crowd_be(&c, 1), r->path, -1), PADDOCK_OK);
    assert_int_equal(acquire(&c, 2, b, 500), PADDOCK_OK);
    paddock_result_free(r);
    free_lock(&c, 0, a);
    free_lock(&c, 2, b);
    crowd_close(&c);
}

// The n-th allocation fails, for every n: the lock is held, or the answer is that, and in the end
// nothing is left.
static void memory_that_is_out_is_an_answer(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 13, 2, 0);
    bool is_through = false;
    unsigned n = 1;
    size_t refused = 0;
    for (; !is_through; n++) {
        struct paddock_lock_options o = {.path = "/app/lock"};
        struct paddock_lock *l;
        (void)crowd_be(&c, 0);
        (void)mem_fail_after(n);
        int code = paddock_lock_new(c.members[0].zk, &o, &l);
        code = code == PADDOCK_OK ? paddock_lock_acquire(l, 30000) : code;
        is_through = mem_fail_after(0) != 0;
        assert_true(code == PADDOCK_OK || code == PADDOCK_NO_MEMORY);
        refused += code == PADDOCK_OK ? 0 : 1;
        assert_int_equal(l == NULL ? PADDOCK_LOST : paddock_lock_hold(l),
                         code == PADDOCK_OK ? PADDOCK_HELD : PADDOCK_LOST);
        paddock_lock_free(l);
        crowd_run(&c, 100);
        assert_int_equal(crowd_count(&c, 1, "/app/lock"), 0);
    }
    assert_true(n > 15 && refused > 5);
    crowd_close(&c);
}

static void handle_may_be_closed_before_its_lock_is_freed(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 11, 1, 0);
    struct paddock_lock *a = new_lock(&c, 0, PADDOCK_LOCK_MUTEX, &holds);
    assert_int_equal(acquire(&c, 0, a, 5000), PADDOCK_OK);
    paddock_close(c.members[0].zk);
    c.members[0].zk = NULL;
    assert_string_equal(holds.text, "L");
    assert_int_equal(paddock_lock_hold(a), PADDOCK_LOST);
    assert_int_equal(paddock_lock_acquire(a, 100), PADDOCK_CLOSED);
    paddock_lock_free(a);
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock_goes_from_one_to_the_next),
        cmocka_unit_test(waiting_keeps_the_place_in_the_queue),
        cmocka_unit_test(free_releases),
        cmocka_unit_test(readers_share_and_writers_do_not),
        cmocka_unit_test(cut_at_every_byte_leaves_one_node_and_then_none),
        cmocka_unit_test(giving_up_leaves_nothing_wherever_it_was_cut),
        cmocka_unit_test(holder_is_told_before_another_can_hold),
        cmocka_unit_test(short_trouble_is_unsure_and_held_again),
        cmocka_unit_test(deleted_node_is_a_lost_lock),
        cmocka_unit_test(renewed_session_takes_the_lock_again),
        cmocka_unit_test(waiters_are_not_woken_in_herds),
        cmocka_unit_test(memory_that_is_out_is_an_answer),
        cmocka_unit_test(handle_may_be_closed_before_its_lock_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
