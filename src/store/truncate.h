// SPDX-License-Identifier: Apache-2.0
//
// Truncation: forget everything behind a zxid, because the ensemble decided that it never happened.
// The log is cut behind that transaction, later files are deleted, and so are snapshots of later
// zxids (Java keeps those, and may load the forgotten transactions again). The tree is then built
// anew with recover().
// Source: FileTxnLog.truncate, ZKDatabase.truncateLog.
#ifndef PADDOCK_STORE_TRUNCATE_H
#define PADDOCK_STORE_TRUNCATE_H

#include "store/datadir.h"

// Durable on return. No txnlog may be open on the directory.
// The beginning of an epoch, which is no transaction, is legal when the log goes across it; what is
// left ends earlier then. Source: a Java leader that has nothing in memory sends such a TRUNC.
// Errors: ERR_NOT_FOUND when there is no log, or `zxid` is not in it (nothing is changed then).
enum err truncate_after(struct datadir *d, int64_t zxid, uint32_t record_bytes_max,
                        struct store_error *e) MUST_CHECK;

#endif
