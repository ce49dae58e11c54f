// SPDX-License-Identifier: Apache-2.0
//
// The few frames of ZooKeeper's client protocol that a load needs, written straight into a buffer,
// and the head of a reply. It is not the codec of the server on purpose: a mistake in that one
// must not cancel itself out here.
#ifndef PADDOCK_BENCH_LIB_WIRE_H
#define PADDOCK_BENCH_LIB_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_CREATE = 1,
    WIRE_GET_DATA = 4,
    WIRE_SET_DATA = 5,
    WIRE_SYNC = 9,
    WIRE_PING = 11,
    WIRE_CLOSE_SESSION = -11,

    WIRE_NODE_EXISTS = -110,
    WIRE_XID_PING = -2,

    WIRE_LENGTH_BYTES = 4,
    WIRE_HEAD_BYTES = 16,      // xid, zxid, err: the reply header
    WIRE_STAT_BYTES = 68,      // after the data of getData; the whole body of setData
    WIRE_CONNECT_BYTES = 49,   // ConnectRequest with its length
    WIRE_CONNECTED_BYTES = 41, // ConnectResponse with its length
    WIRE_OVERHEAD_MAX = 64,    // of a request, beside its path and its data
};

struct wire_reply {
    uint32_t bytes; // of the frame, its length field not counted
    int32_t xid;
    int32_t err;
};

struct wire_text {
    const char *bytes;
    uint32_t count;
};

static inline uint32_t wire_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// Each writes one frame at `to` and returns the byte after it; the caller has checked the room.
uint8_t *wire_connect(uint8_t *to, uint32_t timeout_ms);
// `session` is the answer of WIRE_CONNECTED_BYTES that named the session; zeros ask for a new one.
uint8_t *wire_reconnect(uint8_t *to, uint32_t timeout_ms, const uint8_t *session);
uint8_t *wire_bare(uint8_t *to, int32_t xid, int32_t type); // ping, closeSession
uint8_t *wire_sync(uint8_t *to, int32_t xid, struct wire_text path);
uint8_t *wire_get_data(uint8_t *to, int32_t xid, struct wire_text path);
uint8_t *wire_set_data(uint8_t *to, int32_t xid, struct wire_text path, struct wire_text data);
uint8_t *wire_create(uint8_t *to, int32_t xid, struct wire_text path, struct wire_text data);

// `at` holds WIRE_LENGTH_BYTES + WIRE_HEAD_BYTES.
struct wire_reply wire_reply(const uint8_t *at);

#endif
