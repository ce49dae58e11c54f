// SPDX-License-Identifier: Apache-2.0
//
// Requests of the program: queued with a callback, or waited for.
#include "base/mem.h"
#include "client/decode.h"
#include "client/handle.h"

static int64_t deadline_of(const struct paddock *zk, const struct paddock_op *op)
{
    int timeout_ms = op->timeout_ms > 0           ? op->timeout_ms
                     : zk->request_timeout_ms > 0 ? zk->request_timeout_ms
                                                  : zk->session.timeout_ms;
    return handle_now(zk) + timeout_ms;
}

int paddock_submit(struct paddock *zk, const struct paddock_op *op, paddock_done_fn *done,
                   void *ctx)
{
    struct port_pump *pump = zk->ports->pump;
    pump->lock(pump);
    struct request *r;
    int code = session_submit(&zk->session, op, deadline_of(zk, op), &r);
    if (code == PADDOCK_OK) {
        r->done = done;
        r->ctx = ctx;
        handle_kick(zk);
    }
    pump->unlock(pump);
    return code;
}

// The handle's thread may be busy in a callback for longer than this request can wait: its caller
// ends it then and takes the result out of the queue.
static void take_overdue(struct paddock *zk, struct request *r, struct waiter *w)
{
    requests_expire(&zk->session.requests, handle_now(zk));
    handle_kick(zk); // others may have ended, too
    if (r->has_ended) {
        handle_tell_waiter(w, r);
        requests_delivered(&zk->session.requests, r);
    }
}

static void wait_for(struct paddock *zk, struct request *r, struct waiter *w, int64_t deadline_ms)
{
    while (!w->is_done) {
        handle_wait(zk, deadline_ms);
        if (!w->is_done && handle_now(zk) >= deadline_ms) {
            take_overdue(zk, r, w);
        }
    }
}

int paddock_call(struct paddock *zk, const struct paddock_op *op, struct paddock_result **ret)
{
    if (ret != NULL) {
        *ret = NULL;
    }
    if (handle_is_in_callback(zk)) {
        return PADDOCK_WOULD_DEADLOCK;
    }
    struct port_pump *pump = zk->ports->pump;
    struct waiter w = {0};
    pump->lock(pump);
    int64_t deadline_ms = deadline_of(zk, op);
    struct request *r;
    int code = session_submit(&zk->session, op, deadline_ms, &r);
    if (code == PADDOCK_OK) {
        r->waiter = &w;
        handle_kick(zk);
        wait_for(zk, r, &w, deadline_ms);
        code = w.code;
    }
    pump->unlock(pump);
    if (w.is_done && w.result == NULL && ret != NULL) {
        w.result = decode_failure(w.code, w.fate, w.zxid);
    }
    if (ret != NULL) {
        *ret = w.result;
    } else {
        mem_free(w.result);
    }
    return code;
}

void paddock_result_free(struct paddock_result *result)
{
    mem_free(result);
}

// ---- the most frequent forms ----

static int call_for_stat(struct paddock *zk, const struct paddock_op *op, struct paddock_stat *ret)
{
    struct paddock_result *r;
    int code = paddock_call(zk, op, &r);
    if (code == PADDOCK_OK && ret != NULL) {
        *ret = r->stat; // an answer OK has a result
    }
    paddock_result_free(r);
    return code;
}

int paddock_create(struct paddock *zk, const char *path, struct paddock_bytes data,
                   enum paddock_mode mode, struct paddock_result **ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = path, .data = data, .mode = mode};
    return paddock_call(zk, &op, ret);
}

int paddock_delete(struct paddock *zk, const char *path, int32_t version)
{
    struct paddock_op op = {
        .type = PADDOCK_OP_DELETE, .path = path, .is_versioned = version != -1, .version = version};
    return paddock_call(zk, &op, NULL);
}

int paddock_exists(struct paddock *zk, const char *path, struct paddock_stat *ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_EXISTS, .path = path};
    return call_for_stat(zk, &op, ret);
}

int paddock_get(struct paddock *zk, const char *path, struct paddock_result **ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = path};
    return paddock_call(zk, &op, ret);
}

int paddock_set(struct paddock *zk, const char *path, struct paddock_bytes data, int32_t version,
                struct paddock_stat *ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_SET,
                            .path = path,
                            .data = data,
                            .is_versioned = version != -1,
                            .version = version};
    return call_for_stat(zk, &op, ret);
}

int paddock_children(struct paddock *zk, const char *path, struct paddock_result **ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET_CHILDREN, .path = path};
    return paddock_call(zk, &op, ret);
}

int paddock_sync(struct paddock *zk, const char *path)
{
    struct paddock_op op = {.type = PADDOCK_OP_SYNC, .path = path};
    return paddock_call(zk, &op, NULL);
}

int paddock_multi(struct paddock *zk, const struct paddock_op *parts, size_t part_count,
                  struct paddock_result **ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_MULTI, .parts = parts, .part_count = part_count};
    return paddock_call(zk, &op, ret);
}

int paddock_add_auth(struct paddock *zk, const char *scheme, struct paddock_bytes credential)
{
    struct paddock_op op = {.type = PADDOCK_OP_ADD_AUTH, .scheme = scheme, .data = credential};
    return paddock_call(zk, &op, NULL);
}
