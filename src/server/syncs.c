// SPDX-License-Identifier: Apache-2.0
//
// The queue of waiting syncs.
#include "server/syncs.h"

#include "base/assert.h"
#include "base/mem.h"

struct sync {
    struct sync *next;
    struct request request; // its body lies behind
    uint64_t order;
    int64_t barrier;
    uint8_t body[];
};

void syncs_init(struct syncs *q)
{
    *q = (struct syncs){0};
}

bool syncs_add(struct syncs *q, const struct request *request, uint64_t order, int64_t barrier)
{
    ASSERT(q->last == NULL || order > q->last->order);
    struct sync *sync = mem_try_alloc(sizeof(*sync) + request->body.len);
    if (sync == NULL) {
        return false;
    }
    *sync = (struct sync){.request = *request, .order = order, .barrier = barrier};
    if (request->body.len > 0) {
        memcpy(sync->body, request->body.data, request->body.len);
    }
    sync->request.body = slice_of(sync->body, request->body.len);
    if (q->last != NULL) {
        q->last->next = sync;
    } else {
        q->first = sync;
    }
    q->last = sync;
    if (q->waiting == NULL) {
        q->waiting = sync;
    }
    return true;
}

void syncs_confirm_next(struct syncs *q, int64_t barrier)
{
    if (q->count_passed > 0) {
        q->count_passed--;
    } else if (q->waiting != NULL) {
        q->waiting->barrier = barrier;
        q->waiting = q->waiting->next;
    }
}

void syncs_confirm(struct syncs *q, uint64_t order)
{
    while (q->waiting != NULL && q->waiting->order <= order) {
        q->waiting = q->waiting->next;
    }
}

struct sync *syncs_take(struct syncs *q)
{
    struct sync *sync = q->first;
    if (sync == NULL) {
        return NULL;
    }
    if (q->waiting == sync) {
        q->waiting = sync->next;
        q->count_passed++;
    }
    q->first = sync->next;
    if (q->first == NULL) {
        q->last = NULL;
    }
    return sync;
}

struct sync *syncs_take_due(struct syncs *q, int64_t applied)
{
    bool is_due = q->first != NULL && q->first != q->waiting && q->first->barrier <= applied;
    return is_due ? syncs_take(q) : NULL;
}

struct sync *syncs_take_below(struct syncs *q, int64_t zxid)
{
    return q->first != NULL && q->first->barrier < zxid ? syncs_take(q) : NULL;
}

struct sync *syncs_take_before(struct syncs *q, uint64_t order)
{
    return q->first != NULL && q->first->order < order ? syncs_take(q) : NULL;
}

const struct request *sync_request(const struct sync *sync)
{
    return &sync->request;
}

void sync_free(struct sync *sync)
{
    mem_free(sync);
}
