# Hardening that every target of the project shares: a fault in the reading of a hostile file ends the program, it is
# not exploited. tests/package/hardening_test.cpp reads it back from the binaries.
#
# Stack protector, checked calls of the C library (_FORTIFY_SOURCE), code at random addresses (PIE), a table of
# functions that is read-only before main() begins (full RELRO), and no code on the stack.
include(CheckCXXSourceCompiles)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

target_compile_options(lenet_options INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:-fstack-protector-strong>"
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-fstack-protector-strong>")
target_link_options(lenet_options INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack)

# Sanitizers replace the same calls. Without optimisation glibc can check nothing, and warns. nvcc's sources call
# none of these functions, and its front end does not know the checked ones.
if(NOT LENET_SANITIZE)
  set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_cxx_source_compiles("#include <cstdio>\nint main() { return 0; }" LENET_HAVE_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  set(fortify_level 2)
  if(LENET_HAVE_FORTIFY_3)
    set(fortify_level 3)
  endif()
  set(fortified "$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<CONFIG:Debug>>>")
  # Some distributions define it in the compiler.
  target_compile_options(lenet_options INTERFACE
    "$<${fortified}:-U_FORTIFY_SOURCE>" "$<${fortified}:-D_FORTIFY_SOURCE=${fortify_level}>")
endif()
