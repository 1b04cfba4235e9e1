// The text formats of other tools, a row each. A new one is a recogniser and a
// translator here, and its rows in docs/import.md.
#ifndef SDSE_CLI_IMPORT_FORMATS_H
#define SDSE_CLI_IMPORT_FORMATS_H

#include "cli/cli.h"
#include "import/foreign/template.h"

// A file of the command line, read: its text is ended by its only zero byte.
struct cli_import_text {
    const char *path, *text;
};

// What files become: up to one file of ours of each kind, an accelerator before a
// network before a mapping, which is of both.
enum { CLI_MOST_TRANSLATED = 3 };
struct cli_translated {
    const char *file; // its name in a folder: "arch.yaml"
    const char *yaml;
};
struct cli_translation {
    struct cli_translated files[CLI_MOST_TRANSLATED];
    size_t count;
    // In: names of templates that the command line sets. [given_count]
    size_t given_count;
    struct sdse_template_given *given;
};

// A file that one of the command line includes, which is an input as well: `who` is the
// struct cli (struct sdse_foreign_files).
const char *cli_read_included(void *who, struct sdse_arena *arena, const char *path,
                              int *number);

struct cli_text_format {
    const char *name; // "SCALE-Sim"
    bool several;     // files that belong together are translated together
    bool takes_names; // its templates may leave names open, which --input sets
    // Whether a text is of this format.
    bool (*recognise)(const char *text);
    // lossy: what cannot be translated is a warning. Returns SDSE_OK with *translation
    // set, in cli->arena; SDSE_INVALID after diagnostics in cli->diags; SDSE_IO;
    // SDSE_NO_MEMORY.
    enum sdse_status (*translate)(struct cli *cli, const struct cli_import_text *texts,
                                  size_t count, bool lossy,
                                  struct cli_translation *translation);
};

// Rows of the table, a file each: cli/import_<format>.c.
bool cli_is_zigzag(const char *text);
enum sdse_status cli_translate_zigzag(struct cli *cli,
                                      const struct cli_import_text *texts, size_t count,
                                      bool lossy, struct cli_translation *translation);
bool cli_is_timeloop(const char *text);
enum sdse_status cli_translate_timeloop(struct cli *cli,
                                        const struct cli_import_text *texts,
                                        size_t count, bool lossy,
                                        struct cli_translation *translation);
enum sdse_status cli_translate_accelforge(struct cli *cli,
                                          const struct cli_import_text *texts,
                                          size_t count, bool lossy,
                                          struct cli_translation *translation);
bool cli_is_maestro(const char *text);
enum sdse_status cli_translate_maestro(struct cli *cli,
                                       const struct cli_import_text *texts,
                                       size_t count, bool lossy,
                                       struct cli_translation *translation);

// The format of a text; NULL if it has none of them.
const struct cli_text_format *cli_text_format(const char *text);

#endif
