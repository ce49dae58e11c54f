// SPDX-License-Identifier: Apache-2.0
//
// A whole server in a simulated world: virtual time, a network and a disk in memory, one seed.
// Nothing happens unless the test steps the world; guests (guest.h) do so while they wait.
#ifndef PADDOCK_TESTS_UNIT_SERVER_STAGE_H
#define PADDOCK_TESTS_UNIT_SERVER_STAGE_H

#include "server/server_priv.h"
#include "sim/box.h"
#include "sim/world.h"
#include "store/names.h"

struct stage {
    struct world world;
    struct box box;
    struct list guests; // struct guest.link
};

// A server that serves. `zoo_cfg` are lines for zoo.cfg (tickTime is 200, dataDir /data), NULL for
// none; `defines` are "name=value" of -D, ended by NULL, or NULL.
void stage_open(struct stage *st, uint64_t seed, const char *zoo_cfg, const char *const *defines);
// Guests leave, and the process ends if it runs. Fails when anything was left behind.
void stage_close(struct stage *st);

static inline struct server *stage_server(const struct stage *st)
{
    return st->box.server;
}

static inline struct sim_disk *stage_disk(const struct stage *st)
{
    return &st->box.node->disk;
}

bool stage_has_node(const struct stage *st, const char *path);
size_t stage_count_files(const struct stage *st, enum names_kind kind);

// The connection that has been there longest.
static inline struct conn *stage_conn(const struct stage *st)
{
    return CONTAINER_OF(stage_server(st)->conns.next, struct conn, link);
}

void stage_step(struct stage *st);
void stage_until_in_process(struct stage *st); // something is asked that has no answer yet
void stage_run(struct stage *st, int64_t duration_ms);
// The process stands still: time passes, and then everything that came meanwhile is handled.
void stage_stall(struct stage *st, int64_t duration_ms);

// Step until the process has ended by itself, at most 60 s, and release it.
enum server_exit stage_wait_for_end(struct stage *st);
enum server_exit stage_stop(struct stage *st); // server_stop, then the same
void stage_start(struct stage *st);            // again; must succeed
void stage_power_cut(struct stage *st);        // what was not synced may be lost; then start

int64_t stage_now_ms(const struct stage *st);

#endif
