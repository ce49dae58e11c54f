// SPDX-License-Identifier: Apache-2.0
//
// Quotas at preparation: would this write pass a limit? Hard limits refuse, soft ones are logged.
// Usage is what applied transactions made it, so writes in flight may overshoot together, as in
// Java. Source: ZooKeeperServer.checkQuota.
#ifndef PADDOCK_SERVER_QUOTA_H
#define PADDOCK_SERVER_QUOTA_H

#include "server/prep.h"

// OK, QuotaExceeded, or MarshallingError when the limits text does not parse.
enum zk_code quota_check_create(struct prep *p, struct slice path, size_t data_len);
enum zk_code quota_check_set_data(struct prep *p, struct slice path, uint64_t old_len,
                                  size_t new_len);

// Writes to quota nodes that Java servers do not survive: they stop when they apply one, or the
// next change below it, and again at every start. BadArguments for them, OK for everything else. A
// quota of the root; a usage text (zookeeper_stats) that does not parse.
enum zk_code quota_check_poison_create(struct slice path);
enum zk_code quota_check_poison_data(struct slice path, struct slice data);

#endif
