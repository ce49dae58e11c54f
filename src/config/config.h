// SPDX-License-Identifier: Apache-2.0
//
// The configuration in force. keys.def is the one list of keys; from its rows come the fields of
// `struct config`, their defaults and ranges, the parser, --print-config and docs/configuration.md.
//
// A configuration is put together in steps, each of them pure: config_new (defaults), config_define
// for each -D, config_set_argument for the PORT DATADIR form, config_parse_file with the text of
// zoo.cfg, config_parse_dynamic with the text of the dynamic file when there is one, config_finish.
//
// Precedence, as in Java: a line of zoo.cfg overrides the -D property of the same name; a property
// without the prefix "zookeeper." can be set by -D only (jute.maxbuffer, readonlymode.enabled,
// znode.container.*), and its name in zoo.cfg is reported as without effect. An unknown key K of
// zoo.cfg is the property zookeeper.K. Source: QuorumPeerConfig.parseProperties.
#ifndef PADDOCK_CONFIG_CONFIG_H
#define PADDOCK_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "config/keys.h"
#include "config/servers.h"

// The file of config_parse_seen is zoo.cfg's path with this behind it.
#define CONFIG_SEEN_SUFFIX ".dynamic.next"

enum config_severity { CONFIG_NOTE, CONFIG_WARNING, CONFIG_ERROR };

struct config_diag {
    enum config_severity severity;
    const char *file; // the file, or "-D" or "command line"; NULL when it concerns no single line
    unsigned line;    // from 1; 0 when there is none
    const char *text; // a sentence without file and line
};

// An entry of a key that may be given many times (authProvider.X, superUser.X), in order of name.
struct config_pair {
    const char *name;  // the whole property name, without "zookeeper."
    const char *value; // trimmed
};

struct config_sources; // where values came from; config/sources.h

// C types of the kinds of keys.def.
#define CONFIG_CTYPE_BOOL bool
#define CONFIG_CTYPE_FLAG bool
#define CONFIG_CTYPE_UNLESS bool
#define CONFIG_CTYPE_INT int32_t
#define CONFIG_CTYPE_LONG int64_t
#define CONFIG_CTYPE_REAL double
#define CONFIG_CTYPE_TEXT const char * // NULL when not set and without a default

// Fields stand in the order of keys.def. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct config {
#define KEY(id, kind, ...) CONFIG_CTYPE_##kind id;
#include "config/keys.def"

    // Derived by config_finish.
    bool has_client_port;     // false: no plain listener
    bool has_server_id;       // a myid file was given to config_set_myid
    int64_t server_id;        // what it says
    bool is_loopback_trusted; // 4lw.commands.whitelist is not set: words that change nothing are
                              // answered to connections from this machine
    struct config_servers servers;         // server., group. and weight. lines, and the version
    struct config_servers seen;            // of config_parse_seen
    bool has_seen;
    const struct config_pair *super_users; // superUser and superUser.X
    size_t super_user_count;
    const struct config_pair *auth_providers; // authProvider.X
    size_t auth_provider_count;
    bool has_ensemble_auth; // one of them is EnsembleAuthenticationProvider, which is off otherwise

    struct config_sources *sources;
};

// ---- life cycle ----

struct config *config_new(void); // every key at its default
void config_free(struct config *cfg);

// ---- putting it together ----

// `text` is what followed -D: "name=value", or "name", which means an empty value as in Java.
void config_define(struct config *cfg, const char *text);

// A key given by its place on the command line; wins over everything.
void config_set_argument(struct config *cfg, enum config_key key, const char *value);

// The text of zoo.cfg. `file` names it in diagnostics.
void config_parse_file(struct config *cfg, const char *file, struct slice text);

// The text of the file that `dynamicConfigFile` names. Only server., group. and weight. lines are
// legal in it; its version is the hexadecimal suffix of `file`.
void config_parse_dynamic(struct config *cfg, const char *file, struct slice text);

// The text of zoo.cfg.dynamic.next: the last configuration that was proposed to this server, with
// its version. Only a server with a dynamic file has one, as in Java.
void config_parse_seen(struct config *cfg, const char *file, struct slice text);

// The text of the file myid in dataDir; a null slice when there is none. A standalone server takes
// the client address of its own server line from it, as in Java.
void config_set_myid(struct config *cfg, const char *file, struct slice text);

// Read the values, derive what has no value, check what concerns more than one key. Diagnostics are
// complete afterwards. May be called again, after config_parse_dynamic or config_set_myid.
void config_finish(struct config *cfg);

// ---- asking ----

const struct config_diag *config_diags(const struct config *cfg, size_t *ret_count);
bool config_has_errors(const struct config *cfg);

// Whether this configuration asks for an ensemble. Source: QuorumPeerConfig.isDistributed.
bool config_is_distributed(const struct config *cfg);

// "zoo.cfg:12", "-D", "command line" or "default"; valid as long as `cfg`.
const char *config_origin(const struct config *cfg, enum config_key key);

// ---- printing ----

// "file:line: error: text", one line with its newline.
void config_print_diag(const struct config_diag *d, struct buf *out);
// Every key in force with value and origin, one a line.
void config_print(const struct config *cfg, struct buf *out);
// docs/configuration.md.
void config_print_doc(struct buf *out);

#endif
