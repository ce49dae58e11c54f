// SPDX-License-Identifier: Apache-2.0
//
// The scripts. In each of them script_settle is the judge: everything acknowledged is on every
// server, nothing else differs, and it stays so through a loss of power everywhere.
#include "sim/named.h"

#include <stdio.h>
#include <string.h>

#include "sim/script.h"

enum {
    FEW = 5,
    SOME = 40,
    MANY = 600,     // more than are kept in memory
    WINDOW = 8,     // writes under way at once
    SYNC_US = 9000, // of the order of a synchronisation
    LONG_MS = CLUSTER_TICK_MS * (CLUSTER_SYNC_LIMIT + 5),
};

// No DIFF, so that who is behind gets a snapshot.
static const char snapshots[] = "forceSnapshotSync=true\n";
// The last server leads first, the one before it then: that one sends snapshots, the last one reads
// its log.
static const char *const by_log[SCHEDULE_SERVERS_MAX] = {"", "snapshotSizeFactor=-1\n",
                                                         "snapshotSizeFactor=1\n"};

// The leader, cut off from all others, takes in a write that it cannot commit; then the others
// lead without it.
static bool leave_uncommitted(struct script *s, int *ret_leader, int32_t *ret_node)
{
    int leader = script_leader(s);
    *ret_leader = leader;
    if (!script_isolate(s, leader, true)) {
        return false;
    }
    *ret_node = script_try_write(s, leader);
    return script_run(s, LONG_MS);
}

// ZOOKEEPER-2845
static bool keeps_database(struct script *s)
{
    int leader;
    int32_t node;
    return script_start(s) && script_write(s, script_leader(s), FEW) &&
           leave_uncommitted(s, &leader, &node) &&
           script_write(s, script_follower(s, leader), FEW) && script_isolate(s, leader, false) &&
           script_all_serve(s, -1) && script_expect(s, node, false) && script_hold(s, leader) &&
           script_release(s, leader) && script_all_serve(s, -1) && script_expect(s, node, false) &&
           script_settle(s) && script_expect(s, node, false);
}

// ZOOKEEPER-2846
static bool syncs_from_old_log(struct script *s)
{
    int old;
    int32_t node;
    if (!script_start(s) || !script_write(s, script_leader(s), FEW)) {
        return false;
    }
    int behind = script_follower(s, -1);
    // Who is behind stays at the state before the write that was not committed.
    if (!leave_uncommitted(s, &old, &node)) {
        return false;
    }
    int next = script_leader(s);
    behind = behind == next ? script_follower(s, old) : behind;
    if (!script_write(s, next, MANY) || !script_hold(s, behind) || !script_isolate(s, old, false) ||
        !script_all_serve(s, next) || !script_write(s, next, MANY) || !script_hold(s, next)) {
        return false;
    }
    // The old leader leads again, by the snapshot and a log with what was cut out of it.
    return script_release(s, behind) && script_all_serve(s, old) && script_expect(s, node, false) &&
           script_settle(s) && script_expect(s, node, false);
}

// ZOOKEEPER-3104
static bool snapshot_behind_newleader(struct script *s)
{
    if (!script_start(s)) {
        return false;
    }
    int leader = script_leader(s);
    int late = script_follower(s, -1);
    int other = script_follower(s, late);
    if (!script_hold(s, late) || !script_write(s, leader, SOME)) {
        return false;
    }
    script_write_on(s, leader, WINDOW);
    bool goes_on = script_release(s, late) && script_run_a_little(s, 10 * SYNC_US) &&
                   script_cut_power(s, late) && script_release(s, late) && script_all_serve(s, -1);
    script_write_on(s, leader, 0);
    return goes_on && script_hold(s, other) && script_run(s, LONG_MS) && script_settle(s);
}

// ZOOKEEPER-3642
static bool leader_dies_after_snapshot(struct script *s)
{
    if (!script_start(s)) {
        return false;
    }
    int leader = script_leader(s);
    int late = script_follower(s, -1);
    return script_hold(s, late) && script_write(s, leader, SOME) && script_release(s, late) &&
           script_run_a_little(s, 10 * SYNC_US) && script_cut_power(s, leader) &&
           script_all_serve(s, -1) && script_cut_power(s, late) && script_release(s, late) &&
           script_all_serve(s, -1) && script_settle(s);
}

