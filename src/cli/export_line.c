// SPDX-License-Identifier: Apache-2.0
//
// Lines of nodes are written without building a document first, because there may be millions; the
// other two kinds, and all reading, go through base/json.
#include "cli/export_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "cli/acl_text.h"
#include "cli/json.h"
#include "jute/path.h"
#include "jute/utf8.h"

#define FORMAT_NAME "paddock-export"
enum { HEX_DIGITS_MAX = 16 }; // of 64 bits

// ---- writing ----

// Bytes from `p` on that stand in JSON as they are.
static size_t plain_bytes(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *at = p;
    while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') {
        at++;
    }
    return (size_t)(at - p);
}

static void put_escaped(uint8_t byte, struct buf *to)
{
    static const char *const hex = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    switch (byte) {
    case '"':
    case '\\':
        text[1] = (char)byte;
        buf_append(to, text, 2);
        return;
    case '\n':
        buf_append(to, "\\n", 2);
        return;
    case '\t':
        buf_append(to, "\\t", 2);
        return;
    }
    buf_append(to, text, sizeof(text));
}

// What many programs take for the end of a line though JSON does not: U+0085, U+2028, U+2029.
static bool put_line_end(const uint8_t *p, size_t len, struct buf *to)
{
    static const char *const ends[] = {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
    static const char *const escaped[] = {"\\u0085", "\\u2028", "\\u2029"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (slice_equal_str(slice_of(p, len), ends[i])) {
            buf_append_str(to, escaped[i]);
            return true;
        }
    }
    return false;
}

// A JSON string. False, with nothing appended, when `s` is no UTF-8.
static bool put_text(struct slice s, struct buf *to)
{
    const uint8_t *p = s.data, *end = s.data + s.len;
    size_t begin = to->len;
    buf_put_u8(to, '"');
    while (p < end) {
        size_t len = plain_bytes(p, end);
        if (len == 0 && *p < 0x80) {
            put_escaped(*p, to);
            p++;
            continue;
        }
        bool is_plain = len > 0;
        len = is_plain ? len : utf8_char_len(p, end);
        if (len == 0) {
            to->len = begin;
            return false;
        }
        if (is_plain || !put_line_end(p, len, to)) {
            buf_append(to, p, len);
        }
        p += len;
    }
    buf_put_u8(to, '"');
    return true;
}

// Names and ids are text: a server has repaired them before it stored them.
static void put_name(const char *text, struct buf *to)
{
    if (put_text(slice_str(text), to)) {
        return;
    }
    struct slice s = slice_str(text);
    struct buf room = {0};
    struct slice repaired = utf8_repair(s, buf_reserve(&room, utf8_repair_room(s)));
    (void)put_text(repaired, to);
    buf_fini(&room);
}

static void put_data(const struct node *n, struct buf *to)
{
    if (!n->has_data) {
        buf_printf(to, ",\"data_left_out\":%" PRId64, n->data_bytes);
        return;
    }
    if (n->data.bytes == NULL) {
        buf_append_str(to, ",\"data\":null");
        return;
    }
    size_t begin = to->len;
    struct slice bytes = slice_of(n->data.bytes, n->data.len);
    buf_append_str(to, ",\"data\":");
    if (!put_text(bytes, to)) {
        to->len = begin;
        buf_append_str(to, ",\"data_base64\":\"");
        base64_encode(bytes, to);
        buf_put_u8(to, '"');
    }
}

static void put_acl(const struct node *n, struct buf *to)
{
    buf_append_str(to, ",\"acl\":[");
    for (size_t i = 0; i < n->acl_count; i++) {
        const struct paddock_acl *a = &n->acl[i];
        char perms[PERMS_TEXT_BYTES];
        buf_append_str(to, i > 0 ? ",{\"scheme\":" : "{\"scheme\":");
        put_name(a->scheme, to);
        buf_append_str(to, ",\"id\":");
        put_name(a->id, to);
        if ((a->perms & ~PADDOCK_ALL) == 0) {
            buf_printf(to, ",\"perms\":\"%s\"}", perms_text(a->perms, perms));
        } else {
            buf_printf(to, ",\"perms\":%" PRId32 "}", a->perms);
        }
    }
    buf_put_u8(to, ']');
}

void export_line_node(const struct node *n, struct buf *to)
{
    buf_append_str(to, "{\"path\":");
    put_name(n->path, to);
    if (n->kind != NODE_PERSISTENT) {
        buf_printf(to, ",\"kind\":\"%s\"", node_kind_name(n->kind));
    }
    if (n->kind == NODE_EPHEMERAL) {
        buf_printf(to, ",\"owner\":\"0x%" PRIx64 "\"", (uint64_t)n->owner);
    } else if (n->kind == NODE_TTL) {
        buf_printf(to, ",\"ttl_ms\":%" PRId64, n->ttl_ms);
    }
    put_data(n, to);
    if (n->has_acl && !node_acl_is_open(n)) {
        put_acl(n, to);
    }
    buf_printf(to, ",\"version\":%" PRId32 ",\"ctime_ms\":%" PRId64 ",\"mtime_ms\":%" PRId64 "}\n",
               n->version, n->ctime_ms, n->mtime_ms);
}

static void put_line(struct json *o, struct buf *to)
{
    json_print(o, false, to);
    buf_put_u8(to, '\n');
    json_free(o);
}

void export_line_header(const struct export_header *h, struct buf *to)
{
    struct json *o = json_new_object();
    json_put(o, "format", json_new_cstr(FORMAT_NAME));
    json_put(o, "format_version", json_new_int(EXPORT_VERSION));
    json_put(o, "source", json_new_cstr(h->source));
    json_put(o, "path", json_new_cstr(h->path));
    json_put(o, "zxid", cli_json_hex(h->zxid));
    json_put(o, "time", cli_json_time(h->time_ms));
    json_put(o, "time_ms", json_new_int(h->time_ms));
    json_put(o, "acl", json_new_bool(h->has_acl));
    json_put(o, "ephemerals", json_new_bool(h->has_ephemerals));
    json_put(o, "kinds", json_new_bool(h->has_kinds));
    put_line(o, to);
}

void export_line_end(const struct export_end *end, struct buf *to)
{
    struct json *o = json_new_object();
    char crc[16];
    (void)snprintf(crc, sizeof(crc), "%08" PRIx32, end->crc32);
    json_put(o, "end", json_new_bool(true));
    json_put(o, "nodes", json_new_int(end->nodes));
    json_put(o, "data_bytes", json_new_int(end->data_bytes));
    json_put(o, "crc32", json_new_cstr(crc));
    put_line(o, to);
}

// ---- reading ----

struct parse {
    const struct json *line;
    struct arena *arena;
    char *why;
    const char *unknown; // a member that its kind of line has not
    const char *const *members;
};

static bool refuse(struct parse *p, const char *what, const char *name)
{
    (void)snprintf(p->why, EXPORT_WHY_BYTES, "%s%s", what, name);
    return false;
}

static void look_at_member(void *ctx, const char *name, const struct json *value)
{
    struct parse *p = ctx;
    (void)value;
    for (size_t i = 0; p->members[i] != NULL; i++) {
        if (strcmp(p->members[i], name) == 0) {
            return;
        }
    }
    p->unknown = name;
}

// A misspelt "acl" must not become an open one.
static bool knows_members(struct parse *p, const struct json *of, const char *const *members)
{
    p->members = members;
    p->unknown = NULL;
    json_each(of, look_at_member, p);
    return p->unknown == NULL || refuse(p, "unknown member ", p->unknown);
}

// A text without zero bytes, copied with one at its end.
static bool text_of(struct parse *p, const struct json *of, const char *name, const char **ret)
{
    struct slice text;
    if (!json_text_of(json_get(of, name), &text)) {
        return refuse(p, "there is no text ", name);
    }
    if (memchr(text.data, 0, text.len) != NULL) {
        return refuse(p, "a zero byte in ", name);
    }
    char *copy = arena_alloc(p->arena, text.len + 1);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *ret = copy;
    return true;
}

static bool int_of(struct parse *p, const char *name, int64_t min, int64_t max, bool is_needed,
                   int64_t *ret)
{
    const struct json *value = json_get(p->line, name);
    if (value == NULL && !is_needed) {
        return true;
    }
    if (!json_int_of(value, ret) || *ret < min || *ret > max) {
        return refuse(p, "there is no fitting number ", name);
    }
    return true;
}

static bool bool_of(struct parse *p, const char *name, bool *ret)
{
    return json_bool_of(json_get(p->line, name), ret) ||
           refuse(p, "neither true nor false: ", name);
}

static bool hex_of(struct parse *p, const char *name, const char *prefix, uint64_t max,
                   uint64_t *ret)
{
    const char *text;
    if (!text_of(p, p->line, name, &text)) {
        return false;
    }
    size_t prefix_len = strlen(prefix);
    const char *digits = text + prefix_len;
    if (strncmp(text, prefix, prefix_len) != 0 ||
        strspn(digits, "0123456789abcdefABCDEF") != strlen(digits) || *digits == '\0') {
        return refuse(p, "no hexadecimal number: ", name);
    }
    digits += strspn(digits, "0");
    *ret = strlen(digits) <= HEX_DIGITS_MAX ? strtoull(text + prefix_len, NULL, 16) : 0;
    return (strlen(digits) <= HEX_DIGITS_MAX && *ret <= max) ||
           refuse(p, "a number too big: ", name);
}

static bool is_path_below(struct parse *p, const char *path)
{
    struct slice text = slice_str(path);
    uint8_t *absolute = arena_alloc(p->arena, text.len + 1);
    absolute[0] = '/';
    memcpy(absolute + 1, text.data, text.len);
    return path_is_valid(slice_of(absolute, text.len + 1));
}

static bool parse_data(struct parse *p, struct node *n)
{
    const struct json *data = json_get(p->line, "data"), *left = json_get(p->line, "data_left_out");
    const struct json *base64 = json_get(p->line, "data_base64");
    struct slice text;
    if ((data != NULL) + (left != NULL) + (base64 != NULL) != 1) {
        return refuse(p, "there is to be one of data, data_base64, data_left_out", "");
    }
    n->has_data = left == NULL;
    if (left != NULL) {
        return int_of(p, "data_left_out", 0, INT32_MAX, true, &n->data_bytes);
    }
    if (data != NULL && json_null_of(data)) {
        n->data = (struct paddock_bytes){0};
        return true;
    }
    if (!json_text_of(data != NULL ? data : base64, &text)) {
        return refuse(p, "the data is no text", "");
    }
    struct buf bytes = {0};
    bool is_decoded = data != NULL || base64_decode(text, &bytes);
    struct slice copy = arena_copy(p->arena, data != NULL ? text : buf_slice(&bytes));
    buf_fini(&bytes);
    n->data = paddock_bytes_of(copy.data, copy.len);
    n->data_bytes = (int64_t)copy.len;
    return is_decoded || refuse(p, "data_base64 is no base64", "");
}

static bool parse_perms(struct parse *p, const struct json *value, int32_t *ret)
{
    static const char letters[] = "rwcda"; // in the order of the bits
    struct slice text;
    int64_t number;
    if (json_int_of(value, &number) && number >= INT32_MIN && number <= INT32_MAX) {
        *ret = (int32_t)number;
        return true;
    }
    if (!json_text_of(value, &text)) {
        return refuse(p, "perms of an ACL are letters of cdrwa", "");
    }
    *ret = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.data[i] != 0 ? strchr(letters, text.data[i]) : NULL;
        if (at == NULL) {
            return refuse(p, "perms of an ACL are letters of cdrwa", "");
        }
        *ret |= 1 << (at - letters);
    }
    return true;
}

