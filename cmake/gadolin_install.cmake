# cmake --install build/host --prefix DIR: the program, the libraries with their headers and a CMake
# package (find_package(gadolin)), the data it reads, the example cases and the report script.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS gadolin RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

get_property(libraries GLOBAL PROPERTY GADOLIN_LIBRARIES)
foreach(library IN LISTS libraries)
  string(REGEX REPLACE "^gadolin_" "" short ${library})
  set_target_properties(${library} PROPERTIES EXPORT_NAME ${short})
endforeach()
set_target_properties(gadolin_flags PROPERTIES EXPORT_NAME flags)
install(TARGETS gadolin_flags ${libraries} EXPORT gadolin_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT gadolin_targets NAMESPACE gadolin:: FILE gadolinTargets.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gadolin)

foreach(layer kernels models io)
  install(DIRECTORY ${layer} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gadolin FILES_MATCHING PATTERN "*.hpp")
endforeach()
set(share ${CMAKE_INSTALL_DATADIR}/gadolin)
install(DIRECTORY datasets configs DESTINATION ${share} PATTERN "__pycache__" EXCLUDE PATTERN "*.py" EXCLUDE)
file(GLOB report_scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/scripts/report.py ${CMAKE_CURRENT_SOURCE_DIR}/scripts/gadolin_report)
foreach(script IN LISTS report_scripts)
  if(IS_DIRECTORY ${script})
    install(DIRECTORY ${script} DESTINATION ${share}/scripts PATTERN "__pycache__" EXCLUDE)
  else()
    install(FILES ${script} DESTINATION ${share}/scripts)
  endif()
endforeach()
install(FILES LICENSE README.md CITATION.cff CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(GADOLIN_WITH_KOKKOS FALSE)
if(TARGET gadolin_kokkos)
  set(GADOLIN_WITH_KOKKOS TRUE)
endif()
configure_package_config_file(cmake/gadolinConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/gadolinConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gadolin PATH_VARS share)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/gadolinConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/gadolinConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/gadolinConfigVersion.cmake
  cmake/FindGadolinLibzip.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gadolin)
