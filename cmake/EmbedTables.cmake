# The SRAM tables of tech/, as C arrays in the library: no file has to be found at run time.
#
# Included by CMakeLists.txt it defines sdse_embed_tables(target); run as a script
# (cmake -DOUT=file.c -DTECH=folder -P EmbedTables.cmake) it writes the C file.

function(sdse_embed_tables target)
  set(tech ${CMAKE_SOURCE_DIR}/tech)
  set(out ${CMAKE_BINARY_DIR}/generated/sram_tables.c)
  set(script ${CMAKE_SOURCE_DIR}/cmake/EmbedTables.cmake)
  file(GLOB tables CONFIGURE_DEPENDS ${tech}/sram_*.csv)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DTECH=${tech} -P ${script}
    DEPENDS ${tables} ${script} COMMENT "Embedding the SRAM tables" VERBATIM)
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
file(WRITE ${OUT} "${text}")
