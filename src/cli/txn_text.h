// SPDX-License-Identifier: Apache-2.0
//
// A transaction for people, on one line (the parts of a multi on lines of their own), and as JSON.
#ifndef PADDOCK_CLI_TXN_TEXT_H
#define PADDOCK_CLI_TXN_TEXT_H

#include "base/json.h"
#include "jute/txn.h"

// "0x5  2026-11-21T16:43:17.123Z  session 0x10  cxid 3  create /a  data 4 bytes "text" ...\n".
// Data is cut behind TXN_TEXT_DATA_BYTES unless `is_whole`; what is no text appears as base64.
enum { TXN_TEXT_DATA_BYTES = 48 };
void txn_text(const struct txn *t, bool is_whole, struct buf *append);

// Owned. Members: zxid, time_ms, time, session, cxid, type; then those of the operation, or `ops`
// of a multi; and `digest` where the transaction carries one.
struct json *txn_json(const struct txn *t);

// " data 4 bytes "text"", " data null".
void txn_text_data(struct slice data, bool is_whole, struct buf *append);
// "world:anyone:cdrwa,..."
void txn_text_acl(const struct jute_acl_vec *acl, struct buf *append);
struct json *txn_json_acl(const struct jute_acl_vec *acl); // owned

#endif
