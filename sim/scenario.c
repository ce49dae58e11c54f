// SPDX-License-Identifier: Apache-2.0
//
// Trouble from a seed, and what must be true afterwards.
#include "sim/scenario.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "sim/check.h"
#include "sim/visitor.h"

enum {
    ACTORS = 2,
    VISITORS = 4,
    TROUBLE_NS = 60 * 1000000, // between two of them
    DOWN_NS = 15 * 1000000,    // until a dead process is started again
    FULL_NS = 80 * 1000000,    // a full disk stays full
    PATIENCE_MS = 60 * 1000,   // virtual time for progress, stops, reconciling
    PROGRESS_WRITES = 20,      // of each actor, once everything is healed
    FULL_ROOM_BYTES = 30 * 1024,
    SETTLE_MS = 6 * 1000, // dead sessions, empty containers and old TTL nodes go meanwhile
    REAP_MS = 300,        // how often the server looks for those
};

struct scenario {
    const struct scenario_options *options;
    struct world world;
    struct box box;
    struct actor actors[ACTORS];
    struct visitor visitors[VISITORS];
    struct annals history;
    struct finding finding;
    struct port_timer trouble; // the next one
    struct port_timer restart; // of a dead process
    struct port_timer refill;  // space returns
    bool is_healed;            // no trouble any more
    bool is_stopping;          // we asked for it
    uint64_t power_cuts;
};

// ---- the process ----

static void start_later(struct scenario *s)
{
    if (s->restart.impl == NULL) {
        world_start(&s->world, &s->restart, world_delay(&s->world, DOWN_NS));
    }
}

static bool disk_may_fail(const struct scenario *s)
{
    return s->options->plan == SCENARIO_DISK_FAULTS || s->options->fail_nth > 0;
}

static void on_restart_time(struct port_timer *timer)
{
    struct scenario *s = CONTAINER_OF(timer, struct scenario, restart);
    if (box_is_up(&s->box)) {
        return;
    }
    if (box_start(&s->box) != SERVER_EXIT_OK) {
        bool power_is_gone = s->box.node->disk.is_frozen; // tend() cuts it
        if (!power_is_gone && (s->is_healed || !disk_may_fail(s))) {
            world_fail(&s->world, "the server does not start: %s", s->box.last_problem);
        }
        start_later(s);
    }
}

static void cut_power(struct scenario *s)
{
    s->power_cuts++;
    s->is_stopping = false;
    box_power_cut(&s->box);
    start_later(s);
}

// After every step: power that went inside a disk operation, and processes that ended by
// themselves.
static void tend(struct scenario *s)
{
    if (s->box.node->disk.is_frozen) {
        cut_power(s);
    } else if (box_reap(&s->box)) {
        if (!s->is_stopping && !disk_may_fail(s)) {
            world_fail(&s->world, "the server stopped by itself: %s", s->box.last_problem);
        }
        s->is_stopping = false;
        start_later(s);
    }
}

// ---- trouble ----

static void shake_client(struct scenario *s)
{
    uint64_t who = prng_below(&s->world.prng, ACTORS + VISITORS);
    struct sim_client *c =
        who < ACTORS ? &s->actors[who].client : &s->visitors[who - ACTORS].client;
    if (c->link != NULL) {
        bool until_expired = world_chance(&s->world, 6);
        client_rest(c, until_expired ? 6000 : 1 + (int64_t)prng_below(&s->world.prng, 20));
    }
}

// The history has what visitors could know: that the clock jumped, not why.
static void shake_clock(struct scenario *s)
{
    visitor_mark(&s->history, &s->world, ANNALS_CLOCK);
    s->box.node->wall_offset_ms += (int64_t)prng_below(&s->world.prng, 7200000) - 3600000;
    visitor_mark(&s->history, &s->world, ANNALS_CLOCK);
}

