// SPDX-License-Identifier: Apache-2.0
//
// Our shapes as values of base/json.
#include "cli/json.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "cli/acl_text.h"
#include "cli/cli.h"
#include "cli/event_text.h"
#include "jute/utf8.h"

enum { HEX_BYTES = 24, RFC3339_BYTES = 80 }; // the latter for any int in each place

struct json *cli_json_hex(int64_t value)
{
    char text[HEX_BYTES];
    (void)snprintf(text, sizeof(text), "0x%" PRIx64, (uint64_t)value);
    return json_new_cstr(text);
}

struct json *cli_json_time(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    char text[RFC3339_BYTES];
    if (ms < 0 || gmtime_r(&seconds, &t) == NULL || t.tm_year > 9999 - 1900) {
        return json_new_null();
    }
    (void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900,
                   t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(ms % 1000));
    return json_new_cstr(text);
}

struct json *cli_json_stat(const struct paddock_stat *s)
{
    struct json *o = json_new_object();
    json_put(o, "czxid", cli_json_hex(s->czxid));
    json_put(o, "mzxid", cli_json_hex(s->mzxid));
    json_put(o, "pzxid", cli_json_hex(s->pzxid));
    json_put(o, "ctime_ms", json_new_int(s->ctime_ms));
    json_put(o, "mtime_ms", json_new_int(s->mtime_ms));
    json_put(o, "ctime", cli_json_time(s->ctime_ms));
    json_put(o, "mtime", cli_json_time(s->mtime_ms));
    json_put(o, "version", json_new_int(s->version));
    json_put(o, "cversion", json_new_int(s->cversion));
    json_put(o, "aversion", json_new_int(s->aversion));
    json_put(o, "ephemeral_owner", cli_json_hex(s->ephemeral_owner));
    json_put(o, "data_length", json_new_int(s->data_length));
    json_put(o, "num_children", json_new_int(s->num_children));
    return o;
}

struct json *cli_json_acl(const struct paddock_acl *acl, size_t count)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < count; i++) {
        char perms[PERMS_TEXT_BYTES];
        struct json *o = json_new_object();
        json_put(o, "scheme", json_new_cstr(acl[i].scheme));
        json_put(o, "id", json_new_cstr(acl[i].id));
        json_put(o, "perms", json_new_cstr(perms_text(acl[i].perms, perms)));
        json_append(list, o);
    }
    return list;
}

static bool is_utf8(struct slice s)
{
    const uint8_t *p = s.data, *end = s.data + s.len;
    while (p < end) {
        size_t len = utf8_char_len(p, end);
        if (len == 0) {
            return false;
        }
        p += len;
    }
    return true;
}

void cli_json_data(struct json *object, struct paddock_bytes data)
{
    struct slice bytes = slice_of(data.bytes, data.len);
    if (data.bytes == NULL || is_utf8(bytes)) {
        json_put(object, "data", json_new_text(bytes));
        return;
    }
    struct buf text = {0};
    base64_encode(bytes, &text);
    json_put(object, "data_base64", json_new_text(buf_slice(&text)));
    buf_fini(&text);
}

struct json *cli_json_event(const struct paddock_event *event)
{
    struct json *o = json_new_object();
    json_put(o, "type", json_new_cstr(event_type_name(event->type)));
    json_put(o, "state", json_new_cstr(event_state_name(event->state)));
    json_put(o, "path", json_new_cstr(event->path));
    json_put(o, "zxid", event->zxid >= 0 ? cli_json_hex(event->zxid) : json_new_null());
    return o;
}

int cli_print_json(struct cli *c, struct json *value)
{
    struct buf text = {0};
    json_print(value, c->host->out_is_tty && !c->is_stream, &text);
    (void)fwrite(text.data, 1, text.len, c->out);
    (void)fputc('\n', c->out);
    buf_fini(&text);
    json_free(value);
    return CLI_DONE;
}
