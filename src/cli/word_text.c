// SPDX-License-Identifier: Apache-2.0
//
// Line by line, without copies.
#include "cli/word_text.h"

#include <stdio.h>
#include <string.h>

// ---- pieces ----

static bool next_line(struct slice *rest, struct slice *ret)
{
    if (rest->len == 0) {
        return false;
    }
    const uint8_t *end = memchr(rest->data, '\n', rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
    *ret = slice_of(rest->data, len);
    *rest = slice_skip(*rest, len < rest->len ? len + 1 : len);
    return true;
}

static bool take_prefix(struct slice *s, const char *prefix)
{
    if (!slice_starts_with(*s, slice_str(prefix))) {
        return false;
    }
    *s = slice_skip(*s, strlen(prefix));
    return true;
}

static struct slice until(struct slice s, char c)
{
    const uint8_t *end = s.len > 0 ? memchr(s.data, c, s.len) : NULL;
    return slice_of(s.data, end != NULL ? (size_t)(end - s.data) : s.len);
}

static bool parse_int(struct slice s, int64_t *ret)
{
    bool is_negative = s.len > 0 && s.data[0] == '-';
    uint64_t value = 0;
    size_t i = is_negative ? 1 : 0;
    if (i == s.len || s.len > 20) {
        return false;
    }
    for (; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(s.data[i] - '0');
    }
    *ret = (int64_t)(is_negative ? 0 - value : value);
    return true;
}

static bool parse_hex(struct slice s, int64_t *ret)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    if (!take_prefix(&s, "0x") || s.len == 0 || s.len > 16) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        const char *digit = memchr(digits, s.data[i] | 0x20, sizeof(digits) - 1);
        if (digit == NULL) {
            return false;
        }
        value = value * 16 + (uint64_t)(digit - digits);
    }
    *ret = (int64_t)value;
    return true;
}

bool word_session(struct slice text, int64_t *ret)
{
    return parse_hex(until(text, ':'), ret);
}

// ---- srvr ----

// "0/0.0071/92"
static void parse_latencies(struct slice s, struct srvr_info *ret)
{
    char text[100];
    (void)snprintf(text, sizeof(text), "%.*s", SLICE_ARGS(s));
    double min, avg, max;
    if (sscanf(text, "%lf/%lf/%lf", &min, &avg, &max) == 3) {
        ret->latency_min_ms = min;
        ret->latency_avg_ms = avg;
        ret->latency_max_ms = max;
    }
}

static void parse_srvr_line(struct slice line, struct srvr_info *ret)
{
    const struct {
        const char *prefix;
        int64_t *number;
    } numbers[] = {{"Received: ", &ret->received},
                   {"Sent: ", &ret->sent},
                   {"Connections: ", &ret->connections},
                   {"Outstanding: ", &ret->outstanding},
                   {"Node count: ", &ret->nodes}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (take_prefix(&line, numbers[i].prefix)) {
            (void)parse_int(line, numbers[i].number);
            return;
        }
    }
    if (take_prefix(&line, "Latency min/avg/max: ")) {
        parse_latencies(line, ret);
    } else if (take_prefix(&line, "Zxid: ")) {
        (void)parse_hex(line, &ret->zxid);
    } else if (take_prefix(&line, "Mode: ")) {
        ret->role = line;
    } else if (take_prefix(&line, "READ-ONLY mode")) {
        ret->is_read_only = true;
    }
}

bool srvr_parse(struct slice text, struct srvr_info *ret)
{
    struct srvr_info info = {.version = slice_str(""), .role = slice_str("")};
    struct slice line;
    if (!take_prefix(&text, "Zookeeper version: ")) {
        return false;
    }
    while (next_line(&text, &line)) {
        if (info.version.len == 0) {
            info.version = until(line, ',');
        } else {
            parse_srvr_line(line, &info);
        }
    }
    *ret = info;
    return true;
}

// ---- mntr ----

bool mntr_find(struct slice text, const char *key, struct slice *ret)
{
    struct slice line;
    while (next_line(&text, &line)) {
        if (take_prefix(&line, key) && line.len > 0 && line.data[0] == '\t') {
            *ret = slice_skip(line, 1);
            return true;
        }
    }
    return false;
}

bool mntr_find_int(struct slice text, const char *key, int64_t *ret)
{
    struct slice value;
    return mntr_find(text, key, &value) && parse_int(until(value, '.'), ret);
}

// ---- cons ----

static void parse_pair(struct slice pair, struct cons_info *ret)
{
    struct slice name = until(pair, '=');
    if (name.len == pair.len) {
        return;
    }
    struct slice value = slice_skip(pair, name.len + 1);
    const struct {
        const char *name;
        int64_t *number;
    } numbers[] = {{"queued", &ret->queued},
                   {"recved", &ret->received},
                   {"sent", &ret->sent},
                   {"to", &ret->timeout_ms},
                   {"llat", &ret->last_latency_ms},
                   {"maxlat", &ret->max_latency_ms},
                   {"est", &ret->established_ms},
                   {"lresp", &ret->last_response_ms}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (slice_equal_str(name, numbers[i].name)) {
            (void)parse_int(value, numbers[i].number);
        }
    }
    if (slice_equal_str(name, "sid")) {
        ret->has_session = parse_hex(value, &ret->session);
    } else if (slice_equal_str(name, "lop")) {
        ret->last_op = value;
    }
}

// " /10.0.0.1:51234[1](queued=0,recved=3,...)"
static bool parse_connection(struct slice line, struct cons_info *ret)
{
    struct cons_info info = {.last_op = slice_str("")};
    if (!take_prefix(&line, " ")) {
        return false;
    }
    (void)take_prefix(&line, "/");
    struct slice before = until(line, '(');
    if (before.len == line.len || before.len == 0) {
        return false;
    }
    struct slice pairs = until(slice_skip(line, before.len + 1), ')');
    size_t client = before.len;
    while (client > 0 && before.data[client - 1] != '[') { // IPv6 has no brackets of its own here
        client--;
    }
    info.client = slice_of(before.data, client > 0 ? client - 1 : before.len);
    while (pairs.len > 0) {
        struct slice pair = until(pairs, ',');
        parse_pair(pair, &info);
        pairs = slice_skip(pairs, pair.len < pairs.len ? pair.len + 1 : pair.len);
    }
    *ret = info;
    return true;
}

size_t cons_each(struct slice text, void (*each)(void *ctx, const struct cons_info *info),
                 void *ctx)
{
    struct slice line;
    size_t count = 0;
    while (next_line(&text, &line)) {
        struct cons_info info;
        if (parse_connection(line, &info)) {
            count++;
            each(ctx, &info);
        }
    }
    return count;
}

// ---- lists ----

void word_lists_each(struct slice text,
                     void (*each)(void *ctx, struct slice head, struct slice item), void *ctx)
{
    struct slice line, head = slice_str("");
    while (next_line(&text, &line)) {
        if (take_prefix(&line, "\t")) {
            each(ctx, head, line);
        } else if (line.len > 0) {
            head = line;
        }
    }
}

struct slice dump_ephemerals(struct slice text)
{
    struct slice line, rest = text, found = slice_str("");
    bool is_within = false;
    while (next_line(&rest, &line)) {
        if (slice_starts_with(line, slice_str("Connections dump:"))) {
            break;
        }
        if (is_within) {
            found.len = (size_t)(line.data + line.len - found.data);
        } else if (slice_starts_with(line, slice_str("Sessions with Ephemerals"))) {
            is_within = true;
            found = slice_of(rest.data, 0);
        }
    }
    return found;
}
