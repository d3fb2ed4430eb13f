# Build options, and the compile options that every target of the project shares.
option(LENET_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(LENET_WERROR "Treat warnings as errors" OFF)
set(LENET_CUDA AUTO CACHE STRING "Build the CUDA backend: AUTO (where a CUDA compiler is found), ON or OFF")
set_property(CACHE LENET_CUDA PROPERTY STRINGS AUTO ON OFF)
set(LENET_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")
option(LENET_FUZZ "Build the fuzz targets as programs of libFuzzer; set by the preset fuzz" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin") # the plugins are next to the programs

find_program(LENET_CCACHE ccache)
mark_as_advanced(LENET_CCACHE)
if(LENET_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${LENET_CCACHE}")
  set(CMAKE_CUDA_COMPILER_LAUNCHER "${LENET_CCACHE}")
endif()

add_library(lenet_options INTERFACE)
target_include_directories(lenet_options INTERFACE "${PROJECT_SOURCE_DIR}")
# Options are structs with designated initialisers: what is left out has its default, and that is meant.
set(host_warnings -Wall -Wextra -Wconversion -Wshadow -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND host_warnings -Wno-restrict) # false alarms in std::string, GCC bug 105651
endif()
if(LENET_WERROR)
  list(APPEND host_warnings -Werror)
endif()
target_compile_options(lenet_options INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${host_warnings}>")
# A program loads what it calls, not all that its static libraries could call.
target_link_options(lenet_options INTERFACE -Wl,--as-needed)
# Linked by $<LINK_LIBRARY:lenet_needed,…>, a library is loaded though nothing of ours calls it.
set(CMAKE_CXX_LINK_LIBRARY_USING_lenet_needed
  "LINKER:--push-state,--no-as-needed" "<LINK_ITEM>" "LINKER:--pop-state")
set(CMAKE_CXX_LINK_LIBRARY_USING_lenet_needed_SUPPORTED TRUE)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # One binary for every x86-64 machine of the last fifteen years; faster code is chosen at run time.
  target_compile_options(lenet_options INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-march=x86-64-v2>")
endif()
if(LENET_SANITIZE)
  target_compile_options(lenet_options INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${LENET_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=all>")
  target_link_options(lenet_options INTERFACE -fsanitize=${LENET_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What sanitizers insert makes GCC see uninitialized members in std::regex and std::variant.
    target_compile_options(lenet_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(LENET_FUZZ)
  target_compile_options(lenet_options INTERFACE -fsanitize-coverage=trace-pc,trace-cmp)
endif()

# lenet_library(<name> SOURCES … LINK … PRIVATE_LINK …): a static library of one room, also as lenet::<name>.
function(lenet_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;PRIVATE_LINK")
  add_library(${name} STATIC ${arg_SOURCES})
  add_library(lenet::${name} ALIAS ${name})
  target_link_libraries(${name} PUBLIC lenet_options ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
endfunction()

# lenet_plugin(<name> SOURCES … LINK …): a library that programs load on demand, from their own folder or, installed,
# from ../lib/lenet.
include(GNUInstallDirs)
function(lenet_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  # Nothing but the entry is visible, so that the program's copies of the engine's functions and the plugin's do not
  # mix. The run path is the same built and installed: CMake would lengthen the build's by an empty entry, and that has
  # the loader look for libraries in the current folder.
  set_target_properties(${name} PROPERTIES
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    INSTALL_RPATH_USE_LINK_PATH ON BUILD_WITH_INSTALL_RPATH ON)
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
  if(NOT LENET_SANITIZE) # the sanitizer's functions are in the program
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION lib/lenet)
endfunction()
