// Cuts the power while a sweep runs. What the program does to its database is recorded
// once (preload_record.c); then the disk is played at many places of the record, as it
// may look afterwards: what was synced is there, of what was not some writes are there,
// some are not, some in part; a new name or a removal counts when the folder is synced.
// Whatever is left:
//
//   * `sdse export` reads the database, once a batch was reported;
//   * all points of the batches that were reported by then are in it, and every row in
//     it is one of the whole sweep's;
//   * the same command completes it to what it would have been (some of the cuts).
//
// Any other output: its bytes are synced before it takes its name, and the folder
// after, so a cut leaves what was there or all of what was to come.
//
//     power [--cuts N] [--seed N]
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dse/sweep/sweep.h"
#include "faults.h"
#include "files.h"
#include "record.h"
#include "run.h"

static const char database[] = "new.db", sweep[] = "many.yaml";

// ---- the sweep that is recorded ----

static void report(void *context, const struct sdse_sweep_progress *progress) {
    (void)context;
    char text[32];
    const int length = snprintf(text, sizeof text, "%zu\n", progress->points_done);
    if (write(STDOUT_FILENO, text, (size_t)length) != length)
        exit(1);
}

// What the child does: the sweep, and after every batch the number of points on stdout.
static int run_child(void) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_sweep_progress progress = {0};
    sdse_diags_init(&diags, arena);
    const struct sdse_sweep_request request = {
        .sweep_path = sweep,
        .database_path = database,
        .threads = 1,
        .progress = report,
    };
    const enum sdse_status status = sdse_sweep_run(&request, &diags, &progress);
    sdse_diags_print(&diags, stderr, false);
    sdse_arena_free(arena);
    return status == SDSE_OK ? 0 : 1;
}

// The sweep, written to root/sweep: many points, few of them in a batch.
static void write_sweep(void) {
    char path[PATH_BYTES];
    join(path, "%s/start", root);
    if (symlink(SDSE_FAULT_DATA, path) != 0)
        give_up("no %s", path);
    copy_folder("start", "sweep");
    join(path, "%s/sweep/%s", root, sweep);
    FILE *file = fopen(path, "w");
    if (!file)
        give_up("no %s", path);
    fputs("name: many\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
          "weight_forms: [raw]\nobjective: edp\noverride:\n"
          "  levels.buffer.capacity_kib: [",
          file);
    for (int i = 0; i < 60; i++)
        fprintf(file, "%s%d", i ? ", " : "", 1 + i);
    fputs("]\n  levels.buffer.read_pj: [10, 11]\n", file);
    if (fclose(file) != 0)
        give_up("cannot write %s", path);
}

