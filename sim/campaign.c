// SPDX-License-Identifier: Apache-2.0
//
// The phases of a campaign.
#include "sim/campaign.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "sim/check.h"
#include "sim/governor.h"
#include "sim/guest.h"

enum {
    VISITORS = 4,
    GUESTS = 2,              // of them, where there are any: the last
    BEGIN_MS = 20 * 1000,    // until the first leader serves
    PATIENCE_MS = 60 * 1000, // until healed servers serve, answers come, all have stopped
    RETRY_NS = 50 * 1000000, // of a trouble that has to wait
    PROGRESS_WRITES = 10,    // of each actor, once everything is healed
    SETTLE_MS = 4 * 1000,    // dead sessions, empty containers and old TTL nodes go meanwhile
    REAP_MS = 300,
    ROLLING_TXNS = 250, // of an epoch whose zxids roll over
    SLACK_MS = 1000,    // CLUSTER_SYNC_LIMIT ticks and what delays there may be
    AWAY_MS = 6000,     // longer than any session
    THINK_NS = 5 * 1000000,
};

struct campaign {
    const struct campaign_options *options;
    struct world world;
    struct cluster cluster;
    struct planted planted;
    struct strikes strikes;
    struct actor actors[SCHEDULE_SERVERS_MAX];
    struct visitor visitors[VISITORS];
    int visitor_count;
    struct guest guests[GUESTS];
    int guest_count;
    struct governor governor;
    struct annals history;
    struct finding finding;
    struct port_timer next; // trouble
    size_t next_trouble;
    bool is_healed;
    int64_t begun_ns; // when the first leader served
};

// ---- troubles ----

static void shake_client(struct campaign *c, const struct trouble *t)
{
    int number = (int)(t->dice % VISITORS);
    bool is_long = (t->dice >> 32) % 6 == 0;
    int64_t away_ms = is_long ? AWAY_MS : 1 + t->for_ms / 10;
    if (number >= c->visitor_count) {
        guest_rest(&c->guests[number - c->visitor_count], away_ms, is_long);
    } else if (c->visitors[number].client.link != NULL) {
        client_rest(&c->visitors[number].client, away_ms);
    }
}

static void shake_clock(struct campaign *c, const struct trouble *t)
{
    int number = t->who >= 0 ? t->who : (int)(t->dice >> 40) % c->cluster.count;
    visitor_mark(&c->history, &c->world, ANNALS_CLOCK);
    cluster_node(&c->cluster, number)->wall_offset_ms += (int64_t)(t->dice % 7200000) - 3600000;
    visitor_mark(&c->history, &c->world, ANNALS_CLOCK);
    strikes_note(&c->strikes, "the clock of server %d jumps", number + 1);
}

static bool try_trouble(struct campaign *c, const struct trouble *t)
{
    if (t->kind == TROUBLE_AWAY) {
        shake_client(c, t);
        return true;
    }
    if (t->kind == TROUBLE_CLOCK) {
        shake_clock(c, t);
        return true;
    }
    visitor_mark(&c->history, &c->world, ANNALS_TROUBLE);
    return strikes_try(&c->strikes, t);
}

static const struct trouble *next_trouble(struct campaign *c)
{
    const struct schedule *s = &c->options->schedule;
    while (c->next_trouble < s->count && s->troubles[c->next_trouble].is_dropped) {
        c->next_trouble++;
    }
    return c->next_trouble < s->count ? &s->troubles[c->next_trouble] : NULL;
}

static void plan_next(struct campaign *c)
{
    const struct trouble *t = next_trouble(c);
    if (t != NULL) {
        int64_t delay_ns = c->begun_ns + t->at_ms * 1000000 - c->world.now_ns;
        world_start(&c->world, &c->next, delay_ns > 0 ? delay_ns : 0);
    }
}

static void on_trouble_time(struct port_timer *timer)
{
    struct campaign *c = CONTAINER_OF(timer, struct campaign, next);
    if (try_trouble(c, next_trouble(c))) {
        c->next_trouble++;
        plan_next(c);
    } else {
        world_start(&c->world, &c->next, RETRY_NS);
    }
}

// ---- phases ----

