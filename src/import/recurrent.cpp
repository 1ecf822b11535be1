// SPDX-License-Identifier: Apache-2.0
// import/recurrent.cpp   With [x, h] the input and the last output side by side, ∘ element by element (ONNX operators LSTM-14 and GRU-14):
//   LSTM  i, o, f, c̃ = [x, h]·W + b;  i, f += P∘c;  c' = σ(f)∘c + σ(i)∘tanh(c̃);  o += P∘c';  h' = σ(o)∘tanh(c')
//   GRU   z, r = σ([x, h]·W + b);  h̃ = tanh([x, r∘h]·W + b), or tanh(x·W + b + r∘(h·R + b')) with linear_before_reset;  h' = (1 - z)∘h̃ + z∘h
#include "import/recurrent.h"

#include "base/error.h"
#include "formats/draft_builder.h"

#include <algorithm>

namespace qmn {
namespace {

class Expansion {
 public:
  explicit Expansion(const OperatorCall& call) : call_(call), name_(base_name(call.node)), body_build_(body_), outer_build_(outer_) {
    const std::string title = call.node.title();
    if (call.node.text("direction", "forward") != "forward") fail_data("{}: only the direction forward is supported", title);
    for (const char* refused : {"clip", "activations", "activation_alpha", "activation_beta"}) {
      const auto found = call.node.attributes.find(refused);
      if (found != call.node.attributes.end() && !is_default(found->second)) fail_data("{}: its attribute {} is not supported", title, refused);
    }
    if (call.node.integer("input_forget", 0) != 0) fail_data("{}: input_forget is not supported", title);
    if (call.rank(0) != 3 || call.shape(1).size() != 3 || call.shape(2).size() != 3 || call.shape(1)[0] != 1)
      fail_data("{}: inputs of shapes {}, {} and {}", title, to_string(call.shape(0)), to_string(call.shape(1)), to_string(call.shape(2)));
    is_batch_first_ = call.node.integer("layout", 0) != 0;
    steps_ = call.shape(0)[is_batch_first_ ? 1 : 0];
    batch_ = call.shape(0)[is_batch_first_ ? 0 : 1];
    hidden_ = call.shape(2)[2];
    inputs_ = call.shape(1)[2];
    const std::int64_t gates = call.node.op == "LSTM" ? 4 : 3;
    if (call.shape(0)[2] != inputs_ || call.shape(1)[1] != gates * hidden_ || call.shape(2) != Shape{1, gates * hidden_, hidden_})
      fail_data("{}: weights of shapes {} and {} for inputs of {}", title, to_string(call.shape(1)), to_string(call.shape(2)), to_string(call.shape(0)));
    if (call.has(3) && call.shape(3) != Shape{1, 2 * gates * hidden_}) fail_data("{}: its bias has shape {}", title, to_string(call.shape(3)));
    if (call.has(4)) check_lengths();
  }

  Draft run() {
    body_.name = name_ + "/body";
    const std::string h = name_ + "/h", c = name_ + "/c", x = name_ + "/x";
    const bool is_lstm = call_.node.op == "LSTM";
    std::vector<std::string> inputs{initial("/initial_h", 5)};
    body_.inputs = {{h, {}}};
    if (is_lstm) {
      inputs.push_back(initial("/initial_c", 6));
      body_.inputs.push_back({c, {}});
    }
    inputs.push_back(call_.node.inputs[0]);
    body_.inputs.push_back({x, {}});
    if (is_lstm) lstm(x, h, c);
    else gru(x, h);
    const std::string h_out = body_.outputs[0];
    body_.outputs.push_back(h_out);
    finish(std::move(inputs));
    return std::move(outer_);
  }

 private:
  bool is_default(const DraftAttribute& value) const {
    const auto* texts = std::get_if<std::vector<std::string>>(&value);
    if (texts == nullptr) return false;
    const std::vector<std::string> lstm{"Sigmoid", "Tanh", "Tanh"}, gru{"Sigmoid", "Tanh"};
    return *texts == (call_.node.op == "LSTM" ? lstm : gru);
  }

  void check_lengths() const {
    for (const std::int64_t length : call_.constant_integers(4)) {
      if (length != steps_) fail_data("{}: sequences of different length are not supported", call_.node.title());
    }
  }

