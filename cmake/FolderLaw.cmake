# The folder law, made real.
#
# `#include "dse/mapper/search.h"` is found only through build/law/dse_mapper/dse/mapper/search.h, a link to the
# source, and that directory is on a folder's include path only if the folder MAY include it. A forbidden
# include is therefore a compile error, not a review comment. A folder's wings (dse/mapper in dse) are folders
# of their own: who may include the one may not, by that, include the other.

# The include path of a folder, for whoever links law_<folder, / as _>: its headers, and its types/.
function(sdse_law_path folder)
  string(REPLACE / _ id ${folder})
  set(root ${CMAKE_BINARY_DIR}/law/${id})
  file(MAKE_DIRECTORY ${root}/${folder})
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.h)
  if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/${folder}/types)
    list(APPEND headers ${CMAKE_SOURCE_DIR}/${folder}/types)
  endif()
  foreach(header ${headers})
    get_filename_component(name ${header} NAME)
    file(CREATE_LINK ${header} ${root}/${folder}/${name} SYMBOLIC)
  endforeach()
  add_library(law_${id} INTERFACE)
  target_include_directories(law_${id} INTERFACE ${root})
endfunction()

# Plain-data headers of a folder that others may include without the folder's code: law_<folder>_types.
function(sdse_types folder)
  set(root ${CMAKE_BINARY_DIR}/law/${folder}_types)
  file(MAKE_DIRECTORY ${root}/${folder})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder}/types ${root}/${folder}/types SYMBOLIC)
  add_library(law_${folder}_types INTERFACE)
  target_include_directories(law_${folder}_types INTERFACE ${root})
endfunction()

# sdse_folder(folder [MAY folders...] [SYSTEM libraries...] [EXECUTABLE program])
function(sdse_folder folder)
  cmake_parse_arguments(ARG "" "EXECUTABLE" "MAY;SYSTEM" ${ARGN})
  string(REPLACE / _ id ${folder})
  sdse_law_path(${folder})
  target_link_libraries(law_${id} INTERFACE ${ARG_SYSTEM})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
  set_property(GLOBAL APPEND PROPERTY SDSE_SYSTEM ${ARG_SYSTEM})
  if(ARG_EXECUTABLE)
    set(target ${ARG_EXECUTABLE}_program)
    add_executable(${target} ${sources})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${ARG_EXECUTABLE}
                          RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    target_link_libraries(${target} PRIVATE sdse_static)
  else()
    set(target obj_${id})
    add_library(${target} OBJECT ${sources})
    set_property(GLOBAL APPEND PROPERTY SDSE_OBJECTS ${target})
  endif()
  target_link_libraries(${target} PRIVATE sdse_flags law_${id})
  foreach(other ${ARG_MAY})
    string(REPLACE / _ other ${other})
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