static struct bytes record_run(void) {
    char work[PATH_BYTES], record[PATH_BYTES], self[PATH_BYTES];
    join(work, "%s/sweep", root);
    join(record, "%s/record", root);
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    const pid_t child = fork();
    if (child == 0) {
        char full[PATH_BYTES];
        const int null = open("/dev/null", O_WRONLY);
        if (chdir(work) != 0 || !getcwd(full, sizeof full) || dup2(null, 1) < 0)
            _exit(2);
        setenv("SDSE_RECORD", record, 1);
        setenv("SDSE_RECORD_BELOW", full, 1);
        setenv("LD_PRELOAD", SDSE_RECORDER, 1);
        execl(self, self, "--child", (char *)NULL);
        _exit(2);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        give_up("the sweep failed");
    const struct bytes bytes = read_file(record);
    if (!bytes.text)
        give_up("no record");
    return bytes;
}

// ---- the disk ----

struct op {
    struct record record;
    const char *name; // name_bytes of it
    const char *bytes;
};
struct ops {
    struct op *op;
    size_t count;
};

static struct ops parse(struct bytes bytes) {
    struct ops ops = {NULL, 0};
    const char *at = bytes.text, *end = bytes.text + bytes.length;
    while (at < end) {
        struct op op;
        memcpy(&op.record, at, sizeof op.record);
        op.name = at + sizeof op.record;
        op.bytes = op.name + op.record.name_bytes;
        const bool has = op.record.kind == RECORD_WRITE ||
                         op.record.kind == RECORD_RENAME ||
                         op.record.kind == RECORD_REPORT;
        at = op.bytes + (has ? op.record.count : 0);
        if (ops.count % 256 == 0)
            ops.op = realloc(ops.op, (ops.count + 256) * sizeof *ops.op);
        ops.op[ops.count++] = op;
    }
    return ops;
}

static uint64_t random_state;
static uint64_t draw(uint64_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

enum { MOST_FILES = 16, SECTOR = 512 };
// What of the unsynced writes arrives.
enum fate { NOTHING, EVERYTHING, A_BEGINNING, SOME, SOME_SECTORS, FATES };

// A file between its making and its removal. `first`: the op that made it.
struct file {
    const struct op *name;
    size_t first, removed; // removed: SIZE_MAX = not
    size_t synced;         // the ops before this one have arrived
    bool named, gone; // the folder was synced since it was made, since it was removed
    char *text;
    size_t length, room;
};

static bool same_name(const struct op *a, const struct op *b) {
    return a->record.name_bytes == b->record.name_bytes &&
           memcmp(a->name, b->name, a->record.name_bytes) == 0;
}

static void set_length(struct file *file, size_t length) {
    if (length > file->room) {
        file->room = 2 * length;
        file->text = realloc(file->text, file->room);
    }
    if (length > file->length)
        memset(file->text + file->length, 0, length - file->length);
    file->length = length;
}

static void apply(struct file *file, const struct op *op, bool in_part) {
    const size_t at = (size_t)op->record.at, count = op->record.count;
    if (op->record.kind == RECORD_LENGTH) {
        set_length(file, at);
        return;
    }
    if (at + count > file->length)
        set_length(file, at + count);
    for (size_t i = 0; i < count; i += SECTOR)
        if (!in_part || draw(2))
            memcpy(file->text + at + i, op->bytes + i,
                   count - i < SECTOR ? count - i : SECTOR);
}

// Notes what op `i` does to names and to what has arrived.
static void follow(struct file *files, size_t *count, const struct op *op, size_t i) {
    struct file *file = NULL;
    for (size_t f = 0; f < *count; f++)
        if (files[f].removed == SIZE_MAX && same_name(files[f].name, op))
            file = &files[f];
    if (op->record.kind == RECORD_SYNC && op->record.name_bytes == 0) {
        for (size_t f = 0; f < *count; f++) {
            files[f].named = true;
            files[f].gone = files[f].removed != SIZE_MAX;
        }
    } else if (op->record.kind == RECORD_MAKE) {
        if (*count == MOST_FILES)
            give_up("too many files");
        files[(*count)++] =
            (struct file){.name = op, .first = i, .removed = SIZE_MAX, .synced = i};
    } else if (file && op->record.kind == RECORD_SYNC) {
        file->synced = i;
    } else if (file && op->record.kind == RECORD_UNLINK) {
        file->removed = i;
    }
}

// What was asked of a file arrives up to `cut`, as `fate` has it.
static void fill(struct file *file, const struct ops *ops, size_t cut, enum fate fate) {
    bool stopped = fate == NOTHING;
    for (size_t i = file->first + 1; i < cut && i < file->removed; i++) {
        const struct op *op = &ops->op[i];
        const bool changes =
            op->record.kind == RECORD_WRITE || op->record.kind == RECORD_LENGTH;
        if (!changes || !same_name(op, file->name))
            continue;
        if (i > file->synced) {
            stopped |= fate == A_BEGINNING && draw(4) == 0;
            if (stopped || (fate >= SOME && draw(2)))
                continue;
        }
        apply(file, op, i > file->synced && fate == SOME_SECTORS);
    }
}

// The folder root/cut, as a cut before op `cut` leaves it. True: the database is there.
static bool cut_power(const struct ops *ops, size_t cut, enum fate fate) {
    struct file files[MOST_FILES];
    size_t count = 0;
    char path[PATH_BYTES];
    for (size_t i = 0; i < cut; i++)
        follow(files, &count, &ops->op[i], i);
    join(path, "%s/cut/%s", root, database);
    unlink(path);
    join(path, "%s/cut/%s-wal", root, database);
    unlink(path);
    join(path, "%s/cut/%s-shm", root, database);
    unlink(path);
    join(path, "%s/cut/%s-journal", root, database);
    unlink(path);
    bool there = false;
    for (size_t f = 0; f < count; f++) {
        struct file *file = &files[f];
        // A name that is not synced is there or not.
        const bool named = file->named || fate == EVERYTHING || (fate && draw(2));
        const bool gone = file->removed != SIZE_MAX &&
                          (file->gone || fate == EVERYTHING || (fate && draw(2)));
        const char *name = file->name->name;
        const int length = (int)file->name->record.name_bytes;
        if (!named || gone ||
            (length > 4 && strncmp(name + length - 4, "-shm", 4) == 0))
            continue;
        fill(file, ops, cut, fate);
        join(path, "%s/cut/%.*s", root, length, name);
        FILE *out = fopen(path, "wb");
        if (!out || fwrite(file->text, 1, file->length, out) != file->length ||
            fclose(out) != 0)
            give_up("cannot write %s", path);
        free(file->text);
        there |= strlen(database) == (size_t)length &&
                 strncmp(name, database, (size_t)length) == 0;
    }
    return there;
}

// ---- the judgement ----

static const char *const fate_names[FATES] = {"nothing", "everything", "a beginning",
                                              "some", "some sectors"};

static struct ran export_cut(void) {
    const char *const words[] = {"export", database, NULL};
    return run_sdse("cut", words, NULL, NULL);
}

// Points of the sweep that are stored.
static size_t points_in(const char *text) {
    static const char start[] = "{\"table\":\"sweep_point\"";
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, start)); at += strlen(start))
        count++;
    return count;
}

