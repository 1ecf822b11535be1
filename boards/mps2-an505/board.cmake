# SPDX-License-Identifier: Apache-2.0
# mps2-an505: the processor clock, which SysTick counts, is 20 MHz.
set(board_instructions_per_1024_ticks 51200)
include(${CMAKE_CURRENT_LIST_DIR}/../cortex-m/cortex-m.cmake)
