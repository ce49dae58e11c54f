// SPDX-License-Identifier: Apache-2.0
//
// tree_check must notice each kind of damage, or the tests that rely on it prove nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tree/world.h"
#include "tree/tree_priv.h"

static void make(struct world *w)
{
    world_init(w);
    world_create(w, "/p", "data");
    world_create(w, "/p/a", "");
    world_create(w, "/p/b", "");
    world_create_ephemeral(w, 7, "/e");
    world_create_container(w, "/c");
    assert_true(tree_check(w->t));
}

static void healthy_tree_holds(void **state)
{
    (void)state;
    struct world w;
    make(&w);
    assert_true(tree_check(w.t));
    world_fini(&w);
}

static void wrong_counts_are_noticed(void **state)
{
    (void)state;
    struct world w;
    make(&w);
    struct znode_ext *p = znode_ext(world_find(&w, "/p"));
    p->child_count++;
    assert_false(tree_check(w.t));
    p->child_count--;
    p->descendant_count++;
    assert_false(tree_check(w.t));
    p->descendant_count--;
    w.t->size++;
    assert_false(tree_check(w.t));
    w.t->size--;
    w.t->ephemerals.count++;
    assert_false(tree_check(w.t));
    w.t->ephemerals.count--;
    w.t->reap.ttl_count++;
    assert_false(tree_check(w.t));
    w.t->reap.ttl_count--;
    assert_true(tree_check(w.t));
    world_fini(&w);
}

static void wrong_digest_is_noticed(void **state)
{
    (void)state;
    struct world w;
    make(&w);
    w.t->digest.sum++;
    assert_false(tree_check(w.t));
    w.t->digest.sum--;
    struct znode *n = world_find(&w, "/p/a");
    n->version++;
    assert_false(tree_check(w.t));
    n->version--;
    assert_true(tree_check(w.t));
    world_fini(&w);
}

static void wrong_links_are_noticed(void **state)
{
    (void)state;
    struct world w;
    make(&w);
    struct znode *b = world_find(&w, "/p/b");
    b->prev_sibling = b;
    assert_false(tree_check(w.t));
    b->prev_sibling = NULL;
    uint32_t hash = b->link.hash;
    hmap_remove(&w.t->nodes, &b->link);
    hmap_insert(&w.t->nodes, &b->link, hash + 1);
    assert_false(tree_check(w.t));
    hmap_remove(&w.t->nodes, &b->link);
    hmap_insert(&w.t->nodes, &b->link, hash);
    assert_true(tree_check(w.t));
    world_fini(&w);
}

static void wrong_lists_are_noticed(void **state)
{
    (void)state;
    struct world w;
    make(&w);
    struct znode_ext *e = znode_ext(world_find(&w, "/e"));
    e->owner = 8;
    assert_false(tree_check(w.t));
    e->owner = 7;
    struct znode_ext *c = znode_ext(world_find(&w, "/c"));
    list_remove(&c->kin);
    assert_false(tree_check(w.t));
    list_push_back(&w.t->reap.busy, &c->kin);
    assert_false(tree_check(w.t));
    list_remove(&c->kin);
    list_push_back(&w.t->reap.idle_containers, &c->kin);
    assert_true(tree_check(w.t));
    world_fini(&w);
}

static void wrong_acl_references_are_noticed(void **state)
{
    (void)state;
    struct world w;
    make(&w);
    struct znode *n = world_find(&w, "/p/a");
    acl_cache_ref(&w.t->acls, n->acl_id);
    assert_false(tree_check(w.t));
    acl_cache_unref(&w.t->acls, n->acl_id);
    int32_t id = n->acl_id;
    n->acl_id = 99;
    assert_false(tree_check(w.t));
    n->acl_id = id;
    assert_true(tree_check(w.t));
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(healthy_tree_holds),
        cmocka_unit_test(wrong_counts_are_noticed),
        cmocka_unit_test(wrong_digest_is_noticed),
        cmocka_unit_test(wrong_links_are_noticed),
        cmocka_unit_test(wrong_lists_are_noticed),
        cmocka_unit_test(wrong_acl_references_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
