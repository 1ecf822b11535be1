# SPDX-License-Identifier: Apache-2.0
# The firmware of an exported network on QMN_BOARD: self-test, then the inputs of inputs.bin. Included by the export's CMakeLists.txt.
set(board_folder ${CMAKE_CURRENT_LIST_DIR}/${QMN_BOARD})
set(common_folder ${CMAKE_CURRENT_LIST_DIR}/common)
include(${board_folder}/board.cmake) # board_sources, board_options, board_link_options

configure_file(${common_folder}/net_under_test.h.in ${CMAKE_CURRENT_BINARY_DIR}/net_under_test.h @ONLY)

# add_firmware(name net)
function(add_firmware name net)
  add_executable(${name} ${common_folder}/main.c ${board_sources})
  target_include_directories(${name} PRIVATE ${common_folder} ${CMAKE_CURRENT_BINARY_DIR})
  target_compile_options(${name} PRIVATE -O2 -ffunction-sections -fdata-sections -Wall -Wextra -Wconversion ${board_options})
  target_link_options(${name} PRIVATE ${board_link_options})
  target_link_libraries(${name} PRIVATE ${net})
endfunction()
add_firmware(firmware ${QMN_PREFIX}_net)

# The same with every tensor of every inference written to traces.bin.
add_qmn_net(${QMN_PREFIX}_net_trace)
target_compile_definitions(${QMN_PREFIX}_net_trace PUBLIC ${QMN_MACRO_PREFIX}_NET_TRACE)
add_firmware(firmware_trace ${QMN_PREFIX}_net_trace)

# The same, but with the instructions between two tensors counted in the place of tensors written.
add_firmware(firmware_bench ${QMN_PREFIX}_net_trace)
target_compile_definitions(firmware_bench PRIVATE BOARD_COUNTS_LAYERS)
set_target_properties(${QMN_PREFIX}_net_trace firmware_trace firmware_bench PROPERTIES EXCLUDE_FROM_ALL ON)
