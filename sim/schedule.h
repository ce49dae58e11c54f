// SPDX-License-Identifier: Apache-2.0
//
// A schedule: what befalls an ensemble, and when. It is decided by a seed before anything runs, so
// that a failing one can be cut down: its troubles are dropped one after the other while it still
// fails (shrink.h).
//
//     seed ──schedule_make──► troubles at their times ──campaign_run (campaign.h)──► right, or not
#ifndef PADDOCK_SIM_SCHEDULE_H
#define PADDOCK_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

// name, whether it lasts, weight in a random schedule. What lasts is undone `for_ms` later; a
// process that ended is started again then.
#define TROUBLES(X)                                                                                \
    X(KILL, "kill", 6)           /* the process ends; what it wrote is there */                    \
    X(POWER, "power", 6)         /* and what it had not synced is lost or torn */                  \
    X(POWER_AT, "power-at", 6)   /* the same inside a disk operation soon */                       \
    X(STOP, "stop", 3)           /* the process is told to end */                                  \
    X(CUT, "cut", 5)             /* nothing passes between two servers */                          \
    X(CUT_ONE, "cut-one", 5)     /* nothing passes from one to the other */                        \
    X(ISOLATE, "isolate", 6)     /* a server from all others; clients reach it */                  \
    X(SPLIT, "split", 4)         /* two halves */                                                  \
    X(BRIDGE, "bridge", 4)       /* two halves, and one server that sees both */                   \
    X(FLAP, "flap", 4)           /* a cut that comes and goes */                                   \
    X(CUT_OFF, "cut-off", 3)     /* a server from everybody */                                     \
    X(SLOW, "slow", 4)           /* what passes between two comes late */                          \
    X(NARROW, "narrow", 3)       /* few bytes per millisecond */                                   \
    X(RESET, "reset", 5)         /* connections between two break */                               \
    X(PAUSE, "pause", 6)         /* a server's loop stands still */                                \
    X(PAUSE_ALL, "pause-all", 1) /* every server's */                                              \
    X(CLOCK, "clock", 3)         /* a wall clock jumps */                                          \
    X(DISK_FAIL, "disk-fail", 4) /* an operation fails soon */                                     \
    X(DISK_FULL, "disk-full", 3) /* no space for a while */                                        \
    X(DISK_SLOW, "disk-slow", 3) /* operations take long */                                        \
    X(ROT, "rot", 2)             /* a block is damaged, noticed at the next start */               \
    X(WIPE, "wipe", 1)           /* a server comes back with an empty disk */                      \
    X(OLD_DATA, "old-data", 1)   /* a server comes back with what it had some time ago */          \
    X(AWAY, "away", 5)           /* a client leaves its connection, perhaps for long */

enum trouble_kind {
#define X(id, name, weight) TROUBLE_##id,
    TROUBLES(X)
#undef X
        TROUBLE_KINDS,
};

enum { TROUBLE_LEADER = -1 }; // in place of a server: whoever leads then

struct trouble {
    enum trouble_kind kind;
    int64_t at_ms; // since the first leader served
    int64_t for_ms;
    int who, other; // servers, from 0; or TROUBLE_LEADER
    uint64_t dice;  // what else is to be decided
    bool is_dropped;
};

enum { SCHEDULE_TROUBLES_MAX = 32, SCHEDULE_SERVERS_MAX = 7 };

struct schedule {
    uint64_t seed;
    int voters, observers;
    int64_t trouble_ms; // then everything is healed
    bool has_disk_faults;
    bool is_rolling;  // zxids roll over all the time
    bool is_governed; // members change all the time (governor.h)
    bool has_guests;  // some clients are the library's (guest.h)
    struct trouble troubles[SCHEDULE_TROUBLES_MAX];
    size_t count;
};

// Units: voters 0: three, sometimes five, sometimes with an observer.
void schedule_make(uint64_t seed, int voters, int64_t trouble_ms, struct schedule *ret);

// Let the members change, too. No disk is exchanged then: who knew the newest members may be the
// one that forgets them.
void schedule_govern(struct schedule *s);

// Drop the troubles of a list like "0,3,4". False when it is none.
bool schedule_drop(struct schedule *s, const char *list);
// That list; "" when nothing is dropped.
void schedule_print_dropped(const struct schedule *s, struct buf *to);
// One line per trouble that is left.
void schedule_print(const struct schedule *s, struct buf *to);
void trouble_print(const struct trouble *t, struct buf *to);

const char *trouble_name(enum trouble_kind kind);

#endif
