// SPDX-License-Identifier: Apache-2.0
//
// An ensemble in one simulated world: whole servers on machines of their own, "node-1" and so on,
// that elect, serve and lose each other, and guests (guest.h) at any of them. Servers are named by
// their ids, from 1; those behind the voters observe.
#ifndef PADDOCK_TESTS_UNIT_SERVER_TROUPE_H
#define PADDOCK_TESTS_UNIT_SERVER_TROUPE_H

#include "tests/unit/server/guest.h"

enum { TROUPE_MAX = 5, TROUPE_TICK_MS = 200 };

struct troupe {
    struct stage st; // the world, and the guests in it; no server of its own
    struct box boxes[TROUPE_MAX];
    int count;
    struct buf answer; // of the last word
    bool has_answered;
};

struct troupe_options {
    int voters, observers;
    const char *zoo_cfg;        // more text; NULL: none
    const char *const *defines; // "name=value" of -D, ended by NULL; or NULL
};

// All serve when it returns.
void troupe_open(struct troupe *t, uint64_t seed, const struct troupe_options *options);
void troupe_close(struct troupe *t);

static inline struct server *troupe_server(const struct troupe *t, int id)
{
    return t->boxes[id - 1].server;
}

void troupe_kill(struct troupe *t, int id);
void troupe_start(struct troupe *t, int id);
void troupe_run(struct troupe *t, int64_t duration_ms);
void troupe_until_serving(struct troupe *t); // all that are up, in the role of an ensemble
void troupe_until_equal(struct troupe *t);   // and they have applied the same

int troupe_leader(const struct troupe *t); // 0: nobody
void troupe_until_led_by_another(struct troupe *t, int than);
int troupe_follower(const struct troupe *t); // the first one

// A guest at a server, without and with a session.
void troupe_connect(struct guest *g, struct troupe *t, int id);
void troupe_enter(struct guest *g, struct troupe *t, int id);
// The guest hangs up and comes back to its session at another server. False when it is refused.
bool troupe_move(struct guest *g, struct troupe *t, int id);
// Another guest, with the session of the first, which is not told.
bool troupe_take_over(struct guest *thief, const struct guest *g, struct troupe *t, int id);

// The answer to a four-letter word; valid until the next one.
const char *troupe_word(struct troupe *t, int id, const char *word);

#endif
