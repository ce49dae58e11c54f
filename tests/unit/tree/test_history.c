// SPDX-License-Identifier: Apache-2.0
//
// Whole histories from a seed. Valid ones: thousands of transactions as a leader would make them,
// encoded and decoded on the way, while snapshots are walked between them; each snapshot, loaded
// and with the rest of the history replayed, must give the live tree. Senseless ones: transactions
// that fit or not; the invariants must hold after each.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/mem.h"
#include "base/prng.h"
#include "jute/op.h"
#include "tests/unit/tree/copy.h"
#include "tests/unit/tree/world.h"

enum { SESSIONS = 4, TXNS = 4000, NAMES = 4, DEPTH = 3, TEXT_MAX = 64, OPS_MAX = 4 };

struct history {
    struct world w;
    struct prng p;
    struct slice *log; // encoded transactions; zxid i + 1 at i
    size_t count;
    char paths[OPS_MAX][TEXT_MAX]; // of the operations being made
    char data[OPS_MAX][TEXT_MAX];
    struct jute_acl acl[OPS_MAX];
    struct slice closing[256]; // paths of a closeSession
};

static void random_path(struct history *h, char path[TEXT_MAX])
{
    size_t len = 0;
    uint64_t depth = 1 + prng_below(&h->p, DEPTH);
    for (uint64_t i = 0; i < depth; i++) {
        int n = snprintf(path + len, TEXT_MAX - len, "/%c", (int)('a' + prng_below(&h->p, NAMES)));
        len += (size_t)n;
    }
}

static struct slice random_data(struct history *h, int slot)
{
    if (prng_below(&h->p, 8) == 0) {
        return slice_null();
    }
    size_t len = prng_below(&h->p, TEXT_MAX);
    memset(h->data[slot], 'a' + (int)prng_below(&h->p, 26), len);
    return slice_of(h->data[slot], len);
}

