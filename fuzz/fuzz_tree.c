// SPDX-License-Identifier: Apache-2.0
//
// Transactions that no leader would make, from arbitrary bytes: any path, any order, any number.
// The tree and its watches stay whole, an open walk stays safe, and the digest stays the sum of its
// nodes. The bytes are read as operations: what, path, data, number; capital letters in a path
// stand for the long words of the quota nodes.
#include "base/assert.h"
#include "jute/op.h"
#include "tree/tree.h"
#include "tree/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WATCHERS = 2, WALK_STEP = 13, WALK_OPEN, WATCH_ADD, WATCH_REMOVE, ACTIONS };

struct world {
    struct tree *t;
    struct watches *ws;
    struct watcher watchers[WATCHERS];
    struct tree_walk *walk;
    struct tree_outcome o;
    struct buf path;    // of the walk
    struct buf operand; // the path of the operation
    int64_t zxid;
};

static uint8_t take_byte(struct slice *in)
{
    if (in->len == 0) {
        return 0;
    }
    uint8_t b = in->data[0];
    *in = slice_skip(*in, 1);
    return b;
}

static struct slice take_bytes(struct slice *in, size_t max)
{
    size_t len = take_byte(in) % (max + 1);
    len = len < in->len ? len : in->len;
    struct slice s = slice_of(in->data, len);
    *in = slice_skip(*in, len);
    return s;
}

static void expand(struct slice path, struct buf *to)
{
    buf_clear(to);
    for (size_t i = 0; i < path.len; i++) {
        switch (path.data[i]) {
        case 'Q':
            buf_append_str(to, "/zookeeper/quota");
            break;
        case 'L':
            buf_append_str(to, "/zookeeper_limits");
            break;
        case 'S':
            buf_append_str(to, "/zookeeper_stats");
            break;
        default:
            buf_put_u8(to, path.data[i]);
        }
    }
}

static void fill_op(struct txn_op *op, uint8_t what, struct slice path, struct slice value,
                    uint8_t number, struct jute_acl *acl)
{
    static const int32_t types[WALK_STEP] = {
        OP_CREATE,   OP_CREATE2,        OP_CREATE_CONTAINER, OP_CREATE_TTL, OP_DELETE,
        OP_SET_DATA, OP_SET_ACL,        OP_DELETE_CONTAINER, OP_CHECK,      OP_ERROR,
        OP_RECONFIG, OP_CREATE_SESSION, OP_CLOSE_SESSION};
    struct jute_acl_vec list = {.count = number % 3 - 1, .items = acl};
    int32_t n = (int32_t)number - 1;
    op->type = types[what];
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        op->create = (struct jute_create_txn){path, value, list, number % 2 == 0, n};
        break;
    case OP_CREATE_CONTAINER:
        op->create_container = (struct jute_create_container_txn){path, value, list, n};
        break;
    case OP_CREATE_TTL:
        op->create_ttl = (struct jute_create_ttl_txn){path, value, list, n, n};
        break;
    case OP_SET_DATA:
    case OP_RECONFIG:
        op->set_data = (struct jute_set_data_txn){path, value, n};
        break;
    case OP_SET_ACL:
        op->set_acl = (struct jute_set_acl_txn){path, list, n};
        break;
    case OP_CHECK:
        op->check = (struct jute_check_version_txn){path, n};
        break;
    case OP_ERROR:
        op->error.err = n;
        break;
    case OP_CREATE_SESSION:
        op->create_session.timeout_ms = n;
        break;
    case OP_CLOSE_SESSION:
        op->close_session.paths.count = -1;
        break;
    default:
        op->del.path = path;
    }
}

static void apply(struct world *w, uint8_t what, struct slice path, struct slice value,
                  uint8_t number)
{
    struct jute_acl acl[2] = {
        {.perms = number, .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}},
        {.perms = 1, .id = {.scheme = slice_null(), .id = path}}};
    w->zxid += number % 8 == 7 ? -2 : 1;
    struct txn txn = {.header = {.client_id = number % 4, .zxid = w->zxid, .time_ms = number}};
    struct txn_op parts[2];
    fill_op(&txn.op, what, path, value, number, acl);
    if (number >= 240 && what < WALK_STEP - 3) {
        parts[0] = txn.op;
        parts[1] = txn.op;
        txn.op = (struct txn_op){.type = OP_MULTI};
        txn.ops = parts;
        txn.op_count = 2;
    }
    tree_apply(w->t, &txn, w->ws, &w->o);
    watches_clear_fired(w->ws);
}

static void walk(struct world *w, bool is_open)
{
    int64_t acl_id;
    if (is_open && w->walk == NULL) {
        w->walk = tree_walk_open(w->t);
    } else if (w->walk != NULL && tree_walk_next(w->walk, &w->path, &acl_id) == NULL) {
        tree_walk_close(w->walk);
        w->walk = NULL;
    }
}

static void act(struct world *w, struct slice *in)
{
    uint8_t what = take_byte(in) % ACTIONS;
    expand(take_bytes(in, 15), &w->operand);
    struct slice path = buf_slice(&w->operand);
    struct slice value = take_bytes(in, 31);
    uint8_t number = take_byte(in);
    struct tree_quota quota;
    (void)tree_quota_find(w->t, path, &quota);
    struct watcher *watcher = &w->watchers[number % WATCHERS];
    enum watch_table table = number % 3 == 0 ? WATCH_DATA : WATCH_CHILD;
    if (what < WALK_STEP) {
        apply(w, what, path, value, number);
    } else if (what == WATCH_ADD) {
        watches_add(w->ws, table, path, watcher, (enum watch_mode)(1 << number % 3));
    } else if (what == WATCH_REMOVE) {
        (void)watches_remove(w->ws, table, path, watcher, number & 7U);
    } else {
        walk(w, what == WALK_OPEN);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size);
    uint8_t flags = take_byte(&in);
    struct tree_options options = {.hash_seed = 1,
                                   .digest_enabled = (flags & 1) != 0,
                                   .extended_types_enabled = (flags & 2) != 0,
                                   .emulate_353_ttl_nodes = (flags & 4) != 0};
    struct world w = {.t = tree_new(&options), .ws = watches_new(1)};
    for (int i = 0; i < WATCHERS; i++) {
        watcher_init(&w.watchers[i]);
    }
    while (in.len > 0) {
        act(&w, &in);
    }
    ASSERT(tree_check(w.t));
    ASSERT(watches_check(w.ws));
    (void)tree_drop_dead_ephemerals(w.t);
    ASSERT(tree_check(w.t));
    tree_walk_close(w.walk);
    for (int i = 0; i < WATCHERS; i++) {
        watches_drop_watcher(w.ws, &w.watchers[i]);
    }
    ASSERT(watches_count(w.ws) == 0);
    buf_fini(&w.path);
    buf_fini(&w.operand);
    tree_outcome_fini(&w.o);
    watches_free(w.ws);
    tree_free(w.t);
    return 0;
}
