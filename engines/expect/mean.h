// A struct of expected counts has the fields of the counts themselves, as doubles:
// SDSE_<ENGINE>_COUNTS(SDSE_MEAN_FIELD).
#ifndef SDSE_ENGINES_EXPECT_MEAN_H
#define SDSE_ENGINES_EXPECT_MEAN_H

#define SDSE_MEAN_FIELD(name, meaning) double name;

#endif
