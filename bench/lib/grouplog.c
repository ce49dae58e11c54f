// SPDX-License-Identifier: Apache-2.0
//
// Two buffers change places at each commit. The thread sleeps in read() of one eventfd and reports
// by the other: one system call each way per batch.
#include "bench/lib/grouplog.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/lib/session.h"

enum {
    BATCH_BYTES = 64 * 1024 * 1024, // more than all outstanding requests of any run
    FILE_BYTES = 512 * 1024 * 1024,
};

struct grouplog {
    int file;
    off_t offset;
    uint8_t *collecting;
    size_t collecting_bytes;
    uint8_t *syncing;
    size_t syncing_bytes;
    bool is_busy;
    bool with_thread;
    bool ends;
    pthread_t thread;
    int start_fd;
    int done_fd;
};

static void write_and_sync(struct grouplog *log)
{
    if (log->offset + (off_t)log->syncing_bytes > FILE_BYTES)
        log->offset = 0;
    ssize_t n = pwrite(log->file, log->syncing, log->syncing_bytes, log->offset);
    if (n != (ssize_t)log->syncing_bytes || fdatasync(log->file) != 0)
        fatal("write and sync of the log: %s", strerror(errno));
    log->offset += n;
}

static void signal_fd(int fd)
{
    uint64_t one = 1;
    if (write(fd, &one, sizeof one) != sizeof one)
        fatal("eventfd: %s", strerror(errno));
}

static void wait_fd(int fd)
{
    uint64_t count;
    if (read(fd, &count, sizeof count) != sizeof count)
        fatal("eventfd: %s", strerror(errno));
}

static void *run(void *arg)
{
    struct grouplog *log = arg;
    for (;;) {
        wait_fd(log->start_fd);
        if (log->ends)
            return NULL;
        write_and_sync(log);
        signal_fd(log->done_fd);
    }
}

// Written, not only reserved: then a sync changes nothing but data.
static void preallocate(struct grouplog *log)
{
    memset(log->collecting, 0, BATCH_BYTES);
    for (off_t at = 0; at < FILE_BYTES; at += BATCH_BYTES) {
        if (pwrite(log->file, log->collecting, BATCH_BYTES, at) != BATCH_BYTES)
            fatal("write of the log: %s", strerror(errno));
    }
    if (fsync(log->file) != 0)
        fatal("sync of the log: %s", strerror(errno));
}

struct grouplog *grouplog_open(const char *path, bool with_thread)
{
    struct grouplog *log = calloc(1, sizeof *log);
    if (log == NULL)
        fatal("out of memory");
    log->file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    log->collecting = malloc(BATCH_BYTES);
    log->syncing = malloc(BATCH_BYTES);
    log->with_thread = with_thread;
    log->start_fd = with_thread ? eventfd(0, EFD_CLOEXEC) : -1;
    log->done_fd = with_thread ? eventfd(0, EFD_CLOEXEC) : -1;
    if (log->file < 0 || log->collecting == NULL || log->syncing == NULL)
        fatal("open %s: %s", path, strerror(errno));
    preallocate(log);
    if (with_thread && pthread_create(&log->thread, NULL, run, log) != 0)
        fatal("no thread for the log");
    return log;
}

void grouplog_close(struct grouplog *log)
{
    if (log->with_thread) {
        log->ends = true;
        signal_fd(log->start_fd);
        pthread_join(log->thread, NULL);
        close(log->start_fd);
        close(log->done_fd);
    }
    close(log->file);
    free(log->collecting);
    free(log->syncing);
    free(log);
}

uint8_t *grouplog_append(struct grouplog *log, size_t count)
{
    if (log->collecting_bytes + count > BATCH_BYTES)
        fatal("a batch of the log is full");
    uint8_t *at = log->collecting + log->collecting_bytes;
    log->collecting_bytes += count;
    return at;
}

bool grouplog_commit(struct grouplog *log)
{
    if (log->is_busy || log->collecting_bytes == 0)
        return false;
    uint8_t *empty = log->syncing;
    log->syncing = log->collecting;
    log->syncing_bytes = log->collecting_bytes;
    log->collecting = empty;
    log->collecting_bytes = 0;
    log->is_busy = log->with_thread;
    if (log->with_thread)
        signal_fd(log->start_fd);
    else
        write_and_sync(log);
    return true;
}

int grouplog_fd(const struct grouplog *log)
{
    return log->done_fd;
}

void grouplog_synced(struct grouplog *log)
{
    wait_fd(log->done_fd);
    log->is_busy = false;
}
