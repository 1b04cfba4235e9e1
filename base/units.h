// Internal units, fixed here: picojoule, cycle, second, square micrometre, bit,
// gigahertz. Conversions have names and happen at the edges only.
#ifndef SDSE_BASE_UNITS_H
#define SDSE_BASE_UNITS_H

static inline double sdse_uj_from_pj(double pj) { return pj / 1e6; }
static inline double sdse_mj_from_pj(double pj) { return pj / 1e9; }
static inline double sdse_mm2_from_um2(double um2) { return um2 / 1e6; }
static inline double sdse_um2_from_mm2(double mm2) { return mm2 * 1e6; }
static inline double sdse_bits_from_kib(double kib) { return kib * 8192.0; }
static inline double sdse_seconds_from_cycles(double cycles, double clock_ghz) {
    return cycles / (clock_ghz * 1e9);
}
static inline double sdse_cycles_from_us(double us, double clock_ghz) {
    return us * 1000 * clock_ghz;
}
// Power times time: 1 mW for one cycle of a 1 GHz clock is 1 pJ.
static inline double sdse_pj_from_mw_cycles(double mw, double cycles,
                                            double clock_ghz) {
    return mw * cycles / clock_ghz;
}

#endif
