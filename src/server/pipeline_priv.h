// SPDX-License-Identifier: Apache-2.0
//
// Between pipeline.c (into the log), pipeline_apply.c (out of it) and pipeline_role.c (what an
// ensemble adds).
#ifndef PADDOCK_SERVER_PIPELINE_PRIV_H
#define PADDOCK_SERVER_PIPELINE_PRIV_H

#include "server/pipeline.h"

// ---- pipeline.c ----

// An empty batch to fill.
struct batch *pipeline_take_batch(struct pipeline *pl);
// A batch that nobody needs any more.
void pipeline_give_batch(struct pipeline *pl, struct batch *b);
// No request may become a write now.
bool pipeline_is_closed(const struct pipeline *pl);
// Who waits for the transaction of a request.
struct pending pipeline_pending(const struct request *request, enum zk_code code);
// The request is lost, and its client hears that by the end of its connection.
void pipeline_lose(struct pipeline *pl, const struct request *request);
// Prepare what a learner forwarded; always becomes a transaction.
void pipeline_write_remote(struct pipeline *pl, const struct request *request);
// The role has failed: forget what is not in the log, tell the executor.
void pipeline_fail(struct pipeline *pl, const char *why);

// ---- pipeline_apply.c ----

// Apply what is logged and committed, answer who waits for it, tell the executor.
void pipeline_apply_ready(struct pipeline *pl);
// A request is over, answered or not.
void pipeline_settle_one(struct pipeline *pl, const struct pending *p);
// Nobody has seen the batch: its clients hear SystemError. Alone only.
void pipeline_abandon_batch(struct pipeline *pl, struct batch *b);
// Its clients will never know: their connections are closed.
void pipeline_forget_batch(struct pipeline *pl, struct batch *b);
void pipeline_answer_syncs(struct pipeline *pl); // those that are due

// ---- pipeline_role.c ----

bool pipeline_forward(struct pipeline *pl, const struct request *request);
// The worker has become idle while the role ends.
void pipeline_end_role(struct pipeline *pl);
// Forget what waits for the leader, or for a quorum.
void pipeline_forget_forwarded(struct pipeline *pl);

#endif
