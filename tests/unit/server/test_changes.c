// SPDX-License-Identifier: Apache-2.0
//
// The overlay of changes in flight, beside the tree it lies over.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "jute/op.h"
#include "server/changes.h"

struct world {
    struct tree *tree;
    struct changes changes;
    struct jute_acl entry;
    struct jute_acl_vec open;
};

static int set_up(void **state)
{
    static struct world w;
    const struct tree_options options = {.hash_seed = 1, .digest_enabled = true};
    w.tree = tree_new(&options);
    changes_init(&w.changes, w.tree, true);
    w.entry = (struct jute_acl){31, {slice_str("world"), slice_str("anyone")}};
    w.open = (struct jute_acl_vec){1, &w.entry};
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    changes_fini(&w->changes);
    tree_free(w->tree);
    return 0;
}

static void create(struct world *w, const char *path, int64_t zxid)
{
    const struct jute_stat_persisted stat = {.czxid = zxid, .mzxid = zxid, .pzxid = zxid};
    struct change *place = changes_place(&w->changes, slice_str(path));
    assert_non_null(place);
    changes_create(&w->changes, place, &stat, slice_str("data"), &w->open);
}

static void a_node_of_the_tree_is_found_and_forgotten(void **state)
{
    struct world *w = *state;
    changes_begin(&w->changes);
    assert_non_null(changes_find(&w->changes, slice_str("/zookeeper")));
    assert_null(changes_find(&w->changes, slice_str("/nothing")));
    changes_commit(&w->changes, 1);
    assert_int_equal(w->changes.by_path.count, 0);
}

static void the_root_has_two_names_and_one_change(void **state)
{
    struct world *w = *state;
    changes_begin(&w->changes);
    assert_ptr_equal(changes_find(&w->changes, slice_str("/")),
                     changes_find(&w->changes, slice_str("")));
    changes_rollback(&w->changes);
}

static void a_created_node_is_there_until_it_is_applied(void **state)
{
    struct world *w = *state;
    changes_begin(&w->changes);
    create(w, "/a", 1);
    changes_commit(&w->changes, 1);
    changes_begin(&w->changes);
    struct change *a = changes_find(&w->changes, slice_str("/a"));
    assert_non_null(a);
    assert_int_equal(a->now.data_len, 4);
    assert_int_equal(changes_acl(&w->changes, a)->count, 1);
    changes_commit(&w->changes, 2);
    changes_applied(&w->changes, 1);
    assert_int_equal(w->changes.by_path.count, 0);
}

static void a_change_stays_while_a_later_transaction_holds_it(void **state)
{
    struct world *w = *state;
    for (int64_t zxid = 1; zxid <= 3; zxid++) {
        changes_begin(&w->changes);
        struct change *root = changes_find(&w->changes, slice_str("/"));
        changes_edit(&w->changes, root);
        root->now.child_count++;
        changes_edited(&w->changes, root);
        changes_commit(&w->changes, zxid);
    }
    changes_applied(&w->changes, 2);
    const struct change *root = changes_find_edited(&w->changes, slice_str("/"));
    assert_non_null(root);
    assert_int_equal(root->now.child_count, 4);
    changes_applied(&w->changes, 3);
    assert_null(changes_find_edited(&w->changes, slice_str("/")));
}

static void a_rollback_restores_everything(void **state)
{
    struct world *w = *state;
    changes_begin(&w->changes);
    create(w, "/kept", 1);
    changes_commit(&w->changes, 1);
    uint64_t digest = w->changes.digest;
    struct jute_acl other = {1, {slice_str("digest"), slice_str("a:b")}};
    const struct jute_acl_vec list = {1, &other};
    changes_begin(&w->changes);
    create(w, "/gone", 2);
    struct change *kept = changes_find(&w->changes, slice_str("/kept"));
    for (int i = 0; i < 2; i++) { // the second edit must not lose what the first one replaced
        changes_edit(&w->changes, kept);
        kept->now.stat.aversion++;
        changes_set_acl(&w->changes, kept, &list);
        changes_set_data(&w->changes, kept, slice_str("other"));
        changes_edited(&w->changes, kept);
    }
    changes_delete(&w->changes, kept);
    assert_null(changes_find(&w->changes, slice_str("/kept")));
    changes_rollback(&w->changes);
    assert_int_equal(w->changes.digest, digest);
    kept = changes_find(&w->changes, slice_str("/kept"));
    assert_non_null(kept);
    assert_int_equal(kept->now.stat.aversion, 0);
    assert_int_equal(kept->now.data_len, 4);
    assert_int_equal(changes_acl(&w->changes, kept)->items[0].perms, 31);
    assert_null(changes_find(&w->changes, slice_str("/gone")));
    changes_begin(&w->changes);
    changes_commit(&w->changes, 2);
}

static void replaced_lists_are_freed_once(void **state)
{
    struct world *w = *state;
    changes_begin(&w->changes);
    create(w, "/a", 1);
    struct change *a = changes_find(&w->changes, slice_str("/a"));
    changes_edit(&w->changes, a);
    changes_edited(&w->changes, a); // an edit without a new list, then one with
    changes_edit(&w->changes, a);
    changes_set_acl(&w->changes, a, &w->open);
    changes_edited(&w->changes, a);
    changes_commit(&w->changes, 1);
    changes_applied(&w->changes, 1);
    assert_int_equal(w->changes.by_path.count, 0);
}

static void many_changes_of_all_lengths_come_and_go(void **state)
{
    struct world *w = *state;
    char path[256];
    struct jute_acl other = {1, {slice_str("digest"), slice_str("a:b")}};
    const struct jute_acl_vec list = {1, &other};
    for (int64_t zxid = 1; zxid <= 3; zxid++) {
        changes_begin(&w->changes);
        for (int i = 0; i < 3000; i++) {
            (void)snprintf(path, sizeof(path), "/%0*d", i % 2 == 0 ? 10 : 200, i);
            create(w, path, zxid);
            if (i % 3 == 0) {
                struct change *ch = changes_find(&w->changes, slice_str(path));
                changes_edit(&w->changes, ch);
                changes_set_acl(&w->changes, ch, &list);
                changes_edited(&w->changes, ch);
            }
        }
        changes_commit(&w->changes, zxid);
        const struct change *last = changes_find_edited(&w->changes, slice_str(path));
        assert_int_equal(change_path(last).len, 201);
        assert_int_equal(changes_acl(&w->changes, last)->items[0].perms, 31);
        changes_applied(&w->changes, zxid);
        assert_int_equal(w->changes.by_path.count, 0);
        assert_in_range(w->changes.kept_count, 1, 1024);
    }
}

static void abandoning_returns_to_the_tree(void **state)
{
    struct world *w = *state;
    changes_begin(&w->changes);
    create(w, "/a", 1);
    changes_commit(&w->changes, 1);
    assert_true(w->changes.digest != tree_digest(w->tree));
    changes_abandon(&w->changes);
    assert_int_equal(w->changes.digest, tree_digest(w->tree));
    assert_null(changes_find_edited(&w->changes, slice_str("/a")));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_node_of_the_tree_is_found_and_forgotten),
        T(the_root_has_two_names_and_one_change),
        T(a_created_node_is_there_until_it_is_applied),
        T(a_change_stays_while_a_later_transaction_holds_it),
        T(a_rollback_restores_everything),
        T(replaced_lists_are_freed_once),
        T(many_changes_of_all_lengths_come_and_go),
        T(abandoning_returns_to_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
