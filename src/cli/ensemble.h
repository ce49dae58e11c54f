// SPDX-License-Identifier: Apache-2.0
//
// The servers that are asked with four-letter words: those of the list, or those that the ensemble
// itself names in its configuration node.
#ifndef PADDOCK_CLI_ENSEMBLE_H
#define PADDOCK_CLI_ENSEMBLE_H

#include "cli/word.h"

struct ensemble {
    struct cli *cli;
    struct hosts hosts;
    struct word_answer *answers; // one for each server, of the last question
    const char *word;
};

// `is_from_config` reads /zookeeper/config, for which a session is needed. CLI_DONE, or after
// cli_fail; ensemble_close is legal then, too.
int ensemble_open(struct cli *c, bool is_from_config, struct ensemble *ret);
void ensemble_close(struct ensemble *e);

// "10.0.0.1:2181", with brackets around IPv6. Memory: valid until `buf` changes.
const char *ensemble_name(const struct ensemble *e, size_t i, struct buf *buf);

void ensemble_ask(struct ensemble *e, const char *word); // all of them; e->answers
bool ensemble_is_good(const struct ensemble *e, size_t i);
// Say on err what is wrong with server i, and what to do about it.
void ensemble_complain(const struct ensemble *e, size_t i);

// The client addresses of a configuration, "host:port,host:port", into `to`; lines without one are
// left out, and for 0.0.0.0 stands the host of the line. Returns how many. Pure.
// Source: QuorumPeer.QuorumServer.toString: "server.1=host:2888:3888:participant;0.0.0.0:2181".
size_t ensemble_config_hosts(struct slice config, struct buf *to);

#endif
