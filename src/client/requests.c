// SPDX-License-Identifier: Apache-2.0
//
// The life of a request. Its memory goes when it has neither a place in the order of answers nor a
// delivery ahead.
#include "client/requests.h"

#include "base/assert.h"
#include "base/mem.h"
#include "client/credentials.h"
#include "client/removal.h"

void requests_init(struct requests *rs, size_t count_max, struct watchers *watchers,
                   struct slice chroot, struct list *deliveries)
{
    *rs = (struct requests){
        .count_max = count_max, .watchers = watchers, .chroot = chroot, .deliveries = deliveries};
    list_init(&rs->waiting);
    list_init(&rs->sent);
    list_init(&rs->sent_credentials);
}

void requests_fini(struct requests *rs)
{
    ASSERT(rs->count == 0);
    deadlines_fini(&rs->deadlines);
}

// ---- made and thrown away ----

int requests_new(struct requests *rs, size_t frame_size, size_t part_count, struct request **ret)
{
    if (rs->count >= rs->count_max) {
        return PADDOCK_QUEUE_FULL;
    }
    struct request *r = NULL;
    if (deadlines_try_room(&rs->deadlines)) {
        r = mem_try_alloc(sizeof(*r) + part_count + frame_size);
    }
    if (r == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    uint8_t *parts = (uint8_t *)(r + 1);
    *r = (struct request){.delivery = {.type = DELIVERY_RESULT},
                          .part_types = parts,
                          .part_count = part_count,
                          .frame = parts + part_count};
    list_init(&r->delivery.link);
    list_init(&r->queue);
    rs->count++;
    *ret = r;
    return PADDOCK_OK;
}

void requests_drop(struct requests *rs, struct request *r)
{
    watchers_drop(rs->watchers, r->watcher);
    credential_free(r->credential);
    mem_free(r->result);
    if (r->type == PADDOCK_OP_ADD_AUTH) {
        explicit_bzero(r->frame, r->frame_len);
    }
    mem_free(r);
    rs->count--;
}

int32_t requests_take_xid(struct requests *rs)
{
    rs->last_xid = rs->last_xid == INT32_MAX ? 1 : rs->last_xid + 1;
    return rs->last_xid;
}

void requests_add(struct requests *rs, struct request *r, int64_t deadline_ms)
{
    ASSERT(r->state == REQUEST_WAITING);
    r->deadline.due_ms = deadline_ms;
    deadlines_enter(&rs->deadlines, &r->deadline);
    list_push_back(&rs->waiting, &r->queue);
}

static struct request *of_queue(const struct list *head)
{
    return list_is_empty(head) ? NULL : CONTAINER_OF(head->next, struct request, queue);
}

void requests_sent(struct requests *rs, struct request *r, int64_t now_ms)
{
    ASSERT(r->state == REQUEST_WAITING && of_queue(&rs->waiting) == r);
    r->state = REQUEST_SENT;
    r->sent_ms = now_ms;
    list_remove(&r->queue);
    list_push_back(r->credential != NULL ? &rs->sent_credentials : &rs->sent, &r->queue);
}

struct request *requests_oldest(const struct requests *rs)
{
    return of_queue(&rs->sent);
}

struct request *requests_oldest_credential(const struct requests *rs)
{
    return of_queue(&rs->sent_credentials);
}

// ---- ended ----

static void free_if_gone(struct requests *rs, struct request *r)
{
    if (r->state == REQUEST_ENDED && list_is_empty(&r->delivery.link)) {
        requests_drop(rs, r);
    }
}

static void end(struct requests *rs, struct request *r, int code, enum paddock_fate fate)
{
    ASSERT(!r->has_ended);
    r->has_ended = true;
    r->code = r->removal.kinds != 0 ? removal_finish(rs, r, code) : code;
    if (r->result != NULL) {
        r->result->code = r->code;
    }
    r->fate = fate;
    deadlines_leave(&rs->deadlines, &r->deadline);
    list_push_back(rs->deliveries, &r->delivery.link);
}

static void leave_place(struct request *r)
{
    list_remove(&r->queue);
    r->state = REQUEST_ENDED;
}

void requests_answer(struct requests *rs, struct request *r, int code, enum paddock_fate fate,
                     struct paddock_result *result)
{
    ASSERT(r->state == REQUEST_SENT || r->state == REQUEST_OVERDUE);
    ASSERT(result == NULL || !r->has_ended);
    leave_place(r);
    if (!r->has_ended) {
        r->result = result;
        end(rs, r, code, fate);
    } else {
        free_if_gone(rs, r);
    }
}

void requests_expire(struct requests *rs, int64_t now_ms)
{
    struct deadline *first = deadlines_first(&rs->deadlines);
    while (first != NULL && first->due_ms <= now_ms) {
        struct request *r = CONTAINER_OF(first, struct request, deadline);
        if (r->state == REQUEST_WAITING && r->frame_written == 0) {
            leave_place(r);
            end(rs, r, PADDOCK_OPERATION_TIMEOUT, PADDOCK_NOT_SENT);
        } else {
            // Sent; or sent in part, and then the rest must follow.
            r->state = r->state == REQUEST_SENT ? REQUEST_OVERDUE : r->state;
            end(rs, r, PADDOCK_OPERATION_TIMEOUT, PADDOCK_UNKNOWN);
        }
        first = deadlines_first(&rs->deadlines);
    }
}

bool requests_next_deadline(const struct requests *rs, int64_t *ret_ms)
{
    const struct deadline *first = deadlines_first(&rs->deadlines);
    if (first != NULL) {
        *ret_ms = first->due_ms;
    }
    return first != NULL;
}

static void end_queue(struct requests *rs, struct list *queue, int code, enum paddock_fate fate)
{
    for (struct request *r = of_queue(queue); r != NULL; r = of_queue(queue)) {
        leave_place(r);
        if (!r->has_ended) {
            end(rs, r, code, fate);
        } else {
            free_if_gone(rs, r);
        }
    }
}

void requests_lose_sent(struct requests *rs, int code)
{
    end_queue(rs, &rs->sent_credentials, code, PADDOCK_UNKNOWN);
    end_queue(rs, &rs->sent, code, PADDOCK_UNKNOWN);
    struct request *partly = of_queue(&rs->waiting);
    if (partly != NULL && partly->frame_written > 0) {
        partly->frame_written = 0; // no server ever saw it whole: it begins again
        if (partly->has_ended) {
            leave_place(partly);
            free_if_gone(rs, partly);
        }
    }
}

void requests_fail_waiting(struct requests *rs, int code)
{
    end_queue(rs, &rs->waiting, code, PADDOCK_NOT_SENT);
}

void requests_delivered(struct requests *rs, struct request *r)
{
    list_remove(&r->delivery.link);
    free_if_gone(rs, r);
}
