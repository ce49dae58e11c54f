// SPDX-License-Identifier: Apache-2.0
//
// One attempt at recovery, for recover.c and recover_member.c: it says where damage stopped it.
#ifndef PADDOCK_STORE_RECOVER_PRIV_H
#define PADDOCK_STORE_RECOVER_PRIV_H

#include "store/recover.h"

enum recover_damage_kind {
    RECOVER_NO_DAMAGE,       // another failure, or none
    RECOVER_DAMAGED_LOG,     // from `offset` of `file` on
    RECOVER_DAMAGED_BASE,    // no snapshot to begin from
    RECOVER_DAMAGED_INSTALL, // what was to be installed is not known
    RECOVER_ENDS_EARLY,      // nothing is damaged, and something is missing
};

struct recover_damage {
    enum recover_damage_kind kind;
    char file[NAMES_BYTES_MAX];
    uint64_t offset;
};

// As recover(). `damage` is set when it fails.
enum err recover_once(struct datadir *d, struct port_clock *clock,
                      const struct recover_options *options, recover_note *note, void *ctx,
                      struct recover_damage *damage, struct tree **ret,
                      struct recover_report *ret_report, struct store_error *e) MUST_CHECK;

// A member: attempts until one succeeds, with the damage set aside in between.
enum err recover_member(struct datadir *d, struct port_clock *clock,
                        const struct recover_options *options, recover_note *note, void *ctx,
                        struct tree **ret, struct recover_report *ret_report,
                        struct store_error *e) MUST_CHECK;

#endif
