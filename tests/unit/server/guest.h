// SPDX-License-Identifier: Apache-2.0
//
// A client that a test moves step by step: it sends exactly what it is told to, and looks at frames
// one by one in the order in which they came. Nothing is sent by itself, no ping either.
//
//     guest_open ──► guest_create, guest_read, ... (send, return the xid) ──► guest_answer(xid)
//                └─► guest_event, guest_end, guest_silence
//
// Waiting steps the world; what does not come within some seconds of virtual time fails the test.
#ifndef PADDOCK_TESTS_UNIT_SERVER_GUEST_H
#define PADDOCK_TESTS_UNIT_SERVER_GUEST_H

#include "base/arena.h"
#include "jute/connect.h"
#include "jute/multi.h"
#include "jute/op.h"
#include "tests/unit/server/stage.h"

struct guest {
    struct stage *stage;
    struct sim_node *node; // that it calls
    struct list link;      // of the stage's guests
    struct net_link *net;  // NULL after guest_leave
    bool has_ended;        // the server closed the connection
    struct buf in;         // frames not looked at yet
    struct buf frame;      // the one being looked at
    struct arena arena;    // of it
    struct jute_reply_header header;
    struct jute_in body; // behind the header
    int64_t session_id;
    int32_t timeout_ms;
    uint8_t passwd[CONNECT_PASSWD_BYTES];
    int32_t last_xid;
};

enum { GUEST_TIMEOUT_MS = 2000 }; // that guest_open asks for

// ---- life ----

void guest_connect(struct guest *g, struct stage *st); // no session yet
void guest_connect_to(struct guest *g, struct stage *st, struct sim_node *node);
void guest_open(struct guest *g, struct stage *st); // and a session
void guest_hang_up(struct guest *g);                // only the connection
// Hang up and release everything. stage_close does this with all that are left.
void guest_leave(struct guest *g);

// stage_open without defines, and a session on it.
void guest_enter(struct guest *g, struct stage *st, uint64_t seed, const char *zoo_cfg);

void guest_ask_connect(struct guest *g, const struct connect_request *request);
// Ask for session `id` (0: a new one) with the guest's password.
void guest_ask_session(struct guest *g, int64_t id, int32_t timeout_ms);
// Wait for its answer; false when the connection is closed instead. Takes id, timeout, password.
bool guest_take_session(struct guest *g, struct connect_response *ret);
// On a new connection, come back to the session that `g` had. False when it is refused.
bool guest_come_back(struct guest *g);

// ---- raw ----

void guest_send(struct guest *g, struct slice bytes);
// The next frame, without its length, is in g->frame; false when the connection has ended.
bool guest_next(struct guest *g);
void guest_end(struct guest *g);                     // no frame more, and then the end
void guest_silence(struct guest *g, int64_t for_ms); // nothing comes, no end either

// ---- requests; each returns the xid ----

int32_t guest_ask(struct guest *g, int32_t type, struct buf *body); // takes what is in `body`
void guest_frame(struct buf *to, int32_t xid, int32_t type, struct slice body);
int32_t guest_create(struct guest *g, const char *path, const char *data, int32_t flags);
int32_t guest_create_acl(struct guest *g, const char *path, const struct jute_acl_vec *acl);
int32_t guest_create_ttl(struct guest *g, const char *path, int64_t ttl_ms);
int32_t guest_delete(struct guest *g, const char *path, int32_t version);
int32_t guest_set(struct guest *g, const char *path, const char *data, int32_t version);
int32_t guest_read(struct guest *g, int32_t type, const char *path, bool watch);
int32_t guest_path(struct guest *g, int32_t type, const char *path); // NULL: null
int32_t guest_path_type(struct guest *g, int32_t type, const char *path, int32_t number);
int32_t guest_plain(struct guest *g, int32_t type); // an empty body
int32_t guest_auth(struct guest *g, const char *scheme, const char *text);

// ---- answers ----

// The next frame must be the reply to `xid`; its code, and the rest is in g->header and g->body.
enum zk_code guest_answer(struct guest *g, int32_t xid);
// Create a node without data, which must succeed.
void guest_make(struct guest *g, const char *path, int32_t flags);
// The next frame must be this event; g->header has its zxid.
void guest_event(struct guest *g, enum watch_event type, const char *path);
// Fields of the body, in the order in which they are there.
struct slice guest_str(struct guest *g);
int32_t guest_i32(struct guest *g);
struct jute_stat guest_stat(struct guest *g);
struct jute_str_vec guest_strs(struct guest *g);
void guest_body_end(struct guest *g); // nothing is left of it

// ---- two on a stage: the fixture of a whole file ----

struct guest_pair {
    struct stage st;
    struct guest g;     // asks
    struct guest other; // changes things, or looks on
};

int guest_pair_open(void **state, uint64_t seed, const char *zoo_cfg);
int guest_pair_close(void **state);

#endif
