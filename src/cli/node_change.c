// SPDX-License-Identifier: Apache-2.0
//
// Comparing and telling.
#include "cli/node_change.h"

#include <inttypes.h>

#include "jute/utf8.h"

enum { TEXT_BYTES_MAX = 64 * 1024 };

struct node_change node_change_between(const struct node *from, const struct node *to,
                                       bool wants_acl)
{
    struct node_change change = {.is_unknown = from->code != PADDOCK_OK || to->code != PADDOCK_OK};
    if (change.is_unknown) {
        return change;
    }
    change.data = from->has_data && to->has_data ? !node_data_equal(from, to)
                                                 : from->data_bytes != to->data_bytes;
    change.acl = wants_acl && from->has_acl && to->has_acl && !node_acl_equal(from, to);
    change.kind = !node_kind_equal(from, to);
    return change;
}

bool node_change_is_any(struct node_change change)
{
    return change.data || change.acl || change.kind || change.is_unknown;
}

static void put_length(const struct node *n, struct buf *to)
{
    if (n->has_data && n->data.bytes == NULL) {
        buf_append_str(to, "null");
    } else {
        buf_printf(to, "%" PRId64, n->data_bytes);
    }
}

static void put_kind(const struct node *n, struct buf *to)
{
    buf_append_str(to, node_kind_name(n->kind));
    if (n->kind == NODE_TTL) {
        buf_printf(to, " %" PRId64 " ms", n->ttl_ms);
    }
}

void node_change_text(struct node_change change, const struct node *from, const struct node *to,
                      struct buf *append)
{
    const char *comma = "(";
    if (change.is_unknown) {
        int code = from->code != PADDOCK_OK ? from->code : to->code;
        buf_printf(append, "(not readable: %s", paddock_code_name(code));
        comma = ", ";
    }
    if (change.data) {
        buf_printf(append, "%sdata ", comma);
        put_length(from, append);
        buf_append_str(append, " -> ");
        put_length(to, append);
        buf_append_str(append, " bytes");
        comma = ", ";
    }
    if (change.acl) {
        buf_printf(append, "%sacl", comma);
        comma = ", ";
    }
    if (change.kind) {
        buf_printf(append, "%skind ", comma);
        put_kind(from, append);
        buf_append_str(append, " -> ");
        put_kind(to, append);
    }
    buf_append_str(append, ")");
}

bool node_data_is_text(const struct node *n)
{
    if (!n->has_data || n->data.len > TEXT_BYTES_MAX) {
        return false;
    }
    const uint8_t *p = n->data.bytes, *end = p + n->data.len;
    while (p < end) {
        size_t len = utf8_char_len(p, end);
        if (len == 0 || (*p < 0x20 && *p != '\n' && *p != '\t' && *p != '\r')) {
            return false;
        }
        p += len;
    }
    return true;
}
