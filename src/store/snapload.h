// SPDX-License-Identifier: Apache-2.0
//
// The stream behind a SNAP packet, receiving end: bytes as they come from the leader become a fresh
// tree. It is a snapshot without header and seals, ended by a signature, and nothing else protects
// it: TCP's checksum, the tree's own rules and the signature are all there is.
//
//     sessions, ACL lists, nodes, "/" | "BenWasHere"
//
// The sending end is snapsend.h.
// Source: Learner.syncWithLeader, ZKDatabase.deserializeSnapshot.
#ifndef PADDOCK_STORE_SNAPLOAD_H
#define PADDOCK_STORE_SNAPLOAD_H

#include "base/slice.h"
#include "store/error.h"
#include "tree/tree.h"

struct snapload;

// Units:  string_bytes_max is jute.maxbuffer + extrasize.
// Memory: returns owned; beside the tree it holds one ACL list.
struct snapload *snapload_new(const struct tree_options *options, uint32_t string_bytes_max);
void snapload_free(struct snapload *l); // with the tree, if it was not taken; NULL is legal

// The next bytes. *ret_used of them are done with; give the rest again in front of what follows,
// at least snapload_need(l) bytes in all. *ret_done: the signature was used, and no call may
// follow; what is behind it are packets.
// Memory: borrows `bytes` until return.
// Errors: ERR_CORRUPT, ERR_TOO_BIG, with the offset in the stream; then only free is legal.
enum err snapload_feed(struct snapload *l, struct slice bytes, size_t *ret_used, bool *ret_done,
                       struct store_error *e) MUST_CHECK;

// With fewer bytes a call does nothing: at least 1, at most one node or ACL list.
size_t snapload_need(const struct snapload *l);

uint64_t snapload_bytes(const struct snapload *l); // used so far
uint64_t snapload_nodes(const struct snapload *l);

// The finished tree, as it was after `zxid`. Takes a pass over all of it, so call it on a worker.
// Memory: *ret is owned by the caller. Errors: ERR_CORRUPT when the nodes do not make a tree.
// Thread: any.
enum err snapload_take_tree(struct snapload *l, int64_t zxid, struct tree **ret,
                            struct store_error *e) MUST_CHECK;

#endif
