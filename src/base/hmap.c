// SPDX-License-Identifier: Apache-2.0
//
// Linear hashing (Litwin 1980). With n buckets and 2^k < n <= 2^(k+1), a hash names bucket
// h mod 2^(k+1) when that exists, else h mod 2^k. Adding bucket n moves to it the part of bucket
// n - 2^k that the longer modulus sends there, and touches nothing else:
//
//     n = 5:  0 1 2 3 | 4          hash 6 = 110: bucket 6 is not there yet, so 6 mod 4 = 2
//     n = 7:  0 1 2 3 | 4 5 6      hash 6 moved out of bucket 2 when bucket 6 came
//
// Buckets lie in segments of fixed size behind a directory, so growing copies nothing but,
// rarely, the directory: 8 bytes per 512 buckets.
#include "base/hmap.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

enum {
    SEGMENT_BITS = 9,
    SEGMENT_BUCKETS = 1 << SEGMENT_BITS,
    BUCKETS_FIRST = 16,
    DIRECTORY_FIRST = 8,
    SPLITS_AHEAD = 4,
};
static const size_t buckets_max = (size_t)1 << 32; // hashes have 32 bits

void hmap_init(struct hmap *m)
{
    *m = (struct hmap){0};
}

static size_t segment_count(const struct hmap *m)
{
    return (m->bucket_count + SEGMENT_BUCKETS - 1) >> SEGMENT_BITS;
}

void hmap_fini(struct hmap *m)
{
    for (size_t i = 0; i < segment_count(m); i++) {
        mem_free(m->segments[i]);
    }
    mem_free(m->segments);
    *m = (struct hmap){0};
}

static struct hmap_link **bucket_at(const struct hmap *m, size_t index)
{
    return &m->segments[index >> SEGMENT_BITS][index & (SEGMENT_BUCKETS - 1)];
}

// 2^k of the description above: the largest power of two below `bucket_count`, which is > 1.
static size_t low_level(const struct hmap *m)
{
    return (size_t)1 << (63 - __builtin_clzll(m->bucket_count - 1));
}

static size_t bucket_index(const struct hmap *m, uint32_t hash)
{
    size_t low = low_level(m);
    size_t index = hash & (low * 2 - 1);
    return index < m->bucket_count ? index : index & (low - 1);
}

static void add_segment(struct hmap *m)
{
    size_t count = segment_count(m);
    if (count == m->segment_cap) {
        m->segment_cap = count > 0 ? count * 2 : DIRECTORY_FIRST;
        m->segments = mem_realloc(m->segments, m->segment_cap * sizeof(*m->segments));
    }
    m->segments[count] = mem_zalloc(SEGMENT_BUCKETS * sizeof(*m->segments[count]));
}

void hmap_reserve(struct hmap *m, size_t count)
{
    ASSERT(m->count == 0 && count <= buckets_max);
    if (m->bucket_count == 0) {
        add_segment(m);
        m->bucket_count = BUCKETS_FIRST;
    }
    while (m->bucket_count < count) {
        if ((m->bucket_count & (SEGMENT_BUCKETS - 1)) == 0) {
            add_segment(m);
        }
        m->bucket_count++;
    }
}

// The bucket that bucket `added` takes a part of: `added` without its highest bit.
static size_t split_source(size_t added)
{
    return added - ((size_t)1 << (63 - __builtin_clzll(added)));
}

// Add one bucket and move to it what the longer modulus sends there.
static void split_one(struct hmap *m)
{
    size_t added = m->bucket_count;
    if ((added & (SEGMENT_BUCKETS - 1)) == 0) {
        add_segment(m);
    }
    m->bucket_count++;
    size_t low = low_level(m);
    struct hmap_link **from = bucket_at(m, split_source(added));
    struct hmap_link **to = bucket_at(m, added);
    while (*from != NULL) {
        struct hmap_link *l = *from;
        if ((l->hash & (low * 2 - 1)) == added) {
            *from = l->next;
            l->next = *to;
            *to = l;
        } else {
            from = &l->next;
        }
    }
}

// Insertions that follow split the buckets that follow, whose elements nobody has touched for long.
// The chain of the one after next is fetched element by element while the insertions go on: by the
// time that an insertion asks for the second one, the first has arrived.
static void prefetch_splits(const struct hmap *m)
{
    for (size_t ahead = 0; ahead < SPLITS_AHEAD; ahead++) {
        const struct hmap_link *l = *bucket_at(m, split_source(m->bucket_count + ahead));
        for (size_t depth = SPLITS_AHEAD - 1 - ahead; depth > 0 && l != NULL; depth--) {
            l = l->next;
        }
        __builtin_prefetch(l);
    }
}

void hmap_insert(struct hmap *m, struct hmap_link *l, uint32_t hash)
{
    if (m->bucket_count == 0) {
        add_segment(m);
        m->bucket_count = BUCKETS_FIRST;
    }
    if (m->count >= m->bucket_count && m->bucket_count < buckets_max) {
        split_one(m);
        prefetch_splits(m);
    }
    struct hmap_link **bucket = bucket_at(m, bucket_index(m, hash));
    l->hash = hash;
    l->next = *bucket;
    *bucket = l;
    m->count++;
}

void hmap_remove(struct hmap *m, struct hmap_link *l)
{
    ASSERT(m->count > 0);
    struct hmap_link **at = bucket_at(m, bucket_index(m, l->hash));
    while (*at != l) {
        ASSERT(*at != NULL);
        at = &(*at)->next;
    }
    *at = l->next;
    l->next = NULL;
    m->count--;
}

static struct hmap_link *from_link(struct hmap_link *l, uint32_t hash)
{
    while (l != NULL && l->hash != hash) {
        l = l->next;
    }
    return l;
}

void hmap_prefetch_bucket(const struct hmap *m, uint32_t hash)
{
    if (m->bucket_count > 0) {
        __builtin_prefetch(bucket_at(m, bucket_index(m, hash)));
    }
}

void hmap_prefetch_element(const struct hmap *m, uint32_t hash)
{
    if (m->bucket_count > 0) {
        __builtin_prefetch(*bucket_at(m, bucket_index(m, hash)));
    }
}

struct hmap_link *hmap_first(const struct hmap *m, uint32_t hash)
{
    return m->count > 0 ? from_link(*bucket_at(m, bucket_index(m, hash)), hash) : NULL;
}

struct hmap_link *hmap_next(const struct hmap_link *l, uint32_t hash)
{
    return from_link(l->next, hash);
}

static struct hmap_link *first_from_bucket(const struct hmap *m, size_t index)
{
    for (; index < m->bucket_count; index++) {
        struct hmap_link *l = *bucket_at(m, index);
        if (l != NULL) {
            return l;
        }
    }
    return NULL;
}

struct hmap_link *hmap_bucket(const struct hmap *m, size_t index)
{
    ASSERT(index < m->bucket_count);
    return *bucket_at(m, index);
}

struct hmap_link *hmap_any(const struct hmap *m)
{
    return m->count > 0 ? first_from_bucket(m, 0) : NULL;
}

struct hmap_link *hmap_after(const struct hmap *m, const struct hmap_link *l)
{
    return l->next != NULL ? l->next : first_from_bucket(m, bucket_index(m, l->hash) + 1);
}
