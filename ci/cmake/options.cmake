# Compiler flags of our own targets, as INTERFACE targets. Linked PRIVATE by every target; nothing global.

add_library(melisai_warnings INTERFACE)
target_compile_options(melisai_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<BOOL:${MELISAI_WERROR}>:-Werror>)
# Designated initialisers name what differs from the defaults; the rest is meant to be missing.
target_compile_options(melisai_warnings INTERFACE -Wno-missing-field-initializers)
# Asio's coroutine code trips this one in GCC 12 at -O2 in its own headers.
target_compile_options(melisai_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
# GCC 12 at -O2 finds overlaps in "text" + std::string that are not there (its bug 105651).
target_compile_options(melisai_warnings INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>)

add_library(melisai_options INTERFACE)
target_include_directories(melisai_options INTERFACE ${PROJECT_SOURCE_DIR})
target_link_libraries(melisai_options INTERFACE melisai_warnings)
if(MELISAI_SANITIZE)
  target_compile_options(melisai_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(melisai_options INTERFACE -fsanitize=address,undefined)
  # clang 14 fails on coroutines with it: "Cannot represent a difference across sections".
  target_compile_options(melisai_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
endif()
if(MELISAI_TSAN)
  # -Wno-tsan: Asio's fences, which GCC cannot follow and says so.
  target_compile_options(melisai_options INTERFACE
    -fsanitize=thread -fno-omit-frame-pointer $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  target_link_options(melisai_options INTERFACE -fsanitize=thread)
endif()
if(MELISAI_FUZZ)
  # Coverage instrumentation only: the fuzz targets themselves link with -fsanitize=fuzzer, every other program has a main.
  target_compile_options(melisai_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(melisai_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# One static library per folder of core/: melisai_step(<folder> SOURCES a.cpp ... LINKS x ... [ALONE b.cpp ...])
#
# Most of a file's compile time are the headers that its neighbours include too, so files are compiled several at a time
# (MELISAI_UNITY). ALONE names those that share a name of their unnamed namespace with another file of the folder; nothing
# else about them is special. MELISAI_UNITY=OFF rebuilds a single changed file sooner.
set(melisai_unity_files 10)
function(melisai_step name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ALONE;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(melisai_${name} STATIC ${ARG_SOURCES} ${ARG_ALONE})
  add_library(melisai::${name} ALIAS melisai_${name})
  target_link_libraries(melisai_${name} PUBLIC melisai_options ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  set_target_properties(melisai_${name} PROPERTIES
    UNITY_BUILD ${MELISAI_UNITY} UNITY_BUILD_BATCH_SIZE ${melisai_unity_files})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# The collector ebpf as it is installed: the only file that melisai-gate-worker-bpf loads. Compiled in, so configure with the
# prefix that is installed to.
set(MELISAI_INSTALLED_EBPF ${CMAKE_INSTALL_PREFIX}/lib/melisai-gate/plugins/ebpf.so)
