// SPDX-License-Identifier: Apache-2.0
//
// A blob: immutable bytes with a count of holders. The bytes of a batch of transactions live in
// one blob that the log worker, the pipeline and later the peers share.
// Thread: the count belongs to the loop thread; a worker borrows while the loop holds a reference.
#ifndef PADDOCK_BASE_BLOB_H
#define PADDOCK_BASE_BLOB_H

#include "base/buf.h"

struct blob {
    size_t refs;
    size_t len;
    uint8_t *data;
};

struct blob *blob_new(struct buf *take); // takes the buffer's memory; leaves it empty; refs = 1
struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob *b); // NULL is legal; the last one frees

static inline struct slice blob_slice(const struct blob *b)
{
    return slice_of(b->data, b->len);
}

#endif
