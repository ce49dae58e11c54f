// SPDX-License-Identifier: Apache-2.0
//
// A small table: ensembles have few voters, so it is searched from its beginning.
#include "zab/ballots.h"

void ballots_clear(struct ballots *b)
{
    b->count = 0;
}

void ballots_put(struct ballots *b, int64_t sid, const struct vote *vote)
{
    size_t i = 0;
    while (i < b->count && b->items[i].sid != sid) {
        i++;
    }
    if (i == BALLOTS_MAX) {
        i = 0;
        b->count = 0;
    }
    b->items[i] = (struct ballot){.sid = sid, .vote = *vote};
    b->count = i == b->count ? i + 1 : b->count;
}

void ballots_drop(struct ballots *b, int64_t sid)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->items[i].sid == sid) {
            b->items[i] = b->items[--b->count];
            return;
        }
    }
}

const struct vote *ballots_find(const struct ballots *b, int64_t sid)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->items[i].sid == sid) {
            return &b->items[i].vote;
        }
    }
    return NULL;
}

bool ballots_have_quorum(const struct ballots *b, const struct quorums *q, const struct vote *vote)
{
    struct quorums_set set = {0};
    for (size_t i = 0; i < b->count; i++) {
        if (vote_is_equal(vote, &b->items[i].vote)) {
            quorums_add(q, &set, b->items[i].sid);
        }
    }
    return quorums_is_reached(q, set);
}

bool ballots_are_unanimous(const struct ballots *b, const struct quorums *q,
                           const struct vote *vote)
{
    for (size_t i = 0; i < q->count; i++) {
        for (size_t j = 0; j < q->of[i].count; j++) {
            const struct vote *cast = ballots_find(b, q->of[i].voters[j].sid);
            if (cast == NULL || !vote_is_equal(vote, cast)) {
                return false;
            }
        }
    }
    return true;
}
