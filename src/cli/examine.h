// SPDX-License-Identifier: Apache-2.0
//
// The examination of a data directory: nothing is changed, everything is read. What paddockd would
// make of it is found by its own recovery, rehearsed; what Java would, by the rules of FileTxnLog
// and FileTxnSnapLog, which are harder in some places and blinder in others.
#ifndef PADDOCK_CLI_EXAMINE_H
#define PADDOCK_CLI_EXAMINE_H

#include "cli/cli.h"
#include "cli/damage.h"
#include "cli/progress.h"
#include "store/datadir.h"
#include "store/recover.h"

// What Apache ZooKeeper 3.9.5 does with the directory.
enum java_verdict {
    JAVA_STARTS,
    JAVA_REFUSES,
    JAVA_LOSES,  // starts, and leaves out transactions that can be read
    JAVA_UNSURE, // it reads files under names of its own reading, or a transaction it may not know
};

struct log_facts {
    char name[NAMES_BYTES_MAX];
    int64_t name_zxid, first_zxid, last_zxid; // of the intact records; -1: none
    uint64_t records, bytes;
};

struct examination {
    struct cli *cli;
    struct datadir *dir;
    struct damage_list damages;
    bool is_running; // a server works on it: its last log may be in the middle of a write
    struct log_facts *logs;
    size_t log_count;
    struct names_list snapshots;

    // The newest snapshot that loads.
    char snapshot[NAMES_BYTES_MAX]; // "": none
    int64_t snapshot_zxid;          // -1: none
    int64_t snapshot_digest_zxid;

    // paddockd, by rehearsal.
    bool is_startable;
    struct store_error refusal; // why not
    struct recover_report recovered;
    uint64_t nodes, digest, digest_mismatches;
    struct buf notes; // lines: what it would do and say

    enum java_verdict java;
    char java_why[DAMAGE_WHAT_BYTES];

    struct progress progress;
    uint64_t bytes_read;
};

// `log_dir` NULL: the same. CLI_DONE whatever is found; CLI_TROUBLE or CLI_USAGE when there is no
// directory to look at, CLI_INTERRUPTED. Memory: examination_fini in every case.
int examine(struct cli *c, const char *data_dir, const char *log_dir, struct examination *ret);
void examination_fini(struct examination *x);

// Parts of it: the logs, in examine_log.c; what Java makes of a place in a log.
int examine_logs(struct examination *x);
void examine_java(struct examination *x, enum java_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
