// SPDX-License-Identifier: Apache-2.0
//
// What the writing and the reading end of the log agree on (pure): the header of a file, and the
// test whether the bytes at some place are an intact record.
// Source: FileTxnLog, FileHeader.
#ifndef PADDOCK_STORE_LOGFILE_H
#define PADDOCK_STORE_LOGFILE_H

#include "base/slice.h"

enum {
    LOGFILE_HEADER_BYTES = 16,
    LOGFILE_BODY_BYTES_MIN = 32, // a transaction's header
};

// Write the 16 bytes every log file begins with.
void logfile_header(uint8_t ret[LOGFILE_HEADER_BYTES]);
// NULL when `header` is one, else what is wrong with it.
const char *logfile_header_fault(const uint8_t header[LOGFILE_HEADER_BYTES]);

// What stands at the beginning of `bytes`, which run to the end of the data.
enum logfile_record {
    LOGFILE_INTACT,     // a record with a good checksum
    LOGFILE_PADDING,    // length 0: nothing was written here
    LOGFILE_INCOMPLETE, // the bytes end before the record does, or its end mark is missing
    LOGFILE_BAD_SUM,    // complete, with another checksum
    LOGFILE_BAD_LENGTH, // negative, or too short for a transaction
};
// *ret_body is set for LOGFILE_INTACT and LOGFILE_BAD_SUM.
enum logfile_record logfile_record_at(struct slice bytes, struct slice *ret_body);

// The first intact record in `bytes` at any position; false when there is none.
// `budget` bounds the work: bytes that may be checksummed in all. When it is used up the answer is
// true, the careful one. *ret_offset is the position.
bool logfile_find_intact(struct slice bytes, uint64_t budget, size_t *ret_offset);

// True when `bytes`, a broken record at `offset` of the file and what follows it, lack an aligned
// sector, which then reads as zeros: the mark of a write that reached the disk in part. The first
// sector counts from the record on; what stands before it was written earlier.
bool logfile_lacks_sector(struct slice bytes, uint64_t offset);

// The strict test, for a member of an ensemble: true when a write that reached the disk in part
// explains the broken record at `offset`. `bytes` are what the file holds from there on, at least
// up to the record's end if the file goes so far; `data_len` of them, up to the last that is not
// zero. Such a write leaves zeros in whole pieces between sector boundaries, or ends with the file;
// everything else is damage. docs/design/healing.md has the reasons.
bool logfile_is_torn(struct slice bytes, size_t data_len, uint64_t offset);

// Length of `bytes` without the zeros at their end.
size_t logfile_trim(struct slice bytes);

#endif
