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
// Paths are numbers here (annals_node), so that checkers can use tables; data are values that are
// never used twice (annals_new_value), so that what is read tells which request wrote it.
#ifndef PADDOCK_SIM_ANNALS_H
#define PADDOCK_SIM_ANNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hmap.h"
#include "jute/code.h"
#include "jute/op.h"
#include "jute/records.h"

enum { ANNALS_NONE = -1 }; // no node, no item

enum annals_kind {
    ANNALS_OPEN,
    ANNALS_LOST,
    ANNALS_CALL,
    ANNALS_ANSWER,
    ANNALS_EVENT,
    ANNALS_CLOCK,
    ANNALS_TROUBLE,
};

// The ACLs that clients give to nodes. ALICE: she may do everything, the world may read.
enum annals_acl { ANNALS_ACL_WORLD, ANNALS_ACL_ALICE };

// The lists of setWatches2, in its order.
enum annals_list { LIST_DATA, LIST_EXIST, LIST_CHILD, LIST_PERSISTENT, LIST_RECURSIVE, LISTS };

// One operation: a request has one, a multi several, setWatches one for each path.
struct annals_part {
    int32_t type; // enum zk_op
    int32_t node; // path asked for
    int32_t mode; // create flags, mode of addWatch, type of removeWatches, enum annals_list
    int32_t version;
    uint32_t value; // decides the data that is written; 0: `text` or nothing
    const char *text;
    int64_t ttl_ms;
    enum annals_acl acl;
    bool watch;
    // Of the answer only.
    int32_t code; // enum zk_code
    int32_t made; // the node that a create made
    bool has_stat;
    struct jute_stat stat;
    uint32_t found; // the value read; 0: none
    bool has_names; // children, or ephemerals: `name_count` numbers in names of the annals
    size_t first_name, name_count;
};

struct annals_item {
    enum annals_kind kind;
    int32_t client;
    int64_t session;
    int32_t connection;    // counts over all clients
    int64_t at_ns;         // virtual time
    int64_t wall_ms;       // the machine's wall clock; of several the one that is furthest
    int64_t wall_least_ms; // and the one that is furthest behind
    int32_t xid;
    int32_t type;        // of a request: OP_MULTI and OP_MULTI_READ have parts of other types
    int64_t zxid;        // of an answer, an event; of OPEN and setWatches: what the client saw last
    int32_t code;        // of an answer
    int32_t call;        // of an answer: the item of its call
    int32_t answer;      // of a call: the item of its answer, or ANNALS_NONE
    bool is_new;         // of OPEN: the client's session before, if any, has ended
    int32_t timeout_ms;  // of OPEN
    int32_t event, node; // of an event
    size_t first_part, part_count;
};

struct annals {
    struct annals_item *items;
    size_t count, cap;
    struct annals_part *parts;
    size_t part_count, part_cap;
    int32_t *names;
    size_t name_count, name_cap;
    struct annals_path **paths; // by node
    size_t node_count, node_cap;
    struct hmap by_path;
    uint32_t values;
    int32_t connections;
    // Of an ensemble: a read without a sync before it may show the past, and a session may end so
    // much earlier than its timeout says, since the server that answers may be cut off.
    bool may_be_stale;
    int64_t slack_ms;
    int64_t lag_ms; // of real machines: what has to happen may come so much later than it should
};

struct annals_path {
    struct hmap_link link;
    int32_t parent; // ANNALS_NONE for the root
    char text[48];
};

void annals_init(struct annals *h);
void annals_fini(struct annals *h);

// The number of a path, made when it is new. Numbers begin with 0, the root.
int32_t annals_node(struct annals *h, struct slice path);
const char *annals_path(const struct annals *h, int32_t node);
static inline int32_t annals_parent(const struct annals *h, int32_t node)
{
    return h->paths[node]->parent;
}
// True when `node` is `above` or lies below it.
bool annals_is_below(const struct annals *h, int32_t node, int32_t above);

static inline uint32_t annals_new_value(struct annals *h)
{
    return ++h->values;
}

// Append an item with copies of `count` parts; links a call and its answer. Returns its number.
int32_t annals_add(struct annals *h, const struct annals_item *item,
                   const struct annals_part *parts, size_t count);
size_t annals_add_name(struct annals *h, int32_t node); // returns its index in names

static inline struct annals_part *annals_parts(const struct annals *h,
                                               const struct annals_item *item)
{
    return h->parts + item->first_part;
}

// True for a create of any type.
bool annals_is_create(int32_t type);
// True for a part that changes a node when it succeeds (setACL does not: no zxid tells it).
bool annals_is_change(int32_t type);
bool annals_is_write(int32_t type); // of a request: becomes a transaction

// One line for people.
void annals_print(const struct annals *h, int32_t item, struct buf *to);

#endif
