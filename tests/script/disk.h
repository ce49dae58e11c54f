// SPDX-License-Identifier: Apache-2.0
//
// A member's disk: what survives a crash, and the jobs on their way to it. Jobs are done one after
// the other when the world lets the disk work; a crash takes those that are not done.
#ifndef PADDOCK_TESTS_SCRIPT_DISK_H
#define PADDOCK_TESTS_SCRIPT_DISK_H

#include "tests/script/records.h"
#include "zab/event.h"

enum disk_job_type {
    DISK_APPEND,
    DISK_SAVE_ACCEPTED,
    DISK_SAVE_CURRENT,
    DISK_TRUNCATE,
    DISK_INSTALL, // an image of the leader replaces everything
    DISK_SETTLE,  // nothing; all before it is done
};

struct disk_job {
    enum disk_job_type type;
    struct record record; // APPEND
    int64_t zxid;         // TRUNCATE
    int64_t epoch;
    struct image image; // INSTALL: owned
};

enum { DISK_IMAGES = 16 };

struct disk {
    int64_t accepted_epoch, current_epoch;
    struct records log;
    struct image images[DISK_IMAGES]; // oldest first; at least one
    size_t image_count;
    struct buf committed, seen; // texts of configurations
    struct disk_job *jobs;
    size_t job_count, job_cap;
    bool is_held; // no job is done
};

void disk_init(struct disk *d, struct slice config); // of a new server
void disk_fini(struct disk *d);
void disk_crash(struct disk *d); // drops the jobs
// What it holds is not what the ensemble believes: all but epochs and configurations is dropped,
// and it ends with zxid -1 until a leader's tree is here. As a server heals after exit code 13.
void disk_forget(struct disk *d);

void disk_add(struct disk *d, struct disk_job job); // takes its image
// Do the first job. Returns its type; `ret` is the event that tells of it. There must be one.
enum disk_job_type disk_work(struct disk *d, struct zab_event *ret);

// The tree that a start finds. `ret` is an initialised list.
int64_t disk_recover(const struct disk *d, struct records *ret);

void disk_take_image(struct disk *d, int64_t zxid, const struct records *tree);
// Drop the log up to the newest image at or below `zxid`, and older images.
void disk_purge(struct disk *d, int64_t zxid);

// An answer to ZAB_DO_READ_LOG: records behind `zxid` up to `zxid_end`, at most `max`.
void disk_read(const struct disk *d, int64_t zxid, int64_t zxid_end, bool is_first, size_t max,
               struct records *ret, struct zab_event *ret_event);

#endif
