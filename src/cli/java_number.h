// SPDX-License-Identifier: Apache-2.0
//
// Numbers as Java's commands read them: a sign, digits, nothing else; no blanks.
#ifndef PADDOCK_CLI_JAVA_NUMBER_H
#define PADDOCK_CLI_JAVA_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

// False for what is no number or out of range. Source: Long.parseLong, Integer.parseInt.
bool java_number(const char *text, unsigned radix, int64_t min, int64_t max, int64_t *ret);

// With 0x, 0X, # or a leading 0 for other radixes. Source: Integer.decode.
bool java_number_decode(const char *text, int64_t *ret);

#endif
