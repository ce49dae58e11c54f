// SPDX-License-Identifier: Apache-2.0
//
// Every limit that is not a configuration key: one line each, with the unit in the name and what
// happens at the limit. A queue or size without a limit here or in config/ is a bug.
#ifndef PADDOCK_BASE_LIMITS_H
#define PADDOCK_BASE_LIMITS_H

enum {
    LIMIT_READ_CHUNK_BYTES = 64 * 1024,        // one read from a socket
    LIMIT_ACCEPTS_PER_TURN = 64,               // the rest waits for the next turn of the loop
    LIMIT_CONN_OUT_BYTES = 16 * 1024 * 1024,   // unsent replies of one connection: stop reading it
    LIMIT_SNAPSHOT_SLICE_BYTES = 64 * 1024,    // serialized per slice on the loop thread
    LIMIT_LOG_BATCH_BYTES = 4 * 1024 * 1024,   // one write and sync; more waits for the next
    LIMIT_UNLOGGED_BYTES = 16 * 1024 * 1024,   // a leader's transactions: stop reading its link
    LIMIT_UNAPPLIED_BYTES = 64 * 1024 * 1024,  // in or on the way to the log: stop reading clients
    LIMIT_FORWARDED_BYTES = 16 * 1024 * 1024,  // of requests that the leader has: likewise
    LIMIT_SMALL_FRAME_BYTES = 4096,            // still taken from clients then
    LIMIT_MULTI_READ_BYTES = 64 * 1024 * 1024, // of one multiRead reply: MarshallingError
    LIMIT_ACL_ENTRIES = 1024,                  // of one list sent by a client: InvalidACL
    LIMIT_HISTORY_BYTES = 64 * 1024 * 1024,    // of committed transactions kept for learners
    LIMIT_LINKS = 1024,                        // on the quorum port; more are closed at once
    LIMIT_LINK_OUT_BYTES = 64 * 1024 * 1024,   // unsent output of one of them: it is closed
    LIMIT_LINK_GREETING_BYTES = 4096,          // of the first packet of one that connected
    LIMIT_MESH_GUESTS = 64,                    // silent ones on the election port: the oldest goes
    LIMIT_MESH_STRANGERS = 64,                 // there, of no configuration: more are closed
    LIMIT_ZOO_CFG_BYTES = 1024 * 1024,         // larger configuration files are refused
    LIMIT_RECOVERY_SNAPSHOTS_TRIED = 100,      // as Java: newest that many candidates
};

#endif
