// SPDX-License-Identifier: Apache-2.0
//
// The rows of keys.def as data: what a key is called, what it may hold, and what is known about its
// effect. Nothing here knows a value; value.h reads one, config.h keeps them.
#ifndef PADDOCK_CONFIG_KEYS_H
#define PADDOCK_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

// One identifier per row of keys.def, in its order.
enum config_key {
#define KEY(id, ...) CONFIG_KEY_##id,
#define ROW(id, ...) CONFIG_KEY_##id,
#include "config/keys.def"
    CONFIG_KEY_COUNT,
};

enum config_kind {
    CONFIG_KIND_BOOL,
    CONFIG_KIND_FLAG,
    CONFIG_KIND_UNLESS,
    CONFIG_KIND_INT,
    CONFIG_KIND_LONG,
    CONFIG_KIND_REAL,
    CONFIG_KIND_TEXT,
    CONFIG_KIND_CHOICE,
    CONFIG_KIND_CLASS,
    CONFIG_KIND_LINES,
    CONFIG_KIND_MANY,
};

// What is known about the effect of a row.
enum config_state {
    CONFIG_WORKS,
    CONFIG_NO_MEANING,  // belongs to the JVM or to a Java class; accepted, without effect
    CONFIG_CLIENT_ONLY, // read by Java's client, never by a server
    // Parts that this version does not have.
    CONFIG_LATER_ENSEMBLE,
    CONFIG_LATER_TLS,
    CONFIG_LATER_SASL,
    CONFIG_LATER_ADMIN,
    CONFIG_LATER_METRICS,
    CONFIG_LATER_AUDIT,
};

struct config_row {
    const char *key;          // in zoo.cfg; "" when it can be set by -D only
    const char *property;     // after -D; "" when it can be set in zoo.cfg only
    const char *default_text; // "" when there is none
    int64_t min, max;         // of numbers
    const char *unit;         // or what the value is; the words of a CHOICE, the names of a CLASS
    const char *help;
    enum config_kind kind;
    enum config_state state;
};

const struct config_row *config_row(enum config_key key);

// The name that people know a row by: its zoo.cfg key, else its property.
const char *config_key_name(enum config_key key);

// "TLS", "metrics over HTTP", ...: the part that a state CONFIG_LATER_... waits for; NULL for the
// others.
const char *config_state_part(enum config_state state);

// The row that a line of zoo.cfg sets; false when there is none. A key K that is no key of its own
// is the property zookeeper.K. Source: QuorumPeerConfig.parseProperties, the last else.
bool config_find_key(struct slice name, enum config_key *ret);

// The row that -Dname sets; false when there is none.
bool config_find_property(struct slice name, enum config_key *ret);

// What is probably meant by a key of zoo.cfg that does not exist: a key of other case, or the one
// behind a name that only Apache's documentation uses; NULL when nothing comes to mind.
const char *config_suggest(struct slice name);

// The title of the section that begins with this row, else NULL.
const char *config_section(enum config_key key);

#endif
