// SPDX-License-Identifier: Apache-2.0
//
// Small files beside the data (epochs, markers): read whole, written whole and durable, so that
// after a crash there is the old contents or the new one and never a part.
// Source: AtomicFileWritingIdiom, AtomicFileOutputStream.
#ifndef PADDOCK_STORE_SMALL_FILE_H
#define PADDOCK_STORE_SMALL_FILE_H

#include "base/buf.h"
#include "port/file.h"
#include "store/error.h"

enum { SMALL_FILE_BYTES_MAX = 1024 };

// The first SMALL_FILE_BYTES_MAX bytes of dir/name, in the cleared `ret`.
// Errors: ERR_NOT_FOUND, and what port/file.h says.
enum err small_file_read(struct port_files *fs, const char *dir, const char *name, struct buf *ret,
                         struct store_error *e) MUST_CHECK;

// A decimal number in the first line, white space around it allowed.
// Errors: also ERR_MALFORMED.
enum err small_file_read_number(struct port_files *fs, const char *dir, const char *name,
                                int64_t *ret, struct store_error *e) MUST_CHECK;

// Replace dir/name: temporary file (name.tmp), sync, rename, sync of the directory.
enum err small_file_write(struct port_files *fs, const char *dir, const char *name,
                          struct slice text, struct store_error *e) MUST_CHECK;

// The two halves of it: the temporary file, durable; then its name. Between the halves a file that
// says when this one was changed can be written; *ret_changed_ms is port_file_info.changed_ms.
enum err small_file_prepare(struct port_files *fs, const char *dir, const char *name,
                            struct slice text, int64_t *ret_changed_ms,
                            struct store_error *e) MUST_CHECK;
enum err small_file_replace(struct port_files *fs, const char *dir, const char *name,
                            struct store_error *e) MUST_CHECK;

// The same with a checksum at the end of the text, which is one line or more without it: what no
// other program reads. Text and seal fit SMALL_FILE_BYTES_MAX.
// Errors of read: also ERR_CORRUPT.
enum err small_file_write_sealed(struct port_files *fs, const char *dir, const char *name,
                                 struct slice text, struct store_error *e) MUST_CHECK;
enum err small_file_read_sealed(struct port_files *fs, const char *dir, const char *name,
                                struct buf *ret, struct store_error *e) MUST_CHECK;

// Append the seal to a text, for a file that is written in another way.
void small_file_seal(struct buf *text);

// Remove dir/name durably; it may be missing. *ret_was_there may be NULL.
enum err small_file_remove(struct port_files *fs, const char *dir, const char *name,
                           bool *ret_was_there, struct store_error *e) MUST_CHECK;

// False only when the system says so: whether it is there may be unknown, and then it is.
bool small_file_exists(struct port_files *fs, const char *dir, const char *name);

#endif
