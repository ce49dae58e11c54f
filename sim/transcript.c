// SPDX-License-Identifier: Apache-2.0
//
// From frames to a history.
#include "sim/transcript.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/mem.h"
#include "jute/connect.h"
#include "jute/multi.h"
#include "sim/call.h"
#include "sim/model.h"

const char transcript_magic[] = "PDKTAP01";

enum { OPEN_MAX = 512, PARTS_MAX = 1024, FRAME_BYTES_MAX = 16 * 1024 * 1024 };

enum stage { AWAY, CONNECTING, OPEN };

struct tapped {
    enum stage stage;
    int64_t session; // the last one it had; 0: none
    int64_t seen;    // the zxid that its ConnectRequest names
    int32_t connection;
    int32_t open[OPEN_MAX]; // calls without an answer, oldest first
    size_t open_count;
};

struct transcript {
    struct annals *history;
    struct tapped clients[TRANSCRIPT_CLIENTS_MAX];
    struct arena arena; // of one record
    struct annals_part parts[PARTS_MAX];
    struct transcript_record record;
    size_t at; // where it begins
    char error[TRANSCRIPT_ERROR_BYTES];
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct transcript *r, const char *format,
                                                         ...)
{
    int len =
        snprintf(r->error, sizeof(r->error), "client %d, byte %zu: ", r->record.client, r->at);
    va_list args;
    va_start(args, format);
    if (len > 0 && (size_t)len < sizeof(r->error)) {
        (void)vsnprintf(r->error + len, sizeof(r->error) - (size_t)len, format, args);
    }
    va_end(args);
    return false;
}

static struct annals_item item_of(const struct transcript *r, enum annals_kind kind)
{
    const struct transcript_record *rec = &r->record;
    struct annals_item item = {.kind = kind,
                               .client = ANNALS_NONE,
                               .connection = ANNALS_NONE,
                               .at_ns = rec->at_ns,
                               .wall_ms = rec->wall_ms,
                               .wall_least_ms = rec->wall_least_ms};
    if (rec->client >= 0) {
        item.client = rec->client;
        item.session = r->clients[rec->client].session;
        item.connection = r->clients[rec->client].connection;
    }
    return item;
}

// ---- requests ----

static bool take_path(struct transcript *r, struct slice path, struct annals_part *p)
{
    bool is_path = path.len > 0 && path.data[0] == '/' &&
                   path.len < sizeof(r->history->paths[0]->text) &&
                   memchr(path.data, 0, path.len) == NULL;
    if (!is_path) {
        return refuse(r, "a path of %zu bytes that histories do not have", path.len);
    }
    p->node = annals_node(r->history, path);
    return true;
}

// What is no value is text that nobody reads back.
static bool take_data(struct transcript *r, struct slice data, struct annals_part *p)
{
    uint32_t value = 0;
    if (!model_value(data.data, data.len, &value)) {
        return true;
    }
    if (value > TRANSCRIPT_VALUE_MAX) {
        return refuse(r, "value %u is too large", value);
    }
    p->value = value;
    r->history->values = value > r->history->values ? value : r->history->values;
    return true;
}

static void take_acl(const struct jute_acl_vec *acl, struct annals_part *p)
{
    p->acl = acl->count == 1 ? ANNALS_ACL_WORLD : ANNALS_ACL_ALICE;
}

static bool take_op(struct transcript *r, const struct multi_op *op, struct annals_part *p)
{
    p->type = op->type;
    p->version = -1;
    if (op->type == OP_CREATE_TTL) {
        p->mode = op->create_ttl.flags;
        p->ttl_ms = op->create_ttl.ttl_ms;
        take_acl(&op->create_ttl.acl, p);
        return take_path(r, op->create_ttl.path, p) && take_data(r, op->create_ttl.data, p);
    }
    if (annals_is_create(op->type)) {
        p->mode = op->create.flags;
        take_acl(&op->create.acl, p);
        return take_path(r, op->create.path, p) && take_data(r, op->create.data, p);
    }
    if (op->type == OP_SET_DATA) {
        p->version = op->set_data.version;
        return take_path(r, op->set_data.path, p) && take_data(r, op->set_data.data, p);
    }
    if (op->type == OP_DELETE || op->type == OP_CHECK) {
        p->version = op->path_version.version;
        return take_path(r, op->path_version.path, p);
    }
    p->watch = op->read.watch;
    return take_path(r, op->read.path, p);
}

