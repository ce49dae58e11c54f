// SPDX-License-Identifier: Apache-2.0
//
// Because acknowledgements are cumulative, a proposal needs no record of its own: the newest zxid
// per server says it all, and the commit point of a part is the newest zxid that its quorums have
// reached. Parts commit one after the other.
#include "zab/proposals.h"

#include "base/assert.h"

static void check_invariants(const struct proposals *p)
{
    ASSERT(p->committed <= p->proposed);
    ASSERT(p->part_count > 0);
    ASSERT(p->parts[0].first <= p->committed + 1 || p->committed == p->proposed);
}

void proposals_init(struct proposals *p, const struct quorum *quorum, int64_t zxid)
{
    ASSERT(quorum->count > 0);
    p->parts[0].first = zxid + 1;
    p->parts[0].quorums.of[0] = *quorum;
    p->parts[0].quorums.count = 1;
    p->part_count = 1;
    p->ack_count = 0;
    p->proposed = zxid;
    p->committed = zxid;
    p->hold = INT64_MAX;
    check_invariants(p);
}

// A part ends where the next one begins.
static int64_t end_of(const struct proposals *p, size_t part)
{
    return part + 1 < p->part_count ? p->parts[part + 1].first - 1 : p->proposed;
}

static void drop_finished_parts(struct proposals *p)
{
    size_t finished = 0;
    while (finished + 1 < p->part_count && end_of(p, finished) <= p->committed) {
        finished++;
    }
    for (size_t i = finished; i < p->part_count; i++) {
        p->parts[i - finished] = p->parts[i];
    }
    p->part_count -= finished;
}

static bool votes(const struct proposals *p, int64_t sid)
{
    for (size_t i = 0; i < p->part_count; i++) {
        if (quorums_has(&p->parts[i].quorums, sid)) {
            return true;
        }
    }
    return false;
}

static void drop_strangers(struct proposals *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->ack_count; i++) {
        if (votes(p, p->acks[i].sid)) {
            p->acks[kept++] = p->acks[i];
        }
    }
    p->ack_count = kept;
}

void proposals_require(struct proposals *p, const struct quorums *quorums)
{
    drop_finished_parts(p);
    if (p->parts[p->part_count - 1].first > p->proposed) {
        p->part_count--; // nothing was proposed under it
    }
    ASSERT(p->part_count < PROPOSALS_PARTS_MAX);
    p->parts[p->part_count].first = p->proposed + 1;
    p->parts[p->part_count].quorums = *quorums;
    p->part_count++;
    drop_strangers(p);
    check_invariants(p);
}

void proposals_settle(struct proposals *p, const struct quorums *quorums)
{
    p->parts[0].first = p->committed + 1;
    p->parts[0].quorums = *quorums;
    p->part_count = 1;
    drop_strangers(p);
    check_invariants(p);
}

void proposals_add(struct proposals *p, int64_t zxid)
{
    ASSERT(zxid > p->proposed);
    p->proposed = zxid;
}

static bool is_acked_by_quorum(const struct proposals *p, const struct proposals_part *part,
                               int64_t zxid)
{
    struct quorums_set set = {0};
    for (size_t i = 0; i < p->ack_count; i++) {
        if (p->acks[i].zxid >= zxid) {
            quorums_add(&part->quorums, &set, p->acks[i].sid);
        }
    }
    return quorums_is_reached(&part->quorums, set);
}

// The newest zxid of the part, at most `limit`, that its quorums have reached.
static int64_t reached(const struct proposals *p, const struct proposals_part *part, int64_t limit)
{
    int64_t best = p->committed;
    for (size_t i = 0; i < p->ack_count; i++) {
        int64_t zxid = p->acks[i].zxid < limit ? p->acks[i].zxid : limit;
        if (zxid > best && is_acked_by_quorum(p, part, zxid)) {
            best = zxid;
        }
    }
    return best;
}

static int64_t advance(struct proposals *p)
{
    for (size_t i = 0; i < p->part_count; i++) {
        int64_t end = end_of(p, i);
        int64_t limit = end < p->hold ? end : p->hold;
        if (limit > p->committed) {
            p->committed = reached(p, &p->parts[i], limit);
        }
        if (p->committed < end) {
            break;
        }
    }
    if (p->part_count > 1) {
        drop_finished_parts(p);
    }
    check_invariants(p);
    return p->committed;
}

static struct proposals_ack *find(const struct proposals *p, int64_t sid)
{
    for (size_t i = 0; i < p->ack_count; i++) {
        if (p->acks[i].sid == sid) {
            return (struct proposals_ack *)(uintptr_t)&p->acks[i];
        }
    }
    return NULL;
}

int64_t proposals_ack(struct proposals *p, int64_t sid, int64_t zxid)
{
    ASSERT(zxid <= p->proposed);
    struct proposals_ack *ack = find(p, sid);
    if (zxid <= p->committed || (ack != NULL && ack->zxid >= zxid)) {
        return p->committed;
    }
    if (ack == NULL) {
        if (!votes(p, sid)) {
            return p->committed;
        }
        ASSERT(p->ack_count < PROPOSALS_SERVERS_MAX);
        ack = &p->acks[p->ack_count++];
    }
    *ack = (struct proposals_ack){.sid = sid, .zxid = zxid};
    return advance(p);
}

void proposals_retract(struct proposals *p, int64_t sid, int64_t zxid)
{
    struct proposals_ack *ack = find(p, sid);
    if (ack != NULL && ack->zxid > zxid) {
        ack->zxid = zxid;
    }
}

int64_t proposals_hold(struct proposals *p, int64_t zxid)
{
    ASSERT(zxid >= p->committed);
    p->hold = zxid;
    return advance(p);
}

int64_t proposals_acked(const struct proposals *p, int64_t sid)
{
    const struct proposals_ack *ack = find(p, sid);
    return ack != NULL ? ack->zxid : INT64_MIN;
}

void proposals_abandon(struct proposals *p)
{
    ASSERT(p->part_count == 1);
    ASSERT(p->parts[0].quorums.count == 1);
    ASSERT(p->parts[0].quorums.of[0].count == 1);
    p->proposed = p->committed;
}
