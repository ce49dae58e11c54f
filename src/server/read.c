// SPDX-License-Identifier: Apache-2.0
//
// Reads: answered at once from the tree, at most behind the session's own writes. One function an
// operation; each appends the body of its reply or gives a code, and then the reply has no body.
// A watch is registered with the read that asked for it, so no change can fall in between.
// Source: FinalRequestProcessor.
#include "base/assert.h"
#include "base/limits.h"
#include "jute/multi.h"
#include "jute/op.h"
#include "server/server_priv.h"
#include "server/set_watches.h"

enum { STAT_BYTES = 68 }; // of a Stat on the wire

struct read {
    struct server *server;
    const struct request *request;
    struct jute_in *in;
    struct buf *out;
};

static enum zk_code check_acl(const struct read *r, const struct znode *node, int32_t perm)
{
    return acl_check(&r->server->auth, tree_acl(r->server->tree, znode_acl_id(node)), perm,
                     r->request->ids);
}

// The node at `path`, which the caller may read.
static enum zk_code find_readable(const struct read *r, struct slice path, struct znode **ret)
{
    if (slice_is_null(path)) {
        return ZK_MARSHALLING_ERROR;
    }
    struct znode *node = tree_find(r->server->tree, path);
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    enum zk_code code = check_acl(r, node, PERM_READ);
    if (code == ZK_OK) {
        *ret = node;
    }
    return code;
}

static void watch(const struct read *r, enum watch_table table, struct slice path)
{
    watches_add(r->server->watches, table, path, &r->request->conn->watcher, WATCH_STANDARD);
}

// ---- nodes ----

// Bytes read under the first name of a path, with what a Stat has. Source: DataTree.updateReadStat.
static void count_read(const struct read *r, struct slice path, size_t bytes)
{
    stats_path(r->server->stats, STATS_READ_PER_NAMESPACE, path, (int64_t)bytes + STAT_BYTES);
}

static enum zk_code read_exists(struct read *r)
{
    struct jute_path_watch q;
    if (!jute_path_watch_decode(r->in, &q) || slice_is_null(q.path)) {
        return ZK_MARSHALLING_ERROR;
    }
    if (q.path.len > 0 && memchr(q.path.data, '\0', q.path.len) != NULL) {
        return ZK_BAD_ARGUMENTS;
    }
    const struct znode *node = tree_find(r->server->tree, q.path);
    enum zk_code code = node == NULL ? ZK_OK : check_acl(r, node, PERM_READ);
    if (code != ZK_OK) {
        return code;
    }
    if (q.watch) {
        watch(r, WATCH_DATA, q.path); // also on a node that is not there yet
    }
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    count_read(r, q.path, 0);
    struct jute_stat stat;
    znode_stat(node, r->server->tree, &stat);
    jute_stat_encode(&stat, r->out);
    return ZK_OK;
}

static enum zk_code append_data(struct read *r, struct slice path, bool wants_watch)
{
    struct znode *node;
    enum zk_code code = find_readable(r, path, &node);
    if (code != ZK_OK) {
        return code;
    }
    if (wants_watch) {
        watch(r, WATCH_DATA, path);
    }
    struct jute_get_data_response body = {.data = znode_data(node)};
    count_read(r, path, body.data.len);
    znode_stat(node, r->server->tree, &body.stat);
    jute_get_data_response_encode(&body, r->out);
    return ZK_OK;
}

static enum zk_code read_data(struct read *r)
{
    struct jute_path_watch q;
    return jute_path_watch_decode(r->in, &q) ? append_data(r, q.path, q.watch)
                                             : ZK_MARSHALLING_ERROR;
}

static void append_names(const struct znode *node, struct buf *out)
{
    buf_put_i32(out, znode_child_count(node));
    for (const struct znode *child = znode_first_child(node); child != NULL;
         child = znode_next_sibling(child)) {
        jute_str_encode(znode_name(child), out);
    }
}

static enum zk_code append_children(struct read *r, struct slice path, bool wants_watch,
                                    bool wants_stat)
{
    struct znode *node;
    enum zk_code code = find_readable(r, path, &node);
    if (code != ZK_OK) {
        return code;
    }
    if (wants_watch) {
        watch(r, WATCH_CHILD, path);
    }
    size_t start = r->out->len;
    append_names(node, r->out);
    // Names without their lengths and count.
    size_t lengths = sizeof(int32_t) * ((size_t)znode_child_count(node) + 1);
    count_read(r, path, r->out->len - start - lengths);
    if (wants_stat) {
        struct jute_stat stat;
        znode_stat(node, r->server->tree, &stat);
        jute_stat_encode(&stat, r->out);
    }
    return ZK_OK;
}

