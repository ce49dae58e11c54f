// SPDX-License-Identifier: Apache-2.0
//
// Batches of the log.
#include "server/batch.h"

#include "base/assert.h"
#include "base/mark.h"
#include "base/mem.h"
#include "store/record.h"

enum { BATCH_KEPT_BYTES = 1024 * 1024 }; // larger buffers are given back when a batch is done

// ---- the log worker ----

static void batch_run(struct port_job *job)
{
    struct batch *b = CONTAINER_OF(job, struct batch, job);
    if (txnlog_is_broken(b->log)) { // since room was made: nobody else looks at that
        MARK("no batch behind a failed sync");
        b->err = store_fail(&b->error, ERR_IO,
                            "cannot sync the room made in the log; what reached the disk is "
                            "unknown, check the disk and start the server again");
        return;
    }
    record_seal(b->records.data, b->records.len);
    if (b->begins_file) {
        txnlog_roll(b->log);
    }
    b->err = txnlog_write(b->log, b->first_zxid, buf_slice(&b->records), &b->error);
    int64_t start_ns = clock_mono_ns(b->clock);
    if (b->err == ERR_OK) {
        b->err = txnlog_sync(b->log, &b->error);
    }
    b->sync_ns = clock_mono_ns(b->clock) - start_ns;
}

// ---- life cycle ----

struct batch *batch_new(struct port_clock *clock, void (*done)(struct port_job *job), void *owner)
{
    struct batch *b = mem_zalloc(sizeof(*b));
    b->job = (struct port_job){.run = batch_run, .done = done};
    b->clock = clock;
    b->owner = owner;
    list_init(&b->link);
    return b;
}

void batch_free(struct batch *b)
{
    if (b == NULL) {
        return;
    }
    list_remove(&b->link);
    buf_fini(&b->records);
    mem_free(b->items);
    mem_free(b);
}

void batch_clear(struct batch *b)
{
    b->count = 0;
    b->applied = 0;
    b->rest = slice_null();
    b->error.text[0] = '\0';
    if (b->records.cap > BATCH_KEPT_BYTES) {
        buf_fini(&b->records);
    }
    buf_clear(&b->records);
}

// ---- filling ----

static void add_pending(struct batch *b, int64_t zxid, const struct pending *p)
{
    ASSERT(b->count == 0 || zxid > b->last_zxid);
    if (b->count == 0) {
        b->first_zxid = zxid;
    }
    b->last_zxid = zxid;
    if (b->count == b->cap) {
        b->cap = b->cap == 0 ? 64 : 2 * b->cap;
        b->items = mem_realloc(b->items, b->cap * sizeof(*b->items));
    }
    b->items[b->count++] = *p;
}

void batch_add(struct batch *b, const struct txn *txn, const struct pending *p,
               struct slice *ret_body)
{
    size_t start = record_begin(&b->records);
    txn_encode(txn, &b->records);
    record_end(&b->records, start);
    add_pending(b, txn->header.zxid, p);
    if (ret_body != NULL) {
        size_t len = b->records.len - start - RECORD_FRAME_BYTES;
        *ret_body = slice_of(b->records.data + start + RECORD_HEAD_BYTES, len);
    }
}

void batch_add_bytes(struct batch *b, int64_t zxid, struct slice body, const struct pending *p)
{
    size_t start = record_begin(&b->records);
    buf_append_slice(&b->records, body);
    record_end(&b->records, start);
    add_pending(b, zxid, p);
}

void batch_submit(struct batch *b, struct port_worker *worker, struct txnlog *log, bool begins_file)
{
    ASSERT(b->count > 0);
    b->log = log;
    b->begins_file = begins_file;
    worker->submit(worker, &b->job);
}

// ---- applying ----

void batch_logged(struct batch *b)
{
    ASSERT(b->err == ERR_OK);
    b->rest = buf_slice(&b->records);
    b->applied = 0;
}

bool batch_next(const struct batch *b, int64_t limit, struct slice *ret_body,
                const struct pending **ret_pending)
{
    struct slice rest = b->rest;
    struct slice body;
    if (!record_next(&rest, &body) || record_zxid(body) > limit) {
        return false;
    }
    *ret_body = body;
    *ret_pending = &b->items[b->applied];
    return true;
}

void batch_advance(struct batch *b, struct slice body)
{
    b->rest = slice_skip(b->rest, RECORD_FRAME_BYTES + body.len);
    b->applied++;
    ASSERT(batch_is_applied(b) == (b->rest.len == 0));
}
