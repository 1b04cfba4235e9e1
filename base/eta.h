// How long what is left will take: the median of the latest times of an item, for each
// that is left, so that neither a slow start nor one hard item moves it much. Times are
// given: there is no clock in it.
#ifndef SDSE_BASE_ETA_H
#define SDSE_BASE_ETA_H

#include <stddef.h>
#include <stdint.h>

enum { SDSE_ETA_RECENT = 31 };

struct sdse_eta {
    double last_s;                  // when something was done last
    size_t count;                   // batches done
    double item_s[SDSE_ETA_RECENT]; // of an item of a batch, the latest ones
};

// Work begins at now_s [s, of any clock that does not go back].
void sdse_eta_begin(struct sdse_eta *eta, double now_s);

// A batch of `items` is done; its items took equally long since the one before. Without
// items the time until now counts for nothing: it was spent on something else.
void sdse_eta_add(struct sdse_eta *eta, uint64_t items, double now_s);

// Seconds that `left` more items will take: of each the median over the latest
// SDSE_ETA_RECENT batches (the mean of the middle two of an even number). INFINITY
// before the first batch.
double sdse_eta_s(const struct sdse_eta *eta, uint64_t left);

// "1:02:03", "2:03", or "?" for what is not finite or beyond a hundred hours.
void sdse_duration_text(double seconds, char text[16]);

#endif
