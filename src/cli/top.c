// SPDX-License-Identifier: Apache-2.0
//
// Reading the words: srvr is lines "Name: value", mntr lines "name<tab>value", cons one line a
// connection with "name=value" parts. Each server keeps its connections behind those of the others
// until they are sorted.
#include "cli/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "cli/json.h"

void top_init(struct top *t)
{
    *t = (struct top){0};
}

void top_fini(struct top *t)
{
    mem_free(t->servers);
    mem_free(t->sessions);
}

static void forget_numbers(struct top_server *s)
{
    s->latency_max_ms = s->connections = s->outstanding = s->nodes = -1;
    s->latency_ms = s->received_rate = s->sent_rate = -1;
    s->watches = s->ephemerals = s->data_bytes = s->descriptors = -1;
    s->took_ms = -1;
    s->zxid = 0;
}

void top_add_server(struct top *t, const char *name)
{
    for (size_t i = 0; i < t->server_count; i++) {
        if (strcmp(t->servers[i].name, name) == 0) {
            return;
        }
    }
    t->servers = mem_realloc(t->servers, (t->server_count + 1) * sizeof(*t->servers));
    struct top_server *s = &t->servers[t->server_count++];
    *s = (struct top_server){.received = -1, .sent = -1, .why = "not asked yet"};
    (void)snprintf(s->name, sizeof(s->name), "%s", name);
    forget_numbers(s);
}

// ---- values in texts ----

// The text behind `name` where a line begins with it; NULL when none does.
static const char *line_value(const char *text, const char *name)
{
    size_t len = strlen(name);
    while (text != NULL && strncmp(text, name, len) != 0) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return text != NULL ? text + len : NULL;
}

static int64_t line_number(const char *text, const char *name)
{
    const char *value = line_value(text, name);
    return value != NULL ? strtoll(value, NULL, 10) : -1;
}

// Printable, and as much as there is room for.
static void copy_word(char *to, size_t size, const char *from, const char *stops)
{
    size_t len = strcspn(from, stops);
    len = len < size - 1 ? len : size - 1;
    for (size_t i = 0; i < len; i++) {
        bool is_odd = (from[i] & 0x80) != 0 || from[i] < ' ' || from[i] == 0x7f;
        to[i] = (char)(is_odd ? '?' : from[i]);
    }
    to[len] = '\0';
}

// ---- srvr ----

static double rate_of(int64_t before, int64_t after, int64_t ns)
{
    return before >= 0 && after >= before && ns > 0 ? (double)(after - before) * 1e9 / (double)ns
                                                    : -1;
}

static void take_counters(struct top_server *s, int64_t received, int64_t sent, int64_t now_ns)
{
    int64_t ns = now_ns - s->asked_ns;
    s->received_rate = rate_of(s->received, received, ns);
    s->sent_rate = rate_of(s->sent, sent, ns);
    s->received = received;
    s->sent = sent;
    s->asked_ns = now_ns;
}

void top_take_srvr(struct top *t, size_t server, const char *text, int64_t now_ns)
{
    ASSERT(server < t->server_count);
    struct top_server *s = &t->servers[server];
    const char *latency = line_value(text, "Latency min/avg/max: ");
    const char *zxid = line_value(text, "Zxid: ");
    const char *mode = line_value(text, "Mode: ");
    if (mode == NULL || latency == NULL) {
        top_server_is_down(t, server, "answers srvr with something else");
        return;
    }
    s->is_up = true;
    s->why[0] = '\0';
    copy_word(s->role, sizeof(s->role), mode, "\n");
    s->zxid = zxid != NULL ? strtoull(zxid, NULL, 16) : 0;
    const char *mean = strchr(latency, '/');
    const char *max = mean != NULL ? strchr(mean + 1, '/') : NULL;
    s->latency_ms = mean != NULL ? strtod(mean + 1, NULL) : -1;
    s->latency_max_ms = max != NULL ? strtoll(max + 1, NULL, 10) : -1;
    s->connections = line_number(text, "Connections: ");
    s->outstanding = line_number(text, "Outstanding: ");
    s->nodes = line_number(text, "Node count: ");
    take_counters(s, line_number(text, "Received: "), line_number(text, "Sent: "), now_ns);
}

void top_take_mntr(struct top *t, size_t server, const char *text)
{
    ASSERT(server < t->server_count);
    struct top_server *s = &t->servers[server];
    s->watches = line_number(text, "zk_watch_count\t");
    s->ephemerals = line_number(text, "zk_ephemerals_count\t");
    s->data_bytes = line_number(text, "zk_approximate_data_size\t");
    s->descriptors = line_number(text, "zk_open_file_descriptor_count\t");
}

// ---- cons ----

// The text behind ",name=" or "(name=" within one line that ends at `end`; NULL: none.
static const char *part_value(const char *line, const char *end, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = line; at + len + 1 < end; at++) {
        bool begins = *at == ',' || *at == '(';
        if (begins && strncmp(at + 1, name, len) == 0 && at[len + 1] == '=') {
            return at + len + 2;
        }
    }
    return NULL;
}

