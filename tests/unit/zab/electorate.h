// SPDX-License-Identifier: Apache-2.0
//
// Several election machines and the network between them, in virtual time, for tests. Like the
// election connections, the network holds one message per pair and direction: a newer one replaces
// what has not arrived. A member that decides takes up its role at once; while it does not serve in
// it, it gives it up when the decision is reopened.
#ifndef PADDOCK_TESTS_UNIT_ZAB_ELECTORATE_H
#define PADDOCK_TESTS_UNIT_ZAB_ELECTORATE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/core.h"
#include "zab/election.h"
#include "zab/notification.h"

enum { ELECTORATE_MAX = 10 }; // server ids are below it

#define S1 "server.1=h1:2888:3888:participant\n"
#define S2 "server.2=h2:2888:3888:participant\n"
#define S3 "server.3=h3:2888:3888:participant\n"
#define S4 "server.4=h4:2888:3888:participant\n"
#define S5 "server.5=h5:2888:3888:participant\n"
#define O9 "server.9=h9:2888:3888:observer\n"

struct envelope {
    bool is_full;
    int64_t arrives_ms;
    struct buf bytes;
};

struct elector {
    bool is_up, is_looking;
    bool is_serving; // synchronised: its role does not end for a vote
    struct zab_core core;
    struct election *election;
    struct vote decided; // meaningful while up and not looking
    int64_t decided_at_ms;
    int activations; // of configurations
    int reopenings;
};

struct electorate {
    struct elector members[ELECTORATE_MAX];
    struct envelope mail[ELECTORATE_MAX][ELECTORATE_MAX]; // [from][to]
    bool is_cut[ELECTORATE_MAX][ELECTORATE_MAX];          // sent but lost
    int64_t now_ms, latency_ms;
    int64_t finalize_wait_ms; // of those that start from now on
    int sent;                 // messages so far
    struct buf notes;
};

void electorate_init(struct electorate *el);
void electorate_fini(struct electorate *el);

// Start `sid` with this configuration and history; it looks. `config` is a list of server lines.
void electorate_start(struct electorate *el, int64_t sid, const char *config, int64_t zxid,
                      int64_t epoch);
// Servers 1 to `count` with equal histories.
void electorate_start_all(struct electorate *el, const char *config, int64_t count);
void electorate_crash(struct electorate *el, int64_t sid);
void electorate_look(struct electorate *el, int64_t sid); // its role has ended
// Both directions.
void electorate_cut(struct electorate *el, int64_t a, int64_t b, bool is_cut);
// The member has synchronised and serves: its vote names the epoch that began. Source:
// updateElectionVote.
void electorate_synced(struct electorate *el, int64_t sid, int64_t epoch);

// Hand `vote` to `to` as if `from` had sent it.
void electorate_tell(struct electorate *el, int64_t from, int64_t to, const struct vote *vote);
// The last message from `from` to `to` that has not arrived; false when there is none.
bool electorate_peek(struct electorate *el, int64_t from, int64_t to, struct notification *ret);

void electorate_run(struct electorate *el, int64_t ms); // let time pass

// Fails the test unless `sid` has this role under this leader.
void electorate_assert_role(struct electorate *el, int64_t sid, enum zab_role role, int64_t leader);

// cmocka's: *state is a fresh electorate.
int electorate_setup(void **state);
int electorate_teardown(void **state);

#endif
