// SPDX-License-Identifier: Apache-2.0
//
// Log, images, epochs, and the queue in front of them.
#include "tests/script/disk.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

void disk_init(struct disk *d, struct slice config)
{
    *d = (struct disk){.image_count = 1};
    buf_append_slice(&d->committed, config);
    buf_append_slice(&d->seen, config);
}

static void drop_images(struct disk *d, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        records_fini(&d->images[i].records);
    }
    memmove(&d->images[from], &d->images[to], (d->image_count - to) * sizeof(d->images[0]));
    d->image_count -= to - from;
}

void disk_crash(struct disk *d)
{
    for (size_t i = 0; i < d->job_count; i++) {
        records_fini(&d->jobs[i].image.records);
    }
    d->job_count = 0;
}

void disk_forget(struct disk *d)
{
    drop_images(d, 0, d->image_count);
    d->log.count = 0;
    d->images[0] = (struct image){.zxid = -1};
    d->image_count = 1;
}

void disk_fini(struct disk *d)
{
    disk_crash(d);
    drop_images(d, 0, d->image_count);
    records_fini(&d->log);
    buf_fini(&d->committed);
    buf_fini(&d->seen);
    mem_free(d->jobs);
}

void disk_add(struct disk *d, struct disk_job job)
{
    if (d->job_count == d->job_cap) {
        d->job_cap = d->job_cap == 0 ? 16 : 2 * d->job_cap;
        d->jobs = mem_realloc(d->jobs, d->job_cap * sizeof(job));
    }
    d->jobs[d->job_count++] = job;
}

// ---- jobs ----

static const struct image *newest_image(const struct disk *d)
{
    return &d->images[d->image_count - 1];
}

static int64_t end_of_log(const struct disk *d)
{
    int64_t zxid = newest_image(d)->zxid;
    if (d->log.count > 0 && d->log.items[d->log.count - 1].zxid > zxid) {
        zxid = d->log.items[d->log.count - 1].zxid;
    }
    return zxid;
}

// False when `zxid` is none of ours any more. At least one image must stay.
static bool cut_log(struct disk *d, int64_t zxid)
{
    size_t keep = d->image_count;
    while (keep > 0 && d->images[keep - 1].zxid > zxid) {
        keep--;
    }
    if (keep == 0) {
        return false;
    }
    drop_images(d, keep, d->image_count);
    records_cut(&d->log, zxid);
    return end_of_log(d) == zxid;
}

static void install(struct disk *d, struct image *image)
{
    drop_images(d, 0, d->image_count);
    d->log.count = 0;
    d->images[0] = *image;
    d->image_count = 1;
    *image = (struct image){0};
}

enum disk_job_type disk_work(struct disk *d, struct zab_event *ret)
{
    ASSERT(d->job_count > 0);
    struct disk_job job = d->jobs[0];
    d->job_count--;
    memmove(d->jobs, d->jobs + 1, d->job_count * sizeof(job));
    *ret = (struct zab_event){.is_ok = true};
    switch (job.type) {
    case DISK_APPEND:
        ASSERT(job.record.zxid > end_of_log(d));
        records_add(&d->log, job.record);
        ret->type = ZAB_EV_LOGGED;
        ret->zxid = job.record.zxid;
        break;
    case DISK_SAVE_ACCEPTED:
        d->accepted_epoch = job.epoch;
        ret->type = ZAB_EV_EPOCH_SAVED;
        break;
    case DISK_SAVE_CURRENT:
        d->current_epoch = job.epoch;
        ret->type = ZAB_EV_EPOCH_SAVED;
        break;
    case DISK_TRUNCATE:
        ret->type = ZAB_EV_TRUNCATED;
        ret->is_ok = cut_log(d, job.zxid);
        ret->zxid = job.zxid;
        break;
    case DISK_INSTALL:
        ret->type = ZAB_EV_SNAP_LOADED;
        ret->zxid = job.image.zxid;
        install(d, &job.image);
        break;
    case DISK_SETTLE:
        ret->type = ZAB_EV_SETTLED;
        break;
    }
    return job.type;
}

// ---- recovery, images ----

int64_t disk_recover(const struct disk *d, struct records *ret)
{
    const struct image *image = newest_image(d);
    records_copy(ret, &image->records);
    for (size_t i = 0; i < d->log.count; i++) {
        if (d->log.items[i].zxid > image->zxid) {
            records_add(ret, d->log.items[i]);
        }
    }
    return end_of_log(d);
}

void disk_take_image(struct disk *d, int64_t zxid, const struct records *tree)
{
    if (newest_image(d)->zxid >= zxid) {
        return;
    }
    if (d->image_count == DISK_IMAGES) {
        drop_images(d, 1, 2);
    }
    struct image *image = &d->images[d->image_count++];
    *image = (struct image){.zxid = zxid};
    records_copy(&image->records, tree);
}

void disk_purge(struct disk *d, int64_t zxid)
{
    size_t keep = d->image_count;
    while (keep > 0 && d->images[keep - 1].zxid > zxid) {
        keep--;
    }
    if (keep > 0) {
        records_drop_up_to(&d->log, d->images[keep - 1].zxid);
        drop_images(d, 0, keep - 1);
    }
}

// ---- reading ----

void disk_read(const struct disk *d, int64_t zxid, int64_t zxid_end, bool is_first, size_t max,
               struct records *ret, struct zab_event *ret_event)
{
    int64_t before = -1;
    bool is_end = true;
    ret->count = 0;
    for (size_t i = 0; i < d->log.count && is_end; i++) {
        int64_t at = d->log.items[i].zxid;
        if (at <= zxid) {
            before = at;
        } else if (at <= zxid_end && ret->count == max) {
            is_end = false;
        } else if (at <= zxid_end) {
            records_add(ret, d->log.items[i]);
        }
    }
    *ret_event = (struct zab_event){
        .type = ZAB_EV_LOG_READ, .is_ok = true, .is_end = is_end, .zxid = is_first ? before : 0};
}
