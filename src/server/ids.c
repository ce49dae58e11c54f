// SPDX-License-Identifier: Apache-2.0
//
// The identities of a connection.
#include "server/ids.h"

#include "base/mem.h"

void ids_init(struct ids *ids)
{
    *ids = (struct ids){0};
}

void ids_fini(struct ids *ids)
{
    for (int32_t i = 0; i < ids->count; i++) {
        mem_free((void *)(uintptr_t)ids->items[i].scheme.data); // one block holds both strings
    }
    mem_free(ids->items);
    ids_init(ids);
}

static bool is_present(const struct ids *ids, struct slice scheme, struct slice id)
{
    for (int32_t i = 0; i < ids->count; i++) {
        if (slice_equal(ids->items[i].scheme, scheme) && slice_equal(ids->items[i].id, id)) {
            return true;
        }
    }
    return false;
}

bool ids_add(struct ids *ids, struct slice scheme, struct slice id)
{
    if (is_present(ids, scheme, id)) {
        return true;
    }
    if (ids->count >= IDS_MAX) {
        return false;
    }
    uint8_t *block = mem_alloc(scheme.len + id.len + 1);
    memcpy(block, scheme.data, scheme.len);
    if (id.len > 0) {
        memcpy(block + scheme.len, id.data, id.len);
    }
    ids->items = mem_realloc(ids->items, ((size_t)ids->count + 1) * sizeof(*ids->items));
    ids->items[ids->count++] = (struct jute_id){
        .scheme = slice_of(block, scheme.len),
        .id = slice_of(block + scheme.len, id.len),
    };
    return true;
}

bool ids_has_scheme(const struct ids *ids, struct slice scheme)
{
    for (int32_t i = 0; i < ids->count; i++) {
        if (slice_equal(ids->items[i].scheme, scheme)) {
            return true;
        }
    }
    return false;
}

void ids_print_address(const struct port_address *address, struct buf *to)
{
    const uint8_t *b = address->bytes;
    if (!address->is_v6) {
        buf_printf(to, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        return;
    }
    for (size_t i = 0; i < PORT_ADDRESS_BYTES; i += 2) {
        buf_printf(to, "%s%x", i == 0 ? "" : ":", (unsigned)(b[i] << 8 | b[i + 1]));
    }
    if (address->scope != 0) {
        buf_printf(to, "%%%u", address->scope);
    }
}
