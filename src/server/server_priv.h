// SPDX-License-Identifier: Apache-2.0
//
// The wiring: which parts a server consists of. Each part owns its own struct and is described in
// its own header; only files of server/ include this one, and a function that can do with a part
// takes the part.
#ifndef PADDOCK_SERVER_SERVER_PRIV_H
#define PADDOCK_SERVER_SERVER_PRIV_H

#include "server/changes.h"
#include "server/conn.h"
#include "server/ensemble.h"
#include "server/handover.h"
#include "server/hold.h"
#include "server/peers.h"
#include "server/pipeline.h"
#include "server/prep.h"
#include "server/read_only.h"
#include "server/revalidate.h"
#include "server/server.h"
#include "server/sessions.h"
#include "server/snapper.h"
#include "server/spares.h"
#include "server/stats.h"
#include "server/throttle.h"
#include "server/upkeep.h"
#include "store/datadir.h"
#include "zab/recent.h"

enum { SERVER_STANDALONE_ID = 1 }; // of session ids, as Java

// resting: a member of an ensemble without a role; only four-letter words are answered.
// reading: the same in read-only mode.
enum server_state {
    SERVER_RESTING,
    SERVER_READING,
    SERVER_SERVING,
    SERVER_DRAINING,
    SERVER_STOPPED
};

struct server {
    struct server_options options;
    const struct config *config;
    struct log *log;
    enum server_state state;
    enum server_exit exit_code;

    // The replicated state and what prep needs around it.
    struct datadir *datadir;
    struct tree *tree;
    struct watches *watches;
    struct sessions sessions;
    struct touched touched; // of a learner: since the last ping
    struct changes changes;
    struct auth auth;
    struct prep prep;
    struct pipeline pipeline;
    struct snapper snapper;
    struct upkeep upkeep;
    struct read_only read_only; // of a member
    struct hold hold;           // of a leader's clients
    struct handover handover;   // of a leader
    struct ensemble *ensemble;  // NULL: standalone
    struct recent replayed;     // by the recovery of a member
    struct throttle throttle;
    struct stats *stats;

    // Connections.
    struct port_listener *listener; // NULL: closed, or there is none
    char *client_host;              // what it is bound to; NULL: every address
    uint16_t client_port;
    struct peers peers;
    struct list conns;
    struct list dirty;        // with output to send
    struct list resumable;    // to be read again
    struct list throttled;    // not read because too much is in process
    struct list revalidating; // back on a learner, which has asked the leader
    struct list rejoining;    // back while writes of their session are in flight
    struct list orphans;      // closed, with writes in flight
    struct list graveyard;    // closed, freed at the end of the turn
    uint64_t conn_count;
    struct expiry idle;   // connections by idle deadline
    struct spares spares; // output buffers between two uses

    struct arena read_arena; // of the request being answered
    struct arena prep_arena; // of the transaction being prepared
    uint32_t string_max;     // bytes of a string or buffer of a request
    uint64_t in_process;     // requests begun and not answered
    int64_t now_ns;          // monotonic, taken once per event
    int64_t wall_ms;         // wall time, taken once per batch that is applied
    int64_t started_ms;      // monotonic
    int64_t role_ms;         // the same, of its role
    struct port_timer drain; // ends a draining that takes too long
    bool is_leaving;         // draining: all is answered, some of it is not sent yet
    bool has_core;           // start-up came as far as the parts behind recovery
};

// Take the time; call at the start of every event from outside.
static inline void server_take_time(struct server *s)
{
    s->now_ns = clock_mono_ns(s->options.clock);
}

static inline int64_t server_now_ms(const struct server *s)
{
    return s->now_ns / 1000000;
}

static inline struct trace_sink *server_trace(const struct server *s)
{
    return s->options.trace;
}

// Are clients served? A leader may be told not to have any (leaderServes).
static inline bool server_is_open(const struct server *s)
{
    bool is_shy = s->pipeline.mode == PIPELINE_LEADING && !s->config->leader_serves;
    bool is_held = s->hold.is_on;
    return s->state == SERVER_READING || (s->state == SERVER_SERVING && !is_shy && !is_held);
}

// A member gets its role, and loses it: clients are served from now on; all of them are sent away.
// Between two roles it may be read from.
void server_serve(struct server *s);
void server_read(struct server *s);
void server_rest(struct server *s);
void server_left(struct server *s); // ensemble_leave is done

// The log is broken or another part cannot go on: stop with `code`.
void server_fail(struct server *s, enum server_exit code);

// Clients are to connect there from now on: a reconfiguration has moved this server's address. Who
// is connected stays. When that cannot be bound, the old one stays, and the log says so.
void server_listen_at(struct server *s, const char *host, uint16_t port);

// A request or a write was settled: resume what was throttled, end draining when nothing is left.
void server_settled(struct server *s);
uint64_t server_outstanding_limit(const struct server *s); // its part of globalOutstandingLimit

struct recover_options;
void server_recover_options(const struct server *s, uint64_t hash_seed,
                            struct recover_options *ret);

// ---- dispatch.c: frames of open connections ----

void dispatch_frame(struct conn *c, struct slice frame);
// A request that the throttle lets through.
void dispatch_request(struct conn *c, const struct request *request);
// A request whose turn has come: everything before it on its connection is answered.
void dispatch_deferred(struct server *s, const struct request *request);

// ---- connect.c: opening sessions ----

void connect_frame(struct conn *c, struct slice frame);
// createSession is committed; `asked_ns` is when it was asked for, by the monotonic clock.
void connect_finish(struct conn *c, int64_t asked_ns);
// The leader has answered whether the session of `c` lives.
void connect_revalidated(struct conn *c, bool is_valid);
// Writes were settled: let those in who waited for them.
void connect_settled(struct server *s);

// ---- read.c: answering from the tree ----

void read_answer(struct server *s, const struct request *request);

// ---- reply.c: packets out ----

// Begin a reply; *ret_start is for reply_end. Returns the buffer for the body.
struct buf *reply_begin(struct conn *c, int32_t xid, int64_t zxid, enum zk_code code,
                        size_t *ret_start);
void reply_end(struct conn *c, size_t start);
// Make a begun reply an error without a body.
void reply_set_error(struct conn *c, size_t start, enum zk_code code);
void reply_code(struct conn *c, int32_t xid, int64_t zxid, enum zk_code code); // whole
void reply_event(struct conn *c, enum watch_event event, int64_t zxid, struct slice path);
// Send what tree_apply fired to those who may read it, and clear the list.
void reply_fired(struct server *s);
// The answer to a write that has been applied (or failed in preparation).
void reply_write(struct server *s, const struct request *request, enum zk_code code,
                 const struct txn *txn, const struct tree_outcome *outcome);

#endif
