// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 as a Java server reads it: any bytes become text, what is malformed becomes U+FFFD. Two
// servers name the same znode only if they agree on how many U+FFFD a malformed run becomes, so the
// rule is Java's: one for each longest run that begins a character, a surrogate written in three
// bytes counting as one run. Source: java.lang.String(byte[], UTF_8).
#ifndef PADDOCK_JUTE_UTF8_H
#define PADDOCK_JUTE_UTF8_H

#include "base/slice.h"

// True when all bytes are below 0x80.
bool utf8_is_ascii(struct slice s);

// Bytes of the character at `p`, 1 to 4; 0 when it is malformed. There is at least one byte.
size_t utf8_char_len(const uint8_t *p, const uint8_t *end);

// The code point of a well-formed character of `len` bytes.
uint32_t utf8_char(const uint8_t *p, size_t len);

// Bytes that a repaired copy of `s` may take, at most three times its own; 0: it is well formed.
size_t utf8_repair_room(struct slice s);

// Copy `s`, every malformed run replaced by U+FFFD, to `to`, which has utf8_repair_room bytes.
struct slice utf8_repair(struct slice s, uint8_t *to);

#endif
