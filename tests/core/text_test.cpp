#include "engine/core/text.hpp"

#include <array>
#include <string>

#include "engine/core/cut_apart.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("a text is split into lines and words", "[text]") {
  using Parts = std::vector<std::string_view>;
  CHECK(lines_of("").empty());
  CHECK(lines_of("\n") == Parts{""});
  CHECK(lines_of("a") == Parts{"a"});
  CHECK(lines_of("a\n\nb c\n") == Parts{"a", "", "b c"});
  CHECK(words_of("").empty());
  CHECK(words_of(" \t\n").empty());
  CHECK(words_of(" a  bc\td\r\n") == Parts{"a", "bc", "d"});
}

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

TEST_CASE("bytes that are no UTF-8, and controls beyond ASCII, are spelt out", "[text]") {
  CHECK(printable("t\xe9st \xc3") == "t\\xe9st \\xc3");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m");                 // U+009B begins a command
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");               // '/' in too many bytes
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");      // a surrogate
  CHECK(printable("\xf4\x90\x80\x80").starts_with("\\xf4"));  // above U+10FFFF
  CHECK(printable("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
  CHECK(is_utf8("größe-日本"));
  CHECK(is_utf8(""));
  CHECK_FALSE(is_utf8("caf\xe9"));
}

TEST_CASE("a long value is cut between letters", "[text]") {
  CHECK(shortened("short") == "short");
  CHECK(shortened("größe", 5) == "größe");
  CHECK(shortened("größer", 5) == "größ…");
  CHECK(shortened(std::string(100'000, 'x')).size() == 59 + 3);
  CHECK(unknown_name("model", std::string(100'000, 'x'), std::array<std::string_view, 1>{"cnn"}).size() <
        200);
}

TEST_CASE("texts that are cut to the same text get their numbers", "[text]") {
  const TextCutter five_letters = [](std::string_view text, std::string_view ending) {
    return std::string(text.substr(0, 5 - ending.size())) + std::string(ending);
  };
  const auto cut = [&](const std::vector<std::string>& texts) { return cut_apart(texts, 1, five_letters); };
  CHECK(cut({"boots-1", "shoe", "boots-2"}) == std::vector<std::string>{"b (1)", "shoe", "b (3)"});
  CHECK(cut({"boots-1", "boot", "shoes"}) == std::vector<std::string>{"boots", "boot", "shoes"});
  CHECK(cut({"boots", "boots-1"}) == std::vector<std::string>{"b (1)", "b (2)"});
  CHECK(cut({}).empty());
}

TEST_CASE("a word for a shell is quoted only where it must be", "[text]") {
  CHECK(shell_quoted("runs/cnn-1") == "runs/cnn-1");
  CHECK(shell_quoted("my runs/it's") == "'my runs/it'\\''s'");
  CHECK(shell_quoted("$HOME*") == "'$HOME*'");
  CHECK(shell_quoted("größe") == "'größe'");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("a\nb\\c'd") == "$'a\\nb\\\\c\\'d'");
  CHECK(shell_quoted("caf\xe9") == "$'caf\\xe9'");
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
