# Installs BUILD into SCRATCH, builds the project SOURCE against it and runs it; then runs the
# installed program. cmake -DBUILD= -DSOURCE= -DSCRATCH= -P try_install.cmake
function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT code EQUAL 0)
    string(REPLACE ";" " " line "${ARGN}")
    message("${text}")
    message(FATAL_ERROR "exit ${code}: ${line}")
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
must(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix)
must(${CMAKE_COMMAND} -S ${SOURCE} -B ${SCRATCH}/build -G Ninja -DCMAKE_BUILD_TYPE=Release
  -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix)
must(${CMAKE_COMMAND} --build ${SCRATCH}/build)
must(${SCRATCH}/build/stranger)
must(${SCRATCH}/prefix/bin/gadolin --version)
foreach(file share/gadolin/scripts/report.py share/gadolin/datasets share/gadolin/configs
    include/gadolin/models/core/element.hpp)
  if(NOT EXISTS ${SCRATCH}/prefix/${file})
    message(FATAL_ERROR "not installed: ${file}")
  endif()
endforeach()
message(STATUS "installed, found by find_package, linked and run")