// ZOOKEEPER-3911
static bool serves_what_is_not_logged(struct script *s)
{
    int leader;
    int32_t node;
    if (!script_start(s) || !script_write(s, script_leader(s), FEW) ||
        !leave_uncommitted(s, &leader, &node)) {
        return false;
    }
    // The others forget that they have led: what only the old leader has wins.
    int follower = script_follower(s, leader);
    for (int i = 0; i < s->cluster.count; i++) {
        if (!script_cut_power(s, i)) {
            return false;
        }
    }
    if (!script_isolate(s, leader, false) || !script_release(s, leader) ||
        !script_release(s, follower) || !script_all_serve(s, -1)) {
        return false;
    }
    bool was_shown = script_has(s, script_leader(s), node);
    for (int i = 0; i < s->cluster.count; i++) {
        if (!script_cut_power(s, i)) {
            return false;
        }
    }
    for (int i = 0; i < s->cluster.count; i++) {
        if (i != leader && !script_release(s, i)) {
            return false;
        }
    }
    return script_all_serve(s, -1) && (!was_shown || script_expect(s, node, true)) &&
           script_settle(s) && (!was_shown || script_expect(s, node, true));
}

// ZOOKEEPER-4394
static bool joins_under_load(struct script *s)
{
    if (!script_start(s)) {
        return false;
    }
    int leader = script_leader(s);
    script_write_on(s, leader, WINDOW);
    for (int round = 0; round < 4; round++) {
        int late = script_follower(s, -1);
        if (!script_hold(s, late) || !script_run_a_little(s, 20 * SYNC_US) ||
            !script_release(s, late) || !script_all_serve(s, leader)) {
            return false;
        }
    }
    return script_settle(s);
}

// ZOOKEEPER-4785
static bool bounces_in_diff(struct script *s)
{
    if (!script_start(s)) {
        return false;
    }
    int leader = script_leader(s);
    int late = script_follower(s, -1);
    int other = script_follower(s, late);
    script_write_on(s, leader, WINDOW);
    bool goes_on = script_hold(s, late) && script_run_a_little(s, 10 * SYNC_US) &&
                   script_release(s, late) && script_run_a_little(s, 10 * SYNC_US) &&
                   script_cut_power(s, late) && script_cut_power(s, leader);
    script_write_on(s, leader, 0);
    return goes_on && script_release(s, late) && script_all_serve(s, -1) && script_hold(s, other) &&
           script_release(s, leader) && script_run(s, LONG_MS) && script_settle(s);
}

// ZOOKEEPER-4925: five servers; the last one, which wins elections, gets a DIFF and leads then.
static bool leads_with_a_hole(struct script *s)
{
    enum { STALE = 0, NEXT = 4 };
    if (!script_start_but(s, NEXT) || !script_release(s, NEXT) || !script_all_serve(s, -1)) {
        return false;
    }
    int leader = script_leader(s);
    int stale = leader == STALE ? 1 : STALE;
    return script_write(s, leader, FEW) && script_hold(s, stale) && script_write(s, leader, FEW) &&
           script_hold(s, NEXT) && script_write(s, leader, FEW) && script_release(s, NEXT) &&
           script_all_serve(s, leader) && script_write(s, leader, FEW) && script_level(s) &&
           script_hold(s, leader) && script_all_serve(s, NEXT) && script_release(s, stale) &&
           script_all_serve(s, NEXT) && script_settle(s);
}

// ZOOKEEPER-3829: four servers, of which three begin without knowing the fourth.
static bool grows_by_restarts(struct script *s)
{
    enum { NEW = 3 };
    for (int i = 0; i < NEW; i++) {
        cluster_configure(&s->cluster, i, NEW);
    }
    if (!script_start_but(s, NEW) || !script_write(s, script_leader(s), FEW) ||
        !script_release(s, NEW)) {
        return false;
    }
    for (int i = 0; i < NEW; i++) {
        if (!script_hold(s, i) || !script_run(s, LONG_MS)) {
            return false;
        }
        cluster_configure(&s->cluster, i, NEW + 1);
        if (!script_release(s, i) || !script_run(s, LONG_MS)) {
            return false;
        }
    }
    for (int i = 0; i <= NEW; i++) {
        if (!script_all_serve(s, -1) || !script_write(s, i, 1)) {
            return false;
        }
    }
    return script_settle(s);
}

// ZOOKEEPER-4352
static bool new_server_after_election(struct script *s)
{
    enum { NEW = 2 };
    if (!script_start_but(s, NEW) || !script_write(s, script_leader(s), FEW)) {
        return false;
    }
    int leader = script_leader(s);
    return script_isolate(s, leader, true) && script_run(s, LONG_MS) &&
           script_isolate(s, leader, false) && script_all_serve(s, -1) &&
           script_write(s, script_leader(s), 1) && script_release(s, NEW) &&
           script_all_serve(s, -1) && script_settle(s);
}

// ZOOKEEPER-2332
static bool starts_with_empty_log(struct script *s)
{
    if (!script_start(s) || !script_write(s, script_leader(s), FEW)) {
        return false;
    }
    int number = script_follower(s, -1);
    char path[64];
    long long zxid = (long long)sight_of(&s->cluster.members[number].box).zxid;
    (void)snprintf(path, sizeof(path), "/data/version-2/log.%llx", zxid + 1);
    if (!script_hold(s, number)) {
        return false;
    }
    disk_put(&cluster_node(&s->cluster, number)->disk, path, false, slice_null());
    return script_release(s, number) && script_all_serve(s, -1) && script_settle(s);
}

