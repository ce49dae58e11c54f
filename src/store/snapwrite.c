// SPDX-License-Identifier: Apache-2.0
//
// Serializing a tree in slices.
//
//     HEAD --> NODES --> DIGEST --> LAST_ZXID --> DONE
//
// Sessions and ACL lists are copied when the snapshot begins, so that every list a node refers to
// is in the file although the tree changes; the nodes come from the tree's walk.
#include "store/snapwrite.h"

#include "base/assert.h"
#include "base/mem.h"
#include "store/snapformat.h"

enum phase { PHASE_HEAD, PHASE_NODES, PHASE_DIGEST, PHASE_LAST_ZXID, PHASE_DONE };

struct snapwrite {
    struct tree *tree;
    struct tree_walk *walk;
    struct snapwrite_options options;
    enum phase phase;
    struct buf head; // header, sessions, ACL lists
    size_t head_sent;
    struct buf path; // of the current node
};

// ---- the head ----

struct counted {
    struct buf *to;
    int32_t count;
};

static void put_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct counted *c = ctx;
    buf_put_i64(c->to, session);
    buf_put_i32(c->to, timeout_ms);
    c->count++;
}

static void put_acl(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    struct counted *c = ctx;
    buf_put_i64(c->to, acl_id);
    jute_acl_vec_encode(acl, c->to);
    c->count++;
}

// Leave room for a count; fill it in when the elements are known.
static size_t begin_count(struct buf *to)
{
    buf_put_i32(to, 0);
    return to->len - 4;
}

static void put_head(struct snapwrite *w)
{
    struct buf *to = &w->head;
    buf_put_i32(to, SNAPFORMAT_MAGIC);
    buf_put_i32(to, SNAPFORMAT_VERSION);
    buf_put_i64(to, -1); // dbid
    size_t at = begin_count(to);
    struct counted sessions = {.to = to};
    tree_sessions_each(w->tree, put_session, &sessions);
    be32_store(to->data + at, (uint32_t)sessions.count);
    at = begin_count(to);
    struct counted acls = {.to = to};
    tree_acls_each(w->tree, put_acl, &acls);
    be32_store(to->data + at, (uint32_t)acls.count);
}

struct snapwrite *snapwrite_new(struct tree *t, const struct snapwrite_options *options)
{
    struct snapwrite *w = mem_zalloc(sizeof *w);
    w->tree = t;
    w->options = *options;
    w->walk = tree_walk_open(t);
    put_head(w);
    return w;
}

int64_t snapwrite_zxid(const struct snapwrite *w)
{
    return tree_walk_zxid(w->walk);
}

// ---- slices ----

static enum phase phase_after(const struct snapwrite *w, enum phase phase)
{
    if (phase == PHASE_NODES && w->options.with_digest) {
        return PHASE_DIGEST;
    }
    return phase < PHASE_LAST_ZXID && w->options.with_last_zxid ? PHASE_LAST_ZXID : PHASE_DONE;
}

static void slice_head(struct snapwrite *w, size_t bytes_max, struct buf *out)
{
    size_t left = w->head.len - w->head_sent;
    size_t len = left < bytes_max ? left : bytes_max;
    buf_append(out, w->head.data + w->head_sent, len);
    w->head_sent += len;
    if (w->head_sent == w->head.len) {
        buf_fini(&w->head);
        w->head_sent = 0;
        w->phase = PHASE_NODES;
    }
}

static void put_node(const struct znode *n, struct slice path, int64_t acl_id, struct buf *out)
{
    struct jute_stat_persisted stat;
    znode_stat_stored(n, &stat);
    jute_str_encode(path, out);
    jute_str_encode(znode_data(n), out);
    buf_put_i64(out, acl_id);
    jute_stat_persisted_encode(&stat, out);
}

// True at the end of the nodes.
static bool slice_nodes(struct snapwrite *w, size_t bytes_max, struct buf *out)
{
    size_t end = out->len + bytes_max;
    while (out->len < end) {
        int64_t acl_id;
        buf_clear(&w->path);
        const struct znode *n = tree_walk_next(w->walk, &w->path, &acl_id);
        if (n == NULL) {
            buf_append(out, SNAPFORMAT_END, 5);
            return true;
        }
        put_node(n, buf_slice(&w->path), acl_id, out);
    }
    return false;
}

// The newest transaction with a digest and the tree's digest behind it; zeros before the first.
// Source: DataTree.serializeZxidDigest.
static void put_digest(const struct snapwrite *w, struct buf *out)
{
    struct tree_digest_entry point = tree_digest_point(w->tree);
    buf_put_i64(out, point.zxid);
    buf_put_i32(out, SNAPFORMAT_DIGEST_VERSION);
    buf_put_i64(out, (int64_t)point.digest);
}

bool snapwrite_slice(struct snapwrite *w, size_t bytes_max, struct buf *out, bool *ret_seal)
{
    ASSERT(bytes_max > 0);
    ASSERT(w->phase != PHASE_DONE);
    bool seal = false;
    enum phase phase = w->phase;
    switch (phase) {
    case PHASE_HEAD:
        slice_head(w, bytes_max, out);
        break;
    case PHASE_NODES:
        seal = slice_nodes(w, bytes_max, out);
        break;
    case PHASE_DIGEST:
        put_digest(w, out);
        seal = true;
        break;
    case PHASE_LAST_ZXID:
        buf_put_i64(out, tree_last_zxid(w->tree));
        seal = true;
        break;
    case PHASE_DONE:
        break;
    }
    if (seal) {
        w->phase = phase_after(w, phase);
    }
    *ret_seal = seal;
    return w->phase != PHASE_DONE;
}

void snapwrite_free(struct snapwrite *w)
{
    if (w == NULL) {
        return;
    }
    tree_walk_close(w->walk);
    buf_fini(&w->head);
    buf_fini(&w->path);
    mem_free(w);
}