static void fail_impatiently(struct campaign *c, const char *what)
{
    static const char *const states[] = {"away", "reconciling", "working"};
    struct buf text = {0};
    cluster_print(&c->cluster, &text);
    for (int i = 0; i < c->cluster.count; i++) {
        const struct actor *a = &c->actors[i];
        if (!actor_is_quiet(a) || a->writes_done < PROGRESS_WRITES) {
            buf_printf(&text, "; actor %d is %s%s, %zu open", i + 1, states[a->state],
                       a->client.link != NULL ? " with a connection" : "", a->open_count);
        }
    }
    world_fail(&c->world, "%s: %s", what, buf_cstr(&text));
    buf_fini(&text);
}

// Step until `is_done` or patience ends.
static bool run_until(struct campaign *c, bool (*is_done)(struct campaign *c), int64_t limit_ms,
                      const char *what)
{
    int64_t end_ns = c->world.now_ns + limit_ms * 1000000;
    while (!is_done(c)) {
        if (c->world.now_ns > end_ns) {
            fail_impatiently(c, what);
        }
        if (!world_step(&c->world)) {
            return false;
        }
        cluster_tend(&c->cluster);
    }
    return !world_has_failed(&c->world);
}

static bool has_begun(struct campaign *c)
{
    return cluster_leader(&c->cluster) >= 0;
}

static bool run_for(struct campaign *c, int64_t duration_ms)
{
    int64_t end_ns = c->world.now_ns + duration_ms * 1000000;
    while (c->world.now_ns < end_ns) {
        if (!world_step(&c->world)) {
            return false;
        }
        cluster_tend(&c->cluster);
    }
    return true;
}

static bool is_governed(const struct campaign *c)
{
    return c->options->schedule.is_governed;
}

static bool has_progress(struct campaign *c)
{
    if (!cluster_all_serve(&c->cluster) || (is_governed(c) && !governor_is_done(&c->governor))) {
        return false;
    }
    for (int i = 0; i < c->cluster.count; i++) {
        if (c->actors[i].writes_done < PROGRESS_WRITES) {
            return false;
        }
    }
    for (int i = 0; i < c->visitor_count; i++) {
        if (c->visitors[i].answers < PROGRESS_WRITES) {
            return false;
        }
    }
    for (int i = 0; i < c->guest_count; i++) {
        if (c->guests[i].visitor.answers < PROGRESS_WRITES) {
            return false;
        }
    }
    return true;
}

static bool is_quiet(struct campaign *c)
{
    for (int i = 0; i < c->cluster.count; i++) {
        if (!actor_is_quiet(&c->actors[i])) {
            return false;
        }
    }
    for (int i = 0; i < c->visitor_count; i++) {
        if (!c->visitors[i].client.is_stopped && !visitor_is_quiet(&c->visitors[i])) {
            return false;
        }
    }
    for (int i = 0; i < c->guest_count; i++) {
        if (c->guests[i].zk != NULL && !guest_is_quiet(&c->guests[i])) {
            return false;
        }
    }
    return true;
}

static bool is_level(struct campaign *c)
{
    return is_quiet(c) && cluster_is_level(&c->cluster);
}

static void heal(struct campaign *c)
{
    c->is_healed = c->cluster.is_healed = true;
    timers_stop(&c->world.events, &c->next);
    strikes_end_all(&c->strikes);
    strikes_note(&c->strikes, "healed");
    visitor_mark(&c->history, &c->world, ANNALS_TROUBLE);
    if (is_governed(c)) {
        governor_restore(&c->governor);
    }
    for (int i = 0; i < c->cluster.count; i++) {
        c->actors[i].writes_done = 0;
    }
    for (int i = 0; i < c->visitor_count; i++) {
        c->visitors[i].answers = 0;
    }
    for (int i = 0; i < c->guest_count; i++) {
        c->guests[i].visitor.answers = 0;
    }
}

static void set_resting(struct campaign *c)
{
    if (is_governed(c)) {
        governor_stop(&c->governor);
    }
    for (int i = 0; i < c->cluster.count; i++) {
        c->actors[i].is_resting = true;
    }
    for (int i = 0; i < c->visitor_count; i++) {
        c->visitors[i].is_resting = true;
    }
    for (int i = 0; i < c->guest_count; i++) {
        c->guests[i].visitor.is_resting = true;
    }
}

