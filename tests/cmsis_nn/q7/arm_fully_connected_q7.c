/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in_q7.h"

/* Where the weight of a row and a column stands. In a block of four by four the columns 0 and 2 come before 1 and 3, and rows in pairs. */
static int32_t place(int32_t row, int32_t column, int32_t rows, int32_t columns) {
  const int32_t block_row = row / 4 * 4, block_column = column / 4 * 4, r = row % 4, c = column % 4;
  if (block_row + 4 > rows) return row * columns + column;
  if (block_column + 4 > columns) return block_row * columns + column * 4 + r;
  return block_row * columns + block_column * 4 + c % 2 * 8 + r / 2 * 4 + c / 2 * 2 + r % 2;
}

arm_status arm_fully_connected_q7_opt(const q7_t *vector, const q7_t *matrix, uint16_t column_count, uint16_t row_count, uint16_t bias_shift,
                                      uint16_t out_shift, const q7_t *bias, q7_t *output, q15_t *vector_buffer) {
  if (column_count < 4) return ARM_MATH_SIZE_MISMATCH;
  stand_in_spoil(vector_buffer, 2 * column_count);
  for (int32_t row = 0; row < row_count; ++row) {
    int32_t sum = bias[row] * (1 << bias_shift);
    for (int32_t column = 0; column < column_count; ++column) sum += vector[column] * matrix[place(row, column, row_count, column_count)];
    output[row] = stand_in_finish(sum, out_shift);
  }
  return ARM_MATH_SUCCESS;
}
