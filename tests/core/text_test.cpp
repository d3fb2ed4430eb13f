#include "engine/core/text.hpp"

#include <array>

#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("a near name is suggested, a far one lists what there is", "[text]") {
  constexpr std::array<std::string_view, 3> models = {"regressor", "mlp", "cnn"};
  CHECK(unknown_name("model", "cn", models) == "unknown model 'cn': did you mean 'cnn'?");
  CHECK(unknown_name("model", "regresor", models) == "unknown model 'regresor': did you mean 'regressor'?");
  CHECK(unknown_name("model", "CNN", models) == "unknown model 'CNN': did you mean 'cnn'?");
  CHECK(unknown_name("model", "mpl", models) == "unknown model 'mpl': did you mean 'mlp'?");
  CHECK(unknown_name("model", "resnet50", models) ==
        "unknown model 'resnet50': expected regressor, mlp or cnn");
  CHECK(unknown_name("model", "", models) == "unknown model '': expected regressor, mlp or cnn");
}

TEST_CASE("what a terminal would obey is spelt out, letters of any language stay", "[text]") {
  CHECK(printable("e\nb\t\x1b[31mX\x7f") == "e\\nb\\t\\x1b[31mX\\x7f");
  CHECK(printable("größe-日本.png") == "größe-日本.png");
}

TEST_CASE("numbers are written for readers", "[text]") {
  CHECK(with_thousands(0) == "0");
  CHECK(with_thousands(999) == "999");
  CHECK(with_thousands(1000) == "1,000");
  CHECK(with_thousands(3274634) == "3,274,634");
  CHECK(with_thousands(-1234567) == "-1,234,567");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(13631488) == "13.0 MiB");
}
