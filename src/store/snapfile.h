// SPDX-License-Identifier: Apache-2.0
//
// The file of a snapshot, writing end: takes the uncompressed bytes, computes the seals, compresses
// and writes to snapshot.<hex>[.gz|.snappy].tmp. Only snapfile_finish gives it its name, after the
// bytes are durable: so a file under a final name is whole, and an existing one is replaced whole.
// Thread: one worker.
// Source: SnapStream, AtomicFileOutputStream.
#ifndef PADDOCK_STORE_SNAPFILE_H
#define PADDOCK_STORE_SNAPFILE_H

#include "base/slice.h"
#include "port/file.h"
#include "store/error.h"
#include "store/names.h"

struct snapfile;

// Begin `dir`/snapshot.<zxid>. `dir` is the version-2 directory of snapshots.
// Memory: copies `dir`; borrows `fs`. Errors: those of port/file.h; *ret is untouched.
enum err snapfile_open(struct port_files *fs, const char *dir, int64_t zxid,
                       enum names_method method, struct snapfile **ret,
                       struct store_error *e) MUST_CHECK;

// Append bytes, and a seal behind them when `seal`. After an error only abort is legal.
enum err snapfile_write(struct snapfile *f, struct slice bytes, bool seal,
                        struct store_error *e) MUST_CHECK;

// Sync, rename, sync the directory; frees in every case (and removes the file on an error).
// *ret_bytes is the size of the file; may be NULL.
enum err snapfile_finish(struct snapfile *f, uint64_t *ret_bytes, struct store_error *e) MUST_CHECK;
// The same without the rename: the file is durable under its temporary name.
enum err snapfile_finish_unnamed(struct snapfile *f, struct store_error *e) MUST_CHECK;
void snapfile_abort(struct snapfile *f); // removes the file, frees; NULL is legal

#endif
