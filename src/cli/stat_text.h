// SPDX-License-Identifier: Apache-2.0
//
// A Stat in the eleven lines of zkCli, and times as Java prints them.
#ifndef PADDOCK_CLI_STAT_TEXT_H
#define PADDOCK_CLI_STAT_TEXT_H

#include <stdio.h>

#include "paddock/paddock.h"

struct cli;

// Source: org.apache.zookeeper.cli.StatPrinter.
void stat_text_print(const struct paddock_stat *stat, FILE *to);

// A request whose answer is a stat, waited for and printed: with --json a document of `path` and
// `stat`, else the lines, if wanted. CLI_DONE, or the exit code after cli_fail_code.
int stat_text_call(struct cli *c, const struct paddock_op *op, bool is_wanted);

// "Sat Nov 21 16:04:31 UTC 2026", local time. Memory: `to` has room for TIME_TEXT_BYTES.
enum { TIME_TEXT_BYTES = 64 };
const char *time_text(int64_t ms, char *to);

const char *month_text(int month); // "Jan" for 0, as struct tm counts

#endif
