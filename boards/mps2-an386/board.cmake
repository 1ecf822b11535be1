# SPDX-License-Identifier: Apache-2.0
# mps2-an386: bare metal, files and console through semihosting. Of the C library only what gcc itself calls: memcpy, memset.
set(board_sources ${CMAKE_CURRENT_LIST_DIR}/startup.c ${CMAKE_CURRENT_LIST_DIR}/board.c ${CMAKE_CURRENT_LIST_DIR}/semihosting.c)
set(board_options -ffreestanding -I${CMAKE_CURRENT_LIST_DIR})
set(board_link_options -nostartfiles -T ${CMAKE_CURRENT_LIST_DIR}/linker.ld -Wl,--gc-sections -Wl,--fatal-warnings)
