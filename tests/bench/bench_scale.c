// A generated sweep of one small layer, and everything that reads its file: seconds,
// CPU, peak memory, bytes per point. One row for each step, so that two builds are
// compared by running it twice.
//   bench_scale SDSE POINTS [THREADS] [FOLDER]    SDSE: the program, its whole path;
//   POINTS: 1000 x n
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cost {
    double seconds, cpu_s;
    long peak_kib;
    int status;
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double seconds_of(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

// In a process of its own, whose children are this command alone.
static struct cost run(const char *command) {
    struct cost cost = {.status = -1};
    int ends[2];
    if (pipe(ends))
        return cost;
    const double start = now_s();
    const pid_t pid = fork();
    if (pid == 0) {
        const int status = system(command); // of a bench, with arguments of its own
        struct rusage usage;
        getrusage(RUSAGE_CHILDREN, &usage);
        cost = (struct cost){now_s() - start,
                             seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
                             usage.ru_maxrss, status};
        _exit(write(ends[1], &cost, sizeof cost) != (ssize_t)sizeof cost);
    }
    close(ends[1]);
    if (read(ends[0], &cost, sizeof cost) != (ssize_t)sizeof cost)
        cost.status = -1;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return cost;
}

static void put_file(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) == EOF || fclose(file) == EOF) {
        perror(path);
        exit(1);
    }
}

static double file_bytes(const char *folder, const char *name) {
    char path[512];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &about) ? 0 : (double)about.st_size;
}

// Capacities x bandwidths x costs of the outermost memory, the costs fastest.
static void write_inputs(const char *folder, unsigned points) {
    char text[2048];
    const unsigned bandwidths = points >= 100000 ? 50 : 10, capacities = 20,
                   costs = points / (bandwidths * capacities);
    put_file(
        folder, "net.yaml",
        "name: small\nsource: generated\nbatch: 1\nlayers:\n"
        "  - {name: conv, kind: conv, in: [16, 14, 14], out_channels: 16, kernel: 3,"
        " pad: 1}\n");
    snprintf(text, sizeof text,
             "name: scale\nworkloads: [net.yaml]\n"
             "archs: [" SDSE_SOURCE_DIR "/archs/eyeriss.yaml]\n"
             "override:\n"
             "  GLB.capacity_kib: [1..%u +1]\n"
             "  DRAM.shared_bits_per_cycle: [4..%u +4]\n"
             "  DRAM.pj_per_bit: [0.01..%.2f +0.01]\n"
             "weight_forms: [raw]\nobjective: edp\n",
             capacities, 4 * bandwidths, 0.01 * costs);
    put_file(folder, "sweep.yaml", text);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: bench_scale SDSE POINTS [THREADS] [FOLDER]\n", stderr);
        return 2;
    }
    const char *sdse = argv[1], *threads = argc > 3 ? argv[3] : "2";
    const unsigned points = (unsigned)strtoul(argv[2], NULL, 10);
    char made[] = "/tmp/sdse-scale-XXXXXX";
    const char *folder = argc > 4 ? argv[4] : mkdtemp(made);
    if (!folder)
        return 1;
    write_inputs(folder, points);
    static const struct {
        const char *what, *arguments;
        bool sweeps;
    } steps[] = {
        {"plan (`check`)", "check sweep.yaml", false},
        {"sweep", "sweep sweep.yaml -o r.db -q -j", true},
        {"resume, nothing to do", "sweep sweep.yaml -o r.db -q -j", true},
        {"`status`", "status r.db", false},
        {"`pareto`", "pareto r.db", false},
        {"`query`, ten best",
         "query r.db 'SELECT point_id, energy_pj FROM v_point WHERE energy_pj > 0"
         " ORDER BY edp_pj_s LIMIT 10'",
         false},
        {"`plot front`", "plot front r.db -o plots", false},
        {"`export`", "export r.db -o export.jsonl", false},
        {"`verify --quick`", "verify --quick r.db", false},
    };
    printf("| %u points, %s threads | seconds | CPU s | peak MiB | per point |\n"
           "|---|---|---|---|---|\n",
           points, threads);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char command[1024];
        snprintf(command, sizeof command, "cd %s && exec %s %s %s >out 2>err", folder,
                 sdse, steps[i].arguments, steps[i].sweeps ? threads : "");
        const struct cost cost = run(command);
        char more[128] = "";
        if (i == 1)
            snprintf(
                more, sizeof more, "%.3f ms, %.0f bytes of memory, %.0f of file",
                1e3 * cost.seconds / points, 1024.0 * (double)cost.peak_kib / points,
                (file_bytes(folder, "r.db") + file_bytes(folder, "r.db-wal")) / points);
        printf("| %s%s | %.2f | %.2f | %.0f | %s |\n", steps[i].what,
               cost.status ? " (FAILED)" : "", cost.seconds, cost.cpu_s,
               (double)cost.peak_kib / 1024, more);
        fflush(stdout);
    }
    return 0;
}
