// SPDX-License-Identifier: Apache-2.0
//
// From an operation to a queued request: everything that may be refused or run out of memory does
// so here, before the request exists for anybody else.
#include "client/encode.h"
#include "client/removal.h"
#include "client/session_priv.h"
#include "jute/op.h"

// The watch that the answer may register.
static int attach_watcher(struct session *s, struct request *r, const struct paddock_op *op,
                          struct slice path)
{
    switch (op->type) {
    case PADDOCK_OP_EXISTS:
    case PADDOCK_OP_GET:
    case PADDOCK_OP_GET_CONFIG:
        r->watcher_kind = WATCHER_DATA;
        break;
    case PADDOCK_OP_GET_CHILDREN:
        r->watcher_kind = WATCHER_CHILD;
        break;
    case PADDOCK_OP_ADD_WATCH:
        r->watcher_kind = op->is_recursive ? WATCHER_RECURSIVE : WATCHER_PERSISTENT;
        break;
    case PADDOCK_OP_CREATE:
    case PADDOCK_OP_DELETE:
    case PADDOCK_OP_SET:
    case PADDOCK_OP_GET_ACL:
    case PADDOCK_OP_SET_ACL:
    case PADDOCK_OP_SYNC:
    case PADDOCK_OP_CHECK:
    case PADDOCK_OP_MULTI:
    case PADDOCK_OP_MULTI_READ:
    case PADDOCK_OP_GET_EPHEMERALS:
    case PADDOCK_OP_COUNT_CHILDREN:
    case PADDOCK_OP_REMOVE_WATCHES:
    case PADDOCK_OP_RECONFIG:
    case PADDOCK_OP_WHO_AM_I:
    case PADDOCK_OP_ADD_AUTH:
        return PADDOCK_OK;
    }
    if (op->watch.fn == NULL && op->type != PADDOCK_OP_ADD_WATCH) {
        return PADDOCK_OK;
    }
    r->watcher = watchers_new(&s->watchers, path, op->watch);
    return r->watcher != NULL ? PADDOCK_OK : PADDOCK_NO_MEMORY;
}

// The server keeps its watch while others here may need it: then it is only asked whether it has
// one. Source: ZooKeeper.removeWatches, which never removes the server's for one watcher.
static void attach_removal(const struct session *s, struct request *r, const struct paddock_op *op,
                           struct prepared *p)
{
    r->removal = (struct removal){
        .kinds = removal_kinds(op->watch_kind), .watch = op->watch, .is_local = op->is_local};
    if (op->watch.fn != NULL && watchers_has_others(&s->watchers, p->path, op->watch)) {
        p->type = OP_CHECK_WATCHES;
    }
}

static int attach_credential(struct request *r)
{
    r->credential = credential_new(slice_of(r->frame, r->frame_len));
    return r->credential != NULL ? PADDOCK_OK : PADDOCK_NO_MEMORY;
}

static void note_parts(struct request *r, const struct paddock_op *op)
{
    uint8_t *types = (uint8_t *)(r + 1); // where requests_new put them
    for (size_t i = 0; i < r->part_count; i++) {
        types[i] = (uint8_t)op->parts[i].type;
    }
}

// Fill a request of the right size.
static int fill(struct session *s, struct request *r, const struct paddock_op *op,
                struct prepared *p)
{
    r->type = op->type;
    note_parts(r, op);
    if (op->type == PADDOCK_OP_REMOVE_WATCHES) {
        attach_removal(s, r, op, p);
    }
    bool is_auth = op->type == PADDOCK_OP_ADD_AUTH;
    r->xid = is_auth ? XID_AUTH : requests_take_xid(&s->requests);
    r->frame_len = p->frame_bytes;
    encode_frame(p, r->xid, r->frame);
    if (r->removal.kinds != 0) { // the path is the first field: behind length, header and length
        r->path = slice_of(r->frame + 16, p->path.len);
    }
    return is_auth ? attach_credential(r) : attach_watcher(s, r, op, p->path);
}

int session_submit(struct session *s, const struct paddock_op *op, int64_t deadline_ms,
                   struct request **ret)
{
    if (s->phase == SESSION_ENDED || s->wants_close) {
        return s->wants_close ? PADDOCK_CLOSED : s->end_code;
    }
    struct prepared p;
    arena_reset(&s->arena);
    int code = encode_prepare(op, s->chroot, &s->arena, &p);
    if (code != PADDOCK_OK) {
        return code;
    }
    bool has_parts = op->type == PADDOCK_OP_MULTI || op->type == PADDOCK_OP_MULTI_READ;
    struct request *r;
    code = requests_new(&s->requests, p.frame_bytes, has_parts ? op->part_count : 0, &r);
    if (code != PADDOCK_OK) {
        return code;
    }
    code = fill(s, r, op, &p);
    if (code != PADDOCK_OK) {
        requests_drop(&s->requests, r);
        return code;
    }
    requests_add(&s->requests, r, deadline_ms);
    *ret = r;
    return PADDOCK_OK;
}
