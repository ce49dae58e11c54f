// SPDX-License-Identifier: Apache-2.0
//
// The schemes, one row each.
#include "server/auth.h"

#include "base/assert.h"
#include "base/base64.h"
#include "server/auth_key.h"
#include "server/ip_match.h"
#include "tree/tree.h"

struct scheme {
    const char *name;
    bool (*is_enabled)(const struct auth *a);
    // NULL: nobody authenticates with an auth packet.
    enum auth_result (*handle)(const struct auth *a, struct slice credentials,
                               const struct port_address *peer, struct ids *ids);
    bool (*is_valid)(struct slice id); // in an ACL
    bool (*matches)(const struct auth *a, struct slice connection_id, struct slice acl_id);
    bool is_expandable; // by "auth:" in an ACL
};

static struct slice before_colon(struct slice id)
{
    const uint8_t *colon = id.len > 0 ? memchr(id.data, ':', id.len) : NULL;
    return colon == NULL ? id : slice_of(id.data, (size_t)(colon - id.data));
}

static bool always(const struct auth *a)
{
    (void)a;
    return true;
}

static bool always_valid(struct slice id)
{
    (void)id;
    return true;
}

static bool never_valid(struct slice id)
{
    (void)id;
    return false;
}

static bool equal_ids(const struct auth *a, struct slice connection_id, struct slice acl_id)
{
    (void)a;
    return slice_equal(connection_id, acl_id);
}

static const char provider_package[] = "org.apache.zookeeper.server.auth.";

// Is the class configured as some authProvider.X?
static bool has_provider(const struct auth *a, const char *class_name)
{
    for (size_t i = 0; i < a->config->auth_provider_count; i++) {
        struct slice value = slice_str(a->config->auth_providers[i].value);
        struct slice package = slice_str(provider_package);
        if (slice_starts_with(value, package) &&
            slice_equal_str(slice_skip(value, package.len), class_name)) {
            return true;
        }
    }
    return false;
}

// ---- ip ----

static enum auth_result ip_handle(const struct auth *a, struct slice credentials,
                                  const struct port_address *peer, struct ids *ids)
{
    (void)a;
    (void)credentials;
    struct buf text = {0};
    ids_print_address(peer, &text);
    bool added = ids_add(ids, slice_str("ip"), buf_slice(&text));
    buf_fini(&text);
    return added ? AUTH_OK : AUTH_FAILED;
}

static bool ip_scheme_matches(const struct auth *a, struct slice connection_id, struct slice acl_id)
{
    (void)a;
    return ip_matches(connection_id, acl_id);
}

// ---- digest ----

static bool digest_is_enabled(const struct auth *a)
{
    return a->config->digest_auth_enabled;
}

// `user:` + base64(H(credentials)). Source: DigestAuthenticationProvider.generateDigest.
static enum err digest_id(const struct auth *a, struct slice credentials, struct buf *to)
{
    uint8_t hash[PORT_DIGEST_BYTES_MAX];
    size_t len;
    enum err e = a->digest->hash(a->digest, a->config->digest_alg, credentials, hash, &len);
    if (e != ERR_OK) {
        return e;
    }
    buf_append_slice(to, before_colon(credentials));
    buf_put_u8(to, ':');
    base64_encode(slice_of(hash, len), to);
    return ERR_OK;
}

static enum auth_result digest_handle(const struct auth *a, struct slice credentials,
                                      const struct port_address *peer, struct ids *ids)
{
    (void)peer;
    struct buf id = {0};
    if (slice_is_null(credentials) || digest_id(a, credentials, &id) != ERR_OK) {
        buf_fini(&id);
        return AUTH_FAILED;
    }
    bool added = true;
    const char *super = a->config->super_digest;
    if (super != NULL && slice_equal_str(buf_slice(&id), super)) {
        added = ids_add(ids, slice_str("super"), slice_str(""));
    }
    added = ids_add(ids, slice_str("digest"), buf_slice(&id)) && added;
    buf_fini(&id);
    return added ? AUTH_OK : AUTH_FAILED;
}

