#include "tests/layers/layer_cases.hpp"

#include <initializer_list>

#include "tests/reference/draw.hpp"

namespace lenet {
namespace {

Graph chain(Image input, std::initializer_list<Layer> layers) {
  Graph graph(input);
  for (const Layer& layer : layers) graph.add(layer);
  return graph;
}

/// A random network: one to three convolutions with any mixture of padding, ReLU, pooling and dropout.
Graph random_network(std::uint64_t test) {
  RandomSequence random = reference::random_for(1000 + test);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(high - low + 1)));
  };
  Graph graph(Image{.channels = pick(1, 4), .height = pick(7, 15), .width = pick(7, 15)});
  for (std::int64_t convolutions = pick(1, 3); convolutions > 0; --convolutions) {
    const std::int64_t smaller = std::min(graph.output()[1], graph.output()[2]);
    if (pick(0, 1))
      graph.add(Conv2d{.filters = pick(1, 20), .kernel = 2 * pick(0, 2) + 1, .padding = Padding::same});
    else
      graph.add(Conv2d{.filters = pick(1, 20), .kernel = pick(1, std::min<std::int64_t>(smaller, 5))});
    if (pick(0, 3)) graph.add(Relu{});
    if (pick(0, 3) == 0) graph.add(Dropout{.rate = 0.25f});
    const std::int64_t left = std::min(graph.output()[1], graph.output()[2]);
    if (pick(0, 1) && left >= 3) graph.add(MaxPool2d{.window = pick(2, 3)});
  }
  graph.add(Flatten{});
  if (pick(0, 1)) graph.add(Linear{.units = pick(1, 40)}).add(Relu{});
  graph.add(Linear{.units = pick(2, 12)});
  return graph;
}

}  // namespace

template <>
std::vector<LayerCase> cases_of<Conv2d>() {
  std::vector<LayerCase> cases{
      {"one channel, as on MNIST",
       chain({1, 9, 8}, {Conv2d{5, 5, Padding::same}, Relu{}, Flatten{}, Linear{4}})},
      {"three in a row with odd channels, so that gradients pass through two",
       chain({3, 8, 9}, {Conv2d{5, 3, Padding::same}, Relu{}, Conv2d{7, 2}, Relu{},
                         Conv2d{3, 3, Padding::same}, Flatten{}, Linear{5}})},
      {"no ReLU between two",
       chain({2, 6, 7}, {Conv2d{3, 3}, Conv2d{4, 3, Padding::same}, Flatten{}, Linear{3}})},
      {"a kernel of one pixel",
       chain({3, 5, 5}, {Conv2d{4, 1}, Conv2d{2, 1, Padding::same}, Flatten{}, Linear{3}})},
      {"a kernel as large as the image", chain({2, 4, 4}, {Conv2d{6, 4}, Relu{}, Flatten{}, Linear{3}})},
      {"a kernel larger than the image, padded",
       chain({1, 3, 2}, {Conv2d{2, 7, Padding::same}, Flatten{}, Linear{3}})},
      {"one row", chain({2, 1, 9}, {Conv2d{3, 3, Padding::same}, Conv2d{2, 1}, Flatten{}, Linear{3}})},
      {"the channels of the large network and one more",
       chain({1, 6, 6}, {Conv2d{33, 3, Padding::same}, Relu{}, Conv2d{65, 3, Padding::same}, Relu{},
                         Flatten{}, Linear{10}})},
      {"logits straight from a convolution", chain({2, 4, 4}, {Conv2d{5, 4}, Flatten{}})},
  };
  for (std::uint64_t test = 0; test < 12; ++test)
    cases.push_back({"random network " + std::to_string(test), random_network(test)});
  return cases;
}

template <>
std::vector<LayerCase> cases_of<Linear>() {
  return {
      {"alone, as in the regressor", chain({1, 28, 28}, {Flatten{}, Linear{10}})},
      {"two in a row without ReLU", chain({1, 4, 5}, {Flatten{}, Linear{7}, Linear{3}})},
      {"a bottleneck of one unit", chain({1, 5, 5}, {Flatten{}, Linear{1}, Linear{4}})},
      {"one input", chain({1, 1, 1}, {Flatten{}, Linear{17}, Relu{}, Linear{2}})},
      {"one class: the loss is zero", chain({1, 3, 3}, {Flatten{}, Linear{1}})},
      {"units that fill no vector register",
       chain({1, 7, 9}, {Flatten{}, Linear{129}, Relu{}, Linear{31}, Relu{}, Linear{11}})},
      {"more classes than digits", chain({1, 4, 4}, {Flatten{}, Linear{200}})},
  };
}

template <>
std::vector<LayerCase> cases_of<Relu>() {
  return {
      {"of the pixels", chain({2, 3, 4}, {Relu{}, Flatten{}, Linear{3}})},
      {"twice", chain({1, 4, 4}, {Flatten{}, Linear{9}, Relu{}, Relu{}, Linear{3}})},
      {"of an image, before a dense layer", chain({1, 5, 5}, {Conv2d{3, 3}, Relu{}, Flatten{}, Linear{4}})},
      {"after flattening", chain({1, 5, 5}, {Conv2d{3, 3}, Flatten{}, Relu{}, Linear{4}})},
      {"after max-pooling",
       chain({1, 6, 6}, {Conv2d{3, 3}, MaxPool2d{2}, Relu{}, Conv2d{2, 2}, Flatten{}, Linear{4}})},
      {"of the logits", chain({1, 4, 4}, {Flatten{}, Linear{8}, Relu{}, Linear{5}, Relu{}})},
  };
}

