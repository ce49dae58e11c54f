// SPDX-License-Identifier: Apache-2.0
//
// Chains behind a power of two of buckets. The table doubles when there is more than one element a
// bucket, if memory allows.
#include "client/table.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

void table_init(struct table *t)
{
    *t = (struct table){.bucket_count = TABLE_FIRST_BUCKETS};
}

void table_fini(struct table *t)
{
    mem_free(t->buckets);
    table_init(t);
}

static struct table_link **bucket_of(const struct table *t, uint64_t hash)
{
    struct table_link *const *buckets = t->buckets != NULL ? t->buckets : t->first;
    return (struct table_link **)&buckets[hash & (t->bucket_count - 1)];
}

static void push(struct table *t, struct table_link *l)
{
    struct table_link **bucket = bucket_of(t, l->hash);
    l->next = *bucket;
    *bucket = l;
}

static void try_grow(struct table *t)
{
    size_t count = t->bucket_count * 2;
    struct table_link **buckets = mem_try_alloc(count * sizeof(*buckets));
    if (buckets == NULL) {
        return;
    }
    memset(buckets, 0, count * sizeof(*buckets));
    struct table old = *t;
    t->buckets = buckets;
    t->bucket_count = count;
    for (size_t i = 0; i < old.bucket_count; i++) {
        struct table_link *l = *bucket_of(&old, i);
        while (l != NULL) {
            struct table_link *next = l->next;
            push(t, l);
            l = next;
        }
    }
    mem_free(old.buckets);
}

uint64_t table_hash(struct slice key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < key.len; i++) {
        hash = (hash ^ key.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash ^ (hash >> 32);
}

void table_insert(struct table *t, struct table_link *l, uint64_t hash)
{
    if (t->count >= t->bucket_count) {
        try_grow(t);
    }
    l->hash = hash;
    push(t, l);
    t->count++;
}

void table_remove(struct table *t, struct table_link *l)
{
    struct table_link **at = bucket_of(t, l->hash);
    while (*at != l) {
        ASSERT(*at != NULL);
        at = &(*at)->next;
    }
    *at = l->next;
    l->next = NULL;
    t->count--;
}

static struct table_link *with_hash(struct table_link *l, uint64_t hash)
{
    while (l != NULL && l->hash != hash) {
        l = l->next;
    }
    return l;
}

struct table_link *table_first(const struct table *t, uint64_t hash)
{
    return with_hash(*bucket_of(t, hash), hash);
}

struct table_link *table_next(const struct table_link *l)
{
    return with_hash(l->next, l->hash);
}
