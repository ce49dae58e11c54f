// SPDX-License-Identifier: Apache-2.0
//
// Four-letter words: the first four bytes of a connection, an answer in text, the end of the
// connection. Source: FourLetterCommands, server.command.*; PROTOCOL 3.
#ifndef PADDOCK_SERVER_WORD_H
#define PADDOCK_SERVER_WORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct conn;

// Bytes that the word with these first four (big-endian) needs; 0 when it is none.
size_t word_length(uint32_t head);

// Append the answer to the connection's output.
void word_answer(struct conn *c, struct slice word);

#endif
