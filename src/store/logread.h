// SPDX-License-Identifier: Apache-2.0
//
// The transaction log, reading end: every record from a zxid on, over the files of a directory in
// order, through one buffer.
//
// What ends a file, and what is damage:
//
//   found at a record                           in the last file    in an earlier file
//   -----------------------------------------   -----------------   ------------------
//   end of file, or zeros up to it              the end             the next file
//   broken, nothing intact behind it            torn tail: the end  torn: the next file
//   broken, with missing (zero) sectors, near   torn batch: the     damage
//     the end of the data                         end
//   broken, with intact records behind it       damage              damage
//   intact, but above the size limit            ERR_TOO_BIG         ERR_TOO_BIG
//   no complete header                          torn: the end       damage
//   another magic or version                    damage              damage
//
// A member of an ensemble reads strictly: torn is then only what a write explains that reached the
// disk in part (logfile_is_torn), and everything else is damage.
//
// Nothing that was acknowledged is ever in a torn tail, because acknowledging needs the sync that
// writes the last byte. Java takes fewer cases for the end, so the caller cuts the
// tail off the file (recover.h) before a Java server may meet it.
// Source: FileTxnLog.FileTxnIterator; differs as DESIGN.md section 4 says.
#ifndef PADDOCK_STORE_LOGREAD_H
#define PADDOCK_STORE_LOGREAD_H

#include "base/slice.h"
#include "port/file.h"
#include "store/error.h"
#include "store/names.h"

enum { LOGREAD_TORN_BYTES_MAX = 8 * 1024 * 1024 };

struct logread;

struct logread_record {
    struct slice body; // a transaction; at least its 32 bytes of header
    int64_t zxid;
    const char *file;    // name within the directory
    uint64_t offset;     // of the record's first byte
    uint64_t end_offset; // behind its end mark
};

// Where the last file ends, known once logread_next returned ERR_STOPPED.
struct logread_tail {
    char file[NAMES_BYTES_MAX]; // "" when the directory holds no log
    uint64_t good_bytes;        // up to the end of the last record; 0: not even a header
    bool is_torn;               // a broken record follows: cut the file at good_bytes
    bool is_empty;              // it holds no record
    char what[96];              // why it is torn, for the log
};

// Position before the first record with zxid >= `from_zxid`. Starts in the newest file whose name
// is at or below it; the files are listed once, here.
// Units:  record_bytes_max is jute.maxbuffer + extrasize.
// Memory: returns owned, release with logread_close; borrows `fs`; about 1 MiB plus one record.
// Errors: ERR_NOT_FOUND without the directory, what port/file.h says, ERR_CORRUPT, ERR_TOO_BIG.
enum err logread_open(struct port_files *fs, const char *dir, int64_t from_zxid,
                      uint32_t record_bytes_max, struct logread **ret,
                      struct store_error *e) MUST_CHECK;

// Judge a broken end as a member of an ensemble does: it is torn only if a write that reached the
// disk in part explains it (logfile_is_torn), else damage. Before the first record.
void logread_be_strict(struct logread *r);

// The next record.
// Memory: *ret borrows the reader until its next call.
// Errors: ERR_STOPPED at the end (no text); ERR_CORRUPT and ERR_TOO_BIG with file, offset, cause
//   and remedy; then only close is legal.
enum err logread_next(struct logread *r, struct logread_record *ret,
                      struct store_error *e) MUST_CHECK;

// See what was appended since, in this file and in newer ones: bytes that were read ahead are
// forgotten. For a log that is being written; legal until ERR_STOPPED.
// Errors: those of listing.
enum err logread_refresh(struct logread *r, struct store_error *e) MUST_CHECK;

// The zxid of the last record that was passed over because it is below `from_zxid`; -1: none was.
int64_t logread_skipped_zxid(const struct logread *r);
// Bytes of the files behind the one where reading began, as the directory shows them.
enum err logread_later_bytes(const struct logread *r, uint64_t *ret,
                             struct store_error *e) MUST_CHECK;

// Where it stands: behind an error at what could not be read. `ret_file` is "" behind the last
// file.
void logread_where(const struct logread *r, char ret_file[NAMES_BYTES_MAX], uint64_t *ret_offset);

const struct logread_tail *logread_tail(const struct logread *r);
void logread_close(struct logread *r); // NULL is legal

#endif
