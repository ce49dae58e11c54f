// SPDX-License-Identifier: Apache-2.0
//
// From a reconfig request to the text of a configuration. Which mistakes are BadArguments and which
// MarshallingError is decided by the exceptions of Java's parsers: one about a number that is none
// is not caught where the others are.
#include "server/reconfig.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "config/props.h"
#include "zab/quorum.h"

// ---- a whole list ----

static bool is_share_key(struct slice key)
{
    return slice_starts_with(key, slice_str("group")) ||
           slice_starts_with(key, slice_str("weight"));
}

static bool is_known_key(struct slice key)
{
    return slice_starts_with(key, slice_str("server.")) || is_share_key(key) ||
           slice_equal_str(key, "version");
}

static bool is_number(struct slice text, unsigned radix)
{
    int64_t value;
    return number_parse_radix(text, radix, INT64_MIN, INT64_MAX, &value);
}

// Whether the numbers of a line that stands by itself are numbers.
static bool has_numbers(const struct props_entry *e)
{
    if (slice_equal_str(e->key, "version")) {
        return is_number(e->value, 16);
    }
    const uint8_t *dot = memchr(e->key.data, '.', e->key.len);
    size_t id_at = dot != NULL ? (size_t)(dot - e->key.data) + 1 : e->key.len;
    return is_number(slice_skip(e->key, id_at), 10) &&
           (!slice_starts_with(e->key, slice_str("weight")) || is_number(e->value, 10));
}

static enum zk_code add_line(const struct reconfig_view *view, const struct props_entry *e,
                             struct config_servers *next)
{
    if (!is_known_key(e->key)) {
        return ZK_BAD_ARGUMENTS;
    }
    if (!has_numbers(e)) {
        return ZK_MARSHALLING_ERROR;
    }
    struct buf complaint = {0};
    enum err err =
        config_servers_add(next, e->key, e->value, view->allows_many_addresses, &complaint);
    buf_fini(&complaint);
    return err == ERR_OK ? ZK_OK : ZK_BAD_ARGUMENTS;
}

// Source: QuorumPeerConfig.parseDynamicConfig.
static enum zk_code check_whole(const struct reconfig_view *view, struct config_servers *next)
{
    struct buf complaint = {0};
    enum err err = config_servers_check(next, &complaint);
    buf_fini(&complaint);
    size_t voters = config_servers_count_role(next, CONFIG_PARTICIPANT);
    size_t observers = config_servers_count_role(next, CONFIG_OBSERVER);
    if (err != ERR_OK) {
        return ZK_BAD_ARGUMENTS;
    }
    bool is_lonely = voters == 1 && view->is_standalone_enabled && observers > 0;
    bool is_empty = voters == 0 && (observers > 0 || !view->is_standalone_enabled);
    return is_lonely || is_empty ? ZK_MARSHALLING_ERROR : ZK_OK;
}

// Commas and newlines both end a line.
static enum zk_code make_whole(const struct reconfig_view *view, struct slice list,
                               struct config_servers *next)
{
    struct buf text = {0};
    buf_append_slice(&text, list);
    for (size_t i = 0; i < text.len; i++) {
        text.data[i] = text.data[i] == ',' ? '\n' : text.data[i];
    }
    struct props_reader reader;
    struct props_entry entry;
    props_init_utf8(&reader, buf_slice(&text));
    enum zk_code code = ZK_OK;
    enum err e = ERR_OK;
    while (code == ZK_OK && (e = props_next(&reader, &entry)) == ERR_OK) {
        code = add_line(view, &entry, next);
    }
    props_fini(&reader);
    buf_fini(&text);
    if (code == ZK_OK && e == ERR_MALFORMED) {
        code = ZK_MARSHALLING_ERROR;
    }
    return code == ZK_OK ? check_whole(view, next) : code;
}

// ---- members that leave and join ----

// Cut the first part that is not blank off `rest`; false at the end. Source: StringUtils.split.
static bool next_part(struct slice *rest, char separator, struct slice *ret)
{
    while (rest->len > 0) {
        const uint8_t *end = memchr(rest->data, separator, rest->len);
        size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
        *ret = props_trim(slice_of(rest->data, len));
        *rest = slice_skip(*rest, end != NULL ? len + 1 : len);
        if (ret->len > 0) {
            return true;
        }
    }
    return false;
}

static enum zk_code leave(struct slice list, struct config_servers *next)
{
    struct slice part;
    while (next_part(&list, ',', &part)) {
        int64_t id;
        if (!number_parse(part, INT64_MIN, INT64_MAX, &id)) {
            return ZK_MARSHALLING_ERROR;
        }
        config_servers_remove(next, id);
    }
    return ZK_OK;
}

struct place {
    const char *host;
    uint16_t port;
};

// Addresses that every machine has for itself cannot conflict.
static bool is_own_to_machine(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0;
}

static size_t places_of(const struct config_member *m,
                        struct place ret[2 * CONFIG_ADDRESSES_MAX + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < m->address_count; i++) {
        const struct config_member_address *a = &m->addresses[i];
        if (!is_own_to_machine(a->host)) {
            ret[count++] = (struct place){a->host, a->quorum_port};
            ret[count++] = (struct place){a->host, a->election_port};
        }
    }
    if (m->client.host != NULL && !is_own_to_machine(m->client.host)) {
        ret[count++] = (struct place){m->client.host, m->client.port};
    }
    return count;
}

