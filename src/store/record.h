// SPDX-License-Identifier: Apache-2.0
//
// Framing of transactions in the log (pure). A batch is the bytes of consecutive records exactly as
// they go to the file, so the loop encodes each transaction where it will be written from:
//
//     [8 Adler-32 of the body][4 length of the body][body: a transaction]['B']
//
// The loop thread frames (record_begin, encode, record_end); the log worker computes the checksums
// (record_seal), which costs a pass over the bytes; later the loop walks the batch to commit it.
// Source: FileTxnLog.append, Util.writeTxnBytes.
#ifndef PADDOCK_STORE_RECORD_H
#define PADDOCK_STORE_RECORD_H

#include <stdbool.h>

#include "base/buf.h"

enum {
    RECORD_HEAD_BYTES = 12,                    // checksum and length
    RECORD_FRAME_BYTES = RECORD_HEAD_BYTES + 1 // with the end mark
};
enum { RECORD_END_MARK = 0x42 };

// Start a record at the end of `batch`; the caller then appends the body.
// Returns the position to give to record_end, or to set batch->len back to when there is no body.
size_t record_begin(struct buf *batch);
// Fill in the length and append the end mark. The body must not be empty: that would mean padding.
void record_end(struct buf *batch, size_t start);

// Fill in the checksum of every record of a batch in place.
void record_seal(uint8_t *batch, size_t len);

// Take the first record off `*rest`; false at its end.
// The body borrows the batch. The batch must come from record_end.
bool record_next(struct slice *rest, struct slice *ret_body);

// The zxid in the header of a transaction's body. The body has at least the header's 32 bytes.
int64_t record_zxid(struct slice body);

#endif
