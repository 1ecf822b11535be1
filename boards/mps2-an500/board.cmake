# SPDX-License-Identifier: Apache-2.0
# mps2-an500: the processor clock, which SysTick counts, is 25 MHz.
set(board_instructions_per_1024_ticks 40960)
include(${CMAKE_CURRENT_LIST_DIR}/../cortex-m/cortex-m.cmake)
