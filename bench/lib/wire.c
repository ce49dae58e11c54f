// SPDX-License-Identifier: Apache-2.0
//
// Frames are [i32 length][i32 xid][i32 type][body]; all integers are big-endian. Source:
// zookeeper.jute of Apache ZooKeeper 3.9.
#include "bench/lib/wire.h"

#include <string.h>

static uint8_t *put_u32(uint8_t *to, uint32_t v)
{
    to[0] = (uint8_t)(v >> 24);
    to[1] = (uint8_t)(v >> 16);
    to[2] = (uint8_t)(v >> 8);
    to[3] = (uint8_t)v;
    return to + 4;
}

static uint8_t *put_text(uint8_t *to, struct wire_text text)
{
    to = put_u32(to, text.count);
    memcpy(to, text.bytes, text.count);
    return to + text.count;
}

static uint8_t *put_head(uint8_t *frame, int32_t xid, int32_t type)
{
    return put_u32(put_u32(frame + WIRE_LENGTH_BYTES, (uint32_t)xid), (uint32_t)type);
}

static uint8_t *seal(uint8_t *frame, uint8_t *end)
{
    put_u32(frame, (uint32_t)(end - frame) - WIRE_LENGTH_BYTES);
    return end;
}

uint8_t *wire_connect(uint8_t *to, uint32_t timeout_ms)
{
    memset(to, 0, WIRE_CONNECT_BYTES);
    put_u32(to, WIRE_CONNECT_BYTES - WIRE_LENGTH_BYTES);
    put_u32(to + 16, timeout_ms);
    put_u32(to + 28, 16); // the length of the (zero) password
    return to + WIRE_CONNECT_BYTES;
}

uint8_t *wire_reconnect(uint8_t *to, uint32_t timeout_ms, const uint8_t *session)
{
    uint8_t *end = wire_connect(to, timeout_ms);
    memcpy(to + 20, session + 12, 8);  // the id
    memcpy(to + 32, session + 24, 16); // the password
    return end;
}

uint8_t *wire_bare(uint8_t *to, int32_t xid, int32_t type)
{
    return seal(to, put_head(to, xid, type));
}

uint8_t *wire_sync(uint8_t *to, int32_t xid, struct wire_text path)
{
    return seal(to, put_text(put_head(to, xid, WIRE_SYNC), path));
}

uint8_t *wire_get_data(uint8_t *to, int32_t xid, struct wire_text path)
{
    uint8_t *at = put_text(put_head(to, xid, WIRE_GET_DATA), path);
    *at++ = 0; // no watch
    return seal(to, at);
}

uint8_t *wire_set_data(uint8_t *to, int32_t xid, struct wire_text path, struct wire_text data)
{
    uint8_t *at = put_text(put_text(put_head(to, xid, WIRE_SET_DATA), path), data);
    return seal(to, put_u32(at, UINT32_MAX)); // any version
}

uint8_t *wire_create(uint8_t *to, int32_t xid, struct wire_text path, struct wire_text data)
{
    uint8_t *at = put_text(put_text(put_head(to, xid, WIRE_CREATE), path), data);
    at = put_u32(put_u32(at, 1), 31); // one ACL entry, all permissions,
    at = put_text(at, (struct wire_text){"world", 5});
    at = put_text(at, (struct wire_text){"anyone", 6});
    return seal(to, put_u32(at, 0)); // a persistent node
}

struct wire_reply wire_reply(const uint8_t *at)
{
    return (struct wire_reply){
        .bytes = wire_u32(at),
        .xid = (int32_t)wire_u32(at + 4),
        .err = (int32_t)wire_u32(at + 16),
    };
}
