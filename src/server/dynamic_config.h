// SPDX-License-Identifier: Apache-2.0
//
// The configuration of the ensemble on this member's disk, beside zoo.cfg:
//
//     zoo.cfg.dynamic.next      the last one that was proposed, until it is in force
//     zoo.cfg.dynamic.<version> one that was in force; the newest is the one that is
//     zoo.cfg                   points to it by dynamicConfigFile
//     zoo.cfg.bak               zoo.cfg before it pointed anywhere
//
// Each is written whole or not at all, durably, on a worker, in the order of the calls; so a crash
// at any moment leaves a zoo.cfg that the next start can use, a Java server's start, too. Files of
// older versions stay. What cannot be written (a read-only directory) is an error in the log, and
// the server goes on: an ensemble that is up tells a member what is in force.
// Source: QuorumPeer.setQuorumVerifier, .setLastSeenQuorumVerifier, QuorumPeerConfig.
#ifndef PADDOCK_SERVER_DYNAMIC_CONFIG_H
#define PADDOCK_SERVER_DYNAMIC_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "port/file.h"
#include "port/loop.h"
#include "server/log.h"

struct dynamic_config_options {
    struct port_files *files;
    struct port_worker *worker;
    struct log *log;
    const char *config_file;    // absolute path of zoo.cfg; NULL: nothing is written
    int64_t sid;                // of this server
    int64_t seen_version;       // of the last seen configuration at start
    void (*on_idle)(void *ctx); // everything is written, or failed; may be NULL
    void *ctx;
};

struct dynamic_config;

// Memory: borrows the options' pointers until dynamic_config_free.
struct dynamic_config *dynamic_config_new(const struct dynamic_config_options *options);
// Call when the worker is closed. NULL is legal.
void dynamic_config_free(struct dynamic_config *d);

// `text` (canonical) was proposed. Memory: copies.
void dynamic_config_see(struct dynamic_config *d, struct slice text);
// `text` is in force. What was seen before it is forgotten, unless that is newer.
void dynamic_config_activate(struct dynamic_config *d, struct slice text);
bool dynamic_config_is_idle(const struct dynamic_config *d);

// At the start of a member whose members stand in zoo.cfg itself and may be reconfigured: copy it
// to zoo.cfg.bak, for it will be rewritten. Blocks; a failure is logged.
void dynamic_config_back_up(struct port_files *files, const char *config_file, struct log *log);

#endif
