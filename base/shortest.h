// The shortest decimal text that reads back as the same double.
#ifndef SDSE_BASE_SHORTEST_H
#define SDSE_BASE_SHORTEST_H

enum { SDSE_SHORTEST_BYTES = 32 };

void sdse_shortest(double value, char text[SDSE_SHORTEST_BYTES]);

#endif
