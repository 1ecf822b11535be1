# SPDX-License-Identifier: Apache-2.0
# What boards with a Cortex-M share: bare metal, files and console through semihosting. Of the C library only what gcc itself calls: memcpy,
# memset. The board has set board_instructions_per_1024_ticks.
set(board_sources ${CMAKE_CURRENT_LIST_DIR}/startup.c ${CMAKE_CURRENT_LIST_DIR}/board.c ${CMAKE_CURRENT_LIST_DIR}/semihosting.c)
set(board_options -ffreestanding -DBOARD_INSTRUCTIONS_PER_1024_TICKS=${board_instructions_per_1024_ticks})
set(board_link_options -nostartfiles -L ${CMAKE_CURRENT_LIST_DIR} -T ${board_folder}/linker.ld -Wl,--gc-sections -Wl,--fatal-warnings)