static enum zk_code read_children(struct read *r)
{
    struct jute_path_watch q;
    return jute_path_watch_decode(r->in, &q) ? append_children(r, q.path, q.watch, false)
                                             : ZK_MARSHALLING_ERROR;
}

static enum zk_code read_children2(struct read *r)
{
    struct jute_path_watch q;
    return jute_path_watch_decode(r->in, &q) ? append_children(r, q.path, q.watch, true)
                                             : ZK_MARSHALLING_ERROR;
}

static enum zk_code read_all_children_number(struct read *r)
{
    struct jute_path q;
    struct znode *node;
    if (!jute_path_decode(r->in, &q)) {
        return ZK_MARSHALLING_ERROR;
    }
    enum zk_code code = find_readable(r, q.path, &node);
    if (code == ZK_OK) {
        buf_put_i32(r->out, (int32_t)tree_all_children_count(r->server->tree, q.path, node));
    }
    return code;
}

// Who may not administer the node sees digest ids without their hash.
static void append_masked(const struct jute_acl_vec *acl, struct buf *out)
{
    buf_put_i32(out, acl->count);
    for (int32_t i = 0; i < acl->count; i++) {
        const struct jute_acl *a = &acl->items[i];
        const uint8_t *colon = a->id.id.len > 0 ? memchr(a->id.id.data, ':', a->id.id.len) : NULL;
        if (colon == NULL || !slice_equal_str(a->id.scheme, "digest")) {
            jute_acl_encode(a, out);
            continue;
        }
        size_t user_len = (size_t)(colon - a->id.id.data);
        buf_put_i32(out, a->perms);
        jute_str_encode(a->id.scheme, out);
        buf_put_i32(out, (int32_t)user_len + 2);
        buf_append(out, a->id.id.data, user_len);
        buf_append_str(out, ":x");
    }
}

static enum zk_code read_acl(struct read *r)
{
    struct jute_path q;
    if (!jute_path_decode(r->in, &q) || slice_is_null(q.path)) {
        return ZK_MARSHALLING_ERROR;
    }
    const struct znode *node = tree_find(r->server->tree, q.path);
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    enum zk_code code = check_acl(r, node, PERM_READ | PERM_ADMIN);
    if (code != ZK_OK) {
        return code;
    }
    const struct jute_acl_vec *acl = tree_acl(r->server->tree, znode_acl_id(node));
    if (check_acl(r, node, PERM_ADMIN) == ZK_OK) {
        jute_acl_vec_encode(acl, r->out);
    } else {
        append_masked(acl, r->out);
    }
    struct jute_stat stat;
    znode_stat(node, r->server->tree, &stat);
    jute_stat_encode(&stat, r->out);
    return ZK_OK;
}

// ---- several reads ----

static enum zk_code multi_part(struct read *r, const struct multi_op *op)
{
    if (op->type == OP_GET_DATA) {
        multi_entry_begin(OP_GET_DATA, r->out);
        return append_data(r, op->read.path, false);
    }
    ASSERT(op->type == OP_GET_CHILDREN);
    multi_entry_begin(OP_GET_CHILDREN, r->out);
    return append_children(r, op->read.path, false, false);
}

static enum zk_code read_multi(struct read *r)
{
    struct multi m;
    if (!multi_decode(r->in, &m) || m.kind == MULTI_WRITES) {
        return ZK_MARSHALLING_ERROR;
    }
    size_t start = r->out->len;
    for (int32_t i = 0; i < m.count; i++) {
        size_t before = r->out->len;
        if (before - start > LIMIT_MULTI_READ_BYTES) {
            return ZK_MARSHALLING_ERROR;
        }
        enum zk_code code = multi_part(r, &m.ops[i]);
        if (code != ZK_OK) {
            r->out->len = before;
            multi_entry_error(code, r->out);
        }
    }
    multi_end(r->out);
    return ZK_OK;
}

// ---- watches ----

