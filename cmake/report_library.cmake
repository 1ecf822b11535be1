# SPDX-License-Identifier: Apache-2.0
# The chart library of report.html: Observable Plot and d3, pinned by src/report/web/package-lock.json, installed by npm into the build
# folder when the lock file has changed. A build folder that has them needs neither npm nor a network.
#   QMN_REPORT_LIBRARY    the folder that holds node_modules; set it beforehand to use an installed copy
set(lock_file ${CMAKE_SOURCE_DIR}/src/report/web/package-lock.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${lock_file})

if(NOT QMN_REPORT_LIBRARY)
  set(QMN_REPORT_LIBRARY ${CMAKE_BINARY_DIR}/report_library)
  file(SHA256 ${lock_file} wanted)
  set(installed "")
  if(EXISTS ${QMN_REPORT_LIBRARY}/installed)
    file(READ ${QMN_REPORT_LIBRARY}/installed installed)
  endif()
  if(NOT installed STREQUAL wanted)
    find_program(NPM npm)
    if(NOT NPM)
      message(FATAL_ERROR "npm is missing: it installs the chart library of qmn's report. Run scripts/setup.sh, or set QMN_REPORT_LIBRARY to a folder whose node_modules has d3 and @observablehq/plot.")
    endif()
    message(STATUS "Installing the chart library of the report")
    file(REMOVE_RECURSE ${QMN_REPORT_LIBRARY})
    file(COPY ${CMAKE_SOURCE_DIR}/src/report/web/package.json ${lock_file} DESTINATION ${QMN_REPORT_LIBRARY})
    execute_process(
      COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline
      WORKING_DIRECTORY ${QMN_REPORT_LIBRARY}
      RESULT_VARIABLE result OUTPUT_VARIABLE log ERROR_VARIABLE log)
    if(NOT result EQUAL 0)
      file(WRITE ${QMN_REPORT_LIBRARY}/npm.log "${log}")
      message(FATAL_ERROR "npm could not install the chart library of qmn's report (is the network up? see ${QMN_REPORT_LIBRARY}/npm.log); or set QMN_REPORT_LIBRARY to a folder whose node_modules has d3 and @observablehq/plot.")
    endif()
    file(WRITE ${QMN_REPORT_LIBRARY}/installed ${wanted})
  endif()
endif()

set(QMN_REPORT_LIBRARY_FILES
  ${QMN_REPORT_LIBRARY}/node_modules/d3/dist/d3.min.js
  ${QMN_REPORT_LIBRARY}/node_modules/@observablehq/plot/dist/plot.umd.min.js)
foreach(file IN LISTS QMN_REPORT_LIBRARY_FILES)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "${file} is missing: it is a part of the chart library of qmn's report. Remove ${QMN_REPORT_LIBRARY} and configure again.")
  endif()
endforeach()
# The licenses of what the two files bundle, in one text.
file(GLOB license_files ${QMN_REPORT_LIBRARY}/node_modules/@observablehq/plot/LICENSE* ${QMN_REPORT_LIBRARY}/node_modules/*/LICENSE*)
set(licenses "")
foreach(file IN LISTS license_files)
  string(REGEX REPLACE "^.*/node_modules/(.*)/LICENSE.*$" "\\1" package ${file})
  file(READ ${file} text)
  string(STRIP "${text}" text)
  string(APPEND licenses "${package}\n\n${text}\n\n\n")
endforeach()
set(QMN_REPORT_LICENSES ${CMAKE_BINARY_DIR}/report_library_licenses.txt)
file(CONFIGURE OUTPUT ${QMN_REPORT_LICENSES} CONTENT "${licenses}" @ONLY)