// Containers and sessions go on changing trees; so the same zxid twice, and then field by field.
static bool compare_trees(struct campaign *c)
{
    if (!run_until(c, is_level, PATIENCE_MS, "the trees do not come together")) {
        return false;
    }
    uint64_t first = sight_hash(&c->cluster.members[0].box);
    for (int i = 1; i < c->cluster.count; i++) {
        if (!c->options->is_blind && sight_hash(&c->cluster.members[i].box) != first) {
            world_fail(&c->world, "replicas: the trees or sessions of servers 1 and %d differ",
                       i + 1);
        }
    }
    return !world_has_failed(&c->world);
}

static bool is_up_again(struct campaign *c)
{
    return cluster_all_serve(&c->cluster) && is_quiet(c);
}

// Everybody at once: what was acknowledged is on the disks.
static bool restart_all(struct campaign *c)
{
    bool is_by_power = (c->options->schedule.seed & 1) != 0;
    visitor_mark(&c->history, &c->world, ANNALS_TROUBLE);
    for (int i = 0; i < c->cluster.count; i++) {
        if (is_by_power) {
            cluster_cut_power(&c->cluster, i, CLUSTER_TICK_MS);
        } else {
            cluster_stop(&c->cluster, i, CLUSTER_TICK_MS);
        }
    }
    return run_until(c, is_up_again, PATIENCE_MS, "not started again");
}

static bool has_audited(struct campaign *c)
{
    return c->visitors[0].audit_next == ANNALS_NONE && is_quiet(c);
}

// All visitors but one leave; what was theirs goes; the one looks at everything; they are judged.
static bool audit(struct campaign *c)
{
    visitor_mark(&c->history, &c->world, ANNALS_TROUBLE);
    for (int i = 1; i < c->visitor_count; i++) {
        client_stop(&c->visitors[i].client);
    }
    for (int i = 0; i < c->guest_count; i++) {
        guest_stop(&c->guests[i]);
    }
    if (!run_for(c, SETTLE_MS)) {
        return false;
    }
    visitor_audit(&c->visitors[0]);
    if (!run_until(c, has_audited, PATIENCE_MS, "the last look does not end")) {
        return false;
    }
    if (c->options->tamper != NULL) {
        c->options->tamper(&c->history);
    }
    if (!check_all(&c->history, &c->finding)) {
        world_fail(&c->world, "%s: %s", c->finding.property, c->finding.what);
    }
    return !world_has_failed(&c->world);
}

static bool run_phases(struct campaign *c)
{
    if (!run_until(c, has_begun, BEGIN_MS, "no leader")) {
        return false;
    }
    c->begun_ns = c->world.now_ns;
    plan_next(c);
    if (!run_for(c, c->options->schedule.trouble_ms)) {
        return false;
    }
    heal(c);
    if (!run_until(c, has_progress, PATIENCE_MS, "no progress though everything is healed")) {
        return false;
    }
    set_resting(c);
    return run_until(c, is_quiet, PATIENCE_MS, "answers are missing") && compare_trees(c) &&
           restart_all(c) && audit(c) && compare_trees(c);
}

// ---- set-up ----

static void add_all_servers(struct campaign *c, struct sim_client *client, int first)
{
    for (int i = 0; i < c->cluster.count; i++) {
        if (i != first) {
            client_add_server(client, cluster_node(&c->cluster, i));
        }
    }
    client->slack_ms = SLACK_MS;
}

static void begin_clients(struct campaign *c)
{
    for (int i = 0; i < c->cluster.count; i++) {
        struct actor *a = &c->actors[i];
        actor_init(a, cluster_node(&c->cluster, i), BOX_CLIENT_PORT, i);
        a->may_refuse = c->cluster.may_fail;
        a->client.slack_ms = SLACK_MS;
        a->think_ns = THINK_NS;
        actor_start(a);
    }
    for (int i = 0; i < c->visitor_count; i++) {
        struct visitor *v = &c->visitors[i];
        int first = i % c->cluster.count;
        visitor_init(v, cluster_node(&c->cluster, first), BOX_CLIENT_PORT, &c->history, i);
        add_all_servers(c, &v->client, first);
        v->may_refuse = c->cluster.may_fail;
        v->think_ns = THINK_NS;
        visitor_start(v);
    }
    for (int i = 0; i < c->guest_count; i++) {
        guest_start(&c->guests[i], &c->world, &c->history, c->visitor_count + i, c->cluster.count,
                    c->options->plant);
        c->guests[i].visitor.may_refuse = c->cluster.may_fail;
    }
    if (is_governed(c)) {
        governor_start(&c->governor, &c->cluster);
    }
}

