// SPDX-License-Identifier: Apache-2.0
//
// A leader on its own: events in, its effects as text out. Server 1 of an ensemble whose history
// ends with 0x100000002 in epoch 1, both transactions in memory. Learner N comes on link N.
#ifndef PADDOCK_TESTS_UNIT_ZAB_LEADER_HELP_H
#define PADDOCK_TESTS_UNIT_ZAB_LEADER_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/core.h"
#include "zab/leader.h"

enum {
    LEAD_TICK_MS = 100,
    LEAD_INIT_LIMIT = 10,
    LEAD_SYNC_LIMIT = 5,
    LEAD_HISTORY_COUNT = 20,
};
#define LEAD_Z(epoch, count) ((int64_t)(epoch) << 32 | (count))
#define LEAD_LAST_ZXID LEAD_Z(1, 2)

struct leader_help {
    struct zab_core core;
    struct leader *leader;
    struct zab_effects effects;
    struct buf text;  // of the effects since the last look, without the notes
    struct buf notes; // since the last look at them
    struct buf data;  // of the last packet that went out
    int64_t now_ms;
    bool is_host; // a follower's, for observers
};

// `voters` participants, server 1 among them, and the observers 8 and 9.
void lead_init(struct leader_help *h, size_t voters);
// With a configuration of the test's own; change h->core.options before lead_begin.
void lead_init_config(struct leader_help *h, const char *config);
void lead_begin(struct leader_help *h);
// Not a leader but a follower in epoch 1, an observer master: events are a host's.
void lead_host(struct leader_help *h);
void lead_fini(struct leader_help *h);

void lead_step(struct leader_help *h, struct zab_event e);
void lead_event(struct leader_help *h, enum zab_event_type type); // is_ok
void lead_link(struct leader_help *h, enum zab_event_type type, zab_link link);
void lead_packet(struct leader_help *h, zab_link link, int32_t type, int64_t zxid,
                 struct slice data);
void lead_propose(struct leader_help *h, int64_t zxid);
void lead_logged(struct leader_help *h, int64_t zxid);
void lead_applied(struct leader_help *h, int64_t zxid);
void lead_ack(struct leader_help *h, zab_link link, int64_t zxid);
void lead_pass(struct leader_help *h, int64_t ms); // in steps to its deadlines

// What was to be done since the last look, one effect a line.
#define lead_expect(h, expected) lead_expect_at((h), (expected), __FILE__, __LINE__)
void lead_expect_at(struct leader_help *h, const char *expected, const char *file, int line);
// Somebody was told so since the last such look.
#define lead_expect_note(h, part) lead_expect_note_at((h), (part), __FILE__, __LINE__)
void lead_expect_note_at(struct leader_help *h, const char *part, const char *file, int line);
#define lead_expect_over(h, reason) lead_expect_over_at((h), (reason), __FILE__, __LINE__)
void lead_expect_over_at(struct leader_help *h, const char *reason, const char *file, int line);
void lead_forget(struct leader_help *h); // what was to be done

// One learner's packets. lead_ack_epoch says that its history of epoch 1 ends with `zxid`.
void lead_info(struct leader_help *h, zab_link link, int32_t type, int64_t accepted_epoch);
void lead_ack_epoch(struct leader_help *h, zab_link link, int32_t epoch, int64_t zxid);
void lead_join(struct leader_help *h, zab_link link); // until it is asked for its history
void lead_to_live(struct leader_help *h, zab_link link, int32_t type, int64_t zxid); // a latecomer

// To a phase, without looking at what happens. Learner 2 has what we have.
void lead_to_comparing(struct leader_help *h);     // epoch 2 is offered to learner 2
void lead_to_synchronising(struct leader_help *h); // learner 2 has been sent NEWLEADER
void lead_to_serving(struct leader_help *h);       // learner 2 is live; next is 0x200000001

#endif
