// SPDX-License-Identifier: Apache-2.0
//
// Encode and decode the first words of an election connection.
#include "server/mesh_header.h"

#include "base/assert.h"
#include "base/number.h"

static const int64_t protocol_one_address = -65536;
static const int64_t protocol_many_addresses = -65535;

enum { SID_BYTES = 8, FIXED_BYTES = 20 };

// ---- encode ----

static void append_place(const struct mesh_place *p, struct buf *to)
{
    bool is_v6 = strchr(p->host, ':') != NULL;
    buf_printf(to, is_v6 ? "[%s]:%u" : "%s:%u", p->host, p->port);
}

void mesh_header_encode(const struct mesh_header *h, bool many, struct buf *to)
{
    ASSERT(h->place_count >= 1 && h->place_count <= MESH_ADDRESSES_MAX);
    struct buf text = {0};
    append_place(&h->places[0], &text);
    for (size_t i = 1; many && i < h->place_count; i++) {
        size_t before = text.len;
        buf_put_u8(&text, '|');
        append_place(&h->places[i], &text);
        text.len = text.len <= MESH_ADDRESS_BYTES_MAX ? text.len : before;
    }
    buf_put_i64(to, many ? protocol_many_addresses : protocol_one_address);
    buf_put_i64(to, h->sid);
    buf_put_i32(to, (int32_t)text.len);
    buf_append_slice(to, buf_slice(&text));
    buf_fini(&text);
}

// ---- decode ----

static bool is_wildcard(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ||
           strcmp(host, "0:0:0:0:0:0:0:0") == 0;
}

static size_t find_byte(struct slice s, char c)
{
    const uint8_t *at = s.len > 0 ? memchr(s.data, c, s.len) : NULL;
    return at != NULL ? (size_t)(at - s.data) : s.len;
}

// "host:port" or "[v6]:port". Source: ConfigUtils.getHostAndPort.
static bool parse_place(struct slice text, struct mesh_place *ret)
{
    bool is_bracketed = text.len > 0 && text.data[0] == '[';
    text = is_bracketed ? slice_skip(text, 1) : text;
    struct slice host = slice_of(text.data, find_byte(text, is_bracketed ? ']' : ':'));
    struct slice rest = slice_skip(text, host.len);
    int64_t port;
    if (is_bracketed && rest.len > 0) {
        rest = slice_skip(rest, 1);
    }
    if (host.len == 0 || host.len >= MESH_HOST_BYTES_MAX || find_byte(host, '\0') < host.len ||
        rest.len == 0 || rest.data[0] != ':' ||
        !number_parse(slice_skip(rest, 1), 0, UINT16_MAX, &port)) {
        return false;
    }
    memcpy(ret->host, host.data, host.len);
    ret->host[host.len] = '\0';
    ret->port = (uint16_t)port;
    return true;
}

static bool parse_places(struct slice text, struct mesh_header *ret)
{
    for (bool is_last = false; !is_last;) {
        size_t len = find_byte(text, '|');
        struct mesh_place place;
        if (!parse_place(slice_of(text.data, len), &place)) {
            return false;
        }
        if (!is_wildcard(place.host) && ret->place_count < MESH_ADDRESSES_MAX) {
            ret->places[ret->place_count++] = place;
        }
        is_last = len == text.len;
        text = slice_skip(text, is_last ? len : len + 1);
    }
    return true;
}

static enum err take_long(struct slice bytes, struct mesh_header *ret, size_t *ret_len)
{
    if (bytes.len < FIXED_BYTES) {
        *ret_len = 0;
        return ERR_OK;
    }
    uint32_t len = be32_load(bytes.data + 16);
    if (len == 0 || len > MESH_ADDRESS_BYTES_MAX) {
        return ERR_MALFORMED;
    }
    if (bytes.len < FIXED_BYTES + (size_t)len) {
        *ret_len = 0;
        return ERR_OK;
    }
    ret->sid = (int64_t)be64_load(bytes.data + 8);
    ret->place_count = 0;
    if (!parse_places(slice_of(bytes.data + FIXED_BYTES, len), ret)) {
        return ERR_MALFORMED;
    }
    *ret_len = FIXED_BYTES + (size_t)len;
    return ERR_OK;
}

enum err mesh_header_take(struct slice bytes, struct mesh_header *ret, size_t *ret_len)
{
    if (bytes.len < SID_BYTES) {
        *ret_len = 0;
        return ERR_OK;
    }
    int64_t first = (int64_t)be64_load(bytes.data);
    if (first >= 0) {
        ret->sid = first;
        ret->place_count = 0;
        *ret_len = SID_BYTES;
        return ERR_OK;
    }
    if (first != protocol_one_address && first != protocol_many_addresses) {
        return ERR_MALFORMED;
    }
    return take_long(bytes, ret, ret_len);
}
