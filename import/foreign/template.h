// Templates of Jinja, as far as they are values: other tools' YAML is text that a
// template makes.
#ifndef SDSE_IMPORT_FOREIGN_TEMPLATE_H
#define SDSE_IMPORT_FOREIGN_TEMPLATE_H

#include "import/foreign/foreign.h"

// The text that a template comes to, in the arena; `text` itself if it is none.
//
//     {{ expression }}                  its value
//     {% set NAME = expression %}       a name for what follows
//     {% if expression %} … {% elif expression %} … {% else %} … {% endif %}
//     {# comment #}
//
// with - for blanks that are taken along. Expressions are numbers, texts in quotes,
// names, brackets, + - * / // %, comparisons, `and or not`, `NAME is defined`,
// `value | default(value)`, also `| int`, and `a if condition else b`. Names that
// nothing sets are not defined: their defaults count, and they are false. True, False
// and None may be in lower case. What a condition leaves out is not worked out. Lines
// keep their numbers.
//
// Reports [check] at the place of what it does not know (loops, macros, files that a
// template includes), that has no value, or does not end. NULL then, or when memory is
// out, which `foreign` says.
// Source: the documentation of Jinja, and published files of Timeloop and AccelForge.
const char *sdse_foreign_template(struct sdse_foreign *foreign, const char *path,
                                  const char *text, const char *check);

#endif