static bool decode_op(struct jute_in *in, int32_t type, struct multi_op *ret)
{
    ret->type = type;
    if (type == OP_CREATE_TTL) {
        return jute_create_ttl_request_decode(in, &ret->create_ttl);
    }
    if (annals_is_create(type)) {
        return jute_create_request_decode(in, &ret->create);
    }
    if (type == OP_SET_DATA) {
        return jute_set_data_request_decode(in, &ret->set_data);
    }
    if (type == OP_DELETE || type == OP_CHECK) {
        return jute_path_version_decode(in, &ret->path_version);
    }
    return jute_path_watch_decode(in, &ret->read);
}

static bool take_multi(struct transcript *r, struct jute_in *in, size_t *ret_count)
{
    struct multi m;
    if (!multi_decode(in, &m) || m.count > PARTS_MAX) {
        return refuse(r, "a multi that does not decode");
    }
    *ret_count = (size_t)m.count;
    for (int32_t i = 0; i < m.count; i++) {
        r->parts[i] = (struct annals_part){0};
        if (!take_op(r, &m.ops[i], &r->parts[i])) {
            return false;
        }
        r->parts[i].watch = false;
    }
    return true;
}

static bool take_watches(struct transcript *r, struct jute_in *in, int lists, int64_t *ret_zxid,
                         size_t *ret_count)
{
    size_t count = 0;
    if (!jute_in_i64(in, ret_zxid)) {
        return refuse(r, "setWatches that does not decode");
    }
    for (int list = 0; list < lists; list++) {
        struct jute_str_vec v;
        if (!jute_str_vec_decode(in, &v)) {
            return refuse(r, "setWatches that does not decode");
        }
        for (int32_t i = 0; i < v.count; i++) {
            if (count == PARTS_MAX) {
                return refuse(r, "setWatches of more than %d", PARTS_MAX);
            }
            r->parts[count] = (struct annals_part){.type = OP_SET_WATCHES2, .mode = list};
            if (!take_path(r, v.items[i], &r->parts[count++])) {
                return false;
            }
        }
    }
    *ret_count = count;
    return true;
}

static bool take_single(struct transcript *r, struct jute_in *in, int32_t type)
{
    struct annals_part *p = &r->parts[0];
    struct jute_path path;
    struct jute_path_type path_type;
    struct jute_set_acl_request set_acl;
    struct multi_op op;
    *p = (struct annals_part){.type = type, .version = -1};
    switch (type) {
    case OP_AUTH:
    case OP_CLOSE_SESSION:
        return true;
    case OP_SYNC:
    case OP_GET_EPHEMERALS:
    case OP_GET_ACL:
        return jute_path_decode(in, &path) ? take_path(r, path.path, p) : refuse(r, "no path");
    case OP_ADD_WATCH:
    case OP_REMOVE_WATCHES:
        if (!jute_path_type_decode(in, &path_type)) {
            return refuse(r, "no path and type");
        }
        p->mode = path_type.type;
        return take_path(r, path_type.path, p);
    case OP_SET_ACL:
        if (!jute_set_acl_request_decode(in, &set_acl)) {
            return refuse(r, "no path and ACL");
        }
        p->version = set_acl.version;
        take_acl(&set_acl.acl, p);
        return take_path(r, set_acl.path, p);
    case OP_CREATE:
    case OP_CREATE2:
    case OP_CREATE_CONTAINER:
    case OP_CREATE_TTL:
    case OP_SET_DATA:
    case OP_DELETE:
    case OP_EXISTS:
    case OP_GET_DATA:
    case OP_GET_CHILDREN:
    case OP_GET_CHILDREN2:
        return decode_op(in, type, &op) ? take_op(r, &op, p) : refuse(r, "no %s", op_name(type));
    default:
        return refuse(r, "a request of type %d, which histories do not have", type);
    }
}

