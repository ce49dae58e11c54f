// SPDX-License-Identifier: Apache-2.0
//
// The optional byte, and the arithmetic of session ids and passwords, which must give what Java
// gives because a client moves between servers with them.
#include "jute/connect.h"

static const uint8_t zero_passwd[CONNECT_PASSWD_BYTES];

// The byte is there or the packet ends; a server of before 3.4 knew no read-only mode.
static void decode_read_only(struct jute_in *in, bool *ret_has, bool *ret_value)
{
    *ret_value = false;
    *ret_has = jute_in_left(in) > 0 && jute_in_boolean(in, ret_value);
}

bool connect_request_decode(struct jute_in *in, struct connect_request *ret)
{
    struct jute_connect_request body;
    if (!jute_connect_request_decode(in, &body)) {
        return false;
    }
    ret->body = body;
    decode_read_only(in, &ret->has_read_only, &ret->read_only);
    return true;
}

bool connect_response_decode(struct jute_in *in, struct connect_response *ret)
{
    struct jute_connect_response body;
    if (!jute_connect_response_decode(in, &body)) {
        return false;
    }
    ret->body = body;
    decode_read_only(in, &ret->has_read_only, &ret->read_only);
    return true;
}

void connect_request_encode(const struct connect_request *r, struct buf *to)
{
    jute_connect_request_encode(&r->body, to);
    if (r->has_read_only) {
        buf_put_u8(to, r->read_only ? 1 : 0);
    }
}

void connect_response_encode(const struct connect_response *r, struct buf *to)
{
    jute_connect_response_encode(&r->body, to);
    if (r->has_read_only) {
        buf_put_u8(to, r->read_only ? 1 : 0);
    }
}

struct connect_response connect_refused(bool has_read_only)
{
    return (struct connect_response){
        .body = {.passwd = slice_of(zero_passwd, sizeof(zero_passwd))},
        .has_read_only = has_read_only,
    };
}

// The generator is java.util.Random: 48 bits of state, the upper 32 of them are the output.
void connect_passwd(int64_t session_id, uint8_t ret_passwd[CONNECT_PASSWD_BYTES])
{
    const uint64_t secret = UINT64_C(0xb3415c00); // ZooKeeperServer.superSecret
    const uint64_t multiplier = UINT64_C(0x5deece66d);
    const uint64_t mask = (UINT64_C(1) << 48) - 1;
    uint64_t state = ((uint64_t)session_id ^ secret ^ multiplier) & mask;
    for (size_t at = 0; at < CONNECT_PASSWD_BYTES; at += 4) {
        state = (state * multiplier + 0xb) & mask;
        uint32_t word = (uint32_t)(state >> 16);
        for (size_t byte = 0; byte < 4; byte++) { // Random.nextBytes: lowest byte first
            ret_passwd[at + byte] = (uint8_t)(word >> (8 * byte));
        }
    }
}

bool connect_passwd_matches(int64_t session_id, struct slice passwd)
{
    uint8_t expected[CONNECT_PASSWD_BYTES];
    if (session_id == 0 || passwd.len != sizeof(expected)) {
        return false;
    }
    connect_passwd(session_id, expected);
    unsigned difference = 0;
    for (size_t i = 0; i < sizeof(expected); i++) {
        difference |= (unsigned)(expected[i] ^ passwd.data[i]);
    }
    return difference == 0;
}

int64_t connect_first_session_id(int64_t monotonic_ms, int64_t server_id)
{
    const uint64_t container_owner = UINT64_C(1) << 63; // EphemeralType.CONTAINER_EPHEMERAL_OWNER
    uint64_t id = ((uint64_t)monotonic_ms << 24) >> 8 | (uint64_t)server_id << 56;
    return (int64_t)(id == container_owner ? id + 1 : id);
}
