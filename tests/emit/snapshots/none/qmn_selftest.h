/* qmn_selftest.h   Runs qmn_net on inputs whose answers are known and compares every output value.
 * Call it once at start-up: it finds a compiler, a flag or a memory that changes the network's numbers. */
#ifndef QMN_SELFTEST_H
#define QMN_SELFTEST_H

#ifdef __cplusplus
extern "C" {
#endif

/* Returns how many output values differ: 0 is a pass. Overwrites the network's input and output.
 * The report, a line of text for each failure and a last one with PASS or FAIL, goes through putchar_function; 0: no report. */
int qmn_selftest(void (*putchar_function)(char));

#ifdef __cplusplus
}
#endif

#endif /* QMN_SELFTEST_H */
