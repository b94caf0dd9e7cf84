// The kernel is asked by number: the C library's own functions are the ones that are shadowed here.

#define _GNU_SOURCE
#include "FileCalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic(file_call_handler) current_handler;

void file_calls_set_handler(file_call_handler handler) {
    atomic_store(&current_handler, handler);
}

static long ask_kernel(const struct file_call *call) {
    switch (call->kind) {
    case FILE_CALL_OPEN: return syscall(SYS_openat, AT_FDCWD, call->path, call->flags, call->mode);
    case FILE_CALL_READ: return syscall(SYS_pread64, call->descriptor, call->bytes, call->count, call->offset);
    case FILE_CALL_WRITE: return syscall(SYS_pwrite64, call->descriptor, call->bytes, call->count, call->offset);
    case FILE_CALL_TRUNCATE: return syscall(SYS_ftruncate, call->descriptor, call->offset);
    case FILE_CALL_SYNC: return syscall(SYS_fsync, call->descriptor);
    case FILE_CALL_LINK: return syscall(SYS_linkat, AT_FDCWD, call->path, AT_FDCWD, call->new_path, 0);
    case FILE_CALL_RENAME: return syscall(SYS_renameat2, AT_FDCWD, call->path, AT_FDCWD, call->new_path, 0);
    case FILE_CALL_UNLINK: return syscall(SYS_unlinkat, AT_FDCWD, call->path, 0);
    case FILE_CALL_MAKE_DIRECTORY: return syscall(SYS_mkdirat, AT_FDCWD, call->path, call->mode);
    }
    errno = ENOSYS;
    return -1;
}

struct file_call_outcome file_call_perform(const struct file_call *call) {
    struct file_call_outcome outcome = {.result = ask_kernel(call)};
    if (outcome.result < 0) outcome.error = errno;
    return outcome;
}

static ssize_t make(struct file_call call) {
    file_call_handler handler = atomic_load(&current_handler);
    // What succeeds leaves errno alone, whatever the handler did meanwhile.
    int error = errno;
    struct file_call_outcome outcome = handler ? handler(&call) : file_call_perform(&call);
    errno = outcome.result < 0 ? outcome.error : error;
    return outcome.result;
}

// MARK: In place of the C library

// `open` has its mode behind the others only where a file may be made.
#define MODE_AFTER(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) {
    MODE_AFTER(flags)
    return (int)make((struct file_call){.kind = FILE_CALL_OPEN, .path = path, .flags = flags, .mode = mode});
}

int open64(const char *path, int flags, ...) {
    MODE_AFTER(flags)
    return (int)make((struct file_call){.kind = FILE_CALL_OPEN, .path = path, .flags = flags, .mode = mode});
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    return make((struct file_call){
        .kind = FILE_CALL_READ, .descriptor = descriptor, .bytes = bytes, .count = count, .offset = offset});
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off64_t offset) {
    return pread(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return make((struct file_call){
        .kind = FILE_CALL_WRITE, .descriptor = descriptor, .bytes = (void *)bytes, .count = count, .offset = offset});
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    return pwrite(descriptor, bytes, count, offset);
}

int ftruncate(int descriptor, off_t length) {
    return (int)make((struct file_call){.kind = FILE_CALL_TRUNCATE, .descriptor = descriptor, .offset = length});
}

int ftruncate64(int descriptor, off64_t length) { return ftruncate(descriptor, length); }

int fsync(int descriptor) {
    return (int)make((struct file_call){.kind = FILE_CALL_SYNC, .descriptor = descriptor});
}

int fdatasync(int descriptor) { return fsync(descriptor); }

int link(const char *path, const char *new_path) {
    return (int)make((struct file_call){.kind = FILE_CALL_LINK, .path = path, .new_path = new_path});
}

int rename(const char *path, const char *new_path) {
    return (int)make((struct file_call){.kind = FILE_CALL_RENAME, .path = path, .new_path = new_path});
}

int unlink(const char *path) {
    return (int)make((struct file_call){.kind = FILE_CALL_UNLINK, .path = path});
}

int mkdir(const char *path, mode_t mode) {
    return (int)make((struct file_call){.kind = FILE_CALL_MAKE_DIRECTORY, .path = path, .mode = mode});
}
