// SPDX-License-Identifier: Apache-2.0
//
// Watches one rule at a time, then thousands of random ones against a list that is searched in
// full.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>

#include "base/prng.h"
#include "tree/watch.h"

enum { WATCHERS = 5 };

struct fixture {
    struct watches *ws;
    struct watcher w[WATCHERS];
};

static void setup(struct fixture *f)
{
    f->ws = watches_new(1);
    for (int i = 0; i < WATCHERS; i++) {
        watcher_init(&f->w[i]);
    }
}

static void teardown(struct fixture *f)
{
    for (int i = 0; i < WATCHERS; i++) {
        watches_drop_watcher(f->ws, &f->w[i]);
    }
    assert_int_equal(watches_count(f->ws), 0);
    assert_true(watches_check(f->ws));
    watches_free(f->ws);
}

static void add(struct fixture *f, enum watch_table table, const char *path, int w, unsigned mode)
{
    watches_add(f->ws, table, slice_str(path), &f->w[w], (enum watch_mode)mode);
}

// Trigger, and return who was reached as a set of bits; every event must be as asked.
static unsigned fire(struct fixture *f, enum watch_table table, const char *path,
                     bool also_skip_marked)
{
    watches_clear_fired(f->ws);
    watches_trigger(f->ws, table, slice_str(path), WATCH_EVENT_DATA_CHANGED, 7, 3,
                    also_skip_marked);
    size_t count;
    const struct watch_fired *fired = watches_fired(f->ws, &count);
    unsigned reached = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fired[i].event, WATCH_EVENT_DATA_CHANGED);
        assert_int_equal(fired[i].zxid, 7);
        assert_int_equal(fired[i].acl_id, 3);
        assert_true(slice_equal_str(fired[i].path, path));
        unsigned bit = 1U << (fired[i].watcher - f->w);
        assert_int_equal(reached & bit, 0); // one event per watcher
        reached |= bit;
    }
    assert_true(watches_check(f->ws));
    return reached;
}

static void standard_watch_fires_once(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    add(&f, WATCH_DATA, "/a", 0, WATCH_STANDARD);
    add(&f, WATCH_DATA, "/a", 0, WATCH_STANDARD);
    add(&f, WATCH_DATA, "/a", 1, WATCH_STANDARD);
    assert_int_equal(watches_count(f.ws), 2);
    assert_int_equal(fire(&f, WATCH_CHILD, "/a", false), 0);
    assert_int_equal(fire(&f, WATCH_DATA, "/ab", false), 0);
    assert_int_equal(fire(&f, WATCH_DATA, "/a/b", false), 0);
    assert_int_equal(fire(&f, WATCH_DATA, "/a", false), 3);
    assert_int_equal(fire(&f, WATCH_DATA, "/a", false), 0);
    assert_int_equal(watches_count(f.ws), 0);
    teardown(&f);
}

static void persistent_watch_fires_for_its_path_again_and_again(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    add(&f, WATCH_CHILD, "/a", 0, WATCH_PERSISTENT);
    add(&f, WATCH_CHILD, "/a", 0, WATCH_STANDARD);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fire(&f, WATCH_CHILD, "/a", false), 1);
    }
    assert_false(watches_has(f.ws, WATCH_CHILD, slice_str("/a"), &f.w[0], WATCH_STANDARD));
    assert_true(watches_has(f.ws, WATCH_CHILD, slice_str("/a"), &f.w[0], WATCH_PERSISTENT));
    assert_int_equal(fire(&f, WATCH_CHILD, "/a/b", false), 0);
    teardown(&f);
}

static void recursive_watch_fires_for_everything_below(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    add(&f, WATCH_DATA, "/a", 0, WATCH_RECURSIVE);
    add(&f, WATCH_DATA, "/", 1, WATCH_RECURSIVE);
    add(&f, WATCH_DATA, "/a/b", 2, WATCH_STANDARD);
    assert_int_equal(fire(&f, WATCH_DATA, "/a/b/c", false), 1 | 2);
    assert_int_equal(fire(&f, WATCH_DATA, "/a", false), 1 | 2);
    assert_int_equal(fire(&f, WATCH_DATA, "/ab", false), 2);
    assert_int_equal(fire(&f, WATCH_DATA, "/", false), 2);
    assert_int_equal(fire(&f, WATCH_DATA, "/a/b", false), 1 | 2 | 4);
    assert_int_equal(fire(&f, WATCH_CHILD, "/a/b", false), 0); // not in that table
    teardown(&f);
}

static void watcher_hears_of_one_trigger_once(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    add(&f, WATCH_DATA, "/a/b", 0, WATCH_STANDARD);
    add(&f, WATCH_DATA, "/a/b", 0, WATCH_PERSISTENT);
    add(&f, WATCH_DATA, "/a/b", 0, WATCH_RECURSIVE);
    add(&f, WATCH_DATA, "/a", 0, WATCH_RECURSIVE);
    add(&f, WATCH_DATA, "/", 0, WATCH_RECURSIVE);
    assert_int_equal(fire(&f, WATCH_DATA, "/a/b", false), 1); // fire() checks for a second event
    teardown(&f);
}

