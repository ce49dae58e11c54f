// SPDX-License-Identifier: Apache-2.0
//
// What the four-letter words say, taken apart. Pure. Lines that are not understood are passed over,
// as other versions of the server have others. Source: StatCommand, ConsCommand
// (ServerCnxn.dumpConnectionInfo), DumpCommand, WatchCommand.
#ifndef PADDOCK_CLI_WORD_TEXT_H
#define PADDOCK_CLI_WORD_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

// ---- srvr ----

struct srvr_info {
    struct slice version; // up to the first comma; within the text
    struct slice role;    // "leader", "standalone", ...; empty when not said
    bool is_read_only;
    double latency_min_ms, latency_avg_ms, latency_max_ms;
    int64_t received, sent, connections, outstanding, nodes;
    int64_t zxid;
};

// False when it is no answer to `srvr`.
bool srvr_parse(struct slice text, struct srvr_info *ret);

// ---- mntr: "zk_key<tab>value" ----

bool mntr_find(struct slice text, const char *key, struct slice *ret);
bool mntr_find_int(struct slice text, const char *key, int64_t *ret);

// ---- cons ----

struct cons_info {
    struct slice client; // "10.0.0.1:51234"; within the text
    bool has_session;    // false: this very question, and connections still opening
    int64_t session;
    int64_t queued, received, sent, timeout_ms, last_latency_ms, max_latency_ms;
    int64_t established_ms, last_response_ms; // as the server counts them: since 1970, since boot
    struct slice last_op;                     // "GETD"; "NA" before the first
};

// Calls `each` for every connection. Returns how many there were.
size_t cons_each(struct slice text, void (*each)(void *ctx, const struct cons_info *info),
                 void *ctx);

// ---- lists under heads: ephemerals of `dump`, `wchc`, `wchp` ----

// "0x1:<newline><tab>/a" : for each item its head and itself.
void word_lists_each(struct slice text,
                     void (*each)(void *ctx, struct slice head, struct slice item), void *ctx);

// The part of `dump` from "Sessions with Ephemerals" to "Connections dump:"; empty without it.
struct slice dump_ephemerals(struct slice text);

// "0x10000a" (with or without ":"); false for anything else.
bool word_session(struct slice text, int64_t *ret);

#endif
