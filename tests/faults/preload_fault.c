// Loaded before the C library (LD_PRELOAD): makes the n-th call of a family fail, as a
// full disk, a bad sector or a crowded machine would.
//
//     SDSE_FAULT=FAMILY:N:HOW     the N-th call of the family, N >= 1; N+ = all from it
//     SDSE_FAULT_STACKS=FILE      the distinct call stacks of each family, written at
//     exit:
//                                 lines `family first last stack`, the numbers of the
//                                 first and of the last call that were made through it
//     SDSE_FAULT_HIT=FILE         the stack of the call that failed, in the same
//     spelling,
//                                 and its frames
//
//     memory                      malloc, calloc, realloc: no memory; HOW is not used
//     open read write sync close name look lock
//         eio, enospc, enomem     the call fails
//         short                   read and write do half of what was asked
//         torn                    half is written, and the process ends
//         gone                    the process ends before the call
//
// Of what is closed, files that were written through streams count.
//
// Streams of the C library do not call read() and write() by name, so files that
// fopen() and fdopen() open become streams of our own that do. Programs that the
// program starts run without faults.
//
// A stack is a hash of the return addresses, each from the start of its module, so it
// is the same in every run of one build. An address that is there twice counts once:
// how deep a recursion stood is not told apart.
#define _GNU_SOURCE // NOLINT: the C library's name
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum family { MEMORY, OPEN, READ, WRITE, SYNC, CLOSE, NAME, LOOK, LOCK, FAMILIES };
static const char *const names[] = {"memory", "open", "read", "write", "sync",
                                    "close",  "name", "look", "lock"};
enum how { PASS, FAIL, SHORT, TORN, GONE };

static struct {
    bool ready, stays;
    enum family family;
    enum how how;
    int error;
    long at;
    atomic_long calls[FAMILIES];
    const char *stacks_path, *hit_path;
} fault;

// ---- call stacks ----

enum { MOST_FRAMES = 256, MOST_STACKS = 1 << 16 };
static struct stack {
    uint64_t hash; // 0: not in use
    long first, last;
} (*stacks)[MOST_STACKS]; // of each family, found by their hash; NULL: not asked for
static int stack_count[FAMILIES];
static atomic_flag stacks_busy = ATOMIC_FLAG_INIT;

static int frames_now(void *frames[MOST_FRAMES]) {
    return backtrace(frames, MOST_FRAMES);
}

// Our own frames, and those that are there already further in, are left out.
static uint64_t stack_of(void *const *frames, int count) {
    struct dl_find_object own = {0};
    _dl_find_object(&fault, &own);
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < count; i++) {
        bool seen = false;
        for (int j = 0; j < i && !seen; j++)
            seen = frames[j] == frames[i];
        struct dl_find_object module;
        if (seen || _dl_find_object(frames[i], &module) != 0 ||
            module.dlfo_map_start == own.dlfo_map_start)
            continue;
        const uintptr_t from_start =
            (uintptr_t)frames[i] - (uintptr_t)module.dlfo_map_start;
        hash = (hash ^ from_start) * 1099511628211u;
        hash ^= hash >> 29;
    }
    return hash | 1;
}

static void note_stack(enum family family, long call) {
    void *frames[MOST_FRAMES];
    const uint64_t hash = stack_of(frames, frames_now(frames));
    while (atomic_flag_test_and_set(&stacks_busy))
        continue;
    size_t i = hash % MOST_STACKS;
    while (stacks[family][i].hash && stacks[family][i].hash != hash)
        i = (i + 1) % MOST_STACKS;
    struct stack *stack = &stacks[family][i];
    if (!stack->hash) {
        *stack = (struct stack){hash, call, call};
        if (++stack_count[family] == MOST_STACKS)
            abort();
    }
    stack->last = call;
    atomic_flag_clear(&stacks_busy);
}

// What is written here is counted nowhere, and allocates nothing.
static void write_stacks(const char *path) {
    const int file = creat(path, 0666);
    for (int f = 0; file >= 0 && f < FAMILIES; f++)
        for (int i = 0; i < MOST_STACKS; i++)
            if (stacks[f][i].hash)
                dprintf(file, "%s %ld %ld %016" PRIx64 "\n", names[f],
                        stacks[f][i].first, stacks[f][i].last, stacks[f][i].hash);
    close(file);
}
static void write_hit(const char *path) {
    void *frames[MOST_FRAMES];
    const int count = frames_now(frames);
    const int file = creat(path, 0666);
    dprintf(file, "%016" PRIx64 "\n", stack_of(frames, count));
    backtrace_symbols_fd(frames, count, file);
    close(file);
}

