// SPDX-License-Identifier: Apache-2.0
//
// One value: the text behind a key, read by the rules of the key's kind. Numbers of zoo.cfg keys
// are decimal (Integer.parseInt); those of properties may also be 0x1f, #1f or 017
// (Integer.decode).
#ifndef PADDOCK_CONFIG_VALUE_H
#define PADDOCK_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/keys.h"

struct config_value {
    int64_t number;   // INT, LONG
    double real;      // REAL
    bool flag;        // BOOL, FLAG, UNLESS
    bool is_doubtful; // legal, but the text is none of those that people write for it
};

// Errors: ERR_INVALID when `text` is impossible for the row; config_value_range says what is not.
enum err config_value_parse(const struct config_row *row, const char *text,
                            struct config_value *ret) MUST_CHECK;

// "a number in the range 1..2147483647 (ms)", "true or false", "one of none, want, need".
void config_value_range(const struct config_row *row, struct buf *out);

#endif
