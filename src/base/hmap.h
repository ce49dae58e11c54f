// SPDX-License-Identifier: Apache-2.0
//
// A hash table of intrusive links that never pauses: it grows by linear hashing, one bucket split
// per insertion, over a directory of fixed segments, so no insertion ever rehashes or copies the
// table. Callers compute the hash (hash.h), embed a link, and compare keys themselves:
//
//     for (struct hmap_link *l = hmap_first(m, h); l != NULL; l = hmap_next(l, h))
//         if (key matches CONTAINER_OF(l, struct thing, link)) ...
//
// Invariants: (1) 1 <= bucket count; (2) an element sits in the bucket that its hash names under
// the current split pointer; (3) mean load stays at or below one element per bucket after growth.
#ifndef PADDOCK_BASE_HMAP_H
#define PADDOCK_BASE_HMAP_H

#include <stddef.h>
#include <stdint.h>

struct hmap_link {
    struct hmap_link *next; // in the bucket
    uint32_t hash;          // low 32 bits of the key's hash
    uint32_t spare;         // the element's own: never touched here; fills what would be padding
};

struct hmap {
    struct hmap_link ***segments; // directory of segments of HMAP_SEGMENT buckets
    size_t segment_cap;           // slots of the directory
    size_t bucket_count;          // buckets in use
    size_t count;                 // elements
};

void hmap_init(struct hmap *m); // allocates on first insertion
void hmap_fini(struct hmap *m); // does not touch the elements

// Make the buckets for `count` elements at once. `m` is empty.
void hmap_reserve(struct hmap *m, size_t count);

void hmap_insert(struct hmap *m, struct hmap_link *l, uint32_t hash);
void hmap_remove(struct hmap *m, struct hmap_link *l); // `l` must be in `m`

// First element whose 32-bit hash equals `hash`, or NULL; and the next one.
struct hmap_link *hmap_first(const struct hmap *m, uint32_t hash);
struct hmap_link *hmap_next(const struct hmap_link *l, uint32_t hash);

// Fetch into the cache what a look-up of `hash` will touch: first its bucket; later, when that has
// arrived, the first element. For callers that know many look-ups ahead.
void hmap_prefetch_bucket(const struct hmap *m, uint32_t hash);
void hmap_prefetch_element(const struct hmap *m, uint32_t hash);

// Iterate over everything in no stated order; the table must not change meanwhile except that
// the returned element may be removed after the following one was asked for.
struct hmap_link *hmap_any(const struct hmap *m);
struct hmap_link *hmap_after(const struct hmap *m, const struct hmap_link *l);

// The first element of bucket `index`, which is below bucket_count, or NULL; the others follow by
// `next`. Who takes the buckets in ascending order, while the table changes between them, meets
// every element that stays: growth only moves elements to the end, where they may be met again.
struct hmap_link *hmap_bucket(const struct hmap *m, size_t index);

#endif
