// A disk that loses what was not synced, for one folder and one process: LD_PRELOAD it.
//
// STANDIN_DISK is the folder. What would survive a loss of power lies in STANDIN_DISK_IMAGE: contents under numbers, as
// they were at their last fsync; `names.synced`, the names at the last fsync of the folder; `names.now`, the names as
// they are. Each file that is made gets a number of its own, also under a name that there was before. At the operation
// number STANDIN_DISK_DIES, before it is done, the process is killed.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 256
static const char *folder, *image;
static long dies, count;
static int numbers;
static struct { char name[MANY]; int number; } names[MANY];
// The number of an open file; -1: the folder itself.
static int files[4096];

#define REAL(type, name, ...)                                 \
    static type (*real_##name)(__VA_ARGS__);                  \
    if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

static void operation(void) {
    if (dies && ++count == dies) kill(getpid(), SIGKILL);
}

static int raw_open(const char *path, int flags) {
    REAL(int, open64, const char *, int, ...);
    return real_open64(path, flags, 0600);
}

static void keep(const char *name, const char *bytes, size_t length) {
    REAL(ssize_t, write, int, const void *, size_t);
    REAL(int, close, int);
    char path[2 * MANY];
    snprintf(path, sizeof path, "%s/%s", image, name);
    int file = raw_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (file < 0 || real_write(file, bytes, length) != (ssize_t)length) abort();
    real_close(file);
}

// Reading through the file that is open: another one, closed, would drop the locks of the process.
static void keep_contents(int file, int number) {
    struct stat is;
    if (fstat(file, &is)) abort();
    char *bytes = malloc(is.st_size + 1), name[16];
    if (pread(file, bytes, is.st_size, 0) != is.st_size) abort();
    snprintf(name, sizeof name, "%d", number);
    keep(name, bytes, is.st_size);
    free(bytes);
}

static void keep_names(const char *as) {
    static char text[MANY * MANY];
    size_t length = 0;
    for (int i = 0; i < MANY; i++)
        if (names[i].number)
            length += snprintf(text + length, sizeof text - length, "%s %d\n", names[i].name, names[i].number);
    keep(as, text, length);
}

// The place of a name in the table; a free one when it is not there.
static int place(const char *name) {
    int empty = -1;
    for (int i = 0; i < MANY; i++) {
        if (names[i].number && !strcmp(names[i].name, name)) return i;
        if (!names[i].number && empty < 0) empty = i;
    }
    return empty;
}

static int made(const char *name) {
    int at = place(name);
    snprintf(names[at].name, MANY, "%s", name);
    return names[at].number = ++numbers;
}

// The name of a path in the folder; "" for the folder itself.
static const char *within(const char *path) {
    size_t length = folder ? strlen(folder) : 0;
    if (!length || strncmp(path, folder, length)) return NULL;
    if (!path[length]) return path + length;
    return path[length] == '/' ? path + length + 1 : NULL;
}

__attribute__((constructor)) static void begin(void) {
    REAL(int, close, int);
    folder = getenv("STANDIN_DISK");
    image = getenv("STANDIN_DISK_IMAGE");
    if (!folder || !image) { folder = NULL; return; }
    const char *number = getenv("STANDIN_DISK_DIES");
    dies = number ? atol(number) : 0;
    DIR *open = opendir(folder);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        char path[2 * MANY + 2];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        struct stat is;
        if (stat(path, &is) || !S_ISREG(is.st_mode)) continue;
        int file = raw_open(path, O_RDONLY);
        keep_contents(file, made(entry->d_name));
        real_close(file);
    }
    if (open) closedir(open);
    keep_names("names.synced");
    keep_names("names.now");
}

static int opened(const char *path, int flags, mode_t mode) {
    REAL(int, open64, const char *, int, ...);
    const char *name = within(path);
    int is_new = name && *name && (flags & O_CREAT) && access(path, F_OK);
    if (is_new) operation();
    int file = real_open64(path, flags, mode);
    if (file < 0 || file >= 4096 || !name) return file;
    if (is_new) {
        made(name);
        keep_names("names.now");
    }
    files[file] = *name ? names[place(name)].number : -1;
    return file;
}

#define OPEN(name)                                            \
    int name(const char *path, int flags, ...) {              \
        va_list more;                                         \
        va_start(more, flags);                                \
        mode_t mode = va_arg(more, mode_t);                   \
        va_end(more);                                         \
        return opened(path, flags, mode);                     \
    }
OPEN(open)
OPEN(open64)

int close(int file) {
    REAL(int, close, int);
    if (file >= 0 && file < 4096) files[file] = 0;
    return real_close(file);
}

static int watched(int file) { return file >= 0 && file < 4096 ? files[file] : 0; }

static int synced(int file, int done) {
    int number = watched(file);
    if (!done && number > 0) keep_contents(file, number);
    if (!done && number < 0) keep_names("names.synced");
    return done;
}

int fsync(int file) {
    REAL(int, fsync, int);
    if (watched(file)) operation();
    return synced(file, real_fsync(file));
}

int fdatasync(int file) {
    REAL(int, fdatasync, int);
    if (watched(file)) operation();
    return synced(file, real_fdatasync(file));
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    const char *name = within(path);
    if (name) operation();
    int done = real_unlink(path);
    if (!done && name) {
        names[place(name)].number = 0;
        keep_names("names.now");
    }
    return done;
}

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (watched(file)) operation();
    return real_write(file, bytes, length);
}

#define AT(name)                                                             \
    ssize_t name(int file, const void *bytes, size_t length, off64_t at) {   \
        REAL(ssize_t, name, int, const void *, size_t, off64_t);             \
        if (watched(file)) operation();                                      \
        return real_##name(file, bytes, length, at);                         \
    }
AT(pwrite)
AT(pwrite64)

#define CUT(name)                                 \
    int name(int file, off64_t length) {          \
        REAL(int, name, int, off64_t);            \
        if (watched(file)) operation();           \
        return real_##name(file, length);         \
    }
CUT(ftruncate)
CUT(ftruncate64)
