// SPDX-License-Identifier: Apache-2.0
//
// What the files of the words share: one function per word, and the pieces that several print.
// None of them changes anything unless it says so.
#ifndef PADDOCK_SERVER_WORD_PRIV_H
#define PADDOCK_SERVER_WORD_PRIV_H

#include "server/server_priv.h"

// Output of one word is cut here, with a line that says so: a tree of a million watches must not
// become a reply of hundreds of megabytes.
enum { WORD_BYTES_MAX = 16 * 1024 * 1024 };
bool word_is_full(struct buf *out); // true from then on; appends that line once

// What the server calls itself in front of people: "standalone", "leader", "follower", "observer",
// "read-only".
const char *word_mode(const struct server *s);

// "/127.0.0.1:50336", "/[0:0:0:0:0:0:0:1]:50336". Source: InetSocketAddress.toString.
void word_print_address(const struct port_address *peer, struct buf *out);

struct word_question {
    struct server *server;
    struct conn *conn; // that asks
    struct slice rest; // the bytes behind the word
    struct buf *out;   // the answer is appended here
};

// ---- word_stat.c: connections and the server ----

void word_srvr(const struct word_question *q);
void word_stat(const struct word_question *q);
void word_cons(const struct word_question *q);
void word_crst(const struct word_question *q); // changes: statistics of every connection

// ---- word_dump.c ----

void word_dump(const struct word_question *q);

// ---- word_watch.c ----

void word_wchs(const struct word_question *q);
void word_wchc(const struct word_question *q);
void word_wchp(const struct word_question *q);

// ---- word_conf.c: configuration, environment, disk ----

void word_conf(const struct word_question *q);
void word_envi(const struct word_question *q);
void word_dirs(const struct word_question *q);
void word_hash(const struct word_question *q);

// ---- word_mntr.c ----

void word_mntr(const struct word_question *q);

#endif
