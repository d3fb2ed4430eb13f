# Which GPU architectures a developer's build is for.

# lenet_own_architectures(<result> <nvcc>): those of this machine's GPUs, as CMAKE_CUDA_ARCHITECTURES takes them; 90
# (Hopper) without a GPU. If nvcc does not know a GPU, the newest architecture before it: machine code runs on every
# later one of the same major number, and PTX, which the driver compiles, on all later ones.
function(lenet_own_architectures result nvcc)
  set(${result} 90 PARENT_SCOPE)
  execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader
    OUTPUT_VARIABLE capabilities RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed EQUAL 0)
    return()
  endif()
  execute_process(COMMAND "${nvcc}" --list-gpu-arch OUTPUT_VARIABLE listed ERROR_QUIET)
  string(REGEX MATCHALL "compute_[0-9]+\n" known "${listed}")
  string(REGEX MATCHALL "[0-9]+\\.[0-9]" capabilities "${capabilities}")
  set(architectures "")
  foreach(capability IN LISTS capabilities)
    string(REPLACE "." "" own "${capability}")
    lenet_architecture_for(architecture "${own}" "${known}")
    list(APPEND architectures ${architecture})
  endforeach()
  list(REMOVE_DUPLICATES architectures)
  if(architectures)
    set(${result} "${architectures}" PARENT_SCOPE)
  endif()
endfunction()

# lenet_architecture_for(<result> <capability> <list of compute_N>): the entry for one GPU; empty if it is too old. A
# compiler that lists nothing is taken to know it.
function(lenet_architecture_for result own known)
  if(NOT known)
    set(known ${own})
  endif()
  set(newest 0)
  foreach(entry IN LISTS known)
    string(REGEX MATCH "[0-9]+" number "${entry}")
    if(number MATCHES "^(72|87|101|110)$" AND NOT number EQUAL own)
      continue() # a Jetson's code runs on nothing else
    endif()
    if(number LESS_EQUAL own AND number GREATER newest)
      set(newest ${number})
    endif()
  endforeach()
  math(EXPR own_major "${own} / 10")
  math(EXPR newest_major "${newest} / 10")
  if(newest LESS 75) # what the kernels need
    set(${result} "" PARENT_SCOPE)
  elseif(newest_major EQUAL own_major)
    set(${result} ${newest} PARENT_SCOPE)
  else()
    set(${result} ${newest}-virtual PARENT_SCOPE)
  endif()
endfunction()
