#include "base/status.h"

const char *sdse_status_text(enum sdse_status status) {
    switch (status) {
#define SDSE_STATUS_CASE(name, sentence) \
    case SDSE_##name:                    \
        return sentence;
        SDSE_STATUS_MAP(SDSE_STATUS_CASE)
#undef SDSE_STATUS_CASE
    }
    return "unknown status";
}