static enum zk_code read_add_watch(struct read *r)
{
    struct jute_path_type q;
    if (!jute_path_type_decode(r->in, &q)) {
        return ZK_MARSHALLING_ERROR;
    }
    struct watcher *w = &r->request->conn->watcher;
    struct watches *ws = r->server->watches;
    if (q.type == ADD_WATCH_PERSISTENT) {
        watches_add(ws, WATCH_DATA, q.path, w, WATCH_PERSISTENT);
        watches_add(ws, WATCH_CHILD, q.path, w, WATCH_PERSISTENT);
    } else if (q.type == ADD_WATCH_RECURSIVE) {
        watches_add(ws, WATCH_DATA, q.path, w, WATCH_RECURSIVE);
    } else {
        return ZK_MARSHALLING_ERROR;
    }
    buf_put_i32(r->out, ZK_OK);
    return ZK_OK;
}

// Which modes of which table a watcher type of checkWatches and removeWatches means.
struct watch_selection {
    unsigned data_modes, child_modes;
};

static bool select_modes(int32_t type, struct watch_selection *ret)
{
    const unsigned any = WATCH_STANDARD | WATCH_PERSISTENT | WATCH_RECURSIVE;
    switch (type) {
    case 1:
        *ret = (struct watch_selection){.child_modes = WATCH_STANDARD};
        return true;
    case 2:
        *ret = (struct watch_selection){.data_modes = WATCH_STANDARD};
        return true;
    case 3:
        *ret = (struct watch_selection){.data_modes = any, .child_modes = any};
        return true;
    case 4:
        *ret = (struct watch_selection){WATCH_PERSISTENT, WATCH_PERSISTENT};
        return true;
    case 5:
        *ret = (struct watch_selection){WATCH_RECURSIVE, WATCH_RECURSIVE};
        return true;
    }
    return false;
}

static enum zk_code read_check_watches(struct read *r)
{
    struct jute_path_type q;
    struct watch_selection sel;
    if (!jute_path_type_decode(r->in, &q) || !select_modes(q.type, &sel)) {
        return ZK_MARSHALLING_ERROR;
    }
    const struct watcher *w = &r->request->conn->watcher;
    const struct watches *ws = r->server->watches;
    bool found = watches_has(ws, WATCH_DATA, q.path, w, sel.data_modes) ||
                 watches_has(ws, WATCH_CHILD, q.path, w, sel.child_modes);
    return found ? ZK_OK : ZK_NO_WATCHER;
}

static enum zk_code read_remove_watches(struct read *r)
{
    struct jute_path_type q;
    struct watch_selection sel;
    if (!jute_path_type_decode(r->in, &q) || !select_modes(q.type, &sel)) {
        return ZK_MARSHALLING_ERROR;
    }
    struct watcher *w = &r->request->conn->watcher;
    struct watches *ws = r->server->watches;
    bool from_data = watches_remove(ws, WATCH_DATA, q.path, w, sel.data_modes);
    bool from_child = watches_remove(ws, WATCH_CHILD, q.path, w, sel.child_modes);
    return from_data || from_child ? ZK_OK : ZK_NO_WATCHER;
}

static enum zk_code read_set_watches(struct read *r)
{
    struct jute_set_watches q;
    if (!jute_set_watches_decode(r->in, &q)) {
        return ZK_MARSHALLING_ERROR;
    }
    const struct jute_set_watches2 all = {
        .relative_zxid = q.relative_zxid, .data = q.data, .exist = q.exist, .child = q.child};
    return set_watches(r->request->conn, &all);
}

static enum zk_code read_set_watches2(struct read *r)
{
    struct jute_set_watches2 q;
    return jute_set_watches2_decode(r->in, &q) ? set_watches(r->request->conn, &q)
                                               : ZK_MARSHALLING_ERROR;
}

// ---- the caller itself ----

// Java's String.trim: everything up to a blank.
static bool is_blank(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] > ' ') {
            return false;
        }
    }
    return true;
}

static bool means_everything(struct slice prefix)
{
    while (prefix.len > 0 && prefix.data[0] <= ' ') {
        prefix = slice_skip(prefix, 1);
    }
    bool is_root = prefix.len > 0 && prefix.data[0] == '/' && is_blank(slice_skip(prefix, 1));
    return prefix.len == 0 || is_root;
}

struct ephemeral_list {
    struct slice prefix; // null: all
    struct buf *out;
    int32_t count;
};

