// SPDX-License-Identifier: Apache-2.0
//
// A server as a member of an ensemble: it owns the pure machine (zab/zab.h), performs what that
// decides, and tells it what happens.
//
//     election port ── mesh.h ──┐                    ┌── SEND, NOTIFY ──► mesh.h, link.h
//     quorum port ──── link.h ──┼──► zab_step ──────►┼── APPEND, COMMIT ─► pipeline.h
//     finished jobs, deadlines ─┘                    └── SAVE, LOAD, TRUNCATE, READ ─► workers
//
// It decides nothing about votes or zxids, and nothing in zab/ knows a socket or a file.
//
// Invariants: (1) effects are performed in their order, a step's before the next step begins, but
// for steps that an effect itself causes (a proposal made of a delivered request), which come
// whole in its place. (2) An event that answers an effect comes in a later step, never within it.
#ifndef PADDOCK_SERVER_ENSEMBLE_H
#define PADDOCK_SERVER_ENSEMBLE_H

#include "zab/zab.h"

struct ensemble;
struct epochs;
struct request;
struct server;

// Prepare; the tree is recovered. `last_zxid` is what this server may say it has: -1 when it must
// be healed first. Memory: borrows `s`; *ret is owned. Errors: ERR_LIMIT.
enum err ensemble_open(struct server *s, const struct epochs *epochs, int64_t last_zxid,
                       struct ensemble **ret) MUST_CHECK;
// A transaction of the replayed log, before ensemble_start.
void ensemble_remember(struct ensemble *e, int64_t zxid, struct slice txn);
// Open the ports and begin to look for a leader. The pipeline is open, and has written nothing.
void ensemble_start(struct ensemble *e);

// Leave the ensemble: links and election connections close at once, so the others need not wait.
// Then server_left() is called.
void ensemble_leave(struct ensemble *e);
void ensemble_close(struct ensemble *e); // NULL is legal

// End of a turn: send what was queued.
void ensemble_flush(struct ensemble *e);

// ---- a learner's requests; the answers come back as transactions and packets ----

// Send a request of this server's own clients to the leader.
void ensemble_forward(struct ensemble *e, const struct request *request);
// Ask the leader for a session (REVALIDATE).
void ensemble_ask_session(struct ensemble *e, const struct zab_packet *packet);
// Answer a learner (REVALIDATE). A link that is gone changes nothing.
void ensemble_answer(struct ensemble *e, zab_link link, const struct zab_packet *packet);

// Let server `sid` lead, or, with -1, whoever is best. NULL: that has begun; else why not, a
// constant for people. It ends with the role, or, when something goes wrong, with nothing changed.
const char *ensemble_hand_over(struct ensemble *e, int64_t sid);

// ---- asking ----

// What is this member's of a limit on requests in work: the leader has those of all to do, so it
// and its followers share what one server takes.
uint64_t ensemble_share(const struct ensemble *e, uint64_t limit);

const struct zab *ensemble_zab(const struct ensemble *e);

#endif
