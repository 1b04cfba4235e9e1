# One place for the compiler's rules: C17, warnings, sanitizers, reproducible floating point.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g -DNDEBUG")

# What is released does not say where it was built, not even to a debugger: paths begin at the sources.
if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  add_compile_options(-ffile-prefix-map=${CMAKE_BINARY_DIR}=build -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
endif()

add_library(sdse_flags INTERFACE)
target_compile_definitions(sdse_flags INTERFACE _POSIX_C_SOURCE=200809L)
# The same bytes on every machine: no fused multiply-add behind our back.
target_compile_options(sdse_flags INTERFACE -ffp-contract=off
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wundef -Wvla -Wformat=2
  # clang takes the C library's own INFINITY and NAN for promotions; gcc checks ours.
  $<$<C_COMPILER_ID:GNU>:-Wdouble-promotion;-Wlogical-op;-Wduplicated-cond;-Wduplicated-branches>)
if(SDSE_WERROR)
  target_compile_options(sdse_flags INTERFACE -Werror)
endif()
if(SDSE_SANITIZE)
  target_compile_options(sdse_flags INTERFACE -fsanitize=${SDSE_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer -g1) # reports name lines, and no variables
  target_link_options(sdse_flags INTERFACE -fsanitize=${SDSE_SANITIZE})
endif()
if(SDSE_FUZZ)
  target_compile_options(sdse_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