// Source: QuorumServer.checkAddressDuplicate.
static bool is_conflicting(const struct config_member *a, const struct config_member *b)
{
    struct place of_a[2 * CONFIG_ADDRESSES_MAX + 1];
    struct place of_b[2 * CONFIG_ADDRESSES_MAX + 1];
    size_t a_count = places_of(a, of_a);
    size_t b_count = places_of(b, of_b);
    for (size_t i = 0; i < a_count; i++) {
        for (size_t j = 0; j < b_count; j++) {
            if (of_a[i].port == of_b[j].port && strcmp(of_a[i].host, of_b[j].host) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool has_conflict(const struct config_servers *next, int64_t id)
{
    const struct config_member *joiner = config_servers_find(next, id);
    for (size_t i = 0; i < next->count; i++) {
        if (&next->members[i] != joiner && is_conflicting(&next->members[i], joiner)) {
            return true;
        }
    }
    return false;
}

static enum zk_code join_one(const struct reconfig_view *view, struct slice joiner,
                             struct config_servers *next)
{
    struct slice name, spec, more;
    if (!next_part(&joiner, '=', &name) || !next_part(&joiner, '=', &spec) ||
        next_part(&joiner, '=', &more)) {
        return ZK_BAD_ARGUMENTS;
    }
    const uint8_t *dot = memrchr(name.data, '.', name.len);
    struct slice number = dot != NULL ? slice_skip(name, (size_t)(dot - name.data) + 1) : name;
    int64_t id;
    if (!number_parse(number, INT64_MIN, INT64_MAX, &id)) {
        return ZK_MARSHALLING_ERROR;
    }
    struct buf text = {0};
    buf_printf(&text, "server.%" PRId64, id);
    struct buf complaint = {0};
    enum err err =
        config_servers_add(next, buf_slice(&text), spec, view->allows_many_addresses, &complaint);
    buf_fini(&text);
    buf_fini(&complaint);
    bool is_whole = err == ERR_OK && config_servers_find(next, id)->client.host != NULL;
    return is_whole && !has_conflict(next, id) ? ZK_OK : ZK_BAD_ARGUMENTS;
}

static enum zk_code make_incremental(const struct reconfig_view *view,
                                     const struct jute_reconfig_request *request,
                                     struct config_servers *next)
{
    if (view->seen->is_hierarchical) {
        return ZK_BAD_ARGUMENTS;
    }
    struct buf text = {0};
    config_servers_print(view->seen, &text);
    struct buf complaint = {0};
    enum err err = config_servers_parse(buf_slice(&text), next, &complaint);
    buf_fini(&text);
    buf_fini(&complaint);
    enum zk_code code = err == ERR_OK ? leave(request->leaving, next) : ZK_BAD_ARGUMENTS;
    struct slice joining = request->joining;
    struct slice part;
    while (code == ZK_OK && next_part(&joining, ',', &part)) {
        code = join_one(view, part, next);
    }
    return code;
}

// ---- the result ----

// Releases before 3.10 cannot read a configuration with such an address.
static bool has_secure_address(const struct config_servers *next)
{
    for (size_t i = 0; i < next->count; i++) {
        if (next->members[i].secure_client.host != NULL) {
            return true;
        }
    }
    return false;
}

// Source: Leader.isQuorumSynced: this leader, and followers of the forwarding kind.
static bool is_quorum_synced(const struct reconfig_view *view, const struct quorum *q)
{
    struct quorum_set set = {0};
    quorum_add(q, &set, view->sid);
    for (size_t i = 0; i < view->follower_count; i++) {
        const struct zab_follower *f = &view->followers[i];
        if (f->is_forwarding && f->is_synced && !f->is_observer) {
            quorum_add(q, &set, f->sid);
        }
    }
    return quorum_is_reached(q, set);
}

static enum zk_code check_voters(const struct reconfig_view *view,
                                 const struct config_servers *next)
{
    size_t voters = config_servers_count_role(next, CONFIG_PARTICIPANT);
    struct quorum quorum;
    if (voters < (view->is_standalone_enabled ? 2 : 1) || has_secure_address(next) ||
        quorum_init_config(&quorum, next) != ERR_OK) {
        return ZK_BAD_ARGUMENTS;
    }
    return is_quorum_synced(view, &quorum) ? ZK_OK : ZK_NEW_CONFIG_NO_QUORUM;
}

enum zk_code reconfig_check(const struct reconfig_view *view,
                            const struct jute_reconfig_request *request, int64_t zxid,
                            struct buf *ret_text)
{
    if (view->seen->version != view->committed->version) {
        return ZK_RECONFIG_IN_PROGRESS;
    }
    if (request->cur_config_id != -1 && request->cur_config_id != view->seen->version) {
        return ZK_BAD_VERSION;
    }
    struct config_servers next;
    config_servers_init(&next);
    enum zk_code code = slice_is_null(request->new_members)
                            ? make_incremental(view, request, &next)
                            : make_whole(view, request->new_members, &next);
    code = code == ZK_OK ? check_voters(view, &next) : code;
    if (code == ZK_OK) {
        next.version = zxid;
        config_servers_print(&next, ret_text);
    }
    config_servers_fini(&next);
    return code;
}
