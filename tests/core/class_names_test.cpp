#include "engine/core/class_names.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace lenet;

using Names = std::vector<std::string>;

TEST_CASE("lines are names whatever ends them, and blank lines at the end are none", "[class_names]") {
  const Names expected{"T-shirt/top", "ankle boot", "Größe"};
  CHECK(class_name_lines("T-shirt/top\nankle boot\nGröße") == expected);
  CHECK(class_name_lines("T-shirt/top\nankle boot\nGröße\n") == expected);
  CHECK(class_name_lines("T-shirt/top\r\nankle boot\r\nGröße\r\n\r\n \n\n") == expected);
  CHECK(class_name_lines("\xef\xbb\xbfT-shirt/top\n  ankle boot  \nGröße") == expected);
  CHECK(class_name_lines("").empty());
  CHECK(class_name_lines("\n\r\n").empty());
  // A blank line before a name stays: the labels after it would be shifted.
  CHECK(class_name_lines("a\n\nb\n") == Names{"a", "", "b"});
}

TEST_CASE("names that a table could not show, or that say nothing, are faults", "[class_names]") {
  const auto fault = [](const std::string& name) { return class_name_fault({"first", name}); };
  CHECK(fault("ankle boot") == "");
  CHECK(fault("靴 🥾 Größe") == "");
  CHECK(fault(std::string(64, 'x')) == "");
  CHECK(fault(std::string(65, 'x')) == "line 2 is longer than 64 bytes");
  CHECK(fault("") == "line 2 is blank");
  CHECK(fault("first") == "line 2 has the name of line 1 again");
  for (const char* no_text : {"\xff",
                              "Gr\xf6\xdf"
                              "e",
                              "\xed\xa0\x80", "\xe9\x9d"})
    CHECK(fault(no_text) == "line 2 is not UTF-8");
  for (const char* control : {"a\tb", "\033[31mred", "a\rb", "\x7f", "\u0085", "\u009b31m", "a\u2028b",
                              "\u202egnp", "\u2066a", "\u2069", "\ufeffa"})
    CHECK(fault(control) == "line 2 has a control character");
  CHECK(fault(std::string("a\0b", 3)) == "line 2 has a control character");
  CHECK(fault("\u2027\u202f\u2065\u206a") == "");  // next to those that are refused
}

TEST_CASE("without names, classes are digits", "[class_names]") {
  const ClassNames digits;
  CHECK(digits.of(7) == "7");
  CHECK(std::string(digits.class_noun()) + digits.sample_noun() == "digitdigit");
  CHECK(digits.text().empty());
  const ClassNames names({"zero", "one"});
  CHECK(names.of(1) == "one");
  CHECK(names.of(2) == "2");
  CHECK(std::string(names.class_noun()) + names.sample_noun() == "classimage");
  CHECK(class_name_lines(names.text()) == Names{"zero", "one"});
}
