// SPDX-License-Identifier: Apache-2.0
//
// A learner on its own: events in, its effects as text out. Member 1 of an ensemble of three, whose
// history ends with 0x100000002 in epoch 1.
#ifndef PADDOCK_TESTS_UNIT_ZAB_LEARNER_HELP_H
#define PADDOCK_TESTS_UNIT_ZAB_LEARNER_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/core.h"
#include "zab/learner.h"

enum {
    HELP_TICK_MS = 100,
    HELP_INIT_LIMIT = 10,
    HELP_SYNC_LIMIT = 5,
    HELP_LINK = 1, // the first one it dials, as the text shows it: d1
};
#define HELP_LAST_ZXID 0x100000002

struct learner_help {
    struct zab_core core;
    struct learner *learner;
    struct zab_effects effects;
    struct buf text;  // of the effects since the last look, without the notes
    struct buf notes; // all of them
    int64_t now_ms;
};

// Following server 3, or with `role` ZAB_OBSERVING observing it, as a member that is listed so.
void help_init(struct learner_help *h, enum zab_role role);
// The same with options of the test's own: change h->core.options, then begin.
void help_init_idle(struct learner_help *h, enum zab_role role);
void help_begin(struct learner_help *h);
void help_fini(struct learner_help *h);

void help_step(struct learner_help *h, struct zab_event e);
void help_event(struct learner_help *h, enum zab_event_type type); // is_ok
void help_packet(struct learner_help *h, int32_t type, int64_t zxid, struct slice data);
void help_proposal(struct learner_help *h, int32_t packet_type, int64_t zxid);
void help_logged(struct learner_help *h, int64_t zxid);
void help_pass(struct learner_help *h, int64_t ms);

// What was to be done since the last look: one effect a line, without the notes.
#define help_expect(h, expected) help_expect_at((h), (expected), __FILE__, __LINE__)
void help_expect_at(struct learner_help *h, const char *expected, const char *file, int line);
// Something was said that holds this part.
#define help_expect_note(h, part) help_expect_note_at((h), (part), __FILE__, __LINE__)
void help_expect_note_at(struct learner_help *h, const char *part, const char *file, int line);
#define help_expect_over(h, reason) help_expect_over_at((h), (reason), __FILE__, __LINE__)
void help_expect_over_at(struct learner_help *h, const char *reason, const char *file, int line);

// To a stage, without looking at what happens.
void help_to_choosing(struct learner_help *h);     // epoch 2 is promised
void help_to_syncing(struct learner_help *h);      // by DIFF
void help_to_waiting(struct learner_help *h);      // NEWLEADER is acknowledged
void help_to_broadcasting(struct learner_help *h); // serving

// Transactions. Memory: valid until help_fini or the next one.
struct slice help_txn(int64_t zxid);
struct slice help_reconfig_txn(int64_t zxid, const char *text);
// The same behind the leader's id, as INFORMANDACTIVATE has it.
struct slice help_designated(int64_t leader, struct slice txn);

// Texts of configurations.
extern const char HELP_OF_THREE[];                                 // participants 1 to 3
extern const char HELP_OF_TWO[];                                   // participants 1 and 2
extern const char HELP_OF_THREE_4[];                               // and observer 4
extern const char HELP_ONE_OBSERVES[];                             // 1 observes, 2 and 3 vote
const char *help_config(const char *members, const char *version); // valid until the next one

#endif
