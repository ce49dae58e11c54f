// SPDX-License-Identifier: Apache-2.0
//
// Several members, the network between them and their disks, in one process and in virtual time.
// Nothing moves by itself: messages are delivered, disks work and time passes when they are told
// to, so every order of events can be had.
//
//     world.c    the members' life, time, letting everything come to rest
//     member.c   one member's executor: performs the effects of zab_step
//     network.c  links of the quorum port, mail of the election port
//     judge.c    what must never happen
#ifndef PADDOCK_TESTS_SCRIPT_WORLD_H
#define PADDOCK_TESTS_SCRIPT_WORLD_H

#include "tests/script/disk.h"
#include "zab/zab.h"

enum {
    WORLD_SIDS = 16, // server ids are below it
    WORLD_TICK_MS = 100,
    WORLD_EPOCHS = 4096,
    WORLD_SYNCS = 64,
};

// ---- network ----

enum message_type { MESSAGE_UP, MESSAGE_DOWN, MESSAGE_PACKET, MESSAGE_STREAM, MESSAGE_ROOM };

struct message {
    enum message_type type;
    struct buf bytes;   // PACKET: encoded
    struct image image; // STREAM
};

// One end of a wire: what it is to receive, in order.
struct wire_end {
    int64_t sid;
    zab_link link;
    bool is_open; // it takes events
    struct message *inbox;
    size_t count, cap;
};

// Between a dialler (end 0) and a leader (end 1).
struct wire {
    struct wire_end ends[2];
    bool is_paused; // the dialler rebuilds its history and reads nothing
};

// The way from one server to another of the election port: one message on the way, and one that
// waits and is replaced by the next.
struct mail {
    struct buf on_way, waiting;
    bool has_on_way, has_waiting;
    struct buf last; // sent again when the connection is made anew
};

// ---- members ----

struct member {
    struct world *world;
    int64_t sid;
    bool is_listed; // there is such a server
    bool is_up;
    int exit_code; // of a process that ended itself; 0: none
    struct zab *zab;
    struct zab_effects effects;
    struct disk disk;

    int64_t tree_zxid;
    struct records tree;
    struct records unapplied; // in the log or on the way to it
    int64_t logged, committed;
    int64_t next_zxid;     // of a leader that serves
    int64_t reconfig_zxid; // the last one it proposed
    bool is_listening;
    zab_link next_link;

    struct zab_event *jobs; // events that are on their way from workers: SNAP_BEGUN, LOG_READ
    struct records *job_records;
    size_t job_count, job_cap;

    size_t checked;                 // of the tree, by the judge
    size_t sync_marks[WORLD_SYNCS]; // what was committed when a sync was asked for, in order
    size_t sync_count;
    size_t syncs_done;
    struct buf requests; // of learners, that were delivered: texts with their zeros
    bool is_paused;      // a leader is handing over: nothing is proposed
};

struct world {
    struct member members[WORLD_SIDS];
    bool is_cut[WORLD_SIDS][WORLD_SIDS];
    struct mail mail[WORLD_SIDS][WORLD_SIDS]; // [from][to]
    struct wire **wires;
    size_t wire_count, wire_cap;
    int64_t now_ms;
    struct zab_options options; // of all members; sid and seed are set for each
    struct buf config;          // text of new members
    struct arena arena;         // transactions
    struct buf trace;
    bool is_quiet;   // nothing more goes there
    bool shows_all;  // also pings, votes and notes
    size_t read_max; // records per answer of the log

    // The judge.
    struct records committed;           // by anybody, in order
    int64_t epoch_leader[WORLD_EPOCHS]; // who served in it; 0: nobody
    const char *verdict;                // what went wrong; NULL: nothing
    struct buf evidence;
};

void world_init(struct world *w);
void world_fini(struct world *w);

// ---- world.c ----

struct member *world_member(struct world *w, int64_t sid);
void world_add(struct world *w, int64_t sid); // a server with an empty disk
void world_start(struct world *w, int64_t sid);
// With `loses_mail` what it sent and nobody received is lost, else it arrives.
void world_crash(struct world *w, int64_t sid, bool loses_mail);
void world_wipe(struct world *w, int64_t sid);
void world_settle(struct world *w);           // deliver and write until nothing moves
void world_pass(struct world *w, int64_t ms); // time, and nothing else
void world_run(struct world *w, int64_t ms);  // both
bool world_step_once(struct world *w);        // one round of deliveries and writes; false: at rest

// ---- member.c ----

void member_step(struct member *m, struct zab_event e);
bool member_work(struct member *m, bool is_told); // one job of the disk; false: none, or held
bool member_finish_job(struct member *m);         // one of the workers'
// A leader proposes, a learner asks it to. A configuration of a leader when `config` is not NULL:
// its lines without a version.
void member_propose(struct member *m, const char *text, const char *config);
void member_sync(struct member *m);
void member_take_stream(struct member *m, zab_link link, struct image *image); // takes it

// ---- network.c ----

void network_send(struct world *w, struct member *from, zab_link link, const struct zab_packet *p);
void network_send_stream(struct world *w, struct member *from, zab_link link,
                         const struct image *image);
void network_dial(struct world *w, struct member *from, zab_link link, int64_t to);
void network_close(struct world *w, struct member *at, zab_link link);
void network_crash(struct world *w, int64_t sid, bool loses_mail);
void network_break(struct world *w, int64_t a, int64_t b); // both ends learn of it
void network_pause(struct world *w, struct member *at, zab_link link, bool is_paused);
void network_mail(struct world *w, int64_t from, int64_t to, struct slice bytes);
void network_heal(struct world *w, int64_t a, int64_t b);
// Deliver the next message of a link, or of the election connection. False: there is none.
bool network_deliver(struct world *w, int64_t from, int64_t to);
bool network_deliver_wire(struct world *w, struct wire *wire, int end);
bool network_deliver_mail(struct world *w, int64_t from, int64_t to);
void network_forget_closed(struct world *w);

// ---- judge.c ----

void judge_serve(struct member *m);
void judge_commit(struct member *m, int64_t zxid);
size_t judge_committed_now(const struct member *m);
void judge_synced(struct member *m);
void judge_fail(struct world *w, const char *verdict, const struct member *m);
bool judge_tree_is_whole(struct member *m); // it holds what was committed, and nothing else

#endif
