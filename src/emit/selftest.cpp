// SPDX-License-Identifier: Apache-2.0
// emit/selftest.cpp   qmn_selftest.{h,c}: inputs with their known answers, compared on the device, reported through any putchar.
#include "base/check.h"
#include "emit/artifacts.h"
#include "emit/c_text.h"

namespace qmn {
namespace {

void write_vectors(CWriter& out, const std::string& name, const std::string& size, const std::vector<KnownAnswer>& answers,
                   TensorBytes KnownAnswer::*part, const ProgramTensor& tensor) {
  out.open("static const {} {}[VECTOR_COUNT][{}] = {{", value_type(tensor), name, size);
  for (const KnownAnswer& answer : answers) {
    out.open("{{");
    const TensorBytes& bytes = answer.*part;
    if (tensor.format.total_bits == 8) {
      out.numbers(std::span<const std::int8_t>(bytes), bytes.size(), "");
    } else {
      const std::vector<std::int32_t> raw = raw_values(bytes, tensor.format);
      const std::vector<std::int16_t> values(raw.begin(), raw.end());
      out.numbers(std::span<const std::int16_t>(values), values.size(), "");
    }
    out.close("},");
  }
  out.close("};");
  out.line();
}

// @NET@, @MACRO@ and @SELFTEST@ are replaced by the project's names.
constexpr const char* kLibraryCheck = R"(  if (@NET@_library_faults() != 0)
    put_text(putchar_function, "@PREFIX@ self-test: CMSIS-NN was compiled without CMSIS_NN_USE_SINGLE_ROUNDING, or for another core: build it anew\n");
)";

constexpr const char* kReport = R"(static void put_text(void (*put)(char), const char *text) {
  while (put && *text) put(*text++);
}

static void put_number(void (*put)(char), int number) {
  char digits[12];
  int count = 0;
  unsigned rest = number < 0 ? 0u - (unsigned)number : (unsigned)number;
  do {
    digits[count++] = (char)('0' + (int)(rest % 10u));
    rest /= 10u;
  } while (rest);
  if (number < 0) put_text(put, "-");
  while (put && count) put(digits[--count]);
}

/* 1 when a value differs; the first of a vector's logits or scores is reported. */
static int differs(void (*put)(char), int vector, const char *what, int index, int expected, int got, int is_first) {
  if (got == expected) return 0;
  if (is_first) {
    put_text(put, "@PREFIX@ self-test: vector ");
    put_number(put, vector + 1);
    put_text(put, ", ");
    put_text(put, what);
    put_text(put, " ");
    put_number(put, index);
    put_text(put, ": expected ");
    put_number(put, expected);
    put_text(put, ", got ");
    put_number(put, got);
    put_text(put, "\n");
  }
  return 1;
}

int @SELFTEST@(void (*putchar_function)(char)) {
  int mismatches = 0;
@CHECK@  for (int vector = 0; vector < VECTOR_COUNT; ++vector) {
    @INPUT_TYPE@ *input = @NET@_input();
    for (int i = 0; i < @MACRO@_INPUT_COUNT; ++i) input[i] = inputs[vector][i];
    @NET@_run();
    int before = mismatches;
    for (int i = 0; i < @MACRO@_CLASS_COUNT; ++i)
      mismatches += differs(putchar_function, vector, "logit", i, expected_logits[vector][i], @NET@_logits()[i], mismatches == before);
#if @MACRO@_HAS_SCORES
    before = mismatches;
    for (int i = 0; i < @MACRO@_CLASS_COUNT; ++i)
      mismatches += differs(putchar_function, vector, "score", i, expected_scores[vector][i], @NET@_scores()[i], mismatches == before);
#endif
  }
  put_text(putchar_function, mismatches ? "@PREFIX@ self-test: FAIL, " : "@PREFIX@ self-test: PASS, ");
  put_number(putchar_function, mismatches);
  put_text(putchar_function, " of ");
  put_number(putchar_function, VECTOR_COUNT * @MACRO@_CLASS_COUNT * (1 + @MACRO@_HAS_SCORES));
  put_text(putchar_function, " values differ from the known answers\n");
  return mismatches;
}
)";

}  // namespace

std::string selftest_header_text(const NetNames& names) {
  const std::string guard = upper_case(names.selftest);
  CWriter out;
  out.line("/* {0}.h   Runs {1} on inputs whose answers are known and compares every output value.", names.selftest, names.net);
  out.line(" * Call it once at start-up: it finds a compiler, a flag or a memory that changes the network's numbers. */");
  out.line("#ifndef {}_H", guard);
  out.line("#define {}_H", guard);
  out.line();
  out.line("#ifdef __cplusplus");
  out.line("extern \"C\" {{");
  out.line("#endif");
  out.line();
  out.line("/* Returns how many output values differ: 0 is a pass. Overwrites the network's input and output.");
  out.line(" * The report, a line of text for each failure and a last one with PASS or FAIL, goes through putchar_function; 0: no report. */");
  out.line("int {}(void (*putchar_function)(char));", names.selftest);
  out.line();
  out.line("#ifdef __cplusplus");
  out.line("}}");
  out.line("#endif");
  out.line();
  out.line("#endif /* {}_H */", guard);
  return out.take();
}

std::string selftest_source_text(const Program& program, KernelVariant variant, const std::vector<KnownAnswer>& known_answers, const NetNames& names) {
  QMN_CHECK(!known_answers.empty(), "a self-test has known answers");
  const ProgramTensor &input = program.tensor(program.input), &logits = program.tensor(program.logits), &scores = program.tensor(program.output);
  const auto size_of = [](const ProgramTensor& tensor) { return static_cast<std::size_t>(tensor.size_bytes()); };
  for (const KnownAnswer& answer : known_answers) {
    QMN_CHECK(answer.input.size() == size_of(input) && answer.logits.size() == size_of(logits), "known answers have the network's sizes");
    QMN_CHECK(answer.scores.size() == (has_scores(program) ? size_of(scores) : 0), "known scores have the network's size");
  }
  CWriter out;
  out.line("/* {}.c   Generated by qmn: export again instead of editing. The answers are those of qmn's simulator. */", names.selftest);
  out.line("#include \"{}.h\"", names.selftest);
  out.line();
  out.line("#include \"{}.h\"", names.net);
  out.line();
  out.line("#define VECTOR_COUNT {}", known_answers.size());
  out.line();
  write_vectors(out, "inputs", names.macro + "_INPUT_COUNT", known_answers, &KnownAnswer::input, input);
  write_vectors(out, "expected_logits", names.macro + "_CLASS_COUNT", known_answers, &KnownAnswer::logits, logits);
  if (has_scores(program)) write_vectors(out, "expected_scores", names.macro + "_CLASS_COUNT", known_answers, &KnownAnswer::scores, scores);
  out.block(fill_template(kReport, {{"NET", names.net},
                                   {"MACRO", names.macro},
                                   {"SELFTEST", names.selftest},
                                   {"PREFIX", names.prefix},
                                   {"INPUT_TYPE", value_type(input)},
                                   {"CHECK", checks_library(variant) ? fill_template(kLibraryCheck, {{"NET", names.net}, {"PREFIX", names.prefix}}) : ""}}));
  return out.take();
}

}  // namespace qmn