// ---- faults ----

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("SDSE_FAULT");
    char family[16] = "", how[16] = "";
    fault.family = FAMILIES;
    if (text && sscanf(text, "%15[a-z]:%ld", family, &fault.at) == 2) {
        for (int i = 0; i < FAMILIES; i++)
            if (strcmp(family, names[i]) == 0)
                fault.family = (enum family)i;
        fault.stays = strchr(text, '+') != NULL;
        snprintf(how, sizeof how, "%s", strrchr(text, ':') + 1);
    }
    fault.how = strcmp(how, "short") == 0  ? SHORT
                : strcmp(how, "torn") == 0 ? TORN
                : strcmp(how, "gone") == 0 ? GONE
                                           : FAIL;
    fault.error = fault.family == MEMORY || strcmp(how, "enomem") == 0 ? ENOMEM
                  : strcmp(how, "enospc") == 0                         ? ENOSPC
                                                                       : EIO;
    unsetenv("LD_PRELOAD");
    void *frames[MOST_FRAMES];
    frames_now(frames); // loads what it needs
    fault.stacks_path = getenv("SDSE_FAULT_STACKS");
    fault.hit_path = getenv("SDSE_FAULT_HIT");
    if (fault.stacks_path)
        stacks = mmap(NULL, FAMILIES * sizeof *stacks, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fault.ready = true;
}

__attribute__((destructor)) static void end(void) {
    fault.ready = false;
    if (fault.stacks_path)
        write_stacks(fault.stacks_path);
}

// Counts a call, and says what becomes of it.
static enum how next(enum family family) {
    if (!fault.ready)
        return PASS;
    const long call = atomic_fetch_add(&fault.calls[family], 1) + 1;
    if (stacks)
        note_stack(family, call);
    if (family != fault.family || call < fault.at || (call > fault.at && !fault.stays))
        return PASS;
    if (call == fault.at && fault.hit_path) {
        fault.ready = false;
        write_hit(fault.hit_path);
        fault.ready = true;
    }
    if (fault.how == GONE)
        _exit(137);
    errno = fault.error;
    return fault.how;
}

static bool fails(enum family family) { return next(family) == FAIL; }

// The C library's own function of this name, in a variable `real`.
#define REAL(result, name, ...)         \
    static result (*real)(__VA_ARGS__); \
    if (!real)                          \
    real = __extension__(result(*)(__VA_ARGS__)) dlsym(RTLD_NEXT, #name)

// ---- memory ----

extern void *__libc_malloc(size_t bytes);               // NOLINT
extern void *__libc_calloc(size_t count, size_t bytes); // NOLINT
extern void *__libc_realloc(void *old, size_t bytes);   // NOLINT

void *malloc(size_t bytes) { return fails(MEMORY) ? NULL : __libc_malloc(bytes); }
void *calloc(size_t count, size_t bytes) {
    return fails(MEMORY) ? NULL : __libc_calloc(count, bytes);
}
void *realloc(void *old, size_t bytes) {
    return fails(MEMORY) ? NULL : __libc_realloc(old, bytes);
}

// ---- bytes ----

ssize_t read(int file, void *bytes, size_t count) {
    REAL(ssize_t, read, int, void *, size_t);
    const enum how how = next(READ);
    return how == FAIL ? -1 : real(file, bytes, how == SHORT ? (count + 1) / 2 : count);
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t at) {
    REAL(ssize_t, pread64, int, void *, size_t, off64_t);
    const enum how how = next(READ);
    const size_t some = how == SHORT ? (count + 1) / 2 : count;
    return how == FAIL ? -1 : real(file, bytes, some, at);
}

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(ssize_t, write, int, const void *, size_t);
    // What the program says of a failure arrives.
    const enum how how = file == STDERR_FILENO ? PASS : next(WRITE);
    if (how == FAIL)
        return -1;
    const ssize_t done =
        real(file, bytes, how == SHORT || how == TORN ? (count + 1) / 2 : count);
    if (how == TORN)
        _exit(137);
    return done;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    const enum how how = next(WRITE);
    if (how == FAIL)
        return -1;
    const ssize_t done =
        real(file, bytes, how == SHORT || how == TORN ? (count + 1) / 2 : count, at);
    if (how == TORN)
        _exit(137);
    return done;
}

int fsync(int file) {
    REAL(int, fsync, int);
    return fails(SYNC) ? -1 : real(file);
}
int fdatasync(int file) {
    REAL(int, fdatasync, int);
    return fails(SYNC) ? -1 : real(file);
}

// ---- names ----

