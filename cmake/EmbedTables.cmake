# The tables of tech/ (SRAM macros, components), as C arrays in the library: no file has to be found at run time.
#
# Included by CMakeLists.txt it defines sdse_embed_tables(target); run as a script
# (cmake -DOUT=file.c -DTECH=folder -P EmbedTables.cmake) it writes the C file.

function(sdse_embed_tables target)
  set(tech ${CMAKE_SOURCE_DIR}/tech)
  set(out ${CMAKE_BINARY_DIR}/generated/tech_tables.c)
  set(script ${CMAKE_SOURCE_DIR}/cmake/EmbedTables.cmake)
  file(GLOB tables CONFIGURE_DEPENDS ${tech}/*.csv)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DTECH=${tech} -P ${script}
    DEPENDS ${tables} ${script} COMMENT "Embedding the tables of tech/" VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

# Only single-bank rows: an access costs one macro, and banks are macros of their own.
set(number "([-+.eE0-9]+)")
set(six "${number},${number},${number},${number},${number},${number}")
set(single_bank "^([0-9]+),[^,]+,[^,]+,([0-9]+),([0-9]+),1,${six},")

set(text "// Generated from tech/*.csv by cmake/EmbedTables.cmake.\n"
         "#include \"costmodel/component_table.h\"\n"
         "#include \"costmodel/sram_table.h\"\n")
list(JOIN text "" text)
set(index "")
file(GLOB tables ${TECH}/sram_*.csv)
list(SORT tables)
list(LENGTH tables count)
set(i 0)
foreach(table ${tables})
  get_filename_component(name ${table} NAME_WLE)
  set(rows rows_${i})
  file(STRINGS ${table} lines)
  string(APPEND text "\nstatic const struct sdse_sram_row ${rows}[] = {\n")
  foreach(line ${lines})
    if(line MATCHES "${single_bank}")
      string(APPEND text "    {${CMAKE_MATCH_1}, ${CMAKE_MATCH_2}, ${CMAKE_MATCH_3}, "
        "${CMAKE_MATCH_4}, ${CMAKE_MATCH_5}, ${CMAKE_MATCH_6}, ${CMAKE_MATCH_7}, "
        "${CMAKE_MATCH_8}, ${CMAKE_MATCH_9}},\n")
    endif()
  endforeach()
  string(APPEND text "};\n")
  string(APPEND index "    {\"${name}\", ${rows}, sizeof ${rows} / sizeof ${rows}[0]},\n")
  math(EXPR i "${i} + 1")
endforeach()
string(APPEND text "\nconst struct sdse_sram_table sdse_sram_tables[] = {\n${index}};\n"
                   "const size_t sdse_sram_table_count = ${count};\n")

# component,part,quantity,formula,node_nm,voltage_v,range,mark,source: the last may hold commas.
set(word "([^,]*)")
set(eight "^${word},${word},${word},${word},${word},${word},${word},${word},(.*)$")
set(rows 0)
file(STRINGS ${TECH}/components.csv lines)
list(POP_FRONT lines)
string(APPEND text "\nconst struct sdse_component sdse_component_rows[] = {\n")
foreach(line ${lines})
  if(NOT line MATCHES "${eight}")
    message(FATAL_ERROR "components.csv: nine columns are expected: ${line}")
  endif()
  string(APPEND text "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\", \"${CMAKE_MATCH_3}\", \"${CMAKE_MATCH_4}\", "
    "${CMAKE_MATCH_5}+0.0, ${CMAKE_MATCH_6}+0.0, \"${CMAKE_MATCH_7}\", \"${CMAKE_MATCH_8}\",\n     \"${CMAKE_MATCH_9}\"},\n")
  math(EXPR rows "${rows} + 1")
endforeach()
string(APPEND text "};\nconst size_t sdse_component_row_count = ${rows};\n")
file(WRITE ${OUT} "${text}")
