# SPDX-License-Identifier: Apache-2.0
# mps3-an547: the processor clock, which SysTick counts, is 32 MHz.
set(board_instructions_per_1024_ticks 32000)
include(${CMAKE_CURRENT_LIST_DIR}/../cortex-m/cortex-m.cmake)