static bool parse_acl(struct parse *p, struct node *n)
{
    static const char *const members[] = {"scheme", "id", "perms", NULL};
    static const struct paddock_acl open = {PADDOCK_ALL, "world", "anyone"};
    const struct json *list = json_get(p->line, "acl");
    n->has_acl = true;
    n->acl = &open;
    n->acl_count = 1;
    if (list == NULL) {
        return true;
    }
    n->acl_count = json_count(list);
    if (n->acl_count == 0) {
        return refuse(p, "acl is no list with entries", "");
    }
    struct paddock_acl *acl = arena_alloc(p->arena, n->acl_count * sizeof(*acl));
    n->acl = acl;
    for (size_t i = 0; i < n->acl_count; i++) {
        const struct json *entry = json_at(list, i);
        if (!knows_members(p, entry, members) || !text_of(p, entry, "scheme", &acl[i].scheme) ||
            !text_of(p, entry, "id", &acl[i].id) ||
            !parse_perms(p, json_get(entry, "perms"), &acl[i].perms)) {
            return false;
        }
    }
    return true;
}

static bool parse_kind(struct parse *p, struct node *n)
{
    struct slice name;
    const struct json *kind = json_get(p->line, "kind");
    n->kind = NODE_PERSISTENT;
    if (kind != NULL && (!json_text_of(kind, &name) || !node_kind_parse(name, &n->kind))) {
        return refuse(p, "kind is persistent, ephemeral, container or ttl", "");
    }
    if (n->kind == NODE_TTL) {
        return int_of(p, "ttl_ms", 1, INT64_C(0xffffffffff), true, &n->ttl_ms);
    }
    uint64_t owner = 0;
    if (n->kind == NODE_EPHEMERAL && !hex_of(p, "owner", "0x", UINT64_MAX, &owner)) {
        return false;
    }
    n->owner = (int64_t)owner;
    return true;
}

