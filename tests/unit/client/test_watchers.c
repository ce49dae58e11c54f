// SPDX-License-Identifier: Apache-2.0
//
// Who is told of what, and what a server is told again.
#include "base/mem.h"
#include "client/watchers.h"
#include "jute/op.h"
#include "tests/unit/client/unit.h"

static void hear(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)event;
    (void)ctx;
}

static char contexts[4];

static struct paddock_watch listener(int i)
{
    return (struct paddock_watch){hear, &contexts[i]};
}

static void add(struct watchers *ws, const char *path, enum watcher_kind kind, int who)
{
    struct watcher *w = watchers_new(ws, slice_str(path), listener(who));
    assert_non_null(w);
    watchers_add(ws, w, kind);
}

// Who is told, as a set of bits; every one of them once.
static unsigned fire(struct watchers *ws, enum paddock_event_type type, const char *path)
{
    struct paddock_watch to[8] = {{NULL, NULL}};
    size_t count = watchers_count_fired(ws, type, slice_str(path));
    assert_in_range(count, 0, 7);
    watchers_take_fired(ws, type, slice_str(path), to);
    assert_null(to[count].fn);
    unsigned told = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned bit = 1U << ((char *)to[i].ctx - contexts);
        assert_int_equal(told & bit, 0);
        told |= bit;
    }
    return told;
}

static void events_reach_the_kinds_that_they_concern(void **state)
{
    (void)state;
    static const struct {
        enum paddock_event_type type;
        unsigned told; // of data 1, exist 2, child 4, persistent 8
    } rows[] = {{PADDOCK_EVENT_CREATED, 1 | 2 | 8},
                {PADDOCK_EVENT_DATA_CHANGED, 1 | 2 | 8},
                {PADDOCK_EVENT_CHILDREN_CHANGED, 4 | 8},
                {PADDOCK_EVENT_DELETED, 1 | 2 | 4 | 8}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct watchers ws;
        watchers_init(&ws);
        add(&ws, "/a", WATCHER_DATA, 0);
        add(&ws, "/a", WATCHER_EXIST, 1);
        add(&ws, "/a", WATCHER_CHILD, 2);
        add(&ws, "/a", WATCHER_PERSISTENT, 3);
        assert_int_equal(fire(&ws, rows[i].type, "/ab"), 0);
        assert_int_equal(fire(&ws, rows[i].type, "/a"), rows[i].told);
        assert_int_equal(fire(&ws, rows[i].type, "/a"), 8); // the others only once
        watchers_fini(&ws);
    }
}

static void recursive_ones_hear_of_all_below_but_not_of_children(void **state)
{
    (void)state;
    struct watchers ws;
    watchers_init(&ws);
    add(&ws, "/a", WATCHER_RECURSIVE, 0);
    add(&ws, "/", WATCHER_RECURSIVE, 1);
    assert_int_equal(fire(&ws, PADDOCK_EVENT_CREATED, "/a"), 3);
    assert_int_equal(fire(&ws, PADDOCK_EVENT_DELETED, "/a/b/c"), 3);
    assert_int_equal(fire(&ws, PADDOCK_EVENT_DATA_CHANGED, "/ab"), 2);
    assert_int_equal(fire(&ws, PADDOCK_EVENT_DATA_CHANGED, "/"), 2);
    assert_int_equal(fire(&ws, PADDOCK_EVENT_CHILDREN_CHANGED, "/a"), 0);
    watchers_fini(&ws);
}

static void one_listener_is_told_once_of_one_event(void **state)
{
    (void)state;
    struct watchers ws;
    watchers_init(&ws);
    add(&ws, "/a", WATCHER_DATA, 0);
    add(&ws, "/a", WATCHER_DATA, 0); // a twin
    add(&ws, "/a", WATCHER_EXIST, 0);
    add(&ws, "/a", WATCHER_PERSISTENT, 0);
    add(&ws, "/", WATCHER_RECURSIVE, 0);
    assert_int_equal(ws.by_path.count, 4);
    assert_int_equal(fire(&ws, PADDOCK_EVENT_CREATED, "/a"), 1);
    assert_int_equal(ws.by_path.count, 2);
    watchers_fini(&ws);
}

static void removal_takes_what_it_names(void **state)
{
    (void)state;
    struct watchers ws;
    const struct slice path = slice_str("/a");
    const struct paddock_watch all = {NULL, NULL};
    watchers_init(&ws);
    add(&ws, "/a", WATCHER_DATA, 0);
    add(&ws, "/a", WATCHER_DATA, 1);
    add(&ws, "/a", WATCHER_CHILD, 0);
    assert_true(watchers_has_others(&ws, path, listener(0)));
    assert_int_equal(watchers_find(&ws, path, WATCHER_SET_ALL, listener(1)), 1 << WATCHER_DATA);
    assert_int_equal(watchers_find(&ws, path, WATCHER_SET_LASTING, all), 0);
    assert_int_equal(watchers_count_removed(&ws, path, WATCHER_SET_DATA, listener(0)), 1);
    watchers_take_removed(&ws, path, WATCHER_SET_DATA, listener(0), NULL);
    assert_int_equal(watchers_find(&ws, path, WATCHER_SET_ALL, listener(0)), 1 << WATCHER_CHILD);
    assert_int_equal(watchers_count_removed(&ws, path, WATCHER_SET_ALL, all), 2);
    watchers_take_removed(&ws, path, WATCHER_SET_ALL, all, NULL);
    assert_int_equal(ws.by_path.count, 0);
    assert_false(watchers_has_others(&ws, path, listener(0)));
    struct watcher *pending = watchers_new(&ws, path, listener(2));
    assert_true(watchers_has_others(&ws, path, listener(0))); // it may soon be one
    watchers_drop(&ws, pending);
    watchers_fini(&ws);
}

