// SPDX-License-Identifier: Apache-2.0
//
// Membership lines. A server line is cut like Java cuts it: at ';', at '|', at ':' with brackets
// around IPv6 hosts, and empty parts at the end of a cut do not count (String.split).
#include "config/servers.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "config/props.h"

enum { PARTS_MAX = CONFIG_ADDRESSES_MAX + 1 };

static const char wrong_format[] =
    " does not have the form server_config or server_config;client_config where server_config is"
    " one host:port:port or host:port:port:role, or several with '|' between them, and"
    " client_config is port or host:port";

void config_servers_init(struct config_servers *s)
{
    *s = (struct config_servers){0};
}

void config_servers_fini(struct config_servers *s)
{
    mem_free(s->members);
    mem_free(s->groups.items);
    mem_free(s->weights.items);
    arena_fini(&s->strings);
    config_servers_init(s);
}

// ---- pieces of text ----

static const char *copy_string(struct config_servers *s, struct slice text)
{
    char *copy = arena_alloc(&s->strings, text.len + 1);
    memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    return copy;
}

// Cut at `separator`; empty parts at the end do not count. Returns the number of parts, PARTS_MAX +
// 1 when there are more.
static size_t split(struct slice text, uint8_t separator, struct slice parts[PARTS_MAX])
{
    size_t count = 0, used = 0;
    while (true) {
        const uint8_t *end = memchr(text.data, separator, text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        if (count == PARTS_MAX) {
            return PARTS_MAX + 1;
        }
        parts[count++] = slice_of(text.data, len);
        used = len > 0 ? count : used;
        if (end == NULL) {
            return used > 0 ? used : 1;
        }
        text = slice_skip(text, len + 1);
    }
}

// Cut host:port:... with an IPv6 host in brackets. Source: ConfigUtils.getHostAndPort.
static size_t split_host(struct slice text, struct slice parts[PARTS_MAX])
{
    if (text.len == 0 || text.data[0] != '[') {
        return split(text, ':', parts);
    }
    const uint8_t *end = memchr(text.data, ']', text.len);
    size_t host_len = end != NULL ? (size_t)(end - text.data) - 1 : 0;
    if (end == NULL || text.len <= host_len + 3) {
        return 0;
    }
    parts[0] = slice_of(text.data + 1, host_len);
    struct slice rest[PARTS_MAX];
    size_t count = split(slice_skip(text, host_len + 3), ':', rest);
    if (count >= PARTS_MAX) {
        return PARTS_MAX + 1;
    }
    memcpy(parts + 1, rest, count * sizeof rest[0]);
    return count + 1;
}

// Decimal, or hexadecimal for `base` 16, with an optional sign. Source: Long.parseLong.
static bool parse_long(struct slice text, unsigned base, int64_t *ret)
{
    bool is_negative = text.len > 0 && text.data[0] == '-';
    if (text.len > 0 && (is_negative || text.data[0] == '+')) {
        text = slice_skip(text, 1);
    }
    uint64_t limit = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i], lower = c | 0x20;
        unsigned digit = c >= '0' && c <= '9'           ? (unsigned)(c - '0')
                         : lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10
                                                        : 99;
        if (digit >= base || value > (limit - digit) / base) {
            return false;
        }
        value = value * base + digit;
    }
    if (text.len == 0) {
        return false;
    }
    *ret = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static bool parse_port(struct slice text, uint16_t *ret)
{
    int64_t port;
    if (!parse_long(text, 10, &port) || port < 0 || port > UINT16_MAX) {
        return false;
    }
    *ret = (uint16_t)port;
    return true;
}

static bool equals_ignoring_case(struct slice a, const char *lower)
{
    if (a.len != strlen(lower)) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        uint8_t c = a.data[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)lower[i]) {
            return false;
        }
    }
    return true;
}

// What no host has, and what would be another text when it is printed and read again.
static bool is_host(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c <= ' ' || c == 0x7f || c == '\\') {
            return false;
        }
    }
    return text.len > 0;
}

// ---- server lines ----