static void shake_process(struct scenario *s)
{
    if (!box_is_up(&s->box)) {
        return;
    }
    switch (prng_below(&s->world.prng, 4)) {
    case 0:
        cut_power(s);
        break;
    case 1:
        s->is_stopping = false;
        box_kill(&s->box);
        start_later(s);
        break;
    case 2:
        s->is_stopping = true;
        box_stop(&s->box);
        break;
    default:
        s->box.node->disk.freeze_at =
            s->box.node->disk.op_count + 1 + prng_below(&s->world.prng, 200);
        break;
    }
}

static void shake_disk(struct scenario *s)
{
    struct sim_disk *d = &s->box.node->disk;
    if (world_chance(&s->world, 3)) {
        d->capacity_bytes = disk_used_bytes(d) + prng_below(&s->world.prng, FULL_ROOM_BYTES);
        if (s->refill.impl == NULL) {
            world_start(&s->world, &s->refill, world_delay(&s->world, FULL_NS));
        }
        return;
    }
    static const enum disk_op kinds[] = {DISK_WRITE,  DISK_SYNC,     DISK_TRUNCATE, DISK_RENAME,
                                         DISK_REMOVE, DISK_SYNC_DIR, DISK_OPEN};
    enum disk_op op = kinds[prng_below(&s->world.prng, sizeof(kinds) / sizeof(kinds[0]))];
    enum err with = world_chance(&s->world, 2) ? ERR_IO : ERR_NO_SPACE;
    disk_fail_nth(d, op, 1 + prng_below(&s->world.prng, 5), with);
}

static void on_refill_time(struct port_timer *timer)
{
    CONTAINER_OF(timer, struct scenario, refill)->box.node->disk.capacity_bytes = UINT64_MAX;
}

static void on_trouble_time(struct port_timer *timer)
{
    struct scenario *s = CONTAINER_OF(timer, struct scenario, trouble);
    uint64_t dice = prng_below(&s->world.prng, 6);
    if (dice < 2 || s->options->plan == SCENARIO_CALM) {
        shake_client(s);
    } else if (dice == 2) {
        shake_clock(s);
    } else if (dice < 5 || s->options->plan == SCENARIO_CRASHES) {
        shake_process(s);
    } else {
        shake_disk(s);
    }
    world_start(&s->world, &s->trouble, world_delay(&s->world, TROUBLE_NS));
}

// ---- phases ----

static void fail_impatiently(struct scenario *s, const char *what)
{
    static const char *const states[] = {"away", "reconciling", "working"};
    struct buf text = {0};
    for (int i = 0; i < ACTORS; i++) {
        const struct actor *a = &s->actors[i];
        buf_printf(&text, "; actor %d is %s%s, %zu open", i, states[a->state],
                   a->client.link != NULL ? " with a connection" : "", a->open_count);
    }
    world_fail(&s->world, "%d s after everything was healed: %s%s", PATIENCE_MS / 1000, what,
               buf_cstr(&text));
    buf_fini(&text);
}

// Step until `is_done` or patience ends.
static bool run_until(struct scenario *s, bool (*is_done)(struct scenario *s), const char *what)
{
    int64_t end_ns = s->world.now_ns + (int64_t)PATIENCE_MS * 1000000;
    while (!is_done(s)) {
        if (s->world.now_ns > end_ns) {
            fail_impatiently(s, what);
        }
        if (!world_step(&s->world)) {
            return false;
        }
        tend(s);
    }
    return !world_has_failed(&s->world);
}

static bool has_progress(struct scenario *s)
{
    for (int i = 0; i < ACTORS; i++) {
        if (s->actors[i].writes_done < PROGRESS_WRITES) {
            return false;
        }
    }
    for (int i = 0; i < VISITORS; i++) {
        if (s->visitors[i].answers < PROGRESS_WRITES) {
            return false;
        }
    }
    return true;
}

