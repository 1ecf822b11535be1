# SPDX-License-Identifier: Apache-2.0
# microbit: the processor clock, which SysTick counts, is 16 MHz.
set(board_instructions_per_1024_ticks 64000)
include(${CMAKE_CURRENT_LIST_DIR}/../cortex-m/cortex-m.cmake)
