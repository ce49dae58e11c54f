// SPDX-License-Identifier: Apache-2.0
//
// While a session is content with a read-only server: ask the others, one after the other and ever
// more rarely, whether they have a quorum, by the four-letter word `isro`, which they answer with
// "rw" or "ro". Source: ClientCnxn.pingRwServer; differs: Java's blocks its thread.
#ifndef PADDOCK_CLIENT_PROBE_H
#define PADDOCK_CLIENT_PROBE_H

#include "client/client.h"
#include "client/hosts.h"

enum probe_phase { PROBE_IDLE, PROBE_RESTING, PROBE_RESOLVING, PROBE_ASKING };

struct probe {
    struct client_ports *ports;
    enum probe_phase phase;
    int64_t due_ms; // the pause or the attempt is over then
    int pause_ms;   // the next one
    size_t host;    // place in the list of the one being asked
    bool has_found; // `host` has a quorum
    struct port_question question;
    struct port_stream *stream;
    char answer[2];
    size_t answer_len;
};

void probe_init(struct probe *p, struct client_ports *ports);
void probe_start(struct probe *p, int64_t now_ms); // begin to rest
void probe_stop(struct probe *p);                  // legal when idle

// Go on when something is due. `not_this` is the host that we are connected to.
void probe_work(struct probe *p, const struct hosts *hosts, size_t not_this, int64_t now_ms);
// When probe_work has something to do; false while idle.
bool probe_next_due(const struct probe *p, int64_t *ret_ms);

#endif
