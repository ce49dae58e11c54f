// SPDX-License-Identifier: Apache-2.0
//
// Memory that runs out for a moment, at each place where a client decides how much is needed: its
// own connection is closed, its session lives, nothing of the request happened, others go on.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "tests/unit/server/guest.h"

enum { SEEDS = 6 };

// `ask` meets the refused allocation.
static void check_refusal(void (*ask)(struct guest *g), const char *zoo_cfg)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        struct guest other;
        guest_enter(&other, &st, seed, zoo_cfg);
        guest_open(&g, &st);
        int64_t zxid = tree_last_zxid(stage_server(&st)->tree);
        st.box.node->try_countdown = 1;
        ask(&g);
        guest_end(&g);
        assert_int_equal(st.box.node->try_countdown, 0);
        assert_true(guest_come_back(&g));
        assert_int_equal(tree_last_zxid(stage_server(&st)->tree), zxid);
        assert_int_equal(stage_server(&st)->in_process, 0);
        assert_int_equal(stage_server(&st)->throttle.waiting, 0);
        assert_int_equal(stage_server(&st)->throttle.large_bytes, 0);
        guest_make(&other, "/next", 0);
        stage_close(&st);
    }
}

static void ask_in_parts(struct guest *g)
{
    struct buf frame = {0};
    guest_frame(&frame, 1, OP_SYNC, slice_str("0123456789"));
    guest_send(g, slice_of(frame.data, frame.len - 1));
    buf_fini(&frame);
}

static void no_memory_for_a_part_of_a_frame(void **state)
{
    (void)state;
    check_refusal(ask_in_parts, NULL);
}

// Malformed UTF-8 has to be copied to be repaired.
static void ask_for_odd_path(struct guest *g)
{
    guest_read(g, OP_EXISTS, "/odd\xff", false);
}

static void no_memory_for_a_read(void **state)
{
    (void)state;
    check_refusal(ask_for_odd_path, NULL);
}

static void ask_to_create(struct guest *g)
{
    // Its list is a vector; the usual one needs no memory.
    struct jute_acl read = {1, {slice_str("world"), slice_str("anyone")}};
    guest_create_acl(g, "/a", &(struct jute_acl_vec){1, &read});
}

static void no_memory_for_a_write(void **state)
{
    (void)state;
    EXPECT_MARK("no memory for a request");
    check_refusal(ask_to_create, NULL);
}

static void ask_for_multi(struct guest *g)
{
    struct multi_op op = {.type = OP_CHECK, .path_version = {slice_str("/"), -1}};
    struct buf body = {0};
    multi_encode(&(struct multi){.kind = MULTI_WRITES, .count = 1, .ops = &op}, &body);
    guest_ask(g, OP_MULTI, &body);
}

static void no_memory_for_a_multi(void **state)
{
    (void)state;
    check_refusal(ask_for_multi, "largeRequestThreshold=1\n");
}

static void ask_behind_a_write(struct guest *g)
{
    struct buf both = {0};
    struct buf body = {0};
    jute_set_data_request_encode(
        &(struct jute_set_data_request){slice_str("/zookeeper/none"), slice_str(""), -1}, &body);
    guest_frame(&both, 1, OP_SET_DATA, buf_slice(&body)); // an error becomes a transaction, too
    buf_clear(&body);
    jute_path_encode(&(struct jute_path){slice_str("/")}, &body);
    guest_frame(&both, 2, OP_SYNC, buf_slice(&body));
    guest_send(g, buf_slice(&both));
    buf_fini(&body);
    buf_fini(&both);
}

// The network may cut the two frames apart; then a part is what memory is refused for.
static void check_waiting(const char *zoo_cfg)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        stage_open(&st, seed, zoo_cfg, NULL);
        guest_open(&g, &st);
        st.box.node->try_countdown = 1;
        ask_behind_a_write(&g);
        stage_run(&st, 100);
        assert_int_equal(st.box.node->try_countdown, 0);
        assert_int_equal(stage_server(&st)->in_process, 0);
        assert_int_equal(stage_server(&st)->throttle.waiting, 0);
        assert_int_equal(stage_server(&st)->throttle.large_bytes, 0);
        assert_true(guest_come_back(&g));
        guest_leave(&g);
        stage_close(&st);
    }
}

static void no_memory_for_a_read_that_waits(void **state)
{
    (void)state;
    check_waiting("largeRequestThreshold=1\n");
}

static void no_memory_for_a_request_that_the_throttle_holds(void **state)
{
    (void)state;
    check_waiting("request_throttle_max_requests=1\nlargeRequestThreshold=1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_for_a_part_of_a_frame),
        cmocka_unit_test(no_memory_for_a_read),
        cmocka_unit_test(no_memory_for_a_write),
        cmocka_unit_test(no_memory_for_a_multi),
        cmocka_unit_test(no_memory_for_a_read_that_waits),
        cmocka_unit_test(no_memory_for_a_request_that_the_throttle_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
