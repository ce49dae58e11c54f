// SPDX-License-Identifier: Apache-2.0
//
// What was written about the configuration, where, and what there is to say about it: the texts
// behind config_finish. A row keeps the text of its strongest source; membership lines and keys
// with many names are kept one by one.
#ifndef PADDOCK_CONFIG_SOURCES_H
#define PADDOCK_CONFIG_SOURCES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "config/config.h"

// Weakest first. A property without its prefix is weaker than the one with it.
enum config_rank {
    CONFIG_RANK_DEFAULT,
    CONFIG_RANK_BARE_PROPERTY,
    CONFIG_RANK_PROPERTY,
    CONFIG_RANK_FILE,
    CONFIG_RANK_WINNING_PROPERTY, // zookeeper.observer.syncEnabled, which overrides its key
    CONFIG_RANK_ARGUMENT,
};

struct config_place {
    const char *file; // as in struct config_diag
    unsigned line;
};

// The text of one row.
struct config_entry {
    enum config_rank rank; // CONFIG_RANK_DEFAULT: not set, the rest is zero
    const char *text;
    struct config_place place;
};

// A server, group or weight line, or a key with many names.
struct config_line {
    enum config_key key;
    enum config_rank rank;
    const char *name; // as written; without "zookeeper." when it was a property
    const char *text;
    struct config_place place;
    bool is_dynamic; // of the dynamic file
};

struct config_sources {
    struct config_entry entries[CONFIG_KEY_COUNT];
    struct config_line *lines;
    size_t line_count, line_cap;
    struct config_diag *diags;
    size_t diag_count, diag_cap;
    size_t diag_mark;          // how many there were before config_finish
    const char *dynamic_file;  // NULL: not read
    const char *myid_file;     // NULL: config_set_myid was not called
    const char *myid_text;     // NULL: there is none
    struct config_pair *pairs; // what struct config points to
    struct arena strings;
};

// Where the value of a row is kept in `cfg`; NULL for a row without a field. Its type is the
// CONFIG_CTYPE_ of the row's kind.
void *config_field(struct config *cfg, enum config_key key);
const void *config_field_const(const struct config *cfg, enum config_key key);

struct config_sources *config_sources_new(void);
void config_sources_free(struct config_sources *s); // NULL is legal

// A terminated copy that lives as long as `s`.
const char *config_copy(struct config_sources *s, struct slice text);

// Give a row its text, unless it has a stronger one; one of equal rank is replaced.
// Memory: copies `text`; keeps `place.file`, which must live as long as `s`.
void config_set(struct config_sources *s, enum config_key key, enum config_rank rank,
                struct slice text, struct config_place place);
void config_add_line(struct config_sources *s, enum config_key key, enum config_rank rank,
                     struct slice name, struct slice text, struct config_place place,
                     bool is_dynamic);

void config_say(struct config_sources *s, enum config_severity severity, struct config_place place,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

// Say something about the line that set `key`.
void config_say_at(struct config *cfg, enum config_severity severity, enum config_key key,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
bool config_is_set(const struct config *cfg, enum config_key key);
struct config_place config_place_of(const struct config *cfg, enum config_key key);

// ---- members.c: steps of config_finish ----

void config_read_members(struct config *cfg);
void config_read_myid(struct config *cfg);
void config_merge_client_address(struct config *cfg); // sets it where one of both is missing
void config_check_members(struct config *cfg);

#endif
