/* weights.h   Weights and biases of the network "tiny" as brace lists, for classic code: static const q7_t w[] = name;
 * raw = saturate(floor(real * 2^FRAC_BITS + 0.5)), by rows of the layout that stands above each.
 * acc = (bias << BIAS_LSHIFT) + sum(input * weight), output = saturate((acc + (1 << OUT_RSHIFT >> 1)) >> OUT_RSHIFT). */

/* conv/1 * /: weights [out][ky][kx][in] */
#define conv_1_weights_0 {-8, -46, -65, -98, -35, -61, 1, -21, -118, -103, 69, -25, 91, -94, -84, -117, 48, 119}
#define conv_1_weights_0_FRAC_BITS 9
#define conv_1_bias_0 {71, -96, -127}
#define conv_1_bias_0_FRAC_BITS 13
#define CONV_1_BIAS_LSHIFT 1
#define CONV_1_OUT_RSHIFT 9

/* int: weights [ky][kx][channel] Q1.6 */
#define int_weights_0 {99, -119, 61, -55, -87, -87, -37, 115, 103, -100, 74, 32, 102, -71, -24, 109, -11, -75, -67, -126, 60, -56, -11, -37, 122, -112, 115, -30, 87, 84, 103, -122, -84, 19, -62, 59}
#define int_weights_0_FRAC_BITS 6
#define int_bias_0 {-2650, -2766, 1319, 2242, -4535, 700}
#define int_bias_0_FRAC_BITS 11
#define INT_VALUE_BIAS_LSHIFT 0
#define INT_VALUE_OUT_RSHIFT 7

/* fc: weights [out][in] Q0.7 */
#define fc_weights_0 {-18, 0, 27, -115, 81, 121, -28, 75, 32, -22, -14, 33, -100, 31, 101, 28, 94, 63, 61, 96, -1, 26, -107, 33, 9, 65, -101, -75, -59, 56, 64, 42, -36, 86, 74, 110, 45, -120, 67, -65, -11, 10, 14, -30, 92, -36, 62, -52, -128, 101, 114, -27, 117, 10, 105, -34, -65, -55, 24, -25, -119, -25, 60, 6, -24, -41, -127, 88, 68, 105, -66, -90}
#define fc_weights_0_FRAC_BITS 7
#define fc_bias_0 {-109, 29, -65}
#define fc_bias_0_FRAC_BITS 13
#define FC_BIAS_LSHIFT 1
#define FC_OUT_RSHIFT 8
