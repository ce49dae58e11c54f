// SPDX-License-Identifier: Apache-2.0
//
// Each write's end comes back in order (batch.h). Ends that are no success are looked into here,
// one by one, by waiting requests: they are rare, and the window is drained then anyway.
#include "cli/import_writer.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/insist.h"
#include "cli/node_order.h"

enum { COMPLAINTS_MAX = 20, FRAME_BYTES = 1000 * 1000 }; // servers refuse more than 1 MiB

struct import_writer {
    struct cli *cli;
    struct paddock *zk;
    struct progress *progress;
    struct batch *batch;
    struct import_counts counts;
    struct buf refused; // the path refused last; "" none
    struct buf changed; // the path changed last: data and ACL are two writes to one node
    bool is_plain;      // the server knows neither containers nor TTLs
};

// ---- refusals ----

static bool is_below_refused(const struct import_writer *w, const char *path)
{
    struct buf *refused = (struct buf *)(uintptr_t)&w->refused;
    return refused->len > 0 && node_is_within(path, buf_cstr(refused));
}

static bool may_complain(struct import_writer *w)
{
    w->counts.refused++;
    if (w->counts.refused > COMPLAINTS_MAX) {
        return false;
    }
    progress_end(w->progress);
    return true;
}

static void remember(struct import_writer *w, const char *path)
{
    buf_clear(&w->refused);
    buf_append_str(&w->refused, path);
}

void import_writer_refuse(struct import_writer *w, const char *path, bool is_missing,
                          const char *why)
{
    if (is_missing && is_below_refused(w, path)) {
        w->counts.below++;
        return;
    }
    if (is_missing) {
        remember(w, path);
    }
    if (may_complain(w)) {
        (void)cli_fail(w->cli, CLI_NO, "%s: %s", path, why);
    }
}

static void refuse(struct import_writer *w, const struct paddock_op *op, int code,
                   enum paddock_fate fate)
{
    if (op->type == PADDOCK_OP_CREATE) {
        if (is_below_refused(w, op->path)) {
            w->counts.below++;
            return;
        }
        remember(w, op->path);
    }
    if (!may_complain(w)) {
        return;
    }
    (void)cli_fail_code(w->cli, code, fate, op->path);
    if (code == PADDOCK_CONNECTION_LOSS && op->data.len > FRAME_BYTES) {
        (void)fprintf(w->cli->err,
                      "the data of %s has %zu bytes: the server's jute.maxbuffer may "
                      "be too small\n",
                      op->path, op->data.len);
    }
}

// ---- looking into failures ----

static bool same_acl(const struct paddock_op *op, const struct paddock_result *r)
{
    struct node want = {.acl = op->acl, .acl_count = op->acl_count};
    struct node have = {.acl = r->acl, .acl_count = r->acl_count};
    return op->acl_count == 0 || node_acl_equal(&want, &have);
}

// The server's node is as the write would have made it.
static bool is_as_wanted(struct import_writer *w, const struct paddock_op *op)
{
    struct paddock_op get = {.type = PADDOCK_OP_GET, .path = op->path};
    struct paddock_op get_acl = {.type = PADDOCK_OP_GET_ACL, .path = op->path};
    struct paddock_result *r = NULL;
    bool is_same = true;
    if (op->type != PADDOCK_OP_SET_ACL) {
        is_same = insist(w->zk, &get, &r) == PADDOCK_OK &&
                  slice_equal(slice_of(r->data.bytes, r->data.len),
                              slice_of(op->data.bytes, op->data.len)) &&
                  (op->type != PADDOCK_OP_CREATE || r->stat.ephemeral_owner == 0);
        paddock_result_free(r);
        r = NULL;
    }
    if (is_same && op->type != PADDOCK_OP_SET) {
        is_same = insist(w->zk, &get_acl, &r) == PADDOCK_OK && same_acl(op, r);
        paddock_result_free(r);
    }
    return is_same;
}

static bool is_special(const struct paddock_op *op)
{
    return op->mode == PADDOCK_CONTAINER || op->mode == PADDOCK_PERSISTENT_TTL;
}

// Once more, alone: its parent may be there by now, or the server cannot make its kind. It was not
// there a moment ago; when it is, the answer that said so was lost.
static void create_again(struct import_writer *w, const struct paddock_op *op, int code)
{
    struct paddock_op plain = *op;
    struct paddock_result *r = NULL;
    bool is_degraded = code == PADDOCK_UNIMPLEMENTED;
    if (is_degraded) {
        w->is_plain = true;
        plain.mode = PADDOCK_PERSISTENT;
        plain.ttl_ms = 0;
    }
    code = insist(w->zk, &plain, &r);
    enum paddock_fate fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
    paddock_result_free(r);
    if (code == PADDOCK_OK || (code == PADDOCK_NODE_EXISTS && is_as_wanted(w, op))) {
        w->counts.created++;
        w->counts.degraded += is_degraded ? 1 : 0;
    } else {
        refuse(w, op, code, fate);
    }
}

