# Writes OUT, a source file with the version, from TEMPLATE: cmake -D SOURCE=… -D TEMPLATE=… -D OUT=… -P this file.
# Every build runs it. It leaves the file alone as long as it is right, so that nothing is compiled without need.
cmake_minimum_required(VERSION 3.25)

# The newest release in the change log is the version. CMakeLists.txt reads it here, too.
function(lenet_read_version source)
  file(STRINGS "${source}/CHANGELOG.md" releases REGEX "^## [0-9]" LIMIT_COUNT 1)
  if(NOT releases MATCHES "^## ([0-9]+\\.[0-9]+\\.[0-9]+) - ([0-9]+-[0-9]+-[0-9]+)$")
    message(FATAL_ERROR "CHANGELOG.md: its newest release is '${releases}', expected '## 1.2.3 - 2026-12-31'")
  endif()
  set(VERSION "${CMAKE_MATCH_1}" PARENT_SCOPE)
  set(RELEASE_DAY "${CMAKE_MATCH_2}" PARENT_SCOPE)
endfunction()

# "0123456789ab", "0123456789ab-dirty", or "unknown" if `source` is not the top folder of a Git repository: a source
# archive may have been unpacked inside another project's.
function(lenet_read_commit source result)
  set(${result} unknown PARENT_SCOPE)
  # Without optional locks a build never disturbs a `git commit` that runs next to it.
  set(git git --no-optional-locks -C "${source}")
  execute_process(COMMAND ${git} rev-parse --show-prefix --short=12 HEAD
    OUTPUT_VARIABLE answer RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed EQUAL 0 OR NOT answer MATCHES "^\n([0-9a-f]+)\n$")
    return()
  endif()
  set(commit "${CMAKE_MATCH_1}")
  execute_process(COMMAND ${git} status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    string(APPEND commit "-dirty")
  endif()
  set(${result} "${commit}" PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  lenet_read_version("${SOURCE}")
  lenet_read_commit("${SOURCE}" COMMIT)
  configure_file("${TEMPLATE}" "${OUT}" @ONLY)
endif()