static bool parse_node(struct parse *p, struct node *n)
{
    static const char *const members[] = {"path",    "kind",        "owner",         "ttl_ms",
                                          "data",    "data_base64", "data_left_out", "acl",
                                          "version", "ctime_ms",    "mtime_ms",      NULL};
    int64_t version = 0;
    *n = (struct node){0};
    if (!knows_members(p, p->line, members) || !text_of(p, p->line, "path", &n->path)) {
        return false;
    }
    if (!is_path_below(p, n->path)) {
        return refuse(p, "not a path below a node: ", n->path);
    }
    if (!parse_kind(p, n) || !parse_data(p, n) || !parse_acl(p, n) ||
        !int_of(p, "version", INT32_MIN, INT32_MAX, false, &version) ||
        !int_of(p, "ctime_ms", INT64_MIN, INT64_MAX, false, &n->ctime_ms) ||
        !int_of(p, "mtime_ms", INT64_MIN, INT64_MAX, false, &n->mtime_ms)) {
        return false;
    }
    n->version = (int32_t)version;
    return true;
}

static bool parse_header(struct parse *p, struct export_header *h)
{
    const char *format;
    int64_t version = 0;
    uint64_t zxid = 0;
    *h = (struct export_header){0};
    if (!text_of(p, p->line, "format", &format)) {
        return false;
    }
    if (strcmp(format, FORMAT_NAME) != 0) {
        return refuse(p, "the format is not " FORMAT_NAME " but ", format);
    }
    if (!int_of(p, "format_version", 1, INT32_MAX, true, &version)) {
        return false;
    }
    if (version > EXPORT_VERSION) {
        return refuse(p, "written by a newer program: format_version is not 1", "");
    }
    if (!text_of(p, p->line, "source", &h->source) || !text_of(p, p->line, "path", &h->path) ||
        !hex_of(p, "zxid", "0x", UINT64_MAX, &zxid) || !bool_of(p, "acl", &h->has_acl) ||
        !bool_of(p, "ephemerals", &h->has_ephemerals) || !bool_of(p, "kinds", &h->has_kinds)) {
        return false;
    }
    h->zxid = (int64_t)zxid;
    return int_of(p, "time_ms", INT64_MIN, INT64_MAX, true, &h->time_ms);
}