static struct jute_acl_vec random_acl(struct history *h, int slot)
{
    h->acl[slot] =
        (struct jute_acl){.perms = (int32_t)prng_below(&h->p, 6),
                          .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
    return (struct jute_acl_vec){.count = 1, .items = &h->acl[slot]};
}

static int64_t random_session(struct history *h)
{
    return 100 + (int64_t)prng_below(&h->p, SESSIONS);
}

static struct slice parent_of(struct slice path)
{
    const uint8_t *slash = memrchr(path.data, '/', path.len);
    return slice_of(path.data, (size_t)(slash - path.data));
}

// ---- valid transactions: false when the random choice would have been refused ----

static bool make_create(struct history *h, int slot, struct txn_op *op)
{
    struct slice path = slice_str(h->paths[slot]);
    const struct znode *parent = tree_find(h->w.t, parent_of(path));
    if (parent == NULL || tree_find(h->w.t, path) != NULL ||
        tree_kind_of_owner(h->w.t, znode_owner(parent)) == ZNODE_EPHEMERAL) {
        return false;
    }
    struct jute_stat_persisted stat;
    znode_stat_stored(parent, &stat);
    int32_t cversion = stat.cversion + 1;
    struct slice data = random_data(h, slot);
    struct jute_acl_vec acl = random_acl(h, slot);
    switch (prng_below(&h->p, 6)) {
    case 0:
        *op = (struct txn_op){.type = OP_CREATE_CONTAINER,
                              .create_container = {path, data, acl, cversion}};
        break;
    case 1:
        *op =
            (struct txn_op){.type = OP_CREATE_TTL, .create_ttl = {path, data, acl, cversion, 1000}};
        break;
    case 2:
        *op = (struct txn_op){.type = OP_CREATE, .create = {path, data, acl, true, cversion}};
        break;
    default:
        *op = (struct txn_op){.type = prng_below(&h->p, 2) == 0 ? OP_CREATE : OP_CREATE2,
                              .create = {path, data, acl, false, cversion}};
    }
    return true;
}

static bool make_op(struct history *h, int slot, struct txn_op *op)
{
    random_path(h, h->paths[slot]);
    struct slice path = slice_str(h->paths[slot]);
    const struct znode *n = tree_find(h->w.t, path);
    struct jute_stat stat;
    if (n != NULL) {
        znode_stat(n, h->w.t, &stat);
    }
    switch (prng_below(&h->p, 5)) {
    case 0:
        if (n == NULL || stat.num_children > 0) {
            return false;
        }
        *op = (struct txn_op){.type = prng_below(&h->p, 2) == 0 ? OP_DELETE : OP_DELETE_CONTAINER,
                              .del = {path}};
        return true;
    case 1:
        if (n == NULL) {
            return false;
        }
        *op = (struct txn_op){.type = OP_SET_DATA,
                              .set_data = {path, random_data(h, slot), stat.version + 1}};
        return true;
    case 2:
        if (n == NULL) {
            return false;
        }
        *op = (struct txn_op){.type = OP_SET_ACL,
                              .set_acl = {path, random_acl(h, slot), stat.aversion + 1}};
        return true;
    default:
        return make_create(h, slot, op);
    }
}

struct ephemeral_paths {
    struct history *h;
    int32_t count;
    struct buf text;
};

static void add_path(void *ctx, const struct znode *n)
{
    struct ephemeral_paths *e = ctx;
    struct buf path = {0};
    znode_path(n, &path);
    uint8_t *copy = mem_alloc(path.len);
    memcpy(copy, path.data, path.len);
    e->h->closing[e->count++] = slice_of(copy, path.len);
    buf_fini(&path);
}

// A session that opens again and again; sometimes it closes without a body.
static void make_session_op(struct history *h, struct txn *txn, int32_t *ret_closing)
{
    int64_t session = txn->header.client_id;
    int32_t timeout_ms;
    if (!tree_session_find(h->w.t, session, &timeout_ms)) {
        txn->op = (struct txn_op){.type = OP_CREATE_SESSION, .create_session = {4000}};
        return;
    }
    struct ephemeral_paths e = {.h = h};
    bool has_body = prng_below(&h->p, 3) > 0;
    if (has_body) {
        tree_ephemerals_each(h->w.t, session, add_path, &e);
    }
    *ret_closing = e.count;
    txn->op =
        (struct txn_op){.type = OP_CLOSE_SESSION,
                        .close_session = {{.count = has_body ? e.count : -1, .items = h->closing}}};
}

static struct slice encode(const struct txn *txn)
{
    struct buf bytes = {0};
    txn_encode(txn, &bytes);
    return slice_of(bytes.data, bytes.len);
}

// Give the transaction to the live tree as decoded from its bytes; keep it with the digest it led
// to.
static void commit(struct history *h, struct txn *txn)
{
    struct slice bytes = encode(txn);
    struct arena arena;
    arena_init(&arena);
    struct txn decoded;
    assert_int_equal(txn_decode(bytes, &arena, 1 << 20, &decoded), ERR_OK);
    tree_apply(h->w.t, &decoded, NULL, &h->w.o);
    assert_int_equal(h->w.o.result.code, txn->op.type == OP_ERROR ? txn->op.error.err : ZK_OK);
    decoded.has_digest = true;
    decoded.digest = (struct jute_txn_digest){.version = TXN_DIGEST_VERSION,
                                              .tree_digest = (int64_t)tree_digest(h->w.t)};
    h->log[h->count++] = encode(&decoded);
    arena_fini(&arena);
    mem_free((void *)(uintptr_t)bytes.data);
}

static void multi_of_distinct_paths(struct history *h, struct txn *txn, struct txn_op ops[OPS_MAX])
{
    int32_t count = 0;
    for (int slot = 0; slot < OPS_MAX; slot++) {
        bool is_made = make_op(h, slot, &ops[count]) && ops[count].type != OP_DELETE_CONTAINER &&
                       ops[count].type != OP_SET_ACL;
        for (int other = 0; other < slot && is_made; other++) {
            is_made = h->paths[slot][1] != h->paths[other][1]; // so they do not meet
        }
        // Top-level nodes share a parent, whose next cversion the second one would not know.
        is_made = is_made && strlen(h->paths[slot]) > 2;
        count += is_made;
    }
    txn->op.type = OP_MULTI;
    txn->ops = ops;
    txn->op_count = count;
}

static void one_valid_transaction(struct history *h)
{
    struct txn_op ops[OPS_MAX];
    struct txn txn = {.header = {.client_id = random_session(h),
                                 .cxid = 1,
                                 .zxid = (int64_t)h->count + 1,
                                 .time_ms = (int64_t)h->count * 10}};
    int32_t closing = 0;
    uint64_t choice = prng_below(&h->p, 20);
    if (choice == 0) {
        make_session_op(h, &txn, &closing);
    } else if (choice == 1) {
        txn.op = (struct txn_op){.type = OP_ERROR, .error = {ZK_NO_NODE}};
    } else if (choice < 5) {
        multi_of_distinct_paths(h, &txn, ops);
    } else if (!make_op(h, 0, &txn.op)) {
        return;
    }
    txn.header.type = txn.op.type;
    commit(h, &txn);
    for (int32_t i = 0; i < closing; i++) {
        mem_free((void *)(uintptr_t)h->closing[i].data);
    }
}

// ---- replay ----

static void replay(const struct history *h, struct tree *t)
{
    struct tree_outcome o = {0};
    struct arena arena;
    arena_init(&arena);
    for (size_t i = (size_t)tree_last_zxid(t); i < h->count; i++) {
        struct txn txn;
        arena_reset(&arena);
        assert_int_equal(txn_decode(h->log[i], &arena, 1 << 20, &txn), ERR_OK);
        tree_apply(t, &txn, NULL, &o);
    }
    arena_fini(&arena);
    tree_outcome_fini(&o);
}

static void check_snapshot(const struct history *h, const struct copy *c)
{
    struct tree_options options = {
        .hash_seed = 77, .digest_enabled = true, .extended_types_enabled = true};
    struct tree *t = tree_new(&options);
    assert_int_equal(copy_load(c, t), ERR_OK);
    assert_true(tree_check(t));
    struct tree_digest_entry point = tree_digest_point(h->w.t);
    tree_load_digest(t, point.zxid, point.digest);
    replay(h, t);
    assert_true(tree_check(t));
    assert_true(trees_are_equal(h->w.t, t));
    assert_int_equal(tree_digest_mismatches(t), 0);
    tree_free(t);
}

static void run_valid_history(uint64_t seed)
{
    struct history *h = mem_zalloc(sizeof(*h));
    world_init(&h->w);
    prng_init(&h->p, seed);
    h->log = mem_alloc(TXNS * sizeof(h->log[0]));
    int snapshots = 0;
    while (h->count < TXNS) {
        struct copy c;
        copy_begin(&c, h->w.t);
        uint64_t pace = prng_below(&h->p, 12); // transactions between two steps of the walk
        while (copy_step(&c) && h->count < TXNS) {
            for (uint64_t i = prng_below(&h->p, pace + 1); i > 0 && h->count < TXNS; i--) {
                one_valid_transaction(h);
            }
        }
        while (c.walk != NULL) {
            (void)copy_step(&c);
        }
        assert_true(tree_check(h->w.t));
        check_snapshot(h, &c);
        copy_fini(&c);
        snapshots++;
        for (int i = 0; i < 20 && h->count < TXNS; i++) {
            one_valid_transaction(h);
        }
    }
    print_message("seed %d: %d snapshots, %d nodes\n", (int)seed, snapshots,
                  (int)tree_node_count(h->w.t));
    struct tree_options options = {
        .hash_seed = 78, .digest_enabled = true, .extended_types_enabled = true};
    struct tree *t = tree_new(&options);
    replay(h, t);
    assert_true(trees_are_equal(h->w.t, t));
    tree_free(t);
    for (size_t i = 0; i < h->count; i++) {
        mem_free((void *)(uintptr_t)h->log[i].data);
    }
    mem_free(h->log);
    world_fini(&h->w);
    mem_free(h);
}

static void fuzzy_snapshot_and_replay_give_the_live_tree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        run_valid_history(seed);
    }
}

