// SPDX-License-Identifier: Apache-2.0
//
// Epochs and configurations. A configuration is copied by printing and parsing it: the text is what
// servers exchange, so a copy is never more than what any other member would have.
#include "zab/core.h"

#include "base/assert.h"

static void check_invariants(const struct zab_core *core)
{
    ASSERT(core->accepted_epoch >= core->current_epoch);
    ASSERT(core->seen.version >= core->committed.version);
    ASSERT(core->quorums.count > 0);
}

// ---- configurations ----

// `ret` is initialised and empty, and stays so on failure.
static enum err parse_config(struct slice text, struct config_servers *ret)
{
    struct buf complaint = {0};
    struct quorum quorum;
    enum err e = config_servers_parse(text, ret, &complaint);
    if (e == ERR_OK) {
        e = quorum_init_config(&quorum, ret);
    }
    if (e != ERR_OK) {
        config_servers_fini(ret);
        config_servers_init(ret);
    }
    buf_fini(&complaint);
    return e;
}

static void copy_config(const struct config_servers *from, struct config_servers *ret)
{
    struct buf text = {0};
    core_print_config(from, &text);
    ASSERT(parse_config(buf_slice(&text), ret) == ERR_OK);
    buf_fini(&text);
}

static void replace(struct config_servers *place, struct config_servers *by)
{
    config_servers_fini(place);
    *place = *by;
}

// Both were taken in one by one, so neither has too many voters.
static void count_quorums(struct zab_core *core)
{
    ASSERT(quorums_init(&core->quorums, &core->committed, &core->seen) == ERR_OK);
    check_invariants(core);
}

// One that is older than the committed configuration can never come into force: then nothing but
// that is seen.
static enum err take_seen(struct zab_core *core, struct slice text, bool may_be_older)
{
    struct config_servers config;
    config_servers_init(&config);
    enum err e = parse_config(text, &config);
    if (e != ERR_OK || !core->options.reconfig_enabled || config.version == core->seen.version ||
        (config.version < core->seen.version && !may_be_older)) {
        config_servers_fini(&config);
        return e;
    }
    if (config.version < core->committed.version) {
        config_servers_fini(&config);
        config_servers_init(&config);
        copy_config(&core->committed, &config);
    }
    replace(&core->seen, &config);
    count_quorums(core);
    return ERR_OK;
}

// Source: QuorumPeer.setLastSeenQuorumVerifier, which takes any other version at any time.
enum err core_see_config(struct zab_core *core, struct slice text)
{
    return take_seen(core, text, false);
}

enum err core_follow_seen_config(struct zab_core *core, struct slice text)
{
    return take_seen(core, text, true);
}

// Source: QuorumPeer.setQuorumVerifier.
enum err core_activate_config(struct zab_core *core, struct slice text)
{
    struct config_servers config;
    config_servers_init(&config);
    enum err e = parse_config(text, &config);
    if (e != ERR_OK || !core->options.reconfig_enabled ||
        config.version <= core->committed.version) {
        config_servers_fini(&config);
        return e;
    }
    if (config.version > core->seen.version) {
        struct config_servers seen;
        config_servers_init(&seen);
        copy_config(&config, &seen);
        replace(&core->seen, &seen);
    }
    replace(&core->committed, &config);
    count_quorums(core);
    return ERR_OK;
}

void core_print_config(const struct config_servers *config, struct buf *to)
{
    config_servers_print(config, to);
}

// ---- life cycle ----

void core_init(struct zab_core *core, const struct zab_options *options,
               const struct zab_recovered *recovered, const struct config_servers *committed,
               const struct config_servers *seen)
{
    *core = (struct zab_core){
        .options = *options,
        .role = ZAB_LOOKING,
        .accepted_epoch = recovered->accepted_epoch,
        .current_epoch = recovered->current_epoch,
        .last_zxid = recovered->last_zxid,
        .next_link = ZAB_LINK_DIALLED + 1,
    };
    bool has_newer = seen != NULL && seen->version > committed->version;
    config_servers_init(&core->committed);
    config_servers_init(&core->seen);
    copy_config(committed, &core->committed);
    copy_config(has_newer ? seen : committed, &core->seen);
    recent_init(&core->history, options->history_count, options->history_bytes);
    recent_reset(&core->history, recovered->last_zxid);
    prng_init(&core->prng, options->seed);
    count_quorums(core);
}

void core_fini(struct zab_core *core)
{
    config_servers_fini(&core->committed);
    config_servers_fini(&core->seen);
    recent_fini(&core->history);
}

// ---- epochs ----

void core_set_accepted_epoch(struct zab_core *core, int64_t epoch)
{
    ASSERT(epoch >= core->accepted_epoch);
    core->accepted_epoch = epoch;
    check_invariants(core);
}

void core_set_current_epoch(struct zab_core *core, int64_t epoch)
{
    ASSERT(epoch >= core->current_epoch);
    core->current_epoch = epoch;
    check_invariants(core);
}

// ---- claims ----

void core_hear_claim(struct zab_core *core, int64_t sid, int64_t epoch)
{
    core->claims[(uint64_t)sid % CORE_CLAIMS] =
        (struct core_claim){.is_known = true, .sid = sid, .epoch = epoch};
}

bool core_find_claim(const struct zab_core *core, int64_t sid, int64_t *ret_epoch)
{
    const struct core_claim *c = &core->claims[(uint64_t)sid % CORE_CLAIMS];
    if (!c->is_known || c->sid != sid) {
        return false;
    }
    *ret_epoch = c->epoch;
    return true;
}