static bool take_request(struct transcript *r, struct jute_in *in)
{
    struct tapped *c = &r->clients[r->record.client];
    struct jute_request_header header;
    if (!jute_request_header_decode(in, &header)) {
        return refuse(r, "a request without a header");
    }
    if (header.type == OP_PING) {
        return true;
    }
    bool sets_watches = header.type == OP_SET_WATCHES || header.type == OP_SET_WATCHES2;
    struct annals_item item = item_of(r, ANNALS_CALL);
    item.xid = header.xid;
    item.type = sets_watches ? OP_SET_WATCHES2 : header.type;
    item.zxid = c->seen;
    size_t count = 1;
    bool is_right =
        sets_watches
            ? take_watches(r, in, header.type == OP_SET_WATCHES ? 3 : LISTS, &item.zxid, &count)
        : header.type == OP_MULTI || header.type == OP_MULTI_READ ? take_multi(r, in, &count)
                                                                  : take_single(r, in, header.type);
    if (!is_right || c->open_count == OPEN_MAX) {
        return is_right ? refuse(r, "more than %d requests without an answer", OPEN_MAX) : false;
    }
    for (size_t i = 0; i < count; i++) {
        r->parts[i].made = ANNALS_NONE;
    }
    c->open[c->open_count++] = annals_add(r->history, &item, r->parts, count);
    return true;
}

// ---- answers ----

static int32_t take_open(const struct annals *h, struct tapped *c, int32_t xid)
{
    size_t at = 0;
    while (at < c->open_count && h->items[c->open[at]].xid != xid) {
        at++;
    }
    if (at == c->open_count) {
        return ANNALS_NONE;
    }
    int32_t call = c->open[at];
    c->open_count--;
    memmove(&c->open[at], &c->open[at + 1], (c->open_count - at) * sizeof(c->open[0]));
    return call;
}

static bool take_answer(struct transcript *r, const struct jute_reply_header *header,
                        struct jute_in *in)
{
    struct annals *h = r->history;
    struct tapped *c = &r->clients[r->record.client];
    int32_t call = take_open(h, c, header->xid);
    if (call == ANNALS_NONE) {
        return refuse(r, "an answer to %d that nobody asked", header->xid);
    }
    const struct annals_item *asked = &h->items[call];
    size_t count = asked->part_count;
    memcpy(r->parts, annals_parts(h, asked), count * sizeof(r->parts[0]));
    struct annals_item item = item_of(r, ANNALS_ANSWER);
    item.xid = header->xid;
    item.type = asked->type;
    item.zxid = header->zxid;
    item.code = header->err;
    item.call = call;
    if (!call_decode(h, item.type, header->err, in, r->parts, count)) {
        return refuse(r, "the answer to %s does not decode, or nobody wrote it",
                      op_name(item.type));
    }
    (void)annals_add(h, &item, r->parts, count);
    return true;
}

static bool take_event(struct transcript *r, int64_t zxid, struct jute_in *in)
{
    struct jute_watcher_event event;
    struct annals_part at;
    if (!jute_watcher_event_decode(in, &event)) {
        return refuse(r, "a watch event does not decode");
    }
    struct annals_item item = item_of(r, ANNALS_EVENT);
    if (!take_path(r, event.path, &at)) {
        return false;
    }
    item.event = event.type;
    item.node = at.node;
    item.zxid = zxid;
    (void)annals_add(r->history, &item, NULL, 0);
    return true;
}

static bool take_reply(struct transcript *r, struct jute_in *in)
{
    struct jute_reply_header header;
    if (!jute_reply_header_decode(in, &header)) {
        return refuse(r, "an answer without a header");
    }
    if (header.xid == XID_PING) {
        return true;
    }
    return header.xid == XID_NOTIFICATION ? take_event(r, header.zxid, in)
                                          : take_answer(r, &header, in);
}

// ---- connections ----

static bool take_connect(struct transcript *r, struct jute_in *in)
{
    struct connect_request request;
    if (!connect_request_decode(in, &request)) {
        return refuse(r, "a connect request does not decode");
    }
    struct tapped *c = &r->clients[r->record.client];
    c->seen = request.body.last_zxid_seen;
    c->stage = CONNECTING;
    return true;
}

static bool take_opened(struct transcript *r, struct jute_in *in)
{
    struct connect_response response;
    if (!connect_response_decode(in, &response)) {
        return refuse(r, "a connect response does not decode");
    }
    struct tapped *c = &r->clients[r->record.client];
    if (response.body.session_id == 0) { // expired; the client asks for a new one
        c->stage = AWAY;
        return true;
    }
    bool is_new = response.body.session_id != c->session;
    c->session = response.body.session_id;
    c->connection = r->history->connections++;
    c->stage = OPEN;
    struct annals_item item = item_of(r, ANNALS_OPEN);
    item.is_new = is_new;
    item.zxid = c->seen;
    item.timeout_ms = response.body.timeout_ms;
    (void)annals_add(r->history, &item, NULL, 0);
    return true;
}

