// SPDX-License-Identifier: Apache-2.0
//
// Preparation: a write request in, a transaction out. All checks happen here, against the tree plus
// the changes in flight, in the order that decides which error a client sees; what comes out is
// deterministic and is applied without further questions. A request that fails becomes an error
// transaction with a zxid of its own. Source: PrepRequestProcessor.
#ifndef PADDOCK_SERVER_PREP_H
#define PADDOCK_SERVER_PREP_H

#include "jute/multi.h"
#include "server/acl.h"
#include "server/changes.h"
#include "server/log.h"
#include "server/request.h"
#include "server/sessions.h"

struct prep {
    const struct config *config;
    const struct auth *auth;
    struct tree *tree;
    struct changes *changes;
    struct sessions *sessions;
    struct stats *stats; // NULL: nothing is counted
    struct log *log;
    struct arena *arena; // reset by the caller when the transaction has been encoded
    uint32_t string_max; // bytes of one string or buffer of a request
    // What a reconfig leads to; NULL unless this server leads (pipeline.h, struct pipeline_peer).
    enum zk_code (*reconfig)(void *ctx, const struct jute_reconfig_request *request, int64_t zxid,
                             struct buf *ret_text);
    void *reconfig_ctx;
};

// The code that the requester will see. OK of a failed multi: its codes are inside.
struct prep_result {
    enum zk_code code;
    bool is_txn;           // false: an undecodable request, answered without a transaction
    bool is_out_of_memory; // nothing is known of the request: not even that it is malformed
    struct slice config;   // of a reconfig that is one: the new text, in the arena
};

// Make the transaction `zxid` of `request`; `wall_ms` is its time. `ret` is complete in any case
// when is_txn, an error transaction included. Changes in flight and sessions are updated.
// Memory: `ret` borrows the request's body, its ids and the arena.
struct prep_result prep_request(struct prep *p, const struct request *request, int64_t zxid,
                                int64_t wall_ms, struct txn *ret);

// The error transaction of a request that became none.
void prep_refuse(const struct request *request, enum zk_code code, int64_t zxid, int64_t wall_ms,
                 struct txn *ret);

// Would prep_request make a transaction of the request, be it an error? For a learner, whose leader
// must not see anything else. False with *ret_no_memory: nobody knows.
bool prep_is_decodable(struct prep *p, const struct request *request, bool *ret_no_memory);

#endif
