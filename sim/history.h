// SPDX-License-Identifier: Apache-2.0
//
// What clients saw, in the order in which they saw it: requests that left, answers and watch events
// that came, connections won and lost. It is all that the checkers (check.h) know; the inside of a
// server is not in it.
//
//     CALL ──► ANSWER            an answer points to its call; a call may have none
//     OPEN ──► LOST              one connection; OPEN says whether the session is a new one
//     EVENT                      a watch event
//     CLOCK                      a machine's wall clock jumped
//     TROUBLE                    something befell the servers: time limits begin anew
//
// Paths are numbers here (history_node), so that checkers can use tables; data are values that are
// never used twice (history_new_value), so that what is read tells which request wrote it.
#ifndef PADDOCK_SIM_HISTORY_H
#define PADDOCK_SIM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hmap.h"
#include "jute/code.h"
#include "jute/op.h"
#include "jute/records.h"

enum { HISTORY_NONE = -1 }; // no node, no item

enum history_kind {
    HISTORY_OPEN,
    HISTORY_LOST,
    HISTORY_CALL,
    HISTORY_ANSWER,
    HISTORY_EVENT,
    HISTORY_CLOCK,
    HISTORY_TROUBLE,
};

// The ACLs that clients give to nodes. ALICE: she may do everything, the world may read.
enum history_acl { HISTORY_ACL_WORLD, HISTORY_ACL_ALICE };

// The lists of setWatches2, in its order.
enum history_list { LIST_DATA, LIST_EXIST, LIST_CHILD, LIST_PERSISTENT, LIST_RECURSIVE, LISTS };

// One operation: a request has one, a multi several, setWatches one for each path.
struct history_part {
    int32_t type; // enum zk_op
    int32_t node; // path asked for
    int32_t mode; // create flags, mode of addWatch, type of removeWatches, enum history_list
    int32_t version;
    uint32_t value; // decides the data that is written; 0: `text` or nothing
    const char *text;
    int64_t ttl_ms;
    enum history_acl acl;
    bool watch;
    // Of the answer only.
    int32_t code; // enum zk_code
    int32_t made; // the node that a create made
    bool has_stat;
    struct jute_stat stat;
    uint32_t found; // the value read; 0: none
    bool has_names; // children, or ephemerals: `name_count` numbers in history.names
    size_t first_name, name_count;
};

struct history_item {
    enum history_kind kind;
    int32_t client;
    int64_t session;
    int32_t connection;    // counts over all clients
    int64_t at_ns;         // virtual time
    int64_t wall_ms;       // the machine's wall clock; of several the one that is furthest
    int64_t wall_least_ms; // and the one that is furthest behind
    int32_t xid;
    int32_t type;        // of a request: OP_MULTI and OP_MULTI_READ have parts of other types
    int64_t zxid;        // of an answer, an event; of a setWatches call: what the client saw last
    int32_t code;        // of an answer
    int32_t call;        // of an answer: the item of its call
    int32_t answer;      // of a call: the item of its answer, or HISTORY_NONE
    bool is_new;         // of OPEN: the client's session before, if any, has ended
    int32_t timeout_ms;  // of OPEN
    int32_t event, node; // of an event
    size_t first_part, part_count;
};

struct history {
    struct history_item *items;
    size_t count, cap;
    struct history_part *parts;
    size_t part_count, part_cap;
    int32_t *names;
    size_t name_count, name_cap;
    struct history_path **paths; // by node
    size_t node_count, node_cap;
    struct hmap by_path;
    uint32_t values;
    int32_t connections;
    // Of an ensemble: a read without a sync before it may show the past, and a session may end so
    // much earlier than its timeout says, since the server that answers may be cut off.
    bool may_be_stale;
    int64_t slack_ms;
};

struct history_path {
    struct hmap_link link;
    int32_t parent; // HISTORY_NONE for the root
    char text[48];
};

void history_init(struct history *h);
void history_fini(struct history *h);

// The number of a path, made when it is new. Numbers begin with 0, the root.
int32_t history_node(struct history *h, struct slice path);
const char *history_path(const struct history *h, int32_t node);
static inline int32_t history_parent(const struct history *h, int32_t node)
{
    return h->paths[node]->parent;
}
// True when `node` is `above` or lies below it.
bool history_is_below(const struct history *h, int32_t node, int32_t above);

static inline uint32_t history_new_value(struct history *h)
{
    return ++h->values;
}

// Append an item with copies of `count` parts; links a call and its answer. Returns its number.
int32_t history_add(struct history *h, const struct history_item *item,
                    const struct history_part *parts, size_t count);
size_t history_add_name(struct history *h, int32_t node); // returns its index in names

static inline struct history_part *history_parts(const struct history *h,
                                                 const struct history_item *item)
{
    return h->parts + item->first_part;
}

// True for a create of any type.
bool history_is_create(int32_t type);
// True for a part that changes a node when it succeeds (setACL does not: no zxid tells it).
bool history_is_change(int32_t type);
bool history_is_write(int32_t type); // of a request: becomes a transaction

// One line for people.
void history_print(const struct history *h, int32_t item, struct buf *to);

#endif
