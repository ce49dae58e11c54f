// SPDX-License-Identifier: Apache-2.0
//
// What members write and agree on: transactions by zxid, in lists, and images of a tree, which here
// is the list of everything applied to it. A transaction sets the data of /zookeeper/config or of
// /x to a text, so that the text can be shown.
#ifndef PADDOCK_TESTS_SCRIPT_RECORDS_H
#define PADDOCK_TESTS_SCRIPT_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"

struct record {
    int64_t zxid;
    struct slice txn; // lives as long as the world
};

struct records {
    struct record *items;
    size_t count, cap;
};

void records_add(struct records *list, struct record r);
void records_copy(struct records *to, const struct records *from); // `to` is replaced
void records_cut(struct records *list, int64_t zxid);              // drops what is behind it
void records_drop_up_to(struct records *list, int64_t zxid);
void records_fini(struct records *list);
bool record_equal(const struct record *a, const struct record *b);

// The tree at `zxid`.
struct image {
    int64_t zxid;
    struct records records;
};

// A transaction with this text; `is_config` makes it a reconfiguration. In `arena`.
struct slice record_txn(struct arena *arena, int64_t zxid, const char *text, bool is_config);
// Its text; for a configuration "config VERSION".
void record_print(const struct record *r, struct buf *to);

#endif