static int64_t part_number(const char *line, const char *end, const char *name)
{
    const char *value = part_value(line, end, name);
    return value != NULL ? strtoll(value, NULL, 10) : 0;
}

static bool read_session(const char *line, const char *end, struct top_session *ret)
{
    while (line < end && (*line == ' ' || *line == '/')) {
        line++;
    }
    const char *parts = memchr(line, '(', (size_t)(end - line));
    const char *id = parts != NULL ? part_value(parts, end, "sid") : NULL;
    if (id == NULL) {
        return false; // a word like this one
    }
    ret->id = (int64_t)strtoull(id, NULL, 16);
    copy_word(ret->address, sizeof(ret->address), line, "[(\n");
    if (*line == '[') { // an IPv6 address
        const char *close = memchr(line, ']', (size_t)(end - line));
        size_t len = close != NULL ? (size_t)(close + 1 - line) + strcspn(close + 1, "[(\n") : 0;
        len = len < sizeof(ret->address) - 1 ? len : sizeof(ret->address) - 1;
        memcpy(ret->address, line, len);
        ret->address[len] = '\0';
    }
    ret->queued = part_number(parts, end, "queued");
    ret->received = part_number(parts, end, "recved");
    ret->sent = part_number(parts, end, "sent");
    ret->timeout_ms = part_number(parts, end, "to");
    ret->latency_max_ms = part_number(parts, end, "maxlat");
    const char *mean = part_value(parts, end, "avglat");
    ret->latency_ms = mean != NULL ? strtod(mean, NULL) : 0;
    const char *op = part_value(parts, end, "lop");
    copy_word(ret->last_op, sizeof(ret->last_op), op != NULL ? op : "", ",)\n");
    return true;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const struct top_session *)a)->id, y = ((const struct top_session *)b)->id;
    return (x > y) - (x < y);
}

// Take those of `server` out of the list, sorted by id.
static struct top_session *take_out(struct top *t, size_t server, size_t *ret_count)
{
    struct top_session *old = mem_alloc((t->session_count + 1) * sizeof(*old));
    size_t kept = 0;
    *ret_count = 0;
    for (size_t i = 0; i < t->session_count; i++) {
        if (t->sessions[i].server == server) {
            old[(*ret_count)++] = t->sessions[i];
        } else {
            t->sessions[kept++] = t->sessions[i];
        }
    }
    t->session_count = kept;
    qsort(old, *ret_count, sizeof(*old), by_id);
    return old;
}

void top_take_cons(struct top *t, size_t server, const char *text, int64_t seconds_ns)
{
    ASSERT(server < t->server_count);
    size_t old_count, lines = 1;
    struct top_session *old = take_out(t, server, &old_count);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    t->sessions = mem_realloc(t->sessions, (t->session_count + lines) * sizeof(*t->sessions));
    while (*text != '\0') {
        const char *end = strchrnul(text, '\n');
        struct top_session s = {.server = server, .rate = -1};
        if (read_session(text, end, &s)) {
            const struct top_session *before = bsearch(&s, old, old_count, sizeof(*old), by_id);
            if (before != NULL) {
                s.rate = rate_of(before->received, s.received, seconds_ns);
            }
            t->sessions[t->session_count++] = s;
        }
        text = *end != '\0' ? end + 1 : end;
    }
    mem_free(old);
}

void top_server_is_down(struct top *t, size_t server, const char *why)
{
    ASSERT(server < t->server_count);
    struct top_server *s = &t->servers[server];
    s->is_up = false;
    s->received = s->sent = -1;
    copy_word(s->why, sizeof(s->why), why, "\n");
    copy_word(s->role, sizeof(s->role), "down", "");
    forget_numbers(s);
    size_t count;
    mem_free(take_out(t, server, &count));
}

// ---- order ----

static int by_number(double x, double y, const struct top_session *a, const struct top_session *b)
{
    if (x != y) {
        return x < y ? 1 : -1; // the busiest first
    }
    int order = by_id(a, b);
    return order != 0 ? order : (a->server > b->server) - (a->server < b->server);
}

static int by_rate(const void *a, const void *b)
{
    const struct top_session *x = a, *y = b;
    return by_number(x->rate, y->rate, x, y);
}

static int by_packets(const void *a, const void *b)
{
    const struct top_session *x = a, *y = b;
    return by_number((double)x->received, (double)y->received, x, y);
}

static int by_latency(const void *a, const void *b)
{
    const struct top_session *x = a, *y = b;
    return by_number(x->latency_ms, y->latency_ms, x, y);
}

static int by_max(const void *a, const void *b)
{
    const struct top_session *x = a, *y = b;
    return by_number((double)x->latency_max_ms, (double)y->latency_max_ms, x, y);
}

static int by_queued(const void *a, const void *b)
{
    const struct top_session *x = a, *y = b;
    return by_number((double)x->queued, (double)y->queued, x, y);
}

