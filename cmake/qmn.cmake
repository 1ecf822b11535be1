# SPDX-License-Identifier: Apache-2.0
# How a folder of src/ becomes a library, and a folder of tests/ a test program.

add_library(qmn_warnings INTERFACE)
target_compile_options(qmn_warnings INTERFACE -Wall -Wextra -Wconversion -Werror)
if(QMN_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# qmn_library(base SOURCES a.cpp DEPENDS fmt::fmt): the static library qmn_base
function(qmn_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(qmn_${folder} STATIC ${ARG_SOURCES})
  target_include_directories(qmn_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/runtime)
  target_link_libraries(qmn_${folder} PUBLIC ${ARG_DEPENDS} PRIVATE qmn_warnings)
endfunction()

# qmn_test(graph SOURCES a_test.cpp DEPENDS qmn_graph): the program qmn_graph_test, each of its cases a ctest test
function(qmn_test folder)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(qmn_${folder}_test ${ARG_SOURCES})
  target_compile_options(qmn_${folder}_test PRIVATE -O1)  # compiling them takes longer than running them
  target_include_directories(qmn_${folder}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(qmn_${folder}_test PRIVATE ${ARG_DEPENDS} GTest::gtest_main qmn_warnings)
  gtest_discover_tests(qmn_${folder}_test TEST_PREFIX "${folder}." PROPERTIES TIMEOUT ${ARG_TIMEOUT} DISCOVERY_MODE PRE_TEST)
endfunction()