static void creation_failed(struct import_writer *w, const struct batch_end *end)
{
    const struct paddock_op *op = end->op;
    if (end->code == PADDOCK_NODE_EXISTS && is_as_wanted(w, op)) {
        *(end->is_repeat ? &w->counts.created : &w->counts.already) += 1;
    } else if ((end->code == PADDOCK_NO_NODE && !is_below_refused(w, op->path)) ||
               (end->code == PADDOCK_UNIMPLEMENTED && is_special(op))) {
        create_again(w, op, end->code);
    } else {
        refuse(w, op, end->code, end->fate);
    }
}

static void count_change(struct import_writer *w, const char *path)
{
    if (strcmp(buf_cstr(&w->changed), path) != 0) {
        w->counts.changed++;
        buf_clear(&w->changed);
        buf_append_str(&w->changed, path);
    }
}

static void change_failed(struct import_writer *w, const struct batch_end *end)
{
    if (end->code == PADDOCK_BAD_VERSION && is_as_wanted(w, end->op)) {
        count_change(w, end->op->path);
    } else {
        refuse(w, end->op, end->code, end->fate);
    }
}

static void ended(void *ctx, const struct batch_end *end)
{
    struct import_writer *w = ctx;
    bool is_deleted = end->op->type == PADDOCK_OP_DELETE;
    bool is_good = end->code == PADDOCK_OK || (is_deleted && end->code == PADDOCK_NO_NODE);
    if (end->op->type == PADDOCK_OP_CREATE) {
        if (is_good) {
            w->counts.created++;
        } else {
            creation_failed(w, end);
        }
    } else if (is_good && is_deleted) {
        w->counts.deleted++;
    } else if (is_good) {
        count_change(w, end->op->path);
    } else if (is_deleted) {
        refuse(w, end->op, end->code, end->fate);
    } else {
        change_failed(w, end);
    }
}

// ---- the writer ----

struct import_writer *import_writer_open(struct cli *c, struct paddock *zk,
                                         struct progress *progress)
{
    struct import_writer *w = mem_zalloc(sizeof(*w));
    const struct batch_options options = {.ended = ended, .ctx = w};
    w->cli = c;
    w->zk = zk;
    w->progress = progress;
    w->batch = batch_open(c, zk, &options);
    return w;
}

void import_writer_close(struct import_writer *w)
{
    if (w != NULL) {
        batch_close(w->batch);
        buf_fini(&w->refused);
        buf_fini(&w->changed);
        mem_free(w);
    }
}

int import_writer_create(struct import_writer *w, const char *path, const struct node *n,
                         bool wants_acl)
{
    if (is_below_refused(w, path)) {
        w->counts.below++;
        return CLI_DONE;
    }
    struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = path, .data = n->data};
    if (wants_acl && n->has_acl) {
        op.acl = n->acl;
        op.acl_count = n->acl_count;
    }
    if (n->kind == NODE_CONTAINER && !w->is_plain) {
        op.mode = PADDOCK_CONTAINER;
    } else if (n->kind == NODE_TTL && !w->is_plain) {
        op.mode = PADDOCK_PERSISTENT_TTL;
        op.ttl_ms = n->ttl_ms;
    } else if (n->kind != NODE_PERSISTENT) {
        w->counts.degraded++;
    }
    return batch_add(w->batch, &op);
}

int import_writer_set(struct import_writer *w, const char *path, const struct node *n,
                      int32_t version)
{
    struct paddock_op op = {.type = PADDOCK_OP_SET,
                            .path = path,
                            .data = n->data,
                            .is_versioned = true,
                            .version = version};
    return batch_add(w->batch, &op);
}

int import_writer_set_acl(struct import_writer *w, const char *path, const struct node *n,
                          int32_t aversion)
{
    struct paddock_op op = {.type = PADDOCK_OP_SET_ACL,
                            .path = path,
                            .acl = n->acl,
                            .acl_count = n->acl_count,
                            .is_acl_given = true,
                            .is_versioned = true,
                            .version = aversion};
    return batch_add(w->batch, &op);
}

int import_writer_delete(struct import_writer *w, const char *path)
{
    struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = path};
    return batch_add(w->batch, &op);
}

int import_writer_finish(struct import_writer *w)
{
    return batch_finish(w->batch);
}

const struct import_counts *import_writer_counts(const struct import_writer *w)
{
    return &w->counts;
}
