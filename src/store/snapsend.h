// SPDX-License-Identifier: Apache-2.0
//
// The stream behind a SNAP packet, sending end: the newest whole snapshot file, without its header
// and seals and uncompressed, ended by the signature. Files and not the tree, so that any number of
// learners is fed by workers while the loop goes on, and nobody waits for a snapshot that is being
// written. What came after the snapshot's zxid the leader sends from its log.
//
// An open sender goes on when its file is purged: the descriptor holds it.
// Source: LearnerHandler; differs: Java serializes the live tree for each learner.
#ifndef PADDOCK_STORE_SNAPSEND_H
#define PADDOCK_STORE_SNAPSEND_H

#include "base/buf.h"
#include "store/datadir.h"

struct snapsend;

// The newest snapshot that looks whole.
// Units:  string_bytes_max is jute.maxbuffer + extrasize.
// Memory: returns owned; about 1 MiB. Borrows `d`.
// Errors: ERR_NOT_FOUND when there is none; those of port/file.h.
// Thread: any worker, as for all of them; one call at a time.
enum err snapsend_open(struct datadir *d, uint32_t string_bytes_max, struct snapsend **ret,
                       struct store_error *e) MUST_CHECK;
void snapsend_close(struct snapsend *s); // NULL is legal

int64_t snapsend_zxid(const struct snapsend *s);

// Append about `bytes_max` bytes of the stream to `out`, at least one part of the file. *ret_done
// behind the signature; no call may follow.
// Errors: ERR_CORRUPT, ERR_TRUNCATED, ERR_TOO_BIG: what was sent so far is of no use.
enum err snapsend_next(struct snapsend *s, size_t bytes_max, struct buf *out, bool *ret_done,
                       struct store_error *e) MUST_CHECK;

#endif
