# sdse_vectors(file options...): compiles one file for wider vectors than the rest, where the target has them at
# all; who calls what is in it asks the processor first. Loops of two to five are unrolled, products and sums stay
# apart (cmake/Flags.cmake).
function(sdse_vectors file)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_source_files_properties(${CMAKE_SOURCE_DIR}/${file} PROPERTIES COMPILE_OPTIONS "-O3;${ARGN}")
  endif()
endfunction()