// ---- senseless transactions ----

static void random_op(struct history *h, int slot, struct txn_op *op)
{
    static const int32_t types[] = {OP_CREATE,     OP_CREATE2, OP_CREATE_CONTAINER,
                                    OP_CREATE_TTL, OP_DELETE,  OP_SET_DATA,
                                    OP_SET_ACL,    OP_CHECK,   OP_DELETE_CONTAINER};
    random_path(h, h->paths[slot]);
    struct slice path = slice_str(h->paths[slot]);
    struct slice data = random_data(h, slot);
    struct jute_acl_vec acl = random_acl(h, slot);
    int32_t number = (int32_t)prng_below(&h->p, 40) - 1;
    op->type = types[prng_below(&h->p, sizeof(types) / sizeof(types[0]))];
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        op->create = (struct jute_create_txn){path, data, acl, number % 3 == 0, number};
        break;
    case OP_CREATE_CONTAINER:
        op->create_container = (struct jute_create_container_txn){path, data, acl, number};
        break;
    case OP_CREATE_TTL:
        op->create_ttl = (struct jute_create_ttl_txn){path, data, acl, number, number};
        break;
    case OP_SET_DATA:
        op->set_data = (struct jute_set_data_txn){path, data, number};
        break;
    case OP_SET_ACL:
        op->set_acl = (struct jute_set_acl_txn){path, acl, number};
        break;
    case OP_CHECK:
        op->check = (struct jute_check_version_txn){path, number};
        break;
    default:
        op->del = (struct jute_delete_txn){path};
    }
}

static void invariants_hold_after_any_transaction(void **state)
{
    (void)state;
    struct history *h = mem_zalloc(sizeof(*h));
    world_init(&h->w);
    prng_init(&h->p, 99);
    for (int i = 0; i < TXNS; i++) {
        struct txn_op ops[OPS_MAX];
        h->w.session = random_session(h);
        h->w.zxid -= prng_below(&h->p, 10) == 0 && h->w.zxid > 5 ? 5 : 0; // replayed ones
        uint64_t choice = prng_below(&h->p, 10);
        if (choice == 0) {
            for (int slot = 0; slot < OPS_MAX; slot++) {
                random_op(h, slot, &ops[slot]);
            }
            world_multi(&h->w, ops, OPS_MAX);
        } else if (choice == 1) {
            world_close_session(&h->w, h->w.session, NULL, 0);
        } else {
            random_op(h, 0, &ops[0]);
            world_apply(&h->w, &ops[0]);
        }
    }
    assert_true(tree_check(h->w.t));
    world_fini(&h->w);
    mem_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fuzzy_snapshot_and_replay_give_the_live_tree),
        cmocka_unit_test(invariants_hold_after_any_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
