// For posix_spawn_file_actions_addchdir_np; the name is the C library's.
#define _GNU_SOURCE // NOLINT(bugprone-reserved-identifier,cert-*,readability-*)
#include "results/look/draw/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory_stream.h"

static void complain(struct sdse_diags *diags, const char *file, const char *check,
                     const char *what, const char *detail) {
    const char *copy = sdse_arena_strdup(diags->arena, file);
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = copy}, check, "%s%s",
                  what, detail);
}

enum { ERROR_BYTES = 128 };

static const char *error_text(int error, char text[ERROR_BYTES]) {
    return strerror_r(error, text, ERROR_BYTES);
}

// ---- files ----

static const char *ending_of(const char *path) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    return dot && dot > (slash ? slash + 1 : path) ? dot : "";
}

enum sdse_status sdse_plot_files(const struct sdse_output_rules *rules,
                                 const char *picture, struct sdse_arena *arena,
                                 struct sdse_diags *diags,
                                 struct sdse_plot_files *files) {
    const char *ending = ending_of(picture);
    bool known = strcmp(ending, ".png") == 0 || strcmp(ending, ".svg") == 0 ||
                 strcmp(ending, ".pdf") == 0;
    if (!known) {
        complain(diags, picture, "plot-format",
                 "a plot is written as .png, .svg or .pdf, not as ",
                 *ending ? ending : "a name without ending");
        return SDSE_INVALID;
    }
    const char *slash = strrchr(picture, '/');
    size_t directory = slash ? (size_t)(slash - picture) + 1 : 0;
    struct sdse_plot_files made = {
        .rules = rules,
        .picture = sdse_arena_strdup(arena, picture),
        .script = sdse_arena_printf(arena, "%s.gp", picture),
        .directory = slash ? sdse_arena_copy(arena, picture, directory)
                           : sdse_arena_strdup(arena, ".")};
    if (!made.picture || !made.script || !made.directory)
        return SDSE_NO_MEMORY;
    made.picture_name = made.picture + directory;
    *files = made;
    return SDSE_OK;
}

// ---- text ----

void sdse_gnuplot_quote(const char *text, FILE *out) {
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', out);
        fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
    }
    fputc('\'', out);
}

void sdse_gnuplot_field(const char *text, FILE *out) {
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') // two of them are one
            fputc('"', out);
        fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
    }
    fputc('"', out);
}

static void write_terminal(const struct sdse_plot_files *files, unsigned width_px,
                           unsigned height_px, FILE *out) {
    // 200 pixels of the PNG are an inch of paper. Names are plain text, not markup.
    const char *ending = ending_of(files->picture);
    const char *ground = sdse_theme(files->theme)->ground;
    if (strcmp(ending, ".png") == 0) {
        fprintf(
            out,
            "set terminal pngcairo noenhanced size %u,%u font 'sans,18' linewidth 2 "
            "pointscale 1.6 background rgb '%s'\n",
            width_px, height_px, ground);
    } else if (strcmp(ending, ".svg") == 0) {
        fprintf(out,
                "set terminal svg noenhanced size %u,%u font 'sans,12' linewidth 1 "
                "background rgb '%s'\n",
                width_px / 2, height_px / 2, ground);
    } else {
        fprintf(out,
                "set terminal pdfcairo noenhanced size %.3fin,%.3fin font 'sans,9' "
                "linewidth 1 pointscale 0.5 background rgb '%s'\n",
                width_px / 200.0, height_px / 200.0, ground);
    }
    // "./" keeps a name that begins with '|' or '<' from being a pipe.
    // sdse names another file first, which becomes the picture when it is whole.
    fputs("if (exists('picture')) set output picture; else set output './'.", out);
    sdse_gnuplot_quote(files->picture_name, out);
    fputc('\n', out);
}

