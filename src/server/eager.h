// SPDX-License-Identifier: Apache-2.0
//
// enableEagerACLCheck: a member refuses what the tree that it has forbids, before anything is
// proposed or sent to the leader. So such a write costs no transaction, its zxid in the answer is
// 0, and the others never hear of it. What passes is checked again where it is prepared.
//
// Looked at are create (the plain ones), delete, setData and setACL; nothing of a multi. A write
// behind others of its connection is not looked at: these may be about to permit it.
// Source: ZooKeeperServer.authWriteRequest; differs: Java looks at those, too, and answers before
// them.
#ifndef PADDOCK_SERVER_EAGER_H
#define PADDOCK_SERVER_EAGER_H

#include "jute/code.h"
#include "server/request.h"

struct server;

// NoAuth or InvalidACL when the request is refused and answered, else OK.
enum zk_code eager_check(struct server *s, const struct request *request);

#endif
