// SPDX-License-Identifier: Apache-2.0
//
// One server process on a simulated machine: started, stopped, killed, restarted. The process is
// the server of production on this machine's ports; everything outside of it survives in the
// machine.
//
//     down ──box_start──► up ──box_stop──► stopping ──► down
//                         └─────box_kill, box_power_cut──► down
//
// A kill ends the process only: what it wrote is still there for the next one, synced or not. A
// power cut also loses or tears what was not synced.
//
// A member with reconfigEnabled=true keeps BOX_CONFIG_FILE on its disk, and each start reads that
// and the files that it points to, as paddockd does.
#ifndef PADDOCK_SIM_BOX_H
#define PADDOCK_SIM_BOX_H

#include "config/config.h"
#include "server/server.h"
#include "sim/node.h"

enum { BOX_CLIENT_PORT = 2181 };
#define BOX_CONFIG_FILE "/conf/zoo.cfg"

struct box {
    struct world *world;
    struct sim_node *node;
    struct config *config;
    struct buf text;      // of zoo.cfg, as box_configure had it
    bool has_files;       // BOX_CONFIG_FILE counts
    uint32_t counter_end; // of the zxids of an epoch, instead of 2^32 - 1; 0: as it is
    int32_t reap_ms;      // instead of znode.container.checkIntervalMs; 0: as it is
    struct log log;
    struct port_digest digest;
    struct server *server; // NULL while down
    int64_t sid;           // of a member of an ensemble; 0
    bool has_stopped;      // on_stopped was called; box_reap has work
    enum server_exit exit_code;
    uint64_t starts;
    bool is_verbose;        // the server's log goes to standard error
    char last_problem[512]; // newest line of level error
};

// `extra` is text for zoo.cfg, or "".
void box_init(struct box *b, struct world *w, const char *extra, bool is_verbose);
// A member of an ensemble: `text` is all of zoo.cfg but clientPort and dataDir.
void box_init_member(struct box *b, struct world *w, int64_t sid, const char *text,
                     bool is_verbose);
// The text that counts from the next start on.
void box_configure(struct box *b, const char *text);
void box_fini(struct box *b); // the process must be down

// Recover and serve. Not SERVER_EXIT_OK: the process ended at once, the box is down.
enum server_exit box_start(struct box *b) MUST_CHECK;
static inline bool box_is_up(const struct box *b)
{
    return b->server != NULL;
}

void box_stop(struct box *b); // begins; step the world until box_reap is true
// Release a process that has stopped by itself or by box_stop. False when there is none.
bool box_reap(struct box *b);

// The configuration that the member has in force. It must be up, and be a member.
const struct config_servers *box_config_in_force(const struct box *b);

void box_kill(struct box *b);
void box_power_cut(struct box *b);

#endif
