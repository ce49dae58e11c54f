// SPDX-License-Identifier: Apache-2.0
//
// The parts of a snapshot that a file and the stream to a learner have in common (pure):
//
//     sessions, ACL lists, nodes, "/"
//
// Bytes come in pieces of any size; whole parts are taken off their front and handed to a visitor,
// and what is left belongs in front of the next piece. So one parser serves the window that slides
// over a file (snapscan.h) and the bytes that a leader sends (snapload.h).
// Source: SerializeUtils.deserializeSnapshot, DataTree.deserialize.
#ifndef PADDOCK_STORE_SNAPPARTS_H
#define PADDOCK_STORE_SNAPPARTS_H

#include "base/arena.h"
#include "store/snapscan.h"

enum snapparts_phase {
    SNAPPARTS_SESSION_COUNT,
    SNAPPARTS_SESSIONS,
    SNAPPARTS_ACL_COUNT,
    SNAPPARTS_ACLS,
    SNAPPARTS_NODES,
    SNAPPARTS_END, // "/" was taken
};

struct snapparts {
    uint32_t string_bytes_max; // jute.maxbuffer + extrasize
    const struct snapscan_visitor *visitor;
    enum snapparts_phase phase;
    int32_t left; // of the sessions or ACL lists
    uint64_t sessions, nodes;
    const char *fault;  // why the last call failed, when it did
    struct arena arena; // of one ACL list
};

// Memory: borrows the visitor until fini.
void snapparts_init(struct snapparts *p, uint32_t string_bytes_max,
                    const struct snapscan_visitor *visitor);
void snapparts_fini(struct snapparts *p);

// Take whole parts off the front of `*bytes`, up to the "/" or to the first one that is not whole.
// *ret_need is how many bytes from there on the next call must have at least; 0 behind the "/".
// Errors: ERR_CORRUPT, ERR_TOO_BIG and the visitor's, with `fault`; `*bytes` begins with the part
//   that is wrong then. No call may follow an error.
enum err snapparts_take(struct snapparts *p, struct slice *bytes, size_t *ret_need) MUST_CHECK;

#endif
