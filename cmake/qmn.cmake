# SPDX-License-Identifier: Apache-2.0
# How a folder of src/ becomes a library, and a folder of tests/ a test program.

add_library(qmn_warnings INTERFACE)
target_compile_options(qmn_warnings INTERFACE -Wall -Wextra -Wconversion -Werror)
if(QMN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(QMN_SANITIZE OR QMN_FUZZ)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  # A check before every access through a pointer doubles the time that C++ takes to compile, and AddressSanitizer sees those faults
  # anyway. The C of runtime/ keeps all checks: a misaligned access is no fault on this machine, on a Cortex-M it is.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=null,alignment,object-size,vptr>)
  add_link_options(-fsanitize=address,undefined)
endif()

# What most sources parse first, parsed once: for libraries, and with GoogleTest for test programs. A source still includes what it uses:
# the dev preset builds without.
function(qmn_precompile name)
  cmake_parse_arguments(ARG "" "" "HEADERS;DEPENDS;OPTIONS" ${ARGN})
  if(QMN_PRECOMPILE)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cpp CONTENT "// Compiled for the sake of its precompiled header.\n")
    add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
    if(ARG_OPTIONS)  # for programs: -fPIE and what else they are compiled with
      set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${name} PRIVATE ${ARG_OPTIONS})
    endif()
    target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} qmn_warnings)
    target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
  endif()
endfunction()

set(QMN_COMMON_HEADERS <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <numeric> <optional> <set> <span> <sstream>
    <string> <variant> <vector> <fmt/format.h> <fmt/ranges.h>)
qmn_precompile(qmn_library_headers HEADERS ${QMN_COMMON_HEADERS} DEPENDS fmt::fmt)

# qmn_library(base SOURCES a.cpp DEPENDS fmt::fmt): the static library qmn_base
function(qmn_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(qmn_${folder} STATIC ${ARG_SOURCES})
  target_include_directories(qmn_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/runtime)
  target_link_libraries(qmn_${folder} PUBLIC ${ARG_DEPENDS} PRIVATE qmn_warnings)
  if(QMN_PRECOMPILE)
    target_precompile_headers(qmn_${folder} REUSE_FROM qmn_library_headers)
  endif()
endfunction()

# qmn_test(graph SOURCES a_test.cpp DEPENDS qmn_graph): the program qmn_graph_test, each of its cases a ctest test
function(qmn_test folder)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(qmn_${folder}_test ${ARG_SOURCES})
  target_compile_options(qmn_${folder}_test PRIVATE ${QMN_TEST_OPTIMIZATION})
  target_include_directories(qmn_${folder}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(qmn_${folder}_test PRIVATE ${ARG_DEPENDS} GTest::gtest_main qmn_warnings)
  if(QMN_PRECOMPILE)
    set(c_sources ${ARG_SOURCES})
    list(FILTER c_sources INCLUDE REGEX "\\.c$")
    set_source_files_properties(${c_sources} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    target_precompile_headers(qmn_${folder}_test REUSE_FROM qmn_test_headers)
  endif()
  gtest_discover_tests(qmn_${folder}_test TEST_PREFIX "${folder}." PROPERTIES TIMEOUT ${ARG_TIMEOUT} DISCOVERY_MODE PRE_TEST)
endfunction()
