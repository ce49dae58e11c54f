// SPDX-License-Identifier: Apache-2.0
//
// The directory of a member of an ensemble, as a server leaves it, and what a start makes of it
// after it was damaged.
#ifndef PADDOCK_TESTS_UNIT_STORE_MEMBER_H
#define PADDOCK_TESTS_UNIT_STORE_MEMBER_H

#include "tests/unit/store/stage.h"

#define EPOCH(e, counter) ((int64_t)(e) << 32 | (counter))

enum { MEMBER_TXNS_MAX = 100 };

// Transactions (1,1) to (1,30) and (2,1) to (2,40), and what the tree is after each of them.
struct member_history {
    int count;
    int64_t zxid[MEMBER_TXNS_MAX];
    struct buf record[MEMBER_TXNS_MAX];
    char *text[MEMBER_TXNS_MAX]; // of the tree behind it
};

// With `with_zeros` whole sectors of some transactions are zeros.
void member_history_init(struct member_history *h, bool with_zeros);
void member_history_fini(struct member_history *h);
int member_index(const struct member_history *h, int64_t zxid);
int64_t member_end(const struct member_history *h);

// Two snapshots, four logs, the last with room ahead; epochs 3 and 2, and the note of the log's
// end.
#define MEMBER_OLD_SNAPSHOT "snapshot.100000014"
#define MEMBER_NEW_SNAPSHOT "snapshot.20000000a"
#define MEMBER_LAST_LOG "log.20000000b"
void member_put(struct stage *s, const struct member_history *h);
void member_put_log(struct stage *s, const struct member_history *h, int64_t first, int64_t last,
                    size_t room);

// Start: there is everything, or a beginning and the marker. Returns whether it has to heal.
bool member_starts(struct stage *s, const struct member_history *h);
// A leader sends everything.
void member_heals(struct stage *s, const struct member_history *h);

#endif
