// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a client into a whole server, in chunks: the first input byte says whether a session is
// opened before them, then each chunk is a length byte and that many bytes. A chunk may be sent
// alone or together with the next one (bit 7 of its length).
#include "fuzz/one_server.h"
#include "jute/connect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WITH_SESSION = 1, CHUNK_MASK = 0x7f, AND_WAIT = 0x80 };

static void send_connect_request(struct one_server *o)
{
    const struct connect_request q = {
        .body = {.timeout_ms = 4000, .passwd = slice_of("0123456789abcdef", CONNECT_PASSWD_BYTES)},
        .has_read_only = true,
    };
    struct buf frame = {0};
    buf_put_i32(&frame, 0);
    connect_request_encode(&q, &frame);
    be32_store(frame.data, (uint32_t)(frame.len - sizeof(int32_t)));
    one_send(o, buf_slice(&frame));
    buf_fini(&frame);
    one_settle(o);
    ASSERT(o->received.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct one_server o;
    one_open(&o);
    if ((data[0] & WITH_SESSION) != 0) {
        send_connect_request(&o);
    }
    for (size_t at = 1; at < size;) {
        uint8_t head = data[at++];
        size_t len = head & CHUNK_MASK;
        len = len < size - at ? len : size - at;
        one_send(&o, slice_of(data + at, len));
        at += len;
        if ((head & AND_WAIT) != 0) {
            one_settle(&o);
        }
    }
    one_settle(&o);
    one_close(&o);
    return 0;
}
