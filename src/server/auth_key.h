// SPDX-License-Identifier: Apache-2.0
//
// The scheme "key", a sample of Java's: node /key holds a number, and who gives a multiple of it is
// let in. Everybody is while there is no such node, so that it can be made. All get the same id,
// the empty one. This is the arithmetic; auth.c reads the node.
//
// Source: KeyAuthenticationProvider; differs: only ASCII digits are digits.
#ifndef PADDOCK_SERVER_AUTH_KEY_H
#define PADDOCK_SERVER_AUTH_KEY_H

#include <stdbool.h>

#include "base/slice.h"

#define AUTH_KEY_PATH "/key"

// `key` is the data of /key; null when it has none or is not there. Null credentials never do.
bool auth_key_accepts(struct slice key, struct slice credentials);

#endif
