// SPDX-License-Identifier: Apache-2.0
//
// Four-letter words: the first four bytes of a connection, an answer in text, the end of the
// connection. 4lw.commands.whitelist says which are answered; srvr always is, and while the key is
// not set, every word that changes nothing is for connections from this machine (differs from Java,
// see docs/compatibility.md). Source: FourLetterCommands, server.command.*.
#ifndef PADDOCK_SERVER_WORD_H
#define PADDOCK_SERVER_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "config/config.h"
#include "port/stream.h"

struct conn;

// Bytes that the word with these first four (big-endian) needs from `peer`; 0 when it is none.
// Source: NIOServerCnxn.checkFourLetterWord refuses stmk before it reads the mask.
size_t word_length(const struct config *cfg, const struct port_address *peer, uint32_t head);

// Append the answer to the connection's output. `word` has word_length bytes.
void word_answer(struct conn *c, struct slice word);

// Whether a word is answered to a connection from `peer`. `word` has 4 bytes.
bool word_is_allowed(const struct config *cfg, const struct port_address *peer, struct slice word);

#endif
