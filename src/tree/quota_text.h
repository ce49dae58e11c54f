// SPDX-License-Identifier: Apache-2.0
//
// The text in quota nodes, limits and usage alike: "count=3,bytes=-1=;byteHardLimit=10". Pairs are
// separated by runs of ',' and ';', split at '=' (the first two pieces count). A key that is absent
// reads as -1. Written text starts with count and bytes; if there are other keys, a stray '='
// follows that keeps old parsers working, then they come in order. Source: StatsTrack.
#ifndef PADDOCK_TREE_QUOTA_TEXT_H
#define PADDOCK_TREE_QUOTA_TEXT_H

#include "base/buf.h"
#include "base/err.h"

struct quota_pair {
    struct slice key; // borrowed from the text
    int64_t value;
};

struct quota_text {
    int64_t count, bytes;     // -1: absent
    struct quota_pair *other; // the other keys, in order, each once
    size_t other_count;
};

// Memory: `ret` borrows `text`; release with quota_text_fini, also what a failed parse left.
// Errors: ERR_MALFORMED for null, a pair without value, a value that is no 64-bit decimal.
enum err quota_text_parse(struct slice text, struct quota_text *ret) MUST_CHECK;
void quota_text_fini(struct quota_text *q);

// Set one of the other keys. Memory: borrows `key` as long as `q` lives.
void quota_text_put(struct quota_text *q, struct slice key, int64_t value);

int64_t quota_text_value(const struct quota_text *q, const char *key); // of another key; -1: absent
void quota_text_print(const struct quota_text *q, struct buf *to);

#endif
