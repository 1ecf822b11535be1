// SPDX-License-Identifier: Apache-2.0
// Shifts, factors, rows and tables of the operators without weights.
#include "lower/lower.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

/// Two images or rows, `a` (the input) and `b` (a Relu of it), with formats of their own, and a node over them.
class TwoOperands {
 public:
  TwoOperands(const Shape& shape, QFormat a_format, QFormat b_format) {
    model_.graph.name = "net";
    model_.quantization.emplace();
    a = model_.graph.input = value("a", a_format, shape);
    b = add(Relu{}, "b", b_format, [&](Relu& node) { node.input = a; });
  }

  template <class N, class Fill>
  ValueId add(N node, const std::string& name, QFormat format, const Fill& fill) {
    node.name = name + "_node";
    node.output = value(name, format, {});
    fill(node);
    model_.graph.nodes.emplace_back(std::move(node));
    model_.graph.output = *model_.graph.find(name);
    infer_shapes(model_.graph);
    return model_.graph.output;
  }
  template <class N>
  ValueId add_binary(const std::string& name, QFormat format, Activation activation = Activation::none) {
    return add(N{}, name, format, [&](N& node) {
      node.left = a;
      node.right = b;
      node.activation = activation;
    });
  }
  template <class N>
  ValueId add_constant(const std::string& name, QFormat format, const Tensor& constant, QFormat constant_format) {
    return add(N{}, name, format, [&](N& node) {
      node.left = a;
      node.constant = model_.graph.add_initializer(name + "_constant", constant);
      model_.quantization->formats[node.constant] = constant_format;
    });
  }
  /// A row of one value behind the last node, as a program ends with a row.
  void add_classifier() {
    const ValueId last = model_.graph.output;
    const ValueId row = add(Flatten{}, "row_of_all", model_.quantization->formats.at(last), [&](Flatten& node) { node.input = last; });
    add(FullyConnected{}, "logits", {8, -8}, [&](FullyConnected& node) {
      const std::int64_t count = element_count(model_.graph.shape(row));
      node.input = row;
      node.weight = model_.graph.add_initializer("weight", {{1, count}, std::vector<float>(static_cast<std::size_t>(count), 0.5f)});
      model_.quantization->formats[node.weight] = {8, 4};
    });
  }
  Program lowered() const { return lower(model_, {.adds_softmax = false}); }
  Model& model() { return model_; }

  ValueId a = kNoValue, b = kNoValue;

 private:
  ValueId value(const std::string& name, QFormat format, const Shape& shape) {
    const ValueId id = model_.graph.add_value(name, shape);
    model_.quantization->formats[id] = format;
    return id;
  }
  Model model_;
};

template <class K>
const K& last_kernel(const Program& program) {
  return std::get<K>(program.kernels.back());
}

void expect_error(const TwoOperands& net, const std::vector<std::string>& parts) {
  try {
    net.lowered();
    ADD_FAILURE() << "it was lowered";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos);
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
  }
}

TEST(LowerElementwise, ASumStandsAtTheFinestOfItsThreeFormats) {
  struct Case {
    int a, b, out;
    std::int32_t a_factor, b_factor;
    int out_shift;
  };
  for (const Case& c : {Case{4, 4, 4, 1, 1, 0}, {4, 6, 3, 4, 1, 3}, {6, 4, 5, 1, 4, 1}, {3, 2, 5, 4, 8, 0}, {-1, 2, 0, 8, 1, 2}}) {
    for (const bool is_sub : {false, true}) {
      TwoOperands net({1, 8}, {8, c.a}, {8, c.b});
      is_sub ? net.add_binary<Sub>("out", {8, c.out}) : net.add_binary<Add>("out", {8, c.out});
      const Program program = net.lowered();
      const auto& kernel = last_kernel<AddKernel>(program);
      EXPECT_EQ(kernel.left_factor, c.a_factor);
      EXPECT_EQ(kernel.right_factor, is_sub ? -c.b_factor : c.b_factor);
      EXPECT_EQ(kernel.out_shift, c.out_shift);
    }
  }
}

