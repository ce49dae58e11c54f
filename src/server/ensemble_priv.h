// SPDX-License-Identifier: Apache-2.0
//
// The parts of ensemble.h: ensemble.c steps and performs, ensemble_links.c
// talks, ensemble_disk.c does what blocks (epochs,
// truncation, taking over a snapshot), ensemble_feed.c sends files to learners that lag behind,
// ensemble_relay.c stands between observers and the leader.
#ifndef PADDOCK_SERVER_ENSEMBLE_PRIV_H
#define PADDOCK_SERVER_ENSEMBLE_PRIV_H

#include "server/account.h"
#include "server/dynamic_config.h"
#include "server/ensemble.h"
#include "server/learner_queues.h"
#include "server/link.h"
#include "server/mesh.h"
#include "server/relay.h"
#include "server/server_priv.h"
#include "store/epochs.h"
#include "store/snapload.h"

enum { ENSEMBLE_DEPTH_MAX = 3 }; // steps within steps

struct ensemble {
    struct server *server;
    struct zab *zab;
    struct account_role role;
    struct pipeline_peer peer;
    struct mesh *mesh; // NULL: the ports are closed
    struct links links;
    struct port_listener *listener; // of a leader, or of an observer master
    struct port_worker *worker;     // epochs, snapshots that come
    struct port_worker *feeder;     // files that go to learners
    struct port_timer deadline;
    int64_t deadline_ms; // that the timer stands for; INT64_MAX: it is stopped
    struct zab_effects effects[ENSEMBLE_DEPTH_MAX];
    unsigned depth;
    int64_t logged_zxid; // up to here the log is durable
    int64_t commit_zxid; // to be committed when the step is done; 0: nothing
    bool is_stopping;    // the role is over; jobs are under way
    bool is_settling;    // then the log is settled
    bool has_settled;    // the log is settled, which is to be told
    int64_t settled_zxid;
    bool lacks_history; // what was acknowledged may be missing: our zxid for the others is -1
    bool is_leaving;
    bool is_paused; // a leader is about to hand over
    struct buf
        kept; // what learners asked while clients are held, in its order: {link, data, authinfo}
    zab_link held_link;                   // the leader's, while our log is behind; 0: none
    zab_link next_link;                   // of those that are accepted
    struct buf request_data, request_ids; // of the request being forwarded
    struct learner_queues queues;         // of a leader
    // ensemble_disk.c
    struct list jobs;      // under way
    struct epochs epochs;  // as they are on disk
    struct snapload *load; // NULL: no snapshot is coming
    zab_link load_link;
    int64_t load_zxid;
    // ensemble_config.c
    struct dynamic_config *dynamic;
    const struct config_servers *seen_at_start;
    struct config_servers replayed; // of the tree at the start
    // ensemble_feed.c
    struct list feeds;
    // ensemble_relay.c; of a learner
    struct relay syncs_asked, sessions_asked;
    bool holds_observers; // some links, until the leader's has room
};

// Give zab/ an event and perform what follows.
void ensemble_step(struct ensemble *e, struct zab_event *event);
void ensemble_wake(struct ensemble *e);
void ensemble_ask_leader(struct ensemble *e, const struct zab_packet *packet);
void ensemble_settle(struct ensemble *e); // a job is done: perhaps the role has waited for it

// ---- ensemble_links.c ----

// Take what learners asked while a hand-over was being tried: at the end of a step, when it was
// given up.
void ensemble_replay_kept(struct ensemble *e);

extern const struct link_handler ensemble_link_handler;
void ensemble_listen(struct ensemble *e, bool is_master);
void ensemble_unlisten(struct ensemble *e); // legal when it does not listen
void ensemble_dial(struct ensemble *e, const struct zab_effect *effect);
void ensemble_close_link(struct ensemble *e, zab_link link);
void ensemble_send(struct ensemble *e, zab_link link, const struct zab_packet *packet);

// ---- ensemble_config.c ----

void ensemble_config_open(struct ensemble *e);  // the worker is open, zab/ is not yet
void ensemble_config_close(struct ensemble *e); // the worker is closed
void ensemble_show_config(struct ensemble *e);  // in /zookeeper/config
// struct pipeline_peer's.
enum zk_code ensemble_reconfig(void *ctx, const struct jute_reconfig_request *request, int64_t zxid,
                               struct buf *ret_text);
void ensemble_see_config(struct ensemble *e, struct slice text);
void ensemble_activate_config(struct ensemble *e, struct slice text);

// ---- ensemble_disk.c ----

void ensemble_save_epoch(struct ensemble *e, enum datadir_epoch which, int64_t epoch);
void ensemble_truncate(struct ensemble *e, int64_t zxid);
// The bytes of `link` are the leader's tree from now on.
void ensemble_load(struct ensemble *e, zab_link link, int64_t zxid);
void ensemble_load_bytes(struct ensemble *e, struct slice bytes, size_t *ret_used, bool *ret_done);
void ensemble_load_stop(struct ensemble *e);  // the link is gone
void ensemble_disk_close(struct ensemble *e); // the worker is closed

// ---- ensemble_feed.c ----

// The tree as it was at `least_zxid` or later.
void ensemble_feed_snapshot(struct ensemble *e, zab_link link, int64_t least_zxid);
void ensemble_feed_wait(struct ensemble *e); // at the end of a turn: who waits for a snapshot?
void ensemble_feed_log(struct ensemble *e, const struct zab_effect *effect);
bool ensemble_feed_room(struct ensemble *e, zab_link link); // false: no stream is on the way there
void ensemble_feed_stop(struct ensemble *e, zab_link link); // legal when there is none
void ensemble_feed_stop_all(struct ensemble *e);
void ensemble_feed_close(struct ensemble *e); // the feeder is closed

// ---- ensemble_relay.c ----

// A packet of the observer on `link`, as zab/ lets it through.
void ensemble_relay_request(struct ensemble *e, zab_link link, const struct zab_packet *packet);
void ensemble_relay_revalidate(struct ensemble *e, zab_link link, const struct zab_packet *packet);
void ensemble_relay_touched(struct ensemble *e, struct slice touched);
// The leader's answers, ours or an observer's.
void ensemble_relay_synced(struct ensemble *e);
void ensemble_relay_revalidated(struct ensemble *e, const struct zab_packet *packet);
void ensemble_relay_room(struct ensemble *e, zab_link link); // there is room on `link`

#endif
