// SPDX-License-Identifier: Apache-2.0
//
// The properties that a server owes its clients, one file each (check_<property>.c). A checker
// reads a whole history (annals.h) and what follows from it of each node (ledger.h), and finds the
// first place where its property does not hold:
//
//     annals_init, annals_add ...   while a scenario runs, or made up by a test
//     check_all                       true: every property held
//
// A request without an answer may or may not have been done; checkers never guess: what they report
// cannot be explained by any fate of such requests.
#ifndef PADDOCK_SIM_CHECK_H
#define PADDOCK_SIM_CHECK_H

#include "sim/ledger.h"

enum { FINDING_ITEMS = 4 };

struct finding {
    const char *property;
    char what[256];
    int32_t items[FINDING_ITEMS]; // of the history: what contradicts each other
    size_t item_count;
};

// Each returns true when the property holds, else fills *ret.
typedef bool check_fn(const struct ledger *l, struct finding *ret);

check_fn check_order;     // answers in order; zxids of a client and of a connection never go back
check_fn check_linear;    // writes in one order that agrees with time and explains every answer
check_fn check_read;      // a read shows the state at its zxid: no older, no newer, nothing else
check_fn check_durable;   // what was acknowledged or seen is found by everybody from then on
check_fn check_multi;     // all parts or none, for answers and for what is seen
check_fn check_watch;     // before the change is shown, one-shot once, persistent without gaps
check_fn check_ephemeral; // gone with the session, not before
check_fn check_sequence;  // numbers unique and increasing under a parent
check_fn check_reap;      // containers and TTL nodes go when they may, and then do
check_fn check_access;    // refused where an ACL refuses, and only there
check_fn check_quota;     // a hard quota refuses when it is used up, and only then

// All of them, until the first finding.
bool check_all(const struct annals *h, struct finding *ret);

// For checkers: fill *ret; items that are ANNALS_NONE are left out. Returns false.
bool finding_report(struct finding *ret, const char *property, const int32_t items[FINDING_ITEMS],
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

// Several lines for people: what, and the items.
void finding_print(const struct finding *f, const struct annals *h, struct buf *to);

#endif
