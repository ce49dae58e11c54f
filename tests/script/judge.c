// SPDX-License-Identifier: Apache-2.0
//
// The properties of Zab, checked where they could break. What a leader that serves commits is
// committed for ever: it is written down here, in order.
//
//  1. In an epoch at most one leader serves.
//  2. A leader that begins to serve holds everything that was ever committed, in its place.
//  3. A member that serves has applied a prefix of what was committed, and commits what comes next.
//  4. A sync is answered when what was committed before it was asked for is committed here.
#include <inttypes.h>
#include <string.h>

#include "tests/script/world.h"
#include "zab/core.h"

void judge_fail(struct world *w, const char *verdict, const struct member *m)
{
    if (w->verdict == NULL) {
        w->verdict = verdict;
        buf_printf(&w->evidence, "server %" PRId64 " at %" PRId64 " ms: tree 0x%" PRIx64 " (%zu), ",
                   m->sid, w->now_ms, (uint64_t)m->tree_zxid, m->tree.count);
        buf_printf(&w->evidence, "committed by anybody: %zu", w->committed.count);
    }
}

// Compare what the member holds up to `zxid`, first its tree, then what is not applied yet. A
// leader's is written down where it is new.
static void compare(struct member *m, int64_t zxid, bool is_leader)
{
    struct world *w = m->world;
    size_t total = m->tree.count + m->unapplied.count;
    for (; m->checked < total; m->checked++) {
        const struct record *r = m->checked < m->tree.count
                                     ? &m->tree.items[m->checked]
                                     : &m->unapplied.items[m->checked - m->tree.count];
        if (r->zxid > zxid) {
            break;
        }
        if (m->checked < w->committed.count) {
            if (!record_equal(r, &w->committed.items[m->checked])) {
                judge_fail(w, "histories differ", m);
                return;
            }
        } else if (is_leader) {
            records_add(&w->committed, *r);
        } else {
            judge_fail(w, "a learner commits what no leader did", m);
            return;
        }
    }
}

void judge_serve(struct member *m)
{
    struct world *w = m->world;
    int64_t epoch = zab_epoch(m->zab);
    bool leads = zab_role(m->zab) == ZAB_LEADING;
    m->checked = 0;
    if (leads && w->epoch_leader[epoch % WORLD_EPOCHS] != 0) {
        judge_fail(w, "two leaders serve in one epoch", m);
    }
    if (leads) {
        w->epoch_leader[epoch % WORLD_EPOCHS] = m->sid;
    }
    if (leads && m->tree.count + m->unapplied.count < w->committed.count) {
        judge_fail(w, "a leader lacks what was committed", m);
    }
    compare(m,
            leads                         ? INT64_MAX
            : m->committed > m->tree_zxid ? m->committed
                                          : m->tree_zxid,
            leads);
}

void judge_commit(struct member *m, int64_t zxid)
{
    if (zab_is_serving(m->zab)) {
        compare(m, zxid, zab_role(m->zab) == ZAB_LEADING);
    }
}

size_t judge_committed_now(const struct member *m)
{
    return m->world->committed.count;
}

void judge_synced(struct member *m)
{
    if (m->syncs_done == m->sync_count) {
        judge_fail(m->world, "a sync is answered that nobody asked for", m);
        return;
    }
    size_t mark = m->sync_marks[m->syncs_done++];
    if (mark > 0 && m->world->committed.items[mark - 1].zxid > m->committed &&
        m->world->committed.items[mark - 1].zxid > m->tree_zxid) {
        judge_fail(m->world, "a sync is answered too early", m);
    }
    if (m->syncs_done == m->sync_count) {
        m->sync_count = 0;
        m->syncs_done = 0;
    }
}

bool judge_tree_is_whole(struct member *m)
{
    const struct records *all = &m->world->committed;
    if (m->tree.count != all->count) {
        return false;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (!record_equal(&m->tree.items[i], &all->items[i])) {
            return false;
        }
    }
    return true;
}
