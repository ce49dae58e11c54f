// SPDX-License-Identifier: Apache-2.0
//
// A reconfig request on a leader: may it be, and what does the ensemble become. Pure. Two forms:
// a whole new list of members, or members that leave and members that join, in this order.
//
// The checks come in Java's order, so that the same mistake has the same answer; between those here
// and the transaction prep still checks the ACL of /zookeeper/config, which Java does last.
// Source: PrepRequestProcessor (reconfig), Leader.isQuorumSynced. Differs: addresses that two
// members share are compared as they are written, not as they resolve.
#ifndef PADDOCK_SERVER_RECONFIG_H
#define PADDOCK_SERVER_RECONFIG_H

#include "base/buf.h"
#include "config/servers.h"
#include "jute/code.h"
#include "jute/records.h"
#include "zab/zab.h"

// What a leader knows when the request arrives.
struct reconfig_view {
    const struct config_servers *committed, *seen;
    int64_t sid; // of this leader
    bool is_standalone_enabled;
    bool allows_many_addresses;
    const struct zab_follower *followers;
    size_t follower_count;
};

// Append the text of the new configuration, whose version is `zxid`, to `ret_text`.
// Errors, in this order; nothing is appended then:
//   ReconfigInProgress   another one is not committed yet
//   BadVersion           it was meant for another configuration than the last seen one
//   MarshallingError     an id, a weight or the version that is no number; a whole list without
//                        voters, or observers beside a single voter
//   BadArguments         a line that is none, a joiner without all its three ports or at the
//                        address of another member, an incremental change of a hierarchical
//                        ensemble, fewer than two voters (one, without standaloneEnabled), more
//                        than QUORUM_VOTERS_MAX
//   NewConfigNoQuorum    its voters that are connected and synchronised are no quorum of it
enum zk_code reconfig_check(const struct reconfig_view *view,
                            const struct jute_reconfig_request *request, int64_t zxid,
                            struct buf *ret_text);

#endif
