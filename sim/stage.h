// SPDX-License-Identifier: Apache-2.0
//
// A stage: an ensemble that a script directs step by step, for schedules that recreate the
// conditions of known bugs (named.h). Each verb waits until what it says is so, for a bounded
// virtual time, and returns false after a failure, so that a script is one chain of &&.
//
// Writers create nodes "/w0", "/w1", ... and know which of them were acknowledged; at the end
// stage_settle demands that every one of those is on every server, and that all are equal.
#ifndef PADDOCK_SIM_STAGE_H
#define PADDOCK_SIM_STAGE_H

#include "sim/client.h"
#include "sim/cluster.h"

enum { STAGE_NODES_MAX = 4096, STAGE_OPEN_MAX = 32 };

struct stage;

// A client of one server that creates nodes.
struct writer {
    struct sim_client client;
    struct stage *stage;
    int32_t open[STAGE_OPEN_MAX]; // numbers of nodes, oldest first
    size_t open_count;
    size_t window; // it keeps so many requests open; 0: it rests
    int32_t next_xid;
    struct port_timer think;
};

struct stage {
    struct world world;
    struct cluster cluster;
    struct writer writers[SCHEDULE_SERVERS_MAX]; // one per server
    bool is_acked[STAGE_NODES_MAX];
    int32_t node_count; // asked for so far
    int32_t acked_count;
};

void stage_init(struct stage *s, uint64_t seed, const struct cluster_options *options);
void stage_fini(struct stage *s);

// ---- servers; -1 stands for nobody ----

bool stage_start(struct stage *s);                 // all of them, until all serve
bool stage_start_but(struct stage *s, int held);   // all but one, until the others serve
bool stage_hold(struct stage *s, int number);      // kill it, and do not start it again
bool stage_cut_power(struct stage *s, int number); // the same, with power
bool stage_release(struct stage *s, int number);   // start it again; does not wait
bool stage_isolate(struct stage *s, int number, bool is_isolated); // from all other servers
// Wait until all servers that are not held serve one leader; and that is this one, unless -1.
bool stage_all_serve(struct stage *s, int leader);
bool stage_level(struct stage *s); // until their trees are at one zxid
bool stage_run(struct stage *s, int64_t duration_ms);
// A random time below `most_us` microseconds.
bool stage_run_a_little(struct stage *s, int64_t most_us);
int stage_leader(const struct stage *s);
int stage_follower(const struct stage *s, int but); // the first that is not held; not `but`

// ---- writes ----

bool stage_write(struct stage *s, int server, int count); // until so many more are acknowledged
int32_t stage_try_write(struct stage *s, int server);     // send one; its number
void stage_write_on(struct stage *s, int server, size_t window); // on and on; 0: no more
bool stage_has(const struct stage *s, int server, int32_t node); // in its tree, now
// It is in nobody's tree, or in everybody's.
bool stage_expect(struct stage *s, int32_t node, bool is_there);

// Everything is started and connected; all trees come together, equal, with all that was
// acknowledged; all servers restart by power, and so it is again.
bool stage_settle(struct stage *s);

#endif
