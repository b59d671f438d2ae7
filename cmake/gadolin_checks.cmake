# What the house checks of itself: every header compiles alone (a build step), and as tests the
# layers, the format, the data manifest, the page of error codes and an installed copy used by a stranger's project.
file(GLOB_RECURSE headers RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/kernels/*.hpp ${CMAKE_SOURCE_DIR}/models/*.hpp ${CMAKE_SOURCE_DIR}/io/*.hpp ${CMAKE_SOURCE_DIR}/app/*.hpp)
set(alone_sources)
foreach(header IN LISTS headers)
  set(alone ${CMAKE_BINARY_DIR}/headers_alone/${header}.cpp)
  # Twice: a header that cannot be included again is as broken as one that cannot be included first.
  file(CONFIGURE OUTPUT ${alone} CONTENT "#include \"${header}\"\n#include \"${header}\"\n" @ONLY)
  list(APPEND alone_sources ${alone})
endforeach()
add_library(gadolin_headers_alone OBJECT ${alone_sources})
target_compile_options(gadolin_headers_alone PRIVATE -O0)
get_target_property(app_libraries gadolin LINK_LIBRARIES)
target_link_libraries(gadolin_headers_alone PRIVATE ${app_libraries})
get_target_property(app_includes gadolin INCLUDE_DIRECTORIES)
if(app_includes)
  target_include_directories(gadolin_headers_alone PRIVATE ${app_includes})
endif()

find_program(GADOLIN_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(GADOLIN_PYTHON NAMES python3 REQUIRED)
foreach(check layers manifest errors)
  add_test(NAME "house: ${check}" COMMAND ${GADOLIN_PYTHON} ${CMAKE_SOURCE_DIR}/scripts/check_${check}.py)
  add_test(NAME "house: ${check} check finds planted faults"
    COMMAND ${GADOLIN_PYTHON} ${CMAKE_SOURCE_DIR}/scripts/check_${check}.py --self-test)
endforeach()
add_test(NAME "house: format" COMMAND bash ${CMAKE_SOURCE_DIR}/scripts/check_format.sh)
add_test(NAME "house: an installed copy serves another project"
  COMMAND ${CMAKE_COMMAND} -DBUILD=${CMAKE_BINARY_DIR} -DSOURCE=${CMAKE_SOURCE_DIR}/tests/install
    -DSCRATCH=${CMAKE_BINARY_DIR}/install_test -P ${CMAKE_SOURCE_DIR}/tests/install/try_install.cmake)
set_tests_properties("house: an installed copy serves another project" PROPERTIES TIMEOUT 600)
add_test(NAME "house: help page is what the program prints"
  COMMAND bash ${CMAKE_SOURCE_DIR}/scripts/check_help.sh $<TARGET_FILE:gadolin>)
add_test(NAME "house: committed plant reports are what the program gives"
  COMMAND ${GADOLIN_PYTHON} ${CMAKE_SOURCE_DIR}/scripts/plant_reports.py $<TARGET_FILE:gadolin>)
