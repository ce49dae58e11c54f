// SPDX-License-Identifier: Apache-2.0
//
// The search for a server with a quorum, while connected to one without.
#include "base/mem.h"
#include "tests/unit/client/peer.h"

struct stand {
    struct peer peer;
    struct port_listener *other; // port 2182 of the peer
    size_t words;                // connections there
    struct port_stream *stream;  // the newest of them
    struct buf heard;
    const char *answer; // "ro", "rw", or NULL for none
};

static void on_bytes(struct port_stream *s, struct slice bytes)
{
    struct stand *st = s->owner;
    buf_append_slice(&st->heard, bytes);
    if (st->heard.len == 4 && st->answer != NULL) {
        struct slice answer = slice_str(st->answer);
        assert_int_equal(s->write(s, &answer, 1), answer.len);
    }
}

static void on_end(struct port_stream *s, enum err reason)
{
    (void)reason;
    struct stand *st = s->owner;
    st->stream = NULL;
    s->close(s);
}

static void on_writable(struct port_stream *s)
{
    (void)s;
}

static const struct port_stream_handler handler = {
    .on_bytes = on_bytes, .on_end = on_end, .on_writable = on_writable};

static void on_accept(struct port_listener *l, struct port_stream *s)
{
    struct stand *st = l->owner;
    st->words++;
    st->stream = s;
    buf_clear(&st->heard);
    s->owner = st;
    s->handler = &handler;
    s->start(s);
}

// Connected to the first server, which is read-only; the second answers with `answer`.
static void open_stand(struct stand *st, const char *servers, const char *answer)
{
    *st = (struct stand){.answer = answer};
    peer_open(&st->peer,
              (struct paddock_options){.servers = servers,
                                       .session_timeout_ms = 60000,
                                       .request_timeout_ms = 50000,
                                       .flags = PADDOCK_READ_ONLY_OK | PADDOCK_KEEP_ORDER});
    struct port_net *net = &st->peer.server->net.port;
    assert_int_equal(net->listen(net, NULL, 2182, 0, false, &st->other), ERR_OK);
    st->other->owner = st;
    st->other->on_accept = on_accept;
    peer_accept(&st->peer);
    peer_welcome(&st->peer, PEER_SESSION, 60000, true);
    assert_int_equal(paddock_connect(st->peer.zk, 1000), PADDOCK_OK);
}

static void close_stand(struct stand *st)
{
    if (st->stream != NULL) {
        st->stream->close(st->stream);
    }
    st->other->close(st->other);
    buf_fini(&st->heard);
    peer_close(&st->peer);
}

static void others_are_asked_ever_more_rarely(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, "peer:2181,peer:2182", "ro");
    peer_run(&st.peer, 150);
    assert_int_equal(st.words, 1);
    assert_memory_equal(st.heard.data, "isro", 4);
    peer_run(&st.peer, 250);
    assert_int_equal(st.words, 2);
    peer_run(&st.peer, 6200); // 100, 200, 400, 800, 1600, 3200 ms
    assert_int_equal(st.words, 6);
    assert_int_equal(paddock_state(st.peer.zk), PADDOCK_STATE_READ_ONLY);
    assert_int_equal(st.peer.accepted, 1);
    close_stand(&st);
}

static void silent_server_is_given_a_second(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, "peer:2181,peer:2182", NULL);
    peer_run(&st.peer, 1050);
    assert_int_equal(st.words, 1);
    assert_non_null(st.stream);
    peer_run(&st.peer, 150);
    assert_null(st.stream); // the client has hung up
    peer_run(&st.peer, 300);
    assert_int_equal(st.words, 2);
    close_stand(&st);
}

static void only_server_of_the_list_is_not_asked(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, "peer:2181", "rw");
    peer_run(&st.peer, 3000);
    assert_int_equal(st.words, 0);
    assert_int_equal(paddock_state(st.peer.zk), PADDOCK_STATE_READ_ONLY);
    close_stand(&st);
}

static void answers_that_are_due_are_waited_for_before_moving(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, "peer:2181,peer:2182", "rw");
    struct paddock_op op = {.type = PADDOCK_OP_SYNC, .path = "/"};
    assert_int_equal(paddock_submit(st.peer.zk, &op, NULL, NULL), PADDOCK_OK);
    int32_t xid = peer_take(&st.peer, OP_SYNC);
    peer_run(&st.peer, 500);
    assert_int_equal(st.words, 1);
    assert_int_equal(paddock_state(st.peer.zk), PADDOCK_STATE_READ_ONLY);
    assert_int_equal(paddock_submit(st.peer.zk, &op, NULL, NULL), PADDOCK_OK);
    peer_hear_nothing(&st.peer, 100); // the new one waits for the other server
    peer_reply(&st.peer, xid, 1, PADDOCK_NOT_READ_ONLY, slice_null());
    peer_run(&st.peer, 100);
    assert_int_equal(paddock_state(st.peer.zk), PADDOCK_STATE_CONNECTING);
    assert_int_equal(st.words, 2); // the greeting
    close_stand(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_asked_ever_more_rarely),
        cmocka_unit_test(silent_server_is_given_a_second),
        cmocka_unit_test(only_server_of_the_list_is_not_asked),
        cmocka_unit_test(answers_that_are_due_are_waited_for_before_moving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
