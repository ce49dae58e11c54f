// SPDX-License-Identifier: Apache-2.0
//
// What a member of an ensemble is to do, as zab/ decides it. The executor performs the effects of a
// step in their order. An effect that needs time (saving an epoch, loading a snapshot) is answered
// by an event; until then zab/ does nothing that depends on it, so nothing is sent before what it
// promises is durable.
//
// Memory: an effect's bytes live in the list until zab_effects_clear, or belong to the event.
#ifndef PADDOCK_ZAB_EFFECT_H
#define PADDOCK_ZAB_EFFECT_H

#include "base/arena.h"
#include "zab/event.h"

enum zab_effect_type {
    // Persist.
    ZAB_DO_SAVE_ACCEPTED, // acceptedEpoch := `epoch`; answered by EPOCH_SAVED
    ZAB_DO_SAVE_CURRENT,  // currentEpoch := `epoch`; answered by EPOCH_SAVED. Everything appended
                          // before it must be durable first
    ZAB_DO_APPEND,        // learner: `zxid` and its transaction in `bytes` to the log; answered by
                          // LOGGED in groups
    ZAB_DO_TRUNCATE,   // learner: forget everything behind `zxid`; answered by TRUNCATED. No other
                       // packet of the leader's link is delivered before
    ZAB_DO_LOAD_SNAP,  // learner: the stream behind the SNAP packet on `link` becomes the tree at
                       // `zxid`, and a snapshot file; answered by SNAP_LOADED. No other packet
                       // of the link is delivered before. A stream that stalls for initLimit ticks
                       // has failed
    ZAB_DO_SEE_CONFIG, // `config` was proposed: keep it as the last seen one
    ZAB_DO_ACTIVATE_CONFIG, // `config` is the one in force from now on

    // Send.
    ZAB_DO_NOTIFY,    // `bytes` over the election connection to `sid`, in place of what waits there
    ZAB_DO_SEND,      // `packet` on `link`
    ZAB_DO_SEND_SNAP, // leader: a SNAP packet and the tree on `link`; SNAP_BEGUN, then SNAP_SENT.
                      // The tree of `zxid` or later: what the learner has, it must not lose
    ZAB_DO_READ_LOG,  // leader: records behind `zxid` up to `zxid_end` for `link`; LOG_READ. With
                      // `is_first` only when the log is within snapshotSizeFactor
    ZAB_DO_LISTEN,    // leader: accept links; with `is_master`, those of observers
    ZAB_DO_DIAL,      // learner: connect to `sid` (its address in the configuration, or, with
                      // `is_master`, as an observer master) as `link`; LINK_UP or LINK_DOWN
    ZAB_DO_CLOSE,     // `link`; no event comes from it any more
    ZAB_DO_UNLISTEN,

    // Apply.
    ZAB_DO_COMMIT, // everything up to `zxid` may be applied as soon as it is durable here
    ZAB_DO_SERVE,  // serve clients in the role of zab_role(); a leader's next zxid is `zxid` + 1
    ZAB_DO_PAUSE,  // leader: propose nothing more, until RESUME or the end of the role; what comes
                   // meanwhile waits
    ZAB_DO_RESUME, // it goes on leading
    ZAB_DO_STOP_SERVING, // close clients, wait for the log, apply all that is in it; SETTLED.
                         // Comes at the end of every role, also when nobody was served. No answer
                         // to an earlier effect comes after SETTLED
    ZAB_DO_DELIVER,      // `packet` on `link` is the server's business: REQUEST, REVALIDATE, SYNC,
                         // and what a PING's answer says of sessions
    ZAB_DO_SYNCED,       // `token` of ZAB_EV_SYNC
    ZAB_DO_PONG,         // learner: answer the PING in `packet` on `link` with the touched sessions
    ZAB_DO_NOTE,         // `text` for the log of people: what happened, and why
    ZAB_DO_EXIT,         // the process ends with `code`; `text` says why
};

struct zab_effect {
    enum zab_effect_type type;
    zab_link link;
    int64_t sid;
    int64_t zxid, zxid_end;
    int64_t epoch;
    uint64_t token;
    int code;
    bool is_master;
    bool is_first; // of READ_LOG: nothing has been sent of the log yet
    struct slice bytes;
    struct slice config;
    struct zab_packet packet;
    const char *text;
};

// The effects of one step, in order.
struct zab_effects {
    struct zab_effect *items;
    size_t count, cap;
    struct arena arena;
};

void zab_effects_init(struct zab_effects *list);
void zab_effects_fini(struct zab_effects *list);
void zab_effects_clear(struct zab_effects *list);

// Append one; borrow it until the next append.
struct zab_effect *zab_effects_add(struct zab_effects *list, enum zab_effect_type type);
// Copy bytes into the list, for effects that outlive what they were made from.
struct slice zab_effects_copy(struct zab_effects *list, struct slice bytes);
// ZAB_DO_NOTE, formatted.
void zab_effects_note(struct zab_effects *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// ZAB_DO_SEND with copied data.
void zab_effects_send(struct zab_effects *list, zab_link link, int32_t type, int64_t zxid,
                      struct slice data);

// One line for traces: "SEND 3 NEWLEADER 0x200000000 12 bytes".
void zab_effect_print(const struct zab_effect *e, struct buf *to);
void zab_event_print(const struct zab_event *e, struct buf *to);

#endif