static void set_up(struct campaign *c)
{
    const struct schedule *s = &c->options->schedule;
    struct cluster_options cluster = {.voters = s->voters,
                                      .observers = s->observers,
                                      .extra = s->is_governed ? GOVERNOR_CONFIG : NULL,
                                      .may_fail = s->has_disk_faults,
                                      .is_verbose = c->options->is_verbose};
    c->guest_count = s->has_guests ? GUESTS : 0;
    c->visitor_count = VISITORS - c->guest_count;
    world_init(&c->world, s->seed);
    plant_prepare(c->options->plant, s->seed, &cluster, &c->planted);
    cluster_init(&c->cluster, &c->world, &cluster);
    plant_begin(&c->planted, &c->cluster);
    c->cluster.look.is_blind = c->options->is_blind;
    strikes_init(&c->strikes, &c->cluster);
    annals_init(&c->history);
    visitor_name_nodes(&c->history);
    c->history.may_be_stale = true;
    c->history.slack_ms = SLACK_MS;
    c->next.fire = on_trouble_time;
    for (int i = 0; i < c->cluster.count; i++) {
        c->cluster.members[i].box.reap_ms = REAP_MS;
        c->cluster.members[i].box.counter_end = s->is_rolling ? ROLLING_TXNS : 0;
    }
    cluster_start_all(&c->cluster);
    begin_clients(c);
}

static void sum_up(struct campaign *c, struct campaign_result *ret)
{
    *ret = (struct campaign_result){.steps = c->world.steps,
                                    .trace = c->world.trace,
                                    .power_cuts = c->cluster.power_cuts,
                                    .elections = c->cluster.look.epochs.count,
                                    .compared = c->cluster.look.compared,
                                    .refusals = c->cluster.refusals,
                                    .reconfigurations = c->governor.changes,
                                    .virtual_ms = c->world.now_ns / 1000000};
    memcpy(ret->failure, c->world.failure, sizeof(ret->failure));
    memcpy(ret->counts, c->strikes.counts, sizeof(ret->counts));
    for (int i = 0; i < c->cluster.count; i++) {
        ret->writes += c->actors[i].writes_done;
        ret->starts += c->cluster.members[i].box.starts;
    }
    for (int i = 0; i < c->guest_count; i++) {
        ret->lost += c->guests[i].lost;
        ret->not_sent += c->guests[i].not_sent;
        ret->returns += c->guests[i].returns;
        ret->sessions += c->guests[i].sessions;
    }
    for (size_t i = 0; i < c->history.count; i++) {
        ret->answers += c->history.items[i].kind == ANNALS_ANSWER;
    }
    struct buf story = {0};
    if (c->finding.property != NULL) {
        finding_print(&c->finding, &c->history, &story);
        (void)snprintf(ret->story, sizeof(ret->story), "%s", buf_cstr(&story));
    }
    buf_fini(&story);
    struct slice journal = buf_slice(&c->strikes.journal);
    size_t skipped =
        journal.len < sizeof(ret->journal) ? 0 : journal.len - sizeof(ret->journal) + 1;
    if (journal.len > 0) {
        memcpy(ret->journal, journal.data + skipped, journal.len - skipped);
    }
}

static void tear_down(struct campaign *c)
{
    for (int i = 0; i < c->cluster.count; i++) {
        actor_fini(&c->actors[i]);
    }
    for (int i = 0; i < c->visitor_count; i++) {
        visitor_fini(&c->visitors[i]);
    }
    for (int i = 0; i < c->guest_count; i++) {
        guest_stop(&c->guests[i]);
    }
    if (is_governed(c)) {
        governor_fini(&c->governor);
    }
    annals_fini(&c->history);
    timers_stop(&c->world.events, &c->next);
    strikes_fini(&c->strikes);
    cluster_fini(&c->cluster);
    for (int i = 0; i < c->guest_count; i++) {
        guest_fini(&c->guests[i]);
    }
    plant_fini(&c->planted);
    world_fini(&c->world);
}

bool campaign_run(const struct campaign_options *options, struct campaign_result *ret)
{
    struct campaign *c = mem_zalloc(sizeof(*c));
    c->options = options;
    set_up(c);
    bool is_right = run_phases(c);
    sum_up(c, ret);
    tear_down(c);
    mem_free(c);
    return is_right;
}
