// SPDX-License-Identifier: Apache-2.0
//
// Framing of log records; see record.h for the layout.
#include "store/record.h"

#include "base/assert.h"
#include "base/hash.h"

enum { ZXID_OFFSET = 12 }; // in a transaction header, behind client id and cxid

size_t record_begin(struct buf *batch)
{
    size_t start = batch->len;
    (void)buf_reserve(batch, RECORD_HEAD_BYTES);
    batch->len += RECORD_HEAD_BYTES;
    return start;
}

void record_end(struct buf *batch, size_t start)
{
    ASSERT(batch->len > start + RECORD_HEAD_BYTES);
    size_t body_len = batch->len - start - RECORD_HEAD_BYTES;
    ASSERT(body_len <= INT32_MAX);
    be64_store(batch->data + start, 0);
    be32_store(batch->data + start + 8, (uint32_t)body_len);
    buf_put_u8(batch, RECORD_END_MARK);
}

void record_seal(uint8_t *batch, size_t len)
{
    struct slice rest = slice_of(batch, len);
    while (rest.len > 0) {
        size_t start = (size_t)(rest.data - batch);
        struct slice body;
        bool more = record_next(&rest, &body);
        ASSERT(more);
        be64_store(batch + start, hash_adler32(1, body));
    }
}

bool record_next(struct slice *rest, struct slice *ret_body)
{
    if (rest->len == 0) {
        return false;
    }
    ASSERT(rest->len > RECORD_FRAME_BYTES);
    uint32_t body_len = be32_load(rest->data + 8);
    ASSERT(body_len > 0);
    ASSERT(body_len <= rest->len - RECORD_FRAME_BYTES);
    *ret_body = slice_of(rest->data + RECORD_HEAD_BYTES, body_len);
    ASSERT(rest->data[RECORD_HEAD_BYTES + body_len] == RECORD_END_MARK);
    *rest = slice_skip(*rest, RECORD_FRAME_BYTES + (size_t)body_len);
    return true;
}

int64_t record_zxid(struct slice body)
{
    ASSERT(body.len >= ZXID_OFFSET + 8);
    return (int64_t)be64_load(body.data + ZXID_OFFSET);
}
