// A disk that fails, for one process: preloaded (LD_PRELOAD), it stands before the C library's calls on files called
// data.mdb.
//
// FAULTY_DISK_CALL    "sync" (fdatasync, fsync, msync) or "write" (pwrite, pwritev, writev)
// FAULTY_DISK_AFTER   so many of these calls succeed; every later one fails
// FAULTY_DISK_ERROR   the errno that they fail with, in decimal
//
// A sync that fails takes with it what was written since the last one, as a kernel does that drops pages which it could
// not write: the file then has its old bytes again. What a file opened with O_DSYNC has written stays.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

// What a write has replaced.
struct replaced {
    struct replaced *earlier;
    off_t offset;
    size_t size;
    char bytes[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct replaced *unsynced;
static long calls;

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static int is_call(const char *call) {
    const char *chosen = getenv("FAULTY_DISK_CALL");
    return chosen != NULL && strcmp(chosen, call) == 0;
}

static int is_data_file(int file) {
    static const char name[] = "/data.mdb";
    char link[64], path[4096];
    strcpy(link, "/proc/self/fd/");
    // The number in decimal, without anything that may allocate.
    char digits[16];
    int count = 0;
    for (int rest = file; rest > 0 || count == 0; rest /= 10) digits[count++] = (char)('0' + rest % 10);
    char *end = link + strlen(link);
    while (count > 0) *end++ = digits[--count];
    *end = 0;
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t suffix = sizeof name - 1;
    return file >= 0 && length >= (ssize_t)suffix && memcmp(path + length - suffix, name, suffix) == 0;
}

// Counts a call; whether it is to fail. Under the lock.
static int fails(void) {
    const char *after = getenv("FAULTY_DISK_AFTER"), *error = getenv("FAULTY_DISK_ERROR");
    if (after == NULL || error == NULL || ++calls <= atol(after)) return 0;
    errno = atoi(error);
    return 1;
}

static void forget_unsynced(void) {
    while (unsynced != NULL) {
        struct replaced *last = unsynced;
        unsynced = last->earlier;
        free(last);
    }
}

static void lose_unsynced(int file) {
    ssize_t (*write)(int, const void *, size_t, off_t) = next("pwrite");
    for (struct replaced *last = unsynced; last != NULL; last = last->earlier) {
        if (write(file, last->bytes, last->size, last->offset) < 0) abort();
    }
    forget_unsynced();
}

// Keeps what a write is about to replace; where the file ends before, zeros. Under the lock.
static void keep(int file, size_t size, off_t offset) {
    if (!is_call("sync") || (fcntl(file, F_GETFL) & O_DSYNC) != 0) return;
    struct replaced *new = calloc(1, sizeof *new + size);
    if (new == NULL) abort();
    if (pread(file, new->bytes, size, offset) < 0) abort();
    new->earlier = unsynced;
    new->offset = offset;
    new->size = size;
    unsynced = new;
}

static int sync_by(const char *name, int file) {
    int (*sync)(int) = next(name);
    if (!is_call("sync") || !is_data_file(file)) return sync(file);
    pthread_mutex_lock(&lock);
    int result = -1;
    if (fails()) {
        int error = errno;
        lose_unsynced(file);
        errno = error;
    } else {
        result = sync(file);
        if (result == 0) forget_unsynced();
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int fdatasync(int file) { return sync_by("fdatasync", file); }
int fsync(int file) { return sync_by("fsync", file); }

int msync(void *address, size_t size, int flags) {
    int (*sync)(void *, size_t, int) = next("msync");
    if (!is_call("sync")) return sync(address, size, flags);
    pthread_mutex_lock(&lock);
    int result = fails() ? -1 : sync(address, size, flags);
    pthread_mutex_unlock(&lock);
    return result;
}

// What a call does that writes `size` bytes at `offset`.
#define WRITE(file, size, offset, call)                                                                                \
    do {                                                                                                               \
        if (!is_data_file(file)) return call;                                                                          \
        pthread_mutex_lock(&lock);                                                                                     \
        ssize_t result = -1;                                                                                           \
        if (!is_call("write") || !fails()) {                                                                           \
            keep(file, size, offset);                                                                                  \
            result = call;                                                                                             \
        }                                                                                                              \
        pthread_mutex_unlock(&lock);                                                                                   \
        return result;                                                                                                 \
    } while (0)

static size_t size_of(const struct iovec *parts, int count) {
    size_t size = 0;
    for (int part = 0; part < count; part++) size += parts[part].iov_len;
    return size;
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
    ssize_t (*write)(int, const void *, size_t, off_t) = next("pwrite");
    WRITE(file, size, offset, write(file, bytes, size, offset));
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
    ssize_t (*write)(int, const struct iovec *, int, off_t) = next("pwritev");
    WRITE(file, size_of(parts, count), offset, write(file, parts, count, offset));
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    ssize_t (*write)(int, const struct iovec *, int) = next("writev");
    WRITE(file, size_of(parts, count), lseek(file, 0, SEEK_CUR), write(file, parts, count));
}
