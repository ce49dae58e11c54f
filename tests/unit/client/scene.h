// SPDX-License-Identifier: Apache-2.0
//
// A handle on a machine of a simulated world, and a whole server on another: the objects of
// production at both ends, one seed, virtual time. Nothing happens unless the test makes a call or
// runs the scene. While the test runs it is inside the client's process (sim/node.h), so that
// mem_fail_after counts the client's allocations and no others.
#ifndef PADDOCK_TESTS_UNIT_CLIENT_SCENE_H
#define PADDOCK_TESTS_UNIT_CLIENT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/handle.h"
#include "sim/box.h"
#include "sim/world.h"

struct scene {
    struct client_ports ports; // first
    struct world world;
    struct box box;        // its name is "zk"
    struct sim_node *node; // the client's machine
    size_t open_ports;     // given to a handle and not closed yet
};

// `zoo_cfg`: lines for zoo.cfg (tickTime is 200) or NULL.
void scene_open(struct scene *sc, uint64_t seed, const char *zoo_cfg);
void scene_close(struct scene *sc); // every handle must be closed; nothing may be left behind

// Open a handle without a thread; servers default to "zk:2181". scene_join also connects.
struct paddock *scene_handle(struct scene *sc, struct paddock_options options);
struct paddock *scene_join(struct scene *sc, struct paddock_options options);

void scene_restart_server(struct scene *sc);
int64_t scene_now_ms(const struct scene *sc);
// Turn the handle until the time has passed.
void scene_run(struct scene *sc, struct paddock *zk, int64_t duration_ms);

// ---- what was heard, as text: one line an event, "session 3", "/a 1", in their order ----

struct tape {
    struct buf text;
    size_t lines;
};

void tape_hear(struct paddock *zk, const struct paddock_event *event, void *ctx); // ctx: the tape
struct paddock_watch tape_watch(struct tape *t);
// Compare, and forget. Expected is what was heard since the last look.
void tape_expect(struct tape *t, const char *expected);
void tape_fini(struct tape *t);

// ---- requests whose results are kept ----

struct answer_box {
    size_t count; // results that came: 1 is right
    int code;
    enum paddock_fate fate;
    int64_t zxid;
};

void answer_keep(struct paddock *zk, const struct paddock_result *result, void *ctx);
// Submit; must be accepted. And turn until every one of `count` boxes has its result.
void answer_ask(struct paddock *zk, const struct paddock_op *op, struct answer_box *a);
void answer_wait(struct scene *sc, struct paddock *zk, const struct answer_box *boxes,
                 size_t count);

#endif