static enum err parse_role(struct slice text, enum config_role *ret, struct buf *complaint)
{
    struct slice word = props_trim(text);
    if (equals_ignoring_case(word, "observer")) {
        *ret = CONFIG_OBSERVER;
    } else if (equals_ignoring_case(word, "participant")) {
        *ret = CONFIG_PARTICIPANT;
    } else {
        buf_printf(complaint, "Unrecognised peertype: %.*s", SLICE_ARGS(text));
        return ERR_INVALID;
    }
    return ERR_OK;
}

static enum err parse_client(struct config_servers *s, struct slice text,
                             struct config_host_port *ret, struct buf *complaint)
{
    if (text.len == 0) {
        return ERR_OK;
    }
    struct slice parts[PARTS_MAX];
    size_t count = split_host(text, parts);
    if (count < 1 || count > 2 || (count == 2 && !is_host(parts[0]))) {
        buf_printf(complaint, "client address %.*s is neither port nor host:port",
                   SLICE_ARGS(text));
        return ERR_INVALID;
    }
    struct config_host_port address;
    if (!parse_port(parts[count - 1], &address.port)) {
        buf_printf(complaint, "client address %.*s has no port in the range 0..65535",
                   SLICE_ARGS(text));
        return ERR_INVALID;
    }
    address.host = count == 2 ? copy_string(s, parts[0]) : "0.0.0.0";
    *ret = address;
    return ERR_OK;
}

static enum err parse_address(struct config_servers *s, struct config_member *m, struct slice text,
                              struct slice line, struct slice *ret_role, struct buf *complaint)
{
    struct slice parts[PARTS_MAX];
    size_t count = split_host(text, parts);
    if (count < 3 || count > 4 || !is_host(parts[0])) {
        buf_printf(complaint, "%.*s%s", SLICE_ARGS(line), wrong_format);
        return ERR_INVALID;
    }
    struct config_member_address a;
    if (!parse_port(parts[1], &a.quorum_port) || !parse_port(parts[2], &a.election_port)) {
        buf_printf(complaint, "%.*s has a port outside the range 0..65535", SLICE_ARGS(line));
        return ERR_INVALID;
    }
    if (a.quorum_port == a.election_port) {
        buf_printf(complaint,
                   "Client and election port must be different! Please update the configuration "
                   "of server.%" PRId64,
                   m->id);
        return ERR_INVALID;
    }
    a.host = copy_string(s, parts[0]);
    m->addresses[m->address_count++] = a;
    *ret_role = count == 4 ? parts[3] : slice_null();
    return ERR_OK;
}

static enum err parse_addresses(struct config_servers *s, struct config_member *m,
                                struct slice text, bool allow_many, struct slice line,
                                struct buf *complaint)
{
    struct slice parts[PARTS_MAX];
    size_t count = split(text, '|', parts);
    if (count > CONFIG_ADDRESSES_MAX) {
        buf_printf(complaint, "server.%" PRId64 " has more than %d addresses", m->id,
                   CONFIG_ADDRESSES_MAX);
        return ERR_INVALID;
    }
    if (count > 1 && !allow_many) {
        buf_printf(complaint,
                   "Multiple address feature is disabled, but multiple addresses were specified "
                   "for sid %" PRId64,
                   m->id);
        return ERR_INVALID;
    }
    bool has_role = false;
    for (size_t i = 0; i < count; i++) {
        struct slice role_text;
        enum config_role role = CONFIG_PARTICIPANT;
        enum err e = parse_address(s, m, parts[i], line, &role_text, complaint);
        if (e == ERR_OK && !slice_is_null(role_text)) {
            e = parse_role(role_text, &role, complaint);
        }
        if (e != ERR_OK) {
            return e;
        }
        if (!slice_is_null(role_text)) {
            if (has_role && role != m->role) {
                buf_printf(complaint, "the addresses of server.%" PRId64 " have different roles",
                           m->id);
                return ERR_INVALID;
            }
            has_role = true;
            m->role = role;
        }
    }
    return ERR_OK;
}

