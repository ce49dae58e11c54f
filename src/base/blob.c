// SPDX-License-Identifier: Apache-2.0
//
// Counting the holders of immutable bytes.
#include "base/blob.h"

#include "base/assert.h"
#include "base/mem.h"

struct blob *blob_new(struct buf *take)
{
    struct blob *b = mem_alloc(sizeof(*b));
    *b = (struct blob){.refs = 1, .len = take->len, .data = take->data};
    buf_init(take);
    return b;
}

struct blob *blob_ref(struct blob *b)
{
    ASSERT(b->refs > 0);
    b->refs++;
    return b;
}

void blob_unref(struct blob *b)
{
    if (b == NULL) {
        return;
    }
    ASSERT(b->refs > 0);
    if (--b->refs == 0) {
        mem_free(b->data);
        mem_free(b);
    }
}
