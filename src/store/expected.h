// SPDX-License-Identifier: Apache-2.0
//
// Transactions that a log must hold, for it once did: those that end a snapshot which cannot be
// read, and those that the log worker noted (logend.h). A log in which one of them is missing has a
// hole, also where zxids alone do not show it. Pure.
#ifndef PADDOCK_STORE_EXPECTED_H
#define PADDOCK_STORE_EXPECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/names.h"

struct expected_txn {
    int64_t zxid;
    char who[NAMES_BYTES_MAX]; // knows of it: the name of a file
};

// A zeroed struct is an empty one.
struct expected {
    struct expected_txn *items; // ascending by zxid
    size_t count, cap;
    size_t met; // so many of them were seen, or need not be
};

void expected_fini(struct expected *x);
void expected_add(struct expected *x, int64_t zxid, const char *who); // before the others

// The log is read behind `zxid`: what is at or below it need not be there.
void expected_begin(struct expected *x, int64_t zxid);
// A record was read. False when one before it is missing.
bool expected_see(struct expected *x, int64_t zxid);
// The first that has not been seen; NULL when there is none.
const struct expected_txn *expected_missing(const struct expected *x);

#endif
