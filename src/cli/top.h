// SPDX-License-Identifier: Apache-2.0
//
// What `top` knows of an ensemble and how it shows it, without a terminal or a connection: texts of
// four-letter words in, lines of text or JSON out. cmd_top.c asks, waits for keys and draws.
//
// 1. A server is known by its place in the list of hosts; its row stays when it does not answer.
// 2. Rates are differences of two answers over the time between them; a server that started again
//    (its counters fell) has none until the next answer, and so has one asked for the first time.
// Source: the words srvr, mntr, cons of ServerStats, NIOServerCnxn.
#ifndef PADDOCK_CLI_TOP_H
#define PADDOCK_CLI_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "client/hosts.h"

enum { TOP_WHY_BYTES = 100, TOP_ROLE_BYTES = 16, TOP_ADDRESS_BYTES = 56, TOP_OP_BYTES = 8 };

// What has no value yet is below 0.
struct top_server {
    char name[TOP_ADDRESS_BYTES]; // "zk-1:2181"
    bool is_up;
    char why[TOP_WHY_BYTES];   // when it is not
    char role[TOP_ROLE_BYTES]; // "leader"; "not serving"
    uint64_t zxid;
    int64_t latency_max_ms, connections, outstanding, nodes;
    double latency_ms; // mean
    int64_t received, sent;
    double received_rate, sent_rate; // packets a second
    int64_t took_ms;                 // until the answer to srvr
    int64_t asked_ns;                // of the answer that the counters are from
    // From mntr, which a server may refuse.
    int64_t watches, ephemerals, data_bytes, descriptors;
    bool refuses_cons;
};

struct top_session {
    size_t server;
    char address[TOP_ADDRESS_BYTES];
    int64_t id; // 0: a connection without a session
    int64_t queued, received, sent, timeout_ms, latency_max_ms;
    double latency_ms, rate; // requests a second, below 0: not known yet
    char last_op[TOP_OP_BYTES];
};

enum top_sort { TOP_BY_RATE, TOP_BY_PACKETS, TOP_BY_LATENCY, TOP_BY_MAX, TOP_BY_QUEUED, TOP_SORTS };

struct top {
    struct top_server *servers;
    size_t server_count;
    struct top_session *sessions; // sorted as asked for
    size_t session_count;
};

void top_init(struct top *t);
void top_fini(struct top *t);

// A server behind the others; nothing happens when one of that name is there.
void top_add_server(struct top *t, const char *name);

// One answer of one server. `text` ends with a zero byte. The sessions of a server are replaced.
void top_take_srvr(struct top *t, size_t server, const char *text, int64_t now_ns);
void top_take_mntr(struct top *t, size_t server, const char *text);
void top_take_cons(struct top *t, size_t server, const char *text, int64_t seconds_ns);
void top_server_is_down(struct top *t, size_t server, const char *why);

void top_sort(struct top *t, enum top_sort by);
const char *top_sort_name(enum top_sort by);

// How many changes behind the leader (or behind the highest zxid when none is known); -1: of
// another epoch, or not known.
int64_t top_lag(const struct top *t, const struct top_server *s);

// ---- on a screen ----

struct top_view {
    int columns, rows; // 0 rows: everything, for a page instead of a screen
    enum top_sort sort;
    bool is_help, is_coloured;
    bool is_session_pane; // the one that the arrows move
    size_t first_server, first_session;
    char time[24]; // of the answers, for people
    double delay_s;
    const char *remark; // instead of the keys in the last line; or NULL
};

// Append the screen: lines parted by "\n", each at most `columns` wide, exactly `rows` of them.
void top_draw(const struct top *t, const struct top_view *v, struct buf *to);

struct json *top_json(const struct top *t, int64_t wall_ms);

#endif
