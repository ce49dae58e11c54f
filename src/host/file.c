// SPDX-License-Identifier: Apache-2.0
//
// One open file. Interrupted and short calls are continued here, so above this line a read is short
// only at the end of the file and a write never is.
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/list.h"
#include "base/mem.h"
#include "host/directory.h"
#include "host/errno.h"

struct host_file {
    struct port_file port; // first
    struct trace_sink *trace;
    int fd;
    bool is_direct;     // O_DIRECT is set
    bool has_no_direct; // the file system refused it
    char path[];        // for traces
};

static int fd_of(struct port_file *f)
{
    return CONTAINER_OF(f, struct host_file, port)->fd;
}

static enum err failed(struct port_file *port, const char *call)
{
    int number = errno;
    const struct host_file *f = CONTAINER_OF(port, struct host_file, port);
    return host_failed(f->trace, call, f->path, number);
}

// One file takes both kinds of writes. The flag stays as the last call needed it: a log that is
// only written directly sets it once. On false errno says why.
static bool set_direct(struct port_file *port, bool is_direct)
{
    struct host_file *f = CONTAINER_OF(port, struct host_file, port);
    if (f->is_direct != is_direct) {
        if (fcntl(f->fd, F_SETFL, is_direct ? O_DIRECT : 0) != 0) {
            return false;
        }
        f->is_direct = is_direct;
    }
    return true;
}

static enum err file_read(struct port_file *f, uint64_t offset, void *to, size_t len, size_t *ret)
{
    if (!set_direct(f, false)) {
        return failed(f, "fcntl");
    }
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd_of(f), (uint8_t *)to + done, len - done, (off_t)(offset + done));
        if (n == 0) {
            break;
        }
        if (n > 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            return failed(f, "pread");
        }
    }
    *ret = done;
    return ERR_OK;
}

// On false errno says why.
static bool write_all(int fd, uint64_t offset, const void *from, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pwrite(fd, (const uint8_t *)from + done, len - done, (off_t)(offset + done));
        if (n >= 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static enum err file_write(struct port_file *f, uint64_t offset, const void *from, size_t len)
{
    if (!set_direct(f, false)) {
        return failed(f, "fcntl");
    }
    return write_all(fd_of(f), offset, from, len) ? ERR_OK : failed(f, "pwrite");
}

// File systems without O_DIRECT refuse the flag or the write with EINVAL.
static enum err file_write_direct(struct port_file *f, uint64_t offset, const void *from,
                                  size_t len)
{
    struct host_file *h = CONTAINER_OF(f, struct host_file, port);
    ASSERT((offset | len | (uintptr_t)from) % PORT_FILE_BLOCK_BYTES == 0);
    if (!h->has_no_direct && set_direct(f, true) && write_all(h->fd, offset, from, len)) {
        return ERR_OK;
    }
    if (!h->has_no_direct && errno != EINVAL) {
        return failed(f, "pwrite");
    }
    h->has_no_direct = true;
    return file_write(f, offset, from, len);
}

// A failed sync is not repeated: the kernel may have dropped the dirty pages and would then report
// success for bytes that are lost.
static enum err file_sync(struct port_file *f)
{
    return fdatasync(fd_of(f)) == 0 ? ERR_OK : failed(f, "fdatasync");
}

static enum err file_truncate(struct port_file *f, uint64_t bytes)
{
    return ftruncate(fd_of(f), (off_t)bytes) == 0 ? ERR_OK : failed(f, "ftruncate");
}

static enum err file_size(struct port_file *f, uint64_t *ret)
{
    struct stat st;
    if (fstat(fd_of(f), &st) != 0) {
        return failed(f, "fstat");
    }
    *ret = (uint64_t)st.st_size;
    return ERR_OK;
}

// On a file system that cannot reserve blocks the file only grows: it reads as zeros all the same.
static void file_close(struct port_file *f)
{
    (void)close(fd_of(f));
    mem_free(CONTAINER_OF(f, struct host_file, port));
}

static struct port_file *wrap(const struct port_files *fs, int fd, const char *path)
{
    size_t path_size = strlen(path) + 1;
    struct host_file *f = mem_alloc(sizeof(*f) + path_size);
    f->port = (struct port_file){.read = file_read,
                                 .write = file_write,
                                 .sync = file_sync,
                                 .write_direct = file_write_direct,
                                 .truncate = file_truncate,
                                 .size = file_size,
                                 .close = file_close};
    f->trace = CONTAINER_OF(fs, struct host_files, port)->trace;
    f->fd = fd;
    f->is_direct = false;
    f->has_no_direct = false;
    memcpy(f->path, path, path_size);
    return &f->port;
}

static enum err files_open(struct port_files *fs, const char *path, unsigned flags,
                           struct port_file **ret)
{
    int how = O_CLOEXEC | ((flags & PORT_OPEN_WRITE) != 0 ? O_RDWR : O_RDONLY);
    how |= (flags & PORT_OPEN_CREATE) != 0 ? O_CREAT : 0;
    how |= (flags & PORT_OPEN_TRUNCATE) != 0 ? O_TRUNC : 0;
    int fd = open(path, how, 0644);
    if (fd < 0) {
        return directory_failed(fs, "open", path, errno);
    }
    *ret = wrap(fs, fd, path);
    return ERR_OK;
}

static enum err files_lock(struct port_files *fs, const char *path, struct port_file **ret)
{
    int fd = open(path, O_CLOEXEC | O_RDWR | O_CREAT, 0644);
    if (fd < 0) {
        return directory_failed(fs, "open", path, errno);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int number = errno;
        (void)close(fd);
        return directory_failed(fs, "flock", path, number);
    }
    *ret = wrap(fs, fd, path);
    return ERR_OK;
}

void files_init(struct host_files *fs, struct trace_sink *trace)
{
    *fs = (struct host_files){.port = {.open = files_open,
                                       .info = directory_info,
                                       .list = directory_list,
                                       .make_dir = directory_make,
                                       .rename = directory_rename,
                                       .remove = directory_remove,
                                       .sync_dir = directory_sync,
                                       .is_writable = directory_is_writable,
                                       .lock = files_lock},
                              .trace = trace};
}
