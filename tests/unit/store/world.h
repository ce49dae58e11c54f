// SPDX-License-Identifier: Apache-2.0
//
// What tests of store/ need of the world above and below it: transactions to log, trees to
// snapshot, and trees as text to compare.
#ifndef PADDOCK_TESTS_UNIT_STORE_WORLD_H
#define PADDOCK_TESTS_UNIT_STORE_WORLD_H

#include "base/buf.h"
#include "store/names.h"
#include "tests/unit/store/memfs.h"
#include "tree/tree.h"

enum { WORLD_RECORD_BYTES_MAX = 2 * 0xfffff };
#define WORLD_DIR "/d/version-2"

// Append one transaction as an unsealed record. Session 0x10 made it, at time 1000 + zxid.
void world_put_session(struct buf *batch, int64_t zxid, int64_t session, int32_t timeout_ms);
void world_put_create(struct buf *batch, int64_t zxid, const char *path, const char *data,
                      bool is_ephemeral);
void world_put_set(struct buf *batch, int64_t zxid, const char *path, const char *data,
                   int32_t version);
void world_put_delete(struct buf *batch, int64_t zxid, const char *path);
void world_put_ttl(struct buf *batch, int64_t zxid, const char *path, int64_t ttl_ms);
// "count" creates of /n<zxid> from `zxid` on, `data_bytes` of data each.
void world_put_many(struct buf *batch, int64_t zxid, int count, size_t data_bytes);

struct tree_options world_options(void);
struct tree *world_tree(void);
void world_apply(struct tree *t, struct slice batch); // every record of a batch
// Every node in order of its path, the sessions, the last zxid and the digest.
void world_print(struct tree *t, struct buf *to);
void world_assert_equal(struct tree *a, struct tree *b);

// A file system with an empty WORLD_DIR; at its end no file may be open.
void world_disk_init(struct memfs *fs);
void world_disk_fini(struct memfs *fs);

// Put a log file of a header and the sealed batch.
void world_put_log(struct memfs *fs, int64_t first_zxid, struct buf *batch);
void world_put_log_many(struct memfs *fs, int64_t first_zxid, int count, size_t data_bytes);
// Write a snapshot of `t` the way recovery does; the file is durable.
void world_put_snapshot(struct memfs *fs, struct tree *t, enum names_method method);
void world_put_snapshot_many(struct memfs *fs, int count); // of creates 1 to `count`

// Bytes from hex text; blanks are skipped.
void world_hex(struct buf *to, const char *text);
// snapshot.0 of a fresh Java server (3.8.0): 457 bytes, header and two seals included.
void world_java_snapshot(struct buf *to);

#endif
