// Texts that a verb writes as files of its own, under a first line that says so.
#ifndef SDSE_CLI_TEXT_FILES_H
#define SDSE_CLI_TEXT_FILES_H

#include "base/output.h"
#include "cli/cli.h"

struct cli_text_file {
    const char *path;
    const char *text; // NULL: there is none
};

// Writes each file that has a text: the first line, which is kind->starts[0], and the
// text. All of them may be written before the first is. A failure is said.
enum sdse_status cli_write_texts(struct cli *cli, const struct sdse_output_kind *kind,
                                 const struct cli_text_file *files, size_t count);

#endif