static bool is_quiet(struct scenario *s)
{
    for (int i = 0; i < ACTORS; i++) {
        if (!actor_is_quiet(&s->actors[i])) {
            return false;
        }
    }
    for (int i = 0; i < VISITORS; i++) {
        if (!s->visitors[i].client.is_stopped && !visitor_is_quiet(&s->visitors[i])) {
            return false;
        }
    }
    return true;
}

static bool has_started_again(struct scenario *s)
{
    return !s->is_stopping && box_is_up(&s->box) && is_quiet(s);
}

static bool is_down(struct scenario *s)
{
    return !box_is_up(&s->box);
}

static bool run_trouble(struct scenario *s)
{
    int64_t end_ns = s->world.now_ns + s->options->trouble_ms * 1000000;
    while (s->world.now_ns < end_ns) {
        if (!world_step(&s->world)) {
            return false;
        }
        tend(s);
    }
    return true;
}

static void heal(struct scenario *s)
{
    s->is_healed = true;
    disk_heal(&s->box.node->disk);
    timers_stop(&s->world.events, &s->trouble);
    timers_stop(&s->world.events, &s->refill);
    for (int i = 0; i < ACTORS; i++) {
        s->actors[i].writes_done = 0;
    }
    for (int i = 0; i < VISITORS; i++) {
        s->visitors[i].answers = 0;
    }
}

static bool has_audited(struct scenario *s)
{
    return s->visitors[0].audit_next == ANNALS_NONE && is_quiet(s);
}

// All visitors but one leave; what was theirs goes; the one looks at everything; they are judged.
static bool audit(struct scenario *s)
{
    for (int i = 1; i < VISITORS; i++) {
        client_stop(&s->visitors[i].client);
    }
    if (!world_run(&s->world, SETTLE_MS)) {
        return false;
    }
    visitor_audit(&s->visitors[0]);
    if (!run_until(s, has_audited, "the last look does not end")) {
        return false;
    }
    if (s->options->tamper != NULL) {
        s->options->tamper(&s->history);
    }
    if (!check_all(&s->history, &s->finding)) {
        world_fail(&s->world, "%s: %s", s->finding.property, s->finding.what);
    }
    return !world_has_failed(&s->world);
}

// An allocation that fails costs its own connection and nothing else: no other one, no session.
static void check_connections(struct scenario *s)
{
    uint64_t lost = 0;
    for (int i = 0; i < ACTORS; i++) {
        lost += s->actors[i].client.lost_count;
    }
    if (s->options->try_nth > 0 && lost > 1) {
        world_fail(&s->world, "one failed allocation cost %llu connections",
                   (unsigned long long)lost);
    }
}

static bool run_phases(struct scenario *s)
{
    if (!run_trouble(s)) {
        return false;
    }
    heal(s);
    if (!run_until(s, has_progress, "no progress")) {
        return false;
    }
    for (int i = 0; i < ACTORS; i++) {
        s->actors[i].is_resting = true;
    }
    for (int i = 0; i < VISITORS; i++) {
        s->visitors[i].is_resting = true;
    }
    if (!run_until(s, is_quiet, "answers are missing")) {
        return false;
    }
    check_connections(s);
    s->is_stopping = true;
    box_stop(&s->box);
    if (!run_until(s, has_started_again, "not started again")) {
        return false;
    }
    if (!audit(s)) {
        return false;
    }
    for (int i = 0; i < ACTORS; i++) {
        client_stop(&s->actors[i].client);
    }
    client_stop(&s->visitors[0].client);
    s->is_stopping = true;
    box_stop(&s->box);
    return run_until(s, is_down, "not stopped");
}

// ---- set-up ----

static const char config_text[] = "maxClientCnxns=0\n"
                                  "snapCount=60\n"
                                  "preAllocSize=16\n"
                                  "autopurge.snapRetainCount=3\n"
                                  "admin.enableServer=false\n"
                                  "extendedTypesEnabled=true\n"
                                  "enforceQuota=true\n";