// Exactly two parts around ':' after Java's split, which drops trailing empty parts.
static bool digest_is_valid(struct slice id)
{
    size_t len = id.len;
    while (len > 0 && id.data[len - 1] == ':') {
        len--;
    }
    size_t colons = 0;
    for (size_t i = 0; i < len; i++) {
        colons += id.data[i] == ':';
    }
    return colons == 1;
}

// ---- ensemble ----

static bool ensemble_is_enabled(const struct auth *a)
{
    return has_provider(a, "EnsembleAuthenticationProvider");
}

// Call `test` for each comma separated, trimmed name of `list` until it answers true.
static bool any_name(const char *list, bool (*test)(void *ctx, struct slice name), void *ctx)
{
    const char *at = list;
    while (*at != '\0') {
        size_t len = strcspn(at, ",");
        struct slice name = slice_of(at, len);
        while (name.len > 0 && name.data[0] == ' ') {
            name = slice_skip(name, 1);
        }
        while (name.len > 0 && name.data[name.len - 1] == ' ') {
            name.len--;
        }
        if (test(ctx, name)) {
            return true;
        }
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return false;
}

static bool is_same_name(void *ctx, struct slice name)
{
    const struct slice *wanted = ctx;
    return slice_equal(name, *wanted);
}

static enum auth_result ensemble_handle(const struct auth *a, struct slice credentials,
                                        const struct port_address *peer, struct ids *ids)
{
    (void)peer;
    (void)ids;
    const char *names = a->config->ensemble_auth_name;
    bool is_ok =
        credentials.len == 0 || names == NULL || any_name(names, is_same_name, &credentials);
    return is_ok ? AUTH_OK : AUTH_CLOSE;
}

static bool no_match(const struct auth *a, struct slice connection_id, struct slice acl_id)
{
    (void)a;
    (void)connection_id;
    (void)acl_id;
    return false;
}

// ---- key ----

static bool key_is_enabled(const struct auth *a)
{
    return has_provider(a, "KeyAuthenticationProvider");
}

// The node as the last applied transaction left it. Source: KeyAuthenticationProvider.getKey.
static enum auth_result key_handle(const struct auth *a, struct slice credentials,
                                   const struct port_address *peer, struct ids *ids)
{
    (void)peer;
    ASSERT(a->tree != NULL);
    const struct znode *node = tree_find(a->tree, slice_str(AUTH_KEY_PATH));
    struct slice key = node == NULL ? slice_null() : znode_data(node);
    bool is_in =
        auth_key_accepts(key, credentials) && ids_add(ids, slice_str("key"), slice_str(""));
    return is_in ? AUTH_OK : AUTH_FAILED;
}

// ---- x509 and sasl: ids of these schemes may stand in ACLs; proving them needs TLS or SASL ----

static bool x509_is_enabled(const struct auth *a)
{
    return a->config->secure_client_port > 0 || has_provider(a, "X509AuthenticationProvider");
}

// An X.500 name: attribute=value pairs, of which at least the first has an attribute.
static bool x509_is_valid(struct slice id)
{
    const uint8_t *equals = id.len > 0 ? memchr(id.data, '=', id.len) : NULL;
    return equals != NULL && equals > id.data;
}

static bool sasl_is_enabled(const struct auth *a)
{
    return has_provider(a, "SASLAuthenticationProvider");
}

// name[/host][@realm], none of them empty. Source: KerberosName.
static bool sasl_is_valid(struct slice id)
{
    size_t slashes = 0;
    size_t ats = 0;
    uint8_t before = '/'; // an empty part is one that begins and ends with a separator
    for (size_t i = 0; i < id.len; i++) {
        bool is_separator = id.data[i] == '/' || id.data[i] == '@';
        if (is_separator && (before == '/' || before == '@')) {
            return false;
        }
        slashes += id.data[i] == '/';
        ats += id.data[i] == '@';
        if (id.data[i] == '/' && ats > 0) {
            return false;
        }
        before = id.data[i];
    }
    return id.len > 0 && before != '/' && before != '@' && slashes <= 1 && ats <= 1;
}

// ---- the table ----

static const struct scheme schemes[] = {
    {"ip", always, ip_handle, ip_is_valid, ip_scheme_matches, false},
    {"digest", digest_is_enabled, digest_handle, digest_is_valid, equal_ids, true},
    {"x509", x509_is_enabled, NULL, x509_is_valid, equal_ids, true},
    {"sasl", sasl_is_enabled, NULL, sasl_is_valid, equal_ids, true},
    {"ensemble", ensemble_is_enabled, ensemble_handle, never_valid, no_match, false},
    {"key", key_is_enabled, key_handle, always_valid, equal_ids, true},
};

static const struct scheme *find_scheme(const struct auth *a, struct slice name)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (slice_equal_str(name, schemes[i].name) && schemes[i].is_enabled(a)) {
            return &schemes[i];
        }
    }
    return NULL;
}

