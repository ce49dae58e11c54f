// SPDX-License-Identifier: Apache-2.0
//
// The header of an election connection: what is taken must, written again, be taken as the same.
#include "base/assert.h"
#include "server/mesh_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct mesh_header *h)
{
    struct buf bytes = {0};
    struct mesh_header again;
    size_t len;
    mesh_header_encode(h, true, &bytes);
    ASSERT(mesh_header_take(buf_slice(&bytes), &again, &len) == ERR_OK);
    ASSERT(len == bytes.len && again.sid == h->sid);
    ASSERT(again.place_count >= 1 && again.place_count <= h->place_count);
    for (size_t i = 0; i < again.place_count; i++) {
        bool is_first = i == 0; // later ones move up when one does not fit
        ASSERT(!is_first || strcmp(again.places[i].host, h->places[i].host) == 0);
        ASSERT(!is_first || again.places[i].port == h->places[i].port);
    }
    buf_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mesh_header h;
    struct slice bytes = slice_of(data, size);
    size_t len;
    if (mesh_header_take(bytes, &h, &len) != ERR_OK || len == 0) {
        return 0;
    }
    ASSERT(len <= size && h.place_count <= MESH_ADDRESSES_MAX);
    for (size_t i = 0; i < len; i++) { // not before it is whole
        struct mesh_header part;
        size_t part_len;
        ASSERT(mesh_header_take(slice_of(data, i), &part, &part_len) == ERR_OK && part_len == 0);
    }
    if (h.place_count > 0) {
        check_round_trip(&h);
    }
    return 0;
}
