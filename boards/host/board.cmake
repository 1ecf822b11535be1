# SPDX-License-Identifier: Apache-2.0
# This machine: files and console through the C library, nothing is counted.
set(board_sources ${CMAKE_CURRENT_LIST_DIR}/board.c)
set(board_options)
set(board_link_options)
