// SPDX-License-Identifier: Apache-2.0
//
// A script: an ensemble directed step by step, for schedules that recreate the
// conditions of known bugs (named.h). Each verb waits until what it says is so, for a bounded
// virtual time, and returns false after a failure, so that it is one chain of &&.
//
// Writers create nodes "/w0", "/w1", ... and know which of them were acknowledged; at the end
// script_settle demands that every one of those is on every server, and that all are equal.
#ifndef PADDOCK_SIM_SCRIPT_H
#define PADDOCK_SIM_SCRIPT_H

#include "sim/client.h"
#include "sim/cluster.h"

enum { SCRIPT_NODES_MAX = 4096, SCRIPT_OPEN_MAX = 32 };

struct script;

// A client of one server that creates nodes.
struct writer {
    struct sim_client client;
    struct script *script;
    int32_t open[SCRIPT_OPEN_MAX]; // numbers of nodes, oldest first
    size_t open_count;
    size_t window; // it keeps so many requests open; 0: it rests
    int32_t next_xid;
    struct port_timer think;
};

struct script {
    struct world world;
    struct cluster cluster;
    struct writer writers[SCHEDULE_SERVERS_MAX]; // one per server
    bool is_acked[SCRIPT_NODES_MAX];
    int32_t node_count; // asked for so far
    int32_t acked_count;
};

void script_init(struct script *s, uint64_t seed, const struct cluster_options *options);
void script_fini(struct script *s);

// ---- servers; -1 stands for nobody ----

bool script_start(struct script *s);                 // all of them, until all serve
bool script_start_but(struct script *s, int held);   // all but one, until the others serve
bool script_hold(struct script *s, int number);      // kill it, and do not start it again
bool script_cut_power(struct script *s, int number); // the same, with power
bool script_release(struct script *s, int number);   // start it again; does not wait
bool script_isolate(struct script *s, int number, bool is_isolated); // from all other servers
// Wait until all servers that are not held serve one leader; and that is this one, unless -1.
bool script_all_serve(struct script *s, int leader);
bool script_level(struct script *s); // until their trees are at one zxid
bool script_run(struct script *s, int64_t duration_ms);
// A random time below `most_us` microseconds.
bool script_run_a_little(struct script *s, int64_t most_us);
int script_leader(const struct script *s);
int script_follower(const struct script *s, int but); // the first that is not held; not `but`

// ---- writes ----

bool script_write(struct script *s, int server, int count); // until so many more are acknowledged
int32_t script_try_write(struct script *s, int server);     // send one; its number
void script_write_on(struct script *s, int server, size_t window); // on and on; 0: no more
bool script_has(const struct script *s, int server, int32_t node); // in its tree, now
// It is in nobody's tree, or in everybody's.
bool script_expect(struct script *s, int32_t node, bool is_there);

// Everything is started and connected; all trees come together, equal, with all that was
// acknowledged; all servers restart by power, and so it is again.
bool script_settle(struct script *s);

#endif