TEST(LowerElementwise, ActivationsBecomeRawBoundsOfTheOutput) {
  TwoOperands net({1, 8}, {8, 4}, {8, 4});
  net.add_binary<Add>("out", {8, 4}, Activation::relu6);
  EXPECT_EQ(last_kernel<AddKernel>(net.lowered()).clip.min, 0);
  EXPECT_EQ(last_kernel<AddKernel>(net.lowered()).clip.max, 96);  // 6 · 2^4
  TwoOperands saturating({1, 8}, {8, 4}, {8, 4});
  saturating.add_binary<Mul>("out", {8, 5}, Activation::relu6);
  EXPECT_EQ(last_kernel<MulKernel>(saturating.lowered()).clip.max, 127);  // 6 is beyond Q2.5
  TwoOperands wide({1, 8}, {8, 4}, {16, 9});
  wide.add_binary<Mul>("out", {16, 12}, Activation::relu);
  EXPECT_EQ(last_kernel<MulKernel>(wide.lowered()).clip.min, 0);
  EXPECT_EQ(last_kernel<MulKernel>(wide.lowered()).clip.max, 32767);
}

TEST(LowerElementwise, ClipTakesRealBounds) {
  TwoOperands net({1, 8}, {8, 4}, {8, 4});
  net.add(Clamp{}, "out", {8, 4}, [&](Clamp& node) {
    node.input = net.b;
    node.low = -0.72f;  // -11.52 rounds to -12
    node.high = 2.53125f;  // 40.5 rounds up
  });
  const Program program = net.lowered();
  const auto& kernel = last_kernel<RequantizeKernel>(program);
  EXPECT_EQ(kernel.clip_min, -12);
  EXPECT_EQ(kernel.clip_max, 41);
}

TEST(LowerElementwise, ConstantsFollowTheMemoryOfTheirOperand) {
  const QFormat format{8, 4}, constant_format{8, 2};
  TwoOperands image({1, 3, 2, 2}, format, format);
  image.add_constant<Mul>("out", format, {{3, 1, 1}, {1, 2, 3}}, constant_format);
  image.add_classifier();
  EXPECT_EQ(std::get<MulKernel>(image.lowered().kernels[1]).constant.values, (std::vector<std::int16_t>{4, 8, 12}));
  TwoOperands row({1, 3}, format, format);
  row.add_constant<Add>("out", format, {{3}, {1, 2, 3}}, constant_format);
  EXPECT_EQ(last_kernel<AddKernel>(row.lowered()).constant.values, (std::vector<std::int16_t>{4, 8, 12}));
  TwoOperands number({1, 3, 2, 2}, format, format);
  number.add_constant<Sub>("out", format, {{1}, {1.5f}}, constant_format);
  number.add_classifier();
  EXPECT_EQ(std::get<AddKernel>(number.lowered().kernels[1]).constant.values, std::vector<std::int16_t>{6});
}

TEST(LowerElementwise, ConcatAndSliceMoveRowsOfNhwcImages) {
  struct Case {
    std::int64_t axis;
    int rows, count, second_first, step;
  };
  // [1, 2 channels, 3 rows, 4 columns], twice
  for (const Case& c : {Case{1, 12, 2, 2, 4}, {2, 1, 24, 24, 24}, {3, 3, 8, 8, 16}}) {
    TwoOperands net({1, 2, 3, 4}, {8, 4}, {8, 6});
    const ValueId joined = net.add(Concat{}, "joined", {8, 4}, [&](Concat& node) {
      node.inputs = {net.a, net.b};
      node.axis = c.axis;
    });
    net.add(Slice{}, "out", {8, 4}, [&](Slice& node) {
      const std::int64_t extent = net.model().graph.shape(net.a)[static_cast<std::size_t>(c.axis)];
      node.input = joined;
      node.axis = c.axis;
      node.start = extent;
      node.end = 2 * extent;
    });
    net.add_classifier();
    const Program program = net.lowered();
    const auto& concat = std::get<ConcatKernel>(program.kernels[1]);
    ASSERT_EQ(concat.copies.size(), 2U);
    for (const CopyRows& copy : concat.copies) {
      EXPECT_EQ(copy.rows, c.rows) << "axis " << c.axis;
      EXPECT_EQ(copy.row_count, c.count);
      EXPECT_EQ(copy.in_step, c.count);
      EXPECT_EQ(copy.out_step, c.rows == 1 ? c.count : c.step);
    }
    EXPECT_EQ(concat.copies[0].out_first, 0);
    EXPECT_EQ(concat.copies[1].out_first, c.second_first);
    EXPECT_EQ(concat.copies[1].right_shift, 2);
    const auto& slice = std::get<CopyKernel>(program.kernels[2]);
    EXPECT_EQ(slice.copy.in_first, c.second_first);
    EXPECT_EQ(slice.copy.rows, c.rows);
    EXPECT_EQ(slice.copy.row_count, c.count);
  }
}

