// SPDX-License-Identifier: Apache-2.0
//
// A session without a server: requests are kept until somebody waits, and answered then, in order,
// from a tree in memory. Any one of them can be lost, before or after it was executed. Stands in
// for the calls of the client library, so a test that uses it links none of them.
#ifndef PADDOCK_TESTS_UNIT_CLI_FAKE_SESSION_H
#define PADDOCK_TESTS_UNIT_CLI_FAKE_SESSION_H

#include "tests/unit/cli/fake.h"

enum { FAKE_NODES_MAX = 6000, FAKE_DATA_MAX = 64 };

struct fake_znode {
    char *path; // NULL: deleted
    char *data;
    bool is_secret; // may not be read
};

struct fake_request;

struct fake_session {
    struct fake fake;
    struct fake_znode nodes[FAKE_NODES_MAX];
    size_t node_count;
    struct fake_request *first, *last; // under way
    size_t under_way, under_way_max, requests;
    // The `fail_at`-th request (1 is the first) ends with `fail_code`; 0: none.
    size_t fail_at;
    int fail_code;
    bool is_executed_first;                                 // and only its answer is lost
    void (*before)(struct fake_session *s, size_t request); // each answer; or NULL
};

void fake_session_init(struct fake_session *s);
void fake_session_fini(struct fake_session *s);
struct paddock *fake_session_handle(struct fake_session *s);

void fake_session_add(struct fake_session *s, const char *path, const char *data);
struct fake_znode *fake_session_find(struct fake_session *s, const char *path); // or NULL
void fake_session_remove(struct fake_session *s, const char *path);
size_t fake_session_count(const struct fake_session *s);

void fake_session_answer(size_t count); // the oldest ones, at most

#endif
