// SPDX-License-Identifier: Apache-2.0
//
// Requests on their way through the leader: a learner sends what its clients ask to write, and the
// answer is the transaction that comes back, known by session and cxid. Here is the queue of what
// was sent and has no answer yet, and the form that such a request has in a REQUEST packet.
//
// The leader takes the requests of one learner in their order, so only the oldest may be answered;
// a transaction that does not fit it is somebody else's. Source: FollowerRequestProcessor,
// CommitProcessor, Learner.request, LearnerHandler.
#ifndef PADDOCK_SERVER_FORWARD_H
#define PADDOCK_SERVER_FORWARD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "jute/records.h"
#include "server/batch.h"
#include "server/request.h"
#include "zab/packet.h"

struct forward_item {
    struct pending pending;
    uint64_t order; // among everything that was sent, syncs included
    size_t bytes;   // of its body
};

struct forward {
    struct forward_item *ring; // oldest at `first`
    size_t first, count, cap;
    uint64_t bytes; // of all bodies
};

void forward_init(struct forward *f);
void forward_fini(struct forward *f);

void forward_add(struct forward *f, const struct pending *p, uint64_t order, size_t bytes);
// Is this transaction the answer to the oldest request? Then it is taken out.
bool forward_take(struct forward *f, const struct jute_txn_header *header,
                  struct forward_item *ret);
bool forward_take_any(struct forward *f, struct forward_item *ret); // oldest; false at the end

// ---- the packet: {i64 session, i32 cxid, i32 opcode, body}, ids as authinfo ----

enum { FORWARD_HEADER_BYTES = 16 };

// Appends to both; a request without identities has the null vector.
void forward_encode(const struct request *request, struct buf *data, struct buf *authinfo);

// Memory: the body borrows the packet, the ids of `ret` are `ret_ids`, in the arena.
// Errors: ERR_MALFORMED.
enum err forward_decode(const struct zab_packet *packet, struct arena *arena, struct ids *ret_ids,
                        struct request *ret) MUST_CHECK;

#endif
