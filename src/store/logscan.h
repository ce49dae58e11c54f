// SPDX-License-Identifier: Apache-2.0
//
// One log file from its first byte to its last, for tools: unlike the reading end of the server
// (logread.h) it does not stop at damage but says what stands there and goes on behind it, with the
// next intact record. It judges nothing: a torn tail is a break behind which nothing is intact.
#ifndef PADDOCK_STORE_LOGSCAN_H
#define PADDOCK_STORE_LOGSCAN_H

#include <stdbool.h>

#include "base/slice.h"
#include "port/file.h"
#include "store/error.h"
#include "store/logfile.h"

// Behind a break, records are found again that are at most this large.
enum { LOGSCAN_FIND_BYTES_MAX = 4 * 1024 * 1024 };

struct logscan;

enum logscan_found {
    LOGSCAN_RECORD,  // intact
    LOGSCAN_BAD_SUM, // with length and end mark, but its checksum is another
    LOGSCAN_BREAK,   // bytes that are no record: up to the next intact one, or the end of the data
    LOGSCAN_END,     // the end of the data; behind it are zeros or nothing
};

struct logscan_item {
    enum logscan_found found;
    enum logfile_record why; // of a break: what stands at its beginning
    bool is_last;            // of a break: nothing intact follows
    struct slice body;       // of a record, also one with a bad sum; borrowed until the next call
    int64_t zxid;            // of a record
    uint64_t sum;            // of a record: the checksum it carries
    uint64_t offset, end_offset;
};

// Units:  record_bytes_max is jute.maxbuffer + extrasize; a longer length is a break.
// Memory: returns owned; borrows `fs`; at most 8 MiB plus one record.
// Errors: those of port/file.h.
enum err logscan_open(struct port_files *fs, const char *path, uint32_t record_bytes_max,
                      struct logscan **ret, struct store_error *e) MUST_CHECK;
void logscan_close(struct logscan *s); // NULL is legal

// What is wrong with the header, or NULL; a file too short for one has no records either.
const char *logscan_header_fault(const struct logscan *s);
bool logscan_has_header(const struct logscan *s); // 16 bytes are there, whatever they say
bool logscan_has_magic(const struct logscan *s);  // which is all that Java looks at
int32_t logscan_version(const struct logscan *s);
int64_t logscan_dbid(const struct logscan *s);
uint64_t logscan_file_bytes(const struct logscan *s);

// The next thing. Errors: ERR_STOPPED behind LOGSCAN_END; those of port/file.h.
enum err logscan_next(struct logscan *s, struct logscan_item *ret,
                      struct store_error *e) MUST_CHECK;

// What a break or a record with a bad sum is, in words: "an incomplete transaction".
const char *logscan_why(enum logfile_record why);

#endif