static unsigned tell_state(struct watchers *ws, uint64_t number)
{
    struct paddock_watch watch;
    unsigned told = 0;
    while (watchers_next_listener(ws, number, &watch)) {
        unsigned bit = 1U << ((char *)watch.ctx - contexts);
        assert_int_equal(told & bit, 0);
        told |= bit;
    }
    return told;
}

static void states_are_told_to_each_listener_once(void **state)
{
    (void)state;
    struct watchers ws;
    watchers_init(&ws);
    add(&ws, "/a", WATCHER_DATA, 0);
    add(&ws, "/b", WATCHER_DATA, 0);
    add(&ws, "/a", WATCHER_DATA, 1);
    struct watcher *pending = watchers_new(&ws, slice_str("/p"), listener(3));
    uint64_t first = watchers_begin_state_event(&ws);
    add(&ws, "/late", WATCHER_DATA, 2); // came after the event
    uint64_t second = watchers_begin_state_event(&ws);
    assert_int_equal(tell_state(&ws, first), 3);
    assert_int_equal(tell_state(&ws, second), 7);
    assert_int_equal(tell_state(&ws, second), 0);
    watchers_drop(&ws, pending);
    watchers_fini(&ws);
}

// A listener that comes while an event is being told stands in the middle of the others.
static void newcomers_do_not_hide_listeners_from_an_event(void **state)
{
    (void)state;
    struct watchers ws;
    struct paddock_watch watch;
    watchers_init(&ws);
    add(&ws, "/a", WATCHER_DATA, 0);
    add(&ws, "/a", WATCHER_DATA, 1);
    uint64_t first = watchers_begin_state_event(&ws);
    uint64_t second = watchers_begin_state_event(&ws);
    assert_true(watchers_next_listener(&ws, first, &watch));
    add(&ws, "/b", WATCHER_DATA, 2);
    assert_true(watchers_next_listener(&ws, first, &watch));
    assert_false(watchers_next_listener(&ws, first, &watch));
    assert_int_equal(tell_state(&ws, second), 3);
    watchers_fini(&ws);
}

static void new_connection_is_told_everything_once(void **state)
{
    (void)state;
    struct watchers ws;
    struct buf out = {0};
    watchers_init(&ws);
    add(&ws, "/d", WATCHER_DATA, 0);
    add(&ws, "/d", WATCHER_DATA, 1);
    add(&ws, "/e", WATCHER_EXIST, 0);
    add(&ws, "/c", WATCHER_CHILD, 0);
    assert_false(watchers_has_untold(&ws));
    watchers_reconnected(&ws);
    assert_true(watchers_has_untold(&ws));
    (void)mem_fail_after(1);
    assert_int_equal(watchers_tell(&ws, 5, &out), ERR_NO_MEMORY);
    watchers_reconnected(&ws); // as the caller must
    assert_int_equal(watchers_tell(&ws, 5, &out), ERR_OK);
    assert_false(watchers_has_untold(&ws));
    static const uint8_t expected[] = {
        0,   0,  0,   46,  0xff, 0xff, 0xff, 0xf8, 0, 0, 0, OP_SET_WATCHES,
        0,   0,  0,   0,   0,    0,    0,    5,    0, 0, 0, 1,
        0,   0,  0,   2,   '/',  'd',  0,    0,    0, 1, 0, 0,
        0,   2,  '/', 'e', 0,    0,    0,    1,    0, 0, 0, 2,
        '/', 'c'};
    assert_int_equal(out.len, sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected));
    add(&ws, "/new", WATCHER_DATA, 0); // made on this connection
    assert_false(watchers_has_untold(&ws));
    buf_fini(&out);
    watchers_fini(&ws);
}

static void path_longer_than_a_frame_goes_alone(void **state)
{
    (void)state;
    struct watchers ws;
    struct buf out = {0};
    char *path = mem_zalloc(WATCHERS_FRAME_BYTES + 10);
    watchers_init(&ws);
    memset(path, 'a', WATCHERS_FRAME_BYTES + 5);
    path[0] = '/';
    add(&ws, "/first", WATCHER_DATA, 0);
    add(&ws, path, WATCHER_DATA, 0);
    add(&ws, "/last", WATCHER_DATA, 0);
    watchers_reconnected(&ws);
    size_t frames = 0;
    while (watchers_has_untold(&ws)) {
        assert_int_equal(watchers_tell(&ws, 0, &out), ERR_OK);
        frames++;
    }
    assert_int_equal(frames, 3);
    mem_free(path);
    buf_fini(&out);
    watchers_fini(&ws);
}

static void lack_of_memory_makes_no_watcher(void **state)
{
    (void)state;
    struct watchers ws;
    watchers_init(&ws);
    for (unsigned n = 1; n <= 2; n++) {
        (void)mem_fail_after(n);
        assert_null(watchers_new(&ws, slice_str("/a"), listener(0)));
    }
    (void)mem_fail_after(0);
    assert_int_equal(ws.pending, 0);
    watchers_fini(&ws);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_reach_the_kinds_that_they_concern),
        cmocka_unit_test(recursive_ones_hear_of_all_below_but_not_of_children),
        cmocka_unit_test(one_listener_is_told_once_of_one_event),
        cmocka_unit_test(removal_takes_what_it_names),
        cmocka_unit_test(states_are_told_to_each_listener_once),
        cmocka_unit_test(newcomers_do_not_hide_listeners_from_an_event),
        cmocka_unit_test(new_connection_is_told_everything_once),
        cmocka_unit_test(path_longer_than_a_frame_goes_alone),
        cmocka_unit_test(lack_of_memory_makes_no_watcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
