// SPDX-License-Identifier: Apache-2.0
//
// The data directory: where everything lies, and the one server that owns it.
//
//     <dataDir>/myid                            who we are
//     <dataDir>/version-2/snapshot.<hex>...     snapshots, currentEpoch, acceptedEpoch
//     <dataLogDir>/version-2/log.<hex>          the log
//     <dataLogDir>/initialize                   an empty database is meant, not an accident
//     <dataDir>/.paddock.lock                   held while a server runs; Java does not look at it
//
// Source: FileTxnSnapLog, QuorumPeer.
#ifndef PADDOCK_STORE_DATADIR_H
#define PADDOCK_STORE_DATADIR_H

#include "port/file.h"
#include "store/error.h"
#include "store/names.h"

struct datadir;

// Find or (with `autocreate`) make both version-2 directories, check that they are writable and not
// mixed up, and take the lock. `log_dir` may be NULL or equal to `data_dir`.
// Memory: copies the paths; borrows `fs`.
// Errors: ERR_LOCKED when another server runs on it, ERR_NOT_FOUND, ERR_ACCESS, ERR_INVALID for
//   snapshots in the log directory or logs in the snapshot directory. Exit code 3
//   fits all.
enum err datadir_open(struct port_files *fs, const char *data_dir, const char *log_dir,
                      bool autocreate, struct datadir **ret, struct store_error *e) MUST_CHECK;
// The same for one who only looks: nothing is made, locked or tested for writing, and files in the
// wrong folder are no error. Only functions that read may then be called.
struct datadir *datadir_look(struct port_files *fs, const char *data_dir, const char *log_dir);
void datadir_close(struct datadir *d); // gives the lock back; NULL is legal

struct port_files *datadir_files(const struct datadir *d);
const char *datadir_root(const struct datadir *d);     // <dataDir>
const char *datadir_log_root(const struct datadir *d); // <dataLogDir>
const char *datadir_snap_dir(const struct datadir *d); // <dataDir>/version-2
const char *datadir_log_dir(const struct datadir *d);  // <dataLogDir>/version-2

// The files of one kind, ascending by zxid. `ret` is initialised here; names_list_fini it.
enum err datadir_list(struct datadir *d, enum names_kind kind, struct names_list *ret,
                      struct store_error *e) MUST_CHECK;

// Bytes of all files in the snapshot and in the log directory, as `conf` and `dirs` print them.
// Each counts its whole directory, so they are equal when there is only one. 0 when unreadable.
void datadir_bytes(struct datadir *d, uint64_t *ret_snap, uint64_t *ret_log);

// Whether a Paddock server holds the directory now. Makes no file.
bool datadir_is_locked(struct datadir *d);

// <dataDir>/myid. Errors: ERR_NOT_FOUND, ERR_MALFORMED.
enum err datadir_read_myid(struct datadir *d, int64_t *ret, struct store_error *e) MUST_CHECK;

bool datadir_has_initialize(struct datadir *d); // <dataLogDir>/initialize is there
// Remove <dataLogDir>/initialize; *ret_was_there says whether there was one.
enum err datadir_take_initialize(struct datadir *d, bool *ret_was_there,
                                 struct store_error *e) MUST_CHECK;

// Epoch files. Writing is atomic and durable: temporary file, sync, rename, sync of the directory.
// Errors of read: ERR_NOT_FOUND, ERR_MALFORMED.
enum datadir_epoch { DATADIR_EPOCH_ACCEPTED, DATADIR_EPOCH_CURRENT };
enum err datadir_read_epoch(struct datadir *d, enum datadir_epoch which, int64_t *ret,
                            struct store_error *e) MUST_CHECK;
enum err datadir_write_epoch(struct datadir *d, enum datadir_epoch which, int64_t epoch,
                             struct store_error *e) MUST_CHECK;
// The two halves of it (small_file.h), and when the file was changed, -1 for a missing one.
enum err datadir_prepare_epoch(struct datadir *d, enum datadir_epoch which, int64_t epoch,
                               int64_t *ret_changed_ms, struct store_error *e) MUST_CHECK;
enum err datadir_replace_epoch(struct datadir *d, enum datadir_epoch which,
                               struct store_error *e) MUST_CHECK;
enum err datadir_epoch_changed(struct datadir *d, enum datadir_epoch which, int64_t *ret_changed_ms,
                               struct store_error *e) MUST_CHECK;

#endif
