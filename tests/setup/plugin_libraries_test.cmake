# The plugin needs NVRTC, which it never calls, though it is linked with --as-needed; and its way to the libraries holds
# for what they load themselves (RPATH), is absolute or $ORIGIN, and has no entry for the current folder.
#   cmake -DREADELF=<program> -DPLUGIN=<file> -P plugin_libraries_test.cmake
execute_process(COMMAND "${READELF}" -d "${PLUGIN}" OUTPUT_VARIABLE section COMMAND_ERROR_IS_FATAL ANY)
foreach(library IN ITEMS libnvrtc libcublasLt libcudnn)
  if(NOT section MATCHES "\\(NEEDED\\)[^\n]*\\[${library}\\.so")
    message(SEND_ERROR "${PLUGIN} does not need ${library}: ${section}")
  endif()
endforeach()
if(section MATCHES "\\(RUNPATH\\)")
  message(SEND_ERROR "${PLUGIN} has a RUNPATH, which does not serve its libraries: ${section}")
endif()
if(section MATCHES "\\(RPATH\\)[^\n]*\\[([^\n]*)\\]")
  string(REPLACE ":" "\n" entries "${CMAKE_MATCH_1}\n") # keeps empty ones
  if(NOT entries MATCHES "^((/|\\$ORIGIN)[^\n]*\n)+$")
    message(SEND_ERROR "${PLUGIN}: RPATH has an empty or a relative entry: ${CMAKE_MATCH_1}")
  endif()
endif()