template <>
std::vector<LayerCase> cases_of<MaxPool2d>() {
  return {
      {"of the pixels", chain({2, 5, 7}, {MaxPool2d{2}, Flatten{}, Linear{3}})},
      {"window 2, ragged both ways",
       chain({1, 7, 9}, {Conv2d{3, 3, Padding::same}, Relu{}, MaxPool2d{2}, Flatten{}, Linear{4}})},
      {"after a 5×5 convolution of one channel, with which it is one kernel",
       chain({1, 10, 9}, {Conv2d{6, 5, Padding::same}, Relu{}, MaxPool2d{2}, Flatten{}, Linear{4}})},
      {"window 3, ragged both ways",
       chain({1, 8, 10}, {Conv2d{5, 3, Padding::same}, Relu{}, MaxPool2d{3}, Flatten{}, Linear{4}})},
      {"of negative numbers too",
       chain({1, 8, 8}, {Conv2d{4, 3, Padding::same}, MaxPool2d{2}, Conv2d{3, 3}, Flatten{}, Linear{4}})},
      {"two in a row", chain({1, 12, 13}, {Conv2d{3, 1}, MaxPool2d{2}, MaxPool2d{3}, Flatten{}, Linear{4}})},
      {"window 1: nothing happens",
       chain({1, 4, 4}, {Conv2d{3, 3}, Relu{}, MaxPool2d{1}, Flatten{}, Linear{3}})},
      {"the whole image", chain({1, 6, 6}, {Conv2d{9, 3}, Relu{}, MaxPool2d{4}, Flatten{}, Linear{3}})},
      {"between convolutions, odd channels",
       chain({1, 12, 11}, {Conv2d{7, 3, Padding::same}, Relu{}, MaxPool2d{2}, Conv2d{5, 3, Padding::same},
                           Relu{}, MaxPool2d{2}, Flatten{}, Linear{6}})},
      {"logits straight from pooling",
       chain({1, 4, 4}, {Conv2d{3, 3, Padding::same}, MaxPool2d{4}, Flatten{}})},
  };
}

template <>
std::vector<LayerCase> cases_of<Flatten>() {
  return {
      {"of the pixels of three channels", chain({3, 4, 5}, {Flatten{}, Linear{6}})},
      {"of odd channels, in the order C, H, W", chain({1, 7, 6}, {Conv2d{11, 3}, Flatten{}, Linear{6}})},
      {"of a vector: nothing happens",
       chain({1, 4, 4}, {Flatten{}, Flatten{}, Linear{6}, Flatten{}, Relu{}, Linear{3}})},
      {"after pooling and ReLU",
       chain({1, 9, 6}, {Conv2d{17, 3}, Relu{}, MaxPool2d{2}, Relu{}, Flatten{}, Linear{6}})},
  };
}

template <>
std::vector<LayerCase> cases_of<Dropout>() {
  return {
      {"of a vector, as in the CNN",
       chain({1, 5, 5}, {Flatten{}, Linear{33}, Relu{}, Dropout{0.5f}, Linear{4}})},
      {"before ReLU", chain({1, 5, 5}, {Flatten{}, Linear{33}, Dropout{0.5f}, Relu{}, Linear{4}})},
      {"of the pixels", chain({3, 5, 3}, {Dropout{0.2f}, Flatten{}, Linear{4}})},
      {"of an image between convolutions",
       chain({1, 7, 7}, {Conv2d{5, 3, Padding::same}, Relu{}, Dropout{0.3f}, Conv2d{4, 3}, Relu{}, Flatten{},
                         Linear{4}})},
      {"of an image before max-pooling",
       chain({1, 7, 7}, {Conv2d{3, 3, Padding::same}, Dropout{0.3f}, MaxPool2d{2}, Flatten{}, Linear{4}})},
      {"of an image after max-pooling", chain({1, 7, 7}, {Conv2d{3, 3, Padding::same}, Relu{}, MaxPool2d{2},
                                                          Dropout{0.6f}, Flatten{}, Linear{4}})},
      {"of odd features, so that samples share a block of random words",
       chain({1, 3, 3}, {Flatten{}, Linear{7}, Dropout{0.5f}, Linear{3}})},
      {"several in one graph", chain({1, 4, 4}, {Dropout{0.1f}, Flatten{}, Dropout{0.2f}, Linear{9}, Relu{},
                                                 Dropout{0.3f}, Dropout{0.4f}, Linear{3}})},
      {"rate 0: nothing happens", chain({1, 4, 4}, {Flatten{}, Linear{9}, Relu{}, Dropout{0.0f}, Linear{3}})},
      {"of the logits", chain({1, 4, 4}, {Flatten{}, Linear{5}, Dropout{0.5f}})},
  };
}

}  // namespace lenet
