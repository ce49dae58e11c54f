// SPDX-License-Identifier: Apache-2.0
//
// A hash table of intrusive links whose insertion cannot fail: the first buckets are part of it,
// and when there is no memory for more, the chains only become longer. (base/hmap aborts instead.)
#ifndef PADDOCK_CLIENT_TABLE_H
#define PADDOCK_CLIENT_TABLE_H

#include "base/slice.h"

struct table_link {
    struct table_link *next;
    uint64_t hash;
};

enum { TABLE_FIRST_BUCKETS = 16 };

struct table {
    struct table_link *first[TABLE_FIRST_BUCKETS];
    struct table_link **buckets; // NULL: `first`
    size_t bucket_count;         // a power of two
    size_t count;
};

void table_init(struct table *t);
void table_fini(struct table *t); // does not touch the elements

uint64_t table_hash(struct slice key); // FNV-1a: keys are the program's own

void table_insert(struct table *t, struct table_link *l, uint64_t hash);
void table_remove(struct table *t, struct table_link *l); // `l` must be in `t`

// The first element with this hash, and the next one; NULL at the end.
struct table_link *table_first(const struct table *t, uint64_t hash);
struct table_link *table_next(const struct table_link *l);

#endif
