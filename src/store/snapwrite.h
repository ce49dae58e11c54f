// SPDX-License-Identifier: Apache-2.0
//
// A snapshot being serialized (pure): the loop thread asks for one bounded slice after another
// between its other work and hands each to the worker that owns the file (snapfile.h). The tree may
// change in between: snapshots are fuzzy, and replaying the log from the snapshot's zxid heals it.
//
//     header, sessions, ACL lists, nodes, "/" | seal | digest | seal | last zxid | seal
//
// Seals are checksums over all bytes before them. Computing them is the worker's business, so a
// slice ends wherever a seal belongs and says so.
// Source: FileSnap.serialize, SerializeUtils.serializeSnapshot.
#ifndef PADDOCK_STORE_SNAPWRITE_H
#define PADDOCK_STORE_SNAPWRITE_H

#include "base/buf.h"
#include "tree/tree.h"

struct snapwrite;

struct snapwrite_options {
    bool with_digest;    // zookeeper.digest.enabled
    bool with_last_zxid; // zookeeper.serializeLastProcessedZxid.enabled
};

// Memory: returns owned; borrows the tree until free. One at a time for a tree.
struct snapwrite *snapwrite_new(struct tree *t, const struct snapwrite_options *options);
int64_t snapwrite_zxid(const struct snapwrite *w); // names the file

// Append the next slice to `out`. It ends with the node that reaches `bytes_max`. The first ones
// may append nothing: they collect sessions and ACL lists, no more of them than a slice would hold.
// Returns false after the last slice. When *ret_seal is true a seal belongs behind these bytes.
bool snapwrite_slice(struct snapwrite *w, size_t bytes_max, struct buf *out, bool *ret_seal);
void snapwrite_free(struct snapwrite *w); // NULL is legal; may come before the last slice

#endif
