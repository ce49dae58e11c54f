// SPDX-License-Identifier: Apache-2.0
//
// Numbers as people, files and servers write them: a sign if any, digits, nothing else. No blanks,
// no locale, no errno. The rules for whole numbers are those of Java's Long, too.
//
// Errors: false for what is no number or out of range; nothing is stored then.
#ifndef PADDOCK_BASE_NUMBER_H
#define PADDOCK_BASE_NUMBER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"

// Decimal, with '-' or '+' in front. Source: Long.parseLong.
bool number_parse(struct slice text, int64_t min, int64_t max, int64_t *ret) MUST_CHECK;

// `radix` is from 2 to 36; letters of either case. Source: Long.parseLong with a radix.
bool number_parse_radix(struct slice text, unsigned radix, int64_t min, int64_t max,
                        int64_t *ret) MUST_CHECK;

// The radix is in the text: 0x, 0X or # for 16, a leading 0 for 8. Source: Long.decode.
bool number_decode(struct slice text, int64_t min, int64_t max, int64_t *ret) MUST_CHECK;

// Digits alone, one at least.
bool number_parse_digits(struct slice text, unsigned radix, uint64_t max, uint64_t *ret) MUST_CHECK;

// Decimal with a fraction if any ("2", "0.5", ".5"); no exponent, at most 18 digits.
bool number_parse_real(struct slice text, double min, double max, double *ret) MUST_CHECK;

#endif
