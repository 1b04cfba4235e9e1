// Templates of Jinja: other tools' YAML is text that a template makes.
#ifndef SDSE_IMPORT_FOREIGN_TEMPLATE_H
#define SDSE_IMPORT_FOREIGN_TEMPLATE_H

#include "import/foreign/files.h"
#include "import/foreign/foreign.h"

// A name that is set from outside a template.
struct sdse_template_given {
    const char *name;
    double value;
    bool asked; // out: some template reads it
};

// What is outside the text of a template.
struct sdse_template_world {
    const struct sdse_foreign_files *files; // what it includes; NULL: nothing is
    size_t given_count;
    struct sdse_template_given *given; // [given_count]
};

// Where each line of what a template makes comes from.
struct sdse_template_lines {
    size_t count;
    struct sdse_template_place {
        const char *file;
        unsigned line;
    } * place; // [count]
};

// The text that a template comes to, in the arena; `text` itself if it is none.
//
//     {{ expression }}                  its value
//     {% set NAME = expression %}       a name for what follows
//     {% if expression %} … {% elif expression %} … {% else %} … {% endif %}
//     {% for NAME in expression %} … {% endfor %}
//     {% macro NAME(ARGUMENT, ARGUMENT=value) %} … {% endmacro %}, {{ NAME(value) }}
//     {% assert expression, text %}     a fault unless it holds (AccelForge's)
//     {# comment #}
//
// with - for blanks that are taken along. Expressions are numbers, texts in quotes,
// names, lists, brackets, + - * / // % ~, comparisons, `and or not`, `NAME is defined`,
// `value | default(value)`, also `| int` and `| length`, `a if condition else b`, an
// element of a list or text by its number, range, include_text, add_to_path, find_path,
// and in a loop loop.index, index0, first, last and length. Names that nothing sets are
// not defined: their defaults count, and they are false. True, False and None may be in
// lower case. What a condition leaves out is not worked out. Files are those of the
// template's folder and of folders in it.
//
// world   NULL: nothing is outside
// lines   out, where it is not NULL: count 0 if `text` is no template
//
// Reports [check] at the place of what it does not know, that has no value, or does not
// end. NULL then, or when memory is out, which `foreign` says.
// Source: the documentation of Jinja, and published files of Timeloop and AccelForge.
const char *sdse_foreign_template(struct sdse_foreign *foreign, const char *path,
                                  const char *text, const char *check,
                                  const struct sdse_template_world *world,
                                  struct sdse_template_lines *lines);

// The tree of a text that may be a template; places are those of the template's own
// lines. NULL after a diagnostic, or when memory is out: foreign->failed.
struct sdse_node *sdse_foreign_parse(struct sdse_foreign *foreign, const char *path,
                                     const char *text, const char *check,
                                     const struct sdse_template_world *world);

#endif
