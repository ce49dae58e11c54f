// SPDX-License-Identifier: Apache-2.0
//
// Texts as Java makes them: records by jute's toString, bytes as a String, times by DateFormat.
// Source: ToStringOutputArchive, TxnLogToolkit.getFormattedTxnStr.
#ifndef PADDOCK_CLI_JAVA_TEXT_H
#define PADDOCK_CLI_JAVA_TEXT_H

#include "base/buf.h"
#include "jute/txn.h"

// new String(bytes, UTF_8): malformed runs become U+FFFD.
void java_text_utf8(struct slice bytes, struct buf *append);

// DateFormat SHORT, LONG in English: "11/21/26, 4:56:25 PM UTC", local time.
void java_text_time(int64_t ms, struct buf *append);

// DateFormat.getDateTimeInstance(): "Nov 21, 2026, 4:56:25 PM".
void java_text_date(int64_t ms, struct buf *append);

// "create"; "unknown 99".
void java_text_op(int32_t type, struct buf *append);

// What TxnLogToolkit prints of the body of a transaction; it may end with a newline.
// `body` are the bytes behind the header: the parts of a multi are printed raw.
void java_text_txn(const struct txn *t, struct slice body, struct buf *append);

#endif
