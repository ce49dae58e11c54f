// SPDX-License-Identifier: Apache-2.0
//
// The texts of the files in which a member keeps the configuration of its ensemble: the dynamic
// file, and zoo.cfg when it is made to point to that. Pure. Source: QuorumPeerConfig
// .writeDynamicConfig, .editStaticConfig. Differs: of zoo.cfg everything that is not replaced stays
// as it was written, comments and order included; Java writes the values it had read.
#ifndef PADDOCK_SERVER_DYNAMIC_TEXT_H
#define PADDOCK_SERVER_DYNAMIC_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

// The lines of a configuration's canonical text, sorted, with or without the version; there is no
// newline behind the last one.
// Errors: ERR_MALFORMED when `text` is none.
enum err dynamic_text_print(struct slice text, bool has_version, struct buf *out) MUST_CHECK;

// `old` is the text of zoo.cfg; the new one names `dynamic_file` (absolute) and has no members any
// more, nor the client's port when a server line has it (`drops_client_port`).
// Errors: ERR_MALFORMED when `old` is none.
enum err dynamic_text_rewrite(struct slice old, const char *dynamic_file, bool drops_client_port,
                              struct buf *out) MUST_CHECK;

#endif
