// SPDX-License-Identifier: Apache-2.0
//
// The members of an ensemble as configuration text: the server., group. and weight. lines of
// zoo.cfg or of a dynamic file, and the canonical text that servers exchange ("verifier text").
//
//     server.1=zk-0.zk:2888:3888:participant;0.0.0.0:2181
//     group.1=1:2:3
//     weight.1=2
//     version=100000000
//
// What it is not: it resolves no host and takes no vote; hosts stay as they were written.
// Source: QuorumPeer.QuorumServer, QuorumMaj, QuorumHierarchical.
#ifndef PADDOCK_CONFIG_SERVERS_H
#define PADDOCK_CONFIG_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum { CONFIG_ADDRESSES_MAX = 16, CONFIG_SERVERS_MAX = 1024 };

enum config_role { CONFIG_PARTICIPANT, CONFIG_OBSERVER };

struct config_host_port {
    const char *host; // without brackets; NULL when there is no such address
    uint16_t port;
};

struct config_member_address {
    const char *host; // without brackets
    uint16_t quorum_port;
    uint16_t election_port;
};

struct config_member {
    int64_t id;
    enum config_role role;
    size_t address_count; // at least 1
    struct config_member_address addresses[CONFIG_ADDRESSES_MAX];
    struct config_host_port client;        // of the first ';' part
    struct config_host_port secure_client; // of the second ';' part
    bool is_client_from_static;            // taken from clientPort; not printed
    int64_t group;                         // -1: in no group; set by config_servers_check
    int64_t weight;                        // 1 unless a weight line says otherwise; likewise
};

// What a group or weight line says about a member, which may be named before its server line.
struct config_share {
    int64_t id;    // of the member
    int64_t value; // its group or weight
};
struct config_shares {
    struct config_share *items; // ascending by id
    size_t count;
};

struct config_servers {
    struct config_member *members; // ascending by id
    size_t count;
    struct config_shares groups, weights;
    bool is_hierarchical; // there are group or weight lines
    int64_t version;      // 0 when the text has none
    struct arena strings;
};

void config_servers_init(struct config_servers *s); // empty
void config_servers_fini(struct config_servers *s);

// Add what one line says. `key` is "server.N", "group.N", "weight.N" or "version"; a second line
// for the same member replaces the first. Memory: copies. Errors: ERR_INVALID, with a sentence
// appended to `complaint`; ERR_LIMIT above CONFIG_SERVERS_MAX
//         members. A group line may have taken effect in part.
enum err config_servers_add(struct config_servers *s, struct slice key, struct slice value,
                            bool allow_many_addresses, struct buf *complaint) MUST_CHECK;

// Forget the member `id`; what group and weight lines say of it stays. Nothing when there is none.
void config_servers_remove(struct config_servers *s, int64_t id);

// What concerns all lines together: sets group and weight of the members; in a hierarchical
// ensemble every participant is in a group. Errors: ERR_INVALID with a sentence in `complaint`.
enum err config_servers_check(struct config_servers *s, struct buf *complaint) MUST_CHECK;

// Parse a whole verifier text (Properties syntax) into an initialised, empty `ret`.
// Errors: as above, and for a key that is none of those four.
enum err config_servers_parse(struct slice text, struct config_servers *ret,
                              struct buf *complaint) MUST_CHECK;

// The canonical text, without a final newline.
void config_servers_print(const struct config_servers *s, struct buf *out);

// Equal versions, or equal members, roles, addresses, groups and weights.
bool config_servers_equal(const struct config_servers *a, const struct config_servers *b);

const struct config_member *config_servers_find(const struct config_servers *s, int64_t id);
size_t config_servers_count_role(const struct config_servers *s, enum config_role role);

#endif