static void second_half_of_a_delete_skips_who_was_told(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    add(&f, WATCH_DATA, "/a", 0, WATCH_STANDARD);
    add(&f, WATCH_CHILD, "/a", 0, WATCH_STANDARD);
    add(&f, WATCH_CHILD, "/a", 1, WATCH_STANDARD);
    assert_int_equal(fire(&f, WATCH_DATA, "/a", false), 1);
    assert_int_equal(fire(&f, WATCH_CHILD, "/a", true), 2);
    assert_int_equal(watches_count(f.ws), 0); // skipped, but used up
    add(&f, WATCH_CHILD, "/", 0, WATCH_STANDARD);
    assert_int_equal(fire(&f, WATCH_CHILD, "/", false), 1);
    teardown(&f);
}

static void modes_are_removed_one_by_one(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct slice a = slice_str("/a");
    add(&f, WATCH_DATA, "/a", 0, WATCH_STANDARD);
    add(&f, WATCH_DATA, "/a", 0, WATCH_RECURSIVE);
    assert_false(watches_remove(f.ws, WATCH_DATA, a, &f.w[0], WATCH_PERSISTENT));
    assert_false(watches_remove(f.ws, WATCH_CHILD, a, &f.w[0], 7));
    assert_false(watches_remove(f.ws, WATCH_DATA, a, &f.w[1], 7));
    assert_false(watches_remove(f.ws, WATCH_DATA, slice_str("/"), &f.w[0], 7));
    assert_true(watches_remove(f.ws, WATCH_DATA, a, &f.w[0], WATCH_RECURSIVE));
    assert_int_equal(fire(&f, WATCH_DATA, "/a/b", false), 0);
    assert_true(watches_has(f.ws, WATCH_DATA, a, &f.w[0], 7));
    assert_true(watches_remove(f.ws, WATCH_DATA, a, &f.w[0], 7));
    assert_false(watches_has(f.ws, WATCH_DATA, a, &f.w[0], 7));
    assert_int_equal(watches_count(f.ws), 0);
    teardown(&f);
}

static void dropped_watcher_leaves_nothing_behind(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    add(&f, WATCH_DATA, "/a", 0, WATCH_RECURSIVE);
    add(&f, WATCH_CHILD, "/a", 0, WATCH_STANDARD);
    add(&f, WATCH_CHILD, "/a", 1, WATCH_PERSISTENT);
    assert_int_equal(fire(&f, WATCH_DATA, "/a/b", false), 1);
    watches_drop_watcher(f.ws, &f.w[0]);
    size_t count;
    assert_null(watches_fired(f.ws, &count)[0].watcher);
    assert_int_equal(watches_count(f.ws), 1);
    assert_int_equal(fire(&f, WATCH_CHILD, "/a", false), 2);
    teardown(&f);
}

static void summary_counts_the_data_table_as_java_does(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    add(&f, WATCH_DATA, "/a", 0, WATCH_STANDARD);
    add(&f, WATCH_DATA, "/b", 0, WATCH_STANDARD);
    add(&f, WATCH_DATA, "/b", 1, WATCH_STANDARD);
    add(&f, WATCH_CHILD, "/c", 2, WATCH_STANDARD);
    struct watches_summary s;
    watches_summary(f.ws, &s);
    assert_int_equal(s.watchers, 2);
    assert_int_equal(s.paths, 2);
    assert_int_equal(s.total, 3);
    assert_int_equal(watches_count(f.ws), 4);
    fire(&f, WATCH_DATA, "/b", false); // the second has none left and still counts
    watches_summary(f.ws, &s);
    assert_int_equal(s.watchers, 2);
    assert_int_equal(s.total, 1);
    watches_remove(f.ws, WATCH_DATA, slice_str("/a"), &f.w[0], WATCH_STANDARD);
    watches_drop_watcher(f.ws, &f.w[1]);
    watches_summary(f.ws, &s);
    assert_int_equal(s.watchers, 0);
    assert_int_equal(s.paths, 0);
    teardown(&f);
}

static void count_pair(void *ctx, struct slice path, struct watcher *w)
{
    (void)w;
    *(size_t *)ctx += path.len;
}

static void count_path(void *ctx, struct slice path, const struct watcher *w)
{
    (void)w;
    *(size_t *)ctx += path.len;
}

