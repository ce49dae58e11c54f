// SPDX-License-Identifier: Apache-2.0
//
// Serializing a tree in slices.
//
//     SESSIONS --> ACLS --> HEAD --> NODES --> DIGEST --> LAST_ZXID --> DONE
//
// The counts of sessions and ACL lists stand in front of them, and both change while they are
// collected. So the first slices collect the head, piece by piece, before any of it goes out. Like
// everything else it is fuzzy: replaying the log adds and removes what came and went meanwhile.
#include "store/snapwrite.h"

#include "base/assert.h"
#include "base/mem.h"
#include "store/snapformat.h"

enum phase {
    PHASE_SESSIONS, // being collected
    PHASE_ACLS,     // the same
    PHASE_HEAD,     // what was collected goes out
    PHASE_NODES,
    PHASE_DIGEST,
    PHASE_LAST_ZXID,
    PHASE_DONE
};

enum { STEP_BYTES = 8 }; // what a step costs that gives nothing, measured in bytes of a slice

struct snapwrite {
    struct tree *tree;
    struct tree_walk *walk;
    struct snapwrite_options options;
    enum phase phase;
    struct buf *head; // header, sessions, ACL lists: a piece for each slice that collected
    size_t piece_count, pieces_sent;
    size_t count_piece, count_at; // where the number of elements being collected belongs
    int32_t count;
    struct buf path; // of the current node
};

// ---- collecting the head ----

static struct buf *last_piece(const struct snapwrite *w)
{
    return &w->head[w->piece_count - 1];
}

static void put_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct snapwrite *w = ctx;
    buf_put_i64(last_piece(w), session);
    buf_put_i32(last_piece(w), timeout_ms);
    w->count++;
}

static void put_acl(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    struct snapwrite *w = ctx;
    buf_put_i64(last_piece(w), acl_id);
    jute_acl_vec_encode(acl, last_piece(w));
    w->count++;
}

// Leave room for a count; fill it in when the elements are known.
static void begin_count(struct snapwrite *w)
{
    w->count_piece = w->piece_count - 1;
    w->count_at = last_piece(w)->len;
    w->count = 0;
    buf_put_i32(last_piece(w), 0);
}

static void end_count(struct snapwrite *w)
{
    be32_store(w->head[w->count_piece].data + w->count_at, (uint32_t)w->count);
}

static void add_piece(struct snapwrite *w)
{
    w->head = mem_realloc(w->head, (w->piece_count + 1) * sizeof(*w->head));
    buf_init(&w->head[w->piece_count++]);
}

// One more step of the walk through sessions or ACL lists.
static void collect_step(struct snapwrite *w)
{
    bool is_acls = w->phase == PHASE_ACLS;
    if (is_acls ? tree_walk_acls(w->walk, put_acl, w)
                : tree_walk_sessions(w->walk, put_session, w)) {
        return;
    }
    end_count(w);
    if (is_acls) {
        w->phase = PHASE_HEAD;
    } else {
        begin_count(w);
        w->phase = PHASE_ACLS;
    }
}

static void collect(struct snapwrite *w, size_t bytes_max)
{
    if (w->piece_count == 0) {
        add_piece(w);
        buf_put_i32(last_piece(w), SNAPFORMAT_MAGIC);
        buf_put_i32(last_piece(w), SNAPFORMAT_VERSION);
        buf_put_i64(last_piece(w), -1); // dbid
        begin_count(w);
    } else {
        add_piece(w);
    }
    for (size_t steps = 0; w->phase < PHASE_HEAD; steps++) {
        if (last_piece(w)->len + steps * STEP_BYTES >= bytes_max) {
            return;
        }
        collect_step(w);
    }
}

struct snapwrite *snapwrite_new(struct tree *t, const struct snapwrite_options *options)
{
    struct snapwrite *w = mem_zalloc(sizeof *w);
    w->tree = t;
    w->options = *options;
    w->walk = tree_walk_open(t);
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

static void slice_head(struct snapwrite *w, struct buf *out)
{
    struct buf *piece = &w->head[w->pieces_sent++];
    buf_append_slice(out, buf_slice(piece));
    buf_fini(piece);
    if (w->pieces_sent == w->piece_count) {
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
    case PHASE_SESSIONS:
    case PHASE_ACLS:
        collect(w, bytes_max);
        if (w->phase == PHASE_HEAD) {
            slice_head(w, out);
        }
        break;
    case PHASE_HEAD:
        slice_head(w, out);
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
    for (size_t i = w->pieces_sent; i < w->piece_count; i++) {
        buf_fini(&w->head[i]);
    }
    mem_free(w->head);
    buf_fini(&w->path);
    mem_free(w);
}