TEST(LowerElementwise, CurvesLookUpBytesAndInterpolateWords) {
  TwoOperands bytes({1, 8}, {8, 4}, {8, 4});
  bytes.add(Tanh{}, "out", {8, 7}, [&](Tanh& node) { node.input = bytes.b; });
  EXPECT_EQ(last_kernel<LookupKernel>(bytes.lowered()).table, lookup_table(Curve::tanh, {8, 4}, {8, 7}));
  TwoOperands words({1, 8}, {8, 4}, {16, 11});
  words.add(Sigmoid{}, "out", {8, 7}, [&](Sigmoid& node) { node.input = words.b; });
  EXPECT_EQ(last_kernel<InterpolateKernel>(words.lowered()).table.values, interpolation_table(Curve::sigmoid, {16, 11}, {8, 7})->values);
}

TEST(LowerElementwiseErrors, AProductThatIsFinerThanItsFactors) {
  TwoOperands net({1, 8}, {8, 2}, {8, 3});
  net.add_binary<Mul>("out", {8, 7});
  expect_error(net, {"Mul out_node", "out_shift would be -2", "Q5.2 x Q4.3 to Q0.7", "-25 to 5 fractional bits"});
}

TEST(LowerElementwiseErrors, ASumOfFormatsThatLieTooFarApart) {
  TwoOperands net({1, 8}, {8, 24}, {8, 0});
  net.add_binary<Add>("out", {8, 0});
  expect_error(net, {"Add out_node", "Q-17.24", "Q7.0", "32 bits"});
}

TEST(LowerElementwiseErrors, ACurveThatIsFinerThanItsTable) {
  TwoOperands net({1, 8}, {8, 4}, {16, -3});
  net.add(Tanh{}, "out", {16, 16}, [&](Tanh& node) { node.input = net.b; });
  expect_error(net, {"Tanh out_node", "out", "16 fractional bits", "at most 15"});
}

TEST(LowerElementwiseErrors, OperandsInDifferentOrders) {
  TwoOperands net({1, 2, 3, 4}, {8, 4}, {8, 4});
  const ValueId row = net.add(Flatten{}, "row", {8, 4}, [&](Flatten& node) { node.input = net.a; });
  const ValueId cut = net.add(Slice{}, "cut", {8, 4}, [&](Slice& node) {
    node.input = row;
    node.end = 24;
  });
  net.add(Add{}, "ok", {8, 4}, [&](Add& node) {
    node.left = row;
    node.right = cut;
  });
  FullyConnected dense;
  dense.name = "dense";
  dense.input = row;
  Model& model = net.model();
  dense.weight = model.graph.add_initializer("weight", {{24, 24}, std::vector<float>(576, 0.5f)});
  dense.output = model.graph.add_value("dense_out");
  model.quantization->formats[dense.weight] = {8, 4};
  model.quantization->formats[dense.output] = {8, 2};
  model.graph.nodes.emplace_back(dense);
  net.add(Add{}, "out", {8, 4}, [&](Add& node) {
    node.left = row;
    node.right = dense.output;
  });
  expect_error(net, {"Add out_node", "row", "dense_out", "different orders"});
}

}  // namespace
}  // namespace qmn
