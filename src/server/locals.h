// SPDX-License-Identifier: Apache-2.0
//
// Local sessions: a member of an ensemble opens, keeps and ends them by itself, without a
// transaction, so that clients which only read and watch cost the others nothing. What an ephemeral
// node needs is a session that all servers know; a local one is upgraded then, if that is enabled.
// A server in read-only mode (read_only.h) has no others.
//
//     local ──create of an ephemeral──► global, by a createSession in front of the request
//       ├──closeSession, expired──► gone
//       └──the role of the server ends──► gone, without a word
//
// Invariant: a local session owns no node, so nothing is left of it.
// Source: UpgradeableSessionTracker, QuorumZooKeeperServer.checkUpgradeSession.
#ifndef PADDOCK_SERVER_LOCALS_H
#define PADDOCK_SERVER_LOCALS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/request.h"

struct conn;
struct server;

// Is a session that is opened now local?
bool locals_are_opened(const struct server *s);

// Of a connection that has a local session. Before a write goes its way: upgrades the session if
// the request needs that. True: the request is for locals_try_answer, in its order.
bool locals_take(struct conn *c, const struct request *request);
// Any request whose turn has come: answer it if it is one of those.
bool locals_try_answer(struct conn *c, const struct request *request);

// Those whose deadline has come are gone.
void locals_expire(struct server *s);

// The createSession of `id` is committed, by whatever way: if we have it as a local one, it no
// longer is.
void locals_committed(struct server *s, int64_t id);

#endif
