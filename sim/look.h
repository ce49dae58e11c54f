// SPDX-License-Identifier: Apache-2.0
//
// A look inside the servers of an ensemble, after every step, for what no client can see:
//
//     (1) servers that serve have equal trees at equal zxids, now and over the whole run: what was
//         applied by one that served is the one history of all (property "replicas");
//     (2) in an epoch one server leads and no other (property "leaders");
//     (3) epochs of a server never go back, but with its disk.
//
//     look_init ──► look_at after every step of a machine ... ──► look_fini
#ifndef PADDOCK_SIM_LOOK_H
#define PADDOCK_SIM_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hmap.h"
#include "sim/box.h"
#include "sim/schedule.h"

// What a server says of itself.
struct sight {
    bool is_up, is_serving, is_leading;
    const char *role;
    int64_t epoch; // currentEpoch
    int64_t zxid;  // of its tree
    uint64_t digest;
};
struct sight sight_of(const struct box *b);

// A hash over every node outside /zookeeper with data, ACL and all of its Stat, and over the
// sessions: the slow and thorough counterpart of the digest. The server must be up.
uint64_t sight_hash(const struct box *b);

bool sight_has(const struct box *b, struct slice path); // a node; false while it is down

struct look {
    struct world *world;
    bool is_blind;      // reports nothing
    struct hmap states; // digests by zxid
    struct hmap epochs; // leaders by epoch
    int64_t last_zxid[SCHEDULE_SERVERS_MAX];
    int64_t last_epoch[SCHEDULE_SERVERS_MAX];
    uint64_t compared; // states that two servers, or two lives of one, were seen in
};

void look_init(struct look *l, struct world *w);
void look_fini(struct look *l);

// Server `number` may have moved on. Reports by world_fail.
void look_at(struct look *l, int number, const struct box *b);
// Its disk was exchanged or damaged: what it says may be older now.
void look_forget(struct look *l, int number);

#endif