// The lines of a text, sorted.
struct lines {
    char **line;
    size_t count;
};
static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}
static struct lines lines_of(char *text) {
    struct lines lines = {NULL, 0};
    for (char *end; (end = strchr(text, '\n')); text = end + 1) {
        *end = '\0';
        if (lines.count % 256 == 0)
            lines.line = realloc(lines.line, (lines.count + 256) * sizeof(char *));
        lines.line[lines.count++] = text;
    }
    if (lines.count)
        qsort(lines.line, lines.count, sizeof *lines.line, by_text);
    return lines;
}

// The first line that `whole` does not have, or NULL.
static const char *stray_line(char *text, const struct lines *whole) {
    for (char *end; (end = strchr(text, '\n')); text = end + 1) {
        *end = '\0';
        // The last line counts the rows, which are fewer.
        if (strncmp(text, "{\"table\":\"export_end\"", 21) != 0 &&
            !bsearch(&text, whole->line, whole->count, sizeof *whole->line, by_text))
            return text;
        *end = '\n';
    }
    return NULL;
}

// Cuts before op `cut`, when `reported` points were said to be stored. True if all is
// well.
static bool judge(const struct ops *ops, size_t cut, enum fate fate, size_t reported,
                  struct bytes whole, const struct lines *rows, bool completes) {
    const bool there = cut_power(ops, cut, fate);
    bool well = true;
    if (reported && !there) {
        printf("cut %zu (%s): the database is gone\n", cut, fate_names[fate]);
        return false;
    }
    if (reported) {
        struct ran ran = export_cut();
        const size_t points = points_in(ran.out.text);
        const char *stray = stray_line(ran.out.text, rows);
        well = ran.status == 0 && points >= reported && !stray;
        if (!well)
            printf(
                "cut %zu (%s): export ends with %d, %zu points of %zu reported%s%.100s"
                "\n    stderr: %.300s\n",
                cut, fate_names[fate], ran.status, points, reported,
                stray ? ", a strange row: " : "", stray ? stray : "", ran.err.text);
        free_ran(&ran);
    }
    if (well && completes) {
        const char *const words[] = {"sweep", sweep, "-o", database,
                                     "-q",    "-j",  "1",  NULL};
        struct ran again = run_sdse("cut", words, NULL, NULL);
        struct ran after = export_cut();
        well = again.status == 0 && equal(after.out, whole);
        if (!well)
            printf("cut %zu (%s): continued with exit %d, it is not what it would have "
                   "been\n    stderr: %.300s\n",
                   cut, fate_names[fate], again.status, again.err.text);
        free_ran(&again);
        free_ran(&after);
    }
    return well;
}

// ---- other outputs ----

// Whether the file of a renaming is whole on the disk by then, and its new name soon.
static bool is_safe(const struct ops *ops, size_t at) {
    bool synced = false, named = false;
    for (size_t i = 0; i < at; i++)
        if (same_name(&ops->op[i], &ops->op[at]))
            synced = ops->op[i].record.kind == RECORD_SYNC;
    for (size_t i = at + 1; i < ops->count;
         i++) // of the folder it is in, if not others
        named |= ops->op[i].record.kind == RECORD_SYNC &&
                 (ops->op[i].record.name_bytes == 0 ||
                  strncmp(ops->op[i].name, ops->op[at].bytes,
                          ops->op[i].record.name_bytes) == 0);
    return synced && named;
}

