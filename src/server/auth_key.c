// SPDX-License-Identifier: Apache-2.0
//
// Both sides are text as Integer.parseInt reads it. 64 bits hold the one quotient that an int does
// not, -2^31 / -1; its remainder is 0 in Java as well.
#include "server/auth_key.h"

#include "base/number.h"

bool auth_key_accepts(struct slice key, struct slice credentials)
{
    if (slice_is_null(credentials)) {
        return false;
    }
    if (slice_is_null(key)) {
        return true;
    }
    int64_t divisor, number;
    if (!number_parse(key, INT32_MIN, INT32_MAX, &divisor) ||
        !number_parse(credentials, INT32_MIN, INT32_MAX, &number)) {
        return false;
    }
    return divisor == 0 || number % divisor == 0;
}
