// SPDX-License-Identifier: Apache-2.0
//
// JSON as the commands print it, on top of base/json: times as milliseconds and as RFC 3339 text,
// zxids and session ids as "0x..." text (JSON numbers lose bits above 2^53), data as text when it
// is UTF-8 ("data") and as base64 when it is not ("data_base64"), null as null.
#ifndef PADDOCK_CLI_JSON_H
#define PADDOCK_CLI_JSON_H

#include "base/json.h"
#include "paddock/paddock.h"

struct cli;

struct json *cli_json_hex(int64_t value); // "0x1f": zxids and sessions
struct json *cli_json_time(int64_t ms);   // RFC 3339, UTC; null when it cannot say it

// Memory: each returns an owned value. Member names are those of struct paddock_stat, and `perms`
// of an ACL in zkCli's letters, "cdrwa".
struct json *cli_json_stat(const struct paddock_stat *stat);
struct json *cli_json_acl(const struct paddock_acl *acl, size_t count);
void cli_json_data(struct json *object, struct paddock_bytes data); // adds one of the two members
struct json *cli_json_event(const struct paddock_event *event);

// Print and free: one document, indented on a terminal, else (and within streams) one line.
int cli_print_json(struct cli *c, struct json *value);

#endif
