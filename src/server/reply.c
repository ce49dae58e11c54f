// SPDX-License-Identifier: Apache-2.0
//
// Packets to clients: replies, watch events. Each is appended to the connection's output with its
// length in front; nothing is sent here. Source: NIOServerCnxn.sendResponse.
#include "base/assert.h"
#include "jute/op.h"
#include "server/account.h"
#include "server/server_priv.h"

enum { LENGTH_BYTES = 4, REPLY_HEADER_BYTES = 16, STATE_SYNC_CONNECTED = 3 };

struct buf *reply_begin(struct conn *c, int32_t xid, int64_t zxid, enum zk_code code,
                        size_t *ret_start)
{
    struct buf *out = conn_out(c);
    *ret_start = out->len;
    uint8_t *p = buf_reserve(out, LENGTH_BYTES + REPLY_HEADER_BYTES);
    be32_store(p + 4, (uint32_t)xid);
    be64_store(p + 8, (uint64_t)zxid);
    be32_store(p + 16, (uint32_t)code);
    out->len += LENGTH_BYTES + REPLY_HEADER_BYTES;
    return out;
}

void reply_end(struct conn *c, size_t start)
{
    struct buf *out = &c->out;
    be32_store(out->data + start, (uint32_t)(out->len - start - LENGTH_BYTES));
    struct stats *stats = c->server->stats;
    size_t bytes = out->len - start - LENGTH_BYTES;
    if ((int32_t)be32_load(out->data + start + LENGTH_BYTES) == XID_NOTIFICATION) {
        stats_count(stats, STATS_WATCH_BYTES, bytes);
    } else if (c->state != CONN_CONNECTING) { // the answer to a connect request is no response
        stats_response(stats, (int64_t)bytes);
    }
    stats_packet_sent(stats);
    c->stats.sent++;
}

void reply_set_error(struct conn *c, size_t start, enum zk_code code)
{
    struct buf *out = &c->out;
    out->len = start + LENGTH_BYTES + REPLY_HEADER_BYTES;
    be32_store(out->data + start + 16, (uint32_t)code);
}

void reply_code(struct conn *c, int32_t xid, int64_t zxid, enum zk_code code)
{
    size_t start;
    reply_begin(c, xid, zxid, code, &start);
    reply_end(c, start);
}

// ---- events ----

void reply_event(struct conn *c, enum watch_event event, int64_t zxid, struct slice path)
{
    size_t start;
    struct buf *out = reply_begin(c, XID_NOTIFICATION, zxid, ZK_OK, &start);
    const struct jute_watcher_event e = {
        .type = (int32_t)event,
        .state = STATE_SYNC_CONNECTED,
        .path = path,
    };
    jute_watcher_event_encode(&e, out);
    reply_end(c, start);
}

static bool may_hear(struct server *s, const struct conn *c, const struct watch_fired *f)
{
    const struct jute_acl_vec *acl = tree_acl(s->tree, f->acl_id);
    return acl_check(&s->auth, acl, PERM_READ, &c->ids) == ZK_OK;
}

void reply_fired(struct server *s)
{
    size_t count;
    const struct watch_fired *fired = watches_fired(s->watches, &count);
    if (count == 0) {
        return;
    }
    account_fired(s->stats, fired, count);
    for (size_t i = 0; i < count; i++) {
        if (fired[i].watcher == NULL) {
            continue; // closed since
        }
        struct conn *c = CONTAINER_OF(fired[i].watcher, struct conn, watcher);
        if (c->state == CONN_OPEN && may_hear(s, c, &fired[i])) {
            reply_event(c, fired[i].event, fired[i].zxid, fired[i].path);
        }
    }
    watches_clear_fired(s->watches);
}

// ---- answers to writes ----

static void encode_part(const struct txn_op *op, const struct tree_result *r, struct buf *out)
{
    switch (op->type) {
    case OP_CREATE:
        multi_entry_begin(OP_CREATE, out);
        jute_str_encode(r->path, out);
        return;
    case OP_CREATE2:
    case OP_CREATE_TTL:
    case OP_CREATE_CONTAINER: {
        multi_entry_begin(OP_CREATE2, out);
        const struct jute_create2_response body = {.path = r->path, .stat = r->stat};
        jute_create2_response_encode(&body, out);
        return;
    }
    case OP_SET_DATA:
        multi_entry_begin(OP_SET_DATA, out);
        jute_stat_encode(&r->stat, out);
        return;
    case OP_DELETE:
    case OP_CHECK:
        multi_entry_begin(op->type, out);
        return;
    }
    ASSERT(false && "prep makes no other parts");
}

static bool has_error_part(const struct txn *txn)
{
    for (int32_t i = 0; i < txn->op_count; i++) {
        if (txn->ops[i].type == OP_ERROR) {
            return true;
        }
    }
    return false;
}

// A failed multi: parts before the failing one show 0, it shows its code, the rest -2.
static void encode_multi(const struct txn *txn, const struct tree_outcome *o, struct buf *out)
{
    bool has_failed = has_error_part(txn);
    for (int32_t i = 0; i < txn->op_count; i++) {
        const struct txn_op *op = &txn->ops[i];
        if (has_failed) {
            multi_entry_error(op->type == OP_ERROR ? op->error.err : ZK_OK, out);
        } else {
            encode_part(op, &o->results[i], out);
        }
    }
    multi_end(out);
}

static void encode_body(const struct txn *txn, const struct tree_outcome *o, struct buf *out)
{
    const struct tree_result *r = &o->result;
    switch (txn->header.type) {
    case OP_CREATE:
        jute_str_encode(r->path, out);
        return;
    case OP_CREATE2:
    case OP_CREATE_TTL:
    case OP_CREATE_CONTAINER: {
        const struct jute_create2_response body = {.path = r->path, .stat = r->stat};
        jute_create2_response_encode(&body, out);
        return;
    }
    case OP_SET_DATA:
    case OP_SET_ACL:
        jute_stat_encode(&r->stat, out);
        return;
    case OP_RECONFIG: {
        const struct jute_get_data_response body = {.data = txn->op.set_data.data, .stat = r->stat};
        jute_get_data_response_encode(&body, out);
        return;
    }
    case OP_MULTI:
        encode_multi(txn, o, out);
        return;
    }
}

void reply_write(struct server *s, const struct request *request, enum zk_code code,
                 const struct txn *txn, const struct tree_outcome *outcome)
{
    struct conn *c = request->conn;
    int64_t zxid = tree_last_zxid(s->tree);
    size_t start;
    struct buf *out = reply_begin(c, request->xid, zxid, code, &start);
    if (code == ZK_OK) {
        encode_body(txn, outcome, out);
    }
    reply_end(c, start);
    conn_replied(c, request, zxid, code == ZK_OK ? op_last_name(request->type) : "NA");
    if (request->type == OP_CLOSE_SESSION) {
        conn_close_flushed(c, "session closed by client");
    }
}