// ZOOKEEPER-3082
static bool fills_disk_in_snapshot(struct script *s)
{
    if (!script_start(s)) {
        return false;
    }
    int leader = script_leader(s);
    int full = script_follower(s, -1);
    struct sim_disk *d = &cluster_node(&s->cluster, full)->disk;
    script_write_on(s, leader, WINDOW);
    for (int round = 0; round < 4; round++) {
        if (!script_run_a_little(s, 20 * SYNC_US)) {
            return false;
        }
        d->capacity_bytes = disk_used_bytes(d) + prng_below(&s->world.prng, 30 * 1024);
        if (!script_run_a_little(s, 40 * SYNC_US)) {
            return false;
        }
        d->capacity_bytes = UINT64_MAX;
        if (!script_hold(s, full) || !script_release(s, full) || !script_all_serve(s, -1)) {
            return false;
        }
    }
    return script_settle(s);
}

const struct named named_schedules[] = {
    {2845,
     "A leader that lost its quorum kept its database in memory through the election, with a write "
     "in its log that nobody else had. It followed then by a DIFF, and the write was back after "
     "its next restart.",
     3, NULL, NULL, false, keeps_database},
    {2846,
     "A leader that had been brought up to date by a snapshot sent a DIFF out of log files older "
     "than that snapshot. They had writes that never were committed, and lacked others.",
     3, NULL, by_log, false, syncs_from_old_log},
    {3104,
     "NEWLEADER was sent while the snapshot for a learner was still being made, with writes going "
     "on. The learner acknowledged an epoch without what had been committed in it, and lost that "
     "when it crashed.",
     3, snapshots, NULL, false, snapshot_behind_newleader},
    {3642,
     "A leader died after it had sent a snapshot and before NEWLEADER, so the learner never wrote "
     "it down. The next leader sent only what was missing behind it, and a restart lost the rest.",
     3, snapshots, NULL, false, leader_dies_after_snapshot},
    {3911,
     "Followers acknowledged NEWLEADER before the proposals of a DIFF were in their logs, and the "
     "leader served them to clients. When all lost power and the others went on without the "
     "leader, what clients had seen was gone.",
     3, NULL, NULL, false, serves_what_is_not_logged},
    {4394,
     "A COMMIT for a proposal that was in flight when a learner began to synchronise came before "
     "NEWLEADER. The learner failed on it and never joined.",
     3, NULL, NULL, false, joins_under_load},
    {4785,
     "A follower handed the proposals of a DIFF to its log asynchronously and acknowledged "
     "NEWLEADER meanwhile. Bounced at that moment it had lost writes that counted as acknowledged.",
     3, NULL, NULL, false, bounces_in_diff},
    {4925,
     "A follower that joined by a DIFF left those transactions out of the list of recent ones. "
     "When it led later, it sent a stale follower a DIFF with a hole in it.",
     5, NULL, NULL, false, leads_with_a_hole},
    {3829,
     "Servers were restarted one by one with a configuration that has one more member. The leader "
     "counted acknowledgements by the old and the new configuration and could not commit any more.",
     4, "reconfigEnabled=false\n", NULL, false, grows_by_restarts},
    {4352,
     "A leader without recent transactions in memory sent a new, empty server a DIFF of what came "
     "since its election. Everything before was missing there.",
     3, NULL, NULL, false, new_server_after_election},
    {2332,
     "A crash while a new log file was made left an empty one. The server did not start any more.",
     3, NULL, NULL, false, starts_with_empty_log},
    {3082,
     "A snapshot that failed on a full disk stayed as it was, half written. The server took it for "
     "whole at the next start, or did not start.",
     3, NULL, NULL, true, fills_disk_in_snapshot},
};
const size_t named_count = sizeof(named_schedules) / sizeof(named_schedules[0]);

const struct named *named_find(int number)
{
    for (size_t i = 0; i < named_count; i++) {
        if (named_schedules[i].number == number) {
            return &named_schedules[i];
        }
    }
    return NULL;
}

bool named_run(const struct named *n, uint64_t seed, bool is_verbose, char failure[512])
{
    struct script s;
    struct cluster_options options = {
        .voters = n->voters, .extra = n->extra, .may_fail = n->may_fail, .is_verbose = is_verbose};
    for (int i = 0; i < SCHEDULE_SERVERS_MAX && n->only != NULL; i++) {
        options.only[i] = n->only[i];
    }
    script_init(&s, seed, &options);
    bool is_right = n->run(&s) && !world_has_failed(&s.world);
    (void)snprintf(failure, 512, "%s", s.world.failure);
    if (!is_right && failure[0] == 0) {
        (void)snprintf(failure, 512, "nothing happens any more");
    }
    script_fini(&s);
    return is_right;
}
