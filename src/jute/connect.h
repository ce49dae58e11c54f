// SPDX-License-Identifier: Apache-2.0
//
// The packets that open a session, and what a session id decides: its start value and its password.
// Both packets end in a readOnly byte that old clients do not send; a server answers with the byte
// only if the request had it. Source: ProtocolManager.
#ifndef PADDOCK_JUTE_CONNECT_H
#define PADDOCK_JUTE_CONNECT_H

#include "jute/records.h"

enum { CONNECT_PASSWD_BYTES = 16 };

struct connect_request {
    struct jute_connect_request body;
    bool has_read_only; // the packet had the byte
    bool read_only;     // its value; false without it
};

struct connect_response {
    struct jute_connect_response body;
    bool has_read_only;
    bool read_only;
};

// Bytes behind the readOnly byte are ignored, as Java does.
// Memory: `ret->body.passwd` borrows the input; null and any length are accepted.
// Errors: false when the packet is too short or its password has a bad length.
bool connect_request_decode(struct jute_in *in, struct connect_request *ret);
bool connect_response_decode(struct jute_in *in, struct connect_response *ret);

void connect_request_encode(const struct connect_request *r, struct buf *to);
void connect_response_encode(const struct connect_response *r, struct buf *to);

// The answer "session expired": timeout 0, session 0, a password of zeros. Borrows static memory.
struct connect_response connect_refused(bool has_read_only);

// The password of a session: a pure function of its id, the same on every server, so a client may
// come back on any of them. Source: ZooKeeperServer.generatePasswd.
void connect_passwd(int64_t session_id, uint8_t ret_passwd[CONNECT_PASSWD_BYTES]);

// True if `passwd` is the password of `session_id` and the id is not 0. Takes the same time for
// every password of the right length.
bool connect_passwd_matches(int64_t session_id, struct slice passwd);

// The first session id of a server: its id in the top byte, then 40 bits of time, then 16 zero
// bits; each further session takes the next number.
// Units:  monotonic milliseconds; server_id is myid, 1 on a standalone server.
// Source: SessionTrackerImpl.initializeNextSessionId.
int64_t connect_first_session_id(int64_t monotonic_ms, int64_t server_id);

#endif
