# Run by cpack between the installation into a folder of its own and the packing of that folder.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr")
set(doc "${root}/share/doc/${CPACK_PACKAGE_NAME}")

function(run_or_fail)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed ERROR_VARIABLE errors OUTPUT_VARIABLE output)
  if(NOT failed EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# Debian's folders hold no paths of the machine that built a package, and NVIDIA's libraries are found where the
# system's loader looks, or in LD_LIBRARY_PATH.
file(GLOB plugins "${root}/lib/lenet/*.so")
foreach(plugin IN LISTS plugins)
  file(RPATH_REMOVE FILE "${plugin}")
endforeach()

# The packages of the libraries that the programs and plugins need. NVIDIA's libraries belong to no package here: under
# their names dpkg-shlibdeps is shown files of our own, which it then leaves out. So a GPU's libraries are never
# required.
file(GLOB programs "${root}/bin/*")
set(work "${CPACK_TEMPORARY_INSTALL_DIRECTORY}-dependencies")
file(MAKE_DIRECTORY "${work}/debian" "${work}/nvidia")
file(WRITE "${work}/debian/control" "Source: ${CPACK_PACKAGE_NAME}\n\nPackage: ${CPACK_PACKAGE_NAME}\nArchitecture: any\n")
if(EXISTS "${root}/lib/lenet/liblenet_cuda.so")
  run_or_fail(objdump -p "${root}/lib/lenet/liblenet_cuda.so")
  string(REGEX MATCHALL "lib(cublas|cudnn|nvrtc)[A-Za-z]*\\.so\\.[0-9]+" nvidia "${output}")
  foreach(name IN LISTS nvidia)
    file(COPY_FILE "${root}/lib/lenet/liblenet_cuda.so" "${work}/nvidia/${name}")
  endforeach()
endif()
execute_process(COMMAND dpkg-shlibdeps -O --ignore-missing-info "-l${work}/nvidia" ${programs} ${plugins}
  WORKING_DIRECTORY "${work}" OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE failed)
if(NOT failed EQUAL 0)
  message(FATAL_ERROR "dpkg-shlibdeps (package dpkg-dev): ${errors}")
endif()
string(REGEX REPLACE ".*shlibs:Depends=([^\n]*).*" "\\1" depends "${output}")
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${depends}, fonts-dejavu-core")
file(REMOVE_RECURSE "${work}")

# The change log, for Debian also as the history of the package, and the licences of what is compiled in.
file(MAKE_DIRECTORY "${doc}")
file(COPY_FILE "${CPACK_LENET_SOURCE_DIR}/CHANGELOG.md" "${doc}/changelog")
run_or_fail(date -u -R -d "${CPACK_LENET_RELEASE_DAY}")
string(STRIP "${output}" day)
file(WRITE "${doc}/changelog.Debian"
  "${CPACK_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
  "  * Version ${CPACK_PACKAGE_VERSION}: see changelog.gz.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${day}\n")
set(copyright "lenet is copyright by its authors.\n")
if(EXISTS "${CPACK_LENET_SOURCE_DIR}/LICENSE")
  file(READ "${CPACK_LENET_SOURCE_DIR}/LICENSE" licence)
  string(APPEND copyright "\n${licence}")
else()
  string(APPEND copyright "No licence has been granted.\n")
endif()
foreach(package IN ITEMS libfmt-dev nlohmann-json3-dev libtomlplusplus-dev)
  if(NOT EXISTS "/usr/share/doc/${package}/copyright")
    message(FATAL_ERROR "/usr/share/doc/${package}/copyright is missing: apt-get install --reinstall ${package}")
  endif()
  file(READ "/usr/share/doc/${package}/copyright" licence)
  string(APPEND copyright "\n\nThe programs contain code of Debian's package ${package}:\n\n${licence}")
endforeach()
file(WRITE "${doc}/copyright" "${copyright}")
file(GLOB compressed "${root}/share/man/man1/*.1" "${doc}/changelog*")
run_or_fail(gzip -9n ${compressed})
