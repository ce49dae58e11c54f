// SPDX-License-Identifier: Apache-2.0
//
// Because acknowledgements are cumulative, a proposal needs no record of its own: the newest zxid
// per voter says it all, and the commit point is the newest zxid that a quorum has reached.
#include "zab/proposals.h"

#include "base/assert.h"

static void check_invariants(const struct proposals *p)
{
    ASSERT(p->committed <= p->proposed);
    ASSERT(p->quorum.count > 0);
}

void proposals_init(struct proposals *p, const struct quorum *quorum, int64_t zxid)
{
    *p = (struct proposals){.quorum = *quorum, .proposed = zxid, .committed = zxid};
    for (size_t i = 0; i < quorum->count; i++) {
        p->acked[i] = zxid;
    }
    check_invariants(p);
}

void proposals_add(struct proposals *p, int64_t zxid)
{
    ASSERT(zxid > p->proposed);
    p->proposed = zxid;
}

static bool is_acked_by_quorum(const struct proposals *p, int64_t zxid)
{
    struct quorum_set set = {0};
    for (size_t i = 0; i < p->quorum.count; i++) {
        if (p->acked[i] >= zxid) {
            quorum_add(&p->quorum, &set, p->quorum.voters[i].sid);
        }
    }
    return quorum_is_reached(&p->quorum, set);
}

int64_t proposals_ack(struct proposals *p, int64_t sid, int64_t zxid)
{
    ASSERT(zxid <= p->proposed);
    for (size_t i = 0; i < p->quorum.count; i++) {
        if (p->quorum.voters[i].sid == sid && p->acked[i] < zxid) {
            p->acked[i] = zxid;
        }
    }
    for (size_t i = 0; i < p->quorum.count; i++) {
        if (p->acked[i] > p->committed && is_acked_by_quorum(p, p->acked[i])) {
            p->committed = p->acked[i];
        }
    }
    check_invariants(p);
    return p->committed;
}

void proposals_abandon(struct proposals *p)
{
    ASSERT(p->quorum.count == 1);
    p->proposed = p->committed;
}
