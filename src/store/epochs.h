// SPDX-License-Identifier: Apache-2.0
//
// The two epochs of a member at its start, and when they change. They are promises to the ensemble,
// and the mistake to avoid differs: an acceptedEpoch that is too low may help an older leader to
// commit what a newer one does not know, a currentEpoch that is too high may win an election for a
// history that lacks committed transactions. So both are kept twice: in the files that Java reads,
// and, with a checksum, in `version-2/paddock.epochs`, which is written first. The copy also has
// the moments at which the files were changed, so that a damaged file is told from a newer one.
//
//     acceptedEpoch   the copy's; when the file was changed since (a Java server went on), the
//                     larger of the two
//     currentEpoch    the copy's, then at least the epoch of the last transaction: who has one of
//                     an epoch has all of that epoch's history before it
//     no copy         what the files say; a missing file is made with the epoch of the last
//                     transaction; an unreadable one is an error: a promise cannot be guessed
//
// Transactions are logged before currentEpoch is written, so a crash between the two is no damage.
// Source: QuorumPeer.loadDataBase, which stops there; differs: the copy.
#ifndef PADDOCK_STORE_EPOCHS_H
#define PADDOCK_STORE_EPOCHS_H

#include "store/datadir.h"
#include "store/recover.h"

struct epochs {
    int64_t accepted, current; // accepted >= current >= 0
};

// `last_zxid` is the recovered one, -1 for none: files that are missing then say 0. What is missing
// or damaged is written again, and noted; `note` may be NULL.
// Errors: ERR_MALFORMED and ERR_CORRUPT with file and remedy; those of port/file.h: a file that the
//   disk does not give is not taken for a damaged one.
enum err epochs_load(struct datadir *d, int64_t last_zxid, recover_note *note, void *ctx,
                     struct epochs *ret, struct store_error *e) MUST_CHECK;

// `now` holds what is to be saved in `which` and the present value of the other. Durable on return.
// Thread: any worker, one call at a time.
enum err epochs_save(struct datadir *d, const struct epochs *now, enum datadir_epoch which,
                     struct store_error *e) MUST_CHECK;

#endif
