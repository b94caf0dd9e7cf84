/// The calls by which this process reads and changes files, with room for somebody in between.
///
/// A program that links this target has its own `pwrite`, `fsync`, `rename` and so on, which come before those of the C
/// library for everything in it: SQLite's calls go through here as well as our own. Without a handler they do what they
/// always do.
///
/// A VFS of SQLite would see less: backups, rebuilds and new directories are made durable by calls that are not SQLite's.

#ifndef FILE_CALLS_H
#define FILE_CALLS_H

#include <sys/types.h>

enum file_call_kind {
    FILE_CALL_OPEN,
    FILE_CALL_READ,
    FILE_CALL_WRITE,
    FILE_CALL_TRUNCATE,
    FILE_CALL_SYNC,
    FILE_CALL_LINK,
    FILE_CALL_RENAME,
    FILE_CALL_UNLINK,
    FILE_CALL_MAKE_DIRECTORY,
};

/// One call. What its kind has no use for is 0.
struct file_call {
    enum file_call_kind kind;
    /// Of the file; of an existing one where there are two.
    const char *path;
    const char *new_path;
    /// Of the file, where it is open already.
    int descriptor;
    /// O_CREAT and so on.
    int flags;
    mode_t mode;
    /// What is written, or where to read to.
    void *bytes;
    size_t count;
    /// Where in the file; the new length for FILE_CALL_TRUNCATE.
    off_t offset;
};

/// What the caller gets: `result` as the C library documents it, and for -1 the reason, as in errno.
struct file_call_outcome {
    ssize_t result;
    int error;
};

/// Takes the place of the kernel. Any thread may call it, several at once.
typedef struct file_call_outcome (*file_call_handler)(const struct file_call *call);

/// From now on `handler` gets every call; NULL is nobody.
void file_calls_set_handler(file_call_handler handler);

/// Asks the kernel.
struct file_call_outcome file_call_perform(const struct file_call *call);

#endif
