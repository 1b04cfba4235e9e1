# The folder law, made real.
#
# `#include "spec/layer.h"` is found only through build/law/spec/spec -> <source>/spec, and that
# directory is on a folder's include path only if the folder MAY include it. A forbidden include
# is therefore a compile error, not a review comment.

# Puts SOURCE_DIR on the path as "<prefix>/..." for whoever links target law_<name>.
function(sdse_law_path name prefix source_dir)
  set(root ${CMAKE_BINARY_DIR}/law/${name})
  get_filename_component(parent ${root}/${prefix} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${source_dir} ${root}/${prefix} SYMBOLIC)
  add_library(law_${name} INTERFACE)
  target_include_directories(law_${name} INTERFACE ${root})
endfunction()

# Plain-data headers of a folder that others may include without the folder's code.
function(sdse_types folder)
  sdse_law_path(${folder}_types ${folder}/types ${CMAKE_SOURCE_DIR}/${folder}/types)
endfunction()

# sdse_folder(name [MAY folders...] [SYSTEM libraries...] [EXECUTABLE program])
function(sdse_folder name)
  cmake_parse_arguments(ARG "" "EXECUTABLE" "MAY;SYSTEM" ${ARGN})
  sdse_law_path(${name} ${name} ${CMAKE_SOURCE_DIR}/${name})
  target_link_libraries(law_${name} INTERFACE ${ARG_SYSTEM})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.c)
  set_property(GLOBAL APPEND PROPERTY SDSE_SYSTEM ${ARG_SYSTEM})
  if(NOT sources)
    return()
  endif()
  if(ARG_EXECUTABLE)
    add_executable(${ARG_EXECUTABLE}_program ${sources})
    set_target_properties(${ARG_EXECUTABLE}_program PROPERTIES OUTPUT_NAME ${ARG_EXECUTABLE}
                          RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    target_link_libraries(${ARG_EXECUTABLE}_program PRIVATE sdse_static)
    set(target ${ARG_EXECUTABLE}_program)
  else()
    add_library(obj_${name} OBJECT ${sources})
    set_property(GLOBAL APPEND PROPERTY SDSE_OBJECTS obj_${name})
    set(target obj_${name})
  endif()
  target_link_libraries(${target} PRIVATE sdse_flags law_${name})
  foreach(other ${ARG_MAY})
    target_link_libraries(${target} PRIVATE law_${other})
  endforeach()
  target_compile_definitions(${target} PRIVATE SDSE_VERSION="${PROJECT_VERSION}")
endfunction()

# libsdse, static and shared: every folder but cli/, with include/sdse.h and pkg-config.
function(sdse_library name)
  include(GNUInstallDirs)
  get_property(objects GLOBAL PROPERTY SDSE_OBJECTS)
  get_property(libraries GLOBAL PROPERTY SDSE_SYSTEM)
  list(REMOVE_DUPLICATES libraries)
  foreach(kind STATIC SHARED)
    string(TOLOWER ${kind} suffix)
    add_library(${name}_${suffix} ${kind})
    foreach(object ${objects})
      target_sources(${name}_${suffix} PRIVATE $<TARGET_OBJECTS:${object}>)
    endforeach()
    set_target_properties(${name}_${suffix} PROPERTIES OUTPUT_NAME ${name}
                          VERSION ${PROJECT_VERSION} SOVERSION 0 LINKER_LANGUAGE C)
    target_link_libraries(${name}_${suffix} PUBLIC ${libraries} PRIVATE sdse_flags)
  endforeach()
endfunction()
