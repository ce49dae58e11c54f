// SPDX-License-Identifier: Apache-2.0
//
// Majority over a list of voters.
#include "zab/quorum.h"

#include "base/assert.h"

void quorum_init_single(struct quorum *q, int64_t sid)
{
    q->voters[0] = sid;
    q->count = 1;
}

void quorum_add(const struct quorum *q, struct quorum_set *set, int64_t sid)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->voters[i] == sid) {
            set->bits |= UINT64_C(1) << i;
        }
    }
}

bool quorum_is_reached(const struct quorum *q, struct quorum_set set)
{
    ASSERT(q->count > 0);
    return (size_t)__builtin_popcountll(set.bits) > q->count / 2;
}
