// SPDX-License-Identifier: Apache-2.0
//
// A tap between a client and a network that takes and gives bytes in pieces.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "sim/tap.h"

struct scene {
    struct port_net net; // first: the one below
    struct port_stream stream;
    struct tap tap;
    size_t takes; // bytes that the next write takes
    struct buf sent, received;
    struct buf told; // "S<abc>" or "R<abc>" a frame, "L" a connection that is gone
    int starts, closes, connected, ended, writable;
    enum err refusal;
};

static struct scene scene;

static void start(struct port_stream *s)
{
    (void)s;
    scene.starts++;
}

static void pause_it(struct port_stream *s)
{
    (void)s;
    scene.starts--;
}

static int64_t write_it(struct port_stream *s, const struct slice *parts, size_t count)
{
    (void)s;
    int64_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        size_t left = scene.takes - (size_t)taken;
        size_t len = parts[i].len < left ? parts[i].len : left;
        buf_append(&scene.sent, parts[i].data, len);
        taken += (int64_t)len;
    }
    return taken;
}

static void close_it(struct port_stream *s)
{
    (void)s;
    scene.closes++;
}

static enum err connect_to(struct port_net *net, const struct port_address *to, bool keepalive,
                           struct port_stream **ret)
{
    (void)net;
    (void)to;
    (void)keepalive;
    scene.stream = (struct port_stream){
        .start = start, .pause = pause_it, .write = write_it, .close = close_it};
    *ret = &scene.stream;
    return scene.refusal;
}

static void on_frame(void *ctx, bool is_sent, struct slice frame)
{
    struct scene *sc = ctx;
    buf_printf(&sc->told, "%c<%.*s>", is_sent ? 'S' : 'R', (int)frame.len,
               (const char *)frame.data);
}

static void on_lost(void *ctx)
{
    buf_append_str(&((struct scene *)ctx)->told, "L");
}

static void on_connected(struct port_stream *s)
{
    (void)s;
    scene.connected++;
}

// What came was told before it gets here.
static void on_bytes(struct port_stream *s, struct slice bytes)
{
    (void)s;
    buf_append_slice(&scene.received, bytes);
    buf_append_str(&scene.told, "|");
}

static void on_end(struct port_stream *s, enum err reason)
{
    assert_int_equal(reason, ERR_CLOSED);
    scene.ended++;
    s->close(s);
}

static void on_writable(struct port_stream *s)
{
    (void)s;
    scene.writable++;
}

static const struct port_stream_handler handler = {on_connected, on_bytes, on_end, on_writable};

static struct port_stream *begin(void)
{
    struct port_address to = {0};
    struct port_stream *s = NULL;
    scene = (struct scene){.net = {.connect = connect_to}};
    tap_init(&scene.tap, &scene.net, &scene, on_frame, on_lost);
    assert_int_equal(scene.tap.port.connect(&scene.tap.port, &to, false, &s), ERR_OK);
    s->handler = &handler;
    return s;
}

static void end(const char *told)
{
    assert_string_equal(buf_cstr(&scene.told), told);
    buf_fini(&scene.told);
    buf_fini(&scene.sent);
    buf_fini(&scene.received);
}

static struct slice bytes_of(const char *bytes, size_t len)
{
    return slice_of((const uint8_t *)bytes, len);
}

static void what_is_sent_is_told_when_its_last_byte_is_taken(void **state)
{
    (void)state;
    struct port_stream *s = begin();
    struct slice parts[] = {bytes_of("\0\0\0\2a", 5), bytes_of("b\0\0\0\1c", 6)};
    scene.takes = 5;
    assert_int_equal(s->write(s, parts, 2), 5);
    assert_int_equal(scene.told.len, 0);
    scene.takes = 6;
    assert_int_equal(s->write(s, &parts[1], 1), 6);
    assert_memory_equal(scene.sent.data, "\0\0\0\2ab\0\0\0\1c", 11);
    s->close(s);
    assert_int_equal(scene.closes, 1);
    end("S<ab>S<c>L");
}

static void what_comes_is_told_before_it_is_passed_on(void **state)
{
    (void)state;
    struct port_stream *s = begin();
    const struct port_stream_handler *below = scene.stream.handler;
    below->on_connected(&scene.stream);
    s->start(s);
    below->on_bytes(&scene.stream, bytes_of("\0\0\0", 3));
    below->on_bytes(&scene.stream, bytes_of("\2xy\0\0\0\1z\0", 9));
    below->on_writable(&scene.stream);
    s->pause(s);
    assert_int_equal(scene.starts, 0);
    assert_int_equal(scene.connected + scene.writable, 2);
    assert_memory_equal(scene.received.data, "\0\0\0\2xy\0\0\0\1z\0", 12);
    below->on_end(&scene.stream, ERR_CLOSED); // its owner closes it
    assert_int_equal(scene.ended + scene.closes, 2);
    end("|R<xy>R<z>|L");
}

static void a_connection_that_is_refused_is_refused_here(void **state)
{
    (void)state;
    struct port_stream *s = begin();
    struct port_address to = {0};
    s->close(s);
    scene.refusal = ERR_TOO_MANY_FILES;
    assert_int_equal(scene.tap.port.connect(&scene.tap.port, &to, false, &s), ERR_TOO_MANY_FILES);
    end("L");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_is_told_when_its_last_byte_is_taken),
        cmocka_unit_test(what_comes_is_told_before_it_is_passed_on),
        cmocka_unit_test(a_connection_that_is_refused_is_refused_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