void auth_init(struct auth *a, const struct config *config, struct port_digest *digest)
{
    *a = (struct auth){.config = config, .digest = digest};
}

void auth_use_tree(struct auth *a, const struct tree *tree)
{
    a->tree = tree;
}

enum auth_result auth_handle(const struct auth *a, struct slice scheme, struct slice credentials,
                             const struct port_address *peer, struct ids *ids)
{
    const struct scheme *found = find_scheme(a, scheme);
    if (found == NULL || found->handle == NULL) {
        return AUTH_FAILED;
    }
    return found->handle(a, credentials, peer, ids);
}

enum zk_code auth_check_acl_id(const struct auth *a, struct slice scheme, struct slice id)
{
    const struct scheme *found = find_scheme(a, scheme);
    if (found == NULL) {
        return ZK_INVALID_ACL;
    }
    if (slice_is_null(id) && found->is_valid != never_valid) {
        return ZK_MARSHALLING_ERROR;
    }
    return found->is_valid(id) ? ZK_OK : ZK_INVALID_ACL;
}

bool auth_matches(const struct auth *a, struct slice scheme, struct slice connection_id,
                  struct slice acl_id)
{
    const struct scheme *found = find_scheme(a, scheme);
    return found != NULL && found->matches(a, connection_id, acl_id);
}

bool auth_is_expandable(const struct auth *a, struct slice scheme)
{
    const struct scheme *found = find_scheme(a, scheme);
    return found != NULL && found->is_expandable;
}

struct slice auth_user_name(struct slice scheme, struct slice id)
{
    if (slice_equal_str(scheme, "digest")) {
        return before_colon(id);
    }
    if (slice_equal_str(scheme, "ip") || slice_equal_str(scheme, "x509") ||
        slice_equal_str(scheme, "sasl")) {
        return id;
    }
    return slice_str("");
}

// ---- enforcement ----

static bool has_scheme(void *ctx, struct slice name)
{
    return ids_has_scheme(ctx, name);
}

bool auth_is_satisfied(const struct auth *a, const struct ids *ids)
{
    const struct config *cfg = a->config;
    if (cfg->session_require_sasl) {
        return ids_has_scheme(ids, slice_str("sasl"));
    }
    if (!cfg->enforce_auth_enabled || cfg->enforce_auth_schemes == NULL) {
        return true;
    }
    return any_name(cfg->enforce_auth_schemes, has_scheme, (void *)(uintptr_t)ids);
}

static bool is_unknown(void *ctx, struct slice name)
{
    return find_scheme(ctx, name) == NULL;
}

bool auth_schemes_exist(const struct auth *a, const char *text)
{
    return !any_name(text, is_unknown, (void *)(uintptr_t)a);
}