  /// The zero state, or the given one without its dimension of directions, for one clip a row.
  std::string initial(const char* suffix, std::size_t index) {
    DraftTensor state{ElementType::float32, {batch_, hidden_}, std::vector<double>(static_cast<std::size_t>(batch_ * hidden_), 0.0)};
    if (call_.has(index)) {
      const std::vector<double>& given = call_.constant(index).numbers;
      const auto row = static_cast<std::size_t>(hidden_);
      bool is_one_for_all = !given.empty() && given.size() % row == 0;  // however many clips the file was exported for
      for (std::size_t i = row; is_one_for_all && i < given.size(); ++i) is_one_for_all = given[i] == given[i - row];
      if (given.size() != state.numbers.size() && !is_one_for_all) fail_data("{}: an initial state of shape {} for {} clips", call_.node.title(), to_string(call_.shape(index)), batch_);
      for (std::size_t i = 0; i < state.numbers.size(); ++i) state.numbers[i] = given[given.size() == state.numbers.size() ? i : i % row];
    }
    return outer_build_.constant(name_ + suffix, std::move(state));
  }

  /// Rows gate·hidden … of the three-dimensional parameter.
  std::vector<double> rows(const DraftTensor& tensor, std::int64_t first, std::int64_t count, std::int64_t width) const {
    const auto begin = tensor.numbers.begin() + first * hidden_ * width;
    return {begin, begin + count * hidden_ * width};
  }

  std::vector<double> bias(std::int64_t first, std::int64_t count, bool is_recurrent_half) const {
    const std::int64_t gates = call_.shape(1)[1] / hidden_;
    if (!call_.has(3)) return std::vector<double>(static_cast<std::size_t>(count * hidden_), 0.0);
    return rows(call_.constant(3), (is_recurrent_half ? gates : 0) + first, count, 1);
  }

  std::vector<double> whole_bias(std::int64_t first, std::int64_t count) const {
    std::vector<double> sum = bias(first, count, false);
    const std::vector<double> other = bias(first, count, true);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += other[i];
    return sum;
  }

  std::string constant(const char* suffix, Shape shape, std::vector<double> numbers) {
    return body_build_.constant(name_ + suffix, {ElementType::float32, std::move(shape), std::move(numbers)});
  }

  std::string node(const char* op, const char* suffix, std::vector<std::string> inputs, DraftAttributes attributes = {}) {
    return body_build_.helper(op, name_ + suffix, std::move(inputs), std::move(attributes));
  }

  /// [x, h] · [W R]ᵀ + b for `count` gates from `first` on.
  std::string gates(const char* suffix, const std::string& joined, std::int64_t first, std::int64_t count) {
    const std::vector<double> w = rows(call_.constant(1), first, count, inputs_), r = rows(call_.constant(2), first, count, hidden_);
    std::vector<double> both;
    for (std::int64_t row = 0; row < count * hidden_; ++row) {
      both.insert(both.end(), w.begin() + row * inputs_, w.begin() + (row + 1) * inputs_);
      both.insert(both.end(), r.begin() + row * hidden_, r.begin() + (row + 1) * hidden_);
    }
    return node("Gemm", suffix,
                {joined, constant("/weight", {count * hidden_, inputs_ + hidden_}, std::move(both)), constant("/bias", {count * hidden_}, whole_bias(first, count))},
                {{"transB", std::int64_t{1}}});
  }

  std::vector<std::string> split(const std::string& value, std::size_t count) {
    DraftNode parts{body_build_.fresh(name_ + "/split"), "Split", {value}, {}, {{"axis", std::int64_t{1}}}};
    for (std::size_t i = 0; i < count; ++i) parts.outputs.push_back(body_build_.fresh(name_ + "/gate"));
    body_.nodes.push_back(parts);
    return parts.outputs;
  }

  std::string peephole(const std::string& gate, const std::string& cell, std::int64_t which) {
    if (!call_.has(7)) return gate;
    return node("Add", "/with_cell", {gate, node("Mul", "/peephole", {cell, constant("/peepholes", {hidden_}, rows(call_.constant(7), which, 1, 1))})});
  }

  void lstm(const std::string& x, const std::string& h, const std::string& c) {
    if (call_.has(7) && call_.shape(7) != Shape{1, 3 * hidden_}) fail_data("{}: its peepholes have shape {}", call_.node.title(), to_string(call_.shape(7)));
    const std::string joined = node("Concat", "/joined", {x, h}, {{"axis", std::int64_t{1}}});
    const std::vector<std::string> iofc = split(gates("/gates", joined, 0, 4), 4);
    const std::string i = node("Sigmoid", "/i", {peephole(iofc[0], c, 0)}), f = node("Sigmoid", "/f", {peephole(iofc[2], c, 2)});
    const std::string cell = node("Add", "/c_out", {node("Mul", "/kept", {f, c}), node("Mul", "/new", {i, node("Tanh", "/candidate", {iofc[3]})})});
    const std::string o = node("Sigmoid", "/o", {peephole(iofc[1], cell, 1)});
    body_.outputs = {node("Mul", "/h_out", {o, node("Tanh", "/squashed", {cell})}), cell};
  }