static bool parse_end(struct parse *p, struct export_end *end)
{
    static const char *const members[] = {"end", "nodes", "data_bytes", "crc32", NULL};
    uint64_t crc = 0;
    bool is_end = false;
    *end = (struct export_end){0};
    if (!knows_members(p, p->line, members) || !bool_of(p, "end", &is_end) ||
        !int_of(p, "nodes", 0, INT64_MAX, true, &end->nodes) ||
        !int_of(p, "data_bytes", 0, INT64_MAX, true, &end->data_bytes) ||
        !hex_of(p, "crc32", "", UINT32_MAX, &crc)) {
        return false;
    }
    end->crc32 = (uint32_t)crc;
    return is_end || refuse(p, "an end that is false", "");
}

static bool parse_any(struct parse *p, struct export_line *ret)
{
    if (json_get(p->line, "format") != NULL) {
        ret->kind = EXPORT_LINE_HEADER;
        return parse_header(p, &ret->header);
    }
    if (json_get(p->line, "end") != NULL) {
        ret->kind = EXPORT_LINE_END;
        return parse_end(p, &ret->end);
    }
    ret->kind = EXPORT_LINE_NODE;
    return parse_node(p, &ret->node);
}

bool export_line_parse(struct slice line, struct arena *arena, struct export_line *ret,
                       char why[EXPORT_WHY_BYTES])
{
    struct json *value;
    char json_why[JSON_WHY_BYTES];
    if (json_parse(line, &value, json_why) != ERR_OK) {
        // "line 1 column 5: ..." is misleading beside the line's own number.
        const char *column = strstr(json_why, "column ");
        (void)snprintf(why, EXPORT_WHY_BYTES, "no JSON: %s", column != NULL ? column : json_why);
        return false;
    }
    struct parse p = {.line = value, .arena = arena, .why = why};
    bool is_object = json_get(value, "path") != NULL || json_get(value, "format") != NULL ||
                     json_get(value, "end") != NULL;
    bool is_understood = is_object ? parse_any(&p, ret) : refuse(&p, "no object of an export", "");
    json_free(value);
    return is_understood;
}
