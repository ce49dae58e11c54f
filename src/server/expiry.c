// SPDX-License-Identifier: Apache-2.0
//
// The wheel of deadlines.
#include "server/expiry.h"

#include "base/assert.h"

static struct list *slot_of(struct expiry *q, int64_t deadline_ms)
{
    return &q->slots[(uint64_t)(deadline_ms / q->interval_ms) % EXPIRY_SLOTS];
}

static int64_t round_up(const struct expiry *q, int64_t ms)
{
    return (ms / q->interval_ms + 1) * q->interval_ms;
}

void expiry_init(struct expiry *q, int64_t interval_ms, int64_t now_ms)
{
    ASSERT(interval_ms > 0);
    for (size_t i = 0; i < EXPIRY_SLOTS; i++) {
        list_init(&q->slots[i]);
    }
    q->interval_ms = interval_ms;
    q->next_ms = round_up(q, now_ms);
    q->count = 0;
}

void expiry_item_init(struct expiry_item *item)
{
    list_init(&item->link);
    item->deadline_ms = 0;
}

void expiry_touch(struct expiry *q, struct expiry_item *item, int64_t now_ms, int64_t timeout_ms)
{
    int64_t deadline_ms = round_up(q, now_ms + timeout_ms);
    if (deadline_ms == item->deadline_ms) {
        return;
    }
    if (item->deadline_ms == 0) {
        q->count++;
    }
    list_remove(&item->link);
    item->deadline_ms = deadline_ms;
    list_push_back(slot_of(q, deadline_ms), &item->link);
}

void expiry_remove(struct expiry *q, struct expiry_item *item)
{
    if (item->deadline_ms == 0) {
        return;
    }
    list_remove(&item->link);
    item->deadline_ms = 0;
    ASSERT(q->count > 0);
    q->count--;
}

void expiry_postpone(struct expiry *q, int64_t by_ms)
{
    struct list all;
    ASSERT(by_ms >= 0);
    list_init(&all);
    for (size_t i = 0; i < EXPIRY_SLOTS; i++) {
        LIST_FOREACH_SAFE (it, tmp, &q->slots[i]) {
            list_remove(it);
            list_push_back(&all, it);
        }
    }
    LIST_FOREACH_SAFE (it, tmp, &all) {
        struct expiry_item *item = CONTAINER_OF(it, struct expiry_item, link);
        item->deadline_ms += (by_ms + q->interval_ms - 1) / q->interval_ms * q->interval_ms;
        list_remove(it);
        list_push_back(slot_of(q, item->deadline_ms), it);
    }
}

static struct expiry_item *find_due(struct expiry *q, struct list *slot)
{
    LIST_FOREACH (it, slot) {
        struct expiry_item *item = CONTAINER_OF(it, struct expiry_item, link);
        if (item->deadline_ms <= q->next_ms) {
            return item;
        }
    }
    return NULL;
}

struct expiry_item *expiry_take_due(struct expiry *q, int64_t now_ms)
{
    while (q->next_ms <= now_ms) {
        struct expiry_item *item = find_due(q, slot_of(q, q->next_ms));
        if (item != NULL) {
            expiry_remove(q, item);
            return item;
        }
        q->next_ms += q->interval_ms;
    }
    return NULL;
}

int64_t expiry_wait_ms(const struct expiry *q, int64_t now_ms)
{
    return q->next_ms > now_ms ? q->next_ms - now_ms : 1;
}

void expiry_each(const struct expiry *q, void (*each)(void *ctx, const struct expiry_item *item),
                 void *ctx)
{
    for (size_t i = 0; i < EXPIRY_SLOTS; i++) {
        LIST_FOREACH (it, &q->slots[i]) {
            each(ctx, CONTAINER_OF(it, struct expiry_item, link));
        }
    }
}
