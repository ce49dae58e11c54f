// SPDX-License-Identifier: Apache-2.0
//
// Names: listing, making with parents, renaming, removing, and the sync that makes a name durable.
#include "host/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "host/errno.h"
#include "host/file.h"

enum err directory_failed(const struct port_files *fs, const char *call, const char *path,
                          int number)
{
    return host_failed(CONTAINER_OF(fs, struct host_files, port)->trace, call, path, number);
}

// That a file is not there is an answer; it is not traced.
enum err directory_info(struct port_files *fs, const char *path, struct port_file_info *ret)
{
    (void)fs;
    struct stat st;
    if (stat(path, &st) != 0) {
        return host_err(errno);
    }
    *ret = (struct port_file_info){
        .is_dir = S_ISDIR(st.st_mode),
        .bytes = (uint64_t)st.st_size,
        .owner = (uint32_t)st.st_uid,
        .mode = (uint32_t)st.st_mode & 07777,
        .changed_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000,
    };
    return ERR_OK;
}

enum err directory_list(struct port_files *fs, const char *dir,
                        void (*entry)(void *ctx, const char *name), void *ctx)
{
    DIR *d = opendir(dir);
    if (d == NULL) {
        return directory_failed(fs, "opendir", dir, errno);
    }
    errno = 0; // readdir tells its end from a failure by it
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            entry(ctx, e->d_name);
        }
        errno = 0;
    }
    int number = errno;
    (void)closedir(d);
    return number == 0 ? ERR_OK : directory_failed(fs, "readdir", dir, number);
}

// mkdir that is content with a directory that is there already.
static enum err make_one(const struct port_files *fs, const char *path)
{
    if (mkdir(path, 0755) == 0) {
        return ERR_OK;
    }
    int number = errno;
    struct stat st;
    if (number == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        return ERR_OK;
    }
    return directory_failed(fs, "mkdir", path, number);
}

enum err directory_make(struct port_files *fs, const char *path)
{
    char *prefix = mem_strdup(path);
    enum err e = ERR_OK;
    for (char *slash = strchr(prefix + 1, '/'); slash != NULL && e == ERR_OK;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        e = make_one(fs, prefix);
        *slash = '/';
    }
    mem_free(prefix);
    return e == ERR_OK ? make_one(fs, path) : e;
}

enum err directory_rename(struct port_files *fs, const char *from, const char *to)
{
    return rename(from, to) == 0 ? ERR_OK : directory_failed(fs, "rename", from, errno);
}

enum err directory_remove(struct port_files *fs, const char *path)
{
    return remove(path) == 0 ? ERR_OK : directory_failed(fs, "remove", path, errno);
}

enum err directory_sync(struct port_files *fs, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return directory_failed(fs, "open", path, errno);
    }
    int number = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    // Some file systems cannot sync a directory; there names are as durable as they get.
    return number == 0 || number == EINVAL ? ERR_OK : directory_failed(fs, "fsync", path, number);
}

bool directory_is_writable(struct port_files *fs, const char *dir)
{
    (void)fs;
    return access(dir, W_OK | X_OK) == 0;
}
