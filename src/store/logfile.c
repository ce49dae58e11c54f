// SPDX-License-Identifier: Apache-2.0
//
// The header of a log file and the test for an intact record.
#include "store/logfile.h"

#include "base/buf.h"
#include "base/hash.h"
#include "store/record.h"

enum {
    LOG_MAGIC = 0x5a4b4c47, // "ZKLG"
    LOG_VERSION = 2,
    SECTOR_BYTES = 512,
    CHECKSUM_ZEROS = 4, // a checksum has 32 bits in 64
};

void logfile_header(uint8_t ret[LOGFILE_HEADER_BYTES])
{
    be32_store(ret, LOG_MAGIC);
    be32_store(ret + 4, LOG_VERSION);
    be64_store(ret + 8, 0); // dbid
}

const char *logfile_header_fault(const uint8_t header[LOGFILE_HEADER_BYTES])
{
    if (be32_load(header) != LOG_MAGIC) {
        return "it does not begin with the magic number of a transaction log";
    }
    return be32_load(header + 4) == LOG_VERSION ? NULL : "its version is not 2";
}

enum logfile_record logfile_record_at(struct slice bytes, struct slice *ret_body)
{
    if (bytes.len < RECORD_HEAD_BYTES) {
        return LOGFILE_INCOMPLETE;
    }
    uint32_t len = be32_load(bytes.data + 8);
    if (len == 0) {
        return LOGFILE_PADDING;
    }
    if (len > INT32_MAX || len < LOGFILE_BODY_BYTES_MIN) {
        return LOGFILE_BAD_LENGTH;
    }
    if (bytes.len - RECORD_HEAD_BYTES <= len ||
        bytes.data[RECORD_HEAD_BYTES + len] != RECORD_END_MARK) {
        return LOGFILE_INCOMPLETE;
    }
    *ret_body = slice_of(bytes.data + RECORD_HEAD_BYTES, len);
    return be64_load(bytes.data) == hash_adler32(1, *ret_body) ? LOGFILE_INTACT : LOGFILE_BAD_SUM;
}

bool logfile_find_intact(struct slice bytes, uint64_t budget, size_t *ret_offset)
{
    for (size_t at = 0; at + RECORD_HEAD_BYTES < bytes.len; at++) {
        // A checksum has 32 bits in 64, and its halves are not both zero: most places fail here.
        if (be32_load(bytes.data + at) != 0 || be32_load(bytes.data + at + 4) == 0) {
            continue;
        }
        struct slice body = slice_null();
        enum logfile_record found = logfile_record_at(slice_skip(bytes, at), &body);
        if (found == LOGFILE_INTACT || body.len > budget) {
            *ret_offset = at;
            return true;
        }
        budget -= body.len;
    }
    return false;
}

static bool is_zero(const uint8_t *p, size_t len)
{
    return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

bool logfile_lacks_sector(struct slice bytes, uint64_t offset)
{
    size_t at = (size_t)((SECTOR_BYTES - offset % SECTOR_BYTES) % SECTOR_BYTES);
    if (at > CHECKSUM_ZEROS && at <= bytes.len && is_zero(bytes.data, at)) {
        return true;
    }
    for (; at + SECTOR_BYTES <= bytes.len; at += SECTOR_BYTES) {
        if (is_zero(bytes.data + at, SECTOR_BYTES)) {
            return true;
        }
    }
    return false;
}

// True when a piece of the first `len` bytes, cut at the sector boundaries of the file, is all
// zeros. Zeros that every record begins with say nothing.
static bool has_zero_piece(struct slice bytes, size_t len, uint64_t offset)
{
    size_t at = 0;
    while (at < len) {
        size_t end = at + SECTOR_BYTES - (size_t)((offset + at) % SECTOR_BYTES);
        end = end < len ? end : len;
        if (end > CHECKSUM_ZEROS && is_zero(bytes.data + at, end - at)) {
            return true;
        }
        at = end;
    }
    return false;
}

// The length alone is damaged: up to the end of the data there is a body with the right checksum.
static bool is_record_but_length(struct slice bytes, size_t data_len)
{
    if (data_len < RECORD_FRAME_BYTES + LOGFILE_BODY_BYTES_MIN ||
        bytes.data[data_len - 1] != RECORD_END_MARK) {
        return false;
    }
    struct slice body = slice_of(bytes.data + RECORD_HEAD_BYTES, data_len - RECORD_FRAME_BYTES);
    return be64_load(bytes.data) == hash_adler32(1, body);
}

bool logfile_is_torn(struct slice bytes, size_t data_len, uint64_t offset)
{
    if (is_record_but_length(bytes, data_len)) {
        return false;
    }
    // Of a record whose length is not there nothing is known behind the data and its own head.
    size_t len = data_len > RECORD_HEAD_BYTES ? data_len : RECORD_HEAD_BYTES + 1;
    uint32_t body_len = bytes.len < RECORD_HEAD_BYTES ? 0 : be32_load(bytes.data + 8);
    if (body_len >= LOGFILE_BODY_BYTES_MIN && body_len <= INT32_MAX) {
        len = RECORD_FRAME_BYTES + (size_t)body_len;
    }
    return len > bytes.len || has_zero_piece(bytes, len, offset);
}

size_t logfile_trim(struct slice bytes)
{
    size_t len = bytes.len;
    while (len >= SECTOR_BYTES && is_zero(bytes.data + len - SECTOR_BYTES, SECTOR_BYTES)) {
        len -= SECTOR_BYTES;
    }
    while (len > 0 && bytes.data[len - 1] == 0) {
        len--;
    }
    return len;
}
