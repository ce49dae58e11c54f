// SPDX-License-Identifier: Apache-2.0
//
// A REQUEST that a learner sends. What decodes must encode to the same data, and to identities that
// decode to the same ones.
//
// Input: {u16 length of authinfo, 0xffff: null} authinfo, data.
#include "base/assert.h"
#include "server/forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NO_AUTHINFO = 0xffff };

static void check(const struct request *request, const struct zab_packet *packet)
{
    struct buf data = {0};
    struct buf authinfo = {0};
    forward_encode(request, &data, &authinfo);
    ASSERT(slice_equal(buf_slice(&data), packet->data));
    struct arena arena = {0};
    struct ids ids;
    struct request back;
    const struct zab_packet again = {.data = buf_slice(&data), .authinfo = buf_slice(&authinfo)};
    ASSERT(forward_decode(&again, &arena, &ids, &back) == ERR_OK);
    ASSERT(back.ids->count == request->ids->count);
    for (int32_t i = 0; i < ids.count; i++) {
        ASSERT(slice_equal(ids.items[i].scheme, request->ids->items[i].scheme));
        ASSERT(slice_equal(ids.items[i].id, request->ids->items[i].id));
    }
    arena_fini(&arena);
    buf_fini(&data);
    buf_fini(&authinfo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t len = (size_t)data[0] << 8 | data[1];
    struct slice rest = slice_of(data + 2, size - 2);
    struct zab_packet packet = {.type = ZAB_REQUEST};
    if (len != NO_AUTHINFO) {
        len = len < rest.len ? len : rest.len;
        packet.authinfo = slice_of(rest.data, len);
        rest = slice_skip(rest, len);
    }
    packet.data = rest;
    struct arena arena = {0};
    struct ids ids;
    struct request request;
    if (forward_decode(&packet, &arena, &ids, &request) == ERR_OK) {
        check(&request, &packet);
    }
    arena_fini(&arena);
    return 0;
}