void sdse_gnuplot_begin(const struct sdse_plot_files *files, unsigned width_px,
                        unsigned height_px, FILE *out) {
    const struct sdse_theme *theme = sdse_theme(files->theme);
    write_terminal(files, width_px, height_px, out);
    fprintf(out,
            "set encoding utf8\nset datafile separator \"\\t\"\ndata = '$data'\n"
            "set border 3 lc rgb '%s'\n"
            "set tics nomirror out scale 0.6 textcolor rgb '%s'\n"
            "set grid lc rgb '%s' lw 0.5\n"
            "set format '%%g'\n",
            theme->axis, theme->text, theme->grid);
    static const char *const texts[] = {"title", "xlabel", "ylabel", "key", "cblabel"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fprintf(out, "set %s textcolor rgb '%s'\n", texts[i], theme->text);
}

// ---- running ----

// "picture = '...'" for the file that gnuplot writes, as it is called from the plot's
// directory; freed by the caller. NULL when memory is out.
static char *name_picture(const struct sdse_plot_files *files, const char *written) {
    const size_t folder = (size_t)(files->picture_name - files->picture);
    char *whole = NULL, *text = NULL;
    struct sdse_memory memory;
    if (strncmp(written, files->picture, folder) != 0 ||
        strchr(written + folder, '/')) { // it is a link to elsewhere
        whole = realpath(written, NULL);
        if (!whole)
            return NULL;
    }
    FILE *out = sdse_memory_open(&memory);
    if (out) {
        fputs(whole ? "picture = " : "picture = './'.", out);
        sdse_gnuplot_quote(whole ? whole : written + folder, out);
        if (sdse_memory_close(&memory, out))
            text = memory.text;
    }
    free(whole);
    return text;
}

// Starts gnuplot with its output on `pipe_end`. Returns 0 or an errno.
static int spawn(const struct sdse_plot_files *files, char *picture, int pipe_end,
                 pid_t *child) {
    const char *script = strrchr(files->script, '/');
    char name[512];
    snprintf(name, sizeof name, "./%s", script ? script + 1 : files->script);
    char program[] = "gnuplot";
    char option[] = "-e";
    char *argv[] = {program, option, picture, name, NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawn_file_actions_addchdir_np(&actions, files->directory);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    for (int out = 1; !error && out <= 2; out++)
        error = posix_spawn_file_actions_adddup2(&actions, pipe_end, out);
    if (!error)
        error = posix_spawnp(child, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

// The first bytes of what it says; the rest is read and dropped.
static void listen_to(int pipe_end, char *text, size_t bytes) {
    size_t used = 0;
    char drop[512] = "";
    for (;;) {
        bool room = used + 1 < bytes;
        ssize_t got = read(pipe_end, room ? text + used : drop,
                           room ? bytes - 1 - used : sizeof drop);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        if (room)
            used += (size_t)got;
    }
    text[used] = '\0';
    for (size_t i = 0; i < used; i++) // one line
        if ((unsigned char)text[i] < 0x20)
            text[i] = ' ';
}

static enum sdse_status run_gnuplot(const struct sdse_plot_files *files, char *picture,
                                    struct sdse_diags *diags) {
    int ends[2];
    char text[ERROR_BYTES];
    if (pipe(ends) != 0) {
        complain(diags, files->script, "plot-run",
                 "cannot start gnuplot: ", error_text(errno, text));
        return SDSE_IO;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    pid_t child = -1;
    int error = spawn(files, picture, ends[1], &child);
    close(ends[1]);
    char said[1024] = "";
    if (error) {
        close(ends[0]);
        bool missing = error == ENOENT;
        complain(diags, files->script, missing ? "plot-gnuplot-missing" : "plot-run",
                 missing
                     ? "gnuplot is not installed (Debian: apt install gnuplot-nox); "
                       "the script and its data are kept"
                     : "cannot start gnuplot: ",
                 missing ? "" : error_text(error, text));
        return missing ? SDSE_MISSING_TOOL : SDSE_IO;
    }
    listen_to(ends[0], said, sizeof said);
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return SDSE_OK;
    complain(diags, files->script, "plot-run", "gnuplot failed: ", said);
    return SDSE_INVALID;
}

// ---- the two files ----

static const struct sdse_output_kind
    script_kind = {"a plot script of sdse", {"# Written by sdse; draw again with"}},
    picture_kind = {"a picture", {"\x89PNG", "%PDF", "<?xml"}};

static enum sdse_status check_files(const struct sdse_plot_files *files,
                                    struct sdse_diags *diags) {
    enum sdse_status status =
        sdse_output_check(files->script, &script_kind, files->rules, diags);
    if (status == SDSE_OK)
        status = sdse_output_check(files->picture, &picture_kind, files->rules, diags);
    return status;
}

static enum sdse_status write_script(const struct sdse_plot_writers *writers,
                                     const void *scene,
                                     const struct sdse_plot_files *files,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags) {
    struct sdse_output output;
    enum sdse_status status =
        sdse_output_open(&output, files->script, &script_kind, files->rules, diags);
    if (status != SDSE_OK)
        return status;
    fputs("# Written by sdse; draw again with: gnuplot <this file>\n$data << "
          "END_OF_DATA\n",
          output.file);
    status = writers->data(scene, arena, output.file);
    fputs("END_OF_DATA\n", output.file);
    if (status == SDSE_OK)
        writers->script(scene, files, output.file);
    return sdse_output_close(&output, status, diags);
}

static enum sdse_status draw_picture(const struct sdse_plot_files *files,
                                     struct sdse_diags *diags) {
    struct sdse_output output;
    enum sdse_status status =
        sdse_output_open(&output, files->picture, &picture_kind, files->rules, diags);
    if (status != SDSE_OK)
        return status;
    char *picture = name_picture(files, output.written_path);
    status = picture ? run_gnuplot(files, picture, diags) : SDSE_NO_MEMORY;
    free(picture);
    struct stat info;
    if (status == SDSE_OK && stat(output.written_path, &info) != 0) {
        sdse_diag_errno(diags, (struct sdse_loc){.file = files->picture}, "plot-run",
                        "the picture cannot be seen", errno);
        status = SDSE_IO;
    } else if (status == SDSE_OK && S_ISREG(info.st_mode) && info.st_size == 0) {
        complain(diags, files->script, "plot-run", "gnuplot drew no picture", "");
        status = SDSE_IO;
    }
    return sdse_output_close(&output, status, diags);
}

enum sdse_status sdse_gnuplot_draw(const struct sdse_plot_writers *writers,
                                   const void *scene,
                                   const struct sdse_plot_files *files,
                                   struct sdse_arena *arena, struct sdse_diags *diags) {
    enum sdse_status status = check_files(files, diags);
    if (status == SDSE_OK)
        status = write_script(writers, scene, files, arena, diags);
    return status == SDSE_OK ? draw_picture(files, diags) : status;
}
