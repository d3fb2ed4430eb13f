// Reads options from a TOML file, and writes them as one.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <toml++/toml.h>
#include <type_traits>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/options.hpp"

namespace lenet::cli {
namespace {

template <class T>
std::optional<T> held(const T* field) {
  return *field;
}

template <class T>
std::optional<T> held(const std::optional<T>* field) {
  return *field;
}

// TOML is UTF-8. A path that is not, which is absolute in a written configuration, is kept as a URI (RFC
// 8089), and so is one that looks like a URI.
constexpr std::string_view kUriPrefix = "file://";

std::string file_uri(std::string_view path) {
  std::string uri(kUriPrefix);
  for (const char letter : path) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte <= 0x20 || byte >= 0x7f || letter == '%')
      uri += fmt::format("%{:02X}", byte);
    else
      uri += letter;
  }
  return uri;
}

/// Returns the path of such a URI; other texts stay as they are.
std::string path_of(std::string_view text) {
  if (!text.starts_with(kUriPrefix)) return std::string(text);
  text.remove_prefix(kUriPrefix.size());
  std::string path;
  while (!text.empty()) {
    unsigned byte = 0;
    const char* const digits = text.data() + 1;
    const bool is_escape =
        text.size() >= 3 && text[0] == '%' && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    path += is_escape ? static_cast<char>(byte) : text[0];
    text.remove_prefix(is_escape ? 3 : 1);
  }
  return path;
}

/// Returns a value as it can be written into a file.
template <class T>
T writable(const T& value) {
  if constexpr (std::is_same_v<T, std::string>)
    return is_utf8(value) && !value.starts_with(kUriPrefix) ? value : file_uri(value);
  return value;
}

OptionValue value_of(const toml::node& node, const std::string& origin) {
  if (const auto* text = node.as_string()) return path_of(text->get());
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  throw UsageError(fmt::format("{}: must be one value: a text, a number, true or false", origin));
}

// Limits that keep a hostile file from taking memory, and the stack: the parser follows names with dots,
// a.b.c, by recursion. A configuration of all options has less than 10 KiB, and some dots in numbers and
// paths.
constexpr std::size_t kLargestFile = 64 << 10;
constexpr std::ptrdiff_t kMostDots = 2000;

toml::table parse_toml(const std::string& path) {
  try {
    const std::string text = read_file(path, kLargestFile);
    if (std::ranges::count(text, '.') > kMostDots)
      throw UsageError(fmt::format("{}: has more than {} dots: it is no configuration", path, kMostDots));
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw UsageError(fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  } catch (const IoError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

void apply_config_file(OptionSet& options, const std::string& path) {
  std::vector<std::string> keys;
  for (const Option& option : options.options())
    if (!option.flag_only) keys.push_back(config_key(option));
  for (const auto& [key, node] : parse_toml(path)) {
    const std::string place = fmt::format("{}:{}", path, node.source().begin.line);
    const auto option = std::ranges::find_if(options.options(), [&](const Option& candidate) {
      return !candidate.flag_only && config_key(candidate) == key.str();
    });
    if (option == options.options().end())
      throw UsageError(fmt::format(
          "{}: {}", place,
          unknown_name("key", key.str(), std::vector<std::string_view>(keys.begin(), keys.end()))));
    const std::string origin = fmt::format("{}: {}", place, key.str());
    options.assign(*option, value_of(node, origin), OptionSource::file, origin);
  }
}

std::optional<std::string> value_text(const Option& option) {
  return std::visit(
      [](const auto* field) -> std::optional<std::string> {
        const auto value = held(field);
        if (!value) return std::nullopt;
        return fmt::format("{}", *value);
      },
      option.field);
}

std::string config_text(const OptionSet& options) {
  // By {fmt}: a std::ostringstream goes on without a word if an allocation fails.
  std::string text;
  std::string_view group;
  for (const Option& option : options.options()) {
    if (option.not_saved) continue;
    std::visit(
        [&](const auto* field) {
          const auto value = held(field);
          if (!value) return;
          if (option.group != group) text += fmt::format("\n# {}\n", group = option.group);
          text += fmt::format("{}\n", fmt::streamed(toml::table{{config_key(option), writable(*value)}}));
        },
        option.field);
  }
  return text;
}

}  // namespace lenet::cli
