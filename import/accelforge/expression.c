#include "import/accelforge/expression.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/value.h"

// Variables stand for expressions of variables: their number is limited too.
enum { DEEPEST = 24, NAME_BYTES = 64, MOST_VARIABLES = 1000 };

struct parser {
    struct sdse_foreign *foreign;
    const struct sdse_node *node;
    const char *text, *at;
    unsigned depth;      // of brackets, signs and variables
    unsigned *variables; // that were looked up
    bool failed;
    const struct sdse_af_names *names;
    const struct sdse_af_kept *kept;
    size_t kept_count;
};

static void fail(struct parser *p, const char *what, const char *name) {
    if (p->failed)
        return;
    p->failed = true;
    struct sdse_loc loc = p->node->loc;
    // The column inside the value; escapes and folded lines have none of their own.
    if (!p->node->quoted)
        loc.column += (unsigned)(p->at - p->text);
    sdse_foreign_refuse(p->foreign, loc, false, "accelforge-expression",
                        "'%.80s': %s%.40s", p->text, what, name);
}

static bool enter(struct parser *p) {
    if (++p->depth > DEEPEST)
        fail(p, "nested too deeply", "");
    return !p->failed;
}

static void skip_blanks(struct parser *p) { p->at += strspn(p->at, " \t\n"); }

// A sign, unless it is the beginning of a longer one.
static bool take(struct parser *p, const char *sign, const char *not_before) {
    skip_blanks(p);
    const size_t length = strlen(sign);
    if (strncmp(p->at, sign, length) != 0)
        return false;
    if (p->at[length] && strchr(not_before, p->at[length]))
        return false;
    p->at += length;
    return true;
}

static bool is_name_letter(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static bool take_word(struct parser *p, const char *word) {
    skip_blanks(p);
    const size_t length = strlen(word);
    if (strncmp(p->at, word, length) != 0 || is_name_letter(p->at[length]))
        return false;
    p->at += length;
    return true;
}

static bool take_name(struct parser *p, char name[NAME_BYTES]) {
    size_t length = 0;
    skip_blanks(p);
    if (!isalpha((unsigned char)*p->at) && *p->at != '_')
        return false;
    while (is_name_letter(p->at[length]))
        length++;
    if (length >= NAME_BYTES) {
        fail(p, "a name that is too long", "");
        return false;
    }
    memcpy(name, p->at, length);
    name[length] = '\0';
    p->at += length;
    return true;
}

// --- Numbers ---

static double expression(struct parser *p);

static const char *const tensor_words[SDSE_TENSORS] = {"weight", "input", "output"};

// What a name stands for that is no variable; false if nothing.
static bool own_name(const struct parser *p, const char *name, double *value) {
    const unsigned tensors = p->names->tensors ? p->names->tensors : SDSE_TENSORS;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const size_t length = strlen(tensor_words[t]);
        if (strncmp(name, tensor_words[t], length) != 0)
            continue;
        *value = name[length] ? (double)p->names->bits[t] : 1;
        return !name[length] || strcmp(name + length, ".bits_per_value") == 0;
    }
    for (size_t i = 0; i < p->names->count_count; i++) {
        *value = p->names->count[i].value;
        if (strcmp(p->names->count[i].name, name) == 0)
            return true;
    }
    *value = strcmp(name, "All") == 0    ? tensors
             : strcmp(name, "inf") == 0  ? HUGE_VAL
             : strcmp(name, "True") == 0 ? 1
                                         : 0;
    return *value > 0 || strcmp(name, "False") == 0 || strcmp(name, "Nothing") == 0;
}

// What a name stands for: an attribute of the node, unless it is worked out just now,
// or a variable.
static const struct sdse_node *named(const struct parser *p, const char *name) {
    static const char *const places[] = {"extra_attributes_for_component_model",
                                         "attributes"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct sdse_node *own =
            sdse_node_get(sdse_node_get(p->names->node, places[i]), name);
        if (own && own != p->node)
            return own;
    }
    return sdse_node_get(p->names->variables,
                         strncmp(name, "variables.", 10) == 0 ? name + 10 : name);
}

