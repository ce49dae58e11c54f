// SPDX-License-Identifier: Apache-2.0
//
// Made-up histories for the tests of the checkers: what two or three clients could have seen, told
// line by line, right or with one thing wrong.
#ifndef PADDOCK_TESTS_UNIT_SIM_TALE_H
#define PADDOCK_TESTS_UNIT_SIM_TALE_H

#include "sim/check.h"

enum { TALE_CLIENTS = 4, TALE_TIMEOUT_MS = 2000 };

struct tale {
    struct annals h;
    int64_t now_ms; // a line takes a millisecond; tests may move it
    int64_t wall_ms;
    int32_t connection[TALE_CLIENTS];
    int64_t session[TALE_CLIENTS];
    int32_t next_xid;
};

// Clients 0 to 2 are connected.
void tale_begin(struct tale *t);
void tale_end(struct tale *t);

void tale_open(struct tale *t, int32_t client, bool is_new);
// The same by a client that names less than all it has seen.
void tale_open_at(struct tale *t, int32_t client, bool is_new, int64_t seen_zxid);
void tale_lost(struct tale *t, int32_t client);

// A request of any kind; its node is `path`. Returns the call.
int32_t tale_call(struct tale *t, int32_t client, struct annals_part part, const char *path);
// Its answer, with nothing but the code; and the part of it, to be filled in.
struct annals_part *tale_answer(struct tale *t, int32_t call, int64_t zxid, int32_t code);
void tale_event(struct tale *t, int32_t client, const char *path, int32_t event, int64_t zxid);

// Requests with their answers. Returned values are those that the writes bring.
uint32_t tale_create(struct tale *t, int32_t client, const char *path, int32_t mode, int64_t zxid);
uint32_t tale_set(struct tale *t, int32_t client, const char *path, int64_t czxid, int32_t version,
                  int64_t zxid);
void tale_delete(struct tale *t, int32_t client, const char *path, int64_t zxid);
// getData; `value` 0: none.
struct annals_part *tale_read(struct tale *t, int32_t client, const char *path, int64_t czxid,
                              int64_t mzxid, int32_t version, uint32_t value, int64_t zxid);
void tale_missing(struct tale *t, int32_t client, const char *path, int64_t zxid);

// The property holds; or does not, for a reason that has `why` in its words.
void tale_holds(struct tale *t, check_fn *check);
void tale_breaks(struct tale *t, check_fn *check, const char *why);

#endif