static void set_up(struct scenario *s)
{
    world_init(&s->world, s->options->seed);
    box_init(&s->box, &s->world, config_text, s->options->is_verbose);
    s->box.config->container_check_interval_ms = REAP_MS;
    annals_init(&s->history);
    visitor_name_nodes(&s->history);
    s->trouble.fire = on_trouble_time;
    s->restart.fire = on_restart_time;
    s->refill.fire = on_refill_time;
    s->box.node->disk.sync_lies = s->options->sync_lies;
    s->box.node->disk.freeze_at = s->options->cut_at_op;
    if (s->options->fail_nth > 0) {
        disk_fail_nth(&s->box.node->disk, s->options->fail_op, s->options->fail_nth,
                      s->options->fail_with);
    }
    s->box.node->try_countdown = s->options->try_nth > 0 ? s->options->try_nth : UINT_MAX;
    world_start(&s->world, &s->restart, 0);
    if (s->options->plan != SCENARIO_QUIET) {
        world_start(&s->world, &s->trouble, world_delay(&s->world, TROUBLE_NS));
    }
    for (int i = 0; i < ACTORS; i++) {
        actor_init(&s->actors[i], s->box.node, BOX_CLIENT_PORT, i);
        s->actors[i].may_refuse = disk_may_fail(s);
        actor_start(&s->actors[i]);
    }
    for (int i = 0; i < VISITORS; i++) {
        struct visitor *v = &s->visitors[i];
        visitor_init(v, s->box.node, BOX_CLIENT_PORT, &s->history, i);
        v->may_refuse = disk_may_fail(s);
        visitor_start(v);
    }
}

static void sum_up(const struct scenario *s, struct scenario_result *ret)
{
    const struct sim_disk *d = &s->box.node->disk;
    *ret = (struct scenario_result){.steps = s->world.steps,
                                    .trace = s->world.trace,
                                    .starts = s->box.starts,
                                    .power_cuts = s->power_cuts,
                                    .disk_ops = d->op_count,
                                    .try_count = UINT_MAX - s->box.node->try_countdown};
    memcpy(ret->failure, s->world.failure, sizeof(ret->failure));
    memcpy(ret->disk_counts, d->counts, sizeof(ret->disk_counts));
    for (int i = 0; i < ACTORS; i++) {
        ret->writes_done += s->actors[i].writes_done;
        ret->writes_refused += s->actors[i].writes_refused;
    }
    ret->seen = s->history.count;
    for (size_t i = 0; i < s->history.count; i++) {
        ret->answers += s->history.items[i].kind == ANNALS_ANSWER;
    }
    struct buf story = {0};
    if (s->finding.property != NULL) {
        finding_print(&s->finding, &s->history, &story);
        (void)snprintf(ret->story, sizeof(ret->story), "%s", buf_cstr(&story));
    }
    buf_fini(&story);
}

static void tear_down(struct scenario *s)
{
    for (int i = 0; i < ACTORS; i++) {
        actor_fini(&s->actors[i]);
    }
    for (int i = 0; i < VISITORS; i++) {
        visitor_fini(&s->visitors[i]);
    }
    annals_fini(&s->history);
    timers_stop(&s->world.events, &s->trouble);
    timers_stop(&s->world.events, &s->restart);
    timers_stop(&s->world.events, &s->refill);
    if (box_is_up(&s->box)) {
        box_kill(&s->box);
    }
    box_fini(&s->box);
    world_fini(&s->world);
}

bool scenario_run(const struct scenario_options *options, struct scenario_result *ret)
{
    struct scenario *s = mem_zalloc(sizeof(*s));
    s->options = options;
    set_up(s);
    bool is_right = run_phases(s);
    sum_up(s, ret);
    tear_down(s);
    mem_free(s);
    return is_right;
}

const char *scenario_plan_name(enum scenario_plan plan)
{
    static const char *const names[SCENARIO_PLANS] = {"quiet", "calm", "crashes", "disk-faults"};
    return names[plan];
}
