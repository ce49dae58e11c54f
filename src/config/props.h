// SPDX-License-Identifier: Apache-2.0
//
// The file syntax of zoo.cfg: java.util.Properties, one logical line at a time, with the number of
// the physical line it began on.
//
//     key=value   key:value   key value     # comment   ! comment
//     \t \n \r \f \uXXXX are escapes, \x is x     a backslash at the end continues the line
//
// Bytes are ISO-8859-1; keys and values come out as UTF-8, trimmed of everything up to the blank as
// Java's String.trim does. A malformed \u escape is an error of the whole file.
// What it is not: it knows no key and keeps no table, so duplicates come out as often as they
// stand. Source: java.util.Properties.load(InputStream).
#ifndef PADDOCK_CONFIG_PROPS_H
#define PADDOCK_CONFIG_PROPS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct props_reader {
    struct slice rest;  // not read yet
    unsigned next_line; // number of the line that `rest` begins with, from 1
    struct buf text;    // key and value of the entry, decoded
    bool is_utf8;       // the input is UTF-8 already, as a text from the wire is
};

struct props_entry {
    struct slice key;   // both valid until the next props_next
    struct slice value; // never null
    unsigned line;
};

void props_init(struct props_reader *r, struct slice text);      // borrows `text`
void props_init_utf8(struct props_reader *r, struct slice text); // of a string, not of a file
void props_fini(struct props_reader *r);

// Read the next entry. Errors: ERR_NOT_FOUND at the end; ERR_MALFORMED for a bad \u escape, with
// `ret->line` set.
enum err props_next(struct props_reader *r, struct props_entry *ret) MUST_CHECK;

// `s` without leading and trailing bytes up to the blank. Source: String.trim.
struct slice props_trim(struct slice s);

#endif
