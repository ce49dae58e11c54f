// SPDX-License-Identifier: Apache-2.0
//
// Removal of watches, seen by a peer and by the watches.
#include "base/mem.h"
#include "tests/unit/client/peer.h"
#include "tests/unit/client/scene.h"

struct stand {
    struct peer peer;
    struct tape a, b;
};

static void ask_get(struct stand *st, struct tape *t)
{
    static const uint8_t answer[4 + 68] = {0};
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/x", .watch = tape_watch(t)};
    assert_int_equal(paddock_submit(st->peer.zk, &op, NULL, NULL), PADDOCK_OK);
    int32_t xid = peer_take(&st->peer, OP_GET_DATA);
    peer_reply(&st->peer, xid, 1, 0, slice_of(answer, sizeof(answer)));
    peer_run(&st->peer, 50);
}

static void open_stand(struct stand *st)
{
    *st = (struct stand){0};
    peer_open(&st->peer, (struct paddock_options){0});
    peer_join(&st->peer);
    ask_get(st, &st->a);
}

static void close_stand(struct stand *st)
{
    buf_clear(&st->a.text);
    peer_close(&st->peer);
    tape_fini(&st->a);
    tape_fini(&st->b);
}

static struct answer_box ask_removal(struct stand *st, struct paddock_op op, int32_t opcode,
                                     int err)
{
    struct answer_box box;
    op.type = PADDOCK_OP_REMOVE_WATCHES;
    op.path = "/x";
    answer_ask(st->peer.zk, &op, &box);
    peer_reply(&st->peer, peer_take(&st->peer, opcode), 1, err, slice_null());
    peer_run(&st->peer, 50);
    assert_int_equal(box.count, 1);
    return box;
}

static void only_watch_of_a_path_is_removed_at_the_server_too(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st);
    struct paddock_op op = {.watch_kind = PADDOCK_WATCH_DATA, .watch = tape_watch(&st.a)};
    assert_int_equal(ask_removal(&st, op, OP_REMOVE_WATCHES, 0).code, PADDOCK_OK);
    tape_expect(&st.a, "/x 5\n");
    assert_int_equal(ask_removal(&st, op, OP_REMOVE_WATCHES, 0).code, PADDOCK_NO_WATCHER);
    close_stand(&st);
}

static void server_keeps_its_watch_while_others_need_it(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st);
    ask_get(&st, &st.b);
    struct paddock_op op = {.watch_kind = PADDOCK_WATCH_ANY, .watch = tape_watch(&st.a)};
    assert_int_equal(ask_removal(&st, op, OP_CHECK_WATCHES, 0).code, PADDOCK_OK);
    tape_expect(&st.a, "/x 5\n");
    peer_event(&st.peer, PADDOCK_EVENT_DATA_CHANGED, "/x", 5);
    peer_run(&st.peer, 50);
    tape_expect(&st.a, "");
    tape_expect(&st.b, "/x 3\n");
    close_stand(&st);
}

static void removal_without_a_callback_means_all(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st);
    ask_get(&st, &st.b);
    struct paddock_op op = {.watch_kind = PADDOCK_WATCH_CHILDREN};
    assert_int_equal(ask_removal(&st, op, OP_REMOVE_WATCHES, 0).code, PADDOCK_NO_WATCHER);
    op.watch_kind = PADDOCK_WATCH_ANY;
    assert_int_equal(ask_removal(&st, op, OP_REMOVE_WATCHES, 0).code, PADDOCK_OK);
    tape_expect(&st.a, "/x 5\n");
    tape_expect(&st.b, "/x 5\n");
    close_stand(&st);
}

static void refused_removal_leaves_the_watch_unless_it_is_local(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st);
    struct paddock_op op = {.watch_kind = PADDOCK_WATCH_DATA, .watch = tape_watch(&st.a)};
    int refused = PADDOCK_NO_WATCHER;
    assert_int_equal(ask_removal(&st, op, OP_REMOVE_WATCHES, refused).code, refused);
    tape_expect(&st.a, "");
    op.is_local = true;
    assert_int_equal(ask_removal(&st, op, OP_REMOVE_WATCHES, refused).code, PADDOCK_OK);
    tape_expect(&st.a, "/x 5\n");
    close_stand(&st);
}

static void local_removal_needs_no_server(void **state)
{
    (void)state;
    struct stand st;
    struct answer_box box;
    open_stand(&st);
    peer_hang_up(&st.peer);
    struct paddock_op op = {.type = PADDOCK_OP_REMOVE_WATCHES,
                            .path = "/x",
                            .watch_kind = PADDOCK_WATCH_ANY,
                            .is_local = true,
                            .timeout_ms = 100};
    answer_ask(st.peer.zk, &op, &box);
    peer_run(&st.peer, 300);
    assert_int_equal(box.count, 1);
    assert_int_equal(box.code, PADDOCK_OK);
    assert_int_equal(box.fate, PADDOCK_NOT_SENT);
    tape_expect(&st.a, "session 0\n/x 5\n");
    close_stand(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_watch_of_a_path_is_removed_at_the_server_too),
        cmocka_unit_test(server_keeps_its_watch_while_others_need_it),
        cmocka_unit_test(removal_without_a_callback_means_all),
        cmocka_unit_test(refused_removal_leaves_the_watch_unless_it_is_local),
        cmocka_unit_test(local_removal_needs_no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
