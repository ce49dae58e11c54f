// SPDX-License-Identifier: Apache-2.0
//
// Who may do what, and which lists may be stored.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/host.h"
#include "jute/op.h"
#include "server/acl.h"

struct world {
    struct host *host;
    struct config *config;
    struct auth auth;
    struct ids ids;
    struct arena arena;
};

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){0};
    assert_int_equal(host_open(&w.host), ERR_OK);
    w.config = config_new();
    auth_init(&w.auth, w.config, host_digest(w.host));
    ids_add(&w.ids, slice_str("ip"), slice_str("10.0.0.1"));
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_fini(&w->arena);
    ids_fini(&w->ids);
    config_free(w->config);
    host_close(w->host);
    return 0;
}

static struct jute_acl entry(int32_t perms, const char *scheme, const char *id)
{
    return (struct jute_acl){perms, {slice_str(scheme), slice_str(id)}};
}

static enum zk_code check(struct world *w, const struct jute_acl *items, int32_t count,
                          int32_t perm)
{
    const struct jute_acl_vec acl = {count, (struct jute_acl *)(uintptr_t)items};
    return acl_check(&w->auth, &acl, perm, &w->ids);
}

static void the_open_list_and_the_empty_one_permit_everything(void **state)
{
    struct world *w = *state;
    assert_int_equal(acl_check(&w->auth, NULL, PERM_ALL, &w->ids), ZK_OK);
    assert_int_equal(check(w, NULL, 0, PERM_ADMIN), ZK_OK);
}

static void an_entry_grants_its_permissions_only(void **state)
{
    struct world *w = *state;
    const struct jute_acl world = entry(PERM_READ | PERM_CREATE, "world", "anyone");
    assert_int_equal(check(w, &world, 1, PERM_READ), ZK_OK);
    assert_int_equal(check(w, &world, 1, PERM_WRITE), ZK_NO_AUTH);
    assert_int_equal(check(w, &world, 1, PERM_READ | PERM_ADMIN), ZK_OK);
}

static void an_identity_must_match(void **state)
{
    struct world *w = *state;
    const struct jute_acl acl[] = {entry(PERM_WRITE, "digest", "bob:x"),
                                   entry(PERM_WRITE, "ip", "10.0.0.0/24")};
    assert_int_equal(check(w, &acl[0], 1, PERM_WRITE), ZK_NO_AUTH);
    assert_int_equal(check(w, acl, 2, PERM_WRITE), ZK_OK);
    ids_add(&w->ids, slice_str("digest"), slice_str("bob:x"));
    assert_int_equal(check(w, &acl[0], 1, PERM_WRITE), ZK_OK);
}

static void super_may_do_everything(void **state)
{
    struct world *w = *state;
    const struct jute_acl acl = entry(PERM_READ, "digest", "bob:x");
    ids_add(&w->ids, slice_str("super"), slice_str(""));
    assert_int_equal(check(w, &acl, 1, PERM_ADMIN), ZK_OK);
}

static void skip_acl_switches_the_checks_off(void **state)
{
    struct world *w = *state;
    const struct jute_acl acl = entry(PERM_READ, "digest", "bob:x");
    config_define(w->config, "zookeeper.skipACL=yes");
    config_set_argument(w->config, CONFIG_KEY_data_dir, "/nowhere");
    config_finish(w->config);
    assert_int_equal(check(w, &acl, 1, PERM_ADMIN), ZK_OK);
}

static enum zk_code fix(struct world *w, struct jute_acl *items, int32_t count,
                        struct jute_acl_vec *ret)
{
    const struct jute_acl_vec acl = {count, items};
    return acl_fix_up(&w->auth, &acl, &w->ids, &w->arena, ret);
}

static void null_and_empty_lists_are_invalid(void **state)
{
    struct world *w = *state;
    struct jute_acl_vec fixed;
    assert_int_equal(fix(w, NULL, -1, &fixed), ZK_INVALID_ACL);
    assert_int_equal(fix(w, NULL, 0, &fixed), ZK_INVALID_ACL);
}

static void duplicates_go_and_the_order_stays(void **state)
{
    struct world *w = *state;
    struct jute_acl_vec fixed;
    struct jute_acl acl[] = {entry(1, "digest", "a:b"), entry(31, "world", "anyone"),
                             entry(1, "digest", "a:b"), entry(2, "digest", "a:b")};
    assert_int_equal(fix(w, acl, 4, &fixed), ZK_OK);
    assert_int_equal(fixed.count, 3);
    assert_int_equal(fixed.items[0].perms, 1);
    assert_int_equal(fixed.items[1].perms, 31);
    assert_int_equal(fixed.items[2].perms, 2);
}

static void auth_expands_to_proven_identities_only(void **state)
{
    struct world *w = *state;
    struct jute_acl_vec fixed;
    struct jute_acl acl = entry(5, "auth", "ignored");
    assert_int_equal(fix(w, &acl, 1, &fixed), ZK_INVALID_ACL); // the address does not count
    ids_add(&w->ids, slice_str("digest"), slice_str("a:b"));
    ids_add(&w->ids, slice_str("digest"), slice_str("c:d"));
    assert_int_equal(fix(w, &acl, 1, &fixed), ZK_OK);
    assert_int_equal(fixed.count, 2);
    assert_true(slice_equal_str(fixed.items[1].id.id, "c:d"));
    assert_int_equal(fixed.items[1].perms, 5);
}

static void bad_entries_are_refused(void **state)
{
    struct world *w = *state;
    struct jute_acl_vec fixed;
    struct jute_acl acl[] = {entry(1, "world", "nobody"),
                             entry(1, "digest", "nocolon"),
                             entry(1, "ip", "x"),
                             entry(1, "nonsense", "x"),
                             {1, {slice_null(), slice_str("x")}}};
    for (size_t i = 0; i < sizeof(acl) / sizeof(acl[0]); i++) {
        assert_int_equal(fix(w, &acl[i], 1, &fixed), ZK_INVALID_ACL);
    }
    struct jute_acl null_id = {1, {slice_str("world"), slice_null()}};
    assert_int_equal(fix(w, &null_id, 1, &fixed), ZK_MARSHALLING_ERROR);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_open_list_and_the_empty_one_permit_everything),
        T(an_entry_grants_its_permissions_only),
        T(an_identity_must_match),
        T(super_may_do_everything),
        T(skip_acl_switches_the_checks_off),
        T(null_and_empty_lists_are_invalid),
        T(duplicates_go_and_the_order_stays),
        T(auth_expands_to_proven_identities_only),
        T(bad_entries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
