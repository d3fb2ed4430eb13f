# The plugin needs NVRTC, which it never calls, though it is linked with --as-needed; its libraries are of the compiler's
# version of CUDA; and its way to them holds for what they load themselves (RPATH), is absolute or $ORIGIN, and has no
# entry for the current folder.
#   cmake -DREADELF=<program> -DPLUGIN=<file> -DCUDA_MAJOR=<number> -P plugin_libraries_test.cmake
execute_process(COMMAND "${READELF}" -d "${PLUGIN}" OUTPUT_VARIABLE section COMMAND_ERROR_IS_FATAL ANY)
foreach(library IN ITEMS libnvrtc.so.${CUDA_MAJOR} libcublasLt.so.${CUDA_MAJOR} libcudnn.so.9)
  if(NOT section MATCHES "\\(NEEDED\\)[^\n]*\\[${library}\\]")
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