static void pairs_are_given_by_path_and_by_watcher(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    add(&f, WATCH_DATA, "/a", 0, WATCH_STANDARD);
    add(&f, WATCH_DATA, "/a", 1, WATCH_STANDARD);
    add(&f, WATCH_DATA, "/bcd", 0, WATCH_STANDARD);
    add(&f, WATCH_CHILD, "/other", 0, WATCH_STANDARD);
    size_t len = 0;
    watches_each(f.ws, count_pair, &len);
    assert_int_equal(len, 2 + 2 + 4);
    len = 0;
    watches_of_each(&f.w[0], count_path, &len);
    assert_int_equal(len, 2 + 4);
    teardown(&f);
}

// ---- against a model ----

enum { PATHS = 8, STEPS = 20000 };
static const char *const paths[PATHS] = {"/", "/a", "/a/b", "/a/b/c", "/a/bc", "/d", "/d/e", "/ab"};

struct model {
    unsigned modes[2][PATHS][WATCHERS];
};

static bool is_proper_ancestor(const char *of, const char *path)
{
    size_t len = strlen(of);
    if (len == 1) {
        return strlen(path) > 1;
    }
    return strncmp(of, path, len) == 0 && path[len] == '/';
}

static unsigned model_fire(struct model *m, int table, int path, unsigned told)
{
    unsigned reached = 0;
    for (int w = 0; w < WATCHERS; w++) {
        bool hears = m->modes[table][path][w] != 0;
        for (int p = 0; p < PATHS; p++) {
            hears = hears || ((m->modes[table][p][w] & WATCH_RECURSIVE) != 0 &&
                              is_proper_ancestor(paths[p], paths[path]));
        }
        reached |= hears ? 1U << w : 0;
        m->modes[table][path][w] &= ~(unsigned)WATCH_STANDARD;
    }
    return reached & ~told;
}

static void model_step(struct fixture *f, struct model *m, struct prng *p)
{
    int table = (int)prng_below(p, 2);
    int path = (int)prng_below(p, PATHS);
    int w = (int)prng_below(p, WATCHERS);
    unsigned mode = 1U << prng_below(p, 3);
    struct slice s = slice_str(paths[path]);
    unsigned *modes = &m->modes[table][path][w];
    switch (prng_below(p, 5)) {
    case 0:
    case 1:
        add(f, (enum watch_table)table, paths[path], w, mode);
        *modes |= mode;
        break;
    case 2:
        assert_int_equal(watches_remove(f->ws, (enum watch_table)table, s, &f->w[w], mode),
                         (*modes & mode) != 0);
        *modes &= ~mode;
        break;
    case 3: { // a delete: data, then child without who was told
        unsigned told = model_fire(m, WATCH_DATA, path, 0);
        assert_int_equal(fire(f, WATCH_DATA, paths[path], false), told);
        assert_int_equal(fire(f, WATCH_CHILD, paths[path], true),
                         model_fire(m, WATCH_CHILD, path, told));
        break;
    }
    default:
        assert_int_equal(fire(f, (enum watch_table)table, paths[path], false),
                         model_fire(m, table, path, 0));
        if (prng_below(p, 50) == 0) {
            watches_drop_watcher(f->ws, &f->w[w]);
            for (int i = 0; i < PATHS; i++) {
                m->modes[0][i][w] = 0;
                m->modes[1][i][w] = 0;
            }
        }
    }
}

static void random_watches_match_a_model(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct model m = {0};
    struct prng p;
    prng_init(&p, 4711);
    for (int i = 0; i < STEPS; i++) {
        model_step(&f, &m, &p);
        int path = i % PATHS;
        int w = i % WATCHERS;
        assert_int_equal(
            watches_has(f.ws, WATCH_DATA, slice_str(paths[path]), &f.w[w], WATCH_RECURSIVE),
            (m.modes[WATCH_DATA][path][w] & WATCH_RECURSIVE) != 0);
    }
    teardown(&f);
}

static void standard_watch_costs_at_most_168_bytes(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    struct fixture f;
    setup(&f);
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < COUNT; i++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "/watched/path/number/%08d", i);
        add(&f, WATCH_DATA, path, i % WATCHERS, WATCH_STANDARD);
    }
    double bytes = (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / COUNT;
    print_message("bytes per watch: %.1f\n", bytes);
    teardown(&f);
    if (before == 0) {
        skip(); // a sanitizer's malloc counts nothing
    }
    assert_true(bytes <= 168);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_watch_fires_once),
        cmocka_unit_test(persistent_watch_fires_for_its_path_again_and_again),
        cmocka_unit_test(recursive_watch_fires_for_everything_below),
        cmocka_unit_test(watcher_hears_of_one_trigger_once),
        cmocka_unit_test(second_half_of_a_delete_skips_who_was_told),
        cmocka_unit_test(modes_are_removed_one_by_one),
        cmocka_unit_test(dropped_watcher_leaves_nothing_behind),
        cmocka_unit_test(summary_counts_the_data_table_as_java_does),
        cmocka_unit_test(pairs_are_given_by_path_and_by_watcher),
        cmocka_unit_test(random_watches_match_a_model),
        cmocka_unit_test(standard_watch_costs_at_most_168_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
