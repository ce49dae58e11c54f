// SPDX-License-Identifier: Apache-2.0
//
// Ids of the scheme "ip": an address, or an address and the number of leading bits that count. Pure
// text handling, with the tolerance of Java's parser: "01.2.3.4" and "+1.2.3.4" are addresses,
// blanks, names, brackets and zones are not. Source: IPAuthenticationProvider.
#ifndef PADDOCK_SERVER_IP_MATCH_H
#define PADDOCK_SERVER_IP_MATCH_H

#include <stdbool.h>

#include "base/slice.h"

// May `text` ("10.0.0.0/8", "::1") stand in an ACL?
bool ip_is_valid(struct slice text);

// Is the address `peer` inside `pattern`? False when either does not parse.
bool ip_matches(struct slice peer, struct slice pattern);

#endif
