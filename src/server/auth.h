// SPDX-License-Identifier: Apache-2.0
//
// Authentication schemes: how a client proves an identity, which ids an ACL may name, and when an
// id of a connection matches one of an ACL. One row per scheme; a scheme that is not configured is
// absent, and then neither authenticates nor is valid in an ACL.
//
//     world   only the id "anyone", handled by acl.c; nobody authenticates with it
//     ip      the peer's address; ACL ids are addresses or prefixes
//     digest  user:password, kept as user:base64(H(user:password)); superDigest gives "super"
//     ensemble  a name that must be listed; never in an ACL
//     key     a multiple of the number that the node /key holds (auth_key.h)
//     x509, sasl  their rows exist for matching and validity; what proves them comes with TLS, SASL
//
// Source: ProviderRegistry, *AuthenticationProvider.
#ifndef PADDOCK_SERVER_AUTH_H
#define PADDOCK_SERVER_AUTH_H

#include "config/config.h"
#include "jute/code.h"
#include "port/digest.h"
#include "server/ids.h"

struct tree;

struct auth {
    const struct config *config;
    struct port_digest *digest;
    const struct tree *tree; // NULL until auth_use_tree
};

enum auth_result {
    AUTH_OK,
    AUTH_FAILED, // answer AuthFailed, then close
    AUTH_CLOSE,  // close without an answer
};

void auth_init(struct auth *a, const struct config *config, struct port_digest *digest);

// Where the scheme key finds its node; borrowed. Due before auth_handle.
void auth_use_tree(struct auth *a, const struct tree *tree);

// Handle an auth packet; adds to `ids` on success.
enum auth_result auth_handle(const struct auth *a, struct slice scheme, struct slice credentials,
                             const struct port_address *peer, struct ids *ids);

// May an ACL name scheme:id? InvalidACL for an unknown scheme or an id it cannot have;
// MarshallingError for a null id, as Java; differs for key, whose null id stops Java's server.
enum zk_code auth_check_acl_id(const struct auth *a, struct slice scheme, struct slice id);

// Does the connection's id match the ACL's id of the same scheme?
bool auth_matches(const struct auth *a, struct slice scheme, struct slice connection_id,
                  struct slice acl_id);

// Does an "auth" entry of an ACL expand to ids of this scheme?
bool auth_is_expandable(const struct auth *a, struct slice scheme);

// What whoAmI shows for an id: digest without the hash, others whole, unknown schemes empty.
struct slice auth_user_name(struct slice scheme, struct slice id);

// The scheme that clients must have authenticated with before any request: true when `ids` has one
// of enforce.auth.schemes, or nothing is enforced. Source: AuthenticationHelper.
bool auth_is_satisfied(const struct auth *a, const struct ids *ids);

// Does `text`, a start-up value of enforce.auth.schemes, name only schemes that exist here?
bool auth_schemes_exist(const struct auth *a, const char *text);

#endif