  void gru(const std::string& x, const std::string& h) {
    const std::string joined = node("Concat", "/joined", {x, h}, {{"axis", std::int64_t{1}}});
    const std::vector<std::string> zr = split(node("Sigmoid", "/zr", {gates("/gates", joined, 0, 2)}), 2);
    std::string linear;
    if (call_.node.integer("linear_before_reset", 0) == 0) {
      const std::string reset = node("Concat", "/reset_joined", {x, node("Mul", "/reset", {zr[1], h})}, {{"axis", std::int64_t{1}}});
      linear = gates("/candidate_linear", reset, 2, 1);
    } else {
      const DraftAttributes transposed{{"transB", std::int64_t{1}}};
      const std::string of_x = node("Gemm", "/of_x", {x, constant("/w", {hidden_, inputs_}, rows(call_.constant(1), 2, 1, inputs_)), constant("/wb", {hidden_}, bias(2, 1, false))}, transposed);
      const std::string of_h = node("Gemm", "/of_h", {h, constant("/r", {hidden_, hidden_}, rows(call_.constant(2), 2, 1, hidden_)), constant("/rb", {hidden_}, bias(2, 1, true))}, transposed);
      linear = node("Add", "/candidate_linear", {of_x, node("Mul", "/reset", {zr[1], of_h})});
    }
    const std::string one = constant("/one", {}, {1});
    const std::string fresh = node("Mul", "/new", {node("Sub", "/open", {one, zr[0]}), node("Tanh", "/candidate", {linear})});
    body_.outputs = {node("Add", "/h_out", {fresh, node("Mul", "/kept", {zr[0], h})})};
  }

  /// Y [steps, 1, batch, hidden], Y_h and Y_c [1, batch, hidden]; with layout 1 the batch comes first.
  void finish(std::vector<std::string> inputs) {
    const std::size_t states = body_.outputs.size() - 1;
    DraftNode scan{name_, "Scan", std::move(inputs), {}, {{"num_scan_inputs", std::int64_t{1}}}};
    const std::int64_t axis = is_batch_first_ ? 1 : 0;
    scan.attributes["scan_input_axes"] = std::vector<std::int64_t>{axis};
    scan.attributes["scan_output_axes"] = std::vector<std::int64_t>{axis};
    const auto output = [&](std::size_t index) { return index < call_.node.outputs.size() ? call_.node.outputs[index] : std::string(); };
    std::vector<DraftNode> after;
    for (std::size_t i = 0; i <= states; ++i) {
      const bool is_sequence = i == states;
      const std::string wanted = output(is_sequence ? 0 : i + 1);
      scan.outputs.push_back(wanted.empty() ? std::string() : outer_build_.fresh(wanted + "/rows"));
      if (wanted.empty()) continue;
      const std::int64_t direction_axis = is_sequence ? (is_batch_first_ ? 2 : 1) : (is_batch_first_ ? 1 : 0);
      after.push_back({wanted + "/direction", "Unsqueeze", {scan.outputs.back()}, {wanted}, {{"axes", std::vector<std::int64_t>{direction_axis}}}});
    }
    // An output that nobody reads keeps a name, so that the Scan keeps its form.
    for (std::string& name : scan.outputs) {
      if (name.empty()) name = outer_build_.fresh(name_ + "/unused");
    }
    scan.attributes["body"] = std::make_shared<const Draft>(std::move(body_));
    outer_.nodes.push_back(std::move(scan));
    outer_.nodes.insert(outer_.nodes.end(), after.begin(), after.end());
  }

  /// Values are unique, node names need not be.
  static std::string base_name(const DraftNode& node) {
    const auto named = std::find_if(node.outputs.begin(), node.outputs.end(), [](const std::string& name) { return !name.empty(); });
    return named == node.outputs.end() ? node.name : *named + "/" + node.op;
  }

  const OperatorCall& call_;
  std::string name_;
  Draft body_, outer_;
  DraftBuilder body_build_, outer_build_;
  bool is_batch_first_ = false;
  std::int64_t steps_ = 0, batch_ = 0, hidden_ = 0, inputs_ = 0;
};

}  // namespace

bool is_recurrent(const std::string& op) { return op == "LSTM" || op == "GRU"; }

Draft expand_recurrent(const OperatorCall& call) { return Expansion(call).run(); }

}  // namespace qmn
