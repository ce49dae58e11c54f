// SPDX-License-Identifier: Apache-2.0
//
// The executor of an ensemble as the write path sees it, played by the test: it notes what it is
// told, and does nothing unless the test does it. A leader's and a learner's one can be joined:
// what the learner forwards goes to the leader, what that proposes goes to the learner, when and as
// far as the test says.
#ifndef PADDOCK_TESTS_UNIT_SERVER_FAKE_PEER_H
#define PADDOCK_TESTS_UNIT_SERVER_FAKE_PEER_H

#include "tests/unit/server/guest.h"

enum { FAKE_LINK = 7 }; // of the learner, on its leader
#define FAKE_EPOCH INT64_C(0x500000000)

struct fake_peer {
    struct pipeline_peer peer;
    struct stage *stage;
    bool is_quorum; // what is logged is committed
    // Leading: {i64 zxid, i32 length, transaction} of what was proposed; up to `passed` the learner
    // has it.
    struct buf proposals;
    size_t passed;
    int64_t proposed, logged, applied; // newest
    uint64_t sync_token;
    size_t sync_count;
    // Learning: {i32 length, data, i32 length, authinfo} of what was forwarded and not passed on.
    struct buf forwarded;
    size_t forwarded_count;
    int32_t forwarded_type; // of the newest
    size_t failed_count;
    char why[128];
    size_t settled_count;
    int64_t settled_zxid;
};

// Take part with the stage's server, which rests then.
void fake_join(struct fake_peer *f, struct stage *st);
void fake_fini(struct fake_peer *f);

static inline struct pipeline *fake_pipeline(struct fake_peer *f)
{
    return &stage_server(f->stage)->pipeline;
}

// End the role and wait until it is over; all guests are sent away.
void fake_settle(struct fake_peer *f);
void fake_settled(void *ctx, int64_t zxid); // for pipeline_settle

// Step until this is logged, or proposed.
void fake_until_logged(struct fake_peer *f, int64_t zxid);
void fake_until_proposed(struct fake_peer *f, int64_t zxid);
void fake_until_forwarded(struct fake_peer *f, size_t count);

// ---- a leader with two clients ----

struct fake_leader {
    struct stage st;
    struct fake_peer f;
    struct guest g, other; // they have sessions
};

// The test commits; while it does not, nothing is committed.
void leader_open(struct fake_leader *l, uint64_t seed, const char *zoo_cfg);
void leader_close(struct fake_leader *l);
static inline void leader_commit(struct fake_leader *l, int64_t zxid)
{
    pipeline_commit(fake_pipeline(&l->f), zxid);
}

// ---- two of them ----

// Long enough for a session that nobody touches on the leader.
enum { PAIR_TIMEOUT_MS = 600000 };

struct fake_pair {
    struct stage leader_stage, learner_stage;
    struct fake_peer leader, learner;
};

void pair_open(struct fake_pair *pair, uint64_t seed); // both in their roles; nobody is a quorum
void pair_close(struct fake_pair *pair);
// Give the leader what the learner forwarded; answers syncs there and then. Returns how many.
size_t pair_pass_requests(struct fake_pair *pair);
// Give the learner at most `max` of the leader's proposals. Returns how many.
size_t pair_pass_proposals(struct fake_pair *pair, size_t max);
// Everything that was proposed is committed, on both.
void pair_commit(struct fake_pair *pair);
// The learner, which rests, learns again, behind what it has.
void pair_learn_again(struct fake_pair *pair);
// All of the above, until nothing is left to do.
void pair_flow(struct fake_pair *pair);

#endif