static void take_lost(struct transcript *r)
{
    struct tapped *c = &r->clients[r->record.client];
    if (c->stage == OPEN) {
        struct annals_item item = item_of(r, ANNALS_LOST);
        (void)annals_add(r->history, &item, NULL, 0);
    }
    c->stage = AWAY;
    c->open_count = 0;
}

static bool take_frame(struct transcript *r, bool is_sent)
{
    struct jute_in in;
    jute_in_init(&in, r->record.frame, &r->arena, FRAME_BYTES_MAX);
    switch (r->clients[r->record.client].stage) {
    case AWAY:
        return is_sent ? take_connect(r, &in) : refuse(r, "an answer without a connection");
    case CONNECTING:
        return !is_sent ? take_opened(r, &in) : refuse(r, "a request before the session is open");
    case OPEN:
        return is_sent ? take_request(r, &in) : take_reply(r, &in);
    }
    return false;
}

// ---- records ----

static bool take_record(struct transcript *r)
{
    const struct transcript_record *rec = &r->record;
    if (rec->kind == 'T') {
        struct annals_item item = item_of(r, ANNALS_TROUBLE);
        (void)annals_add(r->history, &item, NULL, 0);
        return true;
    }
    if (rec->client < 0 || rec->client >= TRANSCRIPT_CLIENTS_MAX) {
        return refuse(r, "there is no such client");
    }
    if (rec->kind == 'L') {
        take_lost(r);
        return true;
    }
    if (rec->kind != 'S' && rec->kind != 'R') {
        return refuse(r, "a record of kind %d", rec->kind);
    }
    return take_frame(r, rec->kind == 'S');
}

struct transcript *transcript_open(struct annals *h)
{
    struct transcript *r = mem_zalloc(sizeof(*r));
    r->history = h;
    arena_init(&r->arena);
    return r;
}

void transcript_close(struct transcript *r)
{
    arena_fini(&r->arena);
    mem_free(r);
}

bool transcript_take(struct transcript *r, const struct transcript_record *record)
{
    r->record = *record;
    bool is_right = take_record(r);
    arena_reset(&r->arena);
    return is_right;
}

const char *transcript_error(const struct transcript *r)
{
    return r->error;
}

// ---- the file ----

static bool next_record(struct jute_in *in, struct transcript_record *rec)
{
    bool is_whole = jute_in_i64(in, &rec->at_ns) && jute_in_i64(in, &rec->wall_ms) &&
                    jute_in_i32(in, &rec->kind) && jute_in_i32(in, &rec->client) &&
                    jute_in_buf(in, &rec->frame);
    rec->wall_least_ms = rec->wall_ms;
    return is_whole;
}

static bool take_all(struct transcript *r, struct slice bytes)
{
    size_t magic_len = strlen(transcript_magic);
    struct annals *h = r->history;
    struct transcript_record record = {0};
    struct jute_in in;
    bool is_right = bytes.len >= magic_len && memcmp(bytes.data, transcript_magic, magic_len) == 0;
    jute_in_init(&in, is_right ? slice_skip(bytes, magic_len) : slice_null(), NULL,
                 FRAME_BYTES_MAX);
    if (!is_right || !jute_in_i64(&in, &h->slack_ms) || !jute_in_i64(&in, &h->lag_ms)) {
        return refuse(r, "this is no transcript");
    }
    while (is_right && jute_in_left(&in) > 0) {
        r->at = bytes.len - jute_in_left(&in);
        is_right = next_record(&in, &record) ? transcript_take(r, &record)
                                             : refuse(r, "the record is cut off");
    }
    return is_right;
}

bool transcript_read(struct slice bytes, struct annals *h, char *ret_error, size_t size)
{
    struct transcript *r = transcript_open(h);
    h->may_be_stale = true;
    bool is_right = take_all(r, bytes);
    if (!is_right) {
        (void)snprintf(ret_error, size, "%s", r->error);
    }
    transcript_close(r);
    return is_right;
}
