// SPDX-License-Identifier: Apache-2.0
//
// Configurations that reach a learner: in a reconfig transaction (proposed: seen; committed: in
// force) and in NEWLEADER (seen at once, in force with UPTODATE). What comes into force may end the
// role: this server is of another kind now, or another one is to lead.
// Source: QuorumPeer.processReconfig.
#include "base/arena.h"
#include "jute/op.h"
#include "jute/txn.h"
#include "zab/learner_priv.h"

// ---- reading ----

// The text in a reconfig transaction: it sets the data of /zookeeper/config.
// Memory: borrows `txn`.
static bool read_text(struct slice txn, struct slice *ret)
{
    struct arena arena = {0};
    struct txn t;
    bool is_ok = txn_decode(txn, &arena, INT32_MAX, &t) == ERR_OK && t.header.type == OP_RECONFIG;
    if (is_ok) {
        *ret = t.op.set_data.data;
    }
    arena_fini(&arena);
    return is_ok && !slice_is_null(*ret);
}

static bool read_header(struct slice txn, struct jute_txn_header *ret)
{
    struct jute_in in;
    jute_in_init(&in, txn, NULL, 0);
    return jute_txn_header_decode(&in, ret);
}

// ---- seen ----

void learner_tell_seen(struct learner *l, int64_t before, struct zab_effects *effects)
{
    if (l->core->seen.version != before) {
        struct buf text = {0};
        core_print_config(&l->core->seen, &text);
        zab_effects_add(effects, ZAB_DO_SEE_CONFIG)->config =
            zab_effects_copy(effects, buf_slice(&text));
        buf_fini(&text);
    }
}

bool learner_see(struct learner *l, int64_t zxid, struct slice txn, struct zab_effects *effects)
{
    struct jute_txn_header header;
    struct slice text;
    int64_t before = l->core->seen.version;
    if (!read_header(txn, &header) || header.zxid != zxid) {
        learner_fail(l, "a proposal that is no transaction, or another one", effects);
        return false;
    }
    if (header.type != OP_RECONFIG) {
        return true;
    }
    if (!read_text(txn, &text) || core_see_config(l->core, text) != ERR_OK) {
        learner_fail(l, "an unreadable configuration was proposed", effects);
        return false;
    }
    learner_tell_seen(l, before, effects);
    return true;
}

// ---- in force ----

static bool is_observer(const struct config_servers *config, int64_t sid)
{
    const struct config_member *m = config_servers_find(config, sid);
    return m != NULL && m->role == CONFIG_OBSERVER;
}

static const struct config_member *find_voter(const struct config_servers *config, int64_t sid)
{
    const struct config_member *m = config_servers_find(config, sid);
    return m != NULL && m->role == CONFIG_PARTICIPANT ? m : NULL;
}

static bool is_at_same_addresses(const struct config_member *a, const struct config_member *b)
{
    if (a->address_count != b->address_count) {
        return false;
    }
    for (size_t i = 0; i < a->address_count; i++) {
        if (strcmp(a->addresses[i].host, b->addresses[i].host) != 0 ||
            a->addresses[i].quorum_port != b->addresses[i].quorum_port) {
            return false;
        }
    }
    return true;
}

static bool has_leader_moved(const struct config_servers *before,
                             const struct config_servers *after, int64_t leader)
{
    const struct config_member *then = find_voter(before, leader);
    const struct config_member *now = find_voter(after, leader);
    return then == NULL || now == NULL || !is_at_same_addresses(then, now);
}

// Source: QuorumPeer.updateVote, where such a vote has neither of the epochs.
static bool take_designated(struct learner *l, int64_t designated, int64_t zxid)
{
    struct vote *vote = &l->core->vote;
    if (vote->leader == designated) {
        return false;
    }
    *vote =
        (struct vote){.leader = designated, .zxid = zxid, .election_epoch = -1, .peer_epoch = -1};
    return true;
}

// `config` is the parsed `text` and newer than the one in force. `designated` NULL: nobody.
static bool replace_config(struct learner *l, const struct config_servers *config,
                           struct slice text, const int64_t *designated, int64_t zxid,
                           struct zab_effects *effects)
{
    const struct config_servers *before = &l->core->committed;
    bool is_same = config_servers_equal(before, config);
    int64_t sid = l->core->options.sid;
    bool is_other_role = is_observer(before, sid) != is_observer(config, sid);
    bool is_moved = has_leader_moved(before, config, l->core->vote.leader);
    if (core_activate_config(l->core, text) != ERR_OK) {
        return false;
    }
    zab_effects_add(effects, ZAB_DO_ACTIVATE_CONFIG)->config = zab_effects_copy(effects, text);
    if (is_same) {
        return true;
    }
    l->next = -1;
    l->is_moving = is_other_role;
    if (designated == NULL) {
        l->is_moving |= is_moved;
    } else {
        l->is_moving |= take_designated(l, *designated, zxid);
        l->next = l->core->vote.leader;
    }
    return true;
}

// Is a configuration that came with NEWLEADER decided, where the leader has committed up to `zxid`?
// A version is the zxid of its proposal, or where an epoch begins. One of an epoch after the
// leader's it cannot have proposed while it led: it had it before, so that NEWLEADER needed the
// quorums of that one, too, and had them before UPTODATE.
static bool is_decided(const struct learner *l, int64_t version, int64_t zxid)
{
    return version <= zxid || zab_epoch_of(version) > l->epoch;
}

// `designated` NULL: the text came with NEWLEADER.
static enum learner_change activate(struct learner *l, struct slice text, const int64_t *designated,
                                    int64_t zxid, struct zab_effects *effects)
{
    struct config_servers config;
    struct buf complaint = {0};
    config_servers_init(&config);
    l->is_moving = false;
    bool is_ok = config_servers_parse(text, &config, &complaint) == ERR_OK;
    bool is_committed = designated != NULL || is_decided(l, config.version, zxid);
    if (is_ok && is_committed && config.version > l->core->committed.version) {
        is_ok = replace_config(l, &config, text, designated, zxid, effects);
    }
    config_servers_fini(&config);
    buf_fini(&complaint);
    if (!is_ok) {
        learner_fail(l, "an unreadable configuration was committed", effects);
        return LEARNER_FAILED;
    }
    return l->is_moving ? LEARNER_MOVES : LEARNER_GOES_ON;
}

enum learner_change learner_activate_txn(struct learner *l, struct slice txn, int64_t zxid,
                                         int64_t designated, struct zab_effects *effects)
{
    struct slice text;
    if (!l->core->options.reconfig_enabled) {
        return LEARNER_GOES_ON;
    }
    if (!read_text(txn, &text)) {
        learner_fail(l, "an unreadable configuration was committed", effects);
        return LEARNER_FAILED;
    }
    return activate(l, text, &designated, zxid, effects);
}

enum learner_change learner_activate_text(struct learner *l, struct slice text, int64_t committed,
                                          struct zab_effects *effects)
{
    if (!l->core->options.reconfig_enabled || text.len == 0) {
        return LEARNER_GOES_ON;
    }
    return activate(l, text, NULL, committed, effects);
}
