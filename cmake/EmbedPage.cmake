# The page of a report (results/look/report/page.html with its style and scripts), as C arrays in the library.
#
# Included by CMakeLists.txt it defines sdse_embed_page(target); run as a script
# (cmake -DOUT=file.c -DPAGE=folder -P EmbedPage.cmake) it writes the C file. In the page, {{name}} on a line of
# its own stands for the file of that name, {{data}} for where the data go.

# In the order in which they run.
set(scripts data.js table.js front.js point.js compare.js report.js)

function(sdse_embed_page target)
  set(page ${CMAKE_SOURCE_DIR}/results/look/report)
  set(out ${CMAKE_BINARY_DIR}/generated/report_page.c)
  set(script ${CMAKE_SOURCE_DIR}/cmake/EmbedPage.cmake)
  list(TRANSFORM scripts PREPEND ${page}/)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DPAGE=${page} -P ${script}
    DEPENDS ${page}/page.html ${page}/style.css ${scripts} ${script} COMMENT "Embedding the page of reports" VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

file(READ ${PAGE}/page.html page)
set(code "")
foreach(name style.css ${scripts})
  file(READ ${PAGE}/${name} text)
  if(text MATCHES "</s(tyle|cript)")
    message(FATAL_ERROR "${name}: would end the element that it stands in")
  endif()
  if(name STREQUAL "style.css")
    string(REPLACE "{{style}}" "${text}" page "${page}")
  else()
    string(APPEND code "${text}")
  endif()
endforeach()
string(REPLACE "{{scripts}}" "${code}" page "${page}")
string(FIND "${page}" "{{data}}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "page.html: {{data}} is missing")
endif()
string(SUBSTRING "${page}" 0 ${at} head)
math(EXPR at "${at} + 8")
string(SUBSTRING "${page}" ${at} -1 tail)

set(text "// Generated from results/look/report by cmake/EmbedPage.cmake.\n#include \"results/look/report/page.h\"\n")
foreach(part head tail)
  string(HEX "${${part}}" bytes)
  string(LENGTH "${bytes}" length)
  math(EXPR length "${length} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
  string(APPEND text "\nconst unsigned char sdse_report_${part}[] = {\n${bytes}\n};\n"
                     "const size_t sdse_report_${part}_bytes = ${length};\n")
endforeach()
file(WRITE ${OUT} "${text}")
