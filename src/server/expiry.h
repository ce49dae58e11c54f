// SPDX-License-Identifier: Apache-2.0
//
// A queue of deadlines in buckets, for sessions and for idle connections. A deadline is rounded up
// to the next multiple of the interval, so touching an element within the same interval costs a
// comparison, and an element expires up to one interval late but never early.
//
//     deadline = ((now + timeout) / interval + 1) * interval
//
// The buckets form a wheel of EXPIRY_SLOTS lists; a deadline further away than one round shares its
// slot with nearer ones and is passed over until its time. Source: ExpiryQueue.
#ifndef PADDOCK_SERVER_EXPIRY_H
#define PADDOCK_SERVER_EXPIRY_H

#include <stdint.h>

#include "base/list.h"

enum { EXPIRY_SLOTS = 256 };

struct expiry_item { // embedded; zero it and expiry_item_init
    struct list link;
    int64_t deadline_ms; // a multiple of the interval; 0 while not queued
};

struct expiry {
    struct list slots[EXPIRY_SLOTS];
    int64_t interval_ms;
    int64_t next_ms; // deadline of the next bucket to be looked at
    uint64_t count;
};

void expiry_init(struct expiry *q, int64_t interval_ms, int64_t now_ms);
void expiry_item_init(struct expiry_item *item);

// Queue `item`, or move it, to `timeout_ms` from now.
void expiry_touch(struct expiry *q, struct expiry_item *item, int64_t now_ms, int64_t timeout_ms);
void expiry_remove(struct expiry *q, struct expiry_item *item); // legal when not queued

// Move every deadline by `by_ms`, rounded up to the interval: a time in which nobody could be heard
// is not counted. Costs a step for each element.
void expiry_postpone(struct expiry *q, int64_t by_ms);

// Take out one element whose deadline has come, or NULL. Call until NULL.
struct expiry_item *expiry_take_due(struct expiry *q, int64_t now_ms);

// Milliseconds until the next bucket is due; at least 1.
int64_t expiry_wait_ms(const struct expiry *q, int64_t now_ms);

// Every queued element, in no stated order.
void expiry_each(const struct expiry *q, void (*each)(void *ctx, const struct expiry_item *item),
                 void *ctx);

#endif
