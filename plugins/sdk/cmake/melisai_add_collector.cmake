# melisai_add_collector(<name> SOURCES a.cpp ... [LINKS lib ...]): a collector plugin <name>.so that exports one symbol.
# In our own tree and from the installed package (find_package(melisai-gate-sdk)) the same.
#
# Hidden visibility alone leaks symbols of std:: templates, so a version script names the one that is
# global. A symbol that nobody defines is an error here and not when the worker loads the plugin.
function(melisai_add_collector name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SOURCES)
    message(FATAL_ERROR "melisai_add_collector(<name> SOURCES a.cpp ... [LINKS lib ...])")
  endif()
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/collector.map)
  add_library(${name} MODULE ${ARG_SOURCES})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_link_libraries(${name} PRIVATE melisai::sdk ${ARG_LINKS})
  target_link_options(${name} PRIVATE LINKER:--version-script=${map} LINKER:-z,defs)
  set_target_properties(${name} PROPERTIES
    PREFIX "" LINK_DEPENDS ${map}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  # What group or others may write to is not loaded; a umask of 002 would make it so.
  add_custom_command(TARGET ${name} POST_BUILD VERBATIM
    COMMAND chmod go-w $<TARGET_FILE:${name}> $<TARGET_FILE_DIR:${name}>)
  if(TARGET melisai_warnings)  # our own tree: where bin/melisai-gate looks
    target_link_libraries(${name} PRIVATE melisai_warnings)
    set_target_properties(${name} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/melisai-gate/plugins)
  endif()
endfunction()
