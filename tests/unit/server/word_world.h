// SPDX-License-Identifier: Apache-2.0
//
// A whole server in a simulated world, with a few clients, to ask four-letter words of.
#ifndef PADDOCK_TESTS_UNIT_SERVER_WORD_WORLD_H
#define PADDOCK_TESTS_UNIT_SERVER_WORD_WORLD_H

#include "sim/box.h"
#include "sim/client.h"

enum { WORD_WORLD_CLIENTS = 2 };

struct word_world_client {
    struct sim_client sim;
    uint64_t replies;
    int32_t last_xid; // sent
    int32_t last_code;
};

struct word_world {
    struct world world;
    struct box box;
    struct word_world_client clients[WORD_WORLD_CLIENTS];
    struct buf answer; // of the last word
    bool has_ended;
};

// `extra` is text for zoo.cfg. No client is connected yet.
struct word_world *word_world_open(const char *extra);
void word_world_close(struct word_world *w);

void word_world_run(struct word_world *w, int64_t ms); // let time pass

// Send raw bytes on a new connection; its answer, valid until the next call.
const char *word_world_ask_bytes(struct word_world *w, struct slice bytes);
const char *word_world_ask(struct word_world *w, const char *word);

void word_world_connect(struct word_world *w, size_t client);
int64_t word_world_session(const struct word_world *w, size_t client);
// Requests; each waits for its reply and gives the code of it.
int32_t word_world_create(struct word_world *w, size_t client, const char *path, int32_t flags);
int32_t word_world_get(struct word_world *w, size_t client, const char *path, bool watch);

#endif
