// SPDX-License-Identifier: Apache-2.0
//
// Asking Linux about itself. The texts are taken once, at start.
#include "host/machine.h"

#include <dirent.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/mem.h"

static const char unknown[] = "<NA>"; // as Java prints a missing property

struct machine {
    struct port_machine port;
    struct utsname name;
    char host_name[256];
    char user_name[256];
    char user_home[PATH_MAX];
    char working_dir[PATH_MAX];
    char program[PATH_MAX];
};

static int64_t open_files(struct port_machine *m)
{
    (void)m;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL) {
        return -1;
    }
    int64_t count = 0;
    for (const struct dirent *d = readdir(dir); d != NULL; d = readdir(dir)) {
        count += d->d_name[0] != '.' ? 1 : 0;
    }
    closedir(dir);
    return count - 1; // the one of this listing
}

static int64_t max_files(struct port_machine *m)
{
    (void)m;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return -1;
    }
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

// The number behind `name` in a /proc file of "Name:   123 kB" lines, in bytes; 0 when absent.
static int64_t read_kb_line(const char *path, const char *name)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        return 0;
    }
    char line[256];
    int64_t bytes = 0;
    while (bytes == 0 && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            bytes = (int64_t)strtoll(line + strlen(name), NULL, 10) * 1024;
        }
    }
    fclose(f);
    return bytes;
}

// What the control group allows; 0 when it allows everything.
static int64_t read_group_limit(void)
{
    FILE *f = fopen("/sys/fs/cgroup/memory.max", "re");
    char line[64] = "";
    if (f != NULL) {
        if (fgets(line, sizeof line, f) == NULL) {
            line[0] = 0;
        }
        fclose(f);
    }
    return (int64_t)strtoll(line, NULL, 10); // "max" is 0
}

static void memory(struct port_machine *m, struct port_machine_memory *ret)
{
    (void)m;
    struct port_machine_memory got = {0};
    got.used = read_kb_line("/proc/self/status", "VmRSS:");
    got.total = read_kb_line("/proc/meminfo", "MemTotal:");
    int64_t group = read_group_limit();
    got.max = group > 0 && group < got.total ? group : got.total;
    *ret = got;
}

static const char *java_arch(const char *machine)
{
    return strcmp(machine, "x86_64") == 0 ? "amd64" : machine;
}

static void read_user(struct machine *m)
{
    struct passwd entry, *found = NULL;
    char scratch[4096];
    if (getpwuid_r(getuid(), &entry, scratch, sizeof scratch, &found) == 0 && found != NULL) {
        snprintf(m->user_name, sizeof m->user_name, "%s", found->pw_name);
        snprintf(m->user_home, sizeof m->user_home, "%s", found->pw_dir);
    }
}

static const char *text_or_unknown(const char *text)
{
    return text[0] != 0 ? text : unknown;
}

struct port_machine *machine_open(void)
{
    struct machine *m = mem_zalloc(sizeof *m);
    if (uname(&m->name) != 0) {
        m->name = (struct utsname){0};
    }
    if (gethostname(m->host_name, sizeof m->host_name - 1) != 0) {
        m->host_name[0] = 0;
    }
    read_user(m);
    if (getcwd(m->working_dir, sizeof m->working_dir) == NULL) {
        m->working_dir[0] = 0;
    }
    ssize_t len = readlink("/proc/self/exe", m->program, sizeof m->program - 1);
    m->program[len > 0 ? len : 0] = 0;
    m->port = (struct port_machine){
        .host_name = text_or_unknown(m->host_name),
        .os_name = text_or_unknown(m->name.sysname),
        .os_arch = text_or_unknown(java_arch(m->name.machine)),
        .os_version = text_or_unknown(m->name.release),
        .user_name = text_or_unknown(m->user_name),
        .user_home = text_or_unknown(m->user_home),
        .working_dir = text_or_unknown(m->working_dir),
        .program = text_or_unknown(m->program),
        .open_files = open_files,
        .max_files = max_files,
        .memory = memory,
    };
    return &m->port;
}

void machine_close(struct port_machine *m)
{
    mem_free(m);
}