static double variable(struct parser *p, const char *name) {
    const struct sdse_node *node = named(p, name);
    double value = 0;
    if (own_name(p, name, &value))
        return value;
    if (!node || node->kind != SDSE_NODE_SCALAR) {
        fail(p, "no such name: ", name);
        return 0;
    }
    if (++*p->variables > MOST_VARIABLES) {
        fail(p, "more than 1000 variables are looked up", "");
        return 0;
    }
    struct parser inner = *p;
    inner.node = node;
    inner.text = inner.at = node->text;
    if (!enter(&inner)) {
        p->failed = true;
        return 0;
    }
    value = expression(&inner);
    skip_blanks(&inner);
    if (*inner.at)
        fail(&inner, "not expected: ", inner.at);
    p->failed = inner.failed;
    return value;
}

static double call(struct parser *p, const char *name) {
    static const char *const names[] = {"min",  "max",  "ceil", "floor",
                                        "sqrt", "log2", "len"};
    size_t function = 0;
    while (function < sizeof names / sizeof *names &&
           strcmp(names[function], name) != 0)
        function++;
    if (function == sizeof names / sizeof *names) {
        fail(p, "no such function: ", name);
        return 0;
    }
    double value = expression(p);
    while (!p->failed && take(p, ",", "")) {
        const double other = expression(p);
        if (function > 1)
            fail(p, "one argument is expected by ", name);
        value = (function == 0) == (other < value) ? other : value;
    }
    if (!take(p, ")", ""))
        fail(p, "a bracket is not closed", "");
    return function == 2   ? ceil(value)
           : function == 3 ? floor(value)
           : function == 4 ? sqrt(value)
           : function == 5 ? log2(value)
                           : value;
}

static double atom(struct parser *p) {
    char name[NAME_BYTES];
    skip_blanks(p);
    if (isdigit((unsigned char)*p->at) || *p->at == '.') {
        // strtod reads hexadecimal numbers, too.
        char *end = NULL;
        if (*p->at == '0' && (p->at[1] == 'x' || p->at[1] == 'X')) {
            fail(p, "expected a decimal number", "");
            return 0;
        }
        const double value = strtod(p->at, &end);
        if (end == p->at)
            fail(p, "expected a number", "");
        p->at = end;
        return value;
    }
    if (take(p, "(", "")) {
        double value = 0;
        if (enter(p))
            value = expression(p);
        p->depth--;
        if (!take(p, ")", ""))
            fail(p, "a bracket is not closed", "");
        return value;
    }
    if (!take_name(p, name)) {
        fail(p, "expected a number, a name or a bracket", "");
        return 0;
    }
    if (!take(p, "(", ""))
        return variable(p, name);
    double value = 0;
    if (enter(p))
        value = call(p, name);
    p->depth--;
    return value;
}

static double signed_atom(struct parser *p) {
    double value = 0;
    if (!enter(p))
        return 0;
    if (take(p, "-", ""))
        value = -signed_atom(p);
    else if (take(p, "+", ""))
        value = signed_atom(p);
    else {
        value = atom(p);
        if (!p->failed && take(p, "**", ""))
            value = pow(value, signed_atom(p));
    }
    p->depth--;
    return value;
}

static double product(struct parser *p) {
    double value = signed_atom(p);
    while (!p->failed) {
        const bool whole = take(p, "//", "");
        const bool divides = whole || take(p, "/", "/");
        const bool rest = !divides && take(p, "%", "");
        if (!divides && !rest && !take(p, "*", "*"))
            break;
        const double other = signed_atom(p);
        if ((divides || rest) && other == 0)
            fail(p, "a division by zero", "");
        value = whole     ? floor(value / other)
                : divides ? value / other
                : rest    ? value - other * floor(value / other)
                          : value * other;
    }
    return value;
}

static double sum(struct parser *p) {
    double value = product(p);
    while (!p->failed) {
        if (take(p, "+", ""))
            value += product(p);
        else if (take(p, "-", ""))
            value -= product(p);
        else
            break;
    }
    return value;
}

static double comparison(struct parser *p) {
    const double left = sum(p);
    if (take(p, "<=", ""))
        return left <= sum(p);
    if (take(p, ">=", ""))
        return left >= sum(p);
    if (take(p, "==", ""))
        return left == sum(p);
    if (take(p, "!=", ""))
        return left != sum(p);
    if (take(p, "<", ""))
        return left < sum(p);
    if (take(p, ">", ""))
        return left > sum(p);
    return left;
}

static double negation(struct parser *p) {
    if (!take_word(p, "not"))
        return comparison(p);
    const double value = enter(p) ? negation(p) : 0;
    p->depth--;
    return value == 0;
}

