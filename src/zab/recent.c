// SPDX-License-Identifier: Apache-2.0
//
// A ring of copies. Zxids of one epoch are consecutive, so the place of a zxid is nearly always its
// distance from the newest one; only a search across epochs has to halve.
#include "zab/recent.h"

#include "base/assert.h"
#include "base/mem.h"

enum { CAP_MIN = 64 };

void recent_init(struct recent *h, size_t count_max, size_t bytes_max)
{
    *h = (struct recent){.count_max = count_max, .bytes_max = bytes_max, .keep_after = INT64_MAX};
}

static struct recent_entry *at(const struct recent *h, size_t index)
{
    return &h->ring[(h->first + index) & (h->cap - 1)];
}

static void check_invariants(const struct recent *h)
{
    ASSERT(h->floor <= h->last);
    ASSERT(h->committed <= h->last);
    ASSERT(h->committed_count <= h->count);
    ASSERT(h->committed_bytes <= h->bytes);
}

static void drop_oldest(struct recent *h)
{
    struct recent_entry *e = at(h, 0);
    h->floor = e->zxid;
    h->bytes -= e->txn.len;
    if (h->committed_count > 0) {
        h->committed_count--;
        h->committed_bytes -= e->txn.len;
    }
    mem_free((void *)(uintptr_t)e->txn.data);
    h->first = (h->first + 1) & (h->cap - 1);
    h->count--;
}

void recent_fini(struct recent *h)
{
    while (h->count > 0) {
        drop_oldest(h);
    }
    mem_free(h->ring);
    *h = (struct recent){0};
}

void recent_reset(struct recent *h, int64_t zxid)
{
    while (h->count > 0) {
        drop_oldest(h);
    }
    h->floor = zxid;
    h->last = zxid;
    h->committed = zxid;
}

bool recent_is_next(int64_t before, int64_t zxid)
{
    return zxid == before + 1 || (zxid >> 32 > before >> 32 && (uint32_t)zxid == 1);
}

static void apply_limits(struct recent *h)
{
    while (h->committed_count > 0 &&
           (h->committed_count > h->count_max || h->committed_bytes > h->bytes_max) &&
           at(h, 0)->zxid <= h->keep_after) {
        drop_oldest(h);
    }
}

static void grow(struct recent *h)
{
    size_t cap = h->cap == 0 ? CAP_MIN : 2 * h->cap;
    struct recent_entry *ring = mem_alloc(cap * sizeof(*ring));
    for (size_t i = 0; i < h->count; i++) {
        ring[i] = *at(h, i);
    }
    mem_free(h->ring);
    h->ring = ring;
    h->first = 0;
    h->cap = cap;
}

void recent_add(struct recent *h, int64_t zxid, struct slice txn)
{
    ASSERT(zxid > h->last);
    apply_limits(h);
    if (h->count == h->cap) {
        grow(h);
    }
    uint8_t *copy = mem_alloc(txn.len);
    if (txn.len > 0) {
        memcpy(copy, txn.data, txn.len);
    }
    *at(h, h->count) = (struct recent_entry){.zxid = zxid, .txn = slice_of(copy, txn.len)};
    h->count++;
    h->bytes += txn.len;
    h->last = zxid;
    check_invariants(h);
}

void recent_remember(struct recent *h, int64_t zxid, struct slice txn)
{
    if (h->count == 0 || !recent_is_next(h->last, zxid)) {
        recent_reset(h, zxid - 1);
    }
    recent_add(h, zxid, txn);
    recent_commit(h, zxid);
}

void recent_commit(struct recent *h, int64_t zxid)
{
    ASSERT(zxid <= h->last);
    if (zxid <= h->committed) {
        return;
    }
    while (h->committed_count < h->count && at(h, h->committed_count)->zxid <= zxid) {
        h->committed_bytes += at(h, h->committed_count)->txn.len;
        h->committed_count++;
    }
    h->committed = zxid;
    check_invariants(h);
}

static void drop_newest(struct recent *h)
{
    struct recent_entry *e = at(h, h->count - 1);
    if (h->committed_count == h->count) {
        h->committed_count--;
        h->committed_bytes -= e->txn.len;
    }
    h->bytes -= e->txn.len;
    mem_free((void *)(uintptr_t)e->txn.data);
    h->count--;
}

void recent_truncate(struct recent *h, int64_t zxid)
{
    while (h->count > 0 && at(h, h->count - 1)->zxid > zxid) {
        drop_newest(h);
    }
    h->last = zxid < h->last ? zxid : h->last;
    h->committed = zxid < h->committed ? zxid : h->committed;
    h->floor = zxid < h->floor ? zxid : h->floor;
    check_invariants(h);
}

void recent_begin_epoch(struct recent *h, int64_t zxid)
{
    ASSERT(zxid >= h->last);
    recent_commit(h, h->last);
    h->last = zxid;
    h->committed = zxid;
    check_invariants(h);
}

int64_t recent_min(const struct recent *h)
{
    return h->committed_count > 0 ? at(h, 0)->zxid : h->committed;
}

int64_t recent_max_committed(const struct recent *h)
{
    return h->committed_count > 0 ? at(h, h->committed_count - 1)->zxid : h->committed;
}

// How many entries have a zxid at or below `zxid`.
static size_t count_up_to(const struct recent *h, int64_t zxid)
{
    if (zxid >= h->last) {
        return h->count;
    }
    uint64_t distance = (uint64_t)h->last - (uint64_t)zxid;
    if (distance <= h->count) {
        size_t guess = h->count - (size_t)distance;
        if (at(h, guess)->zxid == zxid + 1 && (guess == 0 || at(h, guess - 1)->zxid <= zxid)) {
            return guess;
        }
    }
    size_t low = 0;
    size_t high = h->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at(h, middle)->zxid <= zxid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct recent_entry *recent_after(const struct recent *h, int64_t zxid)
{
    size_t index = count_up_to(h, zxid);
    return index < h->count ? at(h, index) : NULL;
}

const struct recent_entry *recent_at_or_before(const struct recent *h, int64_t zxid)
{
    size_t index = count_up_to(h, zxid);
    return index > 0 ? at(h, index - 1) : NULL;
}