// Runs command lines that replace files; the number of renamings that are not safe.
static long judge_outputs(long *renamed) {
    static const char *const lines[][FAULT_MOST_WORDS] = {
        {"map", "-a", "arch.yaml", "-w", "net.yaml", "-l", "a", "-o", "a.yaml"},
        {"map", "-a", "arch.yaml", "-w", "net.yaml", "-o", "maps"},
        {"import", "model.onnx", "-o", "model"},
        {"decompose", "model", "--out", "out.sd"},
        {"export", "new.db", "-o", "out.jsonl"},
    };
    char path[PATH_BYTES], record[PATH_BYTES];
    long wrong = 0;
    join(path, "%s/sweep", root);
    join(record, "%s/record", root);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        setenv("SDSE_RECORD", record, 1);
        setenv("SDSE_RECORD_BELOW", path, 1);
        setenv("LD_PRELOAD", SDSE_RECORDER, 1);
        struct ran ran = run_sdse("sweep", lines[i], NULL, NULL);
        if (ran.status != 0)
            give_up("%s: exit %d: %s", lines[i][0], ran.status, ran.err.text);
        const struct bytes text = read_file(record);
        const struct ops ops = parse(text);
        const long before = *renamed;
        for (size_t o = 0; o < ops.count; o++) {
            if (ops.op[o].record.kind != RECORD_RENAME)
                continue;
            ++*renamed;
            if (is_safe(&ops, o))
                continue;
            wrong++;
            printf("%s: '%.*s' is not on the disk when it takes its name\n",
                   lines[i][0], (int)ops.op[o].record.count, ops.op[o].bytes);
        }
        if (*renamed == before)
            give_up("%s: no output was renamed", lines[i][0]);
        free(ops.op);
        free(text.text);
        free_ran(&ran);
    }
    return wrong;
}

int main(int argc, char **argv) {
    long cuts = 1000;
    if (argc == 2 && strcmp(argv[1], "--child") == 0)
        return run_child();
    random_state = 8;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--cuts") == 0)
            cuts = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--seed") == 0)
            random_state = (uint64_t)atol(argv[i + 1]);
        else
            give_up("unknown option %s", argv[i]);
    }
    make_root();
    write_sweep();
    copy_folder("sweep", "cut");
    const struct bytes text = record_run();
    const struct ops ops = parse(text);
    const char *const words[] = {"export", database, NULL};
    struct ran whole = run_sdse("sweep", words, NULL, NULL);
    char *copy = strdup(whole.out.text);
    const struct lines rows = lines_of(copy);
    long wrong = 0, syncs = 0, batches = 0, after_report = 0;
    size_t next = 0, reported = 0;
    for (size_t i = 0; i < ops.count; i++)
        syncs += ops.op[i].record.kind == RECORD_SYNC;
    // Evenly spread over the record, another fate each time.
    for (long i = 0; i < cuts; i++) {
        const size_t cut = (size_t)((double)i * (double)ops.count / (double)cuts) + 1;
        for (; next < cut; next++) {
            const struct op *op = &ops.op[next];
            if (op->record.kind != RECORD_REPORT)
                continue;
            batches += (size_t)strtoul(op->bytes, NULL, 10) > reported;
            reported = strtoul(op->bytes, NULL, 10);
        }
        after_report += reported > 0;
        wrong += !judge(&ops, cut, (enum fate)(i % FATES), reported, whole.out, &rows,
                        i % 20 < 2);
    }
    printf("## power cuts: %ld at %zu places of %ld batches, %ld of them after a batch "
           "was reported, %ld wrong\n",
           cuts, ops.count, batches, after_report, wrong);
    printf("%ld syncs, %zu bytes of record\n", syncs, text.length);
    long renamed = 0;
    const long unsafe = judge_outputs(&renamed);
    printf("## outputs that took their name: %ld, %ld of them not on the disk\n",
           renamed, unsafe);
    wrong += unsafe;
    free_ran(&whole);
    free(rows.line);
    free(copy);
    free(ops.op);
    free(text.text);
    remove_all(root);
    return wrong != 0;
}