// Place of the member `id`, or where it belongs.
static size_t find_place(const struct config_servers *s, int64_t id)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->members[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum err store_member(struct config_servers *s, const struct config_member *m,
                             struct buf *complaint)
{
    size_t at = find_place(s, m->id);
    if (at < s->count && s->members[at].id == m->id) {
        s->members[at] = *m;
        return ERR_OK;
    }
    if (s->count == CONFIG_SERVERS_MAX) {
        buf_printf(complaint, "more than %d servers", CONFIG_SERVERS_MAX);
        return ERR_LIMIT;
    }
    s->members = mem_realloc(s->members, (s->count + 1) * sizeof s->members[0]);
    memmove(s->members + at + 1, s->members + at, (s->count - at) * sizeof s->members[0]);
    s->members[at] = *m;
    s->count++;
    return ERR_OK;
}

static enum err add_server(struct config_servers *s, int64_t id, struct slice value,
                           bool allow_many, struct buf *complaint)
{
    struct slice parts[PARTS_MAX];
    size_t count = split(value, ';', parts);
    struct config_member m = {.id = id, .group = -1, .weight = 1};
    if (count > 3) {
        buf_printf(complaint, "%.*s%s", SLICE_ARGS(value), wrong_format);
        return ERR_INVALID;
    }
    enum err e = parse_addresses(s, &m, parts[0], allow_many, value, complaint);
    if (e == ERR_OK && count > 1) {
        e = parse_client(s, parts[1], &m.client, complaint);
    }
    if (e == ERR_OK && count > 2) {
        e = parse_client(s, parts[2], &m.secure_client, complaint);
    }
    return e == ERR_OK ? store_member(s, &m, complaint) : e;
}

void config_servers_remove(struct config_servers *s, int64_t id)
{
    size_t at = find_place(s, id);
    if (at < s->count && s->members[at].id == id) {
        s->count--;
        memmove(s->members + at, s->members + at + 1, (s->count - at) * sizeof s->members[0]);
    }
}

// ---- group and weight lines ----

static const struct config_share *find_share(const struct config_shares *shares, int64_t id)
{
    for (size_t i = 0; i < shares->count; i++) {
        if (shares->items[i].id == id) {
            return &shares->items[i];
        }
    }
    return NULL;
}

static enum err add_share(struct config_shares *shares, int64_t id, int64_t value,
                          struct buf *complaint)
{
    size_t at = 0;
    while (at < shares->count && shares->items[at].id < id) {
        at++;
    }
    if (at < shares->count && shares->items[at].id == id) {
        shares->items[at].value = value;
        return ERR_OK;
    }
    if (shares->count == CONFIG_SERVERS_MAX) {
        buf_printf(complaint, "more than %d servers in groups", CONFIG_SERVERS_MAX);
        return ERR_LIMIT;
    }
    shares->items = mem_realloc(shares->items, (shares->count + 1) * sizeof shares->items[0]);
    memmove(shares->items + at + 1, shares->items + at,
            (shares->count - at) * sizeof shares->items[0]);
    shares->items[at] = (struct config_share){.id = id, .value = value};
    shares->count++;
    return ERR_OK;
}

static enum err add_group(struct config_servers *s, int64_t group, struct slice value,
                          struct buf *complaint)
{
    s->is_hierarchical = true;
    while (value.len > 0) {
        const uint8_t *end = memchr(value.data, ':', value.len);
        size_t len = end != NULL ? (size_t)(end - value.data) : value.len;
        int64_t id;
        if (!parse_long(slice_of(value.data, len), 10, &id)) {
            buf_printf(complaint, "%.*s is not the id of a server", (int)len,
                       (const char *)value.data);
            return ERR_INVALID;
        }
        const struct config_share *other = find_share(&s->groups, id);
        if (other != NULL && other->value != group) {
            buf_printf(complaint, "Server %" PRId64 " is in multiple groups", id);
            return ERR_INVALID;
        }
        enum err e = add_share(&s->groups, id, group, complaint);
        if (e != ERR_OK) {
            return e;
        }
        value = slice_skip(value, end != NULL ? len + 1 : len);
    }
    return ERR_OK;
}

static enum err add_weight(struct config_servers *s, int64_t id, struct slice value,
                           struct buf *complaint)
{
    int64_t weight;
    if (!parse_long(value, 10, &weight)) {
        buf_printf(complaint, "%.*s is not a weight", SLICE_ARGS(value));
        return ERR_INVALID;
    }
    s->is_hierarchical = true;
    return add_share(&s->weights, id, weight, complaint);
}

// ---- whole texts ----

enum err config_servers_add(struct config_servers *s, struct slice key, struct slice value,
                            bool allow_many_addresses, struct buf *complaint)
{
    if (slice_equal_str(key, "version")) {
        if (!parse_long(value, 16, &s->version)) {
            buf_printf(complaint, "version %.*s is not a hexadecimal number", SLICE_ARGS(value));
            return ERR_INVALID;
        }
        return ERR_OK;
    }
    const uint8_t *dot = memchr(key.data, '.', key.len);
    int64_t id;
    if (dot == NULL || !parse_long(slice_skip(key, (size_t)(dot - key.data) + 1), 10, &id)) {
        buf_printf(complaint, "%.*s does not end with a number", SLICE_ARGS(key));
        return ERR_INVALID;
    }
    if (slice_starts_with(key, slice_str("server."))) {
        return add_server(s, id, value, allow_many_addresses, complaint);
    }
    if (slice_starts_with(key, slice_str("group"))) {
        return add_group(s, id, value, complaint);
    }
    ASSERT(slice_starts_with(key, slice_str("weight")));
    return add_weight(s, id, value, complaint);
}

enum err config_servers_check(struct config_servers *s, struct buf *complaint)
{
    for (size_t i = 0; i < s->count; i++) {
        struct config_member *m = &s->members[i];
        const struct config_share *group = find_share(&s->groups, m->id);
        const struct config_share *weight = find_share(&s->weights, m->id);
        m->group = group != NULL ? group->value : -1;
        m->weight = weight != NULL ? weight->value : 1;
        if (s->is_hierarchical && group == NULL && m->role == CONFIG_PARTICIPANT) {
            buf_printf(complaint, "Server %" PRId64 " is not in a group", m->id);
            return ERR_INVALID;
        }
    }
    return ERR_OK;
}

static bool is_member_key(struct slice key)
{
    return slice_starts_with(key, slice_str("server.")) ||
           slice_starts_with(key, slice_str("group")) ||
           slice_starts_with(key, slice_str("weight")) || slice_equal_str(key, "version");
}

enum err config_servers_parse(struct slice text, struct config_servers *ret, struct buf *complaint)
{
    struct props_reader reader;
    struct props_entry entry;
    props_init_utf8(&reader, text);
    enum err e;
    while ((e = props_next(&reader, &entry)) == ERR_OK) {
        if (!is_member_key(entry.key)) {
            buf_printf(complaint, "Unrecognised parameter: %.*s", SLICE_ARGS(entry.key));
            e = ERR_INVALID;
            break;
        }
        e = config_servers_add(ret, entry.key, entry.value, true, complaint);
        if (e != ERR_OK) {
            break;
        }
    }
    props_fini(&reader);
    if (e == ERR_MALFORMED) {
        buf_append_str(complaint, "malformed \\u escape");
        return ERR_INVALID;
    }
    return e == ERR_NOT_FOUND ? config_servers_check(ret, complaint) : e;
}

// ---- printing and comparing ----

static void print_host(const char *host, struct buf *out)
{
    bool is_v6 = strchr(host, ':') != NULL;
    buf_printf(out, is_v6 ? "[%s]" : "%s", host);
}

// Addresses in the order of their hosts, as Java's sorted join gives them.
static void print_addresses(const struct config_member *m, struct buf *out)
{
    const struct config_member_address *sorted[CONFIG_ADDRESSES_MAX];
    for (size_t i = 0; i < m->address_count; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(sorted[at - 1]->host, m->addresses[i].host) > 0; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = &m->addresses[i];
    }
    for (size_t i = 0; i < m->address_count; i++) {
        buf_append_str(out, i > 0 ? "|" : "");
        print_host(sorted[i]->host, out);
        buf_printf(out, ":%u:%u", sorted[i]->quorum_port, sorted[i]->election_port);
    }
}

static void print_member(const struct config_member *m, struct buf *out)
{
    buf_printf(out, "server.%" PRId64 "=", m->id);
    print_addresses(m, out);
    buf_append_str(out, m->role == CONFIG_OBSERVER ? ":observer" : ":participant");
    bool has_client = m->client.host != NULL && !m->is_client_from_static;
    if (has_client || m->secure_client.host != NULL) {
        buf_append_str(out, ";");
    }
    if (has_client) {
        print_host(m->client.host, out);
        buf_printf(out, ":%u", m->client.port);
    }
    if (m->secure_client.host != NULL) {
        buf_append_str(out, ";");
        print_host(m->secure_client.host, out);
        buf_printf(out, ":%u", m->secure_client.port);
    }
    buf_append_str(out, "\n");
}

// The smallest group above `after`; false when there is none.
static bool next_group(const struct config_servers *s, bool is_first, int64_t after, int64_t *ret)
{
    bool found = false;
    for (size_t i = 0; i < s->groups.count; i++) {
        int64_t group = s->groups.items[i].value;
        if ((is_first || group > after) && (!found || group < *ret)) {
            *ret = group;
            found = true;
        }
    }
    return found;
}

static void print_groups(const struct config_servers *s, struct buf *out)
{
    int64_t group = 0;
    for (bool is_first = true; next_group(s, is_first, group, &group); is_first = false) {
        buf_printf(out, "group.%" PRId64, group);
        const char *separator = "=";
        for (size_t i = 0; i < s->groups.count; i++) {
            if (s->groups.items[i].value == group) {
                buf_printf(out, "%s%" PRId64, separator, s->groups.items[i].id);
                separator = ":";
            }
        }
        buf_append_str(out, "\n");
    }
}

// Java prints a weight for every participant, given or not, and those given for others.
static void print_weights(const struct config_servers *s, struct buf *out)
{
    size_t w = 0, m = 0;
    while (w < s->weights.count || m < s->count) {
        bool is_given =
            w < s->weights.count && (m == s->count || s->weights.items[w].id <= s->members[m].id);
        if (is_given) {
            const struct config_share *share = &s->weights.items[w++];
            buf_printf(out, "weight.%" PRId64 "=%" PRId64 "\n", share->id, share->value);
            m += m < s->count && s->members[m].id == share->id ? 1 : 0;
        } else {
            const struct config_member *member = &s->members[m++];
            if (member->role == CONFIG_PARTICIPANT) {
                buf_printf(out, "weight.%" PRId64 "=1\n", member->id);
            }
        }
    }
}

void config_servers_print(const struct config_servers *s, struct buf *out)
{
    for (size_t i = 0; i < s->count; i++) {
        print_member(&s->members[i], out);
    }
    if (s->is_hierarchical) {
        print_groups(s, out);
        print_weights(s, out);
    }
    buf_printf(out, "version=%" PRIx64, (uint64_t)s->version);
}

// Two texts are compared without their versions by printing both: the canonical form leaves nothing
// but what counts.
bool config_servers_equal(const struct config_servers *a, const struct config_servers *b)
{
    if (a->version == b->version) {
        return true;
    }
    struct config_servers left = *a, right = *b;
    left.version = right.version = 0;
    struct buf left_text = {0}, right_text = {0};
    config_servers_print(&left, &left_text);
    config_servers_print(&right, &right_text);
    bool is_equal = slice_equal(buf_slice(&left_text), buf_slice(&right_text));
    buf_fini(&left_text);
    buf_fini(&right_text);
    return is_equal;
}

const struct config_member *config_servers_find(const struct config_servers *s, int64_t id)
{
    size_t at = find_place(s, id);
    return at < s->count && s->members[at].id == id ? &s->members[at] : NULL;
}

size_t config_servers_count_role(const struct config_servers *s, enum config_role role)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        count += s->members[i].role == role ? 1 : 0;
    }
    return count;
}