static int open_truly(const char *path, int flags, int mode) {
    REAL(int, open64, const char *, int, ...);
    return real(path, flags, mode);
}
static int mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
}
int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const int mode = mode_of(flags, rest);
    va_end(rest);
    return fails(OPEN) ? -1 : open_truly(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const int mode = mode_of(flags, rest);
    va_end(rest);
    return fails(OPEN) ? -1 : open_truly(path, flags, mode);
}
DIR *opendir(const char *path) {
    REAL(DIR *, opendir, const char *);
    return fails(OPEN) ? NULL : real(path);
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    return fails(NAME) ? -1 : real(from, to);
}
int unlink(const char *path) {
    REAL(int, unlink, const char *);
    return fails(NAME) ? -1 : real(path);
}
int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    return fails(NAME) ? -1 : real(path, mode);
}
int fchmod(int file, mode_t mode) {
    REAL(int, fchmod, int, mode_t);
    return fails(NAME) ? -1 : real(file, mode);
}
int ftruncate64(int file, off64_t bytes) {
    REAL(int, ftruncate64, int, off64_t);
    return fails(NAME) ? -1 : real(file, bytes);
}

#define LOOK_AT(name, type, place)                \
    int name(place at, struct type *info) {       \
        REAL(int, name, place, struct type *);    \
        return fails(LOOK) ? -1 : real(at, info); \
    }
LOOK_AT(stat, stat, const char *)
LOOK_AT(stat64, stat64, const char *)
LOOK_AT(lstat, stat, const char *)
LOOK_AT(lstat64, stat64, const char *)
LOOK_AT(fstat, stat, int)
LOOK_AT(fstat64, stat64, int)
int access(const char *path, int mode) {
    REAL(int, access, const char *, int);
    return fails(LOOK) ? -1 : real(path, mode);
}
char *realpath(const char *path, char *resolved) {
    REAL(char *, realpath, const char *, char *);
    return fails(LOOK) ? NULL : real(path, resolved);
}

// Locks of SQLite; other requests pass.
int fcntl64(int file, int request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    REAL(int, fcntl64, int, int, ...);
    const bool lock = request == F_SETLK || request == F_SETLKW;
    return lock && fails(LOCK) ? -1 : real(file, request, argument);
}
void *mmap64(void *place, size_t bytes, int protection, int flags, int file,
             off64_t at) {
    REAL(void *, mmap64, void *, size_t, int, int, int, off64_t);
    return file >= 0 && fails(OPEN) ? (void *)-1
                                    : real(place, bytes, protection, flags, file, at);
}

// ---- streams ----

enum { MOST_STREAMS = 64 };
static struct stream {
    FILE *file; // NULL: not in use
    int number;
    bool written;
} streams[MOST_STREAMS];

static ssize_t stream_read(void *cookie, char *bytes, size_t count) {
    return read(((struct stream *)cookie)->number, bytes, count);
}
static ssize_t stream_write(void *cookie, const char *bytes, size_t count) {
    size_t done = 0;
    while (done < count) {
        const ssize_t more =
            write(((struct stream *)cookie)->number, bytes + done, count - done);
        if (more < 0)
            break;
        done += (size_t)more;
    }
    return (ssize_t)done;
}
static int stream_seek(void *cookie, off64_t *at, int whence) {
    const off64_t found = lseek64(((struct stream *)cookie)->number, *at, whence);
    *at = found;
    return found < 0 ? -1 : 0;
}
static int stream_close(void *cookie) {
    struct stream *stream = cookie;
    stream->file = NULL;
    const enum how how = stream->written ? next(CLOSE) : PASS;
    const int error = errno, closed = close(stream->number);
    errno = how == FAIL ? error : errno;
    return how == FAIL ? -1 : closed;
}

static FILE *stream_of(int number, const char *mode) {
    struct stream *stream = streams;
    while (stream < streams + MOST_STREAMS && stream->file)
        stream++;
    if (stream == streams + MOST_STREAMS)
        abort();
    stream->number = number;
    stream->written = *mode != 'r';
    stream->file = fopencookie(
        stream, mode,
        (cookie_io_functions_t){stream_read, stream_write, stream_seek, stream_close});
    return stream->file;
}

FILE *fdopen(int number, const char *mode) {
    return fails(OPEN) ? NULL : stream_of(number, mode);
}
FILE *fopen(const char *path, const char *mode) {
    const int flags = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
    const int makes = *mode == 'w'   ? O_CREAT | O_TRUNC
                      : *mode == 'a' ? O_CREAT | O_APPEND
                                     : 0;
    const int number = fails(OPEN) ? -1 : open_truly(path, flags | makes, 0666);
    FILE *file = number < 0 ? NULL : stream_of(number, mode);
    if (number >= 0 && !file)
        close(number);
    return file;
}
int fileno(FILE *file) {
    REAL(int, fileno, FILE *);
    for (int i = 0; i < MOST_STREAMS; i++)
        if (streams[i].file == file)
            return streams[i].number;
    return real(file);
}