// What is not needed is worked out too: a fault in it is one.
static double conjunction(struct parser *p) {
    double value = negation(p);
    while (!p->failed && take_word(p, "and")) {
        const double other = negation(p);
        value = value != 0 ? other : value;
    }
    return value;
}

static double disjunction(struct parser *p) {
    double value = conjunction(p);
    while (!p->failed && take_word(p, "or")) {
        const double other = conjunction(p);
        value = value != 0 ? value : other;
    }
    return value;
}

static double expression(struct parser *p) {
    const double value = disjunction(p);
    if (p->failed || !take_word(p, "if"))
        return value;
    const double condition = disjunction(p);
    if (!take_word(p, "else")) {
        fail(p, "an if without else", "");
        return 0;
    }
    const double otherwise = enter(p) ? expression(p) : 0;
    p->depth--;
    return condition != 0 ? value : otherwise;
}

static bool begin(struct parser *p) {
    p->text = p->at = sdse_node_as_text(p->node);
    if (p->text)
        return true;
    p->foreign->failed = true;
    sdse_foreign_refuse(p->foreign, p->node->loc, false, "accelforge-expression",
                        "expected an expression");
    return false;
}

static bool finish(struct parser *p) {
    skip_blanks(p);
    if (*p->at)
        fail(p, "not expected: ", p->at);
    return !p->failed;
}

bool sdse_af_number(struct sdse_foreign *foreign, const struct sdse_af_names *names,
                    const struct sdse_node *node, double *value) {
    unsigned variables = 0;
    struct parser p = {
        .foreign = foreign, .node = node, .names = names, .variables = &variables};
    if (!begin(&p))
        return false;
    const double number = expression(&p);
    if (!finish(&p))
        return false;
    if (isnan(number)) {
        fail(&p, "no number", "");
        return false;
    }
    *value = number;
    return true;
}

// --- Sets ---

enum { ALL = SDSE_BIT(SDSE_TENSORS) - 1 };

static unsigned set_union(struct parser *p);

static unsigned set_name(struct parser *p) {
    static const struct {
        const char *name;
        unsigned set;
    } names[] = {{"weight", SDSE_BIT(SDSE_WEIGHTS)},
                 {"input", SDSE_BIT(SDSE_INPUTS)},
                 {"output", SDSE_BIT(SDSE_OUTPUTS)},
                 {"All", ALL},
                 {"Nothing", 0},
                 {"Intermediates", 0},
                 {"Inputs", SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS)},
                 {"Outputs", SDSE_BIT(SDSE_OUTPUTS)}};
    char name[NAME_BYTES];
    if (!take_name(p, name)) {
        fail(p, "expected a set of tensors", "");
        return 0;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].set;
    const size_t length = strlen(name);
    if (length > 8 && strcmp(name + length - 8, ".tensors") == 0)
        name[length - 8] = '\0';
    for (size_t i = 0; i < p->kept_count; i++)
        if (strcmp(p->kept[i].name, name) == 0)
            return p->kept[i].tensors;
    fail(p, "no such set of tensors: ", name);
    return 0;
}

static unsigned set_atom(struct parser *p) {
    unsigned set = 0;
    if (!enter(p))
        return 0;
    if (take(p, "~", "")) {
        set = ALL & ~set_atom(p);
    } else if (take(p, "(", "")) {
        set = set_union(p);
        if (!take(p, ")", ""))
            fail(p, "a bracket is not closed", "");
    } else {
        set = set_name(p);
    }
    p->depth--;
    return set;
}

// As in Python, - binds tighter than &.
static unsigned set_difference(struct parser *p) {
    unsigned set = set_atom(p);
    while (!p->failed && take(p, "-", ""))
        set &= ~set_atom(p);
    return set;
}

static unsigned set_intersection(struct parser *p) {
    unsigned set = set_difference(p);
    while (!p->failed && take(p, "&", ""))
        set &= set_difference(p);
    return set;
}

static unsigned set_union(struct parser *p) {
    unsigned set = set_intersection(p);
    while (!p->failed && take(p, "|", ""))
        set |= set_intersection(p);
    return set;
}

bool sdse_af_set(struct sdse_foreign *foreign, const struct sdse_af_kept *kept,
                 size_t kept_count, const struct sdse_node *node, unsigned *set) {
    struct parser p = {
        .foreign = foreign, .node = node, .kept = kept, .kept_count = kept_count};
    if (!begin(&p))
        return false;
    const unsigned found = set_union(&p);
    if (!finish(&p))
        return false;
    *set = found;
    return true;
}
