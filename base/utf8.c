#include "base/utf8.h"

#include <stdbool.h>

size_t sdse_utf8_length(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    size_t length = s[0] < 0x80   ? 1
                    : s[0] < 0xc2 ? 0
                    : s[0] < 0xe0 ? 2
                    : s[0] < 0xf0 ? 3
                    : s[0] < 0xf5 ? 4
                                  : 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool surrogate = length == 3 && s[0] == 0xed && s[1] >= 0xa0;
    bool overlong = (length == 3 && s[0] == 0xe0 && s[1] < 0xa0) ||
                    (length == 4 && s[0] == 0xf0 && s[1] < 0x90);
    bool beyond = length == 4 && s[0] == 0xf4 && s[1] >= 0x90;
    return surrogate || overlong || beyond ? 0 : length;
}
