include(Catch)

# For tests that run PyTorch. Tests run at the same time; OpenMP threads that spin while they wait for one that has no
# core make small parallel loops slower than they are by orders of magnitude.
set(LENET_TEST_ENVIRONMENT OMP_WAIT_POLICY=PASSIVE)

# Tests tagged [long] compare whole trainings, take networks at full size, or count digits of many pictures; their code
# runs in other tests, too: sanitizers take minutes for each.
if(LENET_SANITIZE)
  set(LENET_TEST_SPEC "~[long]")
endif()

# What a test prints that is shown as skipped. GCC 12's leak sanitizer may crash in its own search, after everything has
# passed: then it is leaks that were not looked for. A leak that it finds is a failure.
set(LENET_SKIPPED_OUTPUT "LENET_SKIPPED")
if(LENET_SANITIZE)
  string(APPEND LENET_SKIPPED_OUTPUT "|All tests passed .*Tracer caught signal")
endif()

# lenet_test(<name> SOURCES … LINK … [LABELS …] [TIMEOUT seconds]): one Catch2 program; ctest runs each test
# case by itself and shows those that printed LENET_SKIPPED as skipped.
function(lenet_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINK;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(LENET_SANITIZE)
    math(EXPR arg_TIMEOUT "3 * ${arg_TIMEOUT}")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE test_support ${arg_LINK})
  if(LENET_SANITIZE)
    target_compile_options(${name} PRIVATE -O0) # what sanitizers insert takes long to optimise, and tests run once
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  catch_discover_tests(${name}
    TEST_SPEC ${LENET_TEST_SPEC}
    TEST_PREFIX "${name}: "
    PROPERTIES
      TIMEOUT ${arg_TIMEOUT}
      SKIP_REGULAR_EXPRESSION "${LENET_SKIPPED_OUTPUT}"
      LABELS "${arg_LABELS}")
endfunction()

# Names the programs to the sources of a target: LENET_TRAIN_PROGRAM and so on.
function(lenet_name_programs target)
  foreach(program IN ITEMS bench data eval export plot predict report runs serve train)
    string(TOUPPER ${program} name)
    target_compile_definitions(${target} PRIVATE LENET_${name}_PROGRAM="$<TARGET_FILE:lenet_${program}>")
    add_dependencies(${target} lenet_${program})
  endforeach()
endfunction()

find_program(LENET_PYTHON python3)
mark_as_advanced(LENET_PYTHON)

# lenet_python_test(<name> COMMAND script arguments … [MAY_SKIP] [TIMEOUT seconds] [LABELS …]): a Python script, shown as
# skipped without Python. MAY_SKIP: also if it prints LENET_SKIPPED, even where it fails then.
function(lenet_python_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "MAY_SKIP" "TIMEOUT" "COMMAND;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(LENET_PYTHON)
    list(POP_FRONT arg_COMMAND script)
    add_test(NAME ${name} COMMAND "${LENET_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/${script}" ${arg_COMMAND})
  else()
    add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" -E echo "LENET_SKIPPED: no python3")
  endif()
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "${LENET_TEST_ENVIRONMENT}" TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
  if(arg_MAY_SKIP OR NOT LENET_PYTHON)
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION LENET_SKIPPED)
  endif()
endfunction()
