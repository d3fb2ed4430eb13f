#include "engine/compile/segments.hpp"

#include <string>

#include "models/models.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using compile::fuse;
using compile::Segment;

namespace {

/// The kinds of a graph's nodes, with brackets around each segment: "[Conv2d ReLU MaxPool2d] [Flatten]".
std::string segments_of(const Graph& graph) {
  std::string text;
  for (const Segment& segment : fuse(graph)) {
    text += text.empty() ? "[" : " [";
    for (const Node& node : segment.nodes) {
      if (text.back() != '[') text += ' ';
      text += kind_of(node.layer);
    }
    text += ']';
  }
  return text;
}

Graph images() { return Graph(Image{.channels = 2, .height = 16, .width = 16}); }

}  // namespace

TEST_CASE("a main layer takes along the ReLU, pooling and dropout that follow it in this order",
          "[compile]") {
  CHECK(segments_of(models::make_model("cnn").graph) ==
        "[Conv2d ReLU MaxPool2d] [Conv2d ReLU MaxPool2d] [Flatten] [Linear ReLU Dropout] [Linear]");
  CHECK(segments_of(models::make_model("mlp").graph) == "[Flatten] [Linear ReLU] [Linear]");
  CHECK(segments_of(models::make_model("regressor").graph) == "[Flatten] [Linear]");
}

TEST_CASE("what is out of order or there twice begins a segment of its own", "[compile]") {
  const Conv2d conv{.filters = 3, .kernel = 3};
  CHECK(segments_of(images().add(Relu{}).add(MaxPool2d{}).add(MaxPool2d{})) ==
        "[ReLU MaxPool2d] [MaxPool2d]");
  CHECK(segments_of(images().add(conv).add(MaxPool2d{}).add(Relu{})) == "[Conv2d MaxPool2d] [ReLU]");
  CHECK(segments_of(images().add(conv).add(Relu{}).add(Relu{}).add(Dropout{})) ==
        "[Conv2d ReLU] [ReLU Dropout]");
  CHECK(segments_of(images().add(conv).add(Dropout{}).add(MaxPool2d{})) == "[Conv2d Dropout] [MaxPool2d]");
  CHECK(segments_of(images().add(Flatten{}).add(Relu{})) == "[Flatten] [ReLU]");
}

TEST_CASE("a segment knows its nodes' indices, and whether it gives the logits", "[compile]") {
  const Graph graph = models::make_model("cnn").graph;
  const std::vector<Segment> segments = fuse(graph);
  const Segment& dense = segments[3];
  CHECK(dense.main().name == "fc1");
  CHECK(dense.first == 7);
  CHECK(dense.relu == 8);
  CHECK_FALSE(dense.pool);
  CHECK(dense.dropout == 9);
  CHECK(&dense.at(9).node == &graph.nodes()[9]);
  CHECK_FALSE(dense.last);
  CHECK(segments.back().last);
}
