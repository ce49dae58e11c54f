// SPDX-License-Identifier: Apache-2.0
//
// Majorities, weighted groups, and both of two configurations.
#include "zab/quorum.h"

#include "base/assert.h"

void quorum_init_single(struct quorum *q, int64_t sid)
{
    *q = (struct quorum){.voters = {{.sid = sid, .weight = 1}}, .count = 1};
}

enum err quorum_init_config(struct quorum *q, const struct config_servers *config)
{
    if (config_servers_count_role(config, CONFIG_PARTICIPANT) > QUORUM_VOTERS_MAX) {
        return ERR_LIMIT;
    }
    *q = (struct quorum){.is_hierarchical = config->is_hierarchical};
    for (size_t i = 0; i < config->count; i++) {
        const struct config_member *m = &config->members[i];
        if (m->role == CONFIG_PARTICIPANT) {
            q->voters[q->count++] = (struct quorum_voter){
                .sid = m->id,
                .group = q->is_hierarchical ? m->group : 0,
                .weight = q->is_hierarchical ? m->weight : 1,
            };
        }
    }
    return ERR_OK;
}

static const struct quorum_voter *find(const struct quorum *q, int64_t sid)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->voters[i].sid == sid) {
            return &q->voters[i];
        }
    }
    return NULL;
}

bool quorum_has(const struct quorum *q, int64_t sid)
{
    return find(q, sid) != NULL;
}

int64_t quorum_weight(const struct quorum *q, int64_t sid)
{
    const struct quorum_voter *v = find(q, sid);
    return v != NULL ? v->weight : 0;
}

void quorum_add(const struct quorum *q, struct quorum_set *set, int64_t sid)
{
    const struct quorum_voter *v = find(q, sid);
    if (v != NULL) {
        set->bits |= UINT64_C(1) << (size_t)(v - q->voters);
    }
}

// Weight of the members of `group`, of all and of those in `set`.
static void weigh(const struct quorum *q, struct quorum_set set, int64_t group, int64_t *ret_all,
                  int64_t *ret_in_set)
{
    *ret_all = 0;
    *ret_in_set = 0;
    for (size_t i = 0; i < q->count; i++) {
        if (q->voters[i].group == group) {
            *ret_all += q->voters[i].weight;
            *ret_in_set += (set.bits >> i & 1) != 0 ? q->voters[i].weight : 0;
        }
    }
}

static bool is_first_of_group(const struct quorum *q, size_t voter)
{
    for (size_t i = 0; i < voter; i++) {
        if (q->voters[i].group == q->voters[voter].group) {
            return false;
        }
    }
    return true;
}

// Groups without weight do not count. Source: QuorumHierarchical.containsQuorum.
static bool has_groups(const struct quorum *q, struct quorum_set set)
{
    size_t groups = 0;
    size_t agreeing = 0;
    for (size_t i = 0; i < q->count; i++) {
        int64_t all;
        int64_t in_set;
        if (!is_first_of_group(q, i)) {
            continue;
        }
        weigh(q, set, q->voters[i].group, &all, &in_set);
        groups += all > 0 ? 1 : 0;
        agreeing += all > 0 && in_set > all / 2 ? 1 : 0;
    }
    return agreeing > groups / 2;
}

bool quorum_is_reached(const struct quorum *q, struct quorum_set set)
{
    if (q->is_hierarchical) {
        return has_groups(q, set);
    }
    return (size_t)__builtin_popcountll(set.bits) > q->count / 2;
}

enum err quorums_init(struct quorums *qs, const struct config_servers *committed,
                      const struct config_servers *seen)
{
    struct quorums made = {.count = 1};
    enum err e = quorum_init_config(&made.of[0], committed);
    if (e == ERR_OK && seen->version > committed->version) {
        made.count = 2;
        e = quorum_init_config(&made.of[1], seen);
    }
    if (e == ERR_OK) {
        *qs = made;
    }
    return e;
}

bool quorums_has(const struct quorums *qs, int64_t sid)
{
    return quorum_has(&qs->of[0], sid) || (qs->count == 2 && quorum_has(&qs->of[1], sid));
}

void quorums_add(const struct quorums *qs, struct quorums_set *set, int64_t sid)
{
    for (size_t i = 0; i < qs->count; i++) {
        quorum_add(&qs->of[i], &set->of[i], sid);
    }
}

bool quorums_is_reached(const struct quorums *qs, struct quorums_set set)
{
    for (size_t i = 0; i < qs->count; i++) {
        if (!quorum_is_reached(&qs->of[i], set.of[i])) {
            return false;
        }
    }
    return true;
}