static void append_ephemeral(void *ctx, const struct znode *node)
{
    struct ephemeral_list *list = ctx;
    size_t start = list->out->len;
    buf_put_i32(list->out, 0);
    znode_path(node, list->out);
    size_t len = list->out->len - start - sizeof(int32_t);
    struct slice path = slice_of(list->out->data + start + sizeof(int32_t), len);
    if (!slice_is_null(list->prefix) && !slice_starts_with(path, list->prefix)) {
        list->out->len = start;
        return;
    }
    be32_store(list->out->data + start, (uint32_t)len);
    list->count++;
}

static enum zk_code read_ephemerals(struct read *r)
{
    struct jute_path q;
    if (!jute_path_decode(r->in, &q)) {
        return ZK_MARSHALLING_ERROR;
    }
    struct ephemeral_list list = {
        .prefix = means_everything(q.path) ? slice_null() : q.path,
        .out = r->out,
    };
    size_t start = r->out->len;
    buf_put_i32(r->out, 0);
    tree_ephemerals_each(r->server->tree, r->request->session_id, append_ephemeral, &list);
    be32_store(r->out->data + start, (uint32_t)list.count);
    return ZK_OK;
}

static enum zk_code read_who_am_i(struct read *r)
{
    const struct ids *ids = r->request->ids;
    buf_put_i32(r->out, ids->count);
    for (int32_t i = 0; i < ids->count; i++) {
        const struct jute_id *id = &ids->items[i];
        jute_str_encode(id->scheme, r->out);
        jute_str_encode(auth_user_name(id->scheme, id->id), r->out);
    }
    return ZK_OK;
}

static enum zk_code read_sync(struct read *r)
{
    struct jute_path q;
    if (!jute_path_decode(r->in, &q)) {
        return ZK_MARSHALLING_ERROR;
    }
    jute_str_encode(q.path, r->out); // as it came: not validated, perhaps null
    return ZK_OK;
}

static enum zk_code read_ping(struct read *r)
{
    (void)r;
    return ZK_OK;
}

// ---- the table ----

struct read_op {
    int32_t type;
    enum zk_code (*answer)(struct read *r);
};

static const struct read_op read_ops[] = {
    {OP_GET_DATA, read_data},
    {OP_EXISTS, read_exists},
    {OP_GET_CHILDREN2, read_children2},
    {OP_GET_CHILDREN, read_children},
    {OP_PING, read_ping},
    {OP_SYNC, read_sync},
    {OP_GET_ACL, read_acl},
    {OP_MULTI_READ, read_multi},
    {OP_ADD_WATCH, read_add_watch},
    {OP_CHECK_WATCHES, read_check_watches},
    {OP_REMOVE_WATCHES, read_remove_watches},
    {OP_GET_EPHEMERALS, read_ephemerals},
    {OP_GET_ALL_CHILDREN_NUMBER, read_all_children_number},
    {OP_WHO_AM_I, read_who_am_i},
};

static enum zk_code answer_by_type(struct read *r)
{
    for (size_t i = 0; i < sizeof(read_ops) / sizeof(read_ops[0]); i++) {
        if (read_ops[i].type == r->request->type) {
            return read_ops[i].answer(r);
        }
    }
    return ZK_MARSHALLING_ERROR; // a write that did not decode and waited for its turn
}

// Their events leave before the reply.
static enum zk_code answer_set_watches(struct read *r)
{
    return r->request->type == OP_SET_WATCHES ? read_set_watches(r) : read_set_watches2(r);
}

void read_answer(struct server *s, const struct request *request)
{
    struct conn *c = request->conn;
    int64_t zxid = tree_last_zxid(s->tree);
    struct jute_in in;
    jute_in_init(&in, request->body, &s->read_arena, s->string_max);
    struct read r = {.server = s, .request = request, .in = &in};
    size_t start;
    if (request->type == OP_SET_WATCHES || request->type == OP_SET_WATCHES2) {
        enum zk_code code = answer_set_watches(&r);
        reply_begin(c, request->xid, zxid, code, &start);
    } else {
        int32_t xid = request->type == OP_PING ? XID_PING : request->xid;
        r.out = reply_begin(c, xid, zxid, ZK_OK, &start);
        enum zk_code code = answer_by_type(&r);
        if (code != ZK_OK) {
            reply_set_error(c, start, code);
        }
    }
    reply_end(c, start);
    conn_replied(c, request, zxid, op_last_name(request->type));
    arena_reset(&s->read_arena);
    if (in.is_out_of_memory) {
        conn_no_memory(c); // the reply says malformed, which nobody knows; it does not leave
    }
}
