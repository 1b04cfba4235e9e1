// Which of ZigZag's files a text is.
#include <string.h>

#include "import/zigzag/zigzag.h"

// Whether some line begins with the key, after blanks and at most one dash.
static bool has_key(const char *text, const char *key, bool at_margin) {
    const size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *at = line;
        if (!at_margin) {
            at += strspn(at, " ");
            at += *at == '-';
            at += strspn(at, " ");
        }
        if (strncmp(at, key, length) == 0 && at[length] == ':')
            return true;
    }
    return false;
}

// Whether the first line that is neither blank nor a comment begins an item of a list.
static bool is_list(const char *text) {
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    while (*text) {
        const char *at = text + strspn(text, " \t\r");
        if (*at != '\n' && *at != '#' && strncmp(at, "---", 3) != 0)
            return *at == '-';
        text = strchr(at, '\n');
        if (!text)
            return false;
        text++;
    }
    return false;
}

enum sdse_zigzag_kind sdse_zigzag_kind(const char *text) {
    if (is_list(text)) {
        if (has_key(text, "equation", false) && has_key(text, "loop_dims", false))
            return SDSE_ZIGZAG_WORKLOAD;
        if (has_key(text, "spatial_mapping", false) ||
            has_key(text, "memory_operand_links", false) ||
            has_key(text, "spatial_mapping_hint", false))
            return SDSE_ZIGZAG_MAPPING;
        return SDSE_ZIGZAG_NONE;
    }
    const bool array =
        has_key(text, "operational_array", true) || has_key(text, "multipliers", true);
    return array && has_key(text, "memories", true) ? SDSE_ZIGZAG_HARDWARE
                                                    : SDSE_ZIGZAG_NONE;
}
