# What is installed, and the Debian package of it.
#
#   bin/sdse  lib/libsdse.{a,so}  include/sdse/  lib/pkgconfig/sdse.pc     the program and the library
#   share/sdse/{archs,workloads,sweeps,validation,cluster,tech}            the data that the program finds by name
#   share/man/man1  share/{bash-completion,zsh,fish}                       manual pages and completion, made by the program
#   share/sdse/python, or for /usr lib/python3/dist-packages               sdse.py
#   share/doc/sdse                                                         the pages, the licence, the changes
#
# Nothing of it names the prefix: the tree may be moved, or installed below DESTDIR.
include(GNUInstallDirs)

set(generated ${CMAKE_BINARY_DIR}/installed)
find_program(GZIP_PROGRAM gzip)

# The program finds its data from where it is itself: from bin to share/sdse, or in the build tree by a link.
file(RELATIVE_PATH data_from_program "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_DATADIR}/sdse")
target_compile_definitions(sdse_program PRIVATE SDSE_DATE="${SDSE_DATE}" SDSE_DATA_BESIDE="${data_from_program}"
  SDSE_INSTALLED_DATA="${CMAKE_INSTALL_FULL_DATADIR}/sdse")
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share)
file(CREATE_LINK ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/share/sdse SYMBOLIC)

install(TARGETS sdse_program sdse_static sdse_shared)
# <sdse.h> names the parts' headers as "<folder>/<name>.h", below the same directory: those that it leads to are
# installed, and no private one.
install(FILES include/sdse.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sdse)
set(headers include/sdse.h)
set(looked_at)
while(headers)
  list(POP_FRONT headers header)
  if(header IN_LIST looked_at)
    continue()
  endif()
  list(APPEND looked_at ${header})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
  file(STRINGS ${header} includes REGEX "^#include \"")
  list(TRANSFORM includes REPLACE "^#include \"([^\"]*)\".*" "\\1")
  list(APPEND headers ${includes})
  if(NOT header STREQUAL include/sdse.h)
    get_filename_component(part ${header} DIRECTORY)
    install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sdse/${part})
  endif()
endwhile()
file(RELATIVE_PATH prefix_from_pkgconfig "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/sdse.pc.in sdse.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/sdse.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY archs workloads sweeps validation cluster tech DESTINATION ${CMAKE_INSTALL_DATADIR}/sdse
        USE_SOURCE_PERMISSIONS)
# Python programs find it by itself where Debian's python3 looks.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(python_folder lib/python3/dist-packages)
else()
  set(python_folder ${CMAKE_INSTALL_DATADIR}/sdse/python)
endif()
install(FILES python/sdse.py DESTINATION ${python_folder})
install(DIRECTORY python/examples DESTINATION ${CMAKE_INSTALL_DOCDIR}/python)
install(FILES README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

# --- Manual pages and completion ---

set(compress)
if(GZIP_PROGRAM)
  set(compress COMMAND sh -c "${GZIP_PROGRAM} -9n ${generated}/man/*.1")
endif()
add_custom_command(OUTPUT ${generated}/stamp
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${generated}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
  COMMAND sdse_program help --man --output ${generated}/man
  ${compress}
  COMMAND sdse_program completion bash > ${generated}/sdse
  COMMAND sdse_program completion zsh > ${generated}/_sdse
  COMMAND sdse_program completion fish > ${generated}/sdse.fish
  COMMAND ${CMAKE_COMMAND} -E touch ${generated}/stamp
  DEPENDS sdse_program COMMENT "Making manual pages and completion" VERBATIM)
add_custom_target(sdse_installed ALL DEPENDS ${generated}/stamp)

# Debian's zsh reads vendor-completions, all others site-functions.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(zsh_folder vendor-completions)
else()
  set(zsh_folder site-functions)
endif()
install(DIRECTORY ${generated}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${generated}/sdse DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${generated}/_sdse DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${zsh_folder})
install(FILES ${generated}/sdse.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# --- The Debian package: cmake --preset package && cmake --build --preset package && cpack --preset package ---

file(READ LICENSE licence)
string(REGEX REPLACE "\n\n" "\n.\n" licence "${licence}")
string(REGEX REPLACE "\n" "\n " licence "${licence}")
file(WRITE ${CMAKE_BINARY_DIR}/copyright
  "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\n"
  "Copyright: 2026 the sdse authors\nLicense: Expat\n ${licence}")
install(FILES ${CMAKE_BINARY_DIR}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
set(maintainer "The sdse authors <sdse@users.noreply.github.com>")
file(WRITE ${CMAKE_BINARY_DIR}/changelog "sdse (${PROJECT_VERSION}) unstable; urgency=medium\n\n"
  "  * Its changes are in CHANGELOG.md.\n\n -- ${maintainer}  ${SDSE_DATE_RFC}\n")
if(GZIP_PROGRAM)
  execute_process(COMMAND ${GZIP_PROGRAM} -9nf ${CMAKE_BINARY_DIR}/changelog)
  install(FILES ${CMAKE_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "${maintainer}")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnuplot-nox, fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "dataset-fashion-mnist, python3, python3-pandas")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
string(JOIN "\n" CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Takes accelerators and networks as YAML, finds the proved optimal mapping of"
  "every layer, models energy, latency and area with an origin for each picojoule,"
  "sweeps spaces of designs on all cores, and keeps every result in one SQLite"
  "file. With libsdse, its headers and the data of published accelerators.")
file(WRITE ${CMAKE_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/triggers)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
