// SPDX-License-Identifier: Apache-2.0
//
// Four-letter words: a plain connection, four bytes, an answer of text, the end. Many servers are
// asked at once; a bad one costs its own line and never the others.
// Source: org.apache.zookeeper.client.FourLetterWordMain.
#ifndef PADDOCK_CLI_WORD_H
#define PADDOCK_CLI_WORD_H

#include "base/buf.h"
#include "cli/cli.h"
#include "client/hosts.h"

enum { WORD_WHY_BYTES = 160, WORD_TIMEOUT_MS = 5000, WORD_ANSWER_BYTES_MAX = 64 * 1024 * 1024 };

struct word_answer {
    bool is_answered;    // `text` is what the server said, whole
    bool is_refused;     // answered: the word is not in 4lw.commands.whitelist
    bool is_not_serving; // answered: no quorum, or starting
    struct buf text;
    char why[WORD_WHY_BYTES]; // when not answered: what went wrong, in one line
    int64_t took_ms;
};

// Ask `count` servers the same word at the same time; waits until all have ended, at most
// `timeout_ms`.
// Memory: `ret` has `count` places and is to be finished with word_answers_fini.
void word_ask(struct cli *c, const struct host *servers, size_t count, const char *word,
              int timeout_ms, struct word_answer *ret);
void word_answers_fini(struct word_answer *answers, size_t count);

#endif
