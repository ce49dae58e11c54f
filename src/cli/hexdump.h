// SPDX-License-Identifier: Apache-2.0
//
// Bytes as the framed table of `get -x`, sixteen a row.
// Source: io.netty.buffer.ByteBufUtil.prettyHexDump, which zkCli prints.
#ifndef PADDOCK_CLI_HEXDUMP_H
#define PADDOCK_CLI_HEXDUMP_H

#include "base/buf.h"

void hexdump(struct slice bytes, struct buf *append); // nothing for no bytes; no newline at the end

#endif