static const struct {
    const char *name;
    int (*compare)(const void *a, const void *b);
} sorts[TOP_SORTS] = {
    [TOP_BY_RATE] = {"requests a second", by_rate},   [TOP_BY_PACKETS] = {"requests", by_packets},
    [TOP_BY_LATENCY] = {"mean latency", by_latency},  [TOP_BY_MAX] = {"longest latency", by_max},
    [TOP_BY_QUEUED] = {"queued requests", by_queued},
};

void top_sort(struct top *t, enum top_sort by)
{
    ASSERT(by < TOP_SORTS);
    if (t->session_count > 0) {
        qsort(t->sessions, t->session_count, sizeof(*t->sessions), sorts[by].compare);
    }
}

const char *top_sort_name(enum top_sort by)
{
    ASSERT(by < TOP_SORTS);
    return sorts[by].name;
}

int64_t top_lag(const struct top *t, const struct top_server *s)
{
    uint64_t first = 0;
    bool has_leader = false;
    for (size_t i = 0; i < t->server_count; i++) {
        const struct top_server *other = &t->servers[i];
        bool is_leader = strcmp(other->role, "leader") == 0;
        if (other->is_up && (is_leader || (!has_leader && other->zxid > first))) {
            first = other->zxid;
            has_leader = has_leader || is_leader;
        }
    }
    if (!s->is_up || s->zxid >> 32 != first >> 32) {
        return -1;
    }
    return s->zxid < first ? (int64_t)(first - s->zxid) : 0; // asked a moment apart
}

// ---- JSON ----

static struct json *number_or_null(int64_t n)
{
    return n >= 0 ? json_new_int(n) : json_new_null();
}

static struct json *real_or_null(double n)
{
    return n >= 0 ? json_new_real(n) : json_new_null();
}

static struct json *json_of_server(const struct top *t, const struct top_server *s)
{
    struct json *o = json_new_object();
    json_put(o, "server", json_new_cstr(s->name));
    json_put(o, "up", json_new_bool(s->is_up));
    if (!s->is_up) {
        json_put(o, "why", json_new_cstr(s->why));
        return o;
    }
    json_put(o, "role", json_new_cstr(s->role));
    json_put(o, "zxid", cli_json_hex((int64_t)s->zxid));
    json_put(o, "lag", number_or_null(top_lag(t, s)));
    json_put(o, "latency_mean_ms", real_or_null(s->latency_ms));
    json_put(o, "latency_max_ms", number_or_null(s->latency_max_ms));
    json_put(o, "connections", number_or_null(s->connections));
    json_put(o, "outstanding", number_or_null(s->outstanding));
    json_put(o, "nodes", number_or_null(s->nodes));
    json_put(o, "watches", number_or_null(s->watches));
    json_put(o, "ephemerals", number_or_null(s->ephemerals));
    json_put(o, "data_bytes", number_or_null(s->data_bytes));
    json_put(o, "descriptors", number_or_null(s->descriptors));
    json_put(o, "received", number_or_null(s->received));
    json_put(o, "sent", number_or_null(s->sent));
    json_put(o, "received_rate", real_or_null(s->received_rate));
    json_put(o, "sent_rate", real_or_null(s->sent_rate));
    json_put(o, "took_ms", number_or_null(s->took_ms));
    return o;
}

static struct json *json_of_session(const struct top *t, const struct top_session *s)
{
    struct json *o = json_new_object();
    json_put(o, "session", cli_json_hex(s->id));
    json_put(o, "client", json_new_cstr(s->address));
    json_put(o, "server", json_new_cstr(t->servers[s->server].name));
    json_put(o, "requests", json_new_int(s->received));
    json_put(o, "rate", real_or_null(s->rate));
    json_put(o, "queued", json_new_int(s->queued));
    json_put(o, "latency_mean_ms", json_new_real(s->latency_ms));
    json_put(o, "latency_max_ms", json_new_int(s->latency_max_ms));
    json_put(o, "timeout_ms", json_new_int(s->timeout_ms));
    json_put(o, "last_request", json_new_cstr(s->last_op));
    return o;
}

struct json *top_json(const struct top *t, int64_t wall_ms)
{
    enum { SESSIONS_MAX = 100 }; // the busiest
    struct json *o = json_new_object();
    json_put(o, "time", cli_json_time(wall_ms));
    struct json *servers = json_new_array();
    for (size_t i = 0; i < t->server_count; i++) {
        json_append(servers, json_of_server(t, &t->servers[i]));
    }
    json_put(o, "servers", servers);
    struct json *sessions = json_new_array();
    for (size_t i = 0; i < t->session_count && i < SESSIONS_MAX; i++) {
        json_append(sessions, json_of_session(t, &t->sessions[i]));
    }
    json_put(o, "session_count", json_new_int((int64_t)t->session_count));
    json_put(o, "sessions", sessions);
    return o;
}
