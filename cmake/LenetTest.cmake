include(Catch)

# For tests that run PyTorch. Tests run at the same time; OpenMP threads that spin while they wait for one that has no
# core make small parallel loops slower than they are by orders of magnitude.
set(LENET_TEST_ENVIRONMENT OMP_WAIT_POLICY=PASSIVE)

# lenet_test(<name> SOURCES … LINK … [LABELS …] [TIMEOUT seconds]): one Catch2 program; ctest runs each test
# case by itself and shows those that printed LENET_SKIPPED as skipped.
function(lenet_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINK;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE test_support ${arg_LINK})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  catch_discover_tests(${name}
    TEST_PREFIX "${name}: "
    PROPERTIES
      TIMEOUT ${arg_TIMEOUT}
      SKIP_REGULAR_EXPRESSION "LENET_SKIPPED"
      LABELS "${arg_LABELS}")
endfunction()
