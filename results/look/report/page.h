// The page of a report without its data, from page.html, style.css and the scripts
// beside it (cmake/EmbedPage.cmake).
#ifndef SDSE_RESULTS_LOOK_REPORT_PAGE_H
#define SDSE_RESULTS_LOOK_REPORT_PAGE_H

#include <stddef.h>

// What comes before the data, and after.
extern const unsigned char sdse_report_head[], sdse_report_tail[];
extern const size_t sdse_report_head_bytes, sdse_report_tail_bytes;

#endif
